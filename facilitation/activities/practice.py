"""The practice card: before the meeting begins, everybody tries once how a card is written and whether their line carries it.

It is a signal that the server sends back to where it came from (``web/sockets.py``); nothing of it is stored.
"""

from typing import Any

from facilitation.live.regions import region
from facilitation.meeting.models import Workshop

MAX_LENGTH = 500
"""Characters of a practice card."""


@region(slot="practice", views="room", audience="contributor", on="items phase")
def practice(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """A form to practise with, until the first item that is no lobby begins."""
    running = workshop.running_item()
    in_lobby = running is None or running.kind == "lobby"
    begun = any(item.started_at is not None and item.kind != "lobby" for item in workshop.agenda)
    return {} if workshop.phase in ("prepared", "open") and in_lobby and not begun else None

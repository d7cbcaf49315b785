"""The state of a meeting as plain JSON values (the contract, section 6): each part from the activity that it belongs to."""

from typing import Any

from facilitation.meeting.models import Workshop

STATE_FORMAT = "facilitation-state/1"


def state_of(workshop: Workshop, sees_hidden: bool) -> dict[str, Any]:
    """The state; ``sees_hidden``: whether the viewer may see contributions that are hidden or not shown yet."""
    return {"format": STATE_FORMAT, "seq": workshop.stream.seq}

"""The meeting as a whole: its phases and its rules."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field

from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting.acts import DOCUMENTS, MeetingAct, Words
from facilitation.meeting.models import Workshop

Anonymity = Literal["named", "delegation", "anonymous"]
Readers = Literal["members", "delegations", "heads", "staff"]


reopening: list[Callable[[MeetingAct], None]] = []
"""What else must be taken back when a closed meeting goes on: called with the act."""
hidden_by_number: list[Callable[[Workshop], bool]] = []
"""Who knows whether something has been written in trust that a delegation is not named before enough have contributed."""


def would_name_in_retrospect(workshop: Workshop, minimum: int) -> bool:
    """Whether so small a number would show the delegation of somebody who wrote while a larger one was promised."""
    return minimum < workshop.minimum_contributors and any(hides(workshop) for hides in hidden_by_number)


@command("workshop_opened", by="organiser", during="prepared")
def open_workshop(act: MeetingAct) -> None:
    """Opens the meeting: from now on its agenda can run."""
    _go_to(act, "open")


@command("workshop_closed", by="organiser", during="open")
def close_workshop(act: MeetingAct) -> None:
    """Closes the meeting; the minutes can be circulated. The item that is on must have ended."""
    if act.workshop.running_item() is not None:
        raise Refusal("not_now", _l("An agenda item is still on. Finish it first."))
    _go_to(act, "closed")


@command("workshop_reopened", by="organiser", during="closed")
def reopen_workshop(act: MeetingAct, *, reason: Words) -> None:
    """Opens a closed meeting again, and says why."""
    for hook in reopening:
        hook(act)
    _go_to(act, "open")


@command("rules_changed", by="organiser", during="prepared open closed")
def change_rules(
    act: MeetingAct,
    *,
    attribution: Anonymity | None = None,
    default_anonymity: Anonymity | None = None,
    moderation: Literal["before", "after"] | None = None,
    minimum_contributors_to_name_a_delegation: Annotated[int, Field(ge=1, le=100)] | None = None,
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None,
    readers: dict[Literal["minutes", "record", "contributions"], Readers] | None = None,
) -> None:
    """Changes the rules given; the others stay. ``readers``: document → who may open it besides those who make it; a record
    that is published is everybody's."""
    given = {
        "attribution": attribution,
        "default_anonymity": default_anonymity,
        "moderation": moderation,
        "minimum_contributors_to_name_a_delegation": minimum_contributors_to_name_a_delegation,
        "retention_days": retention_days,
        "readers": None if readers is None else _not_as_usual(act.workshop.rules.get("readers", {}) | readers),
    }
    changed = {name: value for name, value in given.items() if value is not None}
    if not changed:
        raise Refusal("invalid", _l("Name at least one rule to change."))
    minimum = minimum_contributors_to_name_a_delegation
    if minimum is not None and would_name_in_retrospect(act.workshop, minimum):
        message = _l(
            "People have written knowing that their delegation is named only from %(number)s contributors on. "
            "This number can only rise now.",
            number=act.workshop.minimum_contributors,
        )
        raise Refusal("conflict", message, field="minimum_contributors_to_name_a_delegation")
    act.workshop.rules = {**act.workshop.rules, **changed}
    act.facts["rules"] = changed
    # Whoever may not open a document any more is let go of where it is open.
    act.changes_sight = readers is not None
    act.touch("*")


def _not_as_usual(readers: dict[str, str]) -> dict[str, str]:
    return {document: who for document, who in readers.items() if who != DOCUMENTS[document]}


def _go_to(act: MeetingAct, phase: str) -> None:
    act.workshop.phase = phase
    act.facts["phase"] = phase
    act.concerns("phase")


@region(slot="phase", views="console", audience="facilitator", on="phase items")
def phase(workshop: Workshop, _key: str) -> dict[str, Any]:
    """Where the meeting stands, and the organiser's next step; the page shows that to organisers alone."""
    return {"running": workshop.running_item()}


@region(slot="pinned", views="room screen delegation", on="phase")
def principles(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The principles pinned for the whole meeting."""
    return {"principles": workshop.principles} if workshop.principles else None

"""Recovering time: what an overrun does to the day, and what can be done about it.

Whoever has not spoken yet is protected: the slots of delegations still to present are neither shortened nor moved.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from pydantic import Field

from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting import clock
from facilitation.meeting.acts import Key, MeetingAct
from facilitation.meeting.agenda import move
from facilitation.meeting.models import AgendaItem, Workshop

SHORTEST = 5
"""Minutes that every item and every break keeps."""
MOST_MOVES = 3
"""Items that are offered to be moved."""
ENDS_A_DAY = ("recap", "closing")


@dataclass(frozen=True)
class Choice:
    """A way to recover time. ``key``: ``trim``, or ``break-…`` or ``move-…`` with an item's key."""

    key: str
    minutes: int
    """What it recovers on the day."""
    shorter: dict[str, int]
    """Item's key → minutes that it gives up."""
    moved: AgendaItem | None = None
    to_day: int | None = None
    ends: tuple[tuple[int, int, int], ...] = ()
    """Of each day that it concerns: the day, when it is expected to end now, and when it would, in milliseconds."""


def day_in_question(workshop: Workshop) -> int | None:
    """The day that goes on: of the running item, or of the next one when its day has begun."""
    running = workshop.running_item()
    if running is not None:
        return running.day
    following = next((item for item in workshop.agenda if item.state == "planned"), None)
    if following is None:
        return None
    begun = any(item.day == following.day and item.started_at is not None for item in workshop.agenda)
    return following.day if begun else None


def choices_of(workshop: Workshop) -> list[Choice]:
    """What can be done about the time that the day is late; nothing when it is not."""
    day = day_in_question(workshop)
    late = clock.minutes_late(workshop, day) if day is not None else 0
    if day is None or late <= 0:
        return []
    of_day = [item for item in workshop.agenda if item.day == day]
    begun = max((n for n, item in enumerate(of_day) if item.started_at is not None), default=-1)
    # What was passed over without being skipped takes no time any more.
    ahead = [item for item in of_day[begun + 1 :] if item.state == "planned"]
    free = [item for item in ahead if item.kind != "break" and not _is_protected(item)]
    found = [_trim(workshop, day, late, free)]
    found += [_shorten(workshop, day, late, item) for item in ahead if item.kind == "break"]
    found += _moves(workshop, day, late, free)
    return [choice for choice in found if choice.minutes > 0]


def _is_protected(item: AgendaItem) -> bool:
    return item.kind == "presentation" and item.delegation_id is not None


def _length(item: AgendaItem) -> int:
    return item.minutes + item.extra_minutes


def _trim(workshop: Workshop, day: int, late: int, items: list[AgendaItem]) -> Choice:
    """Every item gives up its part, none more than half of its length."""
    spare = {item.key: max(0, _length(item) - max(SHORTEST, -(-_length(item) // 2))) for item in items}
    minutes = min(late, sum(spare.values()))
    return _choice(workshop, "trim", day, _in_proportion(spare, minutes))


def _in_proportion(spare: dict[str, int], minutes: int) -> dict[str, int]:
    """So many minutes taken from what each has to spare, in whole minutes (largest remainders)."""
    whole = sum(spare.values())
    if not whole:
        return {}
    given = {key: minutes * has // whole for key, has in spare.items()}
    by_remainder = sorted(spare, key=lambda key: minutes * spare[key] % whole, reverse=True)
    for key in by_remainder[: minutes - sum(given.values())]:
        given[key] += 1
    return {key: taken for key, taken in given.items() if taken}


def _shorten(workshop: Workshop, day: int, late: int, item: AgendaItem) -> Choice:
    return _choice(workshop, f"break-{item.key}", day, {item.key: max(0, min(late, _length(item) - SHORTEST))})


def _choice(workshop: Workshop, key: str, day: int, shorter: dict[str, int]) -> Choice:
    after = clock.expected_end(workshop, day, {item: -minutes for item, minutes in shorter.items()})
    ends = ((day, clock.expected_end(workshop, day), after),)
    return Choice(key, sum(shorter.values()), shorter, ends=ends)


def _moves(workshop: Workshop, day: int, late: int, items: list[AgendaItem]) -> list[Choice]:
    """Items that would bring most of what is missing if they were on the next day; the shortest that suffice first."""
    later = sorted({item.day for item in workshop.agenda if item.day > day})
    if not later or any(item.day == later[0] and item.state != "planned" for item in workshop.agenda):
        return []
    movable = [item for item in items if item.kind not in ENDS_A_DAY]
    best = sorted(movable, key=lambda item: (_length(item) < late, abs(_length(item) - late)))[:MOST_MOVES]
    found = []
    for item in best:
        now, there = clock.expected_end(workshop, day), clock.expected_end(workshop, later[0])
        longer = 60_000 * _length(item)
        ends = (
            (day, now, clock.expected_end(workshop, day, {item.key: -_length(item)})),
            (later[0], there, there + longer),
        )
        found.append(Choice(f"move-{item.key}", _length(item), {}, item, later[0], ends))
    return found


@command("time_recovered", by="facilitator", during="open", undoable=_l("recovering time"))
def recover_time(
    act: MeetingAct, *, choice: Key, late: Annotated[int, Field(ge=1, le=1440)] | None = None
) -> dict[str, int]:
    """Recovers time in one of the ways that are offered. ``late``: the minutes that they were offered for."""
    offered = choices_of(act.workshop)
    day = day_in_question(act.workshop)
    if late is not None and (day is None or clock.minutes_late(act.workshop, day) != late):
        raise Refusal("stale", _l("The times have changed meanwhile. Look at the choices again."), field="choice")
    chosen = next((each for each in offered if each.key == choice), None)
    if chosen is None:
        raise Refusal("not_found", _l("This way to recover time is not there any more."), field="choice")
    for key, minutes in chosen.shorter.items():
        act.item(key).extra_minutes -= minutes
    if chosen.moved is not None and chosen.to_day is not None:
        others = [item for item in act.workshop.agenda if item.day == chosen.to_day]
        before_the_end = [item for item in others if item.kind not in ENDS_A_DAY]
        move(act, chosen.moved, chosen.to_day, before_the_end[-1] if before_the_end else None)
    act.facts |= {"choice": choice, "minutes": chosen.minutes}
    act.concerns("items")
    return {"minutes": chosen.minutes}


@region(slot="recovering", views="console", audience="facilitator", on="items phase people")
def recovering(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """How each day that has begun or is still to come will end, and what can be done about it."""
    if workshop.phase != "open":
        return None
    days = [
        (day, clock.planned_end(workshop, day), clock.expected_end(workshop, day), clock.minutes_late(workshop, day))
        for day in sorted({item.day for item in workshop.agenda if item.state in ("planned", "running")})
    ]
    running, choices = workshop.running_item(), choices_of(workshop)
    day = day_in_question(workshop)
    return {
        "days": days,
        "on_another_date": day is not None and clock.is_on_another_date(workshop, day),
        "late": clock.minutes_late(workshop, day) if day is not None else 0,
        "choices": choices,
        "running": running,
        "protected": [item for item in workshop.agenda if item.state == "planned" and _is_protected(item)],
        "if_longer": [
            (minutes, clock.expected_end(workshop, running.day, {running.key: minutes})) for minutes in (2, 5, 10)
        ]
        if running is not None
        else [],
    }

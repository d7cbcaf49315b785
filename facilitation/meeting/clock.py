"""Planned against actual time: when items were meant to start, when they are expected to, how far the day is off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from facilitation.meeting.models import AgendaItem, Workshop


@dataclass(frozen=True)
class Slot:
    """An agenda item in time. Instants are milliseconds since 1970."""

    item: AgendaItem
    planned: int
    expected: int
    """When it started, or is expected to start as things stand."""
    expected_end: int


def planned_start(workshop: Workshop, item: AgendaItem) -> int:
    """The instant at which the plan, as it is written, has the item start."""
    day = workshop.starts_on + timedelta(days=item.day - 1)
    hour, minute = item.start.split(":")
    start = datetime.combine(day, time(int(hour), int(minute)), ZoneInfo(workshop.timezone))
    return int(start.timestamp() * 1000)


def schedule(workshop: Workshop, day: int, more: Mapping[str, int] = MappingProxyType({})) -> list[Slot]:
    """The day's items in order. ``more``: item's key → minutes that it takes beside those it has.

    A day that is held on another date than planned counts from the first item started: that one was on time.
    """
    items = [item for item in workshop.agenda if item.day == day]
    shift = _shift(workshop, items)
    slots: list[Slot] = []
    for item in items:
        planned = planned_start(workshop, item) + shift
        expected = item.started_at or (max(planned, slots[-1].expected_end) if slots else planned)
        if item.state == "skipped":
            end = expected if not slots else slots[-1].expected_end
        elif item.finished_at is not None:
            end = item.finished_at
        else:
            end = expected + 1000 * item.seconds + 60_000 * more.get(item.key, 0)
        slots.append(Slot(item, planned, expected, end))
    return slots


def pace(workshop: Workshop) -> dict[str, int]:
    """Of the running item: ``planned_end`` and ``expected_end``, in milliseconds, and ``behind``, the minutes between them;
    ``day_late``, the minutes that its day is expected to end late."""
    running = workshop.running_item()
    if running is None:
        return {}
    slot = next(slot for slot in schedule(workshop, running.day) if slot.item is running)
    planned_end = slot.planned + 60_000 * running.minutes
    behind = round((slot.expected_end - planned_end) / 60_000)
    return {
        "planned_end": planned_end,
        "expected_end": slot.expected_end,
        "behind": behind,
        "day_late": minutes_late(workshop, running.day),
    }


def planned_end(workshop: Workshop, day: int) -> int:
    """The instant at which the day ends as planned."""
    last = schedule(workshop, day)[-1]
    return last.planned + 60_000 * last.item.minutes


def expected_end(workshop: Workshop, day: int, more: Mapping[str, int] = MappingProxyType({})) -> int:
    """The instant at which the day ends as things stand, if items take so many minutes more."""
    return schedule(workshop, day, more)[-1].expected_end


def minutes_late(workshop: Workshop, day: int) -> int:
    """Minutes by which the day is expected to end later than planned, rounded up; negative when earlier."""
    return -((planned_end(workshop, day) - expected_end(workshop, day)) // 60_000)


def is_on_another_date(workshop: Workshop, day: int) -> bool:
    """Whether the day is held on another date than planned, so that its times count from its first item."""
    return _shift(workshop, [item for item in workshop.agenda if item.day == day]) != 0


def instant(workshop: Workshop, wall: datetime) -> int:
    """What a clock on the wall in the meeting's time zone shows, as milliseconds since 1970."""
    return int(wall.replace(tzinfo=ZoneInfo(workshop.timezone)).timestamp() * 1000)


def wall_time(workshop: Workshop, instant: int) -> datetime:
    """The instant as people in the meeting's time zone read it off the wall."""
    return datetime.fromtimestamp(instant / 1000, UTC).astimezone(ZoneInfo(workshop.timezone))


def _shift(workshop: Workshop, items: list[AgendaItem]) -> int:
    started = [item for item in items if item.started_at is not None]
    if not started:
        return 0
    first = min(started, key=lambda item: item.started_at or 0)
    planned, actual = planned_start(workshop, first), first.started_at or 0
    same_date = wall_time(workshop, planned).date() == wall_time(workshop, actual).date()
    return 0 if same_date else actual - planned

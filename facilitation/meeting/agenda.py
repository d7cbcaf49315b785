"""The agenda: running the day. One item runs at a time; starting the next finishes the current one."""

from typing import Annotated, Any, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field, StringConstraints

from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting import clock
from facilitation.meeting.acts import Key, Language, MeetingAct, TextsArgument, Words
from facilitation.meeting.models import AgendaItem, Workshop

Minutes = Annotated[int, Field(ge=1, le=720)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
ItemKind = Literal[
    "lobby", "address", "briefing", "round", "presentation", "discussion", "capture", "cluster", "vote", "framework",
    "agreement", "break", "recap", "closing",
]  # fmt: skip
ContributionKind = Literal["challenge", "positive", "question", "idea"]

beginning: list[Any] = []
"""What activities do when an item begins, or is gone back to: called with the act and the item."""
finishing: list[Any] = []
"""What activities do when an item ends: called with the act and the item (the floor ends whoever has it)."""


@command("item_started", by="facilitator", during="open", undoable=_l("starting an item"))
def start_item(act: MeetingAct, *, item: Key) -> None:
    """Starts an item; the one that is on ends."""
    chosen = act.item(item)
    if chosen.state == "running":
        raise Refusal("conflict", _l("This item is on already."), field="item")
    if chosen.state != "planned":
        raise Refusal("conflict", _l("This item is over. Reopen it to go on with it."), field="item")
    _finish_running(act)
    chosen.state, chosen.started_at = "running", act.now
    _begin(act, chosen)
    _say(act, chosen)


@command("item_finished", by="facilitator", during="open", undoable=_l("ending an item"))
def finish_item(act: MeetingAct, *, item: Key) -> None:
    """Ends the item that is on."""
    chosen = act.item(item)
    if chosen.state != "running":
        raise Refusal("conflict", _l("This item is not on."), field="item")
    _finish(act, chosen)
    _say(act, chosen)


@command("item_reopened", by="facilitator", during="open", undoable=_l("reopening an item"))
def reopen_item(act: MeetingAct, *, item: Key) -> None:
    """Goes back to an item that was over; the one that is on ends."""
    chosen = act.item(item)
    if chosen.state not in ("done", "skipped"):
        raise Refusal("conflict", _l("This item is not over."), field="item")
    _finish_running(act)
    chosen.state, chosen.finished_at, chosen.skip_reason, chosen.skip_lang = "running", None, None, None
    chosen.started_at = chosen.started_at or act.now
    _begin(act, chosen)
    _say(act, chosen)


@command("item_extended", by="facilitator", during="open", undoable=_l("changing the length of an item"))
def extend_item(act: MeetingAct, *, item: Key, minutes: Annotated[int, Field(ge=-240, le=240)]) -> None:
    """Gives the item more minutes (or takes some, when negative)."""
    chosen = act.item(item)
    if chosen.state not in ("planned", "running"):
        raise Refusal("conflict", _l("This item is over. Reopen it to go on with it."), field="item")
    if chosen.minutes + chosen.extra_minutes + minutes < 1:
        raise Refusal("invalid", _l("An item lasts at least one minute."), field="minutes")
    chosen.extra_minutes += minutes
    act.facts["minutes"] = minutes
    _say(act, chosen)


@command("item_skipped", by="facilitator", during="open", undoable=_l("skipping an item"))
def skip_item(act: MeetingAct, *, item: Key, reason: Words, lang: Language | None = None) -> None:
    """Leaves an item out and says why, in ``lang`` or in one's own language."""
    chosen = act.item(item)
    if chosen.state != "planned":
        raise Refusal("conflict", _l("Only an item that has not begun can be skipped."), field="item")
    chosen.state, chosen.skip_reason, chosen.skip_lang = "skipped", reason, act.written_in(lang)
    _say(act, chosen)


@command("item_moved", by="facilitator", during="prepared open", undoable=_l("moving an item"))
def move_item(act: MeetingAct, *, item: Key, day: int, after: Key | None = None) -> None:
    """Moves an item behind another one of that day, or to the day's beginning; the times of both days follow."""
    move(act, act.item(item), day, act.item(after) if after is not None else None)


def move(act: MeetingAct, chosen: AgendaItem, day: int, before: AgendaItem | None) -> None:
    """Moves an item behind the one ``before``, or to the beginning of the day, or refuses."""
    if chosen.state != "planned":
        raise Refusal("conflict", _l("Only an item that has not begun can be moved."), field="item")
    last_day = (act.workshop.ends_on - act.workshop.starts_on).days + 1
    if not 1 <= day <= last_day:
        raise Refusal("invalid", _l("The meeting has the days 1 to %(last)s.", last=last_day), field="day")
    others = [other for other in act.workshop.agenda if other.day == day and other is not chosen]
    if before is not None and before not in others:
        raise Refusal("invalid", _l("That item is not on this day."), field="after")
    place = others.index(before) + 1 if before is not None else 0
    if any(other.state != "planned" for other in others[place:]):
        raise Refusal("conflict", _l("Items that have begun cannot be pushed back."), field="after")
    left_behind = [other for other in act.workshop.agenda if other.day == chosen.day and other is not chosen]
    old_day, chosen.day = chosen.day, day
    others.insert(place, chosen)
    _line_up(others)
    if old_day != day:
        _line_up(left_behind)
    act.facts |= {"day": day}
    _say(act, chosen)


@command("item_added", by="organiser", during="prepared open")
def add_item(
    act: MeetingAct,
    *,
    kind: ItemKind,
    title: TextsArgument,
    day: int,
    start: ClockTime,
    minutes: Minutes,
    speaker: Key | None = None,
    delegation: Key | None = None,
    collects: ContributionKind | None = None,
    works_on: ContributionKind | None = None,
    votes_each: Annotated[int, Field(ge=1, le=100)] | None = None,
) -> dict[str, str]:
    """Puts a new item on the agenda."""
    taken = {other.key for other in act.workshop.agenda}
    key = next(key for key in (f"{kind}-{n}" for n in range(1, len(taken) + 2)) if key not in taken)
    item = AgendaItem(workshop_id=act.workshop.id, key=key, kind=kind, state="planned", extra_minutes=0)
    _fill(act, item, title, day, start, minutes, speaker, delegation, collects, works_on, votes_each)
    db.session.add(item)
    _say(act, item)
    return {"id": key, "key": key}


@command("item_changed", by="organiser", during="prepared open")
def edit_item(
    act: MeetingAct,
    *,
    item: Key,
    title: TextsArgument,
    day: int,
    start: ClockTime,
    minutes: Minutes,
    speaker: Key | None = None,
    delegation: Key | None = None,
    collects: ContributionKind | None = None,
    works_on: ContributionKind | None = None,
    votes_each: Annotated[int, Field(ge=1, le=100)] | None = None,
) -> None:
    """Changes an item that has not begun."""
    chosen = act.item(item)
    if chosen.state != "planned":
        raise Refusal("conflict", _l("Only an item that has not begun can be changed."), field="item")
    _fill(act, chosen, title, day, start, minutes, speaker, delegation, collects, works_on, votes_each)
    _say(act, chosen)


@command("item_removed", by="organiser", during="prepared open")
def remove_item(act: MeetingAct, *, item: Key) -> None:
    """Takes an item that has not begun off the agenda."""
    chosen = act.item(item)
    if chosen.state != "planned":
        raise Refusal("conflict", _l("Only an item that has not begun can be removed."), field="item")
    _say(act, chosen)
    db.session.delete(chosen)


def _fill(
    act: MeetingAct,
    item: AgendaItem,
    title: dict[str, str],
    day: int,
    start: str,
    minutes: int,
    speaker: str | None,
    delegation: str | None,
    collects: str | None,
    works_on: str | None,
    votes_each: int | None,
) -> None:
    last_day = (act.workshop.ends_on - act.workshop.starts_on).days + 1
    if not 1 <= day <= last_day:
        raise Refusal("invalid", _l("The meeting has the days 1 to %(last)s.", last=last_day), field="day")
    if item.kind == "presentation" and delegation is None:
        raise Refusal("invalid", _l("A presentation needs a delegation."), field="delegation")
    begin = _minute_of_day(start)
    for other in act.workshop.agenda:
        other_begin = _minute_of_day(other.start)
        if (
            other is not item
            and other.day == day
            and begin < other_begin + other.minutes
            and other_begin < begin + minutes
        ):
            raise Refusal("invalid", _l("At this time “%(key)s” is on.", key=other.key), field="start")
    item.title, item.day, item.start, item.minutes, item.place = title, day, start, minutes, begin
    item.speaker_id = act.member(speaker).id if speaker else None
    item.delegation_id = act.delegation(delegation).id if delegation else None
    item.collects, item.works_on, item.votes_each = collects, works_on, votes_each


def _minute_of_day(start: str) -> int:
    return int(start[:2]) * 60 + int(start[3:])


def _line_up(items: list[AgendaItem]) -> None:
    """Puts the items of a day one after another, from the day's first planned start, keeping gaps out."""
    if not items:
        return
    begin = min(_minute_of_day(item.start) for item in items)
    for item in items:
        if item.state == "planned":
            item.start = f"{begin // 60 % 24:02}:{begin % 60:02}"
        else:
            begin = _minute_of_day(item.start)
        item.place = begin
        begin += item.minutes


def _finish_running(act: MeetingAct) -> None:
    running = act.workshop.running_item()
    if running is not None:
        _finish(act, running)


def _begin(act: MeetingAct, item: AgendaItem) -> None:
    for hook in beginning:
        hook(act, item)


def _finish(act: MeetingAct, item: AgendaItem) -> None:
    item.state, item.finished_at = "done", act.now
    for hook in finishing:
        hook(act, item)


def _say(act: MeetingAct, item: AgendaItem) -> None:
    act.facts["item"] = item.key
    act.concerns("items")


def agenda_by_day(workshop: Workshop) -> list[tuple[int, list[clock.Slot]]]:
    """Days and their slots, in order."""
    return [(day, clock.schedule(workshop, day)) for day in sorted({item.day for item in workshop.agenda})]


def _following(workshop: Workshop) -> AgendaItem | None:
    """The item that is next: behind the last that has begun, else the first that was passed over."""
    begun = max((n for n, item in enumerate(workshop.agenda) if item.started_at is not None), default=-1)
    in_order = (*workshop.agenda[begun + 1 :], *workshop.agenda[: begun + 1])
    return next((item for item in in_order if item.state == "planned"), None)


@region(slot="now", views="room console screen desk delegation", on="items phase people")
def now(workshop: Workshop, _key: str) -> dict[str, Any]:
    """What is on: the running item with its clock, or where the meeting stands."""
    return {"item": workshop.running_item(), "following": _following(workshop), **clock.pace(workshop)}


@region(slot="agenda", views="room delegation", on="items phase people")
def agenda(workshop: Workshop, _key: str) -> dict[str, Any]:
    """The agenda with its times, planned and as things stand."""
    return {"days": agenda_by_day(workshop)}


@region(slot="run", views="console", audience="facilitator", on="items phase people")
def run(workshop: Workshop, _key: str) -> dict[str, Any]:
    """The run of show: the agenda with what a facilitator can do about it."""
    return {
        "days": agenda_by_day(workshop),
        "running": workshop.running_item(),
        "following": _following(workshop),
    }

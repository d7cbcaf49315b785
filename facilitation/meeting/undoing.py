"""Undo and redo, by the number of a command: a hasty hand on the board or on the agenda does no harm."""

from collections.abc import Callable
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from pydantic import Field
from sqlalchemy import select

from facilitation.extensions import db
from facilitation.live import steps
from facilitation.live.commands import COMMANDS, Refusal, command
from facilitation.live.journal import Entry
from facilitation.live.regions import region
from facilitation.live.steps import Step
from facilitation.meeting.acts import MeetingAct
from facilitation.meeting.models import Workshop

Number = Annotated[int, Field(ge=1, le=2**53)]
"""Of a command; no larger than what every database and every script can hold."""

guards: list[Callable[[MeetingAct, Step], None]] = []
"""What else refuses that a step is undone, because something has come of it: called with the act and the step."""
turned: list[Callable[[MeetingAct, Step], None]] = []
"""What else looks different once a step is undone or done again: called with the act and the step."""


@command("step_undone", by="facilitator", during="prepared open closed")
def undo(act: MeetingAct, *, seq: Number) -> dict[str, int]:
    """Takes back what the command with this number did, if nothing of it has been changed since."""
    step = _step(act, seq)
    if step.undone:
        raise Refusal("conflict", _l("This has been undone already."), field="seq")
    for guard in guards:
        guard(act, step)
    return _turn(act, step, steps.take_back)


@command("step_redone", by="facilitator", during="prepared open closed")
def redo(act: MeetingAct, *, seq: Number) -> dict[str, int]:
    """Does again what was undone. ``seq``: the number of the command, or of its undoing."""
    step = _step(act, seq)
    if not step.undone:
        raise Refusal("conflict", _l("This has not been undone."), field="seq")
    return _turn(act, step, steps.do_again)


def _step(act: MeetingAct, seq: int) -> Step:
    entry = db.session.get(Entry, (act.workshop.id, seq))
    of = entry.facts["of"] if entry is not None and entry.name in ("step_undone", "step_redone") else seq
    found = db.session.get(Step, (act.workshop.id, of))
    if found is None:
        raise Refusal("not_found", _l("This cannot be undone."), field="seq")
    done = COMMANDS[found.name]
    if not act.capacities.intersection(done.by):
        raise Refusal("forbidden", _l("This is not yours to do."))
    if act.phase not in done.during:
        raise Refusal("not_now", _l("This cannot be done in the present phase of the meeting."))
    return found


def _turn(act: MeetingAct, step: Step, way: Any) -> dict[str, int]:
    try:
        way(step)
    except steps.Overtaken:
        raise Refusal("conflict", steps.OVERTAKEN, field="seq") from None
    for hook in turned:
        hook(act, step)
    act.touch(*step.regions)
    act.concerns("steps", *step.topics)
    act.facts |= {"of": step.seq, "command": step.name}
    return {"of": step.seq}


def _latest(workshop: Workshop) -> tuple[Step | None, Step | None]:
    """The step to undo next, and the one to redo next."""
    query = select(Step).where(Step.stream_id == workshop.id)
    last = db.session.scalar(query.where(~Step.undone).order_by(Step.seq.desc()).limit(1))
    later = query.where(Step.undone, Step.seq > (last.seq if last else 0))
    return last, db.session.scalar(later.order_by(Step.seq).limit(1))


@region(slot="undoing", views="console", audience="facilitator", on="steps phase")
def undoing(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The last step, to undo; the last one undone, to redo."""
    last, undone = (
        step if step and workshop.phase in COMMANDS[step.name].during else None for step in _latest(workshop)
    )
    if last is None and undone is None:
        return None
    return {"last": last, "undone": undone, "names": {each.name: each.undoable for each in COMMANDS.values()}}

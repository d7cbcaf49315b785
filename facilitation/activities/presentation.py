"""Presentation slots: a delegation's programmes, in development and in use."""

from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from facilitation.activities.translation import Subject, kept_in_row, reworded, translatable
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, MeetingAct, TextsArgument
from facilitation.meeting.models import Delegation, Model, Workshop, new_id

STATUSES = ("in_development", "in_use")
Status = Literal["in_development", "in_use"]


class Programme(Model):
    """A programme of a delegation's services."""

    __tablename__ = "programmes"
    __table_args__ = (UniqueConstraint("workshop_id", "key"),)
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int]
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegations.id"))
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(16))
    summary: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    """Of title and summary."""
    delegation: Mapped[Delegation] = relationship(lazy="joined")


@command("programme_added", by="contributor", during="prepared open")
def add_programme(
    act: MeetingAct, *, title: TextsArgument, status: Status, summary: TextsArgument | None = None
) -> dict[str, str]:
    """Adds a programme of one's own delegation."""
    delegation = act.me.delegation
    if delegation is None:
        raise Refusal("forbidden", _l("Programmes belong to delegations."))
    programme = Programme(
        id=new_id(),
        workshop_id=act.workshop.id,
        seq=act.stream.seq,
        delegation_id=delegation.id,
        title=title,
        status=status,
        summary=summary or {},
    )
    programme.key = f"{delegation.code.lower()}-{programme.id}"
    db.session.add(programme)
    _touch(act, programme, delegation.code)
    return {"id": programme.id, "key": programme.key}


@command("programme_changed", by="contributor facilitator", during="prepared open")
def edit_programme(
    act: MeetingAct,
    *,
    programme: Key,
    title: TextsArgument | None = None,
    status: Status | None = None,
    summary: TextsArgument | None = None,
) -> None:
    """Changes what is given of a programme of one's own delegation. ``programme``: its key or its id."""
    found = find_programme(act.workshop, programme)
    if found is None:
        raise Refusal("not_found", _l("This is no longer there."), field="programme")
    if "facilitator" not in act.capacities and found.delegation_id != act.me.delegation_id:
        raise Refusal("forbidden", _l("Only its own delegation changes a programme."), field="programme")
    if title is not None:
        found.title, found.version = reworded(act, found.id, found.title, title, found.version)
    if summary is not None:
        found.summary, found.version = reworded(act, _summary_id(found), found.summary, summary, found.version)
    found.status = status or found.status
    _touch(act, found, found.delegation.code)


def find_programme(workshop: Workshop, key: str) -> Programme | None:
    """The programme with this key or id."""
    query = select(Programme).where(
        Programme.workshop_id == workshop.id, (Programme.key == key) | (Programme.id == key)
    )
    return db.session.scalars(query).first()


def programmes_of(workshop: Workshop, delegation: Delegation | None = None) -> list[Programme]:
    """The meeting's programmes, or one delegation's, in the order of the delegations and as they were added."""
    query = select(Programme).where(Programme.workshop_id == workshop.id)
    if delegation is not None:
        query = query.where(Programme.delegation_id == delegation.id)
    found = db.session.scalars(query.order_by(Programme.seq, Programme.key)).all()
    return sorted(found, key=lambda programme: programme.delegation.place)


def _touch(act: MeetingAct, programme: Programme, code: str) -> None:
    act.facts |= {"programme": programme.id, "delegation": code}
    act.touch("programmes", f"ours-{code}", f"translating-{programme.id}", f"translating-{_summary_id(programme)}")


@region(slot="programmes", views="room console screen", on="items")
def programmes(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The programme cards of the delegation that presents, by status."""
    item = workshop.running_item()
    if item is None or item.kind != "presentation" or item.delegation is None:
        return None
    return {"delegation": item.delegation, "programmes": programmes_of(workshop, item.delegation), "statuses": STATUSES}


@region(
    slot="ours",
    views="delegation",
    audience=lambda key: f"delegation-{key}",
    keys=lambda workshop: [delegation.code for delegation in workshop.delegations],
    on="items phase",
)
def ours(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """A delegation's own slots and programmes, to mend before and while it presents."""
    delegation = workshop.delegation(key)
    if delegation is None:
        return None
    slots = [item for item in workshop.agenda if item.delegation_id == delegation.id]
    return {
        "delegation": delegation,
        "programmes": programmes_of(workshop, delegation),
        "slots": slots,
        "statuses": STATUSES,
        "editable": workshop.phase in ("prepared", "open"),
    }


def _summary_id(programme: Programme) -> str:
    return f"{programme.id}.summary"


def _subject(workshop: Workshop, subject_id: str) -> Subject | None:
    """A programme's title, or its summary where the id says so."""
    programme_id, _, part = subject_id.partition(".")
    found = db.session.get(Programme, programme_id)
    if found is None or found.workshop_id != workshop.id or part not in ("", "summary") or (part and not found.summary):
        return None
    return kept_in_row(found, part or "title", ("programmes", f"ours-{found.delegation.code}"), _l("programme"))


def _subject_ids(workshop: Workshop) -> list[str]:
    found = programmes_of(workshop)
    return [each for one in found for each in (one.id, *([_summary_id(one)] if one.summary else []))]


translatable(_subject, _subject_ids)

"""What is said to everybody: the facilitator's announcement, and the wish to go more slowly."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.extensions import db
from facilitation.live.commands import command
from facilitation.live.regions import region
from facilitation.meeting.acts import MeetingAct, Words
from facilitation.meeting.models import Model, Workshop

SLOW_DOWN_MS = 60_000
"""How long a wish to go more slowly counts, in milliseconds."""


class Announcement(Model):
    """Something a facilitator said to everybody."""

    __tablename__ = "announcements"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    at: Mapped[int] = mapped_column(BigInteger)


class SlowDown(Model):
    """Somebody wished to go more slowly. Who it was is not kept."""

    __tablename__ = "slow_downs"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)


@command("announcement_made", by="facilitator", during="prepared open closed", undoable=_l("an announcement"))
def announce(act: MeetingAct, *, text: Words) -> None:
    """Says something to everybody."""
    db.session.add(Announcement(workshop_id=act.workshop.id, seq=act.stream.seq, text=text, at=act.now))
    act.touch("announcement")


@command("slow_down_wished", by="contributor interpreter observer", during="open")
def slow_down(act: MeetingAct) -> None:
    """Asks whoever speaks to go more slowly."""
    db.session.add(SlowDown(workshop_id=act.workshop.id, seq=act.stream.seq, at=act.now))
    act.forget_the_actor(at=act.now)
    act.touch("slowing")


@region(slot="announcements", views="room console screen desk delegation")
def announcement(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The latest announcement."""
    query = select(Announcement).filter_by(workshop_id=workshop.id).order_by(Announcement.seq.desc()).limit(1)
    latest = db.session.scalars(query).first()
    return None if latest is None else {"announcement": latest}


@region(slot="wishes", views="room desk", audience="member", on="phase")
def wishing(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The button to ask for a slower pace with."""
    return {} if workshop.phase == "open" else None


@region(slot="announcements", views="console room screen", on="items")
def slowing(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """How many wished to go more slowly around the latest wish, until the next item."""
    wishes = list(db.session.scalars(select(SlowDown).filter_by(workshop_id=workshop.id).order_by(SlowDown.seq)))
    running = workshop.running_item()
    if not wishes or running is None or wishes[-1].at < (running.started_at or 0):
        return None
    recent = [
        wish for wish in wishes if wishes[-1].at - wish.at < SLOW_DOWN_MS and wish.at >= (running.started_at or 0)
    ]
    return {"count": len(recent), "at": wishes[-1].at}

"""Consulting: a delegation makes up its mind among itself before its head takes the position. Nobody else sees it."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from facilitation.activities.agreement import (
    STANCE_CHOICES,
    WHILE_AGREEING,
    Conclusion,
    Stance,
    check_put,
    conclusions_of,
)
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, Language, MeetingAct, Words
from facilitation.meeting.models import Model, Person, Workshop


class Advice(Model):
    """What a member of a delegation would have it say to a conclusion."""

    __tablename__ = "advices"
    conclusion_id: Mapped[str] = mapped_column(ForeignKey("conclusions.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    stance: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None]
    reason_lang: Mapped[str] = mapped_column(String(35))
    of_version: Mapped[int]
    """The wording that it is about; with another wording the question is another one."""
    seq: Mapped[int]
    person: Mapped[Person] = relationship()


@command("position_advised", by="contributor", during=WHILE_AGREEING)
def advise_position(
    act: MeetingAct, *, conclusion: Key, stance: Stance, reason: Words | None = None, lang: Language | None = None
) -> None:
    """Tells one's own delegation, and nobody else, what position one would take; again: changes it."""
    found: Conclusion = act.made(Conclusion, conclusion, "conclusion")
    delegation = act.me.delegation
    if delegation is None:
        raise Refusal("forbidden", _l("Only delegations take positions."))
    check_put(found, "not_now")
    advice = db.session.get(Advice, (found.id, act.me.id)) or Advice(conclusion_id=found.id, person_id=act.me.id)
    advice.stance, advice.reason, advice.reason_lang = stance, reason, lang or act.me.language
    advice.of_version, advice.seq = found.version, act.stream.seq
    db.session.add(advice)
    act.facts["conclusion"] = found.id
    act.touch(f"consulting-{found.id}.{delegation.code}")


def _keys(workshop: Workshop) -> list[str]:
    """Also of those that are not put: what is closed must leave the pages."""
    ids = [each.id for each in conclusions_of(workshop)]
    return [f"{conclusion_id}.{delegation.code}" for conclusion_id in ids for delegation in workshop.delegations]


@region(
    slot="consulting",
    views="delegation",
    audience=lambda key: f"delegation-{key.partition('.')[2]}",
    keys=_keys,
    on="phase conclusions people translations",
)
def consulting(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """What we would say to a conclusion that is put, among ourselves."""
    conclusion_id, _, code = key.partition(".")
    found, delegation = db.session.get(Conclusion, conclusion_id), workshop.delegation(code)
    if found is None or delegation is None or found.state != "put" or workshop.phase not in WHILE_AGREEING.split():
        return None
    query = select(Advice).filter_by(conclusion_id=found.id, of_version=found.version).order_by(Advice.seq)
    advices = [each for each in db.session.scalars(query) if each.person.delegation_id == delegation.id]
    return {
        "order": f"{found.seq:08}",
        "conclusion": found,
        "advices": advices,
        "choices": STANCE_CHOICES,
        "languages": list(dict.fromkeys((*workshop.languages, *delegation.languages))),
    }

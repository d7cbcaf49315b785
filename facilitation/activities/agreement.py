"""Agreement: conclusions, and where each delegation stands. Nothing here says "all" unless every stored position does."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, BigInteger, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing_extensions import TypedDict

from facilitation.activities.framework import elements_of
from facilitation.activities.sources import SOURCE_NAMES, Source, citable, cite, citing, sources_of
from facilitation.activities.themes import themes_of
from facilitation.activities.translation import (
    ON_NOW,
    TO_AGREE_ON,
    Subject,
    Translation,
    reworded,
    translatable,
    translations_of,
)
from facilitation.extensions import catalog_language, db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting import clock
from facilitation.meeting.acts import Key, Language, MeetingAct, TextsArgument, WallTime, Words
from facilitation.meeting.models import AgendaItem, Delegation, Model, Workshop, new_id
from facilitation.meeting.texts import Text, join_list, pick_to_read

WHILE_AGREEING = "open closed"
STANCES = ("agree", "accept", "reserve", "object", "abstain")
STANCES_WITH_REASON = ("reserve", "object")
STANCE_CHOICES = {
    "agree": _l("We agree"),
    "accept": _l("We can accept it"),
    "reserve": _l("We have a reservation"),
    "object": _l("We object"),
    "abstain": _l("We abstain"),
}
STATE_NAMES = {"draft": _l("draft"), "put": _l("put to the delegations"), "closed": _l("closed")}
_SOURCES_OF_CONCLUSIONS = ("theme", "contribution", "element")

Stance = Literal["agree", "accept", "reserve", "object", "abstain"]


class Conclusion(Model):
    """Something that the meeting may conclude."""

    __tablename__ = "conclusions"
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id", ondelete="SET NULL"))
    """None, when it was drafted ahead for an item that was then taken off the agenda."""
    text: Mapped[dict[str, str]] = mapped_column(JSON)
    sources: Mapped[list[str]] = mapped_column(JSON)
    """Ids of themes, contributions and elements of the framework, as they were given."""
    state: Mapped[str] = mapped_column(String(16), default="draft")
    """``draft`` (only facilitators see it), ``put`` or ``closed``."""
    version: Mapped[int] = mapped_column(default=1)
    """Of the wording."""
    positions_until: Mapped[int | None] = mapped_column(BigInteger)
    """Until when heads of delegations may take positions, in milliseconds since 1970; also over night."""
    item: Mapped[AgendaItem | None] = relationship(lazy="joined")


class Wording(Model):
    """An earlier wording of a conclusion."""

    __tablename__ = "conclusion_wordings"
    conclusion_id: Mapped[str] = mapped_column(ForeignKey("conclusions.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[dict[str, str]] = mapped_column(JSON)
    was_put: Mapped[bool | None]
    """Whether it had been before the delegations; one that was not is nobody's but the facilitators'."""


class Position(Model):
    """Where a delegation stands to the present wording of a conclusion."""

    __tablename__ = "positions"
    conclusion_id: Mapped[str] = mapped_column(ForeignKey("conclusions.id", ondelete="CASCADE"), primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegations.id"), primary_key=True)
    stance: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None]
    reason_lang: Mapped[str | None] = mapped_column(String(35))
    on_behalf: Mapped[bool] = mapped_column(default=False)
    """Whether a facilitator entered it for the delegation."""
    seq: Mapped[int]
    """The number of the command that took it."""
    at: Mapped[int | None] = mapped_column(BigInteger)
    """When it was taken."""
    delegation: Mapped[Delegation] = relationship(lazy="joined")


@command("conclusion_drafted", by="facilitator", during=WHILE_AGREEING)
def draft_conclusion(
    act: MeetingAct, *, item: Key, text: TextsArgument, sources: list[Key] | None = None
) -> dict[str, str]:
    """Drafts a conclusion for an agreement item; only facilitators see it until it is put."""
    chosen = act.item(item)
    if chosen.kind != "agreement":
        raise Refusal("invalid", _l("Conclusions belong to an agreement item."), field="item")
    drafted = Conclusion(
        id=new_id(),
        workshop_id=act.workshop.id,
        seq=act.stream.seq,
        item_id=chosen.id,
        text=text,
        sources=cite(act, sources or (), _SOURCES_OF_CONCLUSIONS),
        state="draft",
        version=1,
    )
    db.session.add(drafted)
    _touch(act, drafted)
    act.facts["item"] = chosen.key
    return {"id": drafted.id}


@command("conclusion_reworded", by="facilitator", during=WHILE_AGREEING)
def reword_conclusion(act: MeetingAct, *, conclusion: Key, text: TextsArgument) -> None:
    """Words a conclusion anew. The earlier wording is kept; every position was about that one and is to be taken again."""
    found = _find(act, conclusion)
    was_put = found.state != "draft"
    db.session.add(Wording(conclusion_id=found.id, version=found.version, text=found.text, was_put=was_put))
    _touch(act, found)
    for position in positions_of(found).values():
        _forget_translations(act, reason_id(found.id, position.delegation.code))
    db.session.execute(delete(Position).where(Position.conclusion_id == found.id))
    found.text, _ = reworded(act, found.id, found.text, text, found.version)
    found.version += 1
    if found.state == "closed":
        found.state = "put"


@command("conclusion_put", by="facilitator", during=WHILE_AGREEING)
def put_conclusion(act: MeetingAct, *, conclusion: Key) -> None:
    """Puts a conclusion to the delegations; one that was closed is put again with the positions that it has."""
    found = _find(act, conclusion)
    if found.state == "put":
        raise Refusal("conflict", _l("This conclusion has been put already."), field="conclusion")
    found.state = "put"
    _touch(act, found)


@command("deadline_set", by="facilitator", during=WHILE_AGREEING)
def set_deadline(act: MeetingAct, *, conclusion: Key, until: WallTime | None = None) -> None:
    """Until when positions may be taken on a conclusion, also after the day. ``until``: as read off the wall in the meeting's
    time zone; without it there is no deadline."""
    found = _find(act, conclusion)
    at = clock.instant(act.workshop, until) if until is not None else None
    if at is not None and at <= act.now:
        raise Refusal("invalid", _l("This time has passed already."), field="until")
    found.positions_until = at
    _touch(act, found)


@command("conclusion_closed", by="facilitator", during=WHILE_AGREEING)
def close_conclusion(act: MeetingAct, *, conclusion: Key) -> None:
    """Ends the taking of positions."""
    found = _find(act, conclusion)
    check_put(found, "conflict")
    found.state = "closed"
    _touch(act, found)


@command("position_taken", by="head facilitator", during=WHILE_AGREEING)
def take_position(
    act: MeetingAct,
    *,
    conclusion: Key,
    stance: Stance,
    reason: Words | None = None,
    lang: Language | None = None,
    on_behalf_of: Key | None = None,
) -> None:
    """Says where one's delegation stands; again: replaces what it said before. A facilitator does it on behalf of one."""
    if on_behalf_of is None and "head" not in act.capacities:
        message = _l("Say on behalf of which delegation you take this position.")
        raise Refusal("forbidden", message, field="on_behalf_of")
    if on_behalf_of is not None and "facilitator" not in act.capacities:
        message = _l("Only a facilitator takes a position on behalf of a delegation.")
        raise Refusal("forbidden", message, field="on_behalf_of")
    found = _find(act, conclusion)
    check_put(found, "not_now")
    if on_behalf_of is None and found.positions_until is not None and found.positions_until <= act.now:
        message = _l(
            "The time for positions on this conclusion has ended. A facilitator can still enter yours, or give more time."
        )
        raise Refusal("not_now", message, field="conclusion")
    delegation = act.me.delegation if on_behalf_of is None else act.delegation(on_behalf_of)
    if delegation is None:
        raise Refusal("forbidden", _l("Only delegations take positions."))
    if reason is None and stance in STANCES_WITH_REASON:
        raise Refusal("invalid", _l("A reservation or an objection needs a reason."), field="reason")
    position = db.session.get(Position, (found.id, delegation.id))
    if position is None:
        position = Position(conclusion_id=found.id, delegation_id=delegation.id)
    elif position.reason != reason:
        _forget_translations(act, reason_id(found.id, delegation.code))
    position.stance, position.reason = stance, reason
    position.reason_lang = (lang or act.me.language) if reason is not None else None
    position.on_behalf, position.seq, position.at = on_behalf_of is not None, act.stream.seq, act.now
    db.session.add(position)
    act.facts |= {"conclusion": found.id, "delegation": delegation.code, "stance": stance}
    if on_behalf_of is not None:
        act.facts["on_behalf"] = True
    act.touch(*_regions_of(found, [delegation]))
    act.concerns("conclusions")


def _find(act: MeetingAct, conclusion_id: str) -> Conclusion:
    found: Conclusion = act.made(Conclusion, conclusion_id, "conclusion")
    return found


def check_put(conclusion: Conclusion, code: str) -> None:
    """Refuses with this code when the conclusion is not before the delegations."""
    if conclusion.state != "put":
        raise Refusal(code, _l("This conclusion is not before the delegations now."), field="conclusion")


def _forget_translations(act: MeetingAct, subject: str) -> None:
    """Removes the translations of a text that is no more."""
    db.session.execute(
        delete(Translation).where(Translation.workshop_id == act.workshop.id, Translation.subject == subject)
    )
    act.concerns("translations")


def conclusions_of(workshop: Workshop) -> list[Conclusion]:
    """The meeting's conclusions, drafts too, in the order they were drafted."""
    return list(db.session.scalars(select(Conclusion).filter_by(workshop_id=workshop.id).order_by(Conclusion.seq)))


def positions_of(conclusion: Conclusion) -> dict[str, Position]:
    """Delegation's code → its position on the present wording."""
    query = select(Position).filter_by(conclusion_id=conclusion.id)
    return {position.delegation.code: position for position in db.session.scalars(query)}


def tally(workshop: Workshop, conclusion: Conclusion) -> dict[str, int]:
    """How many delegations took each stance, and how many none (``missing``)."""
    positions = positions_of(conclusion)
    taken = [positions[each.code].stance for each in workshop.delegations if each.code in positions]
    return {
        **{stance: taken.count(stance) for stance in STANCES},
        "missing": len(workshop.delegations) - len(taken),
    }


def is_unanimous(workshop: Workshop, conclusion: Conclusion) -> bool:
    """Whether there is a delegation, and each that there is has agreed, as stored, to the present wording."""
    positions = positions_of(conclusion)
    return bool(workshop.delegations) and all(
        each.code in positions and positions[each.code].stance == "agree" for each in workshop.delegations
    )


# How many delegations took each stance, in the order in which a tally states them.
_COUNTED: dict[str, Callable[[int], str]] = {
    "agree": lambda n: ngettext("%(num)s delegation agrees", "%(num)s delegations agree", n),
    "accept": lambda n: ngettext("%(num)s delegation can accept it", "%(num)s delegations can accept it", n),
    "reserve": lambda n: ngettext("%(num)s delegation has a reservation", "%(num)s delegations have a reservation", n),
    "object": lambda n: ngettext("%(num)s delegation objects", "%(num)s delegations object", n),
    "abstain": lambda n: ngettext("%(num)s delegation abstains", "%(num)s delegations abstain", n),
    "missing": lambda n: ngettext(
        "%(num)s delegation has taken no position", "%(num)s delegations have taken no position", n
    ),
}


def tally_words(workshop: Workshop, conclusion: Conclusion, lang: str) -> str:
    """How the delegations stand, as a sentence for a page in ``lang`` (the language in force)."""
    if is_unanimous(workshop, conclusion):
        count = len(workshop.delegations)
        if count == 1:
            return str(gettext("The only delegation agrees."))
        return str(ngettext("All %(num)s delegations agree.", "All %(num)s delegations agree.", count))
    counts = tally(workshop, conclusion)
    parts = [str(say(counts[stance])) for stance, say in _COUNTED.items() if counts[stance]]
    return str(gettext("%(tally)s.", tally=join_list(parts, catalog_language(lang)))) if parts else ""


class PositionState(TypedDict):
    """Where a delegation stands."""

    stance: str
    reason: str | None


class ConclusionState(TypedDict):
    """A conclusion in ``state.json``."""

    id: str
    text: dict[str, str]
    state: str
    """``draft``, ``put`` or ``closed``."""
    sources: list[str]
    positions: dict[str, PositionState]
    tally: dict[str, int]
    unanimous: bool


def agreement_state(workshop: Workshop, sees_drafts: bool = False) -> list[ConclusionState]:
    """The conclusions' part of ``state.json``; ``sees_drafts``: whether the viewer may see what is not put yet."""
    return [
        {
            "id": conclusion.id,
            "text": conclusion.text,
            "state": conclusion.state,
            "sources": [source.id for source in sources_of(workshop, conclusion.sources)],
            "positions": {
                code: {"stance": position.stance, "reason": position.reason}
                for code, position in positions_of(conclusion).items()
            },
            "tally": tally(workshop, conclusion),
            "unanimous": is_unanimous(workshop, conclusion),
        }
        for conclusion in conclusions_of(workshop)
        if sees_drafts or conclusion.state != "draft"
    ]


def _touch(act: MeetingAct, conclusion: Conclusion) -> None:
    act.touch(*_regions_of(conclusion, act.workshop.delegations), f"translating-{conclusion.id}")
    act.concerns("conclusions")
    act.facts["conclusion"] = conclusion.id


def _regions_of(conclusion: Conclusion, delegations: list[Delegation]) -> list[str]:
    """What shows the conclusion and these delegations' positions."""
    there = [reason_id(conclusion.id, delegation.code) for delegation in delegations]
    return [
        f"conclusion-{conclusion.id}",
        f"drafted-{conclusion.id}",
        *(f"position-{key}" for key in there),
        *(f"translating-{key}" for key in there),
    ]


def reason_id(conclusion_id: str, code: str) -> str:
    """What the translations of a position's reason are filed under."""
    return f"{conclusion_id}.{code}"


def _conclusion(workshop: Workshop, key: str) -> Conclusion | None:
    found = db.session.get(Conclusion, key)
    return None if found is None or found.workshop_id != workshop.id else found


def _conclusion_ids(workshop: Workshop) -> list[str]:
    return [conclusion.id for conclusion in conclusions_of(workshop)]


def earlier_wordings(conclusion: Conclusion) -> list[Wording]:
    """The wordings that were before the delegations before the present one, the first first."""
    if conclusion.version == 1:
        return []
    query = select(Wording).where(Wording.conclusion_id == conclusion.id, Wording.was_put.is_(True))
    return list(db.session.scalars(query.order_by(Wording.version)))


def _earlier_wording(conclusion: Conclusion) -> dict[str, str]:
    """The wording before the present one; nothing where that is the first."""
    found = db.session.get(Wording, (conclusion.id, conclusion.version - 1))
    return found.text if found is not None else {}


def _shown(workshop: Workshop, conclusion: Conclusion) -> dict[str, Any]:
    """What every region needs that shows a conclusion's words and where the delegations stand."""

    def words(lang: str) -> Text:
        return pick_to_read(conclusion.text, lang, workshop.default_language)

    return {
        "conclusion": conclusion,
        "words": words,
        "translations": translations_of(workshop.id, conclusion.id),
        "earlier": _earlier_wording(conclusion),
        "state_names": STATE_NAMES,
        "sources": sources_of(workshop, conclusion.sources),
        "source_names": SOURCE_NAMES,
        "positions": positions_of(conclusion),
        "tally": lambda lang: tally_words(workshop, conclusion, lang),
        "choices": STANCE_CHOICES,
    }


@region(
    slot="conclusions",
    views="room console screen delegation",
    keys=_conclusion_ids,
    on="themes framework translations",
)
def conclusion(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """A conclusion that has been put: its words, where every delegation stands, and what that comes to."""
    found = _conclusion(workshop, key)
    if found is None or found.state == "draft":
        return None
    values = _shown(workshop, found)
    reasons = {
        code: translations_of(workshop.id, reason_id(found.id, code))
        for code, position in values["positions"].items()
        if position.reason
    }
    return {"order": f"{found.seq:08}", "reasons": reasons, **values}


@region(
    slot="conclusions",
    views="console",
    audience="facilitator",
    keys=_conclusion_ids,
    on="phase themes framework translations",
)
def drafted(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """What a facilitator can do about a conclusion; shows its words too while the others cannot see it."""
    found = _conclusion(workshop, key)
    if found is None or workshop.phase not in WHILE_AGREEING.split():
        return None
    until = clock.wall_time(workshop, found.positions_until) if found.positions_until is not None else None
    return {
        "order": f"{found.seq:08}+",
        "until": until.strftime("%Y-%m-%dT%H:%M") if until else "",
        **_shown(workshop, found),
    }


@region(
    slot="drafting",
    views="console",
    audience="facilitator",
    on="phase items themes framework translations",
)
def drafting(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The form to draft a conclusion: for the agreement item that is on, else the last that was, else the first to come."""
    items = [item for item in workshop.agenda if item.kind == "agreement" and item.state != "skipped"]
    if workshop.phase not in WHILE_AGREEING.split() or not items:
        return None
    running = [item for item in items if item.state == "running"]
    over = [item for item in items if item.state == "done"]
    item = (running or over[-1:] or items)[0]
    return {"item": item, "on_now": bool(running), "themes": themes_of(workshop), "elements": elements_of(workshop)}


def _position_keys(workshop: Workshop) -> list[str]:
    codes = [delegation.code for delegation in workshop.delegations]
    return [reason_id(each.id, code) for each in conclusions_of(workshop) if each.state == "put" for code in codes]


@region(
    slot="positions",
    views="room delegation",
    audience=lambda key: f"head-{key.partition('.')[2]}",
    keys=_position_keys,
    on="phase translations",
)
def position(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """The form with which a delegation's head says where it stands."""
    conclusion_id, _, code = key.partition(".")
    found, delegation = _conclusion(workshop, conclusion_id), workshop.delegation(code)
    if found is None or delegation is None or found.state != "put" or workshop.phase not in WHILE_AGREEING.split():
        return None
    values = _shown(workshop, found)
    return {
        "order": f"{found.seq:08}",
        "delegation": delegation,
        "mine": values["positions"].get(code),
        "languages": list(dict.fromkeys((*workshop.languages, *delegation.languages))),
        **values,
    }


def _source(workshop: Workshop, source_id: str) -> Source | None:
    found = _conclusion(workshop, source_id)
    return None if found is None else Source(found.id, "conclusion", {} if found.state == "draft" else found.text)


def _lines(workshop: Workshop) -> Iterator[tuple[Source, list[str]]]:
    for conclusion in conclusions_of(workshop):
        if conclusion.state != "draft":
            yield Source(conclusion.id, "conclusion", conclusion.text), conclusion.sources


citable(_source)
citing(_lines)


def _subject(workshop: Workshop, subject_id: str) -> Subject | None:
    """A conclusion that has been put, or the reason that a delegation gives for its position on it.

    Neither keeps its texts by language itself: a translation never changes the words that positions are about.
    """
    conclusion_id, _, code = subject_id.partition(".")
    found = _conclusion(workshop, conclusion_id)
    if found is None or found.state == "draft":
        return None
    touches = tuple(_regions_of(found, workshop.delegations))
    if not code:
        urgency = ON_NOW if found.state == "put" else TO_AGREE_ON
        return Subject(found.text, found.version, touches, SOURCE_NAMES["conclusion"], found.seq, urgency=urgency)
    taken = positions_of(found).get(code)
    if taken is None or not taken.reason or not taken.reason_lang:
        return None
    return Subject({taken.reason_lang: taken.reason}, taken.seq, touches, _l("reason"), taken.seq, urgency=TO_AGREE_ON)


def _subject_ids(workshop: Workshop) -> list[str]:
    found: list[str] = []
    for each in conclusions_of(workshop):
        if each.state != "draft":
            reasons = [reason_id(each.id, code) for code, taken in positions_of(each).items() if taken.reason]
            found += [each.id, *reasons]
    return found


translatable(_subject, _subject_ids)

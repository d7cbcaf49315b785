"""From a plan to a meeting: makes it, or brings it to a changed plan without rewriting what has happened.

The plan that was stored last is kept beside the meeting. Only what differs between that plan and the new one is carried
over, so that the same plan again changes nothing, whatever happened live in between.
"""

import json
import secrets
import uuid
from dataclasses import asdict
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from facilitation.activities.presentation import Programme
from facilitation.extensions import db
from facilitation.live import commands
from facilitation.live.journal import Stream
from facilitation.meeting.acts import MeetingAct
from facilitation.meeting.models import AgendaItem, Delegation, Ownership, Person, Workshop, new_id
from facilitation.meeting.people import has_attended, shut_out
from facilitation.meeting.workshops import would_name_in_retrospect
from facilitation.plan.errors import PlanError, PlanRefused
from facilitation.plan.model import Plan

Part = dict[str, Any]

_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another when read aloud

_OF_THE_WHOLE = (
    "title", "headline", "starts_on", "ends_on", "timezone", "venue", "video_url", "languages", "default_language",
    "organiser", "programme", "funding", "disclaimer", "copyright", "notice", "footnotes", "principles", "rules",
)  # fmt: skip
RETENTION_DAYS = 730
"""Days after its last day for which a new meeting keeps its people's data, where its plan says nothing."""
_MINIMUM = "minimum_contributors_to_name_a_delegation"
_FIXED_ONCE_STARTED = ("starts_on", "ends_on", "timezone")


def import_plan(plan: Plan, owner_id: int | None = None) -> str:
    """Stores the plan and returns its slug. ``owner_id``: the account whose meeting it is.

    Raises ``PlanRefused``, with nothing stored, when it would rewrite what has happened or belongs to somebody else.
    """
    new = _plain(plan)
    kept = db.session.scalar(
        select(Workshop.plan).join(Stream, Stream.id == Workshop.id).where(Stream.slug == plan.slug)
    )
    if kept is not None and owner_id is not None and not _owns(owner_id, plan.slug):
        raise PlanRefused((PlanError("slug", _l("Another meeting has this address already.")),))
    if owner_id is not None and not any(person.role == "organiser" for person in plan.people):
        raise PlanRefused((PlanError("people", _l("nobody has the role of organiser; one of them must be you")),))
    if kept is not None and _completed(kept, new) == new:
        return plan.slug
    commands.write(plan.slug, "plan_imported", lambda act: _carry_over(act, new), make=lambda: _make(plan, new))
    if owner_id is not None:
        _give_to(owner_id, plan.slug)
    return plan.slug


def _plain(plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(plan), default=lambda value: value.isoformat()))
    for item in plain["agenda"]:
        item["start"] = item["start"][:5]
    return plain


def _completed(kept: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The plan imported last, with what only later releases know of as a plan that does not have it says it."""

    def complete(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
        return {**{name: value for name, value in now.items() if not value}, **before}

    return {**complete(kept, new), "rules": complete(kept["rules"], new["rules"])}


def _make(plan: Plan, new: dict[str, Any]) -> None:
    stream = Stream(slug=plan.slug, seq=0, epoch=str(uuid.uuid4()))
    db.session.add(stream)
    db.session.flush()
    whole: dict[str, Any] = {name: getattr(plan, name) for name in ("starts_on", "ends_on")}
    if plan.rules.retention_days is None:
        whole["rules"] = {**new["rules"], "retention_days": RETENTION_DAYS}
    db.session.add(
        Workshop(
            id=stream.id,
            code="".join(secrets.choice(_CODE_LETTERS) for _ in range(8)),
            plan={},
            **{name: new[name] for name in _OF_THE_WHOLE if name not in whole},
            **whole,
        )
    )
    db.session.flush()


def _carry_over(act: MeetingAct, new: dict[str, Any]) -> None:
    old = _completed(act.workshop.plan, new) if act.workshop.plan else {}
    errors: list[PlanError] = []
    if act.workshop.phase in ("adopted", "published"):
        raise PlanRefused((PlanError("", _l("The minutes are adopted: the plan can no longer change.")),))
    _carry_whole(act, old, new, errors)
    _carry_delegations(act, old, new, errors)
    _carry_people(act, old, new, errors)
    _carry_agenda(act, old, new, errors)
    _carry_programmes(act, old, new, errors)
    if errors:
        raise PlanRefused(tuple(errors))
    act.workshop.plan = new
    act.changes_sight = True
    act.touch("*")


def _carry_whole(act: MeetingAct, old: dict[str, Any], new: dict[str, Any], errors: list[PlanError]) -> None:
    started = any(item.state != "planned" for item in act.workshop.agenda)
    for name in _OF_THE_WHOLE:
        if not old or old.get(name) == new[name]:
            continue
        if started and name in _FIXED_ONCE_STARTED:
            errors.append(PlanError(name, _l("the meeting has begun; this can no longer change")))
            continue
        value = new[name]
        if name in ("starts_on", "ends_on"):
            value = date.fromisoformat(value)
        if name == "rules":
            # Each rule by itself: what was changed live stays, and what the plan says nothing of.
            changed = {rule: now for rule, now in value.items() if now is not None and now != old["rules"].get(rule)}
            value = {**act.workshop.rules, **changed}
            if would_name_in_retrospect(act.workshop, value[_MINIMUM]):
                now = act.workshop.minimum_contributors
                message = _l("people have written knowing that it is %(number)s; it can only rise now", number=now)
                errors.append(PlanError(f"rules.{_MINIMUM}", message))
                continue
        setattr(act.workshop, name, value)


def _differences(old: Part, new: Part, part: str, key: str) -> list[tuple[int, Part | None, Part | None]]:
    """``(index in the new plan, old, new)`` of everything in a part of the plan that is not the same in both."""
    before = {each[key]: each for each in old.get(part, ())}
    found = [(n, before.get(each[key]), each) for n, each in enumerate(new[part]) if before.get(each[key]) != each]
    kept = {each[key] for each in new[part]}
    return found + [(0, each, None) for each in old.get(part, ()) if each[key] not in kept]


def _carry_delegations(act: MeetingAct, old: dict[str, Any], new: dict[str, Any], errors: list[PlanError]) -> None:
    for n, before, after in _differences(old, new, "delegations", "code"):
        if after is None:
            assert before is not None
            errors.append(
                PlanError("delegations", _l("“%(code)s” was there before and cannot be left out", code=before["code"]))
            )
            continue
        row = act.workshop.delegation(after["code"])
        if row is None:
            row = Delegation(workshop_id=act.workshop.id, code=after["code"], place=n)
            db.session.add(row)
        row.name, row.languages, row.footnote, row.place = after["name"], after["languages"], after["footnote"], n
    db.session.flush()
    db.session.expire(act.workshop, ["delegations"])


def _carry_people(act: MeetingAct, old: dict[str, Any], new: dict[str, Any], errors: list[PlanError]) -> None:
    for n, before, after in _differences(old, new, "people", "key"):
        if after is None:
            assert before is not None
            gone = act.workshop.person(before["key"])
            if gone is not None and has_attended(gone):
                message = _l("“%(key)s” has taken part and cannot be left out", key=gone.key)
                errors.append(PlanError("people", message))
            elif gone is not None:
                gone.revoked_at, gone.is_head = gone.revoked_at or act.now, False
                shut_out(act, gone)
            continue
        row = act.workshop.person(after["key"])
        if row is None:
            row = Person(workshop_id=act.workshop.id, key=after["key"], place=n, name=after["name"], former_names=[])
            db.session.add(row)
        elif before is None and row.revoked_at is None:
            errors.append(PlanError(f"people[{n}].key", _l("somebody else has this key already")))
            continue
        elif before is None:
            row.revoked_at = None
        row.rename(after["name"])
        row.title, row.role, row.language = after["title"], after["role"], after["language"]
        row.interprets = after["interprets"]
        row.delegation_id = act.delegation(after["delegation"]).id if after["delegation"] else None
        if before is None or before["head_of_delegation"] != after["head_of_delegation"]:
            if after["head_of_delegation"]:
                for other in act.workshop.people:
                    other.is_head = other.is_head and other.delegation_id != row.delegation_id
            row.is_head = after["head_of_delegation"]
        row.is_head = row.is_head and row.role == "participant"
    db.session.flush()
    db.session.expire(act.workshop, ["people"])


def _carry_agenda(act: MeetingAct, old: dict[str, Any], new: dict[str, Any], errors: list[PlanError]) -> None:
    for n, before, after in _differences(old, new, "agenda", "key"):
        row = act.workshop.item((after or before or {})["key"])
        if row is not None and row.state != "planned":
            key = row.key
            message = _l("“%(key)s” has begun or is over; it can no longer change", key=key)
            errors.append(PlanError(f"agenda[{n}]" if after else "agenda", message))
            continue
        if after is None:
            if row is not None:
                db.session.delete(row)
            continue
        if row is None:
            row = AgendaItem(workshop_id=act.workshop.id, key=after["key"])
            db.session.add(row)
        elif before is None:
            errors.append(PlanError(f"agenda[{n}].key", _l("another item has this key already")))
            continue
        for name in ("day", "start", "minutes", "kind", "title", "collects", "works_on", "votes_each"):
            setattr(row, name, after[name])
        row.place = int(after["start"][:2]) * 60 + int(after["start"][3:])
        row.speaker_id = act.member(after["speaker"]).id if after["speaker"] else None
        row.delegation_id = act.delegation(after["delegation"]).id if after["delegation"] else None
    db.session.flush()
    db.session.expire(act.workshop, ["agenda"])


def _carry_programmes(act: MeetingAct, old: dict[str, Any], new: dict[str, Any], errors: list[PlanError]) -> None:
    for n, before, after in _differences(old, new, "programmes", "key"):
        if after is None:
            assert before is not None
            db.session.execute(delete(Programme).filter_by(workshop_id=act.workshop.id, key=before["key"]))
            continue
        row = db.session.scalar(select(Programme).filter_by(workshop_id=act.workshop.id, key=after["key"]))
        if row is None:
            row = Programme(id=new_id(), workshop_id=act.workshop.id, key=after["key"], seq=act.stream.seq)
            db.session.add(row)
        elif before is None:
            errors.append(PlanError(f"programmes[{n}].key", _l("another programme has this key already")))
            continue
        row.title, row.status, row.summary = after["title"], after["status"], after["summary"]
        row.delegation_id = act.delegation(after["delegation"]).id


def _owns(account_id: int, slug: str) -> bool:
    query = (
        select(Ownership.person_id)
        .join(Person, Person.id == Ownership.person_id)
        .join(Stream, Stream.id == Person.workshop_id)
        .where(Ownership.account_id == account_id, Stream.slug == slug)
    )
    return db.session.scalars(query).first() is not None


def _give_to(account_id: int, slug: str) -> None:
    """The account's owner is the first organiser of the plan."""
    if _owns(account_id, slug):
        return
    query = (
        select(Person)
        .join(Stream, Stream.id == Person.workshop_id)
        .where(Stream.slug == slug, Person.role == "organiser")
        .order_by(Person.place)
    )
    organiser = db.session.scalars(query).first()
    if organiser is not None:
        db.session.add(Ownership(account_id=account_id, person_id=organiser.id))
        db.session.commit()

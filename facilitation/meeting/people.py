"""People: links, admission at the door, late and substitute people, heads of delegation, attendance."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Literal

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from facilitation.extensions import db
from facilitation.live.commands import Refusal, command, hash_of
from facilitation.live.regions import region
from facilitation.meeting import clock
from facilitation.meeting.acts import Key, Language, MeetingAct, TextsArgument, Words, capacities_of
from facilitation.meeting.models import Admission, Attendance, Link, Ownership, Person, SignIn, Workshop

Role = Literal["organiser", "facilitator", "rapporteur", "interpreter", "speaker", "participant", "observer"]

MAX_WAITING = 50
"""People who may wait at the door of one meeting at a time."""


def token_hash(token: str) -> str:
    """What is kept of a link's token."""
    return hash_of("link", token)


def _token(command_id: str, person_key: str) -> str:
    """A link's token. It follows from the making command's random id, which only the maker knows, and the server's secret:
    the answer to a repeated command can be given again although nothing but a hash of the token is kept."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.digest(secret, f"link\0{command_id}\0{person_key}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def link_url(token: str) -> str:
    """The address that signs its owner in."""
    return f"{current_app.config['BASE_URL']}/join/{token}"


def _add_link(act: MeetingAct, person: Person) -> None:
    token = _token(act.command_id, person.key)
    db.session.add(Link(person_id=person.id, token_hash=token_hash(token), made_at=act.now))


def _one_url(act: MeetingAct, result: Mapping[str, Any]) -> dict[str, Any]:
    return {"url": link_url(_token(act.command_id, result["key"]))}


def _all_urls(act: MeetingAct, result: Mapping[str, Any]) -> dict[str, Any]:
    return {"urls": {key: link_url(_token(act.command_id, key)) for key in result["keys"]}}


@command("link_made", by="facilitator", during="any", unstored=_one_url)
def new_link(act: MeetingAct, *, person: Key) -> dict[str, str]:
    """Makes a new sign-in link for somebody; earlier ones stay valid until revoked. The answer alone holds the address."""
    found = _present(act, person)
    if "organiser" in capacities_of(found) and "organiser" not in act.capacities:
        raise Refusal("forbidden", _l("Only an organiser makes a link for an organiser."), field="person")
    _add_link(act, found)
    act.facts["person"] = found.key
    return {"id": found.key, "key": found.key}


@command("links_made", by="organiser", during="any", unstored=_all_urls)
def make_links(act: MeetingAct, *, people: list[Key] | None = None) -> dict[str, list[str]]:
    """Makes a new sign-in link for everybody of the meeting, or for these people."""
    chosen = (
        [_present(act, key) for key in people] if people else [p for p in act.workshop.people if p.revoked_at is None]
    )
    for person in chosen:
        _add_link(act, person)
    act.facts["people"] = len(chosen)
    return {"keys": [person.key for person in chosen]}


@command("links_revoked", by="facilitator", during="any")
def revoke_links(act: MeetingAct, *, person: Key) -> None:
    """Makes all links of somebody worthless and signs them out everywhere, also where they are by an account; a new link, or the
    account's password, lets them in again."""
    found = act.member(person)
    if "organiser" in capacities_of(found) and "organiser" not in act.capacities:
        raise Refusal("forbidden", _l("Only an organiser does this to an organiser."), field="person")
    shut_out(act, found)
    # A browser with the account that has their place may be in the wrong hands as well.
    accounts = select(Ownership.account_id).where(Ownership.person_id == found.id)
    db.session.execute(
        delete(SignIn).where(SignIn.account_id.in_(accounts)), execution_options={"synchronize_session": False}
    )


@command("person_added", by="facilitator", during="any", unstored=_one_url)
def add_person(
    act: MeetingAct,
    *,
    name: TextsArgument,
    role: Role,
    language: Language,
    delegation: Key | None = None,
    key: Key | None = None,
    title: TextsArgument | None = None,
    interprets: list[Language] | None = None,
) -> dict[str, str]:
    """Adds somebody who came late or stands in for somebody, with a sign-in link."""
    person = _new_person(act, name, role, language, delegation, key, title, interprets)
    _add_link(act, person)
    return {"id": person.key, "key": person.key}


@command("person_changed", by="organiser", during="any")
def edit_person(
    act: MeetingAct,
    *,
    person: Key,
    name: TextsArgument,
    role: Role,
    language: Language,
    delegation: Key | None = None,
    title: TextsArgument | None = None,
    interprets: list[Language] | None = None,
) -> None:
    """Changes who somebody is in this meeting."""
    found = act.member(person)
    _check_role(act, role, delegation)
    if found is act.person and role != "organiser":
        raise Refusal("conflict", _l("You cannot take the organiser's role from yourself."), field="role")
    if found.is_head and (
        role != "participant" or delegation is None or found.delegation is None or delegation != found.delegation.code
    ):
        found.is_head = False
    found.rename(name)
    found.role, found.language, found.title = role, language, title or {}
    found.delegation_id = act.delegation(delegation).id if delegation else None
    found.interprets = interprets or []
    _sight_changed(act, found)
    act.touch("*")


@command("person_revoked", by="organiser", during="any")
def revoke_person(act: MeetingAct, *, person: Key) -> None:
    """Removes somebody from the meeting at once; what they wrote stays."""
    found = _present(act, person)
    if found is act.person:
        raise Refusal("conflict", _l("You cannot remove yourself."), field="person")
    found.revoked_at, found.is_head = act.now, False
    shut_out(act, found)


@command("head_appointed", by="facilitator", during="any")
def appoint_head(act: MeetingAct, *, delegation: Key, person: Key) -> None:
    """Makes a participant the head of their delegation; the one before is so no more."""
    found, new_head = act.delegation(delegation), _present(act, person)
    if new_head.delegation_id != found.id or new_head.role != "participant":
        raise Refusal("invalid", _l("The head must be a participant of the delegation."), field="person")
    for other in act.workshop.people:
        if other.delegation_id == found.id:
            other.is_head = other is new_head
    act.facts["delegation"] = found.code
    _sight_changed(act, new_head)


@command("admission_asked", by="system", during="prepared open closed", internal=True)
def ask_admission(
    act: MeetingAct, *, name: Words, language: Language, browser_hash: str, delegation: Key | None = None
) -> dict[str, str]:
    """Somebody with the short code asks to be let in."""
    waiting = db.session.scalars(select(Admission).filter_by(workshop_id=act.workshop.id, state="waiting")).all()
    mine = next((other for other in waiting if other.browser_hash == browser_hash), None)
    if mine is not None:
        return {"id": mine.id}
    if len(waiting) >= MAX_WAITING:
        raise Refusal("too_fast", _l("Too many people are waiting at the door. Try again in a minute."), retry_after=60)
    asked = Admission(
        workshop_id=act.workshop.id,
        browser_hash=browser_hash,
        name=name[:200],
        language=language,
        delegation_id=act.delegation(delegation).id if delegation else None,
        asked_at=act.now,
    )
    db.session.add(asked)
    act.concerns("admissions")
    db.session.flush()
    return {"id": asked.id}


@command("person_admitted", by="facilitator", during="any")
def admit_person(
    act: MeetingAct,
    *,
    request: Key,
    role: Role = "participant",
    delegation: Key | None = None,
    person: Key | None = None,
) -> dict[str, str]:
    """Lets somebody in who waits at the door: as a new person, or as a person of the list whose link does not work."""
    asked: Admission = act.made(Admission, request, "request")
    if asked.state != "waiting":
        raise Refusal("conflict", _l("This has been decided already."), field="request")
    if person is not None:
        admitted = _present(act, person)
        if admitted.role in ("organiser", "facilitator") and "organiser" not in act.capacities:
            raise Refusal("forbidden", _l("Only an organiser lets facilitators and organisers in."), field="person")
    else:
        if role in ("organiser", "facilitator") and "organiser" not in act.capacities:
            raise Refusal("forbidden", _l("Only an organiser lets facilitators and organisers in."), field="role")
        admitted = _new_person(act, {"und": asked.name}, role, asked.language, delegation, None, None, None)
    asked.state, asked.person_id = "admitted", admitted.id
    replace_sign_in(asked.browser_hash, admitted.id, act.workshop.id)
    act.concerns("admissions")
    return {"id": admitted.key, "key": admitted.key}


@command("person_turned_away", by="facilitator", during="any")
def turn_away(act: MeetingAct, *, request: Key) -> None:
    """Does not let somebody in who waits at the door."""
    asked: Admission = act.made(Admission, request, "request")
    if asked.state != "waiting":
        raise Refusal("conflict", _l("This has been decided already."), field="request")
    asked.state = "turned_away"
    act.concerns("admissions")


@command("attendance_noted", by="system", during="open", internal=True)
def attend(act: MeetingAct, *, people: list[Key]) -> None:
    """Notes that these people's browsers are there on this day of the open meeting. The entry names nobody: beside an anonymous
    contribution, who has just come is nearly who wrote."""
    day = clock.wall_time(act.workshop, act.now).date()
    for person in (act.member(key) for key in people):
        if db.session.get(Attendance, (person.id, day)) is None:
            db.session.add(Attendance(person_id=person.id, day=day))
    act.concerns("attendance")


def attending(workshop: Workshop, now: int) -> set[int]:
    """The ids of those whose presence on this day is noted."""
    query = select(Attendance.person_id).join(Person).where(Person.workshop_id == workshop.id)
    return set(db.session.scalars(query.where(Attendance.day == clock.wall_time(workshop, now).date())))


def has_attended(person: Person) -> bool:
    """Whether the person was there on any day of the open meeting."""
    return db.session.scalars(select(Attendance.day).filter_by(person_id=person.id)).first() is not None


def replace_sign_in(browser_hash: str, person_id: int, workshop_id: int) -> None:
    """Signs a browser in as this person, and as nobody else of the meeting."""
    same_meeting = select(Person.id).where(Person.workshop_id == workshop_id)
    db.session.execute(
        delete(SignIn).where(SignIn.browser_hash == browser_hash, SignIn.person_id.in_(same_meeting)),
        execution_options={"synchronize_session": False},
    )
    db.session.add(SignIn(browser_hash=browser_hash, person_id=person_id))


def _present(act: MeetingAct, key: str) -> Person:
    found = act.member(key)
    if found.revoked_at is not None:
        raise Refusal("conflict", _l("This person has been removed from the meeting."), field="person")
    return found


def _check_role(act: MeetingAct, role: str, delegation: str | None) -> None:
    if role in ("organiser", "facilitator") and "organiser" not in act.capacities:
        raise Refusal("forbidden", _l("Only an organiser lets facilitators and organisers in."), field="role")
    if role == "participant" and delegation is None:
        raise Refusal("invalid", _l("A participant belongs to a delegation."), field="delegation")


def _new_person(
    act: MeetingAct,
    name: dict[str, str],
    role: str,
    language: str,
    delegation: str | None,
    key: str | None,
    title: dict[str, str] | None,
    interprets: list[str] | None,
) -> Person:
    _check_role(act, role, delegation)
    taken = {person.key for person in act.workshop.people}
    if key is not None and key in taken:
        raise Refusal("conflict", _l("There is somebody with the key “%(key)s” already.", key=key), field="key")
    stem = (delegation or role).lower()
    person = Person(
        workshop_id=act.workshop.id,
        key=key or next(key for key in (f"{stem}-{n}" for n in range(1, len(taken) + 2)) if key not in taken),
        name=name,
        title=title or {},
        role=role,
        language=language,
        delegation_id=act.delegation(delegation).id if delegation else None,
        interprets=interprets or [],
        place=max((other.place for other in act.workshop.people), default=0) + 1,
    )
    db.session.add(person)
    db.session.flush()
    act.facts["person"] = person.key
    act.concerns("people")
    return person


def shut_out(act: MeetingAct, person: Person) -> None:
    """Makes a person's links worthless and ends their sign-ins."""
    db.session.execute(
        update(Link).where(Link.person_id == person.id, Link.revoked_at.is_(None)).values(revoked_at=act.now)
    )
    db.session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    _sight_changed(act, person)


def _sight_changed(act: MeetingAct, person: Person) -> None:
    act.changes_sight = True
    act.facts["person"] = person.key
    act.concerns("people")


@region(slot="people", views="console", audience="facilitator", on="people admissions attendance phase")
def people(workshop: Workshop, _key: str) -> dict[str, Any]:
    """Who waits at the door, who belongs to the meeting, who has been there."""
    waiting = db.session.scalars(
        select(Admission).filter_by(workshop_id=workshop.id, state="waiting").order_by(Admission.asked_at)
    ).all()
    there = set(
        db.session.scalars(select(Attendance.person_id).join(Person).where(Person.workshop_id == workshop.id)).all()
    )
    return {"waiting": waiting, "there": there}

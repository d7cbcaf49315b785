"""What is kept of a person: to hand it to them, to erase it, and to let go of a whole meeting's people when their time is over.

A person's own words are what they said for themselves: contributions, reasons, advice, proposed corrections, slides,
announcements. What the meeting made its own (titles of themes, conclusions, elements, notes, translations) stays; it
no longer says who wrote it. Who wrote anonymously is known to nobody, so that those words are not found here.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from facilitation.activities.agreement import Conclusion, Position
from facilitation.activities.announcements import Announcement
from facilitation.activities.capture import Contribution, redact
from facilitation.activities.consulting import Advice
from facilitation.activities.floor import FloorRequest
from facilitation.activities.notes import Note
from facilitation.activities.slides import Deck, folder_of
from facilitation.activities.translation import Taken, Translation
from facilitation.activities.vote import Vote
from facilitation.extensions import db, now_ms
from facilitation.live.commands import Refusal, command
from facilitation.live.journal import Entry, Receipt
from facilitation.live.steps import Step
from facilitation.meeting import clock
from facilitation.meeting.acts import Key, MeetingAct
from facilitation.meeting.models import Admission, AgendaItem, Attendance, Link, Ownership, Person, SignIn, Workshop
from facilitation.meeting.people import shut_out
from facilitation.record import library, seal
from facilitation.record.approval import Correction, Edit, Minutes, Signature
from facilitation.record.erasing import erase_participant

ERASED = "…"
"""Stands for the name of somebody who was erased."""
SAYS_ENOUGH = 12
"""Characters from which on a text is looked for inside others; a shorter one counts only where nothing else stands beside it."""


@command("person_erased", by="organiser", during="any")
def erase_person(act: MeetingAct, *, person: Key) -> None:
    """Erases a person: their name and their own words, wherever they are kept, a published record included, which says that
    something was erased there. They are signed out everywhere."""
    found = act.member(person)
    if found is act.person:
        raise Refusal("conflict", _l("You cannot erase yourself; another organiser can."), field="person")
    names = set(found.name.values())
    _erase_words(act, _erase(act, found), names)
    act.changes_sight = True
    act.touch("*")


@command("meeting_purged", by="system", during="any", internal=True)
def purge_meeting(act: MeetingAct) -> None:
    """Lets go of all people of a meeting and of everything that was written in it; what its published record says stays."""
    gone = {text for person in act.workshop.people for text in _erase(act, person)}
    workshop_id = act.workshop.id
    items = [item.id for item in act.workshop.agenda]
    for contribution in db.session.scalars(select(Contribution).filter_by(workshop_id=workshop_id)):
        redact(act, contribution)
    for table in (Admission, Announcement, Translation, Edit, Correction, Minutes, Signature, Taken):
        db.session.execute(delete(table).where(table.workshop_id == workshop_id))
    db.session.execute(delete(Note).where(Note.item_id.in_(items)))
    db.session.execute(delete(Step).where(Step.stream_id == workshop_id))
    db.session.execute(delete(Receipt).where(Receipt.stream_id == workshop_id))
    db.session.execute(update(Entry).where(Entry.stream_id == workshop_id).values(actor_id=None))
    # The public record stays, and with it what proves it.
    let_go = (Entry.stream_id == workshop_id, Entry.name != seal.PUBLISHED)
    db.session.execute(update(Entry).where(*let_go).values(facts={}))
    for deck in db.session.scalars(select(Deck).filter_by(workshop_id=workshop_id)):
        _remove(deck)
    act.workshop.plan = {}
    act.facts["texts"] = len(gone)
    act.changes_sight = True
    act.touch("*")


def due_for_purge() -> Iterator[Workshop]:
    """The meetings whose people are kept long enough by their own rule."""
    done = select(Entry.stream_id).where(Entry.name == "meeting_purged")
    for workshop in db.session.scalars(select(Workshop).where(Workshop.id.not_in(done))):
        day = let_go_on(workshop)
        if day is not None and clock.wall_time(workshop, now_ms()).date() >= day:
            yield workshop


def let_go_on(workshop: Workshop) -> date | None:
    """The day on which the meeting's people are let go of; ``None`` where no rule says so."""
    days = workshop.rules.get("retention_days")
    return workshop.ends_on + timedelta(days=int(days) + 1) if days is not None else None


def held_on(workshop: Workshop, person: Person) -> dict[str, Any]:
    """Everything that is kept of a person, as plain JSON values. Instants are milliseconds since 1970."""
    own = {"person_id": person.id}
    return {
        "format": "facilitation-person/1",
        "meeting": {"slug": workshop.slug, "title": workshop.title},
        "person": {
            "key": person.key,
            "name": person.name,
            "title": person.title,
            "role": person.role,
            "language": person.language,
            "delegation": person.delegation.code if person.delegation else None,
            "is_head": person.is_head,
        },
        "links": [{"made_at": link.made_at, "revoked_at": link.revoked_at} for link in _rows(Link, **own)],
        "signed_in_browsers": len(_rows(SignIn, **own)),
        "days_there": [row.day.isoformat() for row in _rows(Attendance, **own)],
        "contributions": [
            {"id": each.id, "item": each.item.key, "lang": each.lang, "text": each.text, "made_at": each.made_at}
            for each in _rows(Contribution, author_id=person.id)
        ],
        "positions": [
            {"conclusion": each.conclusion_id, "stance": each.stance, "reason": each.reason}
            for each in _positions(person)
        ],
        "advice": [
            {"conclusion": each.conclusion_id, "stance": each.stance, "reason": each.reason}
            for each in _rows(Advice, **own)
        ],
        "corrections": [{"paragraph": each.paragraph, "text": each.text} for each in _corrections(person)],
        "votes": [{"theme": each.theme_id, "count": each.count} for each in _rows(Vote, **own)],
        "floor": [
            {"item": each.item.key, "purpose": each.purpose, "given_at": each.given_at, "ended_at": each.ended_at}
            for each in _rows(FloorRequest, **own)
        ],
        "announcements": [each.text for each in _announcements(person)],
        "notes": [{"lang": each.lang, "text": each.text} for each in _rows(Note, writer_id=person.id)],
        "translations": [
            {"subject": each.subject, "lang": each.lang, "text": each.text}
            for each in _rows(Translation, translator_id=person.id)
        ],
        "journal": [
            {"seq": seq, "name": name, "at": at}
            for seq, name, at in db.session.execute(
                select(Entry.seq, Entry.name, Entry.at)
                .where(Entry.stream_id == workshop.id, Entry.actor_id == person.id)
                .order_by(Entry.seq)
            )
        ],
    }


def _rows(table: type[Any], **wanted: Any) -> list[Any]:
    return list(db.session.scalars(select(table).filter_by(**wanted)))


def _done_by(person: Person, *names: str) -> Any:
    """The numbers of what a person has done, by the names of the entries."""
    return select(Entry.seq).where(
        Entry.stream_id == person.workshop_id, Entry.actor_id == person.id, Entry.name.in_(names)
    )


def _positions(person: Person) -> list[Position]:
    query = select(Position).join(Conclusion, Conclusion.id == Position.conclusion_id)
    own = Position.seq.in_(_done_by(person, "position_taken"))
    return list(db.session.scalars(query.where(Conclusion.workshop_id == person.workshop_id, own)))


def _corrections(person: Person) -> list[Correction]:
    own = Correction.seq.in_(_done_by(person, "correction_proposed"))
    return list(db.session.scalars(select(Correction).where(Correction.workshop_id == person.workshop_id, own)))


def _announcements(person: Person) -> list[Announcement]:
    own = Announcement.seq.in_(_done_by(person, "announcement_made"))
    return list(db.session.scalars(select(Announcement).where(Announcement.workshop_id == person.workshop_id, own)))


def _erase(act: MeetingAct, person: Person) -> set[str]:
    """Erases a person from the meeting's tables; the texts that are gone by it."""
    gone: set[str] = set()
    workshop_id = act.workshop.id
    for contribution in _rows(Contribution, author_id=person.id):
        gone |= {contribution.text, *_translations(workshop_id, contribution.id)}
        redact(act, contribution)
        contribution.author_id = None
    for position in _positions(person):
        subject = f"{position.conclusion_id}.{position.delegation.code}"
        gone |= {position.reason or "", *_translations(workshop_id, subject)}
        db.session.execute(
            delete(Translation).where(Translation.workshop_id == workshop_id, Translation.subject == subject)
        )
        position.reason = position.reason_lang = None
    for correction in _corrections(person):
        gone.add(correction.text)
        db.session.execute(delete(Edit).where(Edit.workshop_id == workshop_id, Edit.text == correction.text))
        correction.text, correction.answer = ERASED, None
    for announcement in _announcements(person):
        gone.add(announcement.text)
        db.session.delete(announcement)
    withdrawn = db.session.scalar(_done_by(person, "signature_withdrawn").limit(1)) is not None
    signature = db.session.get(Signature, (workshop_id, person.delegation_id)) if person.delegation_id else None
    if withdrawn and signature is not None:
        gone.add(signature.reason or "")
        signature.reason = None
    gone |= {row.reason or "" for row in _rows(Advice, person_id=person.id)}
    for table in (Advice, Link, SignIn, Taken, Ownership):
        db.session.execute(delete(table).where(table.person_id == person.id))
    asked = Admission.workshop_id == workshop_id, Admission.name.in_(person.name.values())
    db.session.execute(delete(Admission).where(*asked))
    for item in _presented_by(act.workshop, person):
        for deck in _rows(Deck, item_id=item.id):
            gone.update(deck.texts)
            _remove(deck)
    db.session.execute(update(Note).where(Note.writer_id == person.id).values(writer_id=None))
    db.session.execute(update(Edit).where(Edit.editor_id == person.id).values(editor_id=None))
    db.session.execute(update(Translation).where(Translation.translator_id == person.id).values(translator_id=None))
    _forget_in_the_journal(act.workshop, person)
    _forget_in_the_plan(act.workshop, person)
    erase_participant(act.workshop, person.id)
    shut_out(act, person)
    person.key, person.name, person.title = f"erased-{person.id}", {"und": ERASED}, {}
    person.revoked_at, person.is_head, person.interprets = person.revoked_at or act.now, False, []
    act.facts["person"] = person.key
    return {text for text in gone if text.strip()}


def _translations(workshop_id: int, subject: str) -> list[str]:
    query = select(Translation.text).where(Translation.workshop_id == workshop_id, Translation.subject == subject)
    return list(db.session.scalars(query))


def _presented_by(workshop: Workshop, person: Person) -> list[AgendaItem]:
    """The items into which the person has put slides."""
    query = select(Entry.facts).where(
        Entry.stream_id == workshop.id, Entry.actor_id == person.id, Entry.name == "slides_added"
    )
    keys = {facts.get("item") for facts in db.session.scalars(query)}
    return [item for item in workshop.agenda if item.key in keys]


def _remove(deck: Deck) -> None:
    shutil.rmtree(folder_of(deck.id), ignore_errors=True)
    db.session.delete(deck)


def _forget_in_the_journal(workshop: Workshop, person: Person) -> None:
    """The journal goes on to say what was done; it no longer says who, and neither do steps and receipts."""
    db.session.execute(
        delete(Step).where(
            Step.stream_id == workshop.id,
            Step.seq.in_(select(Entry.seq).where(Entry.stream_id == workshop.id, Entry.actor_id == person.id)),
        )
    )
    for entry in db.session.scalars(select(Entry).filter_by(stream_id=workshop.id)):
        if person.key in entry.facts.values():
            entry.facts = {name: value for name, value in entry.facts.items() if value != person.key}
        if entry.actor_id == person.id:
            entry.actor_id = None
    for receipt in db.session.scalars(select(Receipt).filter_by(stream_id=workshop.id)):
        if person.key in (receipt.result.get("key"), *receipt.result.get("keys", ())):
            receipt.result = {}


def _forget_in_the_plan(workshop: Workshop, person: Person) -> None:
    """The plan that the meeting came from, as it is kept, without the person."""
    plan = dict(workshop.plan)
    if "people" in plan:
        plan["people"] = [each for each in plan["people"] if each.get("key") != person.key]
    if "agenda" in plan:
        plan["agenda"] = [
            {**each, "speaker": None} if each.get("speaker") == person.key else each for each in plan["agenda"]
        ]
    workshop.plan = plan


def _erase_words(act: MeetingAct, gone: set[str], names: set[str]) -> None:
    """Erases texts and names from what was made of them: people's edits, circulated minutes, and every sealed version, which
    keeps its seal."""
    inside = [re.escape(each) for each in (*names, *(text for text in gone if len(text) >= SAYS_ENOUGH))]
    says_one = re.compile(rf"(?<!\w)(?:{'|'.join(inside)})(?!\w)") if inside else None

    def says_any(text: str) -> bool:
        return text in gone or (says_one is not None and says_one.search(text) is not None)

    for edit in _rows(Edit, workshop_id=act.workshop.id):
        if says_any(edit.text):
            edit.text = ERASED
    row = db.session.get(Minutes, act.workshop.id)
    if row is not None and row.circulated:
        row.circulated = {lang: _without(document, says_any) for lang, document in row.circulated.items()}
    erased = sum(seal.erase(version, says_any) for version in seal.versions_of(act.workshop))
    act.facts["sealed"] = erased
    latest = seal.latest_version(act.workshop)
    if erased and latest is not None:
        db.session.flush()
        library.enter(act.workshop, latest)


def _without(value: Any, says_any: Callable[[str], bool]) -> Any:
    """A document as JSON without the runs that say one of the texts."""
    if isinstance(value, dict):
        if "text" in value and "lang" in value and says_any(value["text"]):
            return {**value, "text": ERASED}
        return {key: _without(each, says_any) for key, each in value.items()}
    return [_without(each, says_any) for each in value] if isinstance(value, list) else value

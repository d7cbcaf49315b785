"""What is kept of a person: to hand it to them, to erase it, and to let go of a whole meeting's people when their time is over.

A person's own words are what they said for themselves; ``holdings`` lists them table by table. What the meeting made its own
stays; it no longer says who wrote it. Who wrote anonymously is known to nobody, so that those words are not found here.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from facilitation.activities.announcements import Announcement
from facilitation.activities.capture import Contribution, redact
from facilitation.activities.notes import Note
from facilitation.activities.slides import Deck
from facilitation.activities.translation import Taken, Translation
from facilitation.extensions import db, now_ms
from facilitation.live.commands import Refusal, command
from facilitation.live.journal import Entry, Receipt
from facilitation.live.steps import Step
from facilitation.meeting import clock
from facilitation.meeting.acts import Key, MeetingAct
from facilitation.meeting.models import Admission, Person, Workshop
from facilitation.meeting.people import shut_out
from facilitation.meeting.scripts import in_every_script
from facilitation.operating.holdings import HOLDINGS, remove_deck
from facilitation.record import library, seal
from facilitation.record.amending import Amendment
from facilitation.record.approval import Correction, Edit, Minutes, Signature
from facilitation.record.erasing import ERASED, erase_participant

SAYS_ENOUGH = 12
"""Characters from which on a text is looked for inside others; a shorter one counts only where nothing else stands beside it."""


@command("person_erased", by="organiser", during="any")
def erase_person(act: MeetingAct, *, person: Key) -> None:
    """Erases a person: their name and their own words, wherever they are kept, a published record included, which says that
    something was erased there. They are signed out everywhere."""
    found = act.member(person)
    if found is act.person:
        raise Refusal("conflict", _l("You cannot erase yourself; another organiser can."), field="person")
    names = found.all_names
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
    for table in (Admission, Announcement, Translation, Edit, Correction, Minutes, Signature, Amendment, Taken):
        db.session.execute(delete(table).where(table.workshop_id == workshop_id))
    db.session.execute(delete(Note).where(Note.item_id.in_(items)))
    db.session.execute(delete(Step).where(Step.stream_id == workshop_id))
    db.session.execute(delete(Receipt).where(Receipt.stream_id == workshop_id))
    db.session.execute(update(Entry).where(Entry.stream_id == workshop_id).values(actor_id=None))
    # The public record stays, and with it what proves it.
    let_go = (Entry.stream_id == workshop_id, Entry.name != seal.PUBLISHED)
    db.session.execute(update(Entry).where(*let_go).values(facts={}))
    for deck in db.session.scalars(select(Deck).filter_by(workshop_id=workshop_id)):
        remove_deck(act, deck)
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
    held = {each.name: each.gather([each.plain(row) for row in each.rows(person)]) for each in HOLDINGS}
    return {
        "format": "facilitation-person/1",
        "meeting": {"slug": workshop.slug, "title": workshop.title},
        **held,
    }


def _erase(act: MeetingAct, person: Person) -> set[str]:
    """Erases a person from the meeting's tables; the texts that are gone by it."""
    gone: set[str] = set()
    for holding in HOLDINGS:
        for row in list(holding.rows(person)):
            gone.update(text for text in holding.words(row) if text)
            gone.update(_without_translations(act.workshop.id, holding.subject(row)))
            holding.erase(act, row)
    _forget_the_key(act.workshop, person)
    _forget_in_the_plan(act.workshop, person)
    erase_participant(act.workshop, person.id)
    shut_out(act, person)
    person.key, person.name, person.former_names, person.title = f"erased-{person.id}", {"und": ERASED}, [], {}
    person.revoked_at, person.is_head, person.interprets = person.revoked_at or act.now, False, []
    act.facts["person"] = person.key
    return {text for text in gone if text.strip()}


def _without_translations(workshop_id: int, subject: str | None) -> list[str]:
    """Removes the translations of a text that is erased; what they said."""
    if subject is None:
        return []
    of_it = Translation.workshop_id == workshop_id, Translation.subject == subject
    texts = list(db.session.scalars(select(Translation.text).where(*of_it)))
    db.session.execute(delete(Translation).where(*of_it))
    return texts


def _forget_the_key(workshop: Workshop, person: Person) -> None:
    """What others did with the person, and the answers they got, no longer say with whom."""
    for entry in db.session.scalars(select(Entry).filter_by(stream_id=workshop.id)):
        if person.key in entry.facts.values():
            entry.facts = {name: value for name, value in entry.facts.items() if value != person.key}
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
    """Erases texts and names, in every script that they may be printed in, from what was made of them: notes, people's edits,
    corrected lines of the record, circulated minutes, and every sealed version, which keeps its seal."""
    cut = _cutting(gone, names)
    items = [item.id for item in act.workshop.agenda]
    written = [
        *db.session.scalars(select(Note).where(Note.item_id.in_(items))),
        *db.session.scalars(select(Edit).where(Edit.workshop_id == act.workshop.id)),
        *db.session.scalars(select(Amendment).where(Amendment.workshop_id == act.workshop.id)),
    ]
    for each in written:
        each.text = cut(each.text)
    row = db.session.get(Minutes, act.workshop.id)
    if row is not None and row.circulated:
        row.circulated = {lang: _without(document, cut) for lang, document in row.circulated.items()}
    erased = sum(seal.erase(version, lambda text: cut(text) != text) for version in seal.versions_of(act.workshop))
    act.facts["sealed"] = erased
    latest = seal.latest_version(act.workshop)
    if erased and latest is not None:
        db.session.flush()
        library.enter(act.workshop, latest)


def _cutting(gone: set[str], names: set[str]) -> Callable[[str], str]:
    """What takes texts and names out of a text: all of it where nothing else stands beside them."""
    whole = set().union(*(in_every_script(text) for text in gone))
    parts = {name for each in names for name in in_every_script(each)}
    parts.update(text for text in whole if len(text) >= SAYS_ENOUGH)
    longest_first = "|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True))
    says_one = re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)") if parts else None

    def cut(text: str) -> str:
        if text in whole:
            return ERASED
        return text if says_one is None else says_one.sub(ERASED, text)

    return cut


def _without(value: Any, cut: Callable[[str], str]) -> Any:
    """A document as JSON without the texts in its runs."""
    if isinstance(value, dict):
        if "text" in value and "lang" in value:
            return {**value, "text": cut(value["text"])}
        return {key: _without(each, cut) for key, each in value.items()}
    return [_without(each, cut) for each in value] if isinstance(value, list) else value

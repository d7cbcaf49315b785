"""Notes: what was said in an agenda item, as the rapporteur or an interpreter writes it down; the minutes rest on it."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.activities.translation import (
    Subject,
    check_seen,
    seen_as,
    subject_id,
    translatable,
)
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.kept import asked_once
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, Language, MeetingAct, Words
from facilitation.meeting.models import AgendaItem, Model, Workshop
from facilitation.meeting.versions import change_of, latest_change, saying_the_latest

WITHOUT_NOTES = ("break", "lobby")
"""Kinds of items of which nothing is said in the minutes."""


class Note(Model):
    """What was said in an item, in one language."""

    __tablename__ = "notes"
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id", ondelete="CASCADE"), primary_key=True)
    lang: Mapped[str] = mapped_column(String(35), primary_key=True)
    text: Mapped[str]
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    seq: Mapped[int | None] = mapped_column()
    """The number of the change that it has caught up with, see ``meeting.versions``; ``None``: not kept by earlier releases."""


@command("note_written", by="rapporteur interpreter", during="prepared open closed")
def write_note(
    act: MeetingAct, *, item: Key, lang: Language, text: Words, version: dict[str, str] | None = None
) -> None:
    """Writes down what was said in an item; again in the same language: replaces it.

    ``version``: by language, which note the writer has seen.
    """
    if act.me.role == "interpreter" and act.me.interprets and lang not in act.me.interprets:
        raise Refusal("forbidden", _l("You do not interpret into this language."), field="lang")
    chosen = act.item(item)
    if chosen.kind in WITHOUT_NOTES:
        raise Refusal("invalid", _l("No notes are taken of a break or a lobby."), field="item")
    note = _rows_of(chosen).get(lang)
    if version is not None and (note is None or note.writer_id != act.actor_id):
        check_seen(version.get(lang), note.text if note is not None else None)
    _write(act, chosen, lang, text, follows=True if act.me.role == "interpreter" else None)
    act.facts |= {"item": chosen.key, "lang": lang}


def _write(act: MeetingAct, item: AgendaItem, lang: str, text: str, follows: bool | None) -> None:
    """Stores a note. ``follows``: whether it says what the notes in other languages say, as interpreters' do."""
    rows = _rows_of(item)
    note = rows.get(lang)
    if note is None:
        note = Note(item_id=item.id, lang=lang)
        db.session.add(note)
    note.text, note.writer_id, note.seq = text, act.actor_id, change_of(rows, lang, act.stream.seq, follows)
    act.touch(f"noting-{item.key}", f"wording-{item.key}", f"translating-{_subject_id(item)}")


def _rows_of(item: AgendaItem) -> dict[str, Note]:
    rows = db.session.scalars(select(Note).filter_by(item_id=item.id).order_by(Note.lang))
    return {note.lang: note for note in rows}


def notes_of(item: AgendaItem) -> dict[str, str]:
    """Language → what was said in the item."""
    return {lang: note.text for lang, note in _rows_of(item).items()}


@asked_once
def _all_notes(workshop: Workshop) -> dict[int, dict[str, Note]]:
    """Agenda item's id → language → note."""
    found: dict[int, dict[str, Note]] = {}
    query = select(Note).join(AgendaItem).where(AgendaItem.workshop_id == workshop.id).order_by(Note.lang)
    for note in db.session.scalars(query):
        found.setdefault(note.item_id, {})[note.lang] = note
    return found


def _subject_id(item: AgendaItem) -> str:
    return subject_id("note", item.key)


def _subject(workshop: Workshop, wanted: str) -> Subject | None:
    """What was said in an item, as it was written down last."""
    if not wanted.startswith("note:"):
        return None
    item = next((item for item in workshop.agenda if _subject_id(item) == wanted), None)
    rows = _all_notes(workshop).get(item.id) if item is not None else None
    if item is None or not rows:
        return None
    texts = {lang: note.text for lang, note in saying_the_latest(rows).items()}

    def store(act: MeetingAct, lang: str, text: str) -> None:
        _write(act, item, lang, text, follows=True)

    return Subject(
        texts,
        latest_change(rows),
        (f"noting-{item.key}", f"wording-{item.key}"),
        _l("note"),
        store=store,
        about=item.title,
    )


def _subject_ids(workshop: Workshop) -> list[str]:
    noted = _all_notes(workshop)
    return [_subject_id(item) for item in workshop.agenda if item.id in noted]


translatable(_subject, _subject_ids)


def _keys(workshop: Workshop) -> list[str]:
    return [item.key for item in workshop.agenda if item.kind not in WITHOUT_NOTES]


def _note(workshop: Workshop, key: str) -> dict[str, Any] | None:
    item = workshop.item(key)
    if item is None or item.kind in WITHOUT_NOTES or workshop.phase not in ("prepared", "open", "closed"):
        return None
    notes = notes_of(item)
    seen = {tag: seen_as(notes.get(tag)) for tag in workshop.languages}
    return {"order": f"{item.day:02}{item.place:05}", "item": item, "notes": notes, "seen": seen}


@region(slot="notes", views="room console minutes", audience="rapporteur", keys=_keys, on="items phase")
def noting(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """The rapporteur's form for an item."""
    return _note(workshop, key)


@region(slot="notes", views="desk", audience="interpreter", keys=_keys, on="items phase")
def wording(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """The same for interpreters, beside the notes in the other languages."""
    return _note(workshop, key)

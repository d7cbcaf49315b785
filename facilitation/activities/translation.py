"""Translations of what people wrote, made by interpreters: any text with an id can be a subject."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, String, bindparam, not_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.extensions import db, now_ms
from facilitation.live.commands import CHANGED_MEANWHILE, Refusal, command, hash_of
from facilitation.live.kept import asked_once, know
from facilitation.live.regions import region
from facilitation.live.steps import Step
from facilitation.meeting import agenda, undoing
from facilitation.meeting.acts import Key, Language, MeetingAct, Words
from facilitation.meeting.models import AgendaItem, Model, Workshop
from facilitation.meeting.texts import UNDETERMINED, Texts, original_language, understands

BEFORE_ADOPTION = "prepared open closed"
ON_NOW, TO_AGREE_ON, LATER = range(3)
"""How urgent a translation is: delegations must agree on it now or see it on their screens; they have agreed on it; the rest."""
URGENCY_NAMES = (_l("on screen now"), _l("in a conclusion"), _l("will be in the minutes"))
_FINISHED = len(URGENCY_NAMES)
"""Behind every urgency in the order of the desk."""
MOST_OF_AN_ID = 64
"""Characters in a subject's id."""
TAKEN_FOR_MS = 5 * 60_000
"""How long a text is kept for the interpreter who has taken it, in milliseconds."""


class Translation(Model):
    """A text in another language than its original, and who made it."""

    __tablename__ = "translations"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    lang: Mapped[str] = mapped_column(String(35), primary_key=True)
    text: Mapped[str]
    translator_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    of_version: Mapped[int] = mapped_column(default=1)
    """The version of the original that it translates."""
    confirmed: Mapped[bool] = mapped_column(default=False)
    machine: Mapped[bool] = mapped_column(default=False)
    """Whether a machine suggested it."""

    @property
    def published(self) -> bool:
        """Whether readers get it: what a machine suggested only when somebody has confirmed it."""
        return self.confirmed or not self.machine


PUBLISHED = or_(Translation.confirmed, not_(Translation.machine))
"""As ``Translation.published``, for queries."""


class Taken(Model):
    """A text that an interpreter is translating just now, so that nobody else does the same."""

    __tablename__ = "translations_taken"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    lang: Mapped[str] = mapped_column(String(35), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    at: Mapped[int] = mapped_column(BigInteger)


_TRANSLATIONS = select(Translation).where(
    Translation.workshop_id == bindparam("workshop"), Translation.subject == bindparam("of")
)


@dataclass(frozen=True)
class Subject:
    """Something that can be translated."""

    texts: dict[str, str]
    """Language → text, as far as the subject has it of its own."""
    version: int
    """Of the original; a translation of an earlier one is to be checked."""
    touches: tuple[str, ...]
    """The regions that show it."""
    kind: Any
    """What it is, for people."""
    seq: int = 0
    """The number of the command that made it; the desk is in this order."""
    store: Callable[[MeetingAct, str, str], None] | None = None
    """Where a translation goes, when the subject keeps its texts by language itself."""
    originals: frozenset[str] | None = None
    """The languages of such a subject whose texts only their writers change; where nothing is said, the working language."""
    about: dict[str, str] = field(default_factory=dict)
    """What the meeting calls the thing it belongs to, for people."""
    urgency: int = LATER
    """``ON_NOW``, ``TO_AGREE_ON`` or ``LATER``: which text an interpreter is given first."""


def kept_in_row(row: Any, column: str, touches: tuple[str, ...], kind: Any) -> Subject:
    """The text that a row of an activity keeps by language in this column; the row has ``version`` and ``seq``."""

    def store(_act: MeetingAct, lang: str, text: str) -> None:
        setattr(row, column, {**getattr(row, column), lang: text})

    return Subject(getattr(row, column), row.version, touches, kind, row.seq, store)


def subject_id(kind: str, key: str) -> str:
    """The id of what is known by a key of its own, as long as ids may be: ``note:welcome``."""
    whole = f"{kind}:{key}"
    return whole if len(whole) <= MOST_OF_AN_ID else f"{kind}:#{hashlib.sha256(key.encode()).hexdigest()[:32]}"


FindSubject = Callable[[Workshop, str], Subject | None]
ListSubjects = Callable[[Workshop], list[str]]
ReadSubjects = Callable[[Workshop, list[str]], None]

_subjects: list[tuple[FindSubject, ListSubjects, ReadSubjects]] = []


def translatable(
    find: FindSubject, waiting: ListSubjects, read_ahead: ReadSubjects = lambda _workshop, _ids: None
) -> None:
    """An activity says how to find a subject of its own by id, which ids there are to translate, and, where they may be many,
    how to read many at once."""
    _subjects.append((find, waiting, read_ahead))


def on_screen_with(texts: Callable[[MeetingAct, AgendaItem], list[str]]) -> None:
    """An activity says which of its subjects are on the screens while an item is on: their place at the desk follows it."""

    def follow(act: MeetingAct, item: AgendaItem) -> None:
        act.touch(*(f"translating-{subject}" for subject in texts(act, item)))

    def follow_back(act: MeetingAct, step: Step) -> None:
        ids = {change["key"][0] for change in step.changes if change["table"] == AgendaItem.__tablename__}
        for item in act.workshop.agenda:
            if item.id in ids:
                follow(act, item)

    agenda.beginning.append(follow)
    agenda.finishing.append(follow)
    undoing.turned.append(follow_back)


@asked_once
def subject_of(workshop: Workshop, subject_id: str) -> Subject | None:
    """The subject with this id, whichever activity it belongs to."""
    return next((found for find, *_ in _subjects if (found := find(workshop, subject_id)) is not None), None)


@asked_once
def all_translations_of(workshop_id: int, subject: str) -> dict[str, Translation]:
    """Language → translation of the subject, as interpreters see them: also those that wait to be confirmed."""
    found = db.session.scalars(_TRANSLATIONS, {"workshop": workshop_id, "of": subject})
    return {translation.lang: translation for translation in found}


def translations_of(workshop_id: int, subject: str) -> dict[str, Translation]:
    """Language → translation of the subject, as readers get them."""
    found = all_translations_of(workshop_id, subject)
    return {lang: translation for lang, translation in found.items() if translation.published}


def read_translations_of(workshop_id: int, subjects: list[str]) -> None:
    """Reads what ``all_translations_of`` will be asked for, at once."""
    found: dict[str, dict[str, Translation]] = {subject: {} for subject in subjects}
    rows = select(Translation).where(Translation.workshop_id == workshop_id, Translation.subject.in_(subjects))
    for row in db.session.scalars(rows):
        found[row.subject][row.lang] = row
    for subject, translations in found.items():
        know(all_translations_of, workshop_id, subject, answer=translations)


def reworded(
    act: MeetingAct, subject: str, before: Texts, given: dict[str, str], version: int
) -> tuple[dict[str, str], int]:
    """What a text by language is, and which version, once ``given`` has replaced ``before``.

    Where the original has changed, a language that reads as before translates the earlier one: it is no longer part of the text
    but a translation of its earlier version, which readers are told of and interpreters have to look at.
    """
    original = original_language(before, act.workshop.default_language)
    if given.get(original, before.get(original)) == before.get(original):
        return given, version
    left_behind = {tag: text for tag, text in given.items() if tag != UNDETERMINED and before.get(tag) == text}
    for lang, text in left_behind.items():
        _keep(act, subject, lang, text, of_version=version)
    return {tag: text for tag, text in given.items() if tag not in left_behind}, version + 1


def _keep(act: MeetingAct, subject: str, lang: str, text: str, of_version: int) -> Translation:
    row = db.session.get(Translation, (act.workshop.id, subject, lang))
    if row is None:
        row = Translation(workshop_id=act.workshop.id, subject=subject, lang=lang)
        db.session.add(row)
    row.text, row.translator_id, row.of_version, row.confirmed, row.machine = text, None, of_version, False, False
    return row


def seen_as(text: str | None) -> str:
    """What stands for a text that somebody has before them when they write another one in its place."""
    return hash_of(text)[:16] if text else "none"


def check_seen(seen: str | None, now: str | None) -> None:
    """Refuses to replace a text that the writer has not seen."""
    if seen is not None and seen != seen_as(now):
        raise Refusal("stale", CHANGED_MEANWHILE, field="version")


@command("text_translated", by="interpreter facilitator", during=BEFORE_ADOPTION)
def translate(
    act: MeetingAct,
    *,
    subject: Key,
    lang: Language,
    text: Words,
    machine: bool = False,
    version: dict[str, str] | None = None,
) -> None:
    """Gives a text in another language; again: replaces the earlier translation. ``machine``: a machine suggested it, so that
    readers get it only once it is confirmed. ``version``: by language, which translation the writer has seen."""
    found = _subject(act, subject, lang)
    if found.store is not None and lang in _originals(act.workshop, found):
        raise Refusal("forbidden", _l("This is the original; whoever wrote it changes it."), field="lang")
    taken = _free_for_me(act, subject, lang)
    row = db.session.get(Translation, (act.workshop.id, subject, lang))
    if version is not None and (row is None or row.translator_id != act.actor_id):
        check_seen(version.get(lang), row.text if row is not None else _stored(found, lang))
    if taken is not None:
        db.session.delete(taken)
    if found.store is not None and not machine:
        found.store(act, lang, text)
        if row is not None:
            db.session.delete(row)
    else:
        row = _keep(act, subject, lang, text, of_version=found.version)
        row.translator_id, row.machine = act.actor_id, machine
    act.facts |= {"subject": subject, "lang": lang} | ({"machine": True} if machine else {})
    act.touch(*found.touches, f"translating-{subject}")
    act.concerns("translations")


@command("translation_confirmed", by="interpreter facilitator", during=BEFORE_ADOPTION)
def confirm_translation(act: MeetingAct, *, subject: Key, lang: Language) -> None:
    """Says that a translation is right, also of the original as it is now."""
    found = _subject(act, subject, lang)
    row = db.session.get(Translation, (act.workshop.id, subject, lang))
    if row is None:
        raise Refusal("not_found", _l("There is no translation into this language."), field="lang")
    if found.store is not None:
        found.store(act, lang, row.text)
        db.session.delete(row)
    else:
        if not row.published:
            row.translator_id = act.actor_id
        row.confirmed, row.of_version = True, found.version
    act.facts |= {"subject": subject, "lang": lang}
    act.touch(*found.touches, f"translating-{subject}")
    act.concerns("translations")


@command("translation_begun", by="interpreter", during=BEFORE_ADOPTION)
def take_translation(act: MeetingAct, *, subject: Key, lang: Language) -> None:
    """Takes a text that one begins to translate, so that nobody else does the same; what one had taken before is free again."""
    _subject(act, subject, lang)
    _free_for_me(act, subject, lang)
    _take(act, subject, lang)


@command("translation_taken", by="interpreter", during=BEFORE_ADOPTION)
def take_next_translation(act: MeetingAct) -> dict[str, str]:
    """Takes the most urgent text that nobody is translating into a language of mine. Returns ``subject`` and ``lang``.

    What one had taken before and not translated is free again, and comes to oneself only behind all others.
    """
    rows = _ever_taken(act.workshop)
    others = {(each.subject, each.lang) for each in rows if each.person_id != act.me.id and _is_fresh(each, act.now)}
    had = {(each.subject, each.lang): each.at for each in rows if each.person_id == act.me.id}
    into = act.me.interprets or act.workshop.languages
    waiting = [
        (key, tag, subject)
        for key, subject, missing in _waiting(act.workshop)
        for tag in missing
        if tag in into and (key, tag) not in others
    ]
    if not waiting:
        raise Refusal("not_now", _l("Nothing waits to be translated into your languages."))
    key, tag, _ = min(waiting, key=lambda each: (had.get(each[:2], 0), each[2].urgency, each[2].seq))
    _take(act, key, tag)
    return {"subject": key, "lang": tag}


def _free_for_me(act: MeetingAct, subject: str, lang: str) -> Taken | None:
    """Refuses where somebody else is translating the text into this language; else what is known of who last was."""
    taken = db.session.get(Taken, (act.workshop.id, subject, lang))
    if taken is None or taken.person_id == act.actor_id or not _is_fresh(taken, act.now):
        return taken
    if act.workshop.person_by_id(taken.person_id) is None:
        return taken
    raise Refusal("conflict", _l("Somebody else is translating this just now. Your text is still in the field."))


def _take(act: MeetingAct, subject: str, lang: str) -> None:
    for each in _ever_taken(act.workshop):
        if each.person_id == act.me.id and _is_fresh(each, act.now):
            each.at = act.now - TAKEN_FOR_MS
            act.touch(f"translating-{each.subject}")
    db.session.merge(Taken(workshop_id=act.workshop.id, subject=subject, lang=lang, person_id=act.me.id, at=act.now))
    act.touch(f"translating-{subject}")
    act.facts |= {"subject": subject, "lang": lang}


def _is_fresh(taken: Taken, now: int) -> bool:
    return taken.at > now - TAKEN_FOR_MS


def _taken(workshop: Workshop, now: int) -> list[Taken]:
    return [taken for taken in _ever_taken(workshop) if _is_fresh(taken, now)]


@asked_once
def _ever_taken(workshop: Workshop) -> list[Taken]:
    return list(db.session.scalars(select(Taken).filter_by(workshop_id=workshop.id)))


def _waiting(workshop: Workshop) -> list[tuple[str, Subject, list[str]]]:
    """Every text with the languages that it is missing in: id, subject, language tags."""
    rows: dict[str, dict[str, Translation]] = defaultdict(dict)
    for row in db.session.scalars(select(Translation).filter_by(workshop_id=workshop.id)):
        rows[row.subject][row.lang] = row
    found = []
    for key in _all_subjects(workshop):
        subject = subject_of(workshop, key)
        if subject is not None:
            found.append((key, subject, missing_languages(workshop, subject, rows[key])))
    return found


def _subject(act: MeetingAct, subject: str, lang: str) -> Subject:
    found = subject_of(act.workshop, subject)
    if found is None:
        raise Refusal("not_found", _l("This is no longer there."), field="subject")
    if act.me.role == "interpreter" and act.me.interprets and lang not in act.me.interprets:
        raise Refusal("forbidden", _l("You do not interpret into this language."), field="lang")
    return found


def _originals(workshop: Workshop, found: Subject) -> set[str]:
    """The languages of a subject that keeps its texts itself whose texts only their writers change."""
    if found.originals is not None:
        return {lang for lang in found.originals if found.texts.get(lang)}
    return {original_language(found.texts, workshop.default_language)}


def _stored(found: Subject, lang: str) -> str | None:
    return found.texts.get(lang) if found.store is not None else None


def _all_subjects(workshop: Workshop) -> list[str]:
    return [subject for _, waiting, _ in _subjects for subject in waiting(workshop)]


def missing_languages(workshop: Workshop, subject: Subject, translations: dict[str, Translation]) -> list[str]:
    """Languages of the meeting whose readers would understand neither the original nor a current translation."""
    there = {UNDETERMINED} & subject.texts.keys() or {
        *(tag for tag, text in subject.texts.items() if text),
        *(tag for tag, row in translations.items() if row.published and row.of_version == subject.version),
    }
    return [tag for tag in workshop.languages if not any(understands(tag, other) for other in there)]


@region(slot="coverage", views="desk", audience="interpreter", on="phase")
def coverage(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """How much of everything is there in each language, which the page itself counts, and the way to the next text."""
    return {} if workshop.phase in BEFORE_ADOPTION.split() else None


def _read_ahead(workshop: Workshop, keys: list[str]) -> None:
    wanted = set(keys)
    for find, waiting, read_ahead in _subjects:
        there = [subject for subject in waiting(workshop) if subject in wanted]
        read_ahead(workshop, there)
        for subject in there:
            know(subject_of, workshop, subject, answer=find(workshop, subject))
    read_translations_of(workshop.id, keys)


@region(slot="translations", views="desk", audience="interpreter", keys=_all_subjects, read_ahead=_read_ahead)
def translating(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """One text with the languages that it is there in, and the form to add one."""
    values = text_at_desk(workshop, key)
    if values is None:
        return None
    # The desk is a queue: what waits first, most urgent first.
    subject = values["subject"]
    return {"order": f"{subject.urgency if values['missing'] else _FINISHED}{subject.seq:08}-{key}", **values}


def text_at_desk(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """What is needed to show a text with its translations, and to add one."""
    subject = subject_of(workshop, key)
    if subject is None:
        return None
    rows = {lang: row for lang, row in all_translations_of(workshop.id, key).items() if lang not in subject.texts}
    taken = [each for each in _taken(workshop, now_ms()) if each.subject == key]
    own = subject.texts if subject.store is not None else {}
    return {
        "key": key,
        "subject": subject,
        "original": original_language(subject.texts, workshop.default_language),
        "rows": rows,
        "missing": missing_languages(workshop, subject, rows),
        "taken": [(workshop.person_by_id(each.person_id), each.lang) for each in taken],
        "seen": {tag: seen_as(rows[tag].text if tag in rows else own.get(tag)) for tag in workshop.languages},
        "why": URGENCY_NAMES[subject.urgency],
    }

"""Series: a meeting that follows an earlier one, what became of that one's conclusions, and what is named again.

Only a meeting whose record is public can be followed, so that nothing is shown here that is not everybody's to read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.activities.agreement import Conclusion, conclusions_of, tally_words
from facilitation.activities.finding import stems_of
from facilitation.activities.themes import Theme, find_theme, themes_of
from facilitation.activities.translation import Subject, translatable, translations_of
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.journal import Stream
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, Language, MeetingAct, Words
from facilitation.meeting.models import Model, Workshop, new_id
from facilitation.meeting.texts import Text, pick_to_read

WHILE_TELLING = "prepared open closed"
FATE_NAMES = {
    "carried_out": _l("Carried out"),
    "under_way": _l("Under way"),
    "not_begun": _l("Not begun"),
    "dropped": _l("No longer pursued"),
}

FateState = Literal["carried_out", "under_way", "not_begun", "dropped"]


class Following(Model):
    """A meeting follows an earlier one."""

    __tablename__ = "followings"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    earlier_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)


class Fate(Model):
    """What became of a conclusion of an earlier meeting, as a later one was told."""

    __tablename__ = "fates"
    __table_args__ = (UniqueConstraint("workshop_id", "conclusion_id"),)
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"))
    """The later meeting."""
    conclusion_id: Mapped[str] = mapped_column(ForeignKey("conclusions.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None]
    note_lang: Mapped[str | None] = mapped_column(String(35))
    seq: Mapped[int]
    """The number of the command that told it."""


class Recognition(Model):
    """A theme is the same as one of an earlier meeting."""

    __tablename__ = "recognitions"
    theme_id: Mapped[str] = mapped_column(ForeignKey("themes.id", ondelete="CASCADE"), primary_key=True)
    earlier_id: Mapped[str] = mapped_column(ForeignKey("themes.id", ondelete="CASCADE"), index=True)


@dataclass(frozen=True)
class Told:
    """A conclusion of an earlier meeting, and what became of it as far as any meeting since was told."""

    meeting: Workshop
    conclusion: Conclusion
    fate: Fate | None
    teller: Workshop | None
    """The meeting that was told."""

    @property
    def words(self) -> dict[str, str]:
        """Language → the conclusion, as it was put or translated."""
        return {**_texts(self.meeting.id, self.conclusion.id, self.conclusion.version), **self.conclusion.text}

    @property
    def note(self) -> dict[str, str]:
        """Language → what was said to it; empty when nothing was."""
        if self.fate is None or self.fate.note is None or self.fate.note_lang is None:
            return {}
        return {**_texts(self.fate.workshop_id, self.fate.id, self.fate.seq), self.fate.note_lang: self.fate.note}


def _texts(workshop_id: int, subject: str, version: int) -> dict[str, str]:
    found = translations_of(workshop_id, subject)
    return {lang: each.text for lang, each in found.items() if each.of_version == version}


@command("meeting_followed", by="organiser", during=WHILE_TELLING)
def follow_meeting(act: MeetingAct, *, meeting: Key | None = None) -> None:
    """Says which meeting this one follows, by its name in addresses; without one: none. Its record must be public."""
    row = db.session.get(Following, act.workshop.id)
    act.concerns("series")
    if meeting is None:
        if row is not None:
            db.session.delete(row)
        return
    earlier = next((each for each in _public_meetings() if each.slug == meeting), None)
    if earlier is None:
        raise Refusal("not_found", _l("There is no public record of a meeting with this name."), field="meeting")
    if act.workshop in (earlier, *earlier_meetings(earlier)):
        raise Refusal("invalid", _l("A meeting cannot follow itself."), field="meeting")
    if row is None:
        row = Following(workshop_id=act.workshop.id)
        db.session.add(row)
    row.earlier_id = earlier.id
    db.session.flush()
    act.concerns("series")


@command("fate_told", by="rapporteur", during=WHILE_TELLING)
def tell_fate(
    act: MeetingAct, *, conclusion: Key, state: FateState, note: Words | None = None, lang: Language | None = None
) -> dict[str, str]:
    """Says what became of a conclusion of an earlier meeting; again: replaces what was said."""
    if conclusion not in _earlier_conclusion_ids(act.workshop):
        raise Refusal("not_found", _l("This is no conclusion of an earlier meeting."), field="conclusion")
    fate = db.session.scalar(select(Fate).filter_by(workshop_id=act.workshop.id, conclusion_id=conclusion))
    if fate is None:
        fate = Fate(id=new_id(), workshop_id=act.workshop.id, conclusion_id=conclusion)
        db.session.add(fate)
    fate.state, fate.note = state, note
    fate.note_lang = (lang or act.me.language) if note is not None else None
    fate.seq = act.stream.seq
    act.facts |= {"conclusion": conclusion, "state": state}
    act.touch("series", f"telling-{conclusion}", f"translating-{fate.id}")
    return {"id": fate.id}


@command("theme_recognised", by="facilitator", during="open closed")
def recognise_theme(act: MeetingAct, *, theme: Key, earlier: Key | None = None) -> None:
    """Says that a theme is the same as one of an earlier meeting; without one: that it is new."""
    found = find_theme(act, theme)
    if earlier is not None and all(each.id != earlier for _, each in earlier_themes(act.workshop, found.kind)):
        raise Refusal("not_found", _l("This is no theme of an earlier meeting."), field="earlier")
    row = db.session.get(Recognition, found.id)
    if earlier is None and row is not None:
        db.session.delete(row)
    elif earlier is not None:
        row = row or Recognition(theme_id=found.id)
        row.earlier_id = earlier
        db.session.add(row)
    act.facts["theme"] = found.id
    act.touch(f"recognised-{found.id}", f"recognising-{found.id}")


def earlier_meetings(workshop: Workshop) -> list[Workshop]:
    """The meetings that this one follows, the latest first."""
    found: list[Workshop] = []
    row = db.session.get(Following, workshop.id)
    while row is not None:
        found.append(db.session.get_one(Workshop, row.earlier_id))
        row = db.session.get(Following, row.earlier_id)
    return found


def later_meetings(workshop: Workshop) -> list[Workshop]:
    """The meetings with a public record that follow this one, directly or not, the latest first."""
    public = _public_meetings()
    return [each for each in public if workshop in earlier_meetings(each)]


def can_be_followed(workshop: Workshop) -> list[Workshop]:
    """The meetings that this one can say to follow, the latest first."""
    return [each for each in _public_meetings() if workshop not in (each, *earlier_meetings(each))]


def _public_meetings() -> list[Workshop]:
    query = select(Workshop).join(Stream, Stream.id == Workshop.id).filter(Workshop.phase == "published")
    return list(db.session.scalars(query.order_by(Workshop.starts_on.desc(), Workshop.id.desc())))


def told_in(workshop: Workshop) -> list[Told]:
    """The conclusions of the earlier meetings, those of the latest first, and what became of each."""
    earlier = earlier_meetings(workshop)
    return [told for meeting in earlier for told in fates_of(meeting, [workshop, *earlier])]


def fates_of(meeting: Workshop, tellers: list[Workshop]) -> list[Told]:
    """The meeting's conclusions, and what became of each by what the first of the tellers who knows says."""
    places = {teller.id: place for place, teller in enumerate(tellers)}
    conclusions = [each for each in conclusions_of(meeting) if each.state != "draft"]
    query = select(Fate).where(
        Fate.conclusion_id.in_([each.id for each in conclusions]), Fate.workshop_id.in_(list(places))
    )
    known: dict[str, Fate] = {}
    for fate in sorted(db.session.scalars(query), key=lambda fate: -places[fate.workshop_id]):
        known[fate.conclusion_id] = fate
    found = []
    for each in conclusions:
        last = known.get(each.id)
        found.append(Told(meeting, each, last, tellers[places[last.workshop_id]] if last is not None else None))
    return found


def earlier_themes(workshop: Workshop, kind: str) -> list[tuple[Workshop, Theme]]:
    """The themes of this kind in the earlier meetings, those of the latest first."""
    return [(meeting, theme) for meeting in earlier_meetings(workshop) for theme in themes_of(meeting, kind)]


def named_before(workshop: Workshop, theme: Theme) -> list[tuple[Workshop, Theme]]:
    """Where the same was named before, the latest first: what was recognised in a theme that was recognised itself, too."""
    meetings = {each.id: each for each in earlier_meetings(workshop)}
    found = []
    row = db.session.get(Recognition, theme.id) if meetings else None
    while row is not None:
        earlier = db.session.get_one(Theme, row.earlier_id)
        meeting = meetings.pop(earlier.workshop_id, None)
        if meeting is None:
            break
        found.append((meeting, earlier))
        row = db.session.get(Recognition, earlier.id)
    return found


def _likeness(one: Theme, other: Theme) -> int:
    """In how many words the titles are alike, in the language in which they are most."""
    return max(
        (
            len(stems_of(one.title[lang], lang).keys() & stems_of(other.title[lang], lang).keys())
            for lang in one.title.keys() & other.title.keys()
        ),
        default=0,
    )


def _earlier_conclusion_ids(workshop: Workshop) -> list[str]:
    return [told.conclusion.id for told in told_in(workshop)]


def _recognisable(workshop: Workshop) -> list[str]:
    """Also those that were merged: what is told of them must leave the pages."""
    if db.session.get(Following, workshop.id) is None:
        return []
    return list(db.session.scalars(select(Theme.id).filter_by(workshop_id=workshop.id)))


def _values(told: Told) -> dict[str, Any]:
    """What a page needs to show a conclusion and what became of it."""

    def words(lang: str) -> Text:
        return pick_to_read(told.words, lang, told.meeting.default_language)

    def note(lang: str) -> Text | None:
        return pick_to_read(told.note, lang, told.meeting.default_language) if told.note else None

    return {
        "told": told,
        "words": words,
        "note": note,
        "tally": lambda lang: tally_words(told.meeting, told.conclusion, lang),
    }


@region(slot="series", views="room console delegation", on="series translations")
def series(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The meetings that this one follows, and what became of their conclusions."""
    earlier = earlier_meetings(workshop)
    if not earlier:
        return None
    return {
        "order": "",
        "earlier": earlier,
        "conclusions": [_values(told) for told in told_in(workshop)],
        "fate_names": FATE_NAMES,
    }


@region(slot="series", views="room console", audience="rapporteur", keys=_earlier_conclusion_ids, on="series phase")
def telling(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """The form to say what became of a conclusion."""
    if workshop.phase not in WHILE_TELLING.split():
        return None
    found = next(((n, told) for n, told in enumerate(told_in(workshop)) if told.conclusion.id == key), None)
    if found is None:
        return None
    n, told = found
    own = told.fate if told.fate is not None and told.fate.workshop_id == workshop.id else None
    return {"order": f"{n:04}", "own": own, "fate_names": FATE_NAMES, **_values(told)}


@region(slot="themes", views="room console screen delegation", keys=_recognisable, on="series themes")
def recognised(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """In which earlier meetings a theme was named before."""
    found = db.session.get(Theme, key)
    if found is None or found.merged_into is not None:
        return None
    before = named_before(workshop, found)
    return {"order": f"{found.seq:08}*", "before": before} if before else None


@region(slot="themes", views="console", audience="facilitator", keys=_recognisable, on="series themes phase")
def recognising(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """The form to say that a theme was named before; the titles most like its own come first."""
    found = db.session.get(Theme, key)
    if found is None or found.merged_into is not None or workshop.phase not in ("open", "closed"):
        return None
    choices = [(_likeness(found, theme), meeting, theme) for meeting, theme in earlier_themes(workshop, found.kind)]
    if not choices:
        return None
    choices.sort(key=lambda choice: -choice[0])
    row = db.session.get(Recognition, found.id)
    return {
        "order": f"{found.seq:08}-",
        "theme": found,
        "choices": choices,
        "chosen": row.earlier_id if row is not None else None,
    }


def _told_here(workshop: Workshop) -> Iterator[Fate]:
    yield from db.session.scalars(select(Fate).filter_by(workshop_id=workshop.id).where(Fate.note.is_not(None)))


def _subject(workshop: Workshop, subject_id: str) -> Subject | None:
    """What was said to a conclusion's fate."""
    fate = db.session.get(Fate, subject_id)
    if fate is None or fate.workshop_id != workshop.id or fate.note is None or fate.note_lang is None:
        return None
    touches = ("series", f"telling-{fate.conclusion_id}")
    return Subject({fate.note_lang: fate.note}, fate.seq, touches, _l("what became of a conclusion"), fate.seq)


translatable(_subject, lambda workshop: [fate.id for fate in _told_here(workshop)])

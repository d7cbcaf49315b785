"""The public library: published records are found by what they say, whatever the ending of a word and in either script.

Each engine searches with its own full text (FTS5, tsvector); what both are given are stems (``activities.finding``), because
neither knows how Macedonian or Albanian words are inflected. When the stems change, a migration enters all records anew.
"""

import re
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import text

from facilitation.activities.finding import asked_of, entered_of
from facilitation.extensions import db
from facilitation.meeting.models import Workshop
from facilitation.meeting.scripts import other_script
from facilitation.meeting.texts import understands
from facilitation.record import seal
from facilitation.record.changes import lines_of, text_of
from facilitation.record.seal import RecordVersion

_SQL = {
    "sqlite": (
        "INSERT INTO record_search (workshop_id, lang, stems) VALUES (:workshop, :lang, :stems)",
        "SELECT workshop_id, lang FROM record_search WHERE record_search MATCH :wanted ORDER BY bm25(record_search) LIMIT :limit",
    ),
    "postgresql": (
        "INSERT INTO record_search (workshop_id, lang, stems) VALUES (:workshop, :lang, to_tsvector('simple', :stems))",
        "SELECT workshop_id, lang FROM record_search, to_tsquery('simple', :wanted) AS wanted WHERE stems @@ wanted"
        " ORDER BY ts_rank(stems, wanted) DESC LIMIT :limit",
    ),
}
"""Engine → how a record's stems are stored, and how records are found by stems."""
MOST_LINES = 3


Line = tuple[tuple[str, tuple[tuple[bool, str], ...]], ...]
"""A line that says what was looked for: a language and what is said in it, in pieces, each with whether it is what was looked
for."""


@dataclass(frozen=True)
class Found:
    """A published record that says what somebody looks for."""

    workshop: Workshop
    lang: str
    lines: tuple[Line, ...]


def enter(workshop: Workshop, version: RecordVersion) -> None:
    """Enters a version into the library, in place of what was there of its meeting."""
    db.session.execute(text("DELETE FROM record_search WHERE workshop_id = :workshop"), {"workshop": workshop.id})
    for lang in seal.languages_of(version)[0]:
        said = " ".join(text_of(line) for _, line in lines_of(seal.document_of(version, lang)))
        store(workshop.id, lang, said)


def store(workshop_id: int | None, lang: str, said: str) -> None:
    """Puts into the index what a record says in one language."""
    values = {"workshop": workshop_id, "lang": lang, "stems": " ".join(entered_of(said, lang))}
    db.session.execute(text(_sql()[0]), values)


def hits(wanted: list[set[str]], limit: int = 200) -> list[tuple[int, str]]:
    """The meetings, and the languages of their records, in which all that is asked for is said; the best first."""
    found = db.session.execute(text(_sql()[1]), {"wanted": _query(wanted), "limit": limit})
    return [(workshop_id, lang) for workshop_id, lang in found]


def search(words: str, reader: str, limit: int = 200) -> list[Found] | None:
    """The public records that say all of these words, the best first, each once, in the reader's language if it says them
    there; ``None`` where no word is long enough to look for."""
    wanted = asked_of(words)
    if not wanted:
        return None
    languages: dict[int, list[str]] = {}
    for workshop_id, lang in hits(wanted, limit):
        languages.setdefault(workshop_id, []).append(lang)
    found = []
    for workshop_id, langs in languages.items():
        workshop = db.session.get(Workshop, workshop_id)
        version = seal.published_version(workshop) if workshop is not None else None
        if workshop is not None and version is not None:
            lang = min(
                langs, key=lambda tag: (tag != reader, other_script(tag) != reader, not understands(reader, tag))
            )
            lang = reader if other_script(lang) == reader else lang
            # One that has been damaged hides itself, not the others.
            with suppress(seal.Unreadable):
                found.append(Found(workshop, lang, _lines(version, lang, wanted)))
    return found


def _sql() -> tuple[str, str]:
    return _SQL[db.engine.dialect.name]


def _query(wanted: list[set[str]]) -> str:
    """All of the words, each in any of its forms."""
    if db.engine.dialect.name == "sqlite":
        return " AND ".join(f"({' OR '.join(map(_quoted, sorted(forms)))})" for forms in wanted)
    return " & ".join(f"({' | '.join(form.replace('*', ':*') for form in sorted(forms))})" for forms in wanted)


def _quoted(form: str) -> str:
    return f'"{form.rstrip("*")}"{"*" if form.endswith("*") else ""}'


def _lines(version: RecordVersion, lang: str, wanted: list[set[str]]) -> tuple[Line, ...]:
    forms = set().union(*wanted)
    beginnings = tuple(form.rstrip("*") for form in forms if form.endswith("*"))

    def is_wanted(piece: str) -> bool:
        return any(form in forms or form.startswith(beginnings) for form in entered_of(piece, lang))

    def pieces_of(text: str) -> tuple[tuple[bool, str], ...]:
        return tuple((is_wanted(piece), piece) for piece in re.split(r"([^\W\d_]+)", text) if piece)

    lines: list[tuple[int, Line]] = []
    for _, runs in lines_of(seal.document_of(version, lang)):
        line = tuple((run.lang, pieces_of(run.text)) for run in runs)
        if said := {piece for _, pieces in line for hit, piece in pieces if hit}:
            lines.append((len(said), line))
    return tuple(line for _, line in sorted(lines, key=lambda found: -found[0])[:MOST_LINES])

"""The public library: published records are found by what they say, whatever the ending of a word and in either script.

Each engine searches with its own full text (FTS5, tsvector); what both are given are stems (``activities.finding``), because
neither knows how Macedonian or Albanian words are inflected.
"""

import re
from dataclasses import dataclass

from sqlalchemy import text

from facilitation.activities.finding import STEM, stems_of
from facilitation.extensions import db
from facilitation.meeting.models import Workshop
from facilitation.meeting.scripts import other_script
from facilitation.meeting.texts import understands
from facilitation.record import seal
from facilitation.record.changes import lines_of
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


@dataclass(frozen=True)
class Found:
    """A published record that says what somebody looks for."""

    workshop: Workshop
    lang: str
    lines: tuple[tuple[tuple[bool, str], ...], ...]
    """Lines of it that say it, each in pieces: whether a piece is what was looked for, and the piece."""


def enter(workshop: Workshop, version: RecordVersion) -> None:
    """Enters a version into the library, in place of what was there of its meeting."""
    db.session.execute(text("DELETE FROM record_search WHERE workshop_id = :workshop"), {"workshop": workshop.id})
    for lang in seal.languages_of(version)[0]:
        said = " ".join(line for _, line in lines_of(seal.document_of(version, lang)))
        values = {"workshop": workshop.id, "lang": lang, "stems": " ".join(_all_stems(said))}
        db.session.execute(text(_sql()[0]), values)


def search(words: str, reader: str, limit: int = 200) -> list[Found] | None:
    """The public records that say all of these words, the best first, each once, in the reader's language if it says them
    there; ``None`` where no word is long enough to look for."""
    wanted = set(stems_of(words))
    if not wanted:
        return None
    hits: dict[int, list[str]] = {}
    for workshop_id, lang in db.session.execute(text(_sql()[1]), {"wanted": _query(wanted), "limit": limit}):
        hits.setdefault(workshop_id, []).append(lang)
    found = []
    for workshop_id, langs in hits.items():
        workshop = db.session.get(Workshop, workshop_id)
        version = seal.published_version(workshop) if workshop is not None else None
        if workshop is not None and version is not None:
            lang = min(
                langs, key=lambda tag: (tag != reader, other_script(tag) != reader, not understands(reader, tag))
            )
            lang = reader if other_script(lang) == reader else lang
            found.append(Found(workshop, lang, _lines(version, lang, wanted)))
    return found


def _sql() -> tuple[str, str]:
    return _SQL[db.engine.dialect.name]


def _query(stems: set[str]) -> str:
    """All of them; what is shorter than a stem is the beginning of one."""
    if db.engine.dialect.name == "sqlite":
        return " AND ".join(f'"{stem}"*' if len(stem) < STEM else f'"{stem}"' for stem in sorted(stems))
    return " & ".join(f"{stem}:*" if len(stem) < STEM else stem for stem in sorted(stems))


def _all_stems(said: str) -> list[str]:
    """Every stem as often as it is said, for the engine's ranking."""
    return [stem for word in said.split() for stem in stems_of(word)]


def _lines(version: RecordVersion, lang: str, wanted: set[str]) -> tuple[tuple[tuple[bool, str], ...], ...]:
    lines = []
    for _, line in lines_of(seal.document_of(version, lang)):
        pieces = tuple((_is_wanted(piece, wanted), piece) for piece in re.split(r"([^\W\d_]+)", line) if piece)
        if any(hit for hit, _ in pieces):
            lines.append(pieces)
    return tuple(sorted(lines, key=lambda pieces: -len({piece for hit, piece in pieces if hit}))[:MOST_LINES])


def _is_wanted(piece: str, wanted: set[str]) -> bool:
    return any(stem.startswith(each) for stem in stems_of(piece) for each in wanted)

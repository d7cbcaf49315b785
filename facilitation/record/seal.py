"""The seal: a published version of the record is kept as canonical JSON and never changed.

Every text in it carries ``sha256(salt + text)``; the seal is the SHA-256 over the structure and these hashes. Erasing
somebody's words removes text and salt and leaves the hash, so that the seal still holds and ``verify`` says *erased*.

The journal keeps each seal as well: whoever changes a version together with its own seal, or takes it away, is found.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import BigInteger, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.extensions import db
from facilitation.live.journal import Entry
from facilitation.meeting.models import Model, Workshop
from facilitation.meeting.scripts import kept_in
from facilitation.record.document import Document, from_json, to_json
from facilitation.record.event_record import record_of
from facilitation.record.script import in_script

SEALED_FORMAT = "facilitation-record/1"
PUBLISHED = "record_published"
"""The journal's entries that tell of published versions, each with its seal."""
_ERASABLE = ("text", "salt")


class RecordVersion(Model):
    """A version of the record as it was published."""

    __tablename__ = "record_versions"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str]
    """Canonical JSON; nothing but erasure ever changes it."""
    sha256: Mapped[str] = mapped_column(String(64))
    """The seal."""
    published_at: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None]
    """Why it was withdrawn, in the organiser's words; the next version is the dated correction."""
    reason_lang: Mapped[str | None] = mapped_column(String(35))
    """The language that the reason is in; ``None`` where nobody said."""


class Unreadable(Exception):
    """A version is no sealed document any more: somebody has changed it past the program. Of which meeting, and which."""


@dataclass(frozen=True)
class Finding:
    """What ``verify`` says of a version, or of one text in it."""

    version: int
    state: Literal["unchanged", "erased", "changed", "missing"]
    where: str = ""
    """Language and place within the document, or the journal; empty for the version as a whole."""


def canonical(value: Any) -> str:
    """The one way to write a JSON value: keys in order, no spaces, letters as they are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of_text(salt: str, text: str) -> str:
    """The hash that a text carries, as hex."""
    return hashlib.sha256((salt + text).encode()).hexdigest()


def seal_of(sealed: dict[str, Any]) -> str:
    """The seal of a sealed document: over everything in it but the texts and their salts."""
    return hashlib.sha256(canonical(_without_texts(sealed)).encode()).hexdigest()


def sealed(workshop: Workshop, version: int, published_at: int) -> dict[str, Any]:
    """The record in all languages of the meeting, every text with salt and hash. ``published_at`` in milliseconds."""
    return {
        "format": SEALED_FORMAT,
        "slug": workshop.slug,
        "version": version,
        "published_at": published_at,
        "default_language": workshop.default_language,
        "languages": list(workshop.languages),
        "documents": {lang: _with_hashes(to_json(record_of(workshop, lang))) for lang in workshop.languages},
    }


def publish(workshop: Workshop, now: int) -> RecordVersion:
    """Seals the record as it is now as the next version."""
    latest = latest_version(workshop)
    number = 1 if latest is None else latest.version + 1
    content = sealed(workshop, number, now)
    row = RecordVersion(
        workshop_id=workshop.id,
        version=number,
        document=canonical(content),
        sha256=seal_of(content),
        published_at=now,
    )
    db.session.add(row)
    return row


def versions_of(workshop: Workshop) -> list[RecordVersion]:
    """All versions that were ever published, in order."""
    query = select(RecordVersion).where(RecordVersion.workshop_id == workshop.id).order_by(RecordVersion.version)
    return list(db.session.scalars(query))


def latest_version(workshop: Workshop) -> RecordVersion | None:
    """The version that was published last."""
    return next(reversed(versions_of(workshop)), None)


def published_version(workshop: Workshop) -> RecordVersion | None:
    """The version that is public now."""
    return latest_version(workshop) if workshop.phase == "published" else None


def languages_of(row: RecordVersion) -> tuple[list[str], str]:
    """The languages that a version is in, and which of them is the default."""
    content = _content(row)
    return list(content["languages"]), str(content["default_language"])


def document_of(row: RecordVersion, lang: str) -> Document:
    """A version's document in one language, or a rendering of it in that language's other script. Raises ``KeyError`` for a
    language that it is not in."""
    documents = _content(row)["documents"]
    kept = documents[kept_in(documents, lang) or lang]
    with _readable(row):
        return in_script(from_json(_without_hashes(kept)), lang)


_DAMAGED = (ValueError, KeyError, TypeError, AttributeError)
"""What is raised by looking for something in what is no sealed document."""


@contextmanager
def _readable(row: RecordVersion) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise Unreadable(row.workshop_id, row.version) from error


def _content(row: RecordVersion) -> dict[str, Any]:
    """The sealed document as far as all need it. Raises ``Unreadable``."""
    with _readable(row):
        content: dict[str, Any] = json.loads(row.document)
        content["languages"], content["default_language"], content["documents"].items()
        return content


def verify(workshop: Workshop) -> list[Finding]:
    """What has become of every version that the journal tells of, and of any other there is: unchanged as a whole, each text
    that was erased or differs, or missing."""
    rows, seals = {row.version: row for row in versions_of(workshop)}, _seals_in_journal(workshop)
    found: list[Finding] = []
    for version in sorted(rows.keys() | seals.keys()):
        if version not in rows:
            found.append(Finding(version, "missing"))
            continue
        findings = _verify_version(rows[version])
        if version not in seals:
            findings.append(Finding(version, "changed", "journal: never published"))
        elif seals[version] not in (None, rows[version].sha256):
            findings.append(Finding(version, "changed", "journal: published with another seal"))
        found += findings or [Finding(version, "unchanged")]
    return found


def holds(workshop: Workshop) -> bool:
    """Whether nothing in any version differs from what was published (what was erased does not differ)."""
    return all(finding.state in ("unchanged", "erased") for finding in verify(workshop))


def _seals_in_journal(workshop: Workshop) -> dict[int, str | None]:
    """Version → its seal as it was published; ``None`` where an earlier release let the journal's facts go with the people."""
    entries = db.session.scalars(select(Entry).filter_by(stream_id=workshop.id, name=PUBLISHED).order_by(Entry.seq))
    return {
        entry.facts.get("version", number): entry.facts.get("sha256") for number, entry in enumerate(entries, start=1)
    }


def _verify_version(row: RecordVersion) -> list[Finding]:
    """What differs in a version by itself; nothing where it is unchanged."""
    try:
        content = json.loads(row.document)
        found = [
            Finding(row.version, state, f"{lang}: {place}")
            for lang, document in content["documents"].items()
            for place, unit in _units(document, "")
            if (state := _state_of(unit)) != "unchanged"
        ]
        if seal_of(content) != row.sha256 or canonical(content) != row.document:
            found.append(Finding(row.version, "changed"))
    except _DAMAGED:
        return [Finding(row.version, "changed")]
    return found


def _state_of(unit: dict[str, Any]) -> Literal["unchanged", "erased", "changed"]:
    if unit["text"] is None and unit["salt"] is None:
        return "erased"
    if unit["text"] is None or unit["salt"] is None or hash_of_text(unit["salt"], unit["text"]) != unit["sha256"]:
        return "changed"
    return "unchanged"


def erase(row: RecordVersion, goes: Callable[[str], bool]) -> int:
    """Erases every text of a version that ``goes`` says so of; how many there were. The seal still holds."""
    content = _content(row)
    count = 0
    for document in content["documents"].values():
        for _, unit in _units(document, ""):
            if unit["text"] is not None and goes(unit["text"]):
                unit["text"] = unit["salt"] = None
                count += 1
    if count:
        row.document = canonical(content)
    return count


# A text in the JSON of a document is a list of runs, or one run where there can be only one. Sealed it is a unit:
# ``{"text", "salt", "sha256", "runs"}``, where ``runs`` says of each stretch its language, its mark and its length.


def _is_run(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"text", "lang", "note", "strong"}


def _is_unit(value: Any) -> bool:
    return isinstance(value, dict) and "sha256" in value


def _with_hashes(value: Any) -> Any:
    if _is_run(value):
        return {**_unit([value]), "single": True}
    if isinstance(value, list | tuple):
        if value and all(_is_run(each) for each in value):
            return _unit(list(value))
        return [_with_hashes(each) for each in value]
    if isinstance(value, dict):
        return {key: _with_hashes(each) for key, each in value.items()}
    return value


def _unit(runs: list[dict[str, Any]]) -> dict[str, Any]:
    salt, text = secrets.token_hex(16), " ".join(run["text"] for run in runs)
    stretches = [
        {"lang": run["lang"], "note": run["note"], "strong": run["strong"], "length": len(run["text"])} for run in runs
    ]
    return {"text": text, "salt": salt, "sha256": hash_of_text(salt, text), "runs": stretches}


def _without_hashes(value: Any) -> Any:
    if _is_unit(value):
        runs = list(_runs(value))
        return runs[0] if value.get("single") else runs
    if isinstance(value, list):
        return [_without_hashes(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_hashes(each) for key, each in value.items()}
    return value


def _runs(unit: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begin = 0
    for stretch in unit["runs"]:
        end = begin + stretch["length"]
        text = "[…]" if unit["text"] is None else unit["text"][begin:end]
        yield {"text": text, "lang": stretch["lang"], "note": stretch["note"], "strong": stretch["strong"]}
        if unit["text"] is None and not unit.get("single"):
            return
        begin = end + 1


def _without_texts(value: Any) -> Any:
    if _is_unit(value):
        return {key: each for key, each in value.items() if key not in _ERASABLE}
    if isinstance(value, list):
        return [_without_texts(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_texts(each) for key, each in value.items()}
    return value


def _units(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every text of a sealed document and where it is: the key of its block where it has one."""
    if _is_unit(value):
        yield place, value
    elif isinstance(value, list):
        for n, each in enumerate(value):
            yield from _units(each, f"{place}[{n}]")
    elif isinstance(value, dict):
        named = value.get("key") if isinstance(value.get("key"), str) and value.get("key") else place
        for key, each in value.items():
            yield from _units(each, f"{named}.{key}" if named else key)

"""What every writer of something to read does first: makes the document's texts and shapes safe for any format."""

import re
from dataclasses import replace
from typing import Any

from facilitation.record.document import Block, Document, Heading, Run, Table, from_json, to_json

_SPACES = re.compile(r"[ \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
# Control characters, what turns the direction of the text after it, and code points that are no characters.
_DROPPED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def tidy(document: Document) -> Document:
    """The same document, its texts on one line and free of what no format can hold or what misleads the eye.

    Besides, every row of a table is as wide as the widest, a table without cells is left out, and no heading is more
    than one level below the last.
    """
    return _even(from_json(_clean(to_json(document))))


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for each half of a UTF-16 pair, which no encoding can hold."""
    return _SURROGATES.sub("\ufffd", text)


def foreign_language(run: Run, document: Document) -> str:
    """The tag of the run's language if it has one other than the document's, else empty."""
    return language(run.lang) if run.lang != document.lang else ""


def language(tag: str) -> str:
    """The tag, or empty if it names no language (``und``) or is not a tag."""
    return tag if tag != "und" and _LANGUAGE_TAG.fullmatch(tag) else ""


def _clean(value: Any) -> Any:
    match value:
        case str():
            return without_surrogates(_DROPPED.sub("", _SPACES.sub(" ", value))).strip()
        case dict():
            return {key: _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
    return value


def _even(document: Document) -> Document:
    blocks: list[Block] = []
    last_level = 0
    for block in document.blocks:
        match block:
            case Heading():
                last_level = max(1, min(block.level, last_level + 1))
                blocks.append(replace(block, level=last_level))
            case Table():
                blocks += _rectangular(block)
            case _:
                blocks.append(block)
    return replace(document, blocks=tuple(blocks))


def _rectangular(table: Table) -> list[Table]:
    width = max(len(row) for row in (table.header, *table.rows))
    header, *rows = (row + ((),) * (width - len(row)) for row in (table.header, *table.rows))
    return [replace(table, header=header, rows=tuple(rows))] if width else []

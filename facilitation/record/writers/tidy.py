"""What every writer of something to read does first: makes the document's texts and shapes safe for any format."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from facilitation.record.document import (
    Block,
    Bullets,
    Document,
    Footnote,
    Heading,
    Paragraph,
    Run,
    Runs,
    Table,
    from_json,
    to_json,
)

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


def first_mentions(document: Document) -> dict[int, Footnote]:
    """``id`` of a run → the footnote whose mark, at the end of a word, comes first in it.

    Title and headings do not count: a table of contents would repeat the footnote.
    """
    found: dict[int, Footnote] = {}
    for footnote in document.footnotes:
        carried = re.compile(rf"\w{re.escape(footnote.mark)}")
        first = next(
            (run for run in _running_text(document) if carried.search(run.text) and id(run) not in found), None
        )
        if first is not None:
            found[id(first)] = footnote
    return found


def around_mark(text: str, mark: str) -> tuple[str, str]:
    """The text before and after the mark at the end of a word."""
    end = re.search(rf"\w{re.escape(mark)}", text)
    assert end is not None
    return text[: end.end() - len(mark)], text[end.end() :]


def without_mark(footnote: Footnote) -> Runs:
    """What the footnote says, for places where the mark stands before it already."""
    first, *others = footnote.runs
    return tuple(
        run for run in (replace(first, text=first.text.removeprefix(footnote.mark).strip()), *others) if run.text
    )


def _running_text(document: Document) -> Iterator[Run]:
    yield from (value for _, value in document.facts)
    for block in document.blocks:
        match block:
            case Paragraph():
                yield from block.runs
            case Bullets():
                yield from (run for item in block.items for run in item)
            case Table():
                yield from (run for row in block.rows for cell in row for run in cell)


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

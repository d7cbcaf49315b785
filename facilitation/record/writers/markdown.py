"""The document as Markdown: CommonMark with pipe tables, to be read as it is as much as rendered."""

import re
from collections.abc import Iterable
from dataclasses import replace

from facilitation.record.document import Block, Bullets, Document, Heading, Paragraph, Run, Runs, Table
from facilitation.record.writers.tidy import tidy

# Only what would really mark something up is escaped, for the sake of those who read the file raw.
_ANYWHERE = re.compile(
    r"""[\\`\[]                            # escapes, code, links
      | <(?=[A-Za-z/!?])                   # tags and automatic links
      | &(?=\#?\w+;)                       # character references
      | (?<=\S)~ | ~(?=~)                  # the end of struck-out text, and code fences
      | (?<![^\W_])_ | _(?![^\W_])         # emphasis, which cannot begin or end between two letters
    """,
    re.VERBOSE,
)
_ANY_STAR = re.compile(r"\*")
# A star can begin emphasis unless it follows a word, as the footnote mark in "Kosovo*" does, or stands apart.
_OPENING_STAR = re.compile(r"""(?<!\w)\*(?!\s|$) | \*(?![\s.,;:!?)»”"'’]|$)""", re.VERBOSE)
# What would make a paragraph a list, a rule, a heading, a quotation or the underlining of a heading.
_AT_START = re.compile(r"^(\d{1,9}(?=[.)](\s|$))|(?=[-+*](\s|$)|--|#{1,6}(\s|$)|>|=))")
_AT_END_OF_HEADING = re.compile(r"(?<!\S)(?=#+$)")


def write(document: Document) -> bytes:
    """The document as Markdown in UTF-8."""
    document = tidy(document)
    parts = [f"# {_heading((document.title,))}"]
    if document.marking:
        parts.append(f"**{_escape(document.marking, _ANY_STAR)}**")
    if document.facts:
        facts = ((_inline((_strong(label),)), _inline((value,))) for label, value in document.facts)
        parts.append("\n".join(f"- {label}: {value}" for label, value in facts))
    parts += [_block(block) for block in document.blocks]
    if document.small_print:
        parts += ["---", *(_paragraph(line) for line in document.small_print)]
    return ("\n\n".join(parts) + "\n").encode()


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * min(block.level + 1, 6)} {_heading(block.runs)}"
        case Paragraph() if block.number:
            # Strong, so that it is text: as a list's number it would be counted anew.
            return "\n\n".join(
                [f"**{_escape(block.number, _ANY_STAR)}** {_inline(block.runs)}", *_trails(block)],
            )
        case Paragraph():
            return _paragraph(block.runs)
        case Bullets():
            return "\n".join(f"- {_paragraph(item)}" for item in block.items)
        case Table():
            return _table(block)


def _trails(paragraph: Paragraph) -> list[str]:
    said = (f"{_inline((trail.label,))} {', '.join(number for _, number in trail.to)}" for trail in paragraph.trails)
    return [f"({'; '.join(said)})"] if paragraph.trails else []


def _table(table: Table) -> str:
    rows = [_row(table.header), _row(["---"] * len(table.header)), *(_row(row) for row in table.rows)]
    caption = [_inline(tuple(map(_strong, table.caption)))] if table.caption else []
    return "\n\n".join([*caption, "\n".join(rows)])


def _row(cells: Iterable[Runs | str]) -> str:
    texts = (cell if isinstance(cell, str) else _inline(cell).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(texts)} |"


def _heading(runs: Runs) -> str:
    return _AT_END_OF_HEADING.sub(r"\\", _inline(runs))


def _paragraph(runs: Runs) -> str:
    return _AT_START.sub(r"\1\\", _inline(runs))


def _inline(runs: Runs) -> str:
    stars = sum(run.text.count("*") for run in runs)
    # A single star has no other to pair with, unless there are those of strong text.
    lonely = stars == 1 and not any(run.strong for run in runs)
    return " ".join(_run(run, None if lonely else _OPENING_STAR) for run in runs if run.text)


def _run(run: Run, star: re.Pattern[str] | None) -> str:
    text = f"**{_escape(run.text, _ANY_STAR)}**" if run.strong else _escape(run.text, star)
    return f"{text} [{_note(run.note)}]" if run.note else text


def _note(note: str) -> str:
    return _escape(note, _ANY_STAR).replace("]", "\\]")


def _escape(text: str, star: re.Pattern[str] | None) -> str:
    """The text with a backslash before what would mark something up, and before the stars that ``star`` finds."""
    text = _ANYWHERE.sub(r"\\\g<0>", text)
    return star.sub(r"\\*", text) if star else text


def _strong(run: Run) -> Run:
    return replace(run, strong=True)

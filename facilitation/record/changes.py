"""What has changed from one version of a document to the next, in one language."""

from collections.abc import Iterator
from dataclasses import replace

from facilitation.meeting.differences import Change, changed_words
from facilitation.record.document import Block, Bullets, Document, Runs, Table

Changed = list[tuple[Change, str, str]]
"""A line with what it said and what it says now, in pieces: what became of each, the piece, and its language."""


def changed_lines(before: Document, after: Document) -> list[Changed]:
    """The lines that differ, in the order of the later version, then those that are gone."""
    old, new = dict(lines_of(before)), dict(lines_of(after))
    found = [
        _changed(old.get(place, ()), runs)
        for place, runs in new.items()
        if text_of(old.get(place, ())) != text_of(runs)
    ]
    return found + [_changed(runs, ()) for place, runs in old.items() if place not in new]


def lines_of(document: Document) -> Iterator[tuple[str, Runs]]:
    """Every line that is read as one, by where it stands: a paragraph, an item of a list, a row of a table."""
    yield "title", (document.title,)
    for label, value in document.facts:
        yield f"fact {label.text}", (replace(label, text=f"{label.text}:"), value)
    for block in document.blocks:
        for n, runs in enumerate(_rows(block)):
            yield f"{block.key}[{n}]", runs
    for n, runs in enumerate(document.small_print):
        yield f"small print[{n}]", runs


def text_of(runs: Runs) -> str:
    """What a line says."""
    return " ".join(run.text for run in runs)


def _changed(before: Runs, after: Runs) -> Changed:
    """Both lines in one, each piece within one language."""
    found: Changed = []
    old, new = _languages(before), _languages(after)
    for change, text in changed_words(text_of(before), text_of(after)):
        said = [(letter, next(old if change == "gone" else new)) for letter in text]
        if change == "same":
            for _ in text:
                next(old)
        for letter, lang in said:
            if found and found[-1][0] == change and found[-1][2] == lang:
                found[-1] = (change, found[-1][1] + letter, lang)
            else:
                found.append((change, letter, lang))
    return found


def _languages(runs: Runs) -> Iterator[str]:
    """The language of each character of a line; a space between two runs is the first one's."""
    for run in runs:
        yield from (run.lang for _ in f"{run.text} ")


def _rows(block: Block) -> Iterator[Runs]:
    if isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Table):
        yield block.caption
        for row in (block.header, *block.rows):
            yield tuple(run for cell in row for run in cell)
    else:
        yield block.runs

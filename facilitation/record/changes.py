"""What has changed from one version of a document to the next, in one language."""

from collections.abc import Iterator

from facilitation.record.document import Block, Bullets, Document, Runs, Table

Changed = tuple[str, str]
"""What a line said, and what it says now; empty where there was no such line, or is none any more."""


def changed_lines(before: Document, after: Document) -> list[Changed]:
    """The lines that differ, in the order of the later version, then those that are gone."""
    old, new = dict(lines_of(before)), dict(lines_of(after))
    found = [(old.get(place, ""), text) for place, text in new.items() if old.get(place) != text]
    return found + [(text, "") for place, text in old.items() if place not in new]


def lines_of(document: Document) -> Iterator[tuple[str, str]]:
    """Every line that is read as one, by where it stands: a paragraph, an item of a list, a row of a table."""
    yield "title", document.title.text
    for label, value in document.facts:
        yield f"fact {label.text}", f"{label.text}: {value.text}"
    for block in document.blocks:
        for n, runs in enumerate(_rows(block)):
            yield f"{block.key}[{n}]", " ".join(run.text for run in runs)
    for n, runs in enumerate(document.small_print):
        yield f"small print[{n}]", " ".join(run.text for run in runs)


def _rows(block: Block) -> Iterator[Runs]:
    if isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Table):
        yield block.caption
        for row in (block.header, *block.rows):
            yield tuple(run for cell in row for run in cell)
    else:
        yield block.runs

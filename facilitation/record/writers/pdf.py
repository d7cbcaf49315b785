"""The document as PDF: tagged, with embedded fonts and bookmarks, typeset by Typst from the template beside this file.

The document reaches the template as data, so none of its text is ever read as Typst source.
"""

import json
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import typst

from facilitation.record.charts import pictures_of
from facilitation.record.document import Document, Run, Table
from facilitation.record.writers.finishing import codes_of, finished
from facilitation.record.writers.tidy import around_mark, first_mentions, tidy, without_mark
from facilitation.record.writing import serve

_TEMPLATE = Path(__file__).with_name("document.typ")


def write(document: Document) -> bytes:
    """The document as a PDF file. Raises ``typst.TypstError`` if it cannot be typeset."""
    document = tidy(document)
    pictures = [pictures_of(block, document.lang) if isinstance(block, Table) else [] for block in document.blocks]
    data = {
        "document": json.dumps(_with_footnotes(document)),
        "pictures": json.dumps(pictures),
        "languages": json.dumps(codes := codes_of(document)),
    }
    try:
        made = _compile(data, accessible=True)
    except typst.TypstError:
        # The accessibility standard refuses, above all, characters that no font at hand has (emoji, private use).
        made = _compile(data, accessible=False)
    return finished(made, codes, [block.names_rows for block in document.blocks if isinstance(block, Table)])


def _with_footnotes(document: Document) -> dict[str, Any]:
    """The document as JSON, each footnote in the run in which its mark comes first."""
    mentions = first_mentions(document)

    def note_in(run: Run) -> dict[str, Any] | None:
        footnote = mentions.get(id(run))
        if footnote is None:
            return None
        before, after = around_mark(run.text, footnote.mark)
        return {"before": before, "after": after, "mark": footnote.mark, "runs": plain(without_mark(footnote))}

    def plain(value: Any) -> Any:
        if isinstance(value, Run):
            return {**asdict(value), "footnote": note_in(value)}
        if isinstance(value, tuple):
            return [plain(each) for each in value]
        if is_dataclass(value) and not isinstance(value, type):
            return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        return value

    return cast(dict[str, Any], plain(document))


def _compile(data: dict[str, str], accessible: bool) -> bytes:
    return typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        sys_inputs=data,
        pdf_standards=["ua-1"] if accessible else [],
        timestamp=0,
    )


if __name__ == "__main__":
    serve(write)

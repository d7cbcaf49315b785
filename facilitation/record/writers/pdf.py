"""The document as PDF: tagged, with embedded fonts and bookmarks, typeset by Typst from the template beside this file.

The document reaches the template as data, so none of its text is ever read as Typst source.
"""

import json
from pathlib import Path

import typst

from facilitation.record.charts import svg_of
from facilitation.record.document import Document, Table, to_json
from facilitation.record.writers.tidy import tidy
from facilitation.record.writing import serve

_TEMPLATE = Path(__file__).with_name("document.typ")


def write(document: Document) -> bytes:
    """The document as a PDF file. Raises ``typst.TypstError`` if it cannot be typeset."""
    document = tidy(document)
    pictures = [svg_of(block) if isinstance(block, Table) else "" for block in document.blocks]
    data = {"document": json.dumps(to_json(document)), "pictures": json.dumps(pictures)}
    try:
        return _compile(data, accessible=True)
    except typst.TypstError:
        # The accessibility standard refuses, above all, characters that no font at hand has (emoji, private use).
        return _compile(data, accessible=False)


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

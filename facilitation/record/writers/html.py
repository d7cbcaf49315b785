"""The document as HTML: a file that stands by itself, or just the article for a page or a content management system."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from markupsafe import Markup, escape

from facilitation.record.charts import pictures_of
from facilitation.record.document import Block, Bullets, Document, Heading, Paragraph, Run, Runs, Table, Trail
from facilitation.record.writers.tidy import foreign_language, language, tidy

# The policy is a second lock: were markup ever to slip through, nothing in the file could run or load.
_PAGE = Markup(
    """<!DOCTYPE html>
<html{lang}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{article}
</body>
</html>
"""
)


def write(document: Document) -> bytes:
    """The document as a whole HTML file in UTF-8."""
    title = tidy(document).title.text
    style = Markup(Path(__file__).with_name("document.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    lang = _attributes(lang=language(document.lang))
    return _PAGE.format(lang=lang, title=title, style=style, article=Markup(fragment(document))).encode()  # noqa: S704


def fragment(document: Document) -> str:
    """``<article class="document">…</article>`` without styles or scripts: safe to put into a page as it is."""
    document = tidy(document)
    article = _lines(
        _element("p", escape(document.marking), class_="marking") if document.marking else Markup(),
        _element("h1", _run(document.title, document)),
        _facts(document),
        *(_block(block, document) for block in document.blocks),
        _small_print(document),
    )
    return _element("article", Markup("\n{}\n").format(article), class_="document", lang=language(document.lang))


def anchor(key: str) -> str:
    """The id in the article of the block with this key, empty for none: ``conclusion 3`` → ``p-conclusion-3``."""
    return "p-" + re.sub(r"[^A-Za-z0-9._-]", "-", key) if key else ""


def _facts(document: Document) -> Markup:
    if not document.facts:
        return Markup()
    pairs = (
        _element("dt", _run(label, document)) + _element("dd", _run(value, document)) for label, value in document.facts
    )
    return Markup('<dl class="facts">\n{}\n</dl>').format(_lines(*pairs))


def _block(block: Block, document: Document) -> Markup:
    match block:
        case Heading():
            return _element(f"h{min(block.level + 1, 6)}", _inline(block.runs, document), id=anchor(block.key))
        case Paragraph():
            return _paragraph(block, document)
        case Bullets():
            items = _lines(*(_element("li", _inline(item, document)) for item in block.items))
            return _element("ul", Markup("\n{}\n").format(items), id=anchor(block.key))
        case Table():
            return _table(block, document)


def _paragraph(paragraph: Paragraph, document: Document) -> Markup:
    body = _inline(paragraph.runs, document)
    trails = Markup(" · ").join(_trail(trail, document) for trail in paragraph.trails)
    if paragraph.number:
        body = _element("span", escape(paragraph.number), class_="number") + " " + body
    return _lines(
        _element(
            "p",
            body,
            id=anchor(paragraph.key),
            class_="numbered" if paragraph.number else "",
            data_sources=" ".join(paragraph.sources),
        ),
        _element("p", trails, class_="trail") if trails else Markup(),
    )


def _trail(trail: Trail, document: Document) -> Markup:
    links = (_element("a", escape(number), href=f"#{anchor(key)}") for key, number in trail.to)
    return Markup("{} {}").format(_run(trail.label, document), Markup(", ").join(links))


def _table(table: Table, document: Document) -> Markup:
    header = _row(_element("th", _inline(cell, document), scope="col") for cell in table.header)
    rows = (_row(_cells(table, row, document)) for row in table.rows)
    caption, place = _inline(table.caption, document), anchor(table.key)
    picture = Markup("\n".join(pictures_of(table, document.lang)))  # noqa: S704 - every text in it is escaped
    parts = _lines(
        _element("caption", caption) if table.caption and not picture else Markup(),
        _element("thead", header),
        _element("tbody", Markup("\n{}\n").format(_lines(*rows))),
    )
    named_by = f"{place}-caption" if picture else ""
    made = _element("table", Markup("\n{}\n").format(parts), id=place, aria_labelledby=named_by)
    if not picture:
        return made
    return _element("figure", _lines(_element("figcaption", caption, id=named_by), picture, made), class_="chart")


def _cells(table: Table, row: tuple[Runs, ...], document: Document) -> Iterator[Markup]:
    for n, cell in enumerate(row):
        names = table.names_rows and n == 0
        yield _element("th" if names else "td", _inline(cell, document), scope="row" if names else "")


def _row(cells: Iterable[Markup]) -> Markup:
    return _element("tr", Markup().join(cells))


def _small_print(document: Document) -> Markup:
    if not document.small_print:
        return Markup()
    lines = (_element("p", _inline(line, document)) for line in document.small_print)
    return Markup("<footer>\n{}\n</footer>").format(_lines(*lines))


def _inline(runs: Runs, document: Document) -> Markup:
    return Markup(" ").join(_run(run, document) for run in runs if run.text)


def _run(run: Run, document: Document) -> Markup:
    text = escape(run.text)
    if run.strong:
        text = _element("strong", text)
    if lang := foreign_language(run, document):
        text = _element("span", text, lang=lang)
    if run.note:
        text += " " + _element("small", escape(f"[{run.note}]"), class_="lang-note")
    return text


def _lines(*parts: Markup) -> Markup:
    return Markup("\n").join(part for part in parts if part)


def _element(name: str, body: Markup, **attributes: str) -> Markup:
    return Markup("<{name}{attributes}>{body}</{name}>").format(
        name=name, attributes=_attributes(**attributes), body=body
    )


def _attributes(**attributes: str) -> Markup:
    """``class_="a", data_b="c", id=""`` → `` class="a" data-b="c"``: what is empty is left out."""
    return Markup().join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), value)
        for name, value in attributes.items()
        if value
    )

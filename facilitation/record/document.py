"""The document model: what the minutes and the event record are before a writer gives them a file format.

A document is in one language; each piece of text in it says which language it is really in, so that what lacks a
translation is printed in its original and marked so (``note`` holds the mark, already in the document's language).
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

FORMAT = "facilitation-document/1"
"""What a document calls itself as JSON."""


@dataclass(frozen=True)
class Run:
    """A stretch of text in one language."""

    text: str
    lang: str
    note: str = ""
    """How the text is marked when it is not in the document's language, e.g. ``in Albanian``; else empty."""
    strong: bool = False


Runs = tuple[Run, ...]
"""The runs of a paragraph or a cell, printed one after another with a single space between them."""


def plain(runs: Runs) -> str:
    """The text of runs without marks."""
    return " ".join(run.text for run in runs)


@dataclass(frozen=True)
class Heading:
    """A heading below the document's title."""

    level: int
    """1 for the highest below the title."""
    runs: Runs
    key: str = ""
    type: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Trail:
    """Where something written down comes from, or where it went: paragraphs of the same document."""

    label: Run
    to: tuple[tuple[str, str], ...]
    """Key and number of each paragraph; the number without its point."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; in minutes it carries a number that is the same in every language."""

    runs: Runs
    key: str = ""
    """Names the paragraph across languages and versions; empty where nobody refers to it."""
    number: str = ""
    sources: tuple[str, ...] = ()
    """Ids of the contributions, themes and conclusions that the paragraph rests on."""
    trails: tuple[Trail, ...] = ()
    """Printed below the paragraph; never part of what people edit, as numbers move while a meeting is on."""
    type: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Bullets:
    """A list without numbers."""

    items: tuple[Runs, ...]
    key: str = ""
    type: Literal["bullets"] = "bullets"


@dataclass(frozen=True)
class Table:
    """A table with a caption and one header row."""

    caption: Runs
    header: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]
    key: str = ""
    chart: Literal["", "matrix", "bars"] = ""
    """How the table is drawn, where it is drawn as a picture, too; its first column holds the labels, the others numbers."""
    names_rows: bool = True
    """Whether the first cell of a row names it, for those who hear the others one by one."""
    type: Literal["table"] = "table"


Block = Heading | Paragraph | Bullets | Table


@dataclass(frozen=True)
class Footnote:
    """What a mark stands for; the mark is a character of the texts that carry it (``Kosovo*``)."""

    mark: str
    runs: Runs


@dataclass(frozen=True)
class Document:
    """A whole document in one language."""

    kind: Literal["record", "minutes"]
    slug: str
    lang: str
    title: Run
    facts: tuple[tuple[Run, Run], ...] = ()
    """Label and value under the title: dates, place, organiser, status."""
    blocks: tuple[Block, ...] = ()
    small_print: tuple[Runs, ...] = field(default=())
    """Funding line, disclaimer, footnotes, copyright, in this order, one entry each."""
    marking: str = ""
    """Access level and version, for every page's margin, e.g. ``Restricted · draft``."""
    contents: str = ""
    """The heading of the table of contents, for formats that have pages; empty for none."""
    footnotes: tuple[Footnote, ...] = ()
    """Those of the small print that belong to a mark: formats that have pages print them where the mark comes first, too."""


def to_json(document: Document) -> dict[str, Any]:
    """The document as plain JSON values; ``from_json`` reads it back to an equal document."""
    return {"format": FORMAT, **asdict(document)}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_json`` gives."""
    schema = TypeAdapter(Document).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "facilitation-document/1",
        **schema,
        "properties": {"format": {"const": FORMAT}, **schema["properties"]},
        "required": ["format", *schema["required"]],
    }


def from_json(data: dict[str, Any]) -> Document:
    """The document that ``to_json`` wrote, also in an earlier release. Raises ``KeyError`` or ``TypeError`` for anything else."""

    def runs(values: Any) -> Runs:
        return tuple(Run(**value) for value in values)

    def block(value: dict[str, Any]) -> Block:
        match value["type"]:
            case "heading":
                return Heading(**{**value, "runs": runs(value["runs"])})
            case "paragraph":
                trails = (
                    Trail(Run(**trail["label"]), tuple((key, number) for key, number in trail["to"]))
                    for trail in value.get("trails", ())
                )
                return Paragraph(
                    **{
                        **value,
                        "runs": runs(value["runs"]),
                        "sources": tuple(value["sources"]),
                        "trails": tuple(trails),
                    }
                )
            case "bullets":
                return Bullets(**{**value, "items": tuple(runs(item) for item in value["items"])})
            case "table":
                return Table(
                    **{
                        **value,
                        "caption": runs(value["caption"]),
                        "header": tuple(runs(cell) for cell in value["header"]),
                        "rows": tuple(tuple(runs(cell) for cell in row) for row in value["rows"]),
                    }
                )
        raise KeyError(value["type"])

    return Document(
        kind=data["kind"],
        slug=data["slug"],
        lang=data["lang"],
        title=Run(**data["title"]),
        facts=tuple((Run(**label), Run(**value)) for label, value in data["facts"]),
        blocks=tuple(block(value) for value in data["blocks"]),
        small_print=tuple(runs(line) for line in data["small_print"]),
        marking=data["marking"],
        contents=data.get("contents", ""),
        footnotes=tuple(Footnote(each["mark"], runs(each["runs"])) for each in data.get("footnotes", ())),
    )

"""Writes ``docs/formats.md`` from the schemas that the server gives out: `make docs`."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from facilitation import create_app  # noqa: E402
from facilitation.web.schemas import SCHEMAS  # noqa: E402

TARGET = ROOT / "docs" / "formats.md"
HEAD = """# Formats

Made by `make docs` from the code. A running server gives each out as JSON Schema at `/schemas/NAME.json`: {names}.
A field with a question mark may be left out. What each command takes is in [commands](commands.md).
"""

Schema = dict[str, Any]


def formats_page() -> str:
    """The page."""
    parts = [HEAD.format(names=", ".join(f"`{name}`" for name in SCHEMAS))]
    messages = SCHEMAS["messages-1"]()
    parts.append("\n## Live messages (`messages-1`)\n")
    answers: dict[str, Schema] = {}
    for event, said in messages["asked"].items():
        parts.append(f"\n### `{event}`, from the client\n")
        parts += _described(said["sends"])
        if "answer" in said:
            names = [each["$ref"].rpartition("/")[2] for each in said["answer"]["anyOf"]]
            parts.append("Answered by " + " or ".join(f"*{name}*" for name in names) + ".\n")
            answers |= said["answer"]["$defs"]
    parts.append("\n### Answers\n")
    for name, shape in answers.items():
        parts += _fields(name, shape)
    for event, said in messages["told"].items():
        parts.append(f"\n### `{event}`, from the server\n")
        parts += _described(said["sends"])
    for name, title in (
        ("state-1", "`state.json`"),
        ("document-1", "Minutes and record as JSON"),
        ("plan-1", "A plan"),
        ("script-1", "A script"),
    ):
        parts.append(f"\n## {title} (`{name}`)\n")
        parts += _described(SCHEMAS[name]())
    return re.sub("\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _described(schema: Schema) -> Iterator[str]:
    """A schema's fields, then those of everything that is inside it."""
    if schema.get("type") == "array":
        yield "A list of:\n"
        schema = {**schema["items"], "$defs": schema.get("$defs", {})}
    inside = dict(schema.get("$defs", {}))
    if "$ref" in schema:
        schema = inside.pop(schema["$ref"].rpartition("/")[2])
    yield from _fields("", schema)
    for name, inner in inside.items():
        if inner.get("properties"):
            yield from _fields(name, inner)


def _fields(name: str, schema: Schema) -> Iterator[str]:
    if name:
        yield f"\n**{name}**\n"
    if words := " ".join(str(schema.get("description", "")).split()).replace("``", "`"):
        yield f"{words}\n"
    nested: list[tuple[str, Schema]] = []
    if not schema.get("properties"):
        return
    yield "| field | |\n|---|---|"
    for field, what in schema["properties"].items():
        mark = "" if field in schema.get("required", ()) else "?"
        yield f"| `{field}`{mark} | {_kind(what)} |"
        if inside := _object_in(what):
            nested.append((field, inside))
    yield ""
    for field, inside in nested:
        yield from _fields(f"{name}.{field}" if name else field, inside)


def _object_in(schema: Schema) -> Schema | None:
    """The fields of an object that stands in its place, or that a list in its place is made of."""
    if schema.get("properties"):
        return schema
    inner = (*([schema["items"]] if "items" in schema else ()), *schema.get("anyOf", ()))
    return next((found for each in inner if (found := _object_in(each))), None)


def _kind(schema: Schema) -> str:
    """What a value is, in a few words."""
    if "$ref" in schema:
        return f"*{schema['$ref'].rpartition('/')[2]}*"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " / ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema:
        if any(each.get("description", "").startswith("language tag") for each in schema["anyOf"]):
            return "texts by language, or one text"
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["anyOf"] if each.get("type") != "null"))
    words = {"integer": "whole number", "number": "number", "boolean": "yes or no", "null": "nothing"}
    match schema.get("type"):
        case "array":
            items = schema.get("items", {})
            return "list, see below" if items.get("properties") else f"list of {_kind(items)}"
        case "object":
            if schema.get("properties"):
                return "see below"
            inner = schema.get("additionalProperties")
            return f"map to {_kind(inner)}" if isinstance(inner, dict) and inner else "map"
        case "string":
            return str(schema.get("description") or schema.get("format") or "text")
        case kind:
            return words.get(str(kind), "any value")


if __name__ == "__main__":
    create_app()
    TARGET.write_text(formats_page(), encoding="utf-8")

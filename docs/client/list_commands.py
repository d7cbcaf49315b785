"""Writes ``docs/commands.md`` from the commands themselves: `make docs`."""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from facilitation import create_app  # noqa: E402
from facilitation.live.commands import COMMANDS  # noqa: E402

TARGET = ROOT / "docs" / "commands.md"
HEAD = """# Commands

Made by `make docs` from the code; `flask --app wsgi commands --json` has the whole JSON schemas. An argument with a question
mark may be left out.
*Who*: any of these capacities suffices. *When*: phases of the meeting.

| command | what it does | arguments | who | when |
|---|---|---|---|---|
"""


def commands_page() -> str:
    """The page. Importing the application has registered all commands."""
    rows = []
    for command in sorted(COMMANDS.values(), key=lambda each: each.name):
        if command.internal:
            continue
        schema = command.schema()
        asked_for = set(schema.get("required", ()))
        arguments = [
            f"`{name}`{'' if name in asked_for else '?'} {_kind(each, schema)}".strip()
            for name, each in schema.get("properties", {}).items()
        ]
        what = " ".join((command.function.__doc__ or "").split("\n\n")[0].split())
        during = "any" if len(command.during) == 5 else " ".join(command.during)
        rows.append(f"| `{command.name}` | {what} | {', '.join(arguments)} | {' '.join(command.by)} | {during} |")
    return HEAD + "\n".join(rows).replace("``", "`") + "\n"


def _kind(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    """What an argument is, in a word or two."""
    if "$ref" in schema:
        return _kind(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "enum" in schema:
        return " / ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return _kind(next(each for each in schema["anyOf"] if each.get("type") != "null"), whole)
    match schema.get("type"):
        case "object":
            return "texts by language" if "string" in str(schema.get("additionalProperties")) else "object"
        case "array":
            return "list"
        case "integer":
            return "number"
        case "boolean":
            return "yes or no"
    return ""


if __name__ == "__main__":
    create_app()
    TARGET.write_text(commands_page(), encoding="utf-8")

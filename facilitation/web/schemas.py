"""What integrators rely on, as JSON Schemas that are made from the code itself."""

from collections.abc import Callable
from typing import Any, NotRequired

from flask import Blueprint, abort
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from facilitation.live.commands import COMMANDS
from facilitation.plan.format import PLAN
from facilitation.record import document, state
from facilitation.web.access import route
from facilitation.web.messages import ASKED, TOLD

pages = Blueprint("schemas", __name__)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Step = TypedDict("Step", {"as": str, "do": str, "with": NotRequired[dict[str, Any]], "save_as": NotRequired[str]})
Step.__doc__ = (
    """A step of a script: who gives which command, with what, and under which name the id that it returns is kept."""
)


def _of(shape: Any) -> dict[str, Any]:
    return TypeAdapter(shape).json_schema()


def _commands() -> dict[str, Any]:
    """Each command's arguments, and beside them what JSON Schema has no word for: who may give it, and when."""
    return {
        "$defs": {
            command.name: {**command.schema(), "by": list(command.by), "during": list(command.during)}
            for command in COMMANDS.values()
            if not command.internal
        }
    }


def _messages() -> dict[str, Any]:
    """Every event with what comes with it and what it is answered."""
    asked = {
        event: {"from": "client", "sends": _of(sent), **({"answer": _of(answer)} if answer else {})}
        for event, (sent, answer) in ASKED.items()
    }
    return {"asked": asked, "told": {event: {"from": "server", "sends": _of(sent)} for event, sent in TOLD.items()}}


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "plan-1": lambda: PLAN.schema,
    "script-1": lambda: _of(list[Step]),
    "commands-1": _commands,
    "messages-1": _messages,
    "state-1": state.json_schema,
    "document-1": document.json_schema,
}
"""Name of a format → its schema."""


@route(pages, "/schemas/<name>.json", "public")
def schema(name: str) -> dict[str, Any]:
    """One format's schema."""
    if name not in SCHEMAS:
        abort(404)
    return {"$schema": DIALECT, "$id": f"facilitation-{name.replace('-', '/')}", **SCHEMAS[name]()}

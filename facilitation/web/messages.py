"""The messages of the live protocol: what clients send, what they are answered, what the server tells by itself.

The protocol is documented from here (``/schemas/messages-1.json``, ``docs/formats.md``); a test holds that what is really
sent has these shapes.
"""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

View = Literal["room", "console", "screen", "desk", "delegation", "minutes"]


class Join(TypedDict):
    """Joins a meeting with one view of it; again: another view. ``since`` is the last number that the client has; with the
    ``epoch`` and ``release`` that it had then, another one of either brings everything. ``person``: refused when somebody else
    has signed in in this browser meanwhile."""

    workshop: str
    view: NotRequired[View]
    since: NotRequired[int | None]
    lang: NotRequired[str]
    epoch: NotRequired[str]
    release: NotRequired[str]
    person: NotRequired[int]


class CatchUp(TypedDict):
    """Asks for what changed after a number."""

    since: int | None
    epoch: NotRequired[str]
    release: NotRequired[str]


class Command(TypedDict):
    """Gives a command, once, whatever happens to the line: ``id`` is a UUID that the client makes, and sends until it is
    answered."""

    id: str
    name: str
    args: dict[str, Any]


class Signal(TypedDict):
    """Something ephemeral that is stored nowhere and not answered: ``seen`` with ``seq``, ``help``, ``practice`` with ``text``,
    ``typing`` with ``field``."""

    kind: Literal["seen", "help", "practice", "typing"]
    seq: NotRequired[int]
    text: NotRequired[str]
    field: NotRequired[str]


class Standing(TypedDict):
    """The answer to ``join`` and ``catch_up``. ``regions``: DOM id → element, or ``""`` when it is gone. ``now``: the server's
    clock in milliseconds since 1970."""

    ok: Literal[True]
    seq: int
    regions: dict[str, str]
    epoch: str
    release: str
    now: int


class Accepted(TypedDict):
    """A command is carried out and on disk; ``seq`` is its number."""

    ok: Literal[True]
    seq: int
    result: dict[str, Any]


class Why(TypedDict):
    """Why not: a code for programs, a sentence for people, the argument that is at fault, seconds after which to try again."""

    code: Literal[
        "invalid",
        "unauthenticated",
        "forbidden",
        "not_found",
        "not_now",
        "conflict",
        "stale",
        "too_large",
        "too_fast",
        "unavailable",
    ]
    message: str
    field: NotRequired[str]
    retry_after: NotRequired[float]


class Refused(TypedDict):
    """Nothing was changed."""

    ok: Literal[False]
    error: Why


Patch = TypedDict("Patch", {"from": int, "seq": int, "regions": dict[str, str]})
Patch.__doc__ = """What changed from one number to another. ``from`` is the client's number plus one: take it. Larger: something
was missed, ``catch_up``. ``seq`` not above the client's: it has that already."""


class Told(TypedDict):
    """Something ephemeral: ``seen`` (how many others have seen one's own change), ``presence`` (how many are there), ``help``,
    ``help_heard``, ``practice``, ``typing``."""

    kind: Literal["seen", "presence", "help", "help_heard", "practice", "typing"]
    seq: NotRequired[int]
    count: NotRequired[int]
    of: NotRequired[int]
    person: NotRequired[str]
    name: NotRequired[str]
    text: NotRequired[str]
    field: NotRequired[str]
    language: NotRequired[str]


class Leave(TypedDict):
    """The socket is about to be closed: for good, or to come back after so many seconds."""

    reason: str
    retry_after: NotRequired[float]


ASKED: dict[str, tuple[Any, Any]] = {
    "join": (Join, Standing | Refused),
    "catch_up": (CatchUp, Standing | Refused),
    "command": (Command, Accepted | Refused),
    "signal": (Signal, None),
}
"""Event from a client → what comes with it, and what it is answered."""
TOLD: dict[str, Any] = {"patch": Patch, "signal": Told, "leave": Leave}
"""Event from the server → what comes with it."""

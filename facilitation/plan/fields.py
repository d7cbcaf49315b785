"""Readers: a plain value and its place in, a typed value out. Small ones make larger ones, and those a format.

Every reader says what it reads as a JSON Schema, so that the format is documented by what reads it.
A reader that can make nothing of its value raises ``Misread``. The larger ones (``record``, ``list_of``, ``map_of``,
``texts``) note that where it happened, put ``UNREAD`` in its place and go on with the next.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext
from flask_babel.speaklater import LazyString

from facilitation.meeting.texts import UNDETERMINED, Texts, is_language
from facilitation.plan.errors import UNREAD, Place, shown
from facilitation.plan.source import Node

T = TypeVar("T")
Schema = dict[str, Any]


@dataclass(frozen=True)
class Reader(Generic[T]):
    """What makes a typed value of a plain one, and the JSON Schema of the plain one."""

    read: Callable[[Node, Place], T]
    schema: Schema = field(default_factory=dict)
    is_required: bool = False

    def __call__(self, node: Node, place: Place) -> T:
        """The typed value. Raises ``Misread``."""
        return self.read(node, place)


ABSENT = ""
"""A field that is not there reads like one left empty."""


class Misread(Exception):
    """The value is not what belongs in this place."""

    def __init__(self, message: LazyString) -> None:
        super().__init__(message)
        self.message = message


def attempt(reader: Reader[T], node: Node, place: Place) -> T:
    """What the reader makes of the value, or ``UNREAD`` with the error noted."""
    try:
        return reader(node, place)
    except Misread as misread:
        place.note(misread.message)
        nothing: T = UNREAD
        return nothing


# Whether a value is there


def required(reader: Reader[T]) -> Reader[T]:
    """As ``reader``; an absent value is an error."""

    def read(node: Node, place: Place) -> T:
        if node == ABSENT:
            raise Misread(_l("missing"))
        return reader(node, place)

    return Reader(read, reader.schema, is_required=True)


def optional(reader: Reader[T], default: Any = None) -> Reader[Any]:
    """As ``reader``; an absent value, which is also what YAML calls null, is the default."""
    return Reader(
        lambda node, place: default if node in (ABSENT, "null", "~") else reader(node, place),
        {"anyOf": [reader.schema, {"type": "null"}]},
    )


# Values made of values


def record(make: Callable[..., T], **fields: Reader[Any]) -> Reader[T]:
    """A map with these fields and no others, given to ``make`` by name."""

    def read(node: Node, place: Place) -> T:
        entries = _map(node)
        for name in entries:
            if name not in fields:
                place.field(name).note(_l("unknown field"))
        return make(
            **{name: attempt(reader, entries.get(name, ABSENT), place.field(name)) for name, reader in fields.items()}
        )

    schema = {
        "type": "object",
        "properties": {name: reader.schema for name, reader in fields.items()},
        "required": [name for name, reader in fields.items() if reader.is_required],
        "additionalProperties": False,
    }
    return Reader(read, schema)


def list_of(reader: Reader[T], *, at_least: int = 0) -> Reader[tuple[T, ...]]:
    """A list, each entry as ``reader`` has it."""

    def read(node: Node, place: Place) -> tuple[T, ...]:
        if not isinstance(node, list):
            raise Misread(_l("a list belongs here"))
        if len(node) < at_least:
            raise Misread(_l("the list is empty"))
        return tuple(attempt(reader, entry, place.entry(index)) for index, entry in enumerate(node))

    return Reader(read, {"type": "array", "items": reader.schema, **({"minItems": at_least} if at_least else {})})


def map_of(name: Reader[str], reader: Reader[T]) -> Reader[Mapping[str, T]]:
    """A map whose names are the plan's own: ``name`` reads them."""

    def read(node: Node, place: Place) -> Mapping[str, T]:
        return {
            attempt(name, key, place.field(key)): attempt(reader, value, place.field(key))
            for key, value in _map(node).items()
        }

    return Reader(read, {"type": "object", "propertyNames": name.schema, "additionalProperties": reader.schema})


def texts(reader: Reader[str]) -> Reader[Texts]:
    """A map from language to text, or a single text of no particular language. A language left empty is not there."""

    def read(node: Node, place: Place) -> Texts:
        if isinstance(node, str):
            return {UNDETERMINED: reader(node, place)}
        found = {}
        for key, value in _map(node).items():
            tag = key if key == UNDETERMINED else attempt(language, key, place.field(key)) or key
            if tag in found:
                place.field(key).note(_l("given twice"))
            elif value != ABSENT:
                found[tag] = attempt(reader, value, place.field(key))
        if not found:
            raise Misread(_l("missing"))
        return found

    by_language = {"type": "object", "additionalProperties": reader.schema, "description": "language tag → text"}
    return Reader(read, {"anyOf": [reader.schema, by_language]})


def _map(node: Node) -> dict[str, Node]:
    if not isinstance(node, dict):
        raise Misread(_l("fields with names belong here"))
    return node


# Single values


def scalar(schema: Schema) -> Callable[[Callable[[str], T]], Reader[T]]:
    """A single value, which the function makes of its text or raises ``Misread``."""

    def reading_with(parse: Callable[[str], T]) -> Reader[T]:
        def read(node: Node, place: Place) -> T:
            if not isinstance(node, str):
                raise Misread(_l("a single value belongs here"))
            return parse(node)

        return Reader(read, schema)

    return reading_with


def text(most: int, *, lines: bool = False) -> Reader[str]:
    """A text of at most so many characters, on one line unless it may have several."""

    @scalar({"type": "string", "maxLength": most})
    def parse(value: str) -> str:
        if len(value) > most:
            raise Misread(lazy_ngettext("longer than %(num)s character", "longer than %(num)s characters", most))
        # not split(): the hard spaces of French are text
        return value if lines else re.sub(r"[ \t\r\n]+", " ", value)

    return parse


def name_like(pattern: str, message: LazyString) -> Reader[str]:
    """A name that matches the pattern whole."""

    @scalar({"type": "string", "pattern": f"^{pattern}$"})
    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise Misread(message)
        return value

    return parse


def one_of(choices: Sequence[T]) -> Reader[T]:
    """One of these words."""

    @scalar({"enum": list(choices)})
    def parse(value: str) -> T:
        for choice in choices:
            if choice == value:
                return choice
        raise Misread(
            _l('"%(value)s" is not one of %(choices)s', value=shown(value), choices=", ".join(map(str, choices)))
        )

    return parse


def whole(least: int, most: int) -> Reader[int]:
    """A whole number within bounds."""

    @scalar({"type": "integer", "minimum": least, "maximum": most})
    def parse(value: str) -> int:
        if not re.fullmatch("-?[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise Misread(
                _l(
                    '"%(value)s" is not a whole number from %(least)s to %(most)s',
                    value=shown(value),
                    least=least,
                    most=most,
                )
            )
        return int(value)

    return parse


@scalar({"type": "boolean"})
def flag(value: str) -> bool:
    """True or false, in the words that YAML has for them."""
    match value.lower():
        case "true" | "yes" | "on":
            return True
        case "false" | "no" | "off":
            return False
    raise Misread(_l('"%(value)s" is neither true nor false', value=shown(value)))


@scalar({"type": "string", "format": "date"})
def calendar_date(value: str) -> date:
    """A date of a year in which a meeting can be, away from the ends of the calendar, where time zones fall off."""
    try:
        # fromisoformat alone also takes week dates and dates without hyphens
        if re.fullmatch("(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Misread(_l('"%(value)s" is not a date like 2020-06-09', value=shown(value)))


@scalar({"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"})
def clock_time(value: str) -> time:
    """A time of the day in hours and minutes."""
    if found := re.fullmatch("([01]?[0-9]|2[0-3]):([0-5][0-9])", value):
        return time(int(found[1]), int(found[2]))
    raise Misread(_l('"%(value)s" is not a time like 09:30', value=shown(value)))


@scalar({"type": "string", "description": "a name of the IANA time zone database"})
def time_zone(value: str) -> str:
    """The name of a time zone, as ``zoneinfo`` knows it."""
    try:
        return ZoneInfo(value).key
    except (LookupError, ValueError, OSError):  # OSError: a folder of zones
        raise Misread(_l('unknown time zone "%(value)s"', value=shown(value))) from None


@scalar({"type": "string", "description": "a language tag (BCP 47) that Babel knows"})
def language(value: str) -> str:
    """A language tag that Babel knows, in the usual capitals (``sr-Latn``, ``pt-BR``)."""
    if re.fullmatch("[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", value):
        first, *rest = re.split("[-_]", value.lower())
        tag = "-".join([first, *(part.title() if len(part) == 4 else part.upper() for part in rest)])
        if tag != UNDETERMINED and is_language(tag):
            return tag
    raise Misread(_l('unknown language "%(tag)s"', tag=shown(value)))


@scalar({"type": "string", "format": "uri"})
def web_address(value: str) -> str:
    """An address that a link may lead to: http or https, with a host."""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and not re.search(r"[\s\\<>\"]", value)
    except ValueError:
        sound = False
    if not sound or len(value) > 2000:
        raise Misread(_l('"%(value)s" is not an address that begins with http:// or https://', value=shown(value)))
    return value

"""YAML text → text, lists and maps, within bounds.

Scalars stay text, whatever YAML would make of them: ``NO`` is Norway and ``10:00`` a time, not 600. There is nothing to
construct, so tags mean nothing here, and nothing grows: aliases, which make gigabytes of a few lines, are refused.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext

from facilitation.plan.errors import Errors, Place, shown

Node = str | list["Node"] | dict[str, "Node"]

MOST_BYTES = 1_000_000
DEEPEST = 32

# libyaml where there is one: a text of the greatest size in a second rather than ten
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# control characters but tab and line ends, halves of surrogate pairs, a byte order mark in the middle, non-characters
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def plain_values(source: bytes | str, errors: Errors) -> Node:
    """The values of a YAML document, all scalars as text without the blanks around it.

    Raises ``PlanRefused`` for what is no such document; notes keys given twice and characters that no text has.
    """
    events = _events(_decoded(source, errors), errors)
    first = next(events, None)
    if first is None:
        errors.stop("", _l("The plan is empty."))
    value = _value(first, events, Place("", errors), 1)
    if next(events, None) is not None:
        errors.stop("", _l("There is more than one document in this file."))
    return value


def _decoded(source: bytes | str, errors: Errors) -> str:
    data = source if isinstance(source, bytes) else source.encode(errors="surrogatepass")
    if len(data) > MOST_BYTES:
        errors.stop(
            "",
            lazy_ngettext(
                "The plan is too large: at most %(num)s byte.",
                "The plan is too large: at most %(num)s bytes.",
                MOST_BYTES,
            ),
        )
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        errors.stop("", _l("line %(line)s: this is not UTF-8; save the file as UTF-8", line=line))
    if found := _FORBIDDEN.search(text):
        before = text[: found.start()]
        errors.stop(
            "",
            _l(
                "line %(line)s, column %(column)s: the character %(code)s does not belong in a text",
                line=before.count("\n") + 1,
                column=found.start() - before.rfind("\n"),
                code=_code(found[0]),
            ),
        )
    return text


def _events(text: str, errors: Errors) -> Iterator[yaml.Event]:
    """The events that carry values, one at a time: the bounds hold before a hostile text is read in full."""
    frame = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if not isinstance(event, frame):
                yield event
    except yaml.MarkedYAMLError as error:
        line, column = _position(error.problem_mark)
        if re.match(r" *\t", "".join(text.split("\n")[line - 1 : line])):
            message = _l(
                "line %(line)s, column %(column)s: a tab; YAML is indented with spaces", line=line, column=column
            )
        else:
            message = _l(
                "line %(line)s, column %(column)s: this is not YAML (%(problem)s)",
                line=line,
                column=column,
                problem=shown(error.problem or ""),
            )
        errors.stop("", message)


def _value(event: yaml.Event, events: Iterator[yaml.Event], place: Place, depth: int) -> Node:
    if isinstance(event, yaml.ScalarEvent):
        return _text(event, place)
    if isinstance(event, yaml.AliasEvent):
        place.errors.stop(
            place.path, _l("aliases (*%(name)s) are not allowed; write it out", name=shown(event.anchor or ""))
        )
    if depth > DEEPEST:
        place.errors.stop("", _l("line %(line)s: nested too deeply", line=_position(event.start_mark)[0]))
    if isinstance(event, yaml.SequenceStartEvent):
        entries: list[Node] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            entries.append(_value(event, events, place.entry(len(entries)), depth + 1))
        return entries
    fields: dict[str, Node] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent):
            place.errors.stop(place.path, _l("line %(line)s: a name belongs here", line=_position(event.start_mark)[0]))
        name = _text(event, place)
        field = place.field(name)
        value = _value(next(events), events, field, depth + 1)
        if name in fields:
            field.note(_l("given twice"))
        fields.setdefault(name, value)
    return fields


def _position(mark: Any) -> tuple[int, int]:
    """Line and column as people count them. PyYAML's two loaders have a class of marks each."""
    return mark.line + 1, mark.column + 1


def _text(event: yaml.ScalarEvent, place: Place) -> str:
    # an escape ("\0") writes what the file itself may not contain
    text: str = event.value
    if found := _FORBIDDEN.search(text):
        place.note(_l("the character %(code)s does not belong in a text", code=_code(found[0])))
        text = _FORBIDDEN.sub("�", text)
    return text.strip()


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"

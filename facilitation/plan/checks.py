"""What is wrong with a plan whose every value is well formed: it contradicts itself, or points nowhere.

The plan may hold ``UNREAD`` where a value was not well formed. Checks pass over it, so that an error is told once, in
the place where it was made.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from facilitation.meeting.texts import UNDETERMINED, Texts
from facilitation.plan.errors import UNREAD
from facilitation.plan.model import Plan, PlannedItem

T = TypeVar("T")
Found = Iterator[tuple[str, LazyString]]


def inconsistencies(plan: Plan) -> Found:
    """Path and message of everything that does not fit together."""
    yield from _dates_and_languages(plan)
    yield from _given_twice(plan)
    yield from _references(plan)
    yield from _people(plan)
    yield from _slots(plan)
    yield from _overlaps(plan)


def _dates_and_languages(plan: Plan) -> Found:
    if _known(plan.starts_on, plan.ends_on) and plan.ends_on < plan.starts_on:
        yield "ends_on", _l("before the first day")
    if _known(plan.default_language, plan.languages) and plan.default_language not in plan.languages:
        yield "default_language", _l('"%(tag)s" is not one of the languages', tag=plan.default_language)
    if plan.default_language:
        named = {"title": plan.title}
        named |= {f"{path}.name": delegation.name for path, delegation in _entries("delegations", plan.delegations)}
        for path, texts in named.items():
            if texts and not _says(texts, plan.default_language):
                yield path, _l('no text in the default language "%(tag)s"', tag=plan.default_language)


def _says(texts: Texts, tag: str) -> bool:
    return tag in texts or UNDETERMINED in texts


def _given_twice(plan: Plan) -> Found:
    for name, entries, key in (
        ("languages", plan.languages, None),
        ("principles", plan.principles, "key"),
        ("delegations", plan.delegations, "code"),
        ("people", plan.people, "key"),
        ("agenda", plan.agenda, "key"),
        ("programmes", plan.programmes, "key"),
    ):
        seen = set()
        for path, entry in _entries(name, entries):
            value: Any = getattr(entry, key) if key else entry
            if value is UNREAD:
                continue
            # "al" and "AL" are one delegation to whoever reads a table
            if value.casefold() in seen:
                yield f"{path}.{key}" if key else path, _l('"%(key)s" is given twice', key=value)
            seen.add(value.casefold())


def _references(plan: Plan) -> Found:
    codes, people = _names(plan.delegations, "code"), _names(plan.people, "key")
    for name, entries, field, known in (
        ("delegations", plan.delegations, "footnote", plan.footnotes),
        ("people", plan.people, "delegation", codes),
        ("agenda", plan.agenda, "speaker", people),
        ("agenda", plan.agenda, "delegation", codes),
        ("programmes", plan.programmes, "delegation", codes),
    ):
        for path, entry in _entries(name, entries):
            key = getattr(entry, field)
            if key and known is not UNREAD and key not in known:
                yield f"{path}.{field}", _nothing_called(field, key)


def _names(entries: tuple[Any, ...], key: str) -> Any:
    """What may be referred to; ``UNREAD`` when the list as a whole is, and every reference would look wrong."""
    return {getattr(entry, key) for _, entry in _entries("", entries)} if _known(entries) else UNREAD


def _nothing_called(field: str, key: str) -> LazyString:
    match field:
        case "footnote":
            return _l('no footnote "%(key)s"', key=key)
        case "speaker":
            return _l('no person "%(key)s"', key=key)
        case _:
            return _l('no delegation "%(code)s"', code=key)


def _people(plan: Plan) -> Found:
    heads: dict[str, str] = {}
    for path, person in _entries("people", plan.people):
        if person.role == "participant" and person.delegation is None:
            yield f"{path}.delegation", _l("a participant needs a delegation")
        if not person.head_of_delegation:
            continue
        if _known(person.role) and person.role != "participant":
            yield f"{path}.head_of_delegation", _l("only a participant is head of a delegation")
        elif person.delegation in heads:
            yield (
                f"{path}.head_of_delegation",
                _l(
                    'delegation "%(code)s" has a head already: "%(key)s"',
                    code=person.delegation,
                    key=heads[person.delegation],
                ),
            )
        elif person.delegation:
            heads[person.delegation] = person.key


def _slots(plan: Plan) -> Found:
    dated = _known(plan.starts_on, plan.ends_on) and plan.starts_on <= plan.ends_on
    days = (plan.ends_on - plan.starts_on).days + 1 if dated else None
    for path, item in _entries("agenda", plan.agenda):
        if days and item.day and item.day > days:
            yield f"{path}.day", _l("day %(day)s of a meeting whose last day is %(days)s", day=item.day, days=days)
        if _known(item.start, item.minutes) and _end(item) > 24 * 60:
            yield f"{path}.minutes", _l("ends after midnight")
        if item.kind == "presentation" and item.delegation is None:
            yield f"{path}.delegation", _l("a presentation needs a delegation")


def _overlaps(plan: Plan) -> Found:
    days = defaultdict(list)
    for path, item in _entries("agenda", plan.agenda):
        if _known(item.day, item.start, item.minutes):
            days[item.day].append((path, item))
    for slots in days.values():
        slots.sort(key=lambda slot: slot[1].start)
        _, latest = slots[0]
        for path, item in slots[1:]:
            if _start(item) < _end(latest):
                yield (
                    f"{path}.start",
                    _l(
                        'overlaps "%(key)s" (%(start)s–%(end)s)',
                        key=latest.key,
                        start=_clock(_start(latest)),
                        end=_clock(_end(latest)),
                    ),
                )
            latest = max(latest, item, key=_end)


def _start(item: PlannedItem) -> int:
    return item.start.hour * 60 + item.start.minute


def _end(item: PlannedItem) -> int:
    return _start(item) + item.minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _known(*values: Any) -> bool:
    return UNREAD not in values


def _entries(name: str, entries: tuple[T, ...]) -> Iterator[tuple[str, T]]:
    """Each entry of a list that could be read, with its path."""
    if entries is not UNREAD:
        for index, entry in enumerate(entries):
            if entry is not UNREAD:
                yield f"{name}[{index}]", entry

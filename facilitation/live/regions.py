"""Regions: the pieces that pages are made of, each with one DOM id, one template, one audience and one place.

A region looks the same to everybody who may see it in one language, so that it is rendered once a language, not once a
person. Regions are never nested in one another and never change their place: a patch replaces, adds or removes one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from flask import render_template
from flask_babel import force_locale
from markupsafe import Markup

from facilitation.meeting.texts import locale_of

VIEWS = ("room", "console", "screen", "desk", "delegation", "minutes")
EVERYONE = "all"
EVERYTHING = "everything"
"""The topic of regions that any command may change."""


class Viewer(Protocol):
    """Who looks: what decides which regions are theirs."""

    @property
    def view(self) -> str:
        """The view that the viewer looks with."""

    @property
    def tags(self) -> frozenset[str]:
        """The audiences that the viewer belongs to."""


@dataclass(frozen=True)
class Region:
    """A kind of region. ``name`` is its template's name and, with a key, its DOM id (``card-4f2a``)."""

    name: str
    views: frozenset[str]
    slot: str
    """The container that it stands in."""
    audience: Callable[[str], str]
    """From the region's key to the one tag whose bearers see it."""
    keys: Callable[[Any], Iterable[str]]
    """The keys of all regions of this kind in a meeting (``[""]`` where there is just one)."""
    topics: frozenset[str]
    """What it listens to: a command that concerns one of these touches every region of this kind."""
    load: Callable[[Any, str], dict[str, Any] | None]
    """The template's values for a key; ``None`` when the region is not there (any more)."""
    read_ahead: Callable[[Any, list[str]], None]
    """Reads at once what ``load`` will ask for, of many keys."""


REGIONS: dict[str, Region] = {}


def region(
    *,
    slot: str,
    views: str,
    audience: str | Callable[[str], str] = EVERYONE,
    keys: Callable[[Any], Iterable[str]] = lambda _: [""],
    on: str = "",
    read_ahead: Callable[[Any, list[str]], None] = lambda _meeting, _keys: None,
) -> Callable[[Callable[[Any, str], dict[str, Any] | None]], Callable[[Any, str], dict[str, Any] | None]]:
    """Makes a function ``(meeting, key) -> values | None`` the loader of the region named like it.

    ``slot``: the container. ``views``: the views that show it. ``audience``: a tag, or from the key to a tag.
    ``keys``: from the meeting to the keys there are. ``on``: topics that it listens to. The value ``order``, if given,
    decides the place among the regions of the slot (else the order of registration). ``read_ahead``: for kinds of which there
    are many; reads what many keys need at once, so that a full room asks the database as seldom as an empty one.
    """
    unknown = set(views.split()) - set(VIEWS)
    if unknown:
        raise ValueError(f"no such view: {unknown}")

    def register(load: Callable[[Any, str], dict[str, Any] | None]) -> Callable[[Any, str], dict[str, Any] | None]:
        name = load.__name__
        REGIONS[name] = Region(
            name,
            frozenset(views.split()),
            slot,
            audience if callable(audience) else lambda _key: audience,
            keys,
            frozenset(on.split()),
            load,
            read_ahead,
        )
        return load

    return register


def container_id(slot: str) -> str:
    """The DOM id of a slot's container; never that of a region."""
    return f"in-{slot}"


def region_of(dom_id: str) -> tuple[Region, str]:
    """The kind and the key that a DOM id stands for. Raises ``KeyError`` for an id that no region has."""
    name, _, key = dom_id.partition("-")
    return REGIONS[name], key


def dom_id(kind: Region, key: str) -> str:
    """The DOM id of the region with this key."""
    return f"{kind.name}-{key}" if key else kind.name


def listening_to(topics: set[str], meeting: Any) -> list[str]:
    """The DOM ids of all regions that listen to one of these topics."""
    return [
        dom_id(kind, key)
        for kind in REGIONS.values()
        if not topics.isdisjoint(kind.topics)
        for key in kind.keys(meeting)
    ]


def audiences(dom_ids: Iterable[str], view: str) -> list[tuple[str, str]]:
    """Those of the DOM ids that the view shows, each with its audience; none that only an earlier release had."""
    found = []
    for wanted in dom_ids:
        name, _, key = wanted.partition("-")
        kind = REGIONS.get(name)
        if kind is not None and view in kind.views:
            found.append((wanted, kind.audience(key)))
    return found


def places(meeting: Any, view: str) -> list[tuple[str, str]]:
    """The DOM ids of all regions that the view shows to anybody now, each with its audience."""
    return [
        (dom_id(kind, key), kind.audience(key))
        for kind in REGIONS.values()
        if view in kind.views
        for key in kind.keys(meeting)
    ]


def all_ids(meeting: Any, viewer: Viewer) -> list[str]:
    """The DOM ids of all regions that the viewer may see now."""
    return [dom_id for dom_id, audience in places(meeting, viewer.view) if audience in viewer.tags]


def all_ids_there_are(meeting: Any) -> list[str]:
    """The DOM ids of all regions of the meeting now."""
    return [dom_id(kind, key) for kind in REGIONS.values() for key in kind.keys(meeting)]


def nothing_at(dom_id: str) -> str:
    """An empty element in a region's place."""
    kind, _ = region_of(dom_id)
    return Markup('<div id="{}" data-in="{}" data-order="{:06}"></div>').format(
        dom_id, container_id(kind.slot), list(REGIONS).index(kind.name)
    )


def read_ahead(meeting: Any, dom_ids: Iterable[str]) -> None:
    """Reads at once what ``render`` will ask for, of these."""
    wanted: dict[str, list[str]] = {}
    for each in dom_ids:
        name, _, key = each.partition("-")
        wanted.setdefault(name, []).append(key)
    for name, keys in wanted.items():
        REGIONS[name].read_ahead(meeting, keys)


def render(meeting: Any, dom_id: str, lang: str) -> str:
    """The region as one HTML element with this id, or ``""`` when it is not there."""
    kind, key = region_of(dom_id)
    values = kind.load(meeting, key)
    if values is None:
        return ""
    order = values.pop("order", f"{list(REGIONS).index(kind.name):06}")
    place = Markup('id="{}" data-in="{}" data-order="{}"').format(dom_id, container_id(kind.slot), order)
    with force_locale(locale_of(lang)):
        html = render_template(f"regions/{kind.name}.html", meeting=meeting, place=place, lang=lang, **values)
    return html.strip()

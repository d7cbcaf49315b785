"""The framework: elements that the meeting builds, each resting on what was said."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import TypedDict

from facilitation.activities.sources import SOURCE_NAMES, Source, citable, cite, citing, sources_of, uses_of
from facilitation.activities.themes import themes_of
from facilitation.activities.translation import Subject, kept_in_row, reworded, translatable
from facilitation.extensions import db
from facilitation.live.commands import command
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, MeetingAct, TextsArgument
from facilitation.meeting.models import Model, Workshop, new_id

WHILE_BUILDING = "open closed"
LAST = "~"
"""Behind every number among the regions of a slot."""


class Element(Model):
    """An element of the framework."""

    __tablename__ = "framework_elements"
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    text: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    sources: Mapped[list[str]] = mapped_column(JSON)
    """Ids of themes, contributions and conclusions, as they were given."""
    version: Mapped[int] = mapped_column(default=1)
    """Of title and text."""


_SOURCES_OF_ELEMENTS = ("theme", "contribution", "conclusion")


@command("element_added", by="rapporteur", during=WHILE_BUILDING)
def add_element(
    act: MeetingAct,
    *,
    title: TextsArgument,
    sources: Annotated[list[Key], Field(min_length=1)],
    text: TextsArgument | None = None,
) -> dict[str, str]:
    """Adds an element to the framework; it rests on at least one theme, contribution or conclusion."""
    added = Element(
        id=new_id(),
        workshop_id=act.workshop.id,
        seq=act.stream.seq,
        title=title,
        text=text or {},
        sources=cite(act, sources, _SOURCES_OF_ELEMENTS),
    )
    db.session.add(added)
    _touch(act, added)
    return {"id": added.id}


@command("element_changed", by="rapporteur", during=WHILE_BUILDING)
def edit_element(
    act: MeetingAct,
    *,
    element: Key,
    title: TextsArgument | None = None,
    text: TextsArgument | None = None,
    sources: Annotated[list[Key], Field(min_length=1)] | None = None,
) -> None:
    """Changes what is given of an element."""
    found: Element = act.made(Element, element, "element")
    if title is not None:
        found.title, found.version = reworded(act, found.id, found.title, title, found.version)
    if text is not None:
        found.text, found.version = reworded(act, _text_id(found), found.text, text, found.version)
    if sources is not None:
        # What it rests on already may stay, though it could not be chosen any more.
        added = cite(act, [each for each in sources if each not in found.sources], _SOURCES_OF_ELEMENTS)
        found.sources = [each for each in dict.fromkeys(sources) if each in found.sources or each in added]
    _touch(act, found)


def elements_of(workshop: Workshop) -> list[Element]:
    """The framework's elements, in the order they were added."""
    return list(db.session.scalars(select(Element).filter_by(workshop_id=workshop.id).order_by(Element.seq)))


class ElementState(TypedDict):
    """An element of the framework in ``state.json``."""

    id: str
    title: dict[str, str]
    sources: list[str]


def framework_state(workshop: Workshop) -> list[ElementState]:
    """The framework's part of ``state.json``."""
    return [
        {
            "id": element.id,
            "title": element.title,
            "sources": [source.id for source in sources_of(workshop, element.sources)],
        }
        for element in elements_of(workshop)
    ]


def _touch(act: MeetingAct, element: Element) -> None:
    act.touch(*_regions_of(element), f"translating-{element.id}", f"translating-{_text_id(element)}")
    act.concerns("framework")
    act.facts["element"] = element.id


def _regions_of(element: Element) -> tuple[str, ...]:
    return f"element-{element.id}", f"amending-{element.id}"


def _element_ids(workshop: Workshop) -> list[str]:
    return [element.id for element in elements_of(workshop)]


def _element(workshop: Workshop, key: str) -> Element | None:
    found = db.session.get(Element, key)
    return None if found is None or found.workshop_id != workshop.id else found


@region(
    slot="framework",
    views="room console screen delegation",
    keys=_element_ids,
    on="themes conclusions translations",
)
def element(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """An element of the framework, with links to what it rests on and to what rests on it."""
    found = _element(workshop, key)
    if found is None:
        return None
    return {
        "order": f"{found.seq:08}",
        "element": found,
        "sources": sources_of(workshop, found.sources),
        "uses": uses_of(workshop, found.id),
        "source_names": SOURCE_NAMES,
    }


@region(
    slot="framework",
    views="room console",
    audience="rapporteur",
    keys=_element_ids,
    on="phase themes translations",
)
def amending(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """The form to change an element."""
    found = _element(workshop, key)
    if found is None or workshop.phase not in WHILE_BUILDING.split():
        return None
    chosen = {source.id for source in sources_of(workshop, found.sources)}
    return {"order": f"{found.seq:08}+", "element": found, "themes": themes_of(workshop), "chosen": chosen}


@region(slot="framework", views="room console", audience="rapporteur", on="phase items themes translations")
def building(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The form to add an element."""
    if workshop.phase not in WHILE_BUILDING.split():
        return None
    item = workshop.running_item()
    on_now = item is not None and item.kind == "framework"
    return {"order": LAST, "themes": themes_of(workshop), "on_now": on_now}


def _text_id(element: Element) -> str:
    return f"{element.id}.text"


def _subject(workshop: Workshop, subject_id: str) -> Subject | None:
    """An element's title, or its text where the id says so."""
    element_id, _, part = subject_id.partition(".")
    found = _element(workshop, element_id)
    if found is None or part not in ("", "text") or (part and not found.text):
        return None
    # What it rests on tells where it was taken up, by its title.
    touches = (*_regions_of(found), *(source.region for source in sources_of(workshop, found.sources)))
    return kept_in_row(found, part or "title", touches, SOURCE_NAMES["element"])


def _subject_ids(workshop: Workshop) -> list[str]:
    found = elements_of(workshop)
    return [each for element in found for each in (element.id, *([_text_id(element)] if element.text else []))]


translatable(_subject, _subject_ids)


def _element_source(workshop: Workshop, source_id: str) -> Source | None:
    found = db.session.get(Element, source_id)
    return None if found is None or found.workshop_id != workshop.id else Source(found.id, "element", found.title)


def _lines(workshop: Workshop) -> Iterator[tuple[Source, list[str]]]:
    for element in elements_of(workshop):
        yield Source(element.id, "element", element.title), element.sources


citable(_element_source)
citing(_lines)

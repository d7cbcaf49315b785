"""Slides that follow: the presenter's pages as pictures in the room, for lines too thin for video."""

import json
import shutil
from pathlib import Path
from typing import Annotated, Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from pydantic import Field
from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.activities.rendering import MAX_PAGES
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, MeetingAct, capacities_of
from facilitation.meeting.models import AgendaItem, Model, Person, Workshop

PageNumber = Annotated[int, Field(ge=1, le=MAX_PAGES)]


class Deck(Model):
    """The slides of an agenda item, and the page that the presenter is on. Its pictures are files in the instance."""

    __tablename__ = "decks"
    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id", ondelete="CASCADE"), unique=True)
    texts: Mapped[list[str]] = mapped_column(JSON)
    """The text of each page, for those who cannot see the picture."""
    page: Mapped[int] = mapped_column(default=1)


def folder_of(deck_id: str) -> Path:
    """Where the pictures of a deck are."""
    instance: Path = current_app.config["SETTINGS"].instance_dir
    return instance / "slides" / deck_id


def may_present(person: Person, item: AgendaItem) -> bool:
    """Whether the person leads through the slides of this item: its speaker, its delegation, or a facilitator."""
    if "facilitator" in capacities_of(person) or item.speaker_id == person.id:
        return True
    return item.delegation_id is not None and item.delegation_id == person.delegation_id


def deck_of(item: AgendaItem | None) -> Deck | None:
    """The slides of an item."""
    found: Deck | None = db.session.scalar(select(Deck).filter_by(item_id=item.id)) if item is not None else None
    return found


def _presenting(act: MeetingAct, key: str) -> AgendaItem:
    item = act.item(key)
    if not may_present(act.me, item):
        raise Refusal("forbidden", _l("Only who presents in this item shows slides."), field="item")
    return item


@command("slides_added", by="contributor facilitator", during="prepared open", internal=True)
def add_slides(act: MeetingAct, *, item: Key, deck: Key) -> dict[str, Any]:
    """Puts uploaded slides, whose pictures are there, into an item, in the place of earlier ones."""
    chosen = _presenting(act, item)
    texts = json.loads((folder_of(deck) / "texts.json").read_text(encoding="utf-8"))
    _remove(chosen)
    db.session.add(Deck(id=deck, workshop_id=act.workshop.id, item_id=chosen.id, texts=texts, page=1))
    act.facts |= {"item": item, "pages": len(texts)}
    act.concerns("slides")
    return {"id": deck}


@command("slides_removed", by="contributor facilitator", during="any")
def remove_slides(act: MeetingAct, *, item: Key) -> None:
    """Takes the slides out of an item, and their pictures with them."""
    _remove(_presenting(act, item))
    act.facts["item"] = item
    act.concerns("slides")


def _remove(item: AgendaItem) -> None:
    earlier = deck_of(item)
    if earlier is not None:
        shutil.rmtree(folder_of(earlier.id), ignore_errors=True)
        db.session.delete(earlier)
        db.session.flush()


@command("page_shown", by="contributor facilitator", during="open")
def show_page(act: MeetingAct, *, item: Key, page: PageNumber) -> None:
    """Shows everybody another page of the slides of the item that is on."""
    running = act.running(item)
    _presenting(act, item)
    deck = deck_of(running)
    if deck is None:
        raise Refusal("not_found", _l("There are no slides in this item."), field="item")
    if page > len(deck.texts):
        raise Refusal("invalid", _l("There are only %(number)s pages.", number=len(deck.texts)), field="page")
    deck.page = page
    act.facts |= {"item": item, "page": page}
    act.touch("slides")
    act.concerns("pages")


@region(slot="slides", views="room screen", on="items slides phase")
def slides(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The page that the presenter is on."""
    item = workshop.running_item()
    deck = deck_of(item)
    return None if deck is None or workshop.phase != "open" else {"deck": deck, "item": item}


def _leads(workshop: Workshop, person: Person | None) -> dict[str, Any] | None:
    """The item that the person presents in now, or next, with its slides."""
    if workshop.phase not in ("prepared", "open"):
        return None
    running = workshop.running_item()
    if person is not None:
        own = [item for item in workshop.agenda if item.state in ("running", "planned") and may_present(person, item)]
        item = next((each for each in own if each is running), own[0] if own else None)
    else:
        item = running
    return None if item is None else {"item": item, "deck": deck_of(item), "on": item is running}


def _possible_presenters(workshop: Workshop) -> list[str]:
    own = {item.delegation_id for item in workshop.agenda if item.delegation_id is not None}
    speakers = {item.speaker_id for item in workshop.agenda}
    return [
        str(person.id)
        for person in workshop.people
        if (person.delegation_id in own or person.id in speakers) and "facilitator" not in capacities_of(person)
    ]


@region(
    slot="leading",
    views="room",
    audience=lambda key: f"person-{key}",
    keys=_possible_presenters,
    on="items slides pages phase people",
)
def leading(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """My slides: to upload them, and to lead through them."""
    person = workshop.person_by_id(int(key))
    return None if person is None or person.revoked_at is not None else _leads(workshop, person)


@region(slot="leading", views="console", audience="facilitator", on="items slides pages phase")
def steering(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The slides of the item that is on, for facilitators."""
    return _leads(workshop, None)

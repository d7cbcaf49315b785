"""The pages of a meeting, each a skeleton of containers that its regions stand in."""

import re
import uuid
from collections import defaultdict
from functools import partial
from typing import Any

from flask import Blueprint, current_app, g, render_template, request
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from facilitation.activities.translation import text_at_desk
from facilitation.extensions import catalog_language, db, now_ms
from facilitation.live import broadcast
from facilitation.live.broadcast import Viewer
from facilitation.live.regions import container_id
from facilitation.meeting.acts import capacities_of, may_open, tags_of
from facilitation.meeting.models import Person, Workshop
from facilitation.record.exports import LIST_NAMES, files_of
from facilitation.web.access import browser_hash, route
from facilitation.web.client_texts import client_texts
from facilitation.web.language import reader_language

pages = Blueprint("rooms", __name__)

_ORDER = re.compile(r'data-in="([^"]*)" data-order="([^"]*)"')


class Slots:
    """The regions of one page, by the container they stand in."""

    def __init__(self, regions: dict[str, str]) -> None:
        self._by_slot: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for dom_id, html in regions.items():
            place = _ORDER.search(html)
            if place is not None:
                self._by_slot[place[1]].append((place[2], dom_id, html))

    def __call__(self, name: str, **attributes: str) -> Markup:
        """The container with this id and all its regions in order."""
        inner = "\n".join(html for _, _, html in sorted(self._by_slot.get(container_id(name), ())))
        given = "".join(f' {key.replace("_", "-")}="{Markup.escape(value)}"' for key, value in attributes.items())
        # Regions were escaped when they were rendered.
        return Markup(f'<div id="{container_id(name)}" data-slot{given}>\n{inner}\n</div>')  # noqa: S704


def fill_in_forms(html: str) -> str:
    """Gives the forms of rendered regions what they need to be posted without a script: the token and an id of their own.

    Regions are rendered once for everybody, so that these two values are left open in them. Text that people wrote
    cannot look like this, because its quotes are escaped.
    """
    html = html.replace('name="csrf_token" value=""', f'name="csrf_token" value="{generate_csrf()}"')
    return re.sub(r'name="id" value=""', lambda _: f'name="id" value="{uuid.uuid4()}"', html)


def show(view: str, workshop: Workshop, me: Person, **values: Any) -> str:
    """The page of a view, at the number that its regions were read at."""
    lang = reader_language()
    viewer = Viewer(me.id, browser_hash(), view, lang, tags_of(me))
    stream_id, person_id = workshop.id, me.id
    seq, regions = broadcast.all_regions(stream_id, viewer)
    workshop, me = db.session.get_one(Workshop, stream_id), db.session.get_one(Person, person_id)
    g.workshop, g.me = workshop, me
    html = render_template(
        f"pages/{view}.html",
        meeting=workshop,
        me=me,
        capacities=capacities_of(me),
        may_open=lambda page: may_open(me, page),
        view=view,
        lang=lang,
        interface_lang=catalog_language(lang),
        locale=get_locale(),
        slot=Slots(regions),
        seq=seq,
        epoch=workshop.stream.epoch,
        release=current_app.config["RELEASE"],
        now=now_ms(),
        texts=client_texts(),
        **values,
    )
    return fill_in_forms(html)


@route(pages, "/w/<slug>/", "room")
def room(workshop: Workshop, me: Person) -> str:
    """What is on now, and what I can do about it."""
    return show("room", workshop, me)


@route(pages, "/w/<slug>/console", "console")
def console(workshop: Workshop, me: Person) -> str:
    """Runs the day."""
    return show("console", workshop, me)


@route(pages, "/w/<slug>/screen", "screen")
def screen(workshop: Workshop, me: Person) -> str:
    """Large type, to share in the video call."""
    return show("screen", workshop, me)


@route(pages, "/w/<slug>/desk", "desk")
def desk(workshop: Workshop, me: Person) -> str:
    """What waits for translation. ``text``: the id of a text to change or confirm although it waits for nothing."""
    return show("desk", workshop, me, open_text=lambda meeting: text_at_desk(meeting, request.args.get("text", "")))


@route(pages, "/w/<slug>/delegation", "delegation")
def delegation(workshop: Workshop, me: Person) -> str:
    """Our slot, our points and where each went, positions due."""
    return show("delegation", workshop, me)


@route(pages, "/w/<slug>/minutes", "minutes")
def minutes(workshop: Workshop, me: Person) -> str:
    """The minutes as they grow."""
    return show("minutes", workshop, me, list_names=LIST_NAMES, files=partial(files_of, workshop.slug))

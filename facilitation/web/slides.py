"""Slides: uploading them, and their pictures for members of the meeting."""

import shutil
import uuid
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, request, send_from_directory, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from facilitation.activities.rendering import MAX_BYTES, MAX_PAGES, NotRendered, render
from facilitation.activities.slides import Deck, folder_of, may_present
from facilitation.extensions import csrf, db
from facilitation.live import commands
from facilitation.live.commands import Refusal
from facilitation.meeting.models import Person, Workshop, new_id
from facilitation.places import Full
from facilitation.web import security
from facilitation.web.access import route

pages = Blueprint("slides", __name__)

_REASONS = {
    "no_pdf": _l("This is not a PDF file that can be opened. Save your slides as PDF and upload that."),
    "too_large": _l(
        "This file is larger than %(megabytes)s MB. Save it with smaller pictures.", megabytes=MAX_BYTES >> 20
    ),
    "too_many": _l("These are more than %(number)s pages.", number=MAX_PAGES),
    "failed": _l("This file could not be made into pictures. Save it as PDF anew and upload that."),
}


@route(pages, "/w/<slug>/slides/<deck>/<int:page>.png", "room")
def picture(workshop: Workshop, me: Person, deck: str, page: int) -> Response:
    """A page of a deck of this meeting; like every page it is kept by no browser and nobody between."""
    response = send_from_directory(_folder(workshop, deck), f"{page}.png")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@route(pages, "/w/<slug>/slides/<deck>/<int:page>.txt", "room")
def text(workshop: Workshop, me: Person, deck: str, page: int) -> Response:
    """The text of a page."""
    _folder(workshop, deck)
    texts = db.session.get_one(Deck, deck).texts
    if not 1 <= page <= len(texts):
        abort(404)
    return Response(texts[page - 1], mimetype="text/plain")


def _folder(workshop: Workshop, deck_id: str) -> str:
    deck = db.session.get(Deck, deck_id)
    if deck is None or deck.workshop_id != workshop.id:
        abort(404)
    return str(folder_of(deck.id))


@route(pages, "/w/<slug>/slides", "room", costs="costly", methods=["POST"])
def upload(workshop: Workshop, me: Person) -> AnyResponse | tuple[Response, int]:
    """Takes a PDF for an item; scripts get the answer in JSON, others are sent back to the room."""
    request.max_content_length = MAX_BYTES + 100_000
    try:
        csrf.protect()
        answer = _store(workshop, me)
    except RequestEntityTooLarge:
        answer = Refusal("too_large", _REASONS["too_large"], field="file").answer()
    except Refusal as refusal:
        answer = refusal.answer()
    if request.headers.get("Accept") == "application/json":
        return jsonify(answer), 200 if answer["ok"] else 400
    if not answer["ok"]:
        abort(400, answer["error"]["message"])
    return redirect(url_for("rooms.room", slug=request.view_args["slug"]), code=303)  # type: ignore[index]


def _store(workshop: Workshop, me: Person) -> dict[str, Any]:
    slug, person_id = workshop.slug, me.id
    item = workshop.item(request.form.get("item", ""))
    if item is None or not may_present(me, item):
        raise Refusal("forbidden", _l("Only who presents in this item shows slides."), field="item")
    key = item.key
    file = request.files.get("file")
    if file is None:
        raise Refusal("invalid", _l("Choose a file first."), field="file")
    # Nothing of the database is held while the pictures are made.
    db.session.rollback()
    deck = new_id()
    try:
        render(file.read(MAX_BYTES + 1), folder_of(deck))
    except NotRendered as refused:
        raise Refusal("invalid", _REASONS[refused.why], field="file") from None
    except Full:
        raise Refusal("unavailable", security.BUSY, retry_after=security.BUSY_SECONDS) from None
    answer: dict[str, Any] = {"ok": False}
    try:
        answer = commands.run(slug, person_id, str(uuid.uuid4()), "add_slides", {"item": key, "deck": deck})
    finally:
        if not answer["ok"]:
            shutil.rmtree(folder_of(deck), ignore_errors=True)
    return answer

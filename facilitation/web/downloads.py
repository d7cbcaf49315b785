"""Downloads: what members take out of their meeting, by role."""

import re

from flask import Blueprint, Response, abort, make_response, request
from flask_babel import gettext

from facilitation import logs
from facilitation.meeting.acts import is_page, may_open
from facilitation.meeting.models import Person, Workshop
from facilitation.record.exports import ExportRefused, export
from facilitation.record.minutes_page import shown_language
from facilitation.web.access import route
from facilitation.web.language import reader_language

pages = Blueprint("downloads", __name__)

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@route(pages, "/w/<slug>/export/<document>.<format>", "room", costs="costly")
def export_file(workshop: Workshop, me: Person, document: str, format: str) -> Response:
    """One document as a file, in the language asked for; each document has an access rule of its own."""
    if not is_page(f"export-{document}"):
        abort(404)
    if not may_open(me, f"export-{document}"):
        abort(403, gettext("This document is not open to you. Ask the organisers if you need it."))
    lang = request.args.get("lang") or shown_language(workshop, reader_language())
    try:
        content, mimetype, name = export(workshop, document, format, lang)
    except ExportRefused as refused:
        abort(400 if refused.reason == "lang" else 404, str(refused.message))
    logs.audit("export", f"{document}.{format}")
    return as_file(content, mimetype, name)


def as_file(content: bytes, mimetype: str, name: str) -> Response:
    """An answer that the browser saves under this name."""
    response = make_response(content)
    response.headers["Content-Type"] = mimetype
    response.headers["Content-Disposition"] = f'attachment; filename="{_UNSAFE.sub("_", name)}"'
    return response

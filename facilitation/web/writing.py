"""Commands over HTTP: the same door as JSON, and as ordinary forms for browsers without a script."""

import typing
import uuid
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from facilitation import logs
from facilitation.extensions import csrf
from facilitation.live.commands import COMMANDS, Refusal
from facilitation.web import door
from facilitation.web.access import me_in, route, workshop_or_404
from facilitation.web.language import reader_language

pages = Blueprint("writing", __name__)

_NOT_ARGUMENTS = ("csrf_token", "id")


@route(pages, "/w/<slug>/commands", "public", methods=["POST"])
def commands(slug: str) -> Response:
    """A command as JSON ``{id, name, args}``; needs the session cookie and the ``X-CSRFToken`` header."""
    try:
        message = request.get_json(silent=True)
    except RecursionError:
        message = None
    except RequestEntityTooLarge:
        return _as_json(Refusal("too_large", _l("This is too long to be sent at once.")).answer())
    try:
        return _as_json(_checked(slug, message))
    except NotFound:
        return _as_json(Refusal("not_found", _l("There is no such meeting.")).answer())


@route(pages, "/w/<slug>/commands/<name>", "public", methods=["POST"])
def form(slug: str, name: str) -> Any:
    """A command as a posted form; goes back to the page it came from, or says why it was not carried out."""
    args = arguments_from_form(name) if name in COMMANDS else {}
    answer = _checked(slug, {"id": request.form.get("id") or str(uuid.uuid4()), "name": name, "args": args})
    back = _page_before(slug)
    if answer["ok"]:
        return redirect(back, code=303)
    given = [(key, value) for key, value in request.form.items(multi=True) if key not in _NOT_ARGUMENTS]
    html = render_template("pages/refused.html", error=answer["error"], given=given, back=back, command=name, slug=slug)
    return make_response(html, door.STATUS[answer["error"]["code"]])


def _checked(slug: str, message: Any) -> dict[str, Any]:
    me = me_in(workshop_or_404(slug))
    if me is None:
        return door.unauthenticated()
    try:
        csrf.protect()
    except CSRFError:
        logs.audit("forged_form")
        return Refusal("forbidden", _l("This page has grown too old. Load it again; your text is kept.")).answer()
    return door.receive(slug, me.id, reader_language(), message)


def _as_json(answer: dict[str, Any]) -> Response:
    status = 200 if answer["ok"] else door.STATUS[answer["error"]["code"]]
    response = make_response(jsonify(answer), status)
    if not answer["ok"] and "retry_after" in answer["error"]:
        response.headers["Retry-After"] = str(max(1, round(answer["error"]["retry_after"])))
    return response


def _page_before(slug: str) -> str:
    """The page of this meeting that the form was on; the room, where the browser does not say."""
    home = f"/w/{slug}/"
    path = urlsplit(request.referrer or "").path
    return path if path.startswith(home) and "/commands" not in path else home


def arguments_from_form(name: str) -> dict[str, Any]:
    """The command's arguments from the posted fields, which are named like them: a dotted name nests, a field that may
    repeat makes a list, an empty optional field is left out."""
    fields = COMMANDS[name].arguments.model_fields
    args: dict[str, Any] = {}
    for key in request.form:
        if key in _NOT_ARGUMENTS:
            continue
        values = [value for value in request.form.getlist(key) if value != ""]
        outer, _, inner = key.partition(".")
        if not values:
            continue
        if inner:
            args.setdefault(outer, {})[inner] = values[-1]
        elif outer in fields and _holds_a_list(fields[outer].annotation):
            args[key] = values
        else:
            args[key] = values[-1]
    return args


def _holds_a_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) is list or any(
        typing.get_origin(part) is list for part in typing.get_args(annotation)
    )

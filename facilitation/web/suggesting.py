"""The desk's question to the translating machine, where the operator has named one."""

from typing import Any

from flask import Blueprint, abort, current_app, jsonify, request
from flask_babel import gettext

from facilitation.activities.machine import Machine, NoSuggestion
from facilitation.activities.translation import subject_of
from facilitation.extensions import csrf, db
from facilitation.meeting.models import Person, Workshop
from facilitation.meeting.texts import original_language
from facilitation.web.access import route

pages = Blueprint("suggesting", __name__)


@route(pages, "/w/<slug>/suggestions", "desk", costs="costly", methods=["POST"])
def suggestion(workshop: Workshop, me: Person) -> Any:
    """A machine's translation of a subject, for the interpreter who asks and for nobody else; it is not stored."""
    csrf.protect()
    machine: Machine | None = current_app.extensions["machine"]
    found = subject_of(workshop, request.form.get("subject", ""))
    lang = request.form.get("lang", "")
    if machine is None or found is None or lang not in workshop.languages:
        abort(404)
    source = original_language(found.texts, workshop.default_language)
    text = found.texts[source]
    db.session.rollback()  # nobody must wait for our connection while the machine thinks
    try:
        return jsonify(ok=True, text=machine.suggest(text, source, lang))
    except NoSuggestion:
        message = gettext("The machine has no suggestion for this. Please translate it yourself.")
        return jsonify(ok=False, error={"message": message}), 502

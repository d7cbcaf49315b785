"""Commands as they arrive, over a socket or over HTTP: the person's allowance, their language, then the one door."""

import logging
import time
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from facilitation import logs, measures
from facilitation.live import commands
from facilitation.live.commands import COMMANDS, Refusal
from facilitation.meeting.texts import locale_of
from facilitation.web.limits import Allowance

log = logging.getLogger(__name__)

STATUS = {
    "invalid": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "not_now": 409,
    "conflict": 409,
    "stale": 409,
    "too_large": 413,
    "too_fast": 429,
    "unavailable": 503,
}
"""HTTP status of each code of refusal."""


def receive(slug: str, person_id: int, lang: str, message: Any) -> dict[str, Any]:
    """Carries out a command message ``{id, name, args}`` of a signed-in person and answers in their language."""
    began = time.perf_counter()
    with measures.UNACKNOWLEDGED.track_inprogress(), force_locale(locale_of(lang)):
        answer = _answer(slug, person_id, message)
    outcome = "ok" if answer["ok"] else answer["error"]["code"]
    measures.ACKNOWLEDGED.labels(outcome).observe(time.perf_counter() - began)
    if not answer["ok"]:
        # What was accepted stands in the journal; a line a command with its time would tell who writes anonymously.
        # Of what was refused nothing was stored: there the id may be told, as a keyed hash.
        name, given = (message.get("name"), message.get("id")) if isinstance(message, dict) else (None, None)
        known = name if isinstance(name, str) and name in COMMANDS else "unknown"
        log.info("a command was refused", extra={"code": outcome, "command": known, "id": logs.mark_of(given)})
    return answer


def _answer(slug: str, person_id: int, message: Any) -> dict[str, Any]:
    allowance: Allowance = current_app.extensions["allowance"]
    wait = allowance.take(person_id)
    if wait:
        return Refusal(
            "too_fast", _l("That is very much at once. Your text is kept and sent in a moment."), retry_after=wait
        ).answer()
    if not isinstance(message, dict) or not message.keys() <= {"id", "name", "args"}:
        return Refusal("invalid", _l("This is not a command.")).answer()
    found = COMMANDS.get(message["name"]) if isinstance(message.get("name"), str) else None
    if found is not None and found.internal:
        return Refusal("forbidden", _l("This is not yours to do.")).answer()
    return commands.run(slug, person_id, message.get("id"), message.get("name"), message.get("args", {}))


def unauthenticated() -> dict[str, Any]:
    """The answer to somebody who is not signed in to the meeting."""
    logs.audit("refused", "unauthenticated")
    return Refusal("unauthenticated", _l("You are not signed in to this meeting any more. Your text is kept.")).answer()

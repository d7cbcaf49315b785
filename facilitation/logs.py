"""What the server says about itself: lines of text, or of JSON. What people wrote is never in them."""

import hashlib
import hmac
import json
import logging
import re
import secrets
import sys
import time
from typing import Any, Literal

from flask import current_app, g, has_request_context, request

from facilitation.faults import told_of

_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class JsonLines(logging.Formatter):
    """One JSON object a line: when (ISO 8601), level, logger, message, the fault if there is one, and what else was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info:
            line["fault"] = told_of(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """The same as a line of text: when (UTC), level, message, and what else was given, ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line. A fault's further lines are indented: nothing that came from outside can pass for a line."""
        more = [f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD]
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line = _CONTROL.sub(_escaped, " ".join([at, record.levelname, record.getMessage(), *more]))
        fault = told_of(record.exc_info[1]).splitlines() if record.exc_info else []
        return "\n    ".join([line, *(_CONTROL.sub(_escaped, each) for each in fault)])


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


_audited = logging.getLogger("facilitation.audit")


def audit(event: str, code: str = "", **more: Any) -> None:
    """A line about a door: somebody tried, came in, went out, or took something with them. It says which kind of event, a word
    about it, the kind of page and, where it is known, the role; never a person, an address, a token, a path or a text."""
    said = {"event": event, "code": code, "page": request.endpoint, "role": g.get("role"), **more}
    _audited.info("audit", extra={name: value for name, value in said.items() if value})


def mark_of(given: Any) -> str | None:
    """A short keyed hash, by which a line can be found again by whoever has what it stands for; ``None`` for what is no text."""
    if not isinstance(given, str):
        return None
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"log\0{given}".encode(errors="replace"), hashlib.sha256).hexdigest()[:12]


def request_id() -> str:
    """The number by which everything that is logged of the request in hand can be found. A proxy may have given it."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
    return str(g.request_id)


def with_request_id(record: logging.LogRecord) -> bool:
    """Says of a record which request it belongs to; none is left out."""
    if has_request_context():
        record.request = request_id()
    return True


def say(how: Literal["text", "json"]) -> None:
    """Sends what is logged to standard error in this form; standard output belongs to the command line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(with_request_id)
    handler.setFormatter(JsonLines() if how == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("engineio.server", "socketio.server"):
        # Without a level of their own they would make handlers of their own, which write what clients send as it is.
        logging.getLogger(library).setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)

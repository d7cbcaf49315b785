"""What the server says about itself: lines of text, or of JSON. What people wrote is never in them."""

import json
import logging
import re
import secrets
import sys
from typing import Literal

from flask import g, has_request_context, request

_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class JsonLines(logging.Formatter):
    """One JSON object a line: when (ISO 8601), level, logger, message, the fault if there is one, and what else was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


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
    handler.setFormatter(JsonLines() if how == "json" else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)

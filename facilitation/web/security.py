"""What protects every page: content policy with nonces, headers, forgery checks; and what people see when something fails."""

import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, TooManyRequests

from facilitation import logs, measures
from facilitation.config import Settings
from facilitation.places import Full
from facilitation.record.seal import Unreadable


def protect(app: Flask) -> None:
    """Sets headers on every answer, those of the socket library too, and a page on every error."""
    app.before_request(_new_nonce)
    app.after_request(_set_headers)
    app.after_request(_take_the_rest)
    app.wsgi_app = _with_headers(app.wsgi_app, _everywhere(app.config["SETTINGS"]))  # type: ignore[method-assign]
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _failed)
    app.register_error_handler(Full, _full)
    app.register_error_handler(DataError, _unheard_of)
    app.register_error_handler(Unreadable, _unreadable)
    app.register_error_handler(Exception, _broken)


def _new_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _everywhere(settings: Settings) -> dict[str, str]:
    """What is said with every answer; a page says more about what it may load."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": "frame-ancestors 'none'",
    }
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def _with_headers(application: Any, more: dict[str, str]) -> Any:
    """The application with these headers wherever it does not set them itself: the socket library answers past Flask."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        def begin(status: str, headers: list[tuple[str, str]], *failed: Any) -> Any:
            headers = [(name, _TEXT if (name, value) == _BARE_TEXT else value) for name, value in headers]
            there = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in more.items() if name.lower() not in there]
            return start_response(status, headers, *failed)

        return application(environ, begin)

    return answer


_BARE_TEXT, _TEXT = ("Content-Type", "text/plain"), "text/plain; charset=utf-8"


def _set_headers(response: Response) -> Response:
    response.headers["X-Request-ID"] = logs.request_id()
    if request.path.startswith(("/static/", "/npm/")):
        if "v" in request.args:
            # The address changes with the release. Modules that import one another have no version: they are asked for anew.
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
    nonce = getattr(g, "nonce", "")
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self' {_websockets()}; manifest-src 'self'; "
        f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'",
    )
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _websockets() -> str:
    """Our own origins as addresses of websockets, for browsers to which 'self' does not mean these; never what a request says."""
    origins = current_app.config["SETTINGS"].allowed_origins
    return " ".join(f"ws{origin.removeprefix('http')}" for origin in origins)


def _page(status: int, headline: str, explanation: str, what_to_do: str) -> Response:
    html = render_template("pages/error.html", headline=headline, explanation=explanation, what_to_do=what_to_do)
    return make_response(html, status)


def _forged(_error: CSRFError) -> Response:
    logs.audit("forged_form")
    return _page(
        400,
        gettext("This form has grown too old"),
        gettext("It was opened before you signed in or out, so it was not carried out. Nothing was changed."),
        gettext("Go back, load the page again and send it once more."),
    )


def _failed(error: HTTPException) -> Response | HTTPException:
    if error.response is not None:
        return error
    if error.code in (401, 403, 429):
        logs.audit("refused", str(error.code))
    page = _page(error.code or 500, *_words_for(error.code))
    if isinstance(error, TooManyRequests) and error.retry_after is not None:
        page.headers["Retry-After"] = str(error.retry_after)
    return page


BUSY = _l("Many files are being made at this moment. Wait half a minute and try again.")
BUSY_SECONDS = 30


def _full(_error: Full) -> Response:
    headline, what = gettext("The server is busy"), gettext("Nothing was changed.")
    page = _page(503, headline, what, str(BUSY))
    page.headers["Retry-After"] = str(BUSY_SECONDS)
    return page


MOST_TAKEN = 32 * 1024 * 1024
"""Bytes of what is too large that are read before it is refused: more than a proxy lets through."""


def _take_the_rest(response: Response) -> Response:
    """Reads what was sent too much: a line that is closed before may take the answer with it, and the proxy says 502."""
    if response.status_code == 413:
        left = MOST_TAKEN
        while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, 65_536))):
            left -= len(piece)
    return response


def _unheard_of(_error: DataError) -> Response:
    """What was asked for has a character that PostgreSQL does not hold, so there is no such thing."""
    return _page(400, *_words_for(400))


def _unreadable(error: Unreadable) -> Response:
    workshop_id, version = error.args
    current_app.logger.error("a sealed record is damaged", extra={"workshop": workshop_id, "version": version})
    return _page(
        500,
        gettext("This record is damaged"),
        gettext("It was changed in the database after it was published, so it is not shown. The minutes are safe."),
        gettext("Tell whoever runs this site: “workshop verify” names what differs, and a backup has the record."),
    )


def _words_for(code: int | None) -> tuple[str, str, str]:
    """What happened, what was kept, what to do."""
    back = gettext("Go to the first page and sign in with your link or with the code of the meeting.")
    match code:
        case 401:
            return gettext("Please sign in"), gettext("This page is for people of the meeting."), back
        case 403:
            return (
                gettext("This page is not for your role"),
                gettext("You are signed in, but in a role that does not open it."),
                gettext("Go back to the room, or ask the facilitator."),
            )
        case 404:
            return (
                gettext("There is nothing here"),
                gettext("The address may be mistyped, or what it led to is gone."),
                back,
            )
        case 413:
            return (
                gettext("This is too large"),
                gettext("Nothing was stored."),
                gettext("Go back and send a smaller file or a shorter text."),
            )
        case 429:
            return (
                gettext("Too many attempts"),
                gettext("More was tried from your network in a minute than is allowed."),
                gettext("Wait a minute and try again."),
            )
    return gettext("This did not work"), gettext("Nothing was changed."), gettext("Go back and try again.")


def _broken(error: Exception) -> Any:
    measures.FAULTS.inc()
    current_app.logger.error("a page failed", exc_info=error)
    advice = gettext("Wait a moment and load the page again. If it happens again, tell the organiser this number:")
    return _page(
        500,
        gettext("Something went wrong on our side"),
        gettext("What was saved before is safe."),
        f"{advice} {logs.request_id()}",
    )

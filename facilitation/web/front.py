"""The first page, personal links, the short code, the language, signing out."""

import secrets
import uuid
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext
from sqlalchemy import select

from facilitation import logs
from facilitation.extensions import csrf, db
from facilitation.live import commands
from facilitation.meeting import signing_in
from facilitation.meeting.acts import SYSTEM
from facilitation.meeting.models import Admission, Workshop
from facilitation.meeting.texts import canonical, is_language
from facilitation.operating.privacy import let_go_on
from facilitation.web import limits
from facilitation.web.access import browser_hash, me_in, route
from facilitation.web.language import reader_language
from facilitation.web.records import published_workshops

pages = Blueprint("front", __name__)


@route(pages, "/", "public")
def home() -> str:
    """Sign in; my meetings; public records; a field for a short code."""
    known = session.get("browser")
    return render_template(
        "pages/home.html",
        mine=signing_in.meetings_of(browser_hash()) if known else [],
        account=signing_in.account_in(browser_hash()) if known else None,
        records=published_workshops()[:5],
    )


@route(pages, "/join/<token>", "public", methods=["GET", "POST"])
def join(token: str) -> Any:
    """A personal link: GET shows who it is for and changes nothing, POST signs in."""
    _refuse_to_be_a_part_of_another_site()
    address = request.remote_addr or ""
    if not limits.may_guess(limits.UNKNOWN_LINKS_A_MINUTE, address):
        abort(429)
    link = signing_in.link_of(token)
    if link is None:
        logs.audit("unknown_link")
        limits.guessed_wrong(limits.UNKNOWN_LINKS_A_MINUTE, address)
        return make_response(render_template("pages/link_unknown.html"), 404)
    workshop = link.person.workshop
    if signing_in.needs_account(link.person):
        logs.audit("refused", "account_demanded")
        return make_response(render_template("pages/link_account.html", meeting=workshop), 403)
    if request.method == "GET":
        g.me = link.person  # so that the page greets them in their own language
        return render_template(
            "pages/join.html", person=link.person, meeting=workshop, token=token, let_go_on=let_go_on(workshop)
        )
    csrf.protect()
    me = me_in(workshop)
    if me is not None and me.id == link.person_id:
        # Already signed in as this person: a new secret would only break the other open windows.
        return redirect(url_for("rooms.room", slug=workshop.slug), code=303)
    hold(signing_in.sign_in_person(link.person, session.get("browser")))
    logs.audit("signed_in", "link")
    session.pop("lang", None)
    return redirect(url_for("rooms.room", slug=workshop.slug), code=303)


def _refuse_to_be_a_part_of_another_site() -> None:
    """A page elsewhere that loads unknown links as pictures would use up the guesses of everybody behind its reader's address.
    Nothing is looked up for it, so that nothing is guessed and nothing is counted. Browsers say so of themselves; whoever says
    it in order to guess is told nothing."""
    elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if elsewhere and request.headers.get("Sec-Fetch-Dest", "document") != "document":
        abort(403)


@route(pages, "/code", "public", methods=["POST"])
def code() -> Any:
    """The short code: leads to the door of its meeting."""
    address = request.remote_addr or ""
    if not limits.may_guess(limits.UNKNOWN_LINKS_A_MINUTE, address):
        abort(429)
    csrf.protect()
    given = request.form.get("code", "").replace(" ", "").replace("-", "").upper()
    workshop = db.session.scalar(select(Workshop).where(Workshop.code == given))
    if workshop is None:
        logs.audit("unknown_code")
        limits.guessed_wrong(limits.UNKNOWN_LINKS_A_MINUTE, address)
        return make_response(
            render_template("pages/home.html", mine=[], account=None, records=[], wrong_code=given), 404
        )
    return redirect(url_for("front.door", code=given), code=303)


@route(pages, "/door/<code>", "public", methods=["GET", "POST"])
def door(code: str) -> Any:
    """Waiting to be admitted: say who you are, then wait; the page looks again by itself."""
    _refuse_to_be_a_part_of_another_site()
    address = request.remote_addr or ""
    if not limits.may_guess(limits.UNKNOWN_LINKS_A_MINUTE, address):
        abort(429)
    workshop = db.session.scalar(select(Workshop).where(Workshop.code == code))
    if workshop is None:
        logs.audit("unknown_code")
        limits.guessed_wrong(limits.UNKNOWN_LINKS_A_MINUTE, address)
        abort(404)
    if me_in(workshop) is not None:
        if session.pop(_WAITING, None):
            logs.audit("signed_in", "code")
        return redirect(url_for("rooms.room", slug=workshop.slug), code=303)
    asked, error = _asked_of(workshop), None
    if request.method == "POST":
        csrf.protect()
        if asked is None or asked.state != "waiting":
            if not limits.take_guess(limits.ASKINGS_A_MINUTE, address):
                abort(429)
            error = _ask(workshop)
        if error is None:
            return redirect(url_for("front.door", code=code), code=303)
    return render_template(
        "pages/door.html",
        meeting=workshop,
        asked=asked,
        error=error,
        given=request.form,
        let_go_on=let_go_on(workshop),
    )


_WAITING = "waiting"
"""The key, in the session, of a browser that has asked to be let in."""


def _asked_of(workshop: Workshop) -> Admission | None:
    """What this browser asked last at the door of the meeting."""
    if not session.get("browser"):
        return None
    query = select(Admission).filter_by(workshop_id=workshop.id, browser_hash=browser_hash())
    return db.session.scalars(query.order_by(Admission.asked_at.desc())).first()


def _ask(workshop: Workshop) -> str | None:
    """Asks to be let in; why not, if that is refused. What is let in is a secret that nobody has had before."""
    slug = workshop.slug
    hold(signing_in.renew(session.get("browser")))
    session[_WAITING] = True
    language = request.form.get("language", "")
    args = {
        "name": request.form.get("name", ""),
        "language": language if is_language(language) else reader_language(),
        "browser_hash": browser_hash(),
    }
    if request.form.get("delegation"):
        args["delegation"] = request.form["delegation"]
    answer = commands.run(slug, SYSTEM, str(uuid.uuid4()), "ask_admission", args)
    return None if answer["ok"] else str(answer["error"]["message"])


def hold(secret: str) -> None:
    """Gives the browser its new secret; what the cookie held before is worthless from now on."""
    lang = session.get("lang")
    session.clear()
    session["browser"] = secret
    session["csrf_token"] = secrets.token_hex(20)
    if lang:
        session["lang"] = lang


@route(pages, "/sign-out", "public", methods=["POST"])
def sign_out() -> Response:
    """Signs this browser out of everything; on a shared computer nothing stays behind."""
    csrf.protect()
    secret = session.get("browser")
    session.clear()
    if secret:
        logs.audit("signed_out")
        signing_in.sign_out(secret)
    response = make_response(redirect(url_for("front.home"), code=303))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@route(pages, "/language", "public", methods=["POST"])
def language() -> Any:
    """Chooses the language to read in, in this browser."""
    csrf.protect()
    tag = request.form.get("lang", "")
    if not is_language(tag):
        abort(400, gettext("This language is not known."))
    session["lang"] = canonical(tag)
    return redirect(_own_path(request.form.get("next", "/")), code=303)


def _own_path(given: str) -> str:
    """A path of this site; the first page instead of anything that a browser could read as another site."""
    harmless = given.startswith("/") and not given.startswith("//") and "\\" not in given
    return given if harmless and all(letter > " " for letter in given) else "/"

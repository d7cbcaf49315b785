"""Accounts: signing in with a password, and making meetings."""

from typing import Any

import segno
from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask_babel import gettext

from facilitation.config import REFERENCE_PLAN
from facilitation.extensions import csrf, db, patiently
from facilitation.meeting import second_factor, signing_in
from facilitation.meeting.models import Account
from facilitation.plan import PlanRefused, read_plan
from facilitation.plan.storing import import_plan
from facilitation.web import limits
from facilitation.web.access import browser_hash, route
from facilitation.web.front import hold

pages = Blueprint("accounts", __name__)


@route(pages, "/account/sign-in", "public", methods=["GET", "POST"])
def sign_in() -> Any:
    """Signs in with e-mail address and password."""
    if request.method == "GET":
        return render_template("pages/account_sign_in.html", email="", error=None, code=False)
    address = request.remote_addr or ""
    if not limits.may_guess(limits.WRONG_PASSWORDS_A_MINUTE, address):
        abort(429)
    csrf.protect()
    email = request.form.get("email", "")
    account = signing_in.account_for(email, request.form.get("password", ""))
    if account is None:
        limits.guessed_wrong(limits.WRONG_PASSWORDS_A_MINUTE, address)
        return _not_in(email, gettext("This address and this password do not belong together."), False)
    if not _passes(account, request.form.get("code", "")):
        limits.guessed_wrong(limits.WRONG_PASSWORDS_A_MINUTE, address)
        return _not_in(email, gettext("This account asks for a code, too: the present one of your device."), True)
    hold(signing_in.sign_in_account(account, session.get("browser")))
    return redirect(url_for("accounts.meetings"), code=303)


def _not_in(email: str, error: str, code: bool) -> Response:
    """The form once more. ``code``: whether it asks for a code."""
    return make_response(render_template("pages/account_sign_in.html", email=email, error=error, code=code), 401)


def _passes(account: Account, code: str) -> bool:
    account_id = account.id

    def write() -> bool:
        passed = second_factor.passes(db.session.get_one(Account, account_id), code)
        db.session.commit()
        return passed

    return patiently(write) if account.totp_secret is not None else True


@route(pages, "/account/second-factor", "account", methods=["GET", "POST"])
def second_factor_page(account: Account) -> Any:
    """Sets up codes from a device, or turns them off."""
    if request.method == "GET":
        return _second_factor(account)
    csrf.protect()
    address = request.remote_addr or ""
    if not limits.may_guess(limits.WRONG_PASSWORDS_A_MINUTE, address):
        abort(429)
    account_id, code = account.id, request.form.get("code", "")
    secret = session.get(_SECRET, "")

    def write() -> list[str] | None:
        own = db.session.get_one(Account, account_id)
        if own.totp_secret is None:
            codes = second_factor.set_up(own, secret, code)
        else:
            codes = [] if second_factor.passes(own, code) else None
            if codes is not None:
                second_factor.turn_off(own)
        db.session.commit()
        return codes

    codes = patiently(write)
    own = db.session.get_one(Account, account_id)
    if codes is None:
        limits.guessed_wrong(limits.WRONG_PASSWORDS_A_MINUTE, address)
        error = gettext("This is not the present code of this device. Nothing was changed.")
        return make_response(_second_factor(own, error), 400)
    session.pop(_SECRET, None)
    return _second_factor(own, codes=codes)


_SECRET = "second factor"  # noqa: S105 - a name
"""The key, in the session, of the secret that is shown and not confirmed yet: its owner's browser alone has it."""


def _second_factor(account: Account, error: str = "", codes: list[str] | None = None) -> str:
    secret = "" if account.totp_secret else session.setdefault(_SECRET, second_factor.new_secret())
    picture = segno.make(second_factor.address_of(account.email, secret)).svg_data_uri(scale=5) if secret else ""
    return render_template(
        "pages/second_factor.html", account=account, secret=secret, picture=picture, error=error, codes=codes
    )


@route(pages, "/account/", "account")
def meetings(account: Account) -> str:
    """An organiser's meetings, and the way to a new one."""
    return render_template(
        "pages/account.html", account=account, mine=signing_in.meetings_of(browser_hash()), errors=(), text=""
    )


@route(pages, "/account/meetings", "account", methods=["POST"])
def new_meeting(account: Account) -> Any:
    """Makes a meeting from a plan, given as a file or as text; every error of a bad plan at once, and the text is kept."""
    csrf.protect()
    uploaded = request.files.get("file")
    source = uploaded.read() if uploaded is not None and uploaded.filename else request.form.get("text", "").encode()
    try:
        plan = read_plan(source)
        slug = import_plan(plan, owner_id=account.id)
    except PlanRefused as refused:
        text = source.decode("utf-8", errors="replace")
        mine = signing_in.meetings_of(browser_hash())
        html = render_template("pages/account.html", account=account, mine=mine, errors=refused.errors, text=text)
        return make_response(html, 400)
    return redirect(url_for("settings.settings", slug=slug), code=303)


@route(pages, "/account/example.yaml", "account")
def example(account: Account) -> Any:
    """The plan of the reference meeting, to begin from."""
    return send_file(REFERENCE_PLAN, mimetype="application/yaml", as_attachment=True)

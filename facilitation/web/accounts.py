"""Accounts: signing in with a password, and making meetings."""

from datetime import UTC, datetime
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
from flask_babel import format_datetime, gettext, ngettext

from facilitation import logs
from facilitation.config import REFERENCE_PLAN
from facilitation.extensions import csrf, db, patiently
from facilitation.meeting import passwords, second_factor, signing_in
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
    # First: a form of another site must not use up this network's guesses.
    csrf.protect()
    _take_guess()
    email = request.form.get("email", "")
    account = signing_in.account_for(email, request.form.get("password", ""))
    if account is None:
        logs.audit("wrong_password")
        return _not_in(email, gettext("This address and this password do not belong together."))
    passed, wait = _passes(account, request.form.get("code", ""))
    if not passed:
        logs.audit("wrong_code", "waiting" if wait else "")
        if wait:
            return _not_in(email, _too_many_codes(wait), code=True, status=429)
        return _not_in(email, gettext("This account asks for a code, too: the present one of your device."), code=True)
    _guessed_right()
    hold(signing_in.sign_in_account(account, session.get("browser")))
    logs.audit("signed_in", "account")
    return redirect(url_for("accounts.meetings"), code=303)


def _take_guess() -> None:
    """Counts a guess of this network at passwords and codes, before anything is looked at; 429 when there were too many."""
    if not limits.take_guess(limits.WRONG_PASSWORDS_A_MINUTE, request.remote_addr or ""):
        abort(429)


def _guessed_right() -> None:
    limits.guessed_right(limits.WRONG_PASSWORDS_A_MINUTE, request.remote_addr or "")


def _not_in(email: str, error: str, code: bool = False, status: int = 401) -> Response:
    """The form once more. ``code``: whether it asks for a code."""
    html = render_template("pages/account_sign_in.html", email=email, error=error, code=code)
    return make_response(html, status)


def _too_many_codes(wait: int) -> str:
    minutes = -(-wait // 60)
    said: str = ngettext(
        "Too many codes were wrong. For %(num)s minute no code of this account is taken.",
        "Too many codes were wrong. For %(num)s minutes no code of this account is taken.",
        minutes,
    )
    return said


def _locked(account_id: int) -> Account:
    """The account; nobody else decides about it until the transaction ends: two codes at one moment come one after the other."""
    found: Account = db.session.get_one(Account, account_id, with_for_update=True)
    return found


def _passes(account: Account, code: str) -> tuple[bool, int]:
    """Whether the code lets the account in; if not, for how many seconds none is taken."""
    account_id = account.id

    def write() -> tuple[bool, int]:
        own = _locked(account_id)
        passed = second_factor.passes(own, code)
        wait = second_factor.wait_of(own)
        db.session.commit()
        return passed, wait

    return patiently(write) if account.totp_secret is not None else (True, 0)


@route(pages, "/account/second-factor", "account", methods=["GET", "POST"])
def second_factor_page(account: Account) -> Any:
    """Sets up codes from a device, which asks for the password once more, or turns them off, which asks for a code."""
    if request.method == "GET":
        return _second_factor(account)
    csrf.protect()
    _take_guess()
    account_id, code, secret = account.id, request.form.get("code", ""), session.get(_SECRET, "")
    if account.totp_secret is None and not _knows_password(account):
        return make_response(_second_factor(account, gettext("This is not your password. Nothing was changed.")), 400)

    def write() -> tuple[list[str] | None, int]:
        own = _locked(account_id)
        if own.totp_secret is None:
            codes = second_factor.set_up(own, secret, code)
        else:
            codes = [] if second_factor.passes(own, code) else None
            if codes is not None:
                second_factor.turn_off(own)
        wait = second_factor.wait_of(own)
        db.session.commit()
        return codes, wait

    codes, wait = patiently(write)
    own = db.session.get_one(Account, account_id)
    if codes is None:
        logs.audit("wrong_code", "waiting" if wait else "")
        wrong = gettext("This is not the present code of this device. Nothing was changed.")
        return make_response(_second_factor(own, _too_many_codes(wait) if wait else wrong), 429 if wait else 400)
    _guessed_right()
    session.pop(_SECRET, None)
    logs.audit("second_factor", "on" if codes else "off")
    signing_in.end_sign_ins(own, but=browser_hash())
    return _second_factor(db.session.get_one(Account, account_id), codes=codes)


def _knows_password(account: Account) -> bool:
    """Whether the form has the account's password: asked before what guards it is changed."""
    known = signing_in.account_for(account.email, request.form.get("password", "")) is not None
    if not known:
        logs.audit("wrong_password")
    return known


@route(pages, "/account/password", "account", methods=["GET", "POST"])
def password_page(account: Account) -> Any:
    """Gives the account another password, and ends sign-ins; both ask for the present password."""
    if request.method == "GET":
        return _password_page(account)
    csrf.protect()
    _take_guess()
    if not _knows_password(account):
        return _password_page(account, gettext("This is not your password. Nothing was changed."))
    _guessed_right()
    if "new" not in request.form:
        return _end_sign_ins(account)
    given = request.form["new"]
    if given != request.form.get("again"):
        return _password_page(account, gettext("The new password was written in two ways. Nothing was changed."))
    wrong = passwords.complaint(given, account.email)
    if wrong is not None:
        return _password_page(account, str(wrong))
    signing_in.set_password(account, given)
    signing_in.end_sign_ins(account)
    hold(signing_in.sign_in_account(account, session.get("browser")))
    logs.audit("password_changed")
    return redirect(url_for("accounts.password_page", done="password"), code=303)


def _end_sign_ins(account: Account) -> Any:
    """Ends one sign-in of the account, or all but this one."""
    which = request.form.get("end", "")
    only = int(which) if which.isascii() and which.isdigit() and len(which) < 10 else None
    if only is None and which != "others":
        abort(400)
    signing_in.end_sign_ins(account, but=browser_hash(), only=only)
    logs.audit("sign_ins_ended", "others" if only is None else "one")
    return redirect(url_for("accounts.password_page", done="ended"), code=303)


def _password_page(account: Account, error: str = "") -> Response:
    html = render_template(
        "pages/password.html",
        account=account,
        error=error,
        done=request.args.get("done", ""),
        sign_ins=signing_in.sign_ins_of(account),
        this=browser_hash(),
        shortest=passwords.SHORTEST,
        sign_in_hours=signing_in.IDLE_HOURS,
        sign_in_days=signing_in.OLDEST_DAYS,
        utc=_utc,
    )
    return make_response(html, 400 if error else 200)


_SECRET = "second factor"  # noqa: S105 - a name
"""The key, in the session, of the secret that is shown and not confirmed yet: its owner's browser alone has it."""


def _second_factor(account: Account, error: str = "", codes: list[str] | None = None) -> str:
    secret = "" if account.totp_secret else session.setdefault(_SECRET, second_factor.new_secret())
    picture = segno.make(second_factor.address_of(account.email, secret)).svg_data_uri(scale=5) if secret else ""
    return render_template(
        "pages/second_factor.html", account=account, secret=secret, picture=picture, error=error, codes=codes
    )


def _utc(instant: int) -> str:
    """An instant for people whose time zone nobody knows."""
    return str(format_datetime(datetime.fromtimestamp(instant / 1000, UTC), "medium", rebase=False))


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

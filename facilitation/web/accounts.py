"""Accounts: signing in with a password, and making meetings."""

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, send_file, session, url_for
from flask_babel import gettext

from facilitation.config import REFERENCE_PLAN
from facilitation.extensions import csrf
from facilitation.meeting import signing_in
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
        return render_template("pages/account_sign_in.html", email="", error=None)
    address = request.remote_addr or ""
    if not limits.may_guess(limits.WRONG_PASSWORDS_A_MINUTE, address):
        abort(429)
    csrf.protect()
    email = request.form.get("email", "")
    account = signing_in.account_for(email, request.form.get("password", ""))
    if account is None:
        limits.guessed_wrong(limits.WRONG_PASSWORDS_A_MINUTE, address)
        error = gettext("This address and this password do not belong together.")
        return make_response(render_template("pages/account_sign_in.html", email=email, error=error), 401)
    hold(signing_in.sign_in_account(account, session.get("browser")))
    return redirect(url_for("accounts.meetings"), code=303)


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

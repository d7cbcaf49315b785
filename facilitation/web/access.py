"""Who may open a page: every route says it, and it is decided here."""

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any, TypeVar, cast

from flask import Blueprint, abort, current_app, g, session
from sqlalchemy import select
from werkzeug.exceptions import TooManyRequests

from facilitation.extensions import db, snapshot
from facilitation.live.journal import Stream
from facilitation.meeting import signing_in
from facilitation.meeting.acts import may_open
from facilitation.meeting.models import Person, Workshop

View = TypeVar("View", bound=Callable[..., Any])

RULES: dict[str, str] = {}
"""Endpoint → access rule; a test holds that no endpoint is without one."""


def browser_hash() -> str:
    """What identifies this browser to the database; of no secret when it has none."""
    return signing_in.browser_hash(session.get("browser", ""))


def workshop_or_404(slug: str) -> Workshop:
    """The meeting, or a 404 that does not tell whether it exists."""
    found: Workshop | None = db.session.scalar(
        select(Workshop).join(Stream, Stream.id == Workshop.id).where(Stream.slug == slug)
    )
    if found is None:
        abort(404)
    return found


def me_in(workshop: Workshop) -> Person | None:
    """Who this browser is in the meeting."""
    return signing_in.person_in(workshop.id, browser_hash()) if session.get("browser") else None


def route(
    blueprint: Blueprint, rule: str, access: str, costs: str | None = None, **options: Any
) -> Callable[[View], View]:
    """A route with its access rule: ``public``, ``account``, or a page (``meeting.acts.is_page``).

    A meeting's page gets ``workshop`` and ``me`` instead of the slug. Strangers get 401, members without the right 403.
    ``costs``: the allowance that it takes from; 429 for whom nothing is left.
    """

    def register(view: View) -> View:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            if access == "public":
                return view(**values)
            if session.get("browser"):
                signing_in.note_use(browser_hash())
            if access == "account":
                account = signing_in.account_in(browser_hash()) if session.get("browser") else None
                if account is None:
                    abort(401)
                return view(account=account, **values)
            snapshot()
            workshop = workshop_or_404(values.pop("slug"))
            me = me_in(workshop)
            if me is None:
                abort(401)
            g.me, g.workshop, g.role = me, workshop, me.role
            if not may_open(me, access):
                abort(403)
            wait = current_app.extensions[costs].take(me.id) if costs else 0
            if wait:
                raise TooManyRequests(retry_after=ceil(wait))
            return view(workshop=workshop, me=me, **values)

        blueprint.add_url_rule(rule, view_func=guarded, **options)
        RULES[f"{blueprint.name}.{view.__name__}"] = access
        return cast(View, guarded)

    return register

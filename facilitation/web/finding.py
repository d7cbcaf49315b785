"""Contributions that somebody looks for: the part of a page that shows them, or a page of its own without scripts."""

from flask import Blueprint, render_template, request
from markupsafe import Markup

from facilitation.activities.capture import Contribution
from facilitation.activities.finding import Wanted, find_contributions
from facilitation.activities.themes import handling_values
from facilitation.meeting.acts import may_open
from facilitation.meeting.models import Person, Workshop
from facilitation.web.access import route
from facilitation.web.language import reader_language
from facilitation.web.rooms import fill_in_forms

pages = Blueprint("finding", __name__)

SHOWN = 24
"""Contributions that are shown of those found, the latest."""
LONGEST = 200
"""Characters of what is looked for that are looked at."""


@route(pages, "/w/<slug>/found", "room", costs="asking")
def found(workshop: Workshop, me: Person) -> str:
    """``q``: words, ``delegation``, ``lang``, ``theme``, ``kind``; ``handle``: with what a facilitator can do about each;
    ``part``: only the part for another page."""
    asked = {name: request.args.get(name, "")[:LONGEST] for name in ("delegation", "lang", "theme", "kind")}
    wanted = Wanted(words=request.args.get("q", "")[:LONGEST], **asked)
    facilitates = may_open(me, "console")
    count, contributions = find_contributions(workshop, wanted, SHOWN, sees_hidden=facilitates)
    cards = [
        {**handling_values(workshop, each), "place": _place("found", each), "handling_place": _place("at", each)}
        for each in contributions
    ]
    template = "partials/found.html" if "part" in request.args else "pages/found.html"
    values = {"meeting": workshop, "lang": reader_language(), "count": count, "cards": cards}
    may = {"facilitates": facilitates, "handles": facilitates and "handle" in request.args}
    return fill_in_forms(render_template(template, **values, **may))


def _place(what: str, contribution: Contribution) -> Markup:
    return Markup('id="{}-{}" data-client').format(what, contribution.id)

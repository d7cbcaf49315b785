"""Contributions that somebody looks for: the part of a page that shows them, or a page of its own without scripts."""

from flask import Blueprint, render_template, request
from markupsafe import Markup

from facilitation.activities.capture import card_values
from facilitation.activities.finding import Wanted, find_contributions
from facilitation.meeting.acts import may_open
from facilitation.meeting.models import Person, Workshop
from facilitation.web.access import route
from facilitation.web.language import reader_language
from facilitation.web.rooms import fill_in_forms

pages = Blueprint("finding", __name__)

SHOWN = 40
"""Contributions that are shown of those found, the latest."""
LONGEST = 200
"""Characters of what is looked for that are looked at."""


@route(pages, "/w/<slug>/found", "room")
def found(workshop: Workshop, me: Person) -> str:
    """``q``: words, ``delegation``, ``lang``, ``theme``, ``kind``; with ``part`` only the part for another page."""
    asked = {name: request.args.get(name, "")[:LONGEST] for name in ("delegation", "lang", "theme", "kind")}
    wanted = Wanted(words=request.args.get("q", "")[:LONGEST], **asked)
    count, contributions = find_contributions(workshop, wanted, SHOWN, sees_hidden=may_open(me, "console"))
    cards = [
        {**card_values(workshop, each), "place": Markup('id="found-{}" data-client').format(each.id)}
        for each in contributions
    ]
    template = "partials/found.html" if "part" in request.args else "pages/found.html"
    return fill_in_forms(render_template(template, meeting=workshop, lang=reader_language(), count=count, cards=cards))

"""The organiser's page: people, links, agenda, rules."""

from flask import Blueprint

from facilitation.meeting.models import Person, Workshop
from facilitation.web.access import route
from facilitation.web.rooms import show

pages = Blueprint("settings", __name__)


@route(pages, "/w/<slug>/settings", "settings")
def settings(workshop: Workshop, me: Person) -> str:
    """People, links, agenda and rules."""
    return show("settings", workshop, me)

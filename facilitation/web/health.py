"""Who is connected to a meeting, by which line, and how far behind: for facilitators whom somebody calls for help."""

from flask import Blueprint, render_template

from facilitation.live import broadcast
from facilitation.meeting.models import Person, Workshop
from facilitation.web.access import route
from facilitation.web.language import reader_language
from facilitation.web.templating import meeting_pages

pages = Blueprint("health", __name__)


@route(pages, "/w/<slug>/health", "console")
def health(workshop: Workshop, me: Person) -> str:
    """The connections, the worst first."""
    connections, elsewhere = broadcast.connections_of(workshop.id)
    return render_template(
        "pages/health.html",
        meeting=workshop,
        lang=reader_language(),
        connections=sorted(connections, key=lambda each: (-each.behind, -each.waiting, each.viewer.person_id)),
        elsewhere=elsewhere,
        page_names={page: label for page, _, label in meeting_pages(workshop)},
        absent=[
            person
            for person in workshop.people
            if person.revoked_at is None and person.id not in broadcast.channel_of(workshop.id).people()
        ],
    )

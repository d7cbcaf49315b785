"""What is kept of whoever reads: the notice of a meeting, in the reader's language, and their own data as a file."""

import json

from flask import Blueprint, Response, render_template

from facilitation.meeting.models import Person, Workshop
from facilitation.operating.privacy import held_on, let_go_on
from facilitation.web.access import route
from facilitation.web.downloads import as_file
from facilitation.web.language import reader_language

pages = Blueprint("privacy", __name__)


@route(pages, "/w/<slug>/privacy", "room")
def privacy(workshop: Workshop, me: Person) -> str:
    """The data protection notice of the meeting."""
    return render_template(
        "pages/privacy.html",
        meeting=workshop,
        lang=reader_language(),
        let_go_on=let_go_on(workshop),
        organisers=[each for each in workshop.people if each.role == "organiser" and each.revoked_at is None],
    )


@route(pages, "/w/<slug>/mine.json", "room")
def mine(workshop: Workshop, me: Person) -> Response:
    """Everything that is kept of whoever asks."""
    content = json.dumps(held_on(workshop, me), ensure_ascii=False, indent=2).encode()
    return as_file(content, "application/json", f"{workshop.slug}-{me.key}.json")

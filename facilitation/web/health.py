"""Who is connected to a meeting, by which line, and how far behind: for facilitators whom somebody calls for help."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from facilitation.live import broadcast, journal
from facilitation.live.broadcast import Connection
from facilitation.meeting.models import Person, Workshop
from facilitation.web.access import route
from facilitation.web.language import reader_language
from facilitation.web.templating import meeting_pages

pages = Blueprint("health", __name__)


@dataclass(frozen=True)
class Row:
    """A line of the page."""

    person: Person
    connection: Connection
    behind: int | None
    """Numbers given out since the last one that the person is known to have seen, or messages that have not left, whichever
    are more; ``None`` when nothing is known."""

    @property
    def trouble(self) -> tuple[float, int]:
        """What to look at first: who is far behind, then those of whom nothing is known."""
        return 0.5 if self.behind is None else self.behind, self.connection.waiting


@route(pages, "/w/<slug>/health", "console")
def health(workshop: Workshop, me: Person) -> str:
    """The connections, at whichever process of the server, the worst first."""
    connections, last = broadcast.connections_of(workshop.id), journal.current_number(workshop.id).seq
    there = {person.id: person for person in workshop.people if person.revoked_at is None}
    rows = [Row(there[each.person_id], each, _behind(each, last)) for each in connections if each.person_id in there]
    connected = {each.person_id for each in connections} | broadcast.channel_of(workshop.id).people()
    return render_template(
        "pages/health.html",
        meeting=workshop,
        lang=reader_language(),
        rows=sorted(rows, key=lambda row: row.trouble, reverse=True),
        page_names={page: label for page, _, label in meeting_pages(workshop)},
        absent=[person for person in there.values() if person.id not in connected],
    )


def _behind(connection: Connection, last: int) -> int | None:
    return None if connection.seen is None else max(0, last - connection.seen, connection.waiting)

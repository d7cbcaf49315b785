"""The organiser's page: the meeting's own words, agenda, delegations, people, links, rules; edited with ordinary commands.

No region stands on it. Its scripts join as a console, which organisers may open, so that commands are acknowledged; when one
is accepted the page is loaded anew. Without scripts its forms are posted to the same door. ``?edit=`` names the row whose form
is open: forty forms at once would make the page half a megabyte.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import get_args

from flask import Blueprint, request
from sqlalchemy import select

from facilitation.activities.series import can_be_followed, earlier_meetings
from facilitation.extensions import db
from facilitation.live.commands import COMMANDS
from facilitation.meeting import acts, agenda, describing, owning, workshops
from facilitation.meeting.models import ITEM_KINDS, ROLES, AgendaItem, Link, Person, Workshop
from facilitation.meeting.texts import UNDETERMINED
from facilitation.record.exports import files_of
from facilitation.web.access import route
from facilitation.web.rooms import show

pages = Blueprint("settings", __name__)

BEGIN = "09:00"
"""Where a day without items is expected to begin."""


@dataclass(frozen=True)
class Day:
    """A day of the meeting as it is planned."""

    number: int
    date: date
    items: list[AgendaItem]

    @property
    def next_start(self) -> str:
        """When an item after the last one would start, ``HH:MM``."""
        if not self.items:
            return BEGIN
        last = self.items[-1]
        minute = min(int(last.start[:2]) * 60 + int(last.start[3:]) + last.minutes, 24 * 60 - 1)
        return f"{minute // 60:02}:{minute % 60:02}"

    def behind(self, item: AgendaItem, steps: int) -> str | None:
        """The key of the item to move behind, so that ``item`` comes one later (1) or one earlier (-1)."""
        place = self.items.index(item) + (1 if steps > 0 else -2)
        return self.items[place].key if place >= 0 else None

    def may_go(self, item: AgendaItem, steps: int) -> bool:
        """Whether there is an item on that side that has not begun either."""
        place = self.items.index(item) + steps
        return 0 <= place < len(self.items) and self.items[place].state == "planned"


def _days(meeting: Workshop) -> list[Day]:
    """Every day from the first date to the last, those without items too."""
    return [
        Day(n, meeting.starts_on + timedelta(days=n - 1), [item for item in meeting.agenda if item.day == n])
        for n in range(1, (meeting.ends_on - meeting.starts_on).days + 2)
    ]


def _with_link(meeting: Workshop) -> frozenset[int]:
    """The people who have a link that works."""
    query = select(Link.person_id).join(Person, Person.id == Link.person_id)
    return frozenset(db.session.scalars(query.where(Person.workshop_id == meeting.id, Link.revoked_at.is_(None))))


def _languages(meeting: Workshop, *more: str) -> list[str]:
    """The languages that a person of this meeting may have: its own, those of its delegations, and these."""
    known = [*meeting.languages, *(tag for delegation in meeting.delegations for tag in delegation.languages), *more]
    return list(dict.fromkeys(known))


def _tags_for(meeting: Workshop, texts: dict[str, str]) -> list[str]:
    """The languages to edit a text in: the one that must be there first, and none that it has already left out."""
    first = UNDETERMINED if UNDETERMINED in texts else meeting.default_language
    return list(dict.fromkeys((first, *texts, *meeting.languages)))


@route(pages, "/w/<slug>/settings", "settings")
def settings(workshop: Workshop, me: Person) -> str:
    """The meeting's own words, agenda, delegations, people, links and rules."""
    return show(
        "settings",
        workshop,
        me,
        editing=request.args.get("edit", ""),
        allowed=lambda command: workshop.phase in COMMANDS[command].during,
        days=_days,
        with_link=_with_link,
        languages_of=_languages,
        tags_for=_tags_for,
        has_begun=describing.has_begun,
        earlier_meetings=earlier_meetings,
        can_be_followed=can_be_followed,
        roles=ROLES,
        files=partial(files_of, workshop.slug),
        item_kinds=ITEM_KINDS,
        contribution_kinds=get_args(agenda.ContributionKind),
        anonymities=get_args(workshops.Anonymity),
        owned=owning.is_owner(me),
        readers_of=acts.readers_of,
    )

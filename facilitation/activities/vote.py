"""The vote: each participant spreads the item's votes over its themes; what comes out is the number of votes, never whose."""

from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from pydantic import Field
from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.activities.themes import Theme, find_theme, themes_of
from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.regions import region
from facilitation.meeting.acts import Key, MeetingAct
from facilitation.meeting.models import AgendaItem, Model, Person, Workshop

VOTES_EACH = 3
"""How many votes each participant has where the item does not say it."""

Votes = Annotated[int, Field(ge=0, le=1000)]


class Vote(Model):
    """How many of their votes somebody gave to a theme in an item; no row stands for none."""

    __tablename__ = "votes"
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    theme_id: Mapped[str] = mapped_column(ForeignKey("themes.id", ondelete="CASCADE"), primary_key=True)
    count: Mapped[int]


@command("votes_cast", by="participant", during="open")
def cast_votes(act: MeetingAct, *, item: Key, votes: dict[Key, Votes]) -> None:
    """Gives one's votes to themes of the vote that is on; again: replaces what one gave before."""
    running = act.running(item)
    if running.kind != "vote":
        raise Refusal("invalid", _l("There is no vote in this agenda item."), field="item")
    given = {find_theme(act, theme, "votes"): count for theme, count in votes.items()}
    if any(running.works_on not in (None, theme.kind) for theme in given):
        raise Refusal("invalid", _l("This vote is about themes of another kind."), field="votes")
    total, limit = sum(given.values()), votes_each(running)
    if total > limit:
        message = _l("Too many votes: %(total)s. For each participant there are %(limit)s.", total=total, limit=limit)
        raise Refusal("invalid", message, field="votes")
    db.session.execute(delete(Vote).where(Vote.item_id == running.id, Vote.person_id == act.me.id))
    for theme, count in given.items():
        if count:
            db.session.add(Vote(item_id=running.id, person_id=act.me.id, theme_id=theme.id, count=count))
    act.facts["item"] = running.key
    act.touch(f"ballot-{act.me.id}")
    act.concerns("votes")


def votes_each(item: AgendaItem) -> int:
    """How many votes each participant has in the item."""
    return item.votes_each or VOTES_EACH


def results(workshop: Workshop, item: AgendaItem) -> list[tuple[Theme, int]]:
    """The item's themes, in the order they were made, and the votes each got. Votes for a theme that was merged into
    another one count for that one."""
    votes = _by_living_theme(workshop, select(Vote.theme_id, func.sum(Vote.count)).where(Vote.item_id == item.id))
    return [(theme, votes.get(theme.id, 0)) for theme in themes_of(workshop, item.works_on)]


def _by_living_theme(workshop: Workshop, query: Any) -> dict[str, int]:
    """Sums by theme, of a query that groups votes by theme, with merged themes counted for where they went."""
    went = {
        theme.id: theme.merged_into for theme in db.session.scalars(select(Theme).filter_by(workshop_id=workshop.id))
    }
    found: dict[str, int] = {}
    for theme_id, count in db.session.execute(query.group_by(Vote.theme_id)):
        seen = {theme_id}
        while (target := went.get(theme_id)) is not None and target not in seen:
            theme_id = target
            seen.add(target)
        found[theme_id] = found.get(theme_id, 0) + int(count)
    return found


def _running_vote(workshop: Workshop) -> AgendaItem | None:
    item = workshop.running_item()
    return item if item is not None and item.kind == "vote" and workshop.phase == "open" else None


def _participants(workshop: Workshop) -> list[Person]:
    return [person for person in workshop.people if person.role == "participant"]


@region(
    slot="votes",
    views="room",
    audience=lambda key: f"person-{key}",
    keys=lambda workshop: [str(person.id) for person in _participants(workshop)],
    on="items phase themes translations",
)
def ballot(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """My votes in the vote that is on, to give and to change."""
    item, person = _running_vote(workshop), workshop.person_by_id(int(key))
    if item is None or person is None or person.role != "participant":
        return None
    query = select(Vote.theme_id, func.sum(Vote.count)).where(Vote.item_id == item.id, Vote.person_id == int(key))
    mine = _by_living_theme(workshop, query)
    themes = themes_of(workshop, item.works_on)
    return {"item": item, "themes": themes, "mine": mine, "given": sum(mine.values()), "limit": votes_each(item)}


@region(
    slot="results",
    views="room console screen",
    keys=lambda workshop: [item.key for item in workshop.agenda if item.kind == "vote"],
    on="votes items themes translations people",
)
def outcome(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """What came out of a vote, or how it stands while it is on, and how many have voted."""
    item = workshop.item(key)
    if item is None or item.kind != "vote" or item.state not in ("running", "done"):
        return None
    voters = set(db.session.scalars(select(Vote.person_id).where(Vote.item_id == item.id)))
    entitled = voters | {person.id for person in _participants(workshop) if person.revoked_at is None}
    counted = results(workshop, item)
    return {
        "order": f"{item.day:02}{item.place:05}",
        "item": item,
        "counted": counted,
        "most": max((count for _, count in counted), default=0),
        "voted": len(voters),
        "entitled": len(entitled),
    }

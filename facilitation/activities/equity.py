"""Equity at a glance: how the meeting's time and attention have been shared among the delegations so far."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from facilitation.activities.agreement import Position, conclusions_of
from facilitation.activities.capture import LIVING, Contribution, Endorsement
from facilitation.activities.floor import delegation_speaking, seconds_by_delegation
from facilitation.activities.vote import Vote
from facilitation.extensions import db
from facilitation.live.regions import region
from facilitation.meeting.models import AgendaItem, Delegation, Person, Workshop


@dataclass(frozen=True)
class Share:
    """What one delegation has had and given so far."""

    delegation: Delegation
    contributions: int | None
    """``None`` while too few of it have contributed: a number that grows with a card would tell whose card it is."""
    endorsements: int
    floor_seconds: int
    voted: int
    """People of it who have voted in some vote."""
    positions_due: int
    """Conclusions that are put and wait for its position."""

    is_speaking: bool

    @property
    def is_silent(self) -> bool:
        """Whether it has never had the floor. What it wrote must not count: while it is few, that is kept secret."""
        return not (self.floor_seconds or self.is_speaking)


def shares_of(workshop: Workshop) -> list[Share]:
    """Every delegation's share, in the order of the delegations."""
    written = _counts(
        select(Contribution.delegation_id, func.count())
        .where(Contribution.workshop_id == workshop.id, Contribution.state.in_(LIVING))
        .group_by(Contribution.delegation_id)
    )
    endorsed = _counts(
        select(Endorsement.delegation_id, func.count())
        .join(Contribution, Contribution.id == Endorsement.contribution_id)
        .where(Contribution.workshop_id == workshop.id)
        .group_by(Endorsement.delegation_id)
    )
    voted = _counts(
        select(Person.delegation_id, func.count(func.distinct(Vote.person_id)))
        .join(Person, Person.id == Vote.person_id)
        .join(AgendaItem, AgendaItem.id == Vote.item_id)
        .where(AgendaItem.workshop_id == workshop.id)
        .group_by(Person.delegation_id)
    )
    put = [conclusion.id for conclusion in conclusions_of(workshop) if conclusion.state == "put"]
    taken = _counts(
        select(Position.delegation_id, func.count())
        .where(Position.conclusion_id.in_(put))
        .group_by(Position.delegation_id)
    )
    spoken, speaking = seconds_by_delegation(workshop), delegation_speaking(workshop)
    return [
        Share(
            each,
            written.get(each.id, 0) if each.contributors >= workshop.minimum_contributors else None,
            endorsed.get(each.id, 0),
            spoken[each.id],
            voted.get(each.id, 0),
            len(put) - taken.get(each.id, 0),
            each.id == speaking,
        )
        for each in workshop.delegations
    ]


def _counts(query: Any) -> dict[int | None, int]:
    return {delegation_id: int(count) for delegation_id, count in db.session.execute(query)}


@region(slot="equity", views="console", audience="facilitator", on="everything")
def equity(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The table of shares."""
    return {"shares": shares_of(workshop)} if workshop.delegations else None

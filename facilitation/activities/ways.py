"""The ways of a delegation's points: into which theme each went, and what rests on it."""

from dataclasses import dataclass
from typing import Any

from facilitation.activities.agreement import Conclusion, conclusions_of
from facilitation.activities.capture import Contribution, visible_contributions
from facilitation.activities.framework import Element, elements_of
from facilitation.activities.sources import sources_of
from facilitation.activities.themes import Theme
from facilitation.extensions import db
from facilitation.live.regions import region
from facilitation.meeting.models import Delegation, Workshop


@dataclass(frozen=True)
class Way:
    """A contribution and where it went."""

    contribution: Contribution
    theme: Theme | None
    elements: list[Element]
    """Elements of the framework that rest on it or on its theme."""
    conclusions: list[Conclusion]
    """Conclusions, put or closed, that rest on it, on its theme, or on one of these elements."""


def ways_of(workshop: Workshop, delegation: Delegation) -> list[Way]:
    """Where the delegation's contributions went, of those that may be told to be its own.

    What was written under the delegation's name alone counts only once as many people have contributed as the rule asks
    for: colleagues are others, too.
    """
    named = delegation.contributors >= workshop.minimum_contributors
    own = [
        contribution
        for contribution in visible_contributions(workshop)
        if contribution.delegation_id == delegation.id and (named or contribution.anonymity == "named")
    ]
    elements = [(element, _living(workshop, element.sources)) for element in elements_of(workshop)]
    conclusions = [
        (conclusion, _living(workshop, conclusion.sources))
        for conclusion in conclusions_of(workshop)
        if conclusion.state != "draft"
    ]
    ways = []
    for contribution in own:
        theme = db.session.get(Theme, contribution.theme_id) if contribution.theme_id else None
        begun = {contribution.id, *([theme.id] if theme else [])}
        through = [element for element, sources in elements if sources & begun]
        reached = begun | {element.id for element in through}
        ways.append(Way(contribution, theme, through, [each for each, sources in conclusions if sources & reached]))
    return ways


def _living(workshop: Workshop, ids: list[str]) -> set[str]:
    """The ids, with that of a merged theme replaced by the one that it went into."""
    return {source.id for source in sources_of(workshop, ids)}


@region(
    slot="points",
    views="delegation",
    audience=lambda key: f"delegation-{key}",
    keys=lambda workshop: [delegation.code for delegation in workshop.delegations],
    on="themes grouping conclusions framework translations",
)
def points(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """What we said and where it went."""
    delegation = workshop.delegation(key)
    if delegation is None:
        return None
    return {"delegation": delegation, "ways": ways_of(workshop, delegation)}

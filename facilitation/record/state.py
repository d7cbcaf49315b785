"""The state of a meeting as plain JSON values (the contract, section 6): each part from the activity that it belongs to.

What the viewer may not see is absent. Instants are milliseconds since 1970; texts are by language.
"""

from typing import Any

from facilitation.activities.agreement import agreement_state
from facilitation.activities.capture import Contribution, named_author
from facilitation.activities.floor import floor_state
from facilitation.activities.framework import framework_state
from facilitation.activities.themes import Theme
from facilitation.extensions import now_ms
from facilitation.meeting import clock
from facilitation.meeting.models import AgendaItem, Workshop
from facilitation.record import approval, seal
from facilitation.record.material import Material

STATE_FORMAT = "facilitation-state/1"


def state_of(workshop: Workshop, sees_hidden: bool, viewer_id: int | None = None) -> dict[str, Any]:
    """The state; ``sees_hidden``: whether the viewer may see contributions that are hidden or not shown yet; their own
    they always see."""
    m = Material(workshop, hidden_too=sees_hidden, author_id=viewer_id)
    return {
        "format": STATE_FORMAT,
        "seq": workshop.stream.seq,
        "workshop": {
            "slug": workshop.slug,
            "phase": workshop.phase,
            "title": workshop.title,
            "languages": workshop.languages,
            "delegations": [
                {"code": delegation.code, "name": delegation.name, "languages": delegation.languages}
                for delegation in workshop.delegations
            ],
        },
        "agenda": [_item(workshop, item) for item in workshop.agenda],
        "programmes": [
            {
                "id": programme.id,
                "key": programme.key,
                "delegation": programme.delegation.code,
                "title": programme.title,
                "status": programme.status,
            }
            for programme in m.programmes
        ],
        "contributions": [_contribution(m, contribution) for contribution in m.contributions],
        "themes": [_theme(m, theme) for theme in m.themes],
        "conclusions": agreement_state(workshop, sees_drafts=sees_hidden),
        "framework": framework_state(workshop),
        "floor": floor_state(workshop, now_ms()),
        "minutes": {
            "state": approval.state_of_minutes(workshop),
            "signed_by": [delegation.code for delegation in approval.signed_by(workshop)],
        },
        "record": _record(workshop),
    }


def _item(workshop: Workshop, item: AgendaItem) -> dict[str, Any]:
    return {
        "key": item.key,
        "kind": item.kind,
        "day": item.day,
        "planned_start": clock.planned_start(workshop, item),
        "planned_minutes": item.minutes,
        "state": item.state,
        "started_at": item.started_at,
        "finished_at": item.finished_at,
    }


def _contribution(m: Material, contribution: Contribution) -> dict[str, Any]:
    author, delegation = named_author(contribution), m.shown_delegation(contribution)
    hidden_for_now = contribution.state == "shown" and not contribution.visible
    return {
        "id": contribution.id,
        "seq": contribution.seq,
        "kind": contribution.kind,
        "item": contribution.item.key,
        "lang": contribution.lang,
        "text": contribution.text,
        "translations": m.translations_of(contribution.id),
        **({"translated": translated} if (translated := _translated(m, contribution)) else {}),
        **({"delegation": delegation.code} if delegation else {}),
        **({"author": author.key} if author else {}),
        **({"on_behalf": True} if contribution.on_behalf else {}),
        "theme": contribution.theme_id,
        "endorsed_by": [endorsement.delegation.code for endorsement in contribution.endorsements],
        "state": "hidden" if hidden_for_now else contribution.state,
    }


def _translated(m: Material, contribution: Contribution) -> dict[str, Any]:
    """Language → who translated it, as far as known, and whether that is confirmed."""
    found = {}
    for lang, row in m.translated(contribution.id).items():
        by = m.workshop.person_by_id(row.translator_id) if row.translator_id is not None else None
        found[lang] = {"by": by.key if by else None, "confirmed": row.confirmed}
    return found


def _theme(m: Material, theme: Theme) -> dict[str, Any]:
    named = {
        delegation.place: delegation.code
        for contribution in m.contributions_by_theme[theme.id]
        if contribution.visible
        for delegation in (m.shown_delegation(contribution), *(each.delegation for each in contribution.endorsements))
        if delegation is not None
    }
    return {
        "id": theme.id,
        "kind": theme.kind,
        "title": theme.title,
        "votes": m.votes.get(theme.id, 0),
        "delegations": [named[place] for place in sorted(named)],
    }


def _record(workshop: Workshop) -> dict[str, Any] | None:
    version = seal.published_version(workshop)
    if version is None:
        return None
    return {"version": version.version, "sha256": version.sha256, "published_at": version.published_at}

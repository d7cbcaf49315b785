"""The state of a meeting as plain JSON values (the contract, section 6): each part from the activity that it belongs to.

What the viewer may not see is absent. Instants are milliseconds since 1970; texts are by language.
"""

from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from facilitation.activities.agreement import ConclusionState, agreement_state
from facilitation.activities.capture import Contribution, named_author
from facilitation.activities.floor import FloorState, floor_state
from facilitation.activities.framework import ElementState, framework_state
from facilitation.activities.themes import Theme
from facilitation.extensions import now_ms
from facilitation.meeting import clock
from facilitation.meeting.models import AgendaItem, Workshop
from facilitation.record import approval, seal
from facilitation.record.material import Material

STATE_FORMAT = "facilitation-state/1"


class DelegationState(TypedDict):
    """Who sits together."""

    code: str
    name: dict[str, str]
    languages: list[str]


class WorkshopState(TypedDict):
    """The meeting itself."""

    slug: str
    phase: str
    title: dict[str, str]
    languages: list[str]
    delegations: list[DelegationState]


class ItemState(TypedDict):
    """An item of the agenda; ``started_at`` and ``finished_at`` are ``None`` until then."""

    key: str
    kind: str
    day: int
    planned_start: int
    planned_minutes: int
    state: str
    started_at: int | None
    finished_at: int | None


class ProgrammeState(TypedDict):
    """A programme that a delegation has presented; ``key`` is the plan's, if it was planned."""

    id: str
    key: str | None
    delegation: str
    title: dict[str, str]
    status: str


class TranslatedState(TypedDict):
    """Who translated a text, as far as known, and whether somebody has confirmed it."""

    by: str | None
    confirmed: bool


class ContributionState(TypedDict):
    """A contribution. Who wrote it is there as far as the viewer may see it; ``theme`` is ``None`` outside themes."""

    id: str
    seq: int
    kind: str
    item: str
    lang: str
    text: str
    translations: dict[str, str]
    translated: NotRequired[dict[str, TranslatedState]]
    delegation: NotRequired[str]
    author: NotRequired[str]
    on_behalf: NotRequired[bool]
    theme: str | None
    endorsed_by: list[str]
    state: str


class ThemeState(TypedDict):
    """A theme, its votes, and the delegations named in it."""

    id: str
    kind: str
    title: dict[str, str]
    votes: int
    delegations: list[str]


class MinutesState(TypedDict):
    """Where the minutes stand: ``none``, ``draft``, ``circulated`` or ``adopted``; the delegations whose signatures count."""

    state: str
    signed_by: list[str]


class RecordState(TypedDict):
    """The published version."""

    version: int
    sha256: str
    published_at: int


class State(TypedDict):
    """A meeting as somebody may see it."""

    format: str
    seq: int
    workshop: WorkshopState
    agenda: list[ItemState]
    programmes: list[ProgrammeState]
    contributions: list[ContributionState]
    themes: list[ThemeState]
    conclusions: list[ConclusionState]
    framework: list[ElementState]
    floor: list[FloorState]
    minutes: MinutesState
    record: RecordState | None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the state."""
    return TypeAdapter(State).json_schema()


def state_of(workshop: Workshop, sees_hidden: bool, viewer_id: int | None = None) -> State:
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


def _item(workshop: Workshop, item: AgendaItem) -> ItemState:
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


def _contribution(m: Material, contribution: Contribution) -> ContributionState:
    author, delegation = named_author(contribution), m.shown_delegation(contribution)
    hidden_for_now = contribution.state == "shown" and not contribution.visible
    found: ContributionState = {
        "id": contribution.id,
        "seq": contribution.seq,
        "kind": contribution.kind,
        "item": contribution.item.key,
        "lang": contribution.lang,
        "text": contribution.text,
        "translations": m.translations_of(contribution.id),
        "theme": contribution.theme_id,
        "endorsed_by": [endorsement.delegation.code for endorsement in contribution.endorsements],
        "state": "hidden" if hidden_for_now else contribution.state,
    }
    if translated := _translated(m, contribution):
        found["translated"] = translated
    if delegation is not None:
        found["delegation"] = delegation.code
    if author is not None:
        found["author"] = author.key
    if contribution.on_behalf:
        found["on_behalf"] = True
    return found


def _translated(m: Material, contribution: Contribution) -> dict[str, TranslatedState]:
    """Language → who translated it, as far as known, and whether that is confirmed."""
    found: dict[str, TranslatedState] = {}
    for lang, row in m.translated(contribution.id).items():
        by = m.workshop.person_by_id(row.translator_id) if row.translator_id is not None else None
        found[lang] = {"by": by.key if by else None, "confirmed": row.confirmed}
    return found


def _theme(m: Material, theme: Theme) -> ThemeState:
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


def _record(workshop: Workshop) -> RecordState | None:
    version = seal.published_version(workshop)
    if version is None:
        return None
    return {"version": version.version, "sha256": version.sha256, "published_at": version.published_at}

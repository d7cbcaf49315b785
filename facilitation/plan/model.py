"""What a plan says, as plain values. A text of no particular language is filed under ``und`` (``meeting.texts``)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Literal, get_args

from facilitation.meeting.texts import Texts

ItemKind = Literal[
    "lobby",
    "address",
    "briefing",
    "round",
    "presentation",
    "discussion",
    "capture",
    "cluster",
    "vote",
    "framework",
    "agreement",
    "break",
    "recap",
    "closing",
]
Role = Literal["organiser", "facilitator", "rapporteur", "interpreter", "speaker", "participant", "observer"]
ContributionKind = Literal["challenge", "positive", "question", "idea"]
ProgrammeStatus = Literal["in_development", "in_use"]
Attribution = Literal["named", "delegation", "anonymous"]
Anonymity = Literal["named", "delegation", "anonymous"]
Moderation = Literal["before", "after"]

ITEM_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)
ROLES: tuple[Role, ...] = get_args(Role)
CONTRIBUTION_KINDS: tuple[ContributionKind, ...] = get_args(ContributionKind)
PROGRAMME_STATUSES: tuple[ProgrammeStatus, ...] = get_args(ProgrammeStatus)
ATTRIBUTIONS: tuple[Attribution, ...] = get_args(Attribution)
ANONYMITIES: tuple[Anonymity, ...] = get_args(Anonymity)
MODERATIONS: tuple[Moderation, ...] = get_args(Moderation)


@dataclass(frozen=True)
class Rules:
    """How the meeting treats what people write. ``retention_days`` of ``None``: the plan does not say; a new
    meeting gets ``storing.RETENTION_DAYS``, one that is there keeps what it has."""

    attribution: Attribution = "delegation"
    default_anonymity: Anonymity = "delegation"
    moderation: Moderation = "after"
    minimum_contributors_to_name_a_delegation: int = 3
    retention_days: int | None = None
    readers: Mapping[str, str] = field(default_factory=dict)
    """Document → who may open it, where that is not as usual."""


@dataclass(frozen=True)
class Principle:
    """A sentence pinned for the whole meeting."""

    key: str
    text: Texts


@dataclass(frozen=True)
class PlannedDelegation:
    """Who sits together. ``footnote`` is a key of the plan's footnotes."""

    code: str
    name: Texts
    languages: tuple[str, ...]
    footnote: str | None


@dataclass(frozen=True)
class PlannedPerson:
    """Somebody invited; ``interprets`` are the languages that an interpreter writes."""

    key: str
    name: Texts
    role: Role
    delegation: str | None
    language: str
    title: Texts
    head_of_delegation: bool
    interprets: tuple[str, ...]


@dataclass(frozen=True)
class PlannedItem:
    """A slot of the agenda: day 1 is the first date, ``start`` the time in the plan's zone, never past midnight.

    ``votes_each`` is ``None`` unless the plan says it or the item is a vote.
    """

    key: str
    day: int
    start: time
    minutes: int
    kind: ItemKind
    title: Texts
    speaker: str | None
    delegation: str | None
    collects: ContributionKind | None
    works_on: ContributionKind | None
    votes_each: int | None


@dataclass(frozen=True)
class PlannedProgramme:
    """A programme that a delegation runs or develops."""

    key: str
    delegation: str
    title: Texts
    status: ProgrammeStatus
    summary: Texts


@dataclass(frozen=True)
class Plan:
    """A meeting as its organiser prepared it. Every reference in it leads somewhere."""

    slug: str
    title: Texts
    headline: Texts
    starts_on: date
    ends_on: date
    timezone: str
    venue: Texts
    video_url: str | None
    languages: tuple[str, ...]
    default_language: str
    organiser: Texts
    programme: Texts
    funding: Texts
    disclaimer: Texts
    copyright: Texts
    footnotes: Mapping[str, Texts]
    principles: tuple[Principle, ...]
    delegations: tuple[PlannedDelegation, ...]
    people: tuple[PlannedPerson, ...]
    agenda: tuple[PlannedItem, ...]
    programmes: tuple[PlannedProgramme, ...]
    rules: Rules = field(default_factory=Rules)
    notice: Texts = field(default_factory=dict)

"""The format ``facilitation-plan/1``, declared."""

from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _l

from facilitation.meeting.acts import DOCUMENTS, READERS
from facilitation.plan.fields import (
    calendar_date,
    clock_time,
    flag,
    language,
    list_of,
    map_of,
    name_like,
    one_of,
    optional,
    record,
    required,
    text,
    texts,
    time_zone,
    web_address,
    whole,
)
from facilitation.plan.model import (
    ANONYMITIES,
    ATTRIBUTIONS,
    CONTRIBUTION_KINDS,
    ITEM_KINDS,
    MODERATIONS,
    PROGRAMME_STATUSES,
    ROLES,
    Plan,
    PlannedDelegation,
    PlannedItem,
    PlannedPerson,
    PlannedProgramme,
    Principle,
    Rules,
)

FORMAT = "facilitation-plan/1"
VOTES_EACH = 3

_KEY = name_like(
    "[a-z0-9][a-z0-9-]{0,63}", _l("a key is made of small letters a–z, digits and hyphens, at most 64 of them")
)
_CODE = name_like(
    "[A-Za-z0-9][A-Za-z0-9-]{0,15}",
    _l("a code of a delegation is made of letters A–Z, digits and hyphens, at most 16 of them"),
)
_TITLE = texts(text(500))
_TEXT = texts(text(5000, lines=True))
_LANGUAGES = list_of(language)

_RULES = record(
    Rules,
    attribution=optional(one_of(ATTRIBUTIONS), Rules.attribution),
    default_anonymity=optional(one_of(ANONYMITIES), Rules.default_anonymity),
    moderation=optional(one_of(MODERATIONS), Rules.moderation),
    minimum_contributors_to_name_a_delegation=optional(whole(1, 1000), Rules.minimum_contributors_to_name_a_delegation),
    retention_days=optional(whole(1, 36500), Rules.retention_days),
    readers=optional(map_of(one_of(tuple(DOCUMENTS)), required(one_of(tuple(READERS)))), {}),
)

_PRINCIPLE = record(Principle, key=required(_KEY), text=required(_TEXT))

_DELEGATION = record(
    PlannedDelegation,
    code=required(_CODE),
    name=required(_TITLE),
    languages=optional(_LANGUAGES, ()),
    footnote=optional(_KEY),
)

_PERSON = record(
    PlannedPerson,
    key=required(_KEY),
    name=required(_TITLE),
    role=required(one_of(ROLES)),
    delegation=optional(_CODE),
    language=optional(language, ""),
    title=optional(_TITLE, {}),
    head_of_delegation=optional(flag, False),
    interprets=optional(_LANGUAGES, ()),
)

_ITEM = record(
    PlannedItem,
    key=required(_KEY),
    day=required(whole(1, 9999)),
    start=required(clock_time),
    minutes=required(whole(1, 24 * 60)),
    kind=required(one_of(ITEM_KINDS)),
    title=required(_TITLE),
    speaker=optional(_KEY),
    delegation=optional(_CODE),
    collects=optional(one_of(CONTRIBUTION_KINDS)),
    works_on=optional(one_of(CONTRIBUTION_KINDS)),
    votes_each=optional(whole(1, 100)),
)

_PROGRAMME = record(
    PlannedProgramme,
    key=required(_KEY),
    delegation=required(_CODE),
    title=required(_TITLE),
    status=required(one_of(PROGRAMME_STATUSES)),
    summary=optional(_TEXT, {}),
)


def _plan(*, format: str, **fields: Any) -> Plan:
    return Plan(**fields)


PLAN = record(
    _plan,
    format=required(one_of([FORMAT])),
    slug=required(_KEY),
    title=required(_TITLE),
    headline=optional(_TITLE, {}),
    starts_on=required(calendar_date),
    ends_on=required(calendar_date),
    timezone=required(time_zone),
    venue=optional(_TITLE, {}),
    video_url=optional(web_address),
    languages=required(list_of(language, at_least=1)),
    default_language=required(language),
    organiser=optional(_TITLE, {}),
    programme=optional(_TITLE, {}),
    funding=optional(_TEXT, {}),
    disclaimer=optional(_TEXT, {}),
    copyright=optional(_TEXT, {}),
    notice=optional(_TEXT, {}),
    footnotes=optional(map_of(_KEY, required(_TEXT)), {}),
    rules=optional(_RULES, Rules()),
    principles=optional(list_of(_PRINCIPLE), ()),
    delegations=required(list_of(_DELEGATION, at_least=1)),
    people=required(list_of(_PERSON, at_least=1)),
    agenda=required(list_of(_ITEM, at_least=1)),
    programmes=optional(list_of(_PROGRAMME), ()),
)
"""Reads a whole plan. Its fields are read one by one, so where one has an error, the plan holds ``UNREAD``."""


def completed(plan: Plan) -> Plan:
    """A plan without errors, with what follows from the rest of it: unsaid languages and votes, the order of time."""
    return replace(
        plan,
        delegations=tuple(
            replace(delegation, languages=delegation.languages or (plan.default_language,))
            for delegation in plan.delegations
        ),
        people=tuple(replace(person, language=person.language or plan.default_language) for person in plan.people),
        agenda=tuple(
            replace(item, votes_each=item.votes_each or VOTES_EACH) if item.kind == "vote" else item
            for item in sorted(plan.agenda, key=lambda item: (item.day, item.start))
        ),
    )

"""The reader of plans, format ``facilitation-plan/1``: a YAML text in, a ``Plan`` or every error in it out.

Pure: nothing here knows the database, the running meeting or who is asking. The text becomes plain values
(``source``), the plain values become a typed plan by the declaration of the format (``format``, written with the
readers of ``fields``), and the plan is checked against itself (``checks``). Each of the three notes its errors and goes
on, so that an organiser who gets five things wrong hears of five, not of one five times.
"""

from facilitation.plan.checks import inconsistencies
from facilitation.plan.errors import UNREAD, Errors, Place, PlanError, PlanRefused
from facilitation.plan.fields import attempt
from facilitation.plan.format import PLAN, completed
from facilitation.plan.model import (
    ANONYMITIES,
    ATTRIBUTIONS,
    CONTRIBUTION_KINDS,
    ITEM_KINDS,
    MODERATIONS,
    PROGRAMME_STATUSES,
    ROLES,
    Anonymity,
    Attribution,
    ContributionKind,
    ItemKind,
    Moderation,
    Plan,
    PlannedDelegation,
    PlannedItem,
    PlannedPerson,
    PlannedProgramme,
    Principle,
    ProgrammeStatus,
    Role,
    Rules,
)
from facilitation.plan.source import MOST_BYTES, plain_values

__all__ = [
    "ANONYMITIES",
    "ATTRIBUTIONS",
    "CONTRIBUTION_KINDS",
    "ITEM_KINDS",
    "MODERATIONS",
    "MOST_BYTES",
    "PROGRAMME_STATUSES",
    "ROLES",
    "Anonymity",
    "Attribution",
    "ContributionKind",
    "ItemKind",
    "Moderation",
    "Plan",
    "PlanError",
    "PlanRefused",
    "PlannedDelegation",
    "PlannedItem",
    "PlannedPerson",
    "PlannedProgramme",
    "Principle",
    "ProgrammeStatus",
    "Role",
    "Rules",
    "read_plan",
]


def read_plan(source: bytes | str) -> Plan:
    """The plan that a YAML text says, its agenda in the order of time.

    Raises ``PlanRefused`` with every error at once; text that is no YAML at all has one error, with line and column.
    """
    errors = Errors()
    plan = attempt(PLAN, plain_values(source, errors), Place("", errors))
    if plan is not UNREAD:
        for path, message in inconsistencies(plan):
            errors.add(path, message)
    errors.refuse()
    return completed(plan)

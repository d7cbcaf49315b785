"""Erasure: what documents hold of a contribution goes for good when the contribution is redacted or erased, and of
a person when they are erased."""

from typing import Any

from sqlalchemy import delete

from facilitation.activities import capture
from facilitation.extensions import db
from facilitation.meeting.acts import MeetingAct
from facilitation.meeting.models import Workshop
from facilitation.record.approval import Correction, Edit, edit_id, minutes_row, printed_in, text_changed

ERASED = "…"
"""Stands for the name or the words of somebody who was erased."""


def erase_contribution(workshop: Workshop, contribution_id: str) -> bool:
    """Removes a contribution's text from documents; whether the circulated minutes had it. The caller commits."""
    return _erase(workshop, printed_in(contribution_id))


def erase_participant(workshop: Workshop, person_id: int) -> None:
    """Removes somebody from the list of participants. The caller commits."""
    _erase(workshop, (f"participant:{person_id}",))


def _erase(workshop: Workshop, keys: tuple[str, ...]) -> bool:
    """Removes what paragraphs say from the circulated minutes, from people's edits and from proposed corrections; whether the
    circulated minutes had them.

    The paragraphs stay, so that the others keep their numbers; they say that a text was removed.
    """
    for table in (Edit, Correction):
        db.session.execute(delete(table).where(table.workshop_id == workshop.id, table.paragraph.in_(keys)))
    row = minutes_row(workshop)
    if row is None or not row.circulated:
        return False
    there = any(block["key"] in keys for document in row.circulated.values() for block in document["blocks"])
    row.circulated = {lang: _without(document, keys) for lang, document in row.circulated.items()}
    return there


def _without(document: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    blocks = [{**block, "runs": []} if block["key"] in keys else block for block in document["blocks"]]
    return {**document, "blocks": blocks}


def _redact(act: MeetingAct, contribution: capture.Contribution) -> None:
    act.touch(*(f"translating-{edit_id(key)}" for key in printed_in(contribution.id)))
    if erase_contribution(act.workshop, contribution.id):
        text_changed(act)
    act.concerns("minutes")


capture.redacting.append(_redact)

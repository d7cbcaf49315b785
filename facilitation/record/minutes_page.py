"""The page of the minutes: the text as it grows, where its approval stands, and what each role can do about it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup

from facilitation.activities.agreement import conclusions_of
from facilitation.live.regions import EVERYTHING, region
from facilitation.meeting.models import Workshop
from facilitation.meeting.scripts import kept_in
from facilitation.record import seal
from facilitation.record.amending import lines_of
from facilitation.record.approval import (
    Correction,
    Edit,
    circulated_numbers,
    corrections_of,
    edits_of,
    minutes_row,
    signatures_of,
    signed_by,
    state_of_minutes,
    unedited,
)
from facilitation.record.document import Paragraph, plain
from facilitation.record.edits import is_outdated
from facilitation.record.event_record import record_of
from facilitation.record.exports import files_of
from facilitation.record.minutes import minutes_of
from facilitation.record.writers import html


def document_language(workshop: Workshop, lang: str) -> str:
    """The language of the meeting's that a document is kept in for a reader of ``lang``, who may read it in its other script."""
    return kept_in(workshop.languages, lang) or workshop.default_language


def shown_language(workshop: Workshop, lang: str) -> str:
    """The language and script in which a reader of ``lang`` gets a document of the meeting."""
    return lang if kept_in(workshop.languages, lang) else workshop.default_language


@dataclass(frozen=True)
class Amendable:
    """A numbered paragraph as the rapporteur and the heads of delegation can change it."""

    key: str
    number: str
    text: str
    version: int
    """Of the edit in this language; 0 where there is none."""

    @property
    def anchor(self) -> str:
        """For DOM ids."""
        return html.anchor(self.key)


def amendable(workshop: Workshop, lang: str) -> list[Amendable]:
    """The numbered paragraphs of the minutes in one language."""
    edits = edits_of(workshop)
    found = []
    for block in minutes_of(workshop, lang).blocks:
        if isinstance(block, Paragraph) and block.number:
            edit: Edit | None = edits.get(block.key, {}).get(lang)
            found.append(Amendable(block.key, block.number, plain(block.runs), 0 if edit is None else edit.version))
    return found


def _kept(workshop: Workshop) -> dict[str, Any]:
    """For templates with forms: functions of the reader's language that give the paragraphs as they are kept, the language that
    they are kept in, and whether the reader reads it in its other script."""
    return {
        "paragraphs": lambda lang: amendable(workshop, document_language(workshop, lang)),
        "language": lambda lang: document_language(workshop, lang),
        "in_other_script": lambda lang: document_language(workshop, lang) != shown_language(workshop, lang),
    }


@region(slot="minutes", views="minutes", on=EVERYTHING)
def minutes(workshop: Workshop, _key: str) -> dict[str, Any]:
    """The minutes as a document, in the reader's language."""

    def article(lang: str) -> Markup:
        document = minutes_of(workshop, shown_language(workshop, lang))
        return Markup(html.fragment(document))  # noqa: S704 - the writer has escaped every text

    return {"article": article}


@region(slot="approval", views="minutes", on="minutes phase people")
def approval(workshop: Workshop, _key: str) -> dict[str, Any]:
    """Where the minutes stand, who has signed, and what comes next."""
    row = minutes_row(workshop)
    signatures = signatures_of(workshop)
    return {
        "state": "none" if row is None else row.state,
        "sign_until": None if row is None else row.sign_until,
        "text_changed_at": None if row is None else row.text_changed_at,
        "overtaken": [
            delegation
            for delegation in workshop.delegations
            if delegation.id in signatures and signatures[delegation.id].void == "changed"
        ],
        "delegations": [(delegation, signatures.get(delegation.id)) for delegation in workshop.delegations],
        "corrections": corrections_of(workshop),
        "numbers": circulated_numbers(workshop),
        "version": seal.latest_version(workshop),
        "shown_in": lambda lang: shown_language(workshop, lang),
    }


@region(slot="approval", views="minutes", audience="rapporteur", on="minutes phase conclusions")
def approving(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The rapporteur's next step: begin the draft, circulate it, or take it back."""
    if workshop.phase not in ("open", "closed"):
        return None
    row = minutes_row(workshop)
    return {
        "state": state_of_minutes(workshop),
        "sign_until": None if row is None else row.sign_until,
        "still_put": [conclusion for conclusion in conclusions_of(workshop) if conclusion.state == "put"],
    }


@region(slot="approval", views="minutes", audience="organiser", on="minutes phase")
def adopting(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The organiser's next step: adopt the minutes, publish the record, or take it back."""
    state = state_of_minutes(workshop)
    if not (workshop.phase == "closed" and state == "circulated") and workshop.phase not in ("adopted", "published"):
        return None
    signed = signed_by(workshop)
    return {
        "missing": [delegation for delegation in workshop.delegations if delegation not in signed],
        "undecided": len(corrections_of(workshop, "proposed")),
        "version": seal.latest_version(workshop),
    }


@region(
    slot="approval",
    views="minutes",
    audience=lambda key: f"head-{key}",
    keys=lambda workshop: [delegation.code for delegation in workshop.delegations],
    on="minutes phase",
)
def signing(workshop: Workshop, key: str) -> dict[str, Any] | None:
    """For a head of delegation: sign, take the signature back, propose a correction."""
    delegation = workshop.delegation(key)
    if delegation is None or workshop.phase != "closed" or state_of_minutes(workshop) != "circulated":
        return None
    return {
        "delegation": delegation,
        "signature": signatures_of(workshop).get(delegation.id),
        **_kept(workshop),
        "corrections": [each for each in corrections_of(workshop) if each.delegation_id == delegation.id],
    }


@region(slot="amend", views="minutes", audience="rapporteur", on="minutes phase")
def deciding(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The corrections that delegations propose, for the rapporteur to decide."""
    waiting = corrections_of(workshop, "proposed")
    if not waiting or workshop.phase != "closed" or state_of_minutes(workshop) != "circulated":
        return None
    now = {lang: {each.key: each for each in amendable(workshop, lang)} for lang in {each.lang for each in waiting}}
    edits = edits_of(workshop)

    def version(correction: Correction) -> int:
        edit = edits.get(correction.paragraph, {}).get(correction.lang)
        return 0 if edit is None else edit.version

    return {"waiting": [(each, now[each.lang].get(each.paragraph), version(each)) for each in waiting]}


@dataclass(frozen=True)
class Outdated:
    """An edit whose paragraph would say something else by now than what was edited, or is there no more."""

    edit: Edit
    number: str
    """Of the paragraph; empty where it is gone."""
    generated: str
    """What the paragraph says by itself now."""

    @property
    def anchor(self) -> str:
        """For DOM ids."""
        return f"{html.anchor(self.edit.paragraph)}-{self.edit.lang}"


def outdated_edits(workshop: Workshop) -> list[Outdated]:
    """The edits that somebody has to look at again, by language in the order of the minutes, those without a paragraph last."""
    edits = [edit for versions in edits_of(workshop).values() for edit in versions.values()]
    found, homeless = [], []
    for lang in sorted({edit.lang for edit in edits}):
        waiting = {edit.paragraph: edit for edit in edits if edit.lang == lang}
        for block in unedited(workshop, lang).blocks:
            edit = waiting.pop(block.key, None) if isinstance(block, Paragraph) else None
            if edit is not None and isinstance(block, Paragraph) and is_outdated(edit, block.runs):
                found.append(Outdated(edit, block.number, plain(block.runs)))
        homeless += [Outdated(edit, "", "") for edit in waiting.values()]
    return found + homeless


@region(slot="amend", views="minutes", audience="rapporteur", on=EVERYTHING)
def outdated(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The edits that outlived what they were about, for the rapporteur to keep or to drop."""
    if workshop.phase not in ("open", "closed") or state_of_minutes(workshop) == "none":
        return None
    edits = outdated_edits(workshop)
    return {"edits": edits} if edits else None


@region(slot="amend", views="minutes", audience="rapporteur", on=EVERYTHING)
def correcting(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The form to put a line of the record right, while it is not public."""
    if workshop.phase != "adopted":
        return None

    def lines(lang: str) -> list[tuple[str, str]]:
        record = record_of(workshop, document_language(workshop, lang))
        return [(key, plain(runs)) for key, runs in lines_of(record)]

    return {"lines": lines, "language": lambda lang: document_language(workshop, lang)}


@region(slot="amend", views="minutes", audience="rapporteur", on=EVERYTHING)
def rewriting(workshop: Workshop, _key: str) -> dict[str, Any] | None:
    """The rapporteur's form for every numbered paragraph, in the language that they read."""
    if workshop.phase not in ("open", "closed") or state_of_minutes(workshop) == "none":
        return None
    return {
        "circulated": state_of_minutes(workshop) == "circulated",
        **_kept(workshop),
    }


@region(slot="downloads", views="minutes", on="phase")
def downloads(workshop: Workshop, _key: str) -> dict[str, Any]:
    """Links to the minutes and the record in every language and format."""
    return {"files": partial(files_of, workshop.slug)}

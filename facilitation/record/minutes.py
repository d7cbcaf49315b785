"""The minutes as everybody reads them: generated or circulated text, with people's edits in it and the approval above it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from facilitation.meeting import clock
from facilitation.meeting.models import Delegation, Workshop
from facilitation.meeting.scripts import kept_in
from facilitation.meeting.texts import UNDETERMINED, language_name, long_date, understands
from facilitation.record import approval
from facilitation.record.approval import Edit
from facilitation.record.document import Block, Document, Paragraph, Run
from facilitation.record.script import in_script
from facilitation.record.wording import Wording, gettext, ngettext, speaking


def minutes_of(workshop: Workshop, lang: str) -> Document:
    """The minutes as they stand, in one of the meeting's languages or in the other script of one."""
    kept = kept_in(workshop.languages, lang)
    assert kept is not None, lang
    return in_script(_minutes(workshop, kept), lang)


def _minutes(workshop: Workshop, lang: str) -> Document:
    document = approval.unedited(workshop, lang)
    edits = approval.edits_of(workshop)
    with speaking(lang):
        w = Wording(workshop, lang)
        return replace(
            document,
            facts=(*document.facts, *_approval(w)),
            blocks=tuple(_edited(w, block, edits) for block in document.blocks),
            marking=_marking(w),
        )


def _edited(w: Wording, block: Block, edits: Mapping[str, dict[str, Edit]]) -> Block:
    """The block with what people wrote instead; marked where they wrote in other languages only."""
    if not isinstance(block, Paragraph):
        return block
    if not block.runs:
        return replace(block, runs=w.sentence(gettext("This text was removed.")))
    if block.key not in edits:
        return block
    versions = approval.newest(edits[block.key])
    if any(understands(w.lang, lang) for lang in versions):
        return replace(block, runs=(w.read({lang: edit.text for lang, edit in versions.items()}),))
    if w.lang in edits[block.key]:
        block = replace(block, runs=(Run(edits[block.key][w.lang].text, w.lang),))
    languages = ", ".join(language_name(tag, w.spoken) for tag in versions)
    last = block.runs[-1]
    note = gettext("changed since in: %(languages)s", languages=languages)
    note = f"{last.note}; {note}" if last.note else note
    return replace(block, runs=(*block.runs[:-1], replace(last, note=note)))


def _marking(w: Wording) -> str:
    """Who may read the minutes, and how far they have come; on every page of them."""
    row = approval.minutes_row(w.workshop)
    match "none" if row is None else row.state:
        case "none" | "draft":
            version = gettext("Draft")
        case "circulated":
            version = gettext("Circulated for approval")
        case _:
            assert row is not None
            day = clock.wall_time(w.workshop, row.changed_at).date()
            version = gettext("Adopted on %(date)s", date=long_date(day, w.spoken))
    readers = gettext("For members of this meeting")
    return f"{readers} · {version}"


def _approval(w: Wording) -> Iterable[tuple[Run, Run]]:
    """Where the minutes stand, who has signed them, whose signatures are missing and why."""
    workshop = w.workshop
    row = approval.minutes_row(workshop)
    state = "none" if row is None else row.state
    day = "" if row is None else long_date(clock.wall_time(workshop, row.changed_at).date(), w.spoken)
    match state:
        case "none":
            text = gettext("Not drafted yet: this text follows the meeting")
        case "draft":
            text = gettext("Draft, begun on %(date)s", date=day)
        case "circulated":
            text = gettext("Circulated to the delegations on %(date)s", date=day)
        case _:
            text = gettext("Adopted on %(date)s", date=day)
    yield w.label(gettext("Approval")), w.label(text)
    if state not in ("circulated", "adopted"):
        return
    signed = approval.signed_by(workshop)
    missing = [delegation for delegation in workshop.delegations if delegation not in signed]
    if signed:
        yield from _named(w, gettext("Signed by"), signed)
    if missing:
        yield from _named(w, gettext("Signatures missing"), missing)
    signatures = approval.signatures_of(workshop)
    for delegation in missing:
        signature = signatures.get(delegation.id)
        if signature is not None and signature.reason:
            yield w.label(gettext("Signature withdrawn")), w.own(delegation.name)
            yield w.label(gettext("Reason")), w.read({signature.reason_lang or UNDETERMINED: signature.reason})
    waiting = len(approval.corrections_of(workshop, "proposed"))
    if waiting:
        text = ngettext("%(num)s proposed correction not decided", "%(num)s proposed corrections not decided", waiting)
        yield w.label(gettext("Corrections")), w.label(text)


def _named(w: Wording, label: str, delegations: list[Delegation]) -> Iterable[tuple[Run, Run]]:
    """The delegations' names as facts: one for each language that there are names in, because a fact holds one run."""
    by_language: dict[tuple[str, str], list[str]] = {}
    for name in (w.own(delegation.name) for delegation in delegations):
        by_language.setdefault((name.lang, name.note), []).append(name.text)
    for (lang, note), names in by_language.items():
        yield w.label(label), Run(", ".join(names), lang, note)

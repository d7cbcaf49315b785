"""The minutes as everybody reads them: generated or circulated text, with people's edits in it and the approval above it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from facilitation.meeting import clock
from facilitation.meeting.models import Delegation, Workshop
from facilitation.meeting.scripts import kept_in
from facilitation.meeting.texts import UNDETERMINED, long_date
from facilitation.record import approval, passages
from facilitation.record.approval import Correction, Edit
from facilitation.record.document import Block, Document, Heading, Paragraph, Run, Table
from facilitation.record.edits import edited
from facilitation.record.script import in_script
from facilitation.record.wording import Wording, gettext, language_mark, ngettext, speaking


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
        blocks = [edited(w, block, edits) for block in document.blocks]
        return replace(
            document,
            facts=(*document.facts, *_approval(w)),
            blocks=(*blocks, *_corrections(w, blocks, edits)),
            marking=_marking(w),
        )


def _corrections(w: Wording, blocks: list[Block], edits: Mapping[str, Mapping[str, Edit]]) -> Iterable[Block]:
    """What delegations would have had otherwise, and what became of it; from the time on that minutes are circulated."""
    proposed = approval.corrections_of(w.workshop)
    if not proposed or approval.state_of_minutes(w.workshop) not in ("circulated", "adopted"):
        return
    numbers = {block.key: block.number.rstrip(".") for block in blocks if isinstance(block, Paragraph)}
    yield Heading(1, (w.label(gettext("Appendix: Corrections proposed by delegations")),), "appendix:corrections")
    yield Table(
        (w.label(gettext("Proposed corrections and what was decided")),),
        passages.header(
            w,
            gettext("Paragraph"),
            gettext("Delegation"),
            gettext("Proposed text"),
            gettext("Decision"),
            gettext("Answer"),
        ),
        tuple(
            (
                (w.label(numbers.get(each.paragraph) or "–"),),
                (w.own(each.delegation.name),),
                (Run(each.text, each.lang, language_mark(each.lang, w.lang)),),
                (w.label(_decision(each, edits.get(each.paragraph, {}).get(each.lang))),),
                (w.read({each.answer_lang or UNDETERMINED: each.answer}) if each.answer else w.label("–"),),
            )
            for each in proposed
        ),
        "appendix:corrections:table",
    )


def _decision(correction: Correction, edit: Edit | None) -> str:
    if correction.state == "proposed":
        return gettext("not decided")
    if correction.state == "rejected":
        return gettext("not accepted")
    if edit is None or edit.text != correction.text:
        return gettext("accepted; the paragraph was changed again afterwards")
    return gettext("accepted")


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
    return f"{passages.who_may_read(w.workshop, 'minutes')} · {version}"


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
    if row is None or state not in ("circulated", "adopted"):
        return
    if row.text_changed_at is not None:
        changed = passages.moment(w, row.text_changed_at)
        yield w.label(gettext("Text last changed after it was circulated")), w.label(changed)
    signed = approval.signed_by(workshop)
    missing = [delegation for delegation in workshop.delegations if delegation not in signed]
    signatures = approval.signatures_of(workshop)
    overtaken = [each for each in missing if each.id in signatures and signatures[each.id].void == "changed"]
    for label, delegations in (
        (gettext("Signed by"), signed),
        (gettext("Signatures missing"), missing),
        (gettext("Signed an earlier text, which no longer counts"), overtaken),
    ):
        if delegations:
            yield from _named(w, label, delegations)
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

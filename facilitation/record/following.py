"""While the minutes are circulated, their text follows the meeting: it says in the end what the record says, and a signature
counts only for the text that stands there."""

from dataclasses import replace

from facilitation.extensions import db
from facilitation.live import commands
from facilitation.meeting.acts import MeetingAct
from facilitation.record import approval
from facilitation.record.approval import Minutes, minutes_row, text_changed
from facilitation.record.changes import lines_of
from facilitation.record.document import Document, Paragraph, from_json, to_json
from facilitation.record.draft import drafts_of
from facilitation.record.edits import digest_of
from facilitation.record.erasing import ERASED

_APPROVING = {each.entry for each in commands.COMMANDS.values() if each.function.__module__ == approval.__name__}
"""The entries of approval itself: it sees to the signatures on its own, and changes nothing that the minutes are made from."""
_TRANSLATING = ("text_translated", "translation_confirmed")
"""What changes no text that was signed: it says the same in another language."""


def follow(act: MeetingAct, entry: str) -> None:
    """Makes circulated minutes anew after whatever was done; where they say something else by it, signatures are void."""
    if act.workshop.phase != "closed" or entry in _APPROVING:
        return
    row = minutes_row(act.workshop)
    if row is None or row.state != "circulated" or not row.circulated:
        return
    db.session.flush()
    db.session.expire_all()
    before = {lang: from_json(document) for lang, document in row.circulated.items()}
    emptied = {block.key for document in before.values() for block in _paragraphs(document) if not block.runs}
    made = drafts_of(act.workshop, frozenset(emptied))
    if entry == "person_erased":
        _keep_erased(row, before, made)
    now = {lang: _without_erased(row, before.get(lang), document) for lang, document in made.items()}
    if now == before:
        return
    row.circulated = {lang: to_json(document) for lang, document in now.items()}
    act.concerns("minutes")
    differs = any(list(lines_of(before[lang])) != list(lines_of(now[lang])) for lang in before.keys() & now.keys())
    if differs and entry not in _TRANSLATING:
        text_changed(act)


def _paragraphs(document: Document) -> list[Paragraph]:
    return [block for block in document.blocks if isinstance(block, Paragraph)]


def _is_erased(paragraph: Paragraph) -> bool:
    return any(ERASED in run.text for run in paragraph.runs)


def _keep_erased(row: Minutes, before: dict[str, Document], made: dict[str, Document]) -> None:
    """Remembers what the paragraphs from which words were just erased would say again."""
    kept = {lang: dict(digests) for lang, digests in (row.erased or {}).items()}
    for lang in before.keys() & made.keys():
        says = {block.key: digest_of(block.runs) for block in _paragraphs(made[lang])}
        gone = {block.key for block in _paragraphs(before[lang]) if _is_erased(block)}
        kept.setdefault(lang, {}).update({key: says[key] for key in gone & says.keys()})
    row.erased = kept


def _without_erased(row: Minutes, before: Document | None, made: Document) -> Document:
    """The document, where a paragraph stays erased until it would say something else than what was erased."""
    digests = (row.erased or {}).get(made.lang)
    if before is None or not digests:
        return made
    erased = {block.key: block.runs for block in _paragraphs(before) if _is_erased(block)}
    blocks = (
        replace(block, runs=erased[block.key])
        if isinstance(block, Paragraph) and block.key in erased and digests.get(block.key) == digest_of(block.runs)
        else block
        for block in made.blocks
    )
    return replace(made, blocks=tuple(blocks))


commands.entering.append(follow)

"""Approval: the rapporteur drafts and circulates the minutes, delegations correct and sign them, the organiser adopts them.

What is kept: where the minutes stand, the text as it was circulated, people's edits to paragraphs, proposed corrections,
signatures. A delegation signs what it has read: when the circulated text changes, the signatures given so far no longer count.
"""

from typing import Annotated, Any, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field, StringConstraints
from sqlalchemy import JSON, BigInteger, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from facilitation.activities.translation import TO_AGREE_ON, Subject, subject_id, translatable
from facilitation.extensions import db
from facilitation.live.commands import CHANGED_MEANWHILE, Refusal, command
from facilitation.live.kept import asked_once
from facilitation.meeting import clock, workshops
from facilitation.meeting.acts import Key, Language, MeetingAct, WallTime, Words
from facilitation.meeting.models import Delegation, Model, Workshop, new_id
from facilitation.meeting.versions import change_of, latest_change, saying_the_latest
from facilitation.record.document import Document, Paragraph, from_json, to_json
from facilitation.record.draft import draft_of, drafts_of
from facilitation.record.edits import digest_of

ParagraphKey = Annotated[str, StringConstraints(min_length=1, max_length=160)]


class Minutes(Model):
    """Where a meeting's minutes stand; no row stands for ``none``."""

    __tablename__ = "minutes"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    """``draft``, ``circulated`` or ``adopted``."""
    circulated: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Language → the document as JSON, as it is circulated; people's edits come on top."""
    changed_at: Mapped[int] = mapped_column(BigInteger)
    """When they came into their state."""
    text_changed_at: Mapped[int | None] = mapped_column(BigInteger)
    """When their text last became another one after it was circulated."""
    erased: Mapped[dict[str, dict[str, str]] | None] = mapped_column(JSON)
    """Language → paragraph → the digest of what it would say again although somebody's words were erased from it."""
    sign_until: Mapped[int | None] = mapped_column(BigInteger)
    """Until when signatures are awaited, in milliseconds since 1970; whoever is late may still sign."""


class Edit(Model):
    """A paragraph as somebody wrote it, in one language; it stands instead of the generated text."""

    __tablename__ = "minutes_edits"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    paragraph: Mapped[str] = mapped_column(String(160), primary_key=True)
    lang: Mapped[str] = mapped_column(String(35), primary_key=True)
    text: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    replaced: Mapped[str | None] = mapped_column(String(64))
    """The digest of the generated text that it stands instead of."""
    seq: Mapped[int | None]
    """The number of the change of this paragraph that it has caught up with: in another language the same change has the same."""


class Correction(Model):
    """A paragraph as a delegation would have it."""

    __tablename__ = "corrections"
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    paragraph: Mapped[str] = mapped_column(String(160))
    lang: Mapped[str] = mapped_column(String(35))
    text: Mapped[str]
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegations.id"))
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    """``proposed``, ``accepted`` or ``rejected``."""
    answer: Mapped[str | None]
    answer_lang: Mapped[str | None] = mapped_column(String(35))
    """The language that the answer is in; ``None`` where nobody said."""
    delegation: Mapped[Delegation] = relationship(lazy="joined")


class Signature(Model):
    """A delegation has signed the minutes."""

    __tablename__ = "signatures"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegations.id"), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    void: Mapped[str] = mapped_column(String(16), default="")
    """Empty while it counts; ``changed`` when the text was changed after it, ``withdrawn`` when the head took it back."""
    reason: Mapped[str | None]
    """Why it was taken back, in the head's words."""
    reason_lang: Mapped[str | None] = mapped_column(String(35))
    """The language that the reason is in; ``None`` where nobody said."""


def minutes_row(workshop: Workshop) -> Minutes | None:
    """The row that says where the minutes stand."""
    return db.session.get(Minutes, workshop.id)


def state_of_minutes(workshop: Workshop) -> str:
    """``none``, ``draft``, ``circulated`` or ``adopted``."""
    row = minutes_row(workshop)
    return "none" if row is None else row.state


def signatures_of(workshop: Workshop) -> dict[int, Signature]:
    """Delegation's id → its signature, those that no longer count too."""
    query = select(Signature).where(Signature.workshop_id == workshop.id)
    return {signature.delegation_id: signature for signature in db.session.scalars(query)}


def signed_by(workshop: Workshop) -> list[Delegation]:
    """The delegations whose signatures count."""
    signatures = signatures_of(workshop)
    return [
        delegation
        for delegation in workshop.delegations
        if delegation.id in signatures and not signatures[delegation.id].void
    ]


@asked_once
def edits_of(workshop: Workshop) -> dict[str, dict[str, Edit]]:
    """Paragraph → language → its text as edited."""
    found: dict[str, dict[str, Edit]] = {}
    for edit in db.session.scalars(select(Edit).where(Edit.workshop_id == workshop.id)):
        found.setdefault(edit.paragraph, {})[edit.lang] = edit
    return found


def corrections_of(workshop: Workshop, state: str | None = None) -> list[Correction]:
    """The corrections that delegations proposed, in order."""
    query = select(Correction).where(Correction.workshop_id == workshop.id)
    if state is not None:
        query = query.where(Correction.state == state)
    return list(db.session.scalars(query.order_by(Correction.seq)))


def unedited(workshop: Workshop, lang: str) -> Document:
    """The minutes without people's edits: as they were circulated, or as they write themselves until then."""
    row = minutes_row(workshop)
    if row is not None and row.state != "draft" and row.circulated and lang in row.circulated:
        return from_json(row.circulated[lang])
    return draft_of(workshop, lang)


def printed_in(contribution_id: str) -> tuple[str, ...]:
    """The keys of the paragraphs that print a contribution's text."""
    return f"contribution:{contribution_id}", f"parked:{contribution_id}"


@command("minutes_drafted", by="rapporteur", during="open closed")
def draft_minutes(act: MeetingAct) -> None:
    """Begins the draft of the minutes; also takes circulated ones back to change them from the ground up."""
    row = minutes_row(act.workshop)
    if row is None:
        row = Minutes(workshop_id=act.workshop.id)
        db.session.add(row)
    elif row.state == "draft":
        raise Refusal("conflict", _l("The minutes are being drafted already."))
    _to_draft(act, row)


@command("minutes_edited", by="rapporteur", during="open closed")
def edit_minutes(
    act: MeetingAct, *, paragraph: ParagraphKey, lang: Language, text: Words, version: Annotated[int, Field(ge=0)]
) -> dict[str, Any]:
    """Gives a paragraph another text. ``paragraph``: its key or its number; ``version``: that of the edit that was changed,
    0 where nobody has edited the paragraph in this language yet."""
    key = _find_paragraph(act, paragraph, lang)
    edit = db.session.get(Edit, (act.workshop.id, key, lang))
    if version != (0 if edit is None else edit.version):
        raise Refusal("stale", CHANGED_MEANWHILE, field="version")
    return {"paragraph": key, "version": _store(act, key, lang, text)}


@command("edit_dropped", by="rapporteur", during="open closed")
def drop_edit(
    act: MeetingAct, *, paragraph: ParagraphKey, lang: Language, version: Annotated[int, Field(ge=1)]
) -> None:
    """Takes an edit back: the paragraph says again what it says by itself. ``paragraph``: its key, also of one that the minutes
    have no more; ``version``: that of the edit."""
    edit = db.session.get(Edit, (act.workshop.id, paragraph, lang))
    if edit is None:
        raise Refusal("not_found", _l("This is no longer there."), field="paragraph")
    if version != edit.version:
        raise Refusal("stale", CHANGED_MEANWHILE, field="version")
    act.touch(f"translating-{edit_id(paragraph)}")
    db.session.delete(edit)
    act.facts |= {"paragraph": paragraph, "lang": lang}
    text_changed(act)
    _say(act)


@command("minutes_circulated", by="rapporteur", during="closed")
def circulate_minutes(act: MeetingAct) -> None:
    """Sends the draft to the delegations to be signed: a change of its text makes the signatures given before void."""
    row = minutes_row(act.workshop)
    if row is None or row.state != "draft":
        raise Refusal("not_now", _l("There is no draft of the minutes to circulate."))
    row.circulated = {lang: to_json(document) for lang, document in drafts_of(act.workshop).items()}
    row.state, row.changed_at, row.text_changed_at, row.erased = "circulated", act.now, None, None
    _say(act)


@command("signing_deadline_set", by="rapporteur", during="closed")
def set_signing_deadline(act: MeetingAct, *, until: WallTime | None = None) -> None:
    """Says until when signatures are awaited, as read off the wall in the meeting's time zone; without it there is no deadline.
    It reminds; it shuts nobody out."""
    _check_circulated(act)
    row = minutes_row(act.workshop)
    assert row is not None
    at = clock.instant(act.workshop, until) if until is not None else None
    if at is not None and at <= act.now:
        raise Refusal("invalid", _l("This time has passed already."), field="until")
    row.sign_until = at
    _say(act)


@command("correction_proposed", by="head", during="closed")
def propose_correction(act: MeetingAct, *, paragraph: ParagraphKey, lang: Language, text: Words) -> dict[str, str]:
    """Proposes, for one's delegation, another text for a paragraph of the circulated minutes."""
    _check_circulated(act)
    correction = Correction(
        id=new_id(),
        workshop_id=act.workshop.id,
        seq=act.stream.seq,
        paragraph=_find_paragraph(act, paragraph, lang),
        lang=lang,
        text=text,
        delegation_id=_my_delegation(act).id,
        state="proposed",
    )
    db.session.add(correction)
    act.facts["correction"] = correction.id
    _say(act)
    return {"id": correction.id}


@command("correction_resolved", by="rapporteur", during="closed")
def resolve_correction(
    act: MeetingAct,
    *,
    correction: Key,
    decision: Literal["accept", "reject"],
    answer: Words | None = None,
    version: Annotated[int, Field(ge=0)] | None = None,
    lang: Language | None = None,
) -> None:
    """Takes a proposed correction into the minutes, or does not and may say why, in ``lang`` or in one's own language.
    ``version``: that of the edit of the paragraph that it was compared with, 0 where there was none."""
    found: Correction = act.made(Correction, correction, "correction")
    _check_circulated(act)
    if found.state != "proposed":
        raise Refusal("conflict", _l("This has been decided already."), field="correction")
    edit = db.session.get(Edit, (act.workshop.id, found.paragraph, found.lang))
    if version not in (None, 0 if edit is None else edit.version):
        raise Refusal("stale", CHANGED_MEANWHILE, field="version")
    found.state, found.answer = ("accepted" if decision == "accept" else "rejected"), answer
    found.answer_lang = act.written_in(lang) if answer is not None else None
    if decision == "accept":
        _store(act, found.paragraph, found.lang, found.text, follows=False)
    act.facts |= {"correction": found.id, "decision": decision}
    _say(act)


@command("minutes_signed", by="head", during="closed")
def sign_minutes(act: MeetingAct) -> None:
    """Signs the circulated minutes for one's delegation."""
    _check_circulated(act)
    delegation = _my_delegation(act)
    signature = db.session.get(Signature, (act.workshop.id, delegation.id))
    if signature is None:
        signature = Signature(workshop_id=act.workshop.id, delegation_id=delegation.id)
        db.session.add(signature)
    elif not signature.void:
        raise Refusal("conflict", _l("Your delegation has signed already."))
    signature.at, signature.void, signature.reason, signature.reason_lang = act.now, "", None, None
    act.facts["delegation"] = delegation.code
    _say(act)


@command("signature_withdrawn", by="head", during="closed")
def withdraw_signature(act: MeetingAct, *, reason: Words, lang: Language | None = None) -> None:
    """Takes one's delegation's signature back, and says why, in ``lang`` or in one's own language."""
    _check_circulated(act)
    delegation = _my_delegation(act)
    signature = db.session.get(Signature, (act.workshop.id, delegation.id))
    if signature is None or signature.void:
        raise Refusal("conflict", _l("Your delegation has not signed."))
    signature.void, signature.reason, signature.reason_lang = "withdrawn", reason, act.written_in(lang)
    act.facts["delegation"] = delegation.code
    _say(act)


@command("minutes_adopted", by="organiser", during="closed")
def adopt_minutes(act: MeetingAct) -> None:
    """Adopts the circulated minutes. Signatures may be missing; the minutes then say whose."""
    _check_circulated(act)
    row = minutes_row(act.workshop)
    assert row is not None
    row.state, row.changed_at = "adopted", act.now
    act.workshop.phase = "adopted"
    act.facts |= {"phase": "adopted", "signed": [delegation.code for delegation in signed_by(act.workshop)]}
    act.concerns("phase")
    _say(act)


def _check_circulated(act: MeetingAct) -> None:
    if state_of_minutes(act.workshop) != "circulated":
        raise Refusal("not_now", _l("The minutes have not been circulated."))


def _my_delegation(act: MeetingAct) -> Delegation:
    if act.me.delegation is None:
        raise Refusal("forbidden", _l("Only a delegation does this."))
    return act.me.delegation


def _find_paragraph(act: MeetingAct, paragraph: str, lang: str) -> str:
    """The key of the numbered paragraph with this key or number, in minutes that are kept in ``lang``, or a refusal."""
    if lang not in act.workshop.languages:
        raise Refusal("invalid", _l("The minutes are not kept in this language."), field="lang")
    for block in unedited(act.workshop, act.workshop.default_language).blocks:
        if isinstance(block, Paragraph) and block.number and paragraph in (block.key, block.number, block.number[:-1]):
            return block.key
    raise _no_such_paragraph()


def _no_such_paragraph() -> Refusal:
    return Refusal("not_found", _l("The minutes have no such paragraph."), field="paragraph")


def _store(act: MeetingAct, key: str, lang: str, text: str, follows: bool | None = None) -> int:
    """Stores an edit; its version. ``follows``: whether it says what the newest in another language says; where that is not
    known, it does in a language that lags behind. What was signed so far was another text, unless this one stood there already
    or was brought here from another language."""
    generated = next((block for block in unedited(act.workshop, lang).blocks if block.key == key), None)
    if not isinstance(generated, Paragraph):
        raise _no_such_paragraph()
    versions = edits_of(act.workshop).get(key, {})
    edit = versions.get(lang)
    another = edit is None or edit.text != text
    change = change_of(versions, lang, act.stream.seq if another else 0, follows)
    if edit is None:
        edit = Edit(workshop_id=act.workshop.id, paragraph=key, lang=lang, version=0)
        db.session.add(edit)
    edit.text, edit.version, edit.editor_id = text, edit.version + 1, act.actor_id
    edit.replaced, edit.seq = digest_of(generated.runs), change
    if another and not follows:
        text_changed(act)
    act.facts |= {"paragraph": key, "lang": lang}
    _say(act)
    return edit.version


def _back_to_draft(act: MeetingAct) -> None:
    """The meeting goes on: minutes that were circulated would lack what is still to come."""
    row = minutes_row(act.workshop)
    if row is not None and row.state == "circulated":
        _to_draft(act, row)


workshops.reopening.append(_back_to_draft)


def _to_draft(act: MeetingAct, row: Minutes) -> None:
    if row.state == "circulated":
        _void_signatures(act)
    row.state, row.circulated, row.changed_at = "draft", None, act.now
    row.sign_until = row.text_changed_at = row.erased = None
    _say(act)


def text_changed(act: MeetingAct) -> None:
    """The minutes say something else from now on: where they were circulated, what was signed was another text."""
    row = minutes_row(act.workshop)
    if row is not None and row.state == "circulated":
        row.text_changed_at = act.now
        _void_signatures(act)
        _say(act)


def _void_signatures(act: MeetingAct) -> None:
    for signature in signatures_of(act.workshop).values():
        if not signature.void:
            signature.void = "changed"


def _say(act: MeetingAct) -> None:
    act.concerns("minutes")
    act.touch(*(f"translating-{edit_id(paragraph)}" for paragraph in edits_of(act.workshop)))


def edit_id(paragraph: str) -> str:
    """The id under which interpreters translate what people wrote instead of a paragraph."""
    return subject_id("edit", paragraph)


def _subject(workshop: Workshop, wanted: str) -> Subject | None:
    """An edited paragraph. To bring it into another language changes nothing of what was signed."""
    if not wanted.startswith("edit:"):
        return None
    key = next((each for each in edits_of(workshop) if edit_id(each) == wanted), None)
    if key is None:
        return None
    versions = edits_of(workshop)[key]
    edits = saying_the_latest(versions)
    people = {person.id: person.role for person in workshop.people}
    originals = (lang for lang, edit in edits.items() if people.get(edit.editor_id or 0) != "interpreter")

    def store(act: MeetingAct, lang: str, text: str) -> None:
        _store(act, _find_paragraph(act, key, lang), lang, text, follows=True)

    number = circulated_numbers(workshop).get(key)
    return Subject(
        {lang: edit.text for lang, edit in edits.items()},
        latest_change(versions),
        (),
        _l("Minutes, paragraph %(number)s", number=number) if number else _l("Minutes, edited paragraph"),
        store=store,
        originals=frozenset(originals),
        urgency=TO_AGREE_ON,
    )


@asked_once
def circulated_numbers(workshop: Workshop) -> dict[str, str]:
    """Key → number of the paragraphs, once the minutes are circulated."""
    row = minutes_row(workshop)
    document = (row.circulated or {}).get(workshop.default_language, {}) if row is not None else {}
    return {each["key"]: each["number"].rstrip(".") for each in document.get("blocks", ()) if each.get("number")}


translatable(_subject, lambda workshop: [edit_id(paragraph) for paragraph in edits_of(workshop)])

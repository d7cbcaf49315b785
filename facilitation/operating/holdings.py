"""What is kept of a person, table by table: whose each row is, what of it they take with them, what becomes of it when they
are erased. ``HOLDINGS`` is the one list of it; ``NOT_ONES_OWN`` says of every other text why it is nobody's. A test walks the
tables and fails for a column that is in neither.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, select

from facilitation.activities.agreement import Conclusion, Position, reason_id
from facilitation.activities.announcements import Announcement
from facilitation.activities.capture import Contribution, Revision, redact
from facilitation.activities.consulting import Advice
from facilitation.activities.floor import FloorRequest
from facilitation.activities.notes import Note
from facilitation.activities.presentation import Programme
from facilitation.activities.slides import Deck, folder_of
from facilitation.activities.translation import Taken, Translation
from facilitation.activities.vote import Vote
from facilitation.extensions import db
from facilitation.live.journal import Entry
from facilitation.live.steps import Step
from facilitation.meeting.acts import MeetingAct
from facilitation.meeting.models import Account, Admission, AgendaItem, Attendance, Link, Ownership, Person, SignIn
from facilitation.record.approval import Correction, Edit, Signature, edit_id
from facilitation.record.erasing import ERASED

Erase = Callable[[MeetingAct, Any], None]


def _stays(act: MeetingAct, row: Any) -> None:
    """The row stays as it is; whose it is has no name any more."""


def _goes(act: MeetingAct, row: Any) -> None:
    db.session.delete(row)


def _stays_without(*columns: str) -> Erase:
    """The row stays, and these columns of it are empty."""

    def erase(act: MeetingAct, row: Any) -> None:
        for column in columns:
            setattr(row, column, None)

    return erase


def _only(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


@dataclass(frozen=True)
class Holding:
    """One kind of thing that is kept of a person."""

    name: str
    """In what they take with them."""
    columns: str
    """What it answers for, as ``table.column``."""
    rows: Callable[[Person], Iterable[Any]]
    plain: Callable[[Any], Any]
    """From a row to plain JSON values. Instants are milliseconds since 1970."""
    erase: Erase
    words: Callable[[Any], Iterable[str | None]] = lambda row: ()
    """The person's own texts in a row, which are looked for in what was made of them."""
    subject: Callable[[Any], str | None] = lambda row: None
    """What translations of it are filed under; they go with it."""
    gather: Callable[[list[Any]], Any] = list


# Which rows are a person's


def _where(table: type[Any], column: str) -> Callable[[Person], Iterator[Any]]:
    """The rows in which this column names the person."""
    return lambda person: iter(db.session.scalars(select(table).filter_by(**{column: person.id})).all())


def entries_of(person: Person, *names: str) -> list[Entry]:
    """What the person has done, in order; of all kinds, or of these."""
    query: Select[Any] = select(Entry).where(Entry.stream_id == person.workshop_id, Entry.actor_id == person.id)
    if names:
        query = query.where(Entry.name.in_(names))
    return list(db.session.scalars(query.order_by(Entry.seq)))


def _numbers(person: Person, *names: str) -> list[int]:
    return [entry.seq for entry in entries_of(person, *names)]


def _facts(person: Person, fact: str, *names: str) -> set[Any]:
    return {entry.facts.get(fact) for entry in entries_of(person, *names)}


def _last_done_by(person: Person, name: str, fact: str) -> set[Any]:
    """The values of a fact of which the person was the last to do this."""
    entries = select(Entry).where(Entry.stream_id == person.workshop_id, Entry.name == name).order_by(Entry.seq)
    last = {entry.facts.get(fact): entry.actor_id for entry in db.session.scalars(entries)}
    return {value for value, actor_id in last.items() if actor_id == person.id}


def _positions(person: Person) -> Iterable[Position]:
    query = select(Position).join(Conclusion, Conclusion.id == Position.conclusion_id)
    own = Position.seq.in_(_numbers(person, "position_taken"))
    return db.session.scalars(query.where(Conclusion.workshop_id == person.workshop_id, own))


def _made_by(table: type[Any], name: str) -> Callable[[Person], Iterable[Any]]:
    """The rows that the person made, which keep the number of the command that made them."""

    def rows(person: Person) -> Iterable[Any]:
        own = table.seq.in_(_numbers(person, name))
        return db.session.scalars(select(table).where(table.workshop_id == person.workshop_id, own))

    return rows


def _of_ids(table: type[Any], fact: str, *names: str) -> Callable[[Person], Iterable[Any]]:
    """The rows whose ids stand among the facts of what the person has done."""

    def rows(person: Person) -> Iterable[Any]:
        own = table.id.in_(_facts(person, fact, *names))
        return db.session.scalars(select(table).where(table.workshop_id == person.workshop_id, own))

    return rows


def _withdrawn(person: Person) -> Iterable[Signature]:
    codes = _last_done_by(person, "signature_withdrawn", "delegation")
    ids = [delegation.id for delegation in person.workshop.delegations if delegation.code in codes]
    own = Signature.delegation_id.in_(ids), Signature.void == "withdrawn"
    return db.session.scalars(select(Signature).where(Signature.workshop_id == person.workshop_id, *own))


def _decks(person: Person) -> Iterable[Deck]:
    """The slides that the person put in and nobody has replaced."""
    query = select(Deck).join(AgendaItem, AgendaItem.id == Deck.item_id)
    keys = _last_done_by(person, "slides_added", "item")
    return db.session.scalars(query.where(Deck.workshop_id == person.workshop_id, AgendaItem.key.in_(keys)))


def _admissions(person: Person) -> Iterable[Admission]:
    """What the person gave at the door. Those let in before it was kept as whom are known by their name."""
    by_name = Admission.person_id.is_(None) & (Admission.state == "admitted") & Admission.name.in_(person.all_names)
    own = (Admission.person_id == person.id) | by_name
    return db.session.scalars(select(Admission).where(Admission.workshop_id == person.workshop_id, own))


def _accounts(person: Person) -> Iterable[tuple[Ownership, Account]]:
    query = select(Ownership, Account).join(Account, Account.id == Ownership.account_id)
    return [(owned, account) for owned, account in db.session.execute(query.where(Ownership.person_id == person.id))]


def _steps(person: Person) -> Iterable[Step]:
    """What can be undone of what the person has done: it says how rows were."""
    own = select(Entry.seq).where(Entry.stream_id == person.workshop_id, Entry.actor_id == person.id)
    return db.session.scalars(select(Step).where(Step.stream_id == person.workshop_id, Step.seq.in_(own)))


def _earlier_wordings(contribution: Contribution) -> list[str]:
    query = select(Revision.text).where(Revision.contribution_id == contribution.id).order_by(Revision.version)
    return list(db.session.scalars(query))


# What becomes of them


def _redact(act: MeetingAct, contribution: Contribution) -> None:
    redact(act, contribution)
    contribution.author_id = None


def _take_correction_out(act: MeetingAct, correction: Correction) -> None:
    """With what the minutes took over of it; that it was proposed stays."""
    taken_over = Edit.workshop_id == correction.workshop_id, Edit.text == correction.text
    act.touch(f"translating-{edit_id(correction.paragraph)}")
    db.session.execute(delete(Edit).where(*taken_over))
    correction.text, correction.answer = ERASED, None


def remove_deck(act: MeetingAct, deck: Deck) -> None:
    """Removes slides and their pictures."""
    shutil.rmtree(folder_of(deck.id), ignore_errors=True)
    db.session.delete(deck)


def _give_up(act: MeetingAct, owned: tuple[Ownership, Account]) -> None:
    """The account is its owner's in other meetings too: ``user remove`` removes it."""
    db.session.delete(owned[0])


def _forget_the_actor(act: MeetingAct, entry: Entry) -> None:
    """The journal goes on to say what was done."""
    entry.actor_id = None


HOLDINGS = (
    Holding(
        "person",
        "people.key people.name people.former_names people.title people.interprets agenda_items.speaker_id",
        lambda person: [person],
        lambda person: {
            **_only(person, "key", "name", "former_names", "title", "role", "language", "is_head", "interprets"),
            "delegation": person.delegation.code if person.delegation else None,
        },
        _stays,  # until all the others are done: see privacy
        gather=lambda rows: rows[0],
    ),
    Holding(
        "links",
        "links.person_id links.token_hash",
        _where(Link, "person_id"),
        lambda link: _only(link, "made_at", "revoked_at"),
        _goes,
    ),
    Holding(
        "signed_in_browsers",
        "sign_ins.person_id sign_ins.browser_hash",
        _where(SignIn, "person_id"),
        lambda sign_in: sign_in.id,
        _goes,
        gather=len,
    ),
    Holding(
        "accounts",
        "ownerships.person_id accounts.email accounts.password_hash accounts.totp_secret recovery_codes.code_hash",
        _accounts,
        lambda owned: {"email": owned[1].email},
        _give_up,
    ),
    Holding(
        "at_the_door",
        "admissions.name admissions.browser_hash admissions.person_id",
        _admissions,
        lambda asked: _only(asked, "name", "language", "asked_at"),
        _goes,
        words=lambda asked: [asked.name],
    ),
    Holding(
        "days_there",
        "attendance.person_id",
        _where(Attendance, "person_id"),
        lambda row: row.day.isoformat(),
        _stays,
    ),
    Holding(
        "contributions",
        "contributions.text contributions.author_id contributions.key_hash contribution_revisions.text",
        _where(Contribution, "author_id"),
        lambda said: {
            **_only(said, "id", "lang", "text", "made_at"),
            "item": said.item.key,
            "earlier_wordings": _earlier_wordings(said),
        },
        _redact,
        words=lambda said: [said.text, *_earlier_wordings(said)],
        subject=lambda said: said.id,
    ),
    Holding(
        "positions",
        "positions.reason",
        _positions,
        lambda taken: {**_only(taken, "stance", "reason"), "conclusion": taken.conclusion_id},
        _stays_without("reason", "reason_lang"),
        words=lambda taken: [taken.reason],
        subject=lambda taken: reason_id(taken.conclusion_id, taken.delegation.code),
    ),
    Holding(
        "advice",
        "advices.reason advices.person_id",
        _where(Advice, "person_id"),
        lambda given: {**_only(given, "stance", "reason"), "conclusion": given.conclusion_id},
        _goes,
        words=lambda given: [given.reason],
    ),
    Holding(
        "corrections",
        "corrections.text corrections.paragraph",
        _made_by(Correction, "correction_proposed"),
        lambda proposed: _only(proposed, "paragraph", "text"),
        _take_correction_out,
        words=lambda proposed: [proposed.text],
    ),
    Holding(
        "answers_to_corrections",
        "corrections.answer",
        _of_ids(Correction, "correction", "correction_resolved"),
        lambda resolved: _only(resolved, "paragraph", "answer"),
        _stays_without("answer"),
        words=lambda resolved: [resolved.answer],
    ),
    Holding(
        "withdrawn_signatures",
        "signatures.reason",
        _withdrawn,
        lambda withdrawn: _only(withdrawn, "at", "reason"),
        _stays_without("reason"),
        words=lambda withdrawn: [withdrawn.reason],
    ),
    Holding(
        "announcements",
        "announcements.text",
        _made_by(Announcement, "announcement_made"),
        lambda announced: announced.text,
        _goes,
        words=lambda announced: [announced.text],
    ),
    Holding(
        "slides",
        "decks.texts",
        _decks,
        lambda deck: deck.texts,
        remove_deck,
        words=lambda deck: deck.texts,
    ),
    Holding(
        "votes",
        "votes.person_id",
        _where(Vote, "person_id"),
        lambda vote: {"theme": vote.theme_id, "count": vote.count},
        _stays,
    ),
    Holding(
        "floor",
        "floor_requests.person_id",
        _where(FloorRequest, "person_id"),
        lambda hand: {**_only(hand, "purpose", "given_at", "ended_at"), "item": hand.item.key},
        _stays,
    ),
    # What the meeting made its own: it stays, and no longer says who wrote it.
    Holding(
        "programmes",
        "programmes.title programmes.summary programmes.key",
        _of_ids(Programme, "programme", "programme_added", "programme_changed"),
        lambda programme: _only(programme, "title", "status", "summary"),
        _stays,
    ),
    Holding(
        "notes",
        "notes.text notes.writer_id",
        _where(Note, "writer_id"),
        lambda note: _only(note, "lang", "text"),
        _stays_without("writer_id"),
    ),
    Holding(
        "edits_of_minutes",
        "minutes_edits.text minutes_edits.editor_id minutes_edits.paragraph",
        _where(Edit, "editor_id"),
        lambda edit: _only(edit, "paragraph", "lang", "text"),
        _stays_without("editor_id"),
    ),
    Holding(
        "translations",
        "translations.text translations.translator_id translations.subject",
        _where(Translation, "translator_id"),
        lambda made: _only(made, "subject", "lang", "text"),
        _stays_without("translator_id"),
    ),
    Holding(
        "translations_taken",
        "translations_taken.person_id translations_taken.subject",
        _where(Taken, "person_id"),
        lambda taken: _only(taken, "subject", "lang", "at"),
        _goes,
    ),
    Holding(
        "steps",
        "steps.changes",
        _steps,
        lambda step: _only(step, "seq", "name"),
        _goes,
    ),
    # Last, because others are found by it.
    Holding(
        "journal",
        "entries.name entries.actor_id",
        entries_of,
        lambda entry: _only(entry, "seq", "name", "at"),
        _forget_the_actor,
    ),
)

NOT_ONES_OWN = {
    "What the organiser says of the meeting.": (
        "workshops.title workshops.headline workshops.venue workshops.video_url workshops.organiser workshops.programme "
        "workshops.funding workshops.disclaimer workshops.copyright workshops.notice workshops.footnotes "
        "workshops.principles delegations.name agenda_items.title"
    ),
    "What the meeting made its own: it says nowhere who wrote it.": (
        "themes.title framework_elements.title framework_elements.text conclusions.text conclusion_wordings.text "
        "fates.note agenda_items.skip_reason record_versions.reason"
    ),
    "Made of what people wrote: what is erased is cut out of it.": (
        "minutes.circulated record_amendments.text record_versions.document workshops.plan entries.facts receipts.result"
    ),
    "Ids, keys, languages, settings and hashes: no words.": (
        "workshops.languages workshops.rules workshops.timezone delegations.languages delegations.footnote "
        "agenda_items.key streams.slug entries.regions receipts.id_hash receipts.body_hash steps.name steps.topics "
        "steps.regions conclusions.sources framework_elements.sources record_versions.sha256 minutes.erased "
        "minutes_edits.replaced record_amendments.paragraph record_amendments.replaced"
    ),
}
"""Why a text is not a person's → the columns it is said of."""

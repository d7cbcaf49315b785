"""The journal: one entry for every accepted command, numbered without gaps within its stream.

It stands beside ordinary tables. An entry says what was done, by whom, when, and which regions of the pages it changed;
it never holds people's text, so that redaction and erasure really erase.
"""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, ForeignKey, Row, String, bindparam, event, insert, select, update
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from facilitation.extensions import db


class Stream(db.Model):  # type: ignore[name-defined, misc]
    """A counter of accepted commands. Its row is the lock that puts a meeting's commands in order."""

    __tablename__ = "streams"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    seq: Mapped[int] = mapped_column(default=0)
    epoch: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid.uuid4()))
    """Changes when a backup is restored: what clients know of the numbers no longer holds."""


class Entry(db.Model):  # type: ignore[name-defined, misc]
    """One accepted command."""

    __tablename__ = "entries"
    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(64))
    """The command in the past tense."""
    actor_id: Mapped[int | None] = mapped_column()
    """Who did it; nobody for an anonymous contribution and for what the system does."""
    at: Mapped[int] = mapped_column(BigInteger)
    """Milliseconds since 1970; for an anonymous contribution no finer than its agenda item."""
    regions: Mapped[list[str]] = mapped_column(JSON)
    """DOM ids of the regions that changed; ``*`` when any of them may have."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Ids, keys and small values; never people's text."""
    changes_sight: Mapped[bool] = mapped_column(default=False)
    """Whether somebody may see more or less than before (a new head, a person revoked)."""
    changes_meeting: Mapped[bool] = mapped_column(default=False)
    """Whether the meeting's own rows changed, which readers keep between readings: itself, its delegations, people, agenda."""


class Receipt(db.Model):  # type: ignore[name-defined, misc]
    """The answer given to an accepted command id. Hashes only: nobody can be found from it without the id itself."""

    __tablename__ = "receipts"
    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column()
    result: Mapped[dict[str, Any]] = mapped_column(JSON)


MEETING_TABLES: set[type[Any]] = set()
"""Set by ``meeting``: the tables whose rows readers keep between readings; see ``Entry.changes_meeting``."""
_CHANGED = "meeting changed"


@event.listens_for(db.session, "before_flush")
def _notice_rows(session: Session, _context: object, _objects: object) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if type(row) in MEETING_TABLES:
            session.info[_CHANGED] = True


@event.listens_for(db.session, "do_orm_execute")
def _notice_statements(state: ORMExecuteState) -> None:
    if (state.is_update or state.is_delete or state.is_insert) and state.bind_mapper is not None:
        state.session.info[_CHANGED] = state.session.info.get(_CHANGED, False) or (
            state.bind_mapper.class_ in MEETING_TABLES
        )


def meeting_changed() -> bool:
    """Whether this session has changed rows of the meeting's own since ``forget_changes``."""
    return bool(db.session().info.get(_CHANGED))


def forget_changes() -> None:
    """A new transaction begins."""
    db.session().info.pop(_CHANGED, None)


class Number(NamedTuple):
    """A number taken in a stream, and with it, until the transaction ends, the right to write."""

    id: int
    """The stream's."""
    seq: int


# What every command and every reading does is said to the database once, without the mapper: it is half of their cost.
_streams, _entries, _receipts = Stream.__table__, Entry.__table__, Receipt.__table__
_TAKE = (
    update(_streams)
    .where(_streams.c.slug == bindparam("of"))
    .values(seq=_streams.c.seq + 1)
    .returning(_streams.c.id, _streams.c.seq)
)
_CURRENT = select(_streams.c.seq).where(_streams.c.id == bindparam("of"))
_SINCE = (
    select(_entries.c.seq, _entries.c.regions, _entries.c.changes_sight, _entries.c.changes_meeting)
    .where(_entries.c.stream_id == bindparam("of"), _entries.c.seq > bindparam("after"))
    .order_by(_entries.c.seq)
)
_RECEIPT = select(_receipts.c.seq, _receipts.c.body_hash, _receipts.c.result).where(
    _receipts.c.stream_id == bindparam("of"), _receipts.c.id_hash == bindparam("hash")
)
_ENTER, _ACKNOWLEDGE = insert(_entries), insert(_receipts)


def next_number(slug: str) -> Number | None:
    """Takes the stream's next number. ``None``: no such stream."""
    taken = db.session.connection().execute(_TAKE, {"of": slug}).one_or_none()
    return None if taken is None else Number(*taken)


def receipt(stream_id: int, id_hash: str) -> Row[int, str, dict[str, Any]] | None:
    """The answer given to a command id: ``seq``, ``body_hash``, ``result``; ``None`` when it was never accepted."""
    return db.session.connection().execute(_RECEIPT, {"of": stream_id, "hash": id_hash}).one_or_none()


def acknowledge(**values: Any) -> None:
    """Writes a receipt; its columns as arguments."""
    db.session.connection().execute(_ACKNOWLEDGE, values)


def enter(**values: Any) -> None:
    """Writes an entry; its columns as arguments."""
    db.session.connection().execute(_ENTER, values)


def current_number(stream_id: int) -> int:
    """The last number given out in the stream."""
    return int(db.session.connection().execute(_CURRENT, {"of": stream_id}).scalar_one())


def since(stream_id: int, seq: int) -> Sequence[Row[int, list[str], bool, bool]]:
    """What the entries after ``seq`` say to readers, in order: ``seq``, ``regions``, ``changes_sight``, ``changes_meeting``."""
    return db.session.connection().execute(_SINCE, {"of": stream_id, "after": seq}).all()

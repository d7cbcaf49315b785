"""The journal: one entry for every accepted command, numbered without gaps within its stream.

It stands beside ordinary tables. An entry says what was done, by whom, when, and which regions of the pages it changed;
it never holds people's text, so that redaction and erasure really erase.
"""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, ForeignKey, Row, String, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.extensions import db


class Stream(db.Model):  # type: ignore[name-defined, misc]
    """A counter of accepted commands. Its row is the lock that puts a meeting's commands in order."""

    __tablename__ = "streams"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    seq: Mapped[int] = mapped_column(default=0)
    meeting_seq: Mapped[int] = mapped_column(default=0)
    """The number of the last command that changed the meeting's own rows: itself, its delegations, people, agenda."""
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


class Receipt(db.Model):  # type: ignore[name-defined, misc]
    """The answer given to an accepted command id. Hashes only: nobody can be found from it without the id itself."""

    __tablename__ = "receipts"
    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column()
    result: Mapped[dict[str, Any]] = mapped_column(JSON)


class Number(NamedTuple):
    """A number taken in a stream, and with it, until the transaction ends, the right to write."""

    id: int
    """The stream's."""
    seq: int
    meeting_seq: int
    """Of the last command that changed the meeting's own rows."""


# What every command and every reading does is said to the database once, without the mapper: it is half of their cost.
_streams, _entries, _receipts = Stream.__table__, Entry.__table__, Receipt.__table__
_TAKE = (
    update(_streams)
    .where(_streams.c.slug == bindparam("of"))
    .values(seq=_streams.c.seq + 1)
    .returning(_streams.c.id, _streams.c.seq, _streams.c.meeting_seq)
)
_CURRENT = select(_streams.c.id, _streams.c.seq, _streams.c.meeting_seq).where(_streams.c.id == bindparam("of"))
_MEETING_CHANGES = update(_streams).where(_streams.c.id == bindparam("of")).values(meeting_seq=_streams.c.seq)
_SINCE = (
    select(_entries.c.seq, _entries.c.regions, _entries.c.changes_sight)
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


def enter(changes_meeting: bool, **values: Any) -> None:
    """Writes an entry; its columns as arguments. ``changes_meeting``: whether the meeting's own rows have changed."""
    connection = db.session.connection()
    connection.execute(_ENTER, values)
    if changes_meeting:
        connection.execute(_MEETING_CHANGES, {"of": values["stream_id"]})


def current_number(stream_id: int) -> Number:
    """The last number given out in the stream."""
    return Number(*db.session.connection().execute(_CURRENT, {"of": stream_id}).one())


def since(stream_id: int, seq: int) -> Sequence[Row[int, list[str], bool]]:
    """What the entries after ``seq`` say to readers, in order: ``seq``, ``regions``, ``changes_sight``."""
    return db.session.connection().execute(_SINCE, {"of": stream_id, "after": seq}).all()

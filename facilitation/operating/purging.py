"""Retention, carried out: meetings whose time is over, and what erasing leaves behind in the files of the database."""

import shutil
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from facilitation.activities import slides
from facilitation.extensions import db
from facilitation.live import commands
from facilitation.meeting.acts import SYSTEM
from facilitation.operating.privacy import due_for_purge

UPLOAD_TAKES_AT_MOST = 3600
"""Seconds after which pictures without a meeting belong to no upload that is still under way."""
PATIENCE_MS = 30_000
"""How long wiping waits for a moment in which nobody reads or writes."""


@dataclass(frozen=True)
class Purged:
    """What was let go of, and what could not be."""

    slugs: list[str]
    refused: dict[str, str]
    """Slug → the code of the refusal; tried again the next time."""


def purge() -> Purged:
    """Lets go of the people of every meeting whose time is over, and wipes what was deleted since the last time. A meeting that
    cannot be let go of now keeps neither the others nor the wiping waiting."""
    refused = {}
    due = [workshop.slug for workshop in due_for_purge()]
    for slug in due:
        answer = commands.run(slug, SYSTEM, str(uuid.uuid4()), "purge_meeting", {})
        if not answer["ok"]:
            refused[slug] = answer["error"]["code"]
    sweep_slides()
    wipe()
    _hasten_the_log()
    return Purged([slug for slug in due if slug not in refused], refused)


def sweep_slides() -> None:
    """Removes pictures of slides that are in no meeting: of an upload that was refused or cut off, or left by a fault."""
    folder = slides.folder_of("").resolve()
    oldest = time.time() - UPLOAD_TAKES_AT_MOST
    known = set(db.session.scalars(select(slides.Deck.id)))
    for each in folder.iterdir() if folder.exists() else ():
        if each.name not in known and each.stat().st_mtime < oldest:
            shutil.rmtree(each, ignore_errors=True)


def wipe() -> None:
    """Leaves no byte of deleted rows in the files of the database.

    On SQLite free pages and the write-ahead log are included. PostgreSQL's log (``pg_wal``) holds them until it has gone round;
    archived segments of it are backups, and kept like those.
    """
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        # Below SQLAlchemy, which would begin a transaction.
        connection = db.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            # The parts of the search index that hold deleted words are merged away first.
            cursor.execute("INSERT INTO record_search(record_search) VALUES('optimize')")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        finally:
            connection.invalidate()
            connection.close()
    else:
        with db.engine.connect() as postgresql:
            postgresql.execution_options(isolation_level="AUTOCOMMIT")
            postgresql.execute(text("VACUUM FULL"))


def _hasten_the_log() -> None:
    """Has PostgreSQL begin a new segment of its log and let go of those before, where it lets us: a segment a night."""
    if db.engine.dialect.name != "postgresql":
        return
    with db.engine.connect() as postgresql:
        postgresql.execution_options(isolation_level="AUTOCOMMIT")
        for step in ("SELECT pg_switch_wal()", "CHECKPOINT"):
            with suppress(DBAPIError):
                postgresql.execute(text(step))

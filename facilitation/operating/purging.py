"""Retention, carried out: meetings whose time is over, and what erasing leaves behind in the files of the database."""

import uuid

from sqlalchemy import text

from facilitation.extensions import db
from facilitation.live import commands
from facilitation.meeting.acts import SYSTEM
from facilitation.operating.privacy import due_for_purge

PATIENCE_MS = 30_000
"""How long wiping waits for a moment in which nobody reads or writes."""


def purge() -> list[str]:
    """Lets go of the people of every meeting whose time is over; their slugs. Wipes what was deleted since the last time."""
    due = [workshop.slug for workshop in due_for_purge()]
    for slug in due:
        answer = commands.run(slug, SYSTEM, str(uuid.uuid4()), "purge_meeting", {})
        if not answer["ok"]:
            raise RuntimeError(f"{slug}: {answer['error']['code']}")
    wipe()
    return due


def wipe() -> None:
    """Leaves no byte of deleted rows in the files of the database, free pages and write-ahead log included."""
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
            postgresql.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM FULL"))

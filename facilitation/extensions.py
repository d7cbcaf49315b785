"""The shared pieces that the application is wired from: database, migrations, sockets, languages, forgery protection."""

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, current_app
from flask_babel import Babel
from flask_migrate import Migrate
from flask_socketio import SocketIO
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase

from facilitation import measures
from facilitation.meeting.texts import in_either_script, locale_of, tag_of


class Base(DeclarativeBase):
    """The base of every table."""


db = SQLAlchemy(model_class=Base)
migrate = Migrate(directory=str(Path(__file__).parent / "migrations"))
babel = Babel()
csrf = CSRFProtect()
socketio = SocketIO()


class UnsafeDatabase(RuntimeError):
    """The SQLite database does not promise what "acknowledged means committed" rests on."""


def now_ms() -> int:
    """The server's clock: milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def snapshot() -> None:
    """Makes what this session reads from now on one consistent view (SQLite gives that to every transaction)."""
    session = db.session()
    if session.in_transaction():
        session.rollback()
    if db.engine.dialect.name != "sqlite":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


LOCK_PATIENCE = 5.0
"""Seconds that a write waits for a database that somebody else has locked."""

Done = TypeVar("Done")


_writing = threading.Lock()
"""SQLite lets one write at a time. Who waits for another of this process waits here, where waiting stops nobody else."""


def patiently(write: Callable[[], Done], patience: float = LOCK_PATIENCE) -> Done:
    """Carries out a write that begins with a statement that writes, again for as long as the database is locked.

    It waits outside the database, so that nobody else has to. Raises ``OperationalError`` when patience (seconds) ends.
    """
    db.session.rollback()
    if db.engine.dialect.name != "sqlite":
        return write()
    deadline = time.monotonic() + patience
    with measures.LOCK_WAITS.labels("database").time():
        has_turn = _writing.acquire(timeout=patience)
    if not has_turn:
        raise OperationalError("waiting for other writers", {}, sqlite3.OperationalError("database is locked"))
    try:
        while True:
            try:
                return write()
            except OperationalError as error:
                db.session.rollback()
                if time.monotonic() > deadline or not _is_locked(error):
                    raise
                time.sleep(0.02)
    finally:
        _writing.release()


def _is_locked(error: OperationalError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_BUSY)
    return (code & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def interface_languages() -> list[str]:
    """Tags of the languages that the interface speaks: English, and each that has a catalog."""
    folder = Path(current_app.config["BABEL_TRANSLATION_DIRECTORIES"])
    return ["en", *(tag_of(each.parts[-3]) for each in sorted(folder.glob("*/LC_MESSAGES/messages.mo")))]


def catalog_language(tag: str) -> str:
    """The language the interface really speaks to a reader of ``tag``: that one, the same in its other script where only that
    has a catalog, or English."""
    return next((each for each in in_either_script(tag) if each == "en" or _has_catalog(each)), "en")


def _has_catalog(tag: str) -> bool:
    locale = locale_of(tag)
    # Macedonian in Latin is no locale: its data are those of Macedonian, in Cyrillic.
    if locale.script is None and len(tag.partition("-")[2]) == 4:
        return False
    return (
        Path(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]) / str(locale) / "LC_MESSAGES/messages.mo"
    ).exists()


def prepare_sqlite(app: Flask) -> None:
    """Has every SQLite connection write ahead, flush to disk at each commit and hold foreign keys; refuses it otherwise."""
    with app.app_context():
        engine: Engine = db.engine
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver's own guesses about transactions would let two reads see two states; SQLAlchemy says BEGIN below.
        connection.isolation_level = None
        cursor = connection.cursor()
        # Under eventlet a call that waits stops everybody, so none waits long: ``patiently`` waits instead.
        cursor.execute("PRAGMA busy_timeout = 20")
        for pragma, wanted in (
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            # What is erased is overwritten, not only let go of.
            ("secure_delete", 1),
        ):
            cursor.execute(f"PRAGMA {pragma} = {wanted}")
            got = cursor.execute(f"PRAGMA {pragma}").fetchone()[0]
            if got != wanted:
                raise UnsafeDatabase(f"SQLite: {pragma} is {got!r}, not {wanted!r}")
        cursor.close()
        # SQLite's own knows the 26 letters of English only.
        connection.create_function(
            "lower", 1, lambda text: text.lower() if isinstance(text, str) else text, deterministic=True
        )

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")


def database_answers() -> bool:
    """Whether the database can be asked anything at all; for the readiness probe."""
    return bool(db.session.execute(text("SELECT 1")).scalar() == 1)

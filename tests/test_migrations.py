"""The migrations make just the tables that the code knows."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from facilitation.extensions import db
from tests.operating.test_backup import empty


def test_the_migrations_and_the_models_are_the_same(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        # The full text of each engine is beyond the models.
        beyond = {"include_name": lambda name, _type, _parents: not (name or "").startswith("record_search")}
        assert compare_metadata(MigrationContext.configure(connection, opts=beyond), db.metadata) == []


def test_every_connection_writes_ahead_flushes_and_holds_foreign_keys(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("PostgreSQL does so of itself")
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_the_journal_no_longer_says_who_attended_beside_what_was_anonymous(tmp_path: Path) -> None:
    with empty(tmp_path).app_context():
        upgrade(revision="0013")
        db.session.execute(text("INSERT INTO streams (id, slug, seq, meeting_seq, epoch) VALUES (1, 'old', 2, 0, 'e')"))
        for seq, name, actor in ((1, "person_attended", 7), (2, "note_written", 7)):
            values = {"seq": seq, "name": name, "actor": actor}
            entry = "INSERT INTO entries VALUES (1, :seq, :name, :actor, 0, '[]', '{}', false)"
            db.session.execute(text(entry), values)
        db.session.commit()
        upgrade()
        entries = db.session.execute(text("SELECT name, actor_id FROM entries ORDER BY seq")).all()
        assert [tuple(entry) for entry in entries] == [("attendance_noted", None), ("note_written", 7)]
        db.session.remove()
        db.engine.dispose()

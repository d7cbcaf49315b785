"""The migrations make just the tables that the code knows."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from facilitation.extensions import db


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

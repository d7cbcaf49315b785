"""Runs migrations on the application's own database; Flask-Migrate calls it."""

from alembic import context
from flask import current_app

from facilitation.extensions import db

extension = current_app.extensions["migrate"]

with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata, **extension.configure_args)
    with context.begin_transaction():
        context.run_migrations()

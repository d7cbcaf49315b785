"""Probes and the files of npm packages that pages load."""

from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, abort, send_from_directory
from sqlalchemy.exc import SQLAlchemyError

from facilitation.config import ROOT
from facilitation.extensions import database_answers, db, migrate
from facilitation.web.access import route

pages = Blueprint("probes", __name__)

NPM_FILES = {
    "socket.io-client.js": "socket.io-client/dist/socket.io.esm.min.js",
    "sortablejs.js": "sortablejs/modular/sortable.esm.js",
    "idiomorph.js": "idiomorph/dist/idiomorph.esm.js",
}
"""What the pages' import map leads to; served from where npm installed it."""


@route(pages, "/healthz", "public")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@route(pages, "/readyz", "public")
def readyz() -> tuple[dict[str, Any], int]:
    """The database answers and has all migrations."""
    try:
        ready = database_answers() and _migrated()
    except SQLAlchemyError:
        ready = False
    return {"status": "ok" if ready else "unavailable"}, 200 if ready else 503


def _migrated() -> bool:
    heads = set(ScriptDirectory.from_config(migrate.get_config()).get_heads())
    return set(MigrationContext.configure(db.session.connection()).get_current_heads()) == heads


@route(pages, "/npm/<name>", "public")
def npm(name: str) -> Any:
    """A file of an npm package."""
    if name not in NPM_FILES:
        abort(404)
    return send_from_directory(ROOT / "node_modules", NPM_FILES[name], max_age=3600)

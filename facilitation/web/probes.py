"""Probes and the files of npm packages that pages load."""

import hmac
from collections import Counter
from collections.abc import Iterator
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, abort, current_app, request, send_from_directory
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from facilitation.config import ROOT
from facilitation.extensions import database_answers, db, migrate
from facilitation.live import broadcast, lines
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
    """The database answers and has all migrations that this release needs."""
    try:
        ready = database_answers() and _migrated()
    except SQLAlchemyError:
        ready = False
    return {"status": "ok" if ready else "unavailable"}, 200 if ready else 503


def _migrated() -> bool:
    """Whether the database is at the migration that this release ends with, or at one that it does not know: that of a later
    release, whose schema this one goes on serving during an upgrade."""
    script = ScriptDirectory.from_config(migrate.get_config())
    heads, known = set(script.get_heads()), {each.revision for each in script.walk_revisions()}
    there = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    return bool(there) and not there & (known - heads)


@route(pages, "/metrics", "public")
def metrics() -> Response:
    """Figures in Prometheus' text format, for whoever bears the token of the settings."""
    wanted, given = current_app.config["SETTINGS"].metrics_token, request.headers.get("Authorization", "")
    if not wanted or not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        abort(401)
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


class _Sockets(Collector):
    """The sockets of this process, as they are when somebody asks."""

    def collect(self) -> Iterator[Metric]:
        """How many there are, by view and transport, and how much waits for them."""
        sockets = GaugeMetricFamily("facilitation_sockets", "Joined sockets.", labels=("view", "transport"))
        joined = [
            (sid, viewer)
            for channel in list(broadcast.channels.values())
            for sid, viewer in list(channel.viewers.items())
        ]
        for labels, count in Counter((viewer.view, lines.transport(sid)) for sid, viewer in joined).items():
            sockets.add_metric(labels, count)
        yield sockets
        waiting = [lines.waiting(sid) for sid, _ in joined]
        yield GaugeMetricFamily("facilitation_messages_waiting", "Messages that wait for sockets.", sum(waiting))
        longest = max(waiting, default=0)
        yield GaugeMetricFamily("facilitation_longest_queue", "Messages that wait for the slowest socket.", longest)


REGISTRY.register(_Sockets())


@route(pages, "/npm/<name>", "public")
def npm(name: str) -> Any:
    """A file of an npm package."""
    if name not in NPM_FILES:
        abort(404)
    return send_from_directory(ROOT / "node_modules", NPM_FILES[name], max_age=3600)

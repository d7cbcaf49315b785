"""A meeting of many people for the benchmark, and the servers that it is measured on."""

import copy
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from flask_migrate import upgrade

from facilitation import create_app
from facilitation.config import REFERENCE_PLAN, settings_from
from facilitation.extensions import db
from facilitation.live import commands
from facilitation.meeting import signing_in
from facilitation.meeting.acts import SYSTEM
from facilitation.meeting.models import SignIn
from facilitation.plan import read_plan
from facilitation.plan.storing import import_plan
from tests.engines import PostgreSQL
from tests.faults.cluster import Cluster
from tests.servers import SLUG, Process, cookie_name, free_port, running

LANGUAGES = ("en", "mk", "sq", "bs", "sr-Latn", "cnr")
LIMITS = {"COMMANDS_BURST": "1000000", "COMMANDS_PER_SECOND": "1000000"}
"""The bench's own; `serve` refuses to start with them."""


@dataclass
class Meeting:
    """An instance with the reference meeting, open, and as many more participants as are asked for, signed in."""

    folder: Path
    people: int
    mode: str = "eventlet"
    port: int = field(default_factory=free_port)
    cookies: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    item: str = ""
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(settings_from({**self.environment, "ASYNC_MODE": "threading"}))
        with self.app.app_context():
            upgrade()
            import_plan(read_plan(yaml.safe_dump(self._plan(), allow_unicode=True)))
            self.do("open_workshop")
            self.do("start_item", item=self.item)
            self._sign_everybody_in()

    @property
    def environment(self) -> dict[str, str]:
        """What the server is started with."""
        own = {
            "INSTANCE_DIR": str(self.folder),
            "PORT": str(self.port),
            "ASYNC_MODE": self.mode,
            "SECRET_KEY": "b" * 40,
        }
        return {**os.environ, **LIMITS, **own, "BASE_URL": f"http://127.0.0.1:{self.port}"}

    def do(self, name: str, actor: Any = SYSTEM, **args: Any) -> Any:
        """Carries out a command in this process. Raises ``RuntimeError`` when it is refused."""
        answer = commands.run(SLUG, actor, str(uuid.uuid4()), name, args)
        if not answer["ok"]:
            raise RuntimeError(f"{name}: {answer['error']}")
        return answer["result"]

    def _plan(self) -> dict[str, Any]:
        plan: dict[str, Any] = yaml.safe_load(REFERENCE_PLAN.read_text())
        codes = [delegation["code"] for delegation in plan["delegations"]]
        self.item = next(item["key"] for item in plan["agenda"] if item["kind"] == "round")
        for number in range(self.people):
            plan["people"].append(
                {
                    "key": f"bench-{number}",
                    "name": f"Participant {number}",
                    "role": "participant",
                    "delegation": codes[number % len(codes)],
                    "language": LANGUAGES[number % len(LANGUAGES)],
                }
            )
        return plan

    def _sign_everybody_in(self) -> None:
        found = db.session.execute(db.text("SELECT id FROM people WHERE key LIKE 'bench-%' ORDER BY id")).scalars()
        self.ids = list(found)
        self.cookies += [self._cookie(person_id) for person_id in self.ids]
        db.session.commit()

    def sign_in(self, key: str) -> str:
        """The session cookie of the person with this key."""
        person_id = db.session.execute(db.text("SELECT id FROM people WHERE key = :key"), {"key": key}).scalar_one()
        cookie = self._cookie(person_id)
        db.session.commit()
        return cookie

    def _cookie(self, person_id: int) -> str:
        secret = signing_in.new_browser_secret()
        db.session.add(SignIn(browser_hash=signing_in.browser_hash(secret), person_id=person_id))
        signed = self.app.session_interface.get_signing_serializer(self.app).dumps({"browser": secret})
        return f"{self.app.config['SESSION_COOKIE_NAME']}={signed}"

    def join(self, number: int, languages: int = 1) -> dict[str, Any]:
        """The message with which the person of this number joins the room, reading one of so many languages."""
        return {"workshop": SLUG, "view": "room", "lang": LANGUAGES[number % languages]}

    def contribution(self, number: int) -> dict[str, Any]:
        """The command message of a contribution."""
        args = {
            "item": self.item,
            "kind": "idea",
            "lang": "en",
            "text": f"Share intake assessments across the region, with one form for all ({number}).",
            "anonymity": "named",
        }
        return {"id": str(uuid.uuid4()), "name": "add_contribution", "args": args}

    @contextmanager
    def served(self) -> Iterator[Process]:
        """The real server on this instance."""
        with running(Process([sys.executable, "wsgi.py"], self.port, self.environment)) as process:
            yield process

    @contextmanager
    def bare(self) -> Iterator[Process]:
        """The bare stack, which broadcasts what it is told."""
        port = free_port()
        environment = {**self.environment, "BASE_URL": f"http://127.0.0.1:{port}"}
        with running(Process([sys.executable, "-m", "tests.bench.bare", str(port)], port, environment)) as process:
            yield process

    @contextmanager
    def grown(self, stored: Path, size: int) -> Iterator[tuple["Meeting", Cluster]]:
        """This meeting, from a backup, on PostgreSQL and Redis and on so many processes behind nginx; and these."""
        engine = PostgreSQL(durable=True)
        engine.start()
        folder = self.folder.with_name(f"{self.folder.name}{size}")
        folder.mkdir()
        database = engine.new_database("facilitation")
        cluster = Cluster(folder, self.mode, size=size, settings=LIMITS, engine=engine, database_url=database)
        there = copy.copy(self)
        there.port = cluster.port
        there.cookies = [f"{cookie_name(cluster.port)}={each.partition('=')[2]}" for each in self.cookies]
        try:
            cluster.flask("restore", str(stored))
            cluster.start()
            yield there, cluster
        finally:
            cluster.kill()
            engine.remove()

    def with_people(self, people: int, folder: Path) -> "Meeting":
        """Another meeting like this one."""
        return replace(self, folder=folder, people=people)

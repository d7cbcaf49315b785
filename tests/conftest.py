"""What tests stand on: an application with a database of its own, meetings in it, and people who use them.

People act through the door that users use: they sign in with their link over HTTP and send commands with their session's
token. Observers look on over sockets; after every accepted command what they see must be what a fresh page shows.
"""

import itertools
import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import MetaData, select

from facilitation import create_app
from facilitation.config import REFERENCE_PLAN, settings_from
from facilitation.extensions import db, snapshot, socketio
from facilitation.live import broadcast, commands, regions
from facilitation.live.journal import Stream
from facilitation.meeting.acts import SYSTEM, load_workshop
from facilitation.plan import Plan, read_plan
from facilitation.plan.storing import import_plan
from tests.engines import PostgreSQL

REFERENCE_SCRIPT = REFERENCE_PLAN.with_name("western-balkans-2020.script.yaml")
PLANS = Path(__file__).parent / "plans"

_numbers = itertools.count(1)

# Who looks on while a command is carried out: every audience, in two languages.
OBSERVERS = (
    ("observer", "room", "en"),
    ("al-1", "room", "mk"),
    ("mk-2", "room", "mk"),
    ("rapporteur", "room", "en"),
    ("organiser", "console", "en"),
    ("co-facilitator", "console", "mk"),
    ("facilitator", "screen", "mk"),
    ("interpreter-mk", "desk", "mk"),
    ("al-1", "delegation", "en"),
    ("al-2", "delegation", "mk"),
    ("rapporteur", "minutes", "mk"),
    ("organiser", "minutes", "en"),
)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running PostgreSQL."""
    made = PostgreSQL()
    made.start()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on an empty database with all migrations; on PostgreSQL when ``ENGINE=postgresql`` says so."""
    folder = tmp_path_factory.mktemp("instance")
    environment = {"INSTANCE_DIR": str(folder), "ASYNC_MODE": "threading", "SECRET_KEY": "s" * 40}
    if os.environ.get("ENGINE") == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgresql").new_database("suite")
    settings = replace(settings_from(environment), commands_burst=1_000_000)
    application = create_app(settings)
    application.config["TESTING"] = True
    with application.app_context():
        upgrade()
    # What is done by the second would get between what tests do; those that it concerns do it themselves.
    broadcast.rounds.clear()
    yield application


@dataclass
class Person:
    """Somebody of a meeting with a browser of their own."""

    meeting: "Meeting"
    key: str
    client: FlaskClient

    @cached_property
    def token(self) -> str:
        """The token of this browser's session, from a page as scripts read it."""
        return csrf_token(self.client.get("/").text)

    def choose(self, lang: str) -> None:
        """Chooses the language to read in."""
        assert self.client.post("/language", data={"csrf_token": self.token, "lang": lang}).status_code == 303

    def send(self, name: str, command_id: str | None = None, /, **args: Any) -> dict[str, Any]:
        """Sends a command; its answer, whatever it is."""
        message = {"id": command_id or str(uuid.uuid4()), "name": name, "args": args}
        path = f"/w/{self.meeting.slug}/commands"
        answer: dict[str, Any] = self.client.post(path, json=message, headers={"X-CSRFToken": self.token}).get_json()
        return answer

    def do(self, name: str, command_id: str | None = None, /, **args: Any) -> dict[str, Any]:
        """Sends a command that must be accepted; its result. Everybody's page must be right afterwards."""
        answer = self.send(name, command_id, **args)
        assert answer["ok"], f"{self.key} {name} {args}: {answer['error']}"
        self.meeting.look_around(f"{self.key}: {name}")
        result: dict[str, Any] = answer["result"]
        return result

    def refused(self, name: str, /, **args: Any) -> dict[str, Any]:
        """Sends a command that must be refused, and change nothing; the error."""
        before = self.meeting.seq
        answer = self.send(name, **args)
        assert not answer["ok"], f"{self.key} {name} {args} was accepted"
        assert self.meeting.seq == before
        error: dict[str, Any] = answer["error"]
        return error

    def get(self, path: str, **options: Any) -> Any:
        """GETs a page of the meeting: ``""`` is the room, ``"console"`` the console."""
        return self.client.get(f"/w/{self.meeting.slug}/{path}", **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        """POSTs a form to an address of the meeting, with the session's token."""
        form = {"csrf_token": self.token, **(data or {})}
        return self.client.post(f"/w/{self.meeting.slug}/{path}", data=form, **options)

    def state(self) -> dict[str, Any]:
        """The meeting's state as this person may see it."""
        state: dict[str, Any] = self.get("state.json").get_json()
        return state


@dataclass
class Observer:
    """A joined socket and the page it holds: what it was given on joining and every patch since."""

    name: str
    viewer: broadcast.Viewer
    socket: Any
    seq: int
    page: dict[str, str]

    def read(self) -> None:
        """Applies the patches that have arrived, and holds that no number is missing or comes twice."""
        for event in self.socket.get_received():
            if event["name"] != "patch":
                continue
            patch = event["args"][0]
            assert patch["from"] == self.seq + 1, f"{self.name}: {self.seq} is followed by {patch['from']}"
            self.seq = patch["seq"]
            for dom_id, html in patch["regions"].items():
                if html:
                    self.page[dom_id] = html
                else:
                    self.page.pop(dom_id, None)


@dataclass
class Meeting:
    """A meeting of a plan, its people, and whoever looks on."""

    app: Flask
    slug: str
    people: dict[str, Person] = field(default_factory=dict)
    observers: list[Observer] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    @property
    def seq(self) -> int:
        """The last number given out."""
        with self.app.app_context():
            return int(db.session.query(Stream.seq).filter_by(slug=self.slug).scalar())

    @property
    def stream_id(self) -> int:
        """The id of the meeting's stream."""
        with self.app.app_context():
            return int(db.session.query(Stream.id).filter_by(slug=self.slug).scalar())

    def link(self, key: str) -> str:
        """A personal link, as a path."""
        if key not in self.links:
            with self.app.app_context():
                answer = commands.run(self.slug, SYSTEM, str(uuid.uuid4()), "make_links", {})
            self.links |= {key: "/join/" + url.rsplit("/", 1)[1] for key, url in answer["result"]["urls"].items()}
            self.look_around("links made")
        return self.links[key]

    def as_(self, key: str) -> Person:
        """The person with this key, signed in with their link."""
        if key not in self.people:
            client = self.app.test_client()
            link = self.link(key)
            token = csrf_token(client.get(link).text)
            assert client.post(link, data={"csrf_token": token}).status_code == 303
            page = client.get(f"/w/{self.slug}/").text
            if language_of(page) not in READ_BY_TESTS:
                assert client.post("/language", data={"csrf_token": csrf_token(page), "lang": "en"}).status_code == 303
            self.people[key] = Person(self, key, client)
        return self.people[key]

    def observe(self, key: str, view: str, lang: str) -> Observer:
        """Somebody joins with a socket and looks on from now on."""
        person = self.as_(key)
        socket = socketio.test_client(self.app, flask_test_client=person.client)
        joined = socket.emit("join", {"workshop": self.slug, "view": view, "lang": lang}, callback=True)
        assert joined["ok"], joined
        _, viewer = next(
            (channel, viewer)
            for channel in broadcast.channels.values()
            for sid, viewer in channel.viewers.items()
            if sid == socket_sid(socket)
        )
        observer = Observer(f"{key} on {view} in {lang}", viewer, socket, joined["seq"], dict(joined["regions"]))
        self.observers.append(observer)
        return observer

    def look_around(self, after: str = "") -> None:
        """Holds *old page + patch == fresh page* for everybody who looks on."""
        if not self.observers:
            return
        channel = broadcast.channel_of(self.stream_id)
        with self.app.app_context():
            broadcast.tell(channel)
            snapshot()
            meeting = load_workshop(channel.stream_id)
            fresh: dict[tuple[str, str], str] = {}
            for observer in self.observers:
                observer.read()
                viewer = channel.viewers[socket_sid(observer.socket)]
                expected = {}
                for dom_id in regions.all_ids(meeting, viewer):
                    if (dom_id, viewer.lang) not in fresh:
                        fresh[dom_id, viewer.lang] = regions.render(meeting, dom_id, viewer.lang)
                    if fresh[dom_id, viewer.lang]:
                        expected[dom_id] = fresh[dom_id, viewer.lang]
                differing = {
                    dom_id
                    for dom_id in expected.keys() | observer.page.keys()
                    if expected.get(dom_id) != observer.page.get(dom_id)
                }
                assert not differing, f"after {after}, {observer.name} has an old page: {sorted(differing)}"

    def play(self, script: Path, look_around: Callable[[int, str], bool] = lambda n, name: False) -> dict[str, str]:
        """Sends a script's steps as those people; the ids that were saved. ``look_around`` says after which steps to."""
        saved: dict[str, str] = {}
        for n, step in enumerate(yaml.safe_load(script.read_text())):
            args = with_ids(step.get("with", {}), saved)
            person = self.as_(step["as"])
            answer = person.send(step["do"], **args)
            assert answer["ok"], f"step {n} {step}: {answer['error']}"
            if "save_as" in step:
                saved[step["save_as"]] = answer["result"]["id"]
            if look_around(n, step["do"]):
                self.look_around(f"step {n}: {step['as']} {step['do']}")
        return saved

    def leave(self) -> None:
        """Everybody who looks on goes."""
        for observer in self.observers:
            observer.socket.disconnect()
        self.observers.clear()


def socket_sid(socket: Any) -> str:
    """The server's name for a test client's socket."""
    return str(socketio.server.manager.sid_from_eio_sid(socket.eio_sid, "/"))


READ_BY_TESTS = ("en", "mk")
"""Languages that tests look for words in. Whoever is greeted in another one chooses English first, as a person can."""


def language_of(html: str) -> str:
    """The language of a page."""
    return html.partition('<html lang="')[2].partition('"')[0]


def csrf_token(html: str) -> str:
    """The token of a page, from where scripts read it."""
    found = re.search(r'<meta name="csrf-token" content="([^"]+)">', html)
    assert found, html[:2000]
    return found[1]


def with_ids(value: Any, saved: dict[str, str]) -> Any:
    """A script's value with ``$name`` replaced by the id that was saved under it, in keys and in values."""
    if isinstance(value, dict):
        return {with_ids(key, saved): with_ids(inner, saved) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_ids(inner, saved) for inner in value]
    if isinstance(value, str) and value.startswith("$"):
        return saved[value[1:]]
    return value


@pytest.fixture(scope="session")
def reference_plan() -> Plan:
    """The plan of the reference meeting."""
    return read_plan(REFERENCE_PLAN.read_bytes())


@pytest.fixture
def new_meeting(app: Flask) -> Iterator[Callable[[Plan], Meeting]]:
    """Makes a meeting of a plan, under an address of its own."""
    made: list[Meeting] = []

    def make(plan: Plan) -> Meeting:
        slug = f"{plan.slug[:40]}-{next(_numbers)}"
        with app.app_context():
            import_plan(replace(plan, slug=slug))
        made.append(Meeting(app, slug))
        return made[-1]

    yield make
    for meeting in made:
        meeting.leave()


@pytest.fixture
def unwatched(new_meeting: Callable[[Plan], Meeting], reference_plan: Plan) -> Meeting:
    """The reference meeting, prepared; nobody looks on."""
    return new_meeting(reference_plan)


@pytest.fixture
def prepared(unwatched: Meeting) -> Meeting:
    """The reference meeting, prepared; every audience looks on in two languages."""
    for key, view, lang in OBSERVERS:
        unwatched.observe(key, view, lang)
    return unwatched


@pytest.fixture
def meeting(prepared: Meeting) -> Meeting:
    """The reference meeting, open; every audience looks on in two languages."""
    prepared.as_("organiser").do("open_workshop")
    return prepared


@pytest.fixture
def ana(meeting: Meeting) -> Person:
    """Ana facilitates."""
    return meeting.as_("facilitator")


@pytest.fixture
def ben(meeting: Meeting) -> Person:
    """Ben participates; he heads the delegation of Albania."""
    return meeting.as_("al-1")


@pytest.fixture(scope="session")
def played(app: Flask, reference_plan: Plan) -> Meeting:
    """The reference meeting after its whole script, its record published. Shared: do not change it."""
    slug = f"played-{next(_numbers)}"
    with app.app_context():
        import_plan(replace(reference_plan, slug=slug))
    meeting = Meeting(app, slug)
    meeting.play(REFERENCE_SCRIPT)
    return meeting


def dump_of(app: Flask) -> str:
    """Every row of the database, as text."""
    with app.app_context(), db.engine.connect() as connection:
        there = MetaData()
        there.reflect(connection, only=lambda name, _: not name.startswith("record_search_"))
        return "\n".join(str(tuple(row)) for table in there.sorted_tables for row in connection.execute(select(table)))

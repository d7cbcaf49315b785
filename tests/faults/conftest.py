"""Fault tests stand on an instance that is prepared once, and on a server process of their own that may be done anything to."""

import fcntl
import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import servers
from tests.conftest import csrf_token
from tests.engines import PostgreSQL
from tests.faults.clients import Client
from tests.faults.cluster import Cluster
from tests.faults.ledger import Ledger, assert_each_in_their_own_order, assert_nothing_is_lost
from tests.faults.lines import Seat
from tests.faults.proxy import Proxy, Rule
from tests.faults.servers import Server
from tests.faults.waiting import wait_until
from tests.servers import SLUG, cookie_name

GROWN = "grown"
"""Served by two processes (eventlet) on PostgreSQL and Redis, behind nginx."""


@dataclass(frozen=True)
class Template:
    """An instance in which the meeting is open, an item is on and everybody is signed in."""

    folder: Path
    sessions: dict[str, str]
    """Person → the session that their browser holds."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Template:
    """Prepared once, whatever the number of the suite's processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder, known = shared / "faults", shared / "faults.json"
    with (shared / "faults.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            folder.mkdir()
            known.write_text(json.dumps(_prepare(folder)))
    return Template(folder, json.loads(known.read_text()))


def _prepare(folder: Path) -> dict[str, str]:
    """Person → session."""
    server = Server(folder)
    server.prepare()
    links = {row["key"]: row["url"] for row in server.flask("workshop", "links", SLUG)}
    server.start()
    try:
        browsers = {key: _sign_in(link) for key, link in links.items()}
        _command(server, browsers["organiser"], "open_workshop", {})
        _command(server, browsers["facilitator"], "start_item", {"item": "round"})
    finally:
        server.terminate()
    return {key: str(browser.cookies[cookie_name(server.port)]) for key, browser in browsers.items()}


def _sign_in(link: str) -> requests.Session:
    browser = requests.Session()
    token = csrf_token(browser.get(link, timeout=10).text)
    browser.post(link, data={"csrf_token": token}, timeout=10, allow_redirects=False).raise_for_status()
    return browser


def _command(server: Server, browser: requests.Session, name: str, args: dict[str, Any]) -> None:
    room = f"{server.url}/w/{SLUG}/"
    token = csrf_token(browser.get(room, timeout=10).text)
    browser.post(f"{room}commands/{name}", data={"csrf_token": token, **args}, timeout=10).raise_for_status()


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both async modes."""
    return str(request.param)


@pytest.fixture(scope="module", params=["eventlet", "threading", GROWN])
def served(request: pytest.FixtureRequest) -> str:
    """Every fault to one process on SQLite, in both async modes, and to an installation that has grown."""
    return str(request.param)


@pytest.fixture(scope="session")
def stored(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the open meeting."""
    file = tmp_path_factory.mktemp("stored") / "facilitation.backup"
    servers.Server(template.folder).flask("backup", str(file))
    return file


@pytest.fixture(scope="session")
def grown_template(
    template: Template, stored: Path, postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a database of PostgreSQL with the open meeting, to be copied."""
    folder = tmp_path_factory.mktemp("grown-template")
    Cluster(folder, engine=postgresql, database_url=postgresql.new_database("faults")).flask("restore", str(stored))
    return "faults"


@pytest.fixture
def chance() -> random.Random:
    """Chance that can be repeated: the report of a failure says the seed."""
    seed = int(os.environ.get("FAULTS_SEED") or random.randrange(2**32))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 - shown when the test fails
    return random.Random(seed)


@dataclass
class Meeting:
    """A meeting on a server of its own, who is in it, and what they do."""

    server: Server
    seats: dict[str, Seat]
    ledger: Ledger = field(default_factory=Ledger)
    clients: list[Client] = field(default_factory=list)
    proxies: list[Proxy] = field(default_factory=list)

    @property
    def participants(self) -> list[Seat]:
        """Everybody who writes, those of different delegations side by side."""
        return sorted(
            (seat for key, seat in self.seats.items() if key[-2] == "-"), key=lambda seat: seat.key.split("-")[::-1]
        )

    def enter(self, seat: Seat | str, proxy: Proxy | None = None, **options: Any) -> Client:
        """Somebody opens a page, perhaps from behind a proxy."""
        who = self.seats[seat] if isinstance(seat, str) else seat
        port = proxy.port if proxy else self.server.port
        self.clients.append(Client(who, port, self.ledger, **options))
        return self.clients[-1]

    def leave(self, client: Client) -> None:
        """Somebody goes, whatever they were about to send."""
        client.close()
        self.clients.remove(client)

    def proxy(self, rule: Callable[[], Rule] | None = None) -> Proxy:
        """A line to the server with a mind of its own."""
        self.proxies.append(Proxy(self.server.port, rule) if rule else Proxy(self.server.port))
        return self.proxies[-1]

    def wait_for_acknowledgements(self, number: int, within: float = 30) -> None:
        """Until so many more commands have been acknowledged."""
        enough = len(self.ledger.acknowledged) + number

        def there() -> bool:
            for client in self.clients:
                client.assert_alive()
            return len(self.ledger.acknowledged) >= enough

        wait_until(there, within, lambda: f"answers: {self.clients}")

    def wait_for_everybody(self) -> None:
        """Until all have joined."""
        wait_until(
            lambda: all(client.joined for client in self.clients),
            60,
            lambda: f"to join: {self.clients}; the server said: {self.server.told()}; it is at: {self.server.stacks()}",
        )

    def assert_nothing_is_lost(self) -> None:
        """Everybody stops writing; then the server has kept its promise."""
        for client in self.clients:
            client.stop_writing()
        assert_nothing_is_lost(self.server, self.ledger, self.clients, self.seats["facilitator"])
        assert_each_in_their_own_order(self.ledger)
        assert "Traceback" not in self.server.told(), self.server.told()

    def send_everybody_home(self) -> None:
        """Everybody goes; the meeting stands."""
        while self.proxies:
            self.proxies.pop().close()
        while self.clients:
            self.clients.pop().close()

    def end(self) -> None:
        """The server goes, and everybody with it."""
        self.server.kill()
        self.send_everybody_home()


def meeting_on(server: Server, template: Template) -> Meeting:
    """The meeting of the template on this server, with everybody's browser signed in."""
    name = cookie_name(server.port)
    return Meeting(server, {key: Seat(key, f"{name}={session}") for key, session in template.sessions.items()})


OpenMeeting = Callable[..., Meeting]


@pytest.fixture(scope="module")
def open_meeting(
    template: Template, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, served: str
) -> Iterator[OpenMeeting]:
    """Opens a meeting on a running server of its own; what is said of the server goes to ``Server``."""
    made: list[Meeting] = []

    def on_one_process(folder: Path, **server: Any) -> Server:
        shutil.copytree(template.folder, folder)
        return Server(folder, mode=served, **server)

    def grown(folder: Path, **server: Any) -> Server:
        engine: PostgreSQL = request.getfixturevalue("postgresql")
        copied = engine.new_database(f"fault_{time.monotonic_ns()}", request.getfixturevalue("grown_template"))
        folder.mkdir()
        shutil.copy(template.folder / "secret_key", folder)
        return Cluster(folder, engine=engine, database_url=copied, **server)

    def open_one(**server: Any) -> Meeting:
        folder = tmp_path_factory.mktemp("fault") / "instance"
        made.append(meeting_on((grown if served == GROWN else on_one_process)(folder, **server), template))
        made[-1].server.start()
        return made[-1]

    yield open_one
    for meeting in made:
        meeting.end()


@pytest.fixture
def meeting(open_meeting: OpenMeeting) -> Iterator[Meeting]:
    """The meeting on a running server, for a test that does to it whatever it likes."""
    opened = open_meeting()
    yield opened
    opened.end()


@pytest.fixture(scope="module")
def _standing(open_meeting: OpenMeeting) -> Meeting:
    return open_meeting()


@pytest.fixture
def standing_meeting(_standing: Meeting) -> Iterator[Meeting]:
    """The meeting on a server that stays up, one after the other for all tests of a file. What was written stays."""
    yield _standing
    _standing.send_everybody_home()

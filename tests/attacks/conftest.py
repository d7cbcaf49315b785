"""The production server as it is served, in both async modes and on both engines; and those who mean harm."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from facilitation.config import REFERENCE_PLAN
from tests import second_meeting
from tests.conftest import csrf_token
from tests.engines import PostgreSQL
from tests.faults.lines import Line, Seat
from tests.faults.servers import PAGE
from tests.servers import SLUG, Server

MOST_MEMORY = 400
"""Megabytes that the server may have in use, whatever is done to it."""
SIGNED_IN = (
    "organiser",
    "facilitator",
    "rapporteur",
    "interpreter-mk",
    "observer",
    "al-1",
    "al-2",
    "ba-1",
    "mk-1",
    "rs-2",
)


@dataclass
class Production(Server):
    """Our server with the limits that it has in production."""

    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told."""
        own = {**super().environment, "SECRET_KEY": "s" * 48, "LOG_FORMAT": "json", **self.more}
        own.pop("COMMANDS_BURST", None)
        return own

    @property
    def command(self) -> list[str]:
        """How it is started."""
        return [*super().command, "--production"]

    @property
    def memory(self) -> float:
        """Megabytes that its processes have in use."""
        assert self.process is not None
        return sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in self.process.ids) * PAGE / 2**20

    def told(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@dataclass
class Somebody:
    """A browser, signed in or not."""

    server: Production
    key: str = ""
    browser: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any request; the path goes out as it is written, and nothing is followed."""
        prepared = self.browser.prepare_request(requests.Request(method, self.server.url + "/", **options))
        prepared.url = self.server.url + path
        return self.browser.send(prepared, timeout=30, allow_redirects=False)

    def get(self, path: str, **options: Any) -> requests.Response:
        """GETs any address."""
        return self.ask("GET", path, **options)

    @property
    def token(self) -> str:
        """The token of this browser's session."""
        return csrf_token(self.get("/").text)

    def send(self, name: Any, args: Any, command_id: Any = None, slug: str = SLUG, **options: Any) -> requests.Response:
        """Sends a command as scripts do."""
        message = {"id": command_id or str(uuid.uuid4()), "name": name, "args": args}
        headers = {"X-CSRFToken": self.token, **options.pop("headers", {})}
        return self.ask("POST", f"/w/{slug}/commands", json=message, headers=headers, **options)

    def do(self, name: str, **args: Any) -> dict[str, Any]:
        """Sends a command that must be accepted; its result."""
        answer = self.send(name, args).json()
        assert answer["ok"], answer
        result: dict[str, Any] = answer["result"]
        return result

    @property
    def cookies(self) -> str:
        """What the browser sends."""
        return "; ".join(f"{each.name}={each.value}" for each in self.browser.cookies)


@dataclass
class Target:
    """A running installation with two meetings, and people in the first."""

    server: Production
    people: dict[str, Somebody]
    links: dict[str, str]
    second_links: dict[str, str]

    def __getitem__(self, key: str) -> Somebody:
        return self.people[key]

    def stranger(self) -> Somebody:
        """A new browser."""
        return Somebody(self.server)

    def state(self) -> dict[str, Any]:
        """All of the first meeting that an organiser sees."""
        state: dict[str, Any] = self["organiser"].get(f"/w/{SLUG}/state.json").json()
        return state


@pytest.fixture(scope="session", params=[("eventlet", "sqlite"), ("threading", "postgresql")], ids="-".join)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Prepared once; every test leaves it as it was, or adds something harmless."""
    mode, engine = request.param
    folder = tmp_path_factory.mktemp("attacked") / "instance"
    more = {}
    if engine == "postgresql":
        postgresql: PostgreSQL = request.getfixturevalue("postgresql")
        more["DATABASE_URL"] = postgresql.new_database("attacked")
    server = Production(folder, mode=mode, more=more)
    server.prepare()
    links = server.links()
    plan = folder / "second.plan.yaml"
    plan.write_text(second_meeting.second_plan(), encoding="utf-8")
    server.flask("workshop", "import", str(plan))
    second = {row["key"]: row["url"] for row in server.flask("workshop", "links", second_meeting.SLUG)}
    server.start()
    people = {key: enter(server, key, links[key]) for key in SIGNED_IN}
    people["organiser"].do("open_workshop")
    people["facilitator"].do("start_item", item="presentation-al")
    with Line(Seat("al-2", people["al-2"].cookies), server.port) as line:
        assert line.join()["ok"]  # who has been there is noted once a day
    yield Target(server, people, links, second)
    server.kill()
    assert REFERENCE_PLAN.exists()


def enter(server: Production, key: str, link: str) -> Somebody:
    """Somebody signs in with their link and reads English."""
    found = Somebody(server, key)
    path = link.removeprefix(server.url)
    found.ask("POST", path, data={"csrf_token": csrf_token(found.get(path).text)})
    found.ask("POST", "/language", data={"csrf_token": found.token, "lang": "en"})
    return found


@pytest.fixture(autouse=True)
def _unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every attack: the server answers, has not failed in any way, and its memory is bounded."""
    if "target" not in request.fixturenames:
        yield
        return
    target: Target = request.getfixturevalue("target")
    yield
    assert target.stranger().get("/readyz").status_code == 200
    told = [line for line in target.server.told() if line["logger"] != "engineio.server"]  # it reports foreign origins
    faults = [line for line in told if line["level"] == "error" or "fault" in line]
    assert not faults, faults
    assert "Traceback" not in target.server.log.read_text()
    assert target.server.memory < MOST_MEMORY


@pytest.fixture
def unchanged(target: Target) -> Iterator[None]:
    """The meeting is what it was before."""
    before = target.state()
    yield
    assert target.state() == before

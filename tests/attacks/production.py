"""An installation as it is in production: our server under ``--production``, with https in its address, behind nginx with TLS."""

import itertools
import json
import sqlite3
import ssl
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import requests
from requests.adapters import HTTPAdapter

from tests.conftest import csrf_token
from tests.engines import Nginx, Site
from tests.faults.lines import Line, Seat
from tests.faults.servers import PAGE
from tests.servers import SLUG, Server, free_port

HOST = "facilitation.example.org"
"""The name of the site of ``deploy/``."""
HOME = f"https://{HOST}"
COOKIE = "__Host-facilitation"
BY_THEMSELVES = {
    "alembic_version": "the schema's",
    "record_search": "an index over what is in other tables",
}
"""Tables, by how their names begin, that are not compared: reason."""


@dataclass
class Production(Server):
    """Our server as production has it; people reach it through nginx, at ``door.port``."""

    database_url: str = ""
    """SQLite in the instance when there is none."""
    door: Nginx = field(init=False)
    plain_port: int = field(default_factory=free_port)
    """Where nginx answers without TLS."""

    def __post_init__(self) -> None:
        own = self.folder.with_name(f"{self.folder.name}.nginx")
        own.mkdir(parents=True)
        self.door = Nginx(own, Site(own, [self.port], self.plain_port).configure)

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told: as ``deploy/environment.example`` has it, with the limits of production."""
        own = {"BASE_URL": HOME, "SECRET_KEY": SECRET_KEY, "LOG_FORMAT": "json", "METRICS_TOKEN": "m" * 32}
        own |= {"MALLOC_ARENA_MAX": "2"}
        own |= {"DATABASE_URL": self.database_url} if self.database_url else {}
        found = {**super().environment, **own}
        for raised in ("COMMANDS_BURST", "COMMANDS_PER_SECOND"):
            found.pop(raised, None)
        return found

    @property
    def command(self) -> list[str]:
        """How it is started."""
        return [*super().command, "--production"]

    @property
    def certificate(self) -> str:
        """The file that nginx proves with who it is."""
        return str(self.door.folder / "fullchain.pem")

    def start(self) -> None:
        """Starts both and waits until they answer."""
        super().start()
        self.door.start()

    def kill(self) -> None:
        """Ends both."""
        self.door.stop()
        super().kill()

    @property
    def memory(self) -> float:
        """Megabytes that its processes have in use."""
        assert self.process is not None
        return sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in self.process.ids) * PAGE / 2**20

    def told(self, since: int = 0) -> list[dict[str, Any]]:
        """What it has logged, from that byte of its log on."""
        with self.log.open("rb") as log:
            log.seek(since)
            return [json.loads(line) for line in log if line.startswith(b"{")]

    def stored(self) -> dict[str, list[str]]:
        """Every row of every table as text, and the names of the files in the instance's folders."""
        with closing(self._database()) as database:
            rows = {name: sorted(_rows(database, name)) for name in self._tables(database)}
        slides = self.folder / "slides"
        return rows | {"the slides": sorted(str(path) for path in slides.rglob("*.png"))}

    def _database(self) -> Any:
        if self.database_url:
            return psycopg.connect(self.database_url, autocommit=True)
        return sqlite3.connect(f"file:{self.folder / 'facilitation.db'}?mode=ro", uri=True)

    def _tables(self, database: Any) -> list[str]:
        asked = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            if self.database_url
            else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        names = [str(name) for (name,) in database.execute(asked).fetchall()]
        return [name for name in names if not name.startswith(tuple(BY_THEMSELVES))]

    def line(self, somebody: "Somebody", past_nginx: bool = False, **options: Any) -> Line:
        """Somebody's Socket.IO connection."""
        seat = Seat(somebody.key, somebody.cookies)
        if past_nginx:
            return Line(seat, self.port, **options)
        return SecureLine(seat, self.door.port, self.certificate, **options)


SECRET_KEY = "s" * 48
NOTED_BY_LOOKING = {"sign_ins.seen_at"}
"""Columns that change whenever somebody who is signed in does anything."""


def _rows(database: Any, table: str) -> list[str]:
    found = database.execute(f'SELECT * FROM "{table}"')
    kept = [n for n, column in enumerate(found.description) if f"{table}.{column[0]}" not in NOTED_BY_LOOKING]
    return [repr(tuple(row[n] for n in kept)) for row in found.fetchall()]


class SecureLine(Line):
    """A Socket.IO connection over one websocket, with TLS."""

    def __init__(self, seat: Seat, port: int, certificate: str, **options: Any) -> None:
        self._certificate = certificate
        super().__init__(seat, port, **options)

    def _reach(self, port: int) -> dict[str, Any]:
        found = super()._reach(port)
        context = ssl.create_default_context(cafile=self._certificate)
        self._tcp = context.wrap_socket(self._tcp, server_hostname=HOST)
        return {**found, "socket": self._tcp, "url": f"wss://{HOST}/socket.io/?EIO=4&transport=websocket"}


class _From(HTTPAdapter):
    """Connections from a certain address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))  # type: ignore[no-untyped-call]


@dataclass
class Somebody:
    """A browser, signed in or not."""

    server: Production
    key: str = ""
    address: str = ""
    """The address of this machine that they come from; the usual one when there is none."""
    past_nginx: bool = False
    """Whether they reach the process itself."""

    @cached_property
    def browser(self) -> requests.Session:
        """Holds the cookies. Whatever is asked, the server must not fail."""
        made = requests.Session()
        made.trust_env = False
        made.verify = self.server.certificate
        made.hooks["response"].append(_never_a_fault)
        if self.address:
            made.mount("https://", _From(self.address))
            made.mount("http://", _From(self.address))
        return made

    def ask(self, method: str, path: str, past_nginx: bool | None = None, **options: Any) -> requests.Response:
        """Any request; the path goes out as it is written, and nothing is followed."""
        own, past_nginx = {"Host": HOST, "Cookie": self.cookies}, self.past_nginx if past_nginx is None else past_nginx
        if past_nginx:
            own |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": self.address or "127.0.0.1"}
        headers = {name: value for name, value in {**own, **options.pop("headers", {})}.items() if value != ""}
        where = f"http://127.0.0.1:{self.server.port}" if past_nginx else f"https://127.0.0.1:{self.server.door.port}"
        prepared = self.browser.prepare_request(requests.Request(method, where + "/", headers=headers, **options))
        prepared.url = where + path
        return self.browser.send(prepared, timeout=30, allow_redirects=False)

    def get(self, path: str, **options: Any) -> requests.Response:
        """GETs any address."""
        return self.ask("GET", path, **options)

    @property
    def token(self) -> str:
        """The token of this browser's session; asked for once in each session."""
        session = next((str(each.value) for each in self.browser.cookies if each.name == COOKIE), "")
        if getattr(self, "_token", ("", ""))[0] != session or not session:
            found = csrf_token(self.get("/").text)
            session = next((str(each.value) for each in self.browser.cookies if each.name == COOKIE), "")
            self._token = (session, found)
        return self._token[1]

    def send(
        self, name: Any, args: Any, command_id: Any = None, slug: str = SLUG, patient: bool = True, **options: Any
    ) -> requests.Response:
        """Sends a command as scripts do; again when it is told that this is too fast."""
        message = {"id": command_id or str(uuid.uuid4()), "name": name, "args": args}
        headers = {"X-CSRFToken": self.token, **options.pop("headers", {})}
        while True:
            response = self.ask("POST", f"/w/{slug}/commands", json=message, headers=headers, **options)
            if response.status_code != 429 or not patient:
                return response
            time.sleep(response.json()["error"]["retry_after"])

    def do(self, command: str, slug: str = SLUG, /, **args: Any) -> dict[str, Any]:
        """Sends a command that must be accepted; its result."""
        answer = self.send(command, args, slug=slug).json()
        assert answer["ok"], (command, args, answer)
        result: dict[str, Any] = answer["result"]
        return result or {}

    def refused(self, name: str, args: dict[str, Any], slug: str = SLUG) -> str:
        """Sends a command that must not be accepted; the code of its refusal."""
        answer = self.send(name, args, slug=slug).json()
        assert not answer["ok"], (name, args, answer)
        return str(answer["error"]["code"])

    @property
    def cookies(self) -> str:
        """What the browser sends."""
        return "; ".join(f"{each.name}={each.value}" for each in self.browser.cookies)

    def hold(self, session: str) -> "Somebody":
        """Takes over a signed-in session."""
        self.browser.cookies.set(COOKIE, session)
        return self

    def line(self, **options: Any) -> Line:
        """A Socket.IO connection."""
        return self.server.line(self, **options)


def patiently(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer, asked for again as often as it says that this is too fast."""
    while (answer := ask()).get("error", {}).get("code") == "too_fast":
        time.sleep(answer["error"]["retry_after"])
    return answer


def _never_a_fault(response: requests.Response, **_: Any) -> None:
    assert response.status_code < 500 or response.status_code == 501, (response.request.url, response.status_code)


def enter(somebody: Somebody, link: str, lang: str = "en") -> Somebody:
    """Somebody signs in with a link and reads in this language."""
    path = "/join/" + link.rsplit("/", 1)[1]
    answer = somebody.ask("POST", path, data={"csrf_token": csrf_token(somebody.get(path).text)})
    assert answer.status_code == 303, answer.text
    somebody.ask("POST", "/language", data={"csrf_token": somebody.token, "lang": lang})
    return somebody


@dataclass
class Target:
    """A running installation, and people of its meetings."""

    server: Production
    known: dict[str, Any]
    """What was prepared: see ``preparing``."""
    people: dict[tuple[str, str], Somebody] = field(default_factory=dict)
    as_left: dict[str, list[str]] | None = None
    """What was stored after the attack before; a fixture that changes something in between forgets it."""
    _addresses: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __getitem__(self, key: str) -> Somebody:
        return self.of(SLUG, key)

    def of(self, slug: str, key: str) -> Somebody:
        """Somebody of a meeting, signed in."""
        if (slug, key) not in self.people:
            self.people[slug, key] = Somebody(self.server, key).hold(self.known["sessions"][slug][key])
        return self.people[slug, key]

    def stranger(self, address: str = "") -> Somebody:
        """A new browser, at an address of its own where none is given: what is counted for an address is nobody else's."""
        number = next(self._addresses)
        return Somebody(self.server, address=address or f"127.{1 + number // 250}.7.{1 + number % 250}")

    def state(self, slug: str = SLUG) -> dict[str, Any]:
        """All of a meeting that an organiser sees."""
        state: dict[str, Any] = self.of(slug, "organiser").get(f"/w/{slug}/state.json").json()
        return state

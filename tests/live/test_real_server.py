"""What only a real server process shows: packets that nobody can read, what it says of itself, and how it stops."""

import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from facilitation.config import REFERENCE_PLAN
from tests.conftest import csrf_token
from tests.faults.lines import Line, Seat
from tests.servers import SLUG, Server


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("server"), mode=request.param)
    made.prepare()
    made.start()
    yield made
    made.kill()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    """A joined socket, by hand."""
    with joined(server) as line:
        yield line


def joined(server: Server) -> Line:
    """Somebody signs in with their link and joins."""
    browser = requests.Session()
    link = server.links()["al-1"]
    browser.post(link, data={"csrf_token": csrf_token(browser.get(link).text)})
    line = Line(Seat("al-1", "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)), server.port)
    assert line.join()["ok"]
    return line


@pytest.mark.parametrize(
    "text",
    [
        '["command",{"id":"x","name":"extend_item","args":{"minutes":' + "9" * 101 + "}}]",
        '["command",' + "[" * 20_000 + "]" * 20_000 + "]",
        '["command",{',
        "[]",
        "{}",
        "[5,{}]",
        '"command"',
        '["join",{"workshop":"\\ud800"}]',
        '["conjure",{}]',
        '["command"]',
        '["command",{},{},{}]',
    ],
    ids=lambda text: text[:24],
)
def test_a_message_that_nobody_can_read_is_acknowledged_as_invalid(line: Line, text: str) -> None:
    assert line.ask_in_words(text)["error"]["code"] == "invalid"
    assert line.ask("catch_up", {"since": 0})["ok"]


def test_binary_packets_are_refused_and_the_socket_goes_on(line: Line) -> None:
    line.send_binary(b"\x00" * 1000)
    assert line.ask("catch_up", {"since": 0})["ok"]


def test_commands_over_http_that_are_too_deep_or_too_large_are_refused_in_json(server: Server) -> None:
    address = f"{server.url}/w/{SLUG}/commands"
    deep = requests.post(address, data="[" * 100_000, headers={"Content-Type": "application/json"}, timeout=10)
    assert deep.status_code in (400, 401) and not deep.json()["ok"]
    large = requests.post(address, data="x" * 3_000_000, headers={"Content-Type": "application/json"}, timeout=10)
    assert large.status_code == 413 and large.json()["error"]["code"] == "too_large"
    nowhere = requests.post(f"{server.url}/w/nowhere/commands", json={}, timeout=10)
    assert nowhere.status_code == 404 and nowhere.json()["error"]["code"] == "not_found"


def test_the_running_server_sees_at_once_what_the_command_line_changes(
    server: Server, line: Line, tmp_path: Path
) -> None:
    """It keeps the meeting's own rows, and knows when they are no longer true."""
    plan = yaml.safe_load(REFERENCE_PLAN.read_text())
    for title in ("The first title", "The second title"):
        plan["agenda"][1]["title"] = title
        (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True))
        server.flask("workshop", "import", str(tmp_path / "plan.yaml"))
        told = line.ask("catch_up", {"since": 0})
        assert title in json.dumps(told["regions"])
    assert line.command(str(uuid.uuid4()), "slow_down", {})["error"]


@pytest.mark.parametrize("mode", ["eventlet", "threading"])
def test_an_idle_server_stops_within_seconds(tmp_path: Path, mode: str) -> None:
    server = Server(tmp_path / "instance", mode=mode)
    server.prepare()
    server.start()
    began = time.monotonic()
    server.terminate()
    assert time.monotonic() - began < 12


def test_stopping_tells_every_socket_that_the_server_will_be_back(tmp_path: Path) -> None:
    server = Server(tmp_path / "instance", mode="eventlet")
    server.prepare()
    server.start()
    with joined(server) as line:
        server.terminate()
        heard = line.receive()
        while heard is None or heard[0] != "leave":
            heard = line.receive()
        assert heard[1] == {"reason": "draining", "retry_after": 2}


def test_a_process_says_where_its_tasks_are_and_nothing_that_anybody_wrote(server: Server, line: Line) -> None:
    written = "What nobody but the meeting may read"
    assert line.ask("catch_up", {"since": 0, "unknown": written})["ok"]
    assert server.process is not None
    before = server.log.stat().st_size
    for process in server.process.ids:
        os.kill(process, signal.SIGUSR1)
    said = ""
    deadline = time.monotonic() + 10
    while "_keep_telling" not in said and time.monotonic() < deadline:
        time.sleep(0.05)
        said = server.log.read_bytes()[before:].decode()
    assert "facilitation/live/broadcast.py" in said and "_keep_telling" in said, said[-2000:]
    assert written not in said
    assert line.ask("catch_up", {"since": 0})["ok"]

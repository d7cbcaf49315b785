"""What only a real server process shows: packets that nobody can read, and how it stops."""

import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import websocket
import yaml

from facilitation.config import REFERENCE_PLAN
from tests.browser.conftest import SLUG, Server
from tests.conftest import csrf_token


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("server"), mode=request.param)
    made.prepare()
    made.start()
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture
def line(server: Server) -> Iterator[websocket.WebSocket]:
    """A joined socket, by hand."""
    browser = requests.Session()
    link = server.links()["al-1"]
    token = csrf_token(browser.get(link).text)
    browser.post(link, data={"csrf_token": token})
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    address = f"{server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
    socket = websocket.create_connection(address, cookie=cookies, timeout=10)
    socket.recv()
    socket.send("40")
    assert socket.recv().startswith("40")
    assert ask(socket, 1, '["join",{"workshop":"' + SLUG + '"}]')["ok"]
    yield socket
    socket.close()


def ask(socket: websocket.WebSocket, number: int, text: str) -> dict[str, object]:
    """Sends an event with an ack id; what it is acknowledged with."""
    socket.send(f"42{number}{text}")
    while True:
        got = socket.recv()
        if got == "2":
            socket.send("3")
        elif got.startswith(f"43{number}"):
            answer: dict[str, object] = json.loads(got[len(f"43{number}") :])[0]
            return answer


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
def test_a_message_that_nobody_can_read_is_acknowledged_as_invalid(line: websocket.WebSocket, text: str) -> None:
    answer = ask(line, 7, text)
    assert answer["error"]["code"] == "invalid"  # type: ignore[index]
    assert ask(line, 8, '["catch_up",{"since":0}]')["ok"]


def test_binary_packets_are_refused_and_the_socket_goes_on(line: websocket.WebSocket) -> None:
    line.send('451-9["command",{"_placeholder":true,"num":0}]')
    line.send_binary(b"\x00" * 1000)
    assert ask(line, 8, '["catch_up",{"since":0}]')["ok"]


def test_commands_over_http_that_are_too_deep_or_too_large_are_refused_in_json(server: Server) -> None:
    address = f"{server.url}/w/{SLUG}/commands"
    deep = requests.post(address, data="[" * 100_000, headers={"Content-Type": "application/json"}, timeout=10)
    assert deep.status_code in (400, 401) and not deep.json()["ok"]
    large = requests.post(address, data="x" * 3_000_000, headers={"Content-Type": "application/json"}, timeout=10)
    assert large.status_code == 413 and large.json()["error"]["code"] == "too_large"
    nowhere = requests.post(f"{server.url}/w/nowhere/commands", json={}, timeout=10)
    assert nowhere.status_code == 404 and nowhere.json()["error"]["code"] == "not_found"


def test_the_running_server_sees_at_once_what_the_command_line_changes(
    server: Server, line: websocket.WebSocket, tmp_path: Path
) -> None:
    """It keeps the meeting's own rows, and knows when they are no longer true."""
    plan = yaml.safe_load(REFERENCE_PLAN.read_text())
    for title in ("The first title", "The second title"):
        plan["agenda"][1]["title"] = title
        (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True))
        server.flask("workshop", "import", str(tmp_path / "plan.yaml"))
        told = ask(line, 9, '["catch_up",{"since":0}]')
        assert title in json.dumps(told["regions"])
    assert ask(line, 10, '["command",{"id":"' + str(uuid.uuid4()) + '","name":"slow_down","args":{}}]')["error"]


def test_an_idle_server_stops_within_seconds(tmp_path: Path) -> None:
    for mode in ("eventlet", "threading"):
        folder = tmp_path / mode
        folder.mkdir()
        made = Server(folder, mode=mode)
        made.prepare()
        made.start()
        assert made.process is not None
        began = time.monotonic()
        os.kill(made.process.pid, signal.SIGTERM)
        made.process.wait(timeout=15)
        assert time.monotonic() - began < 12
        assert made.process.returncode == 0


def test_stopping_tells_every_socket_that_the_server_will_be_back(tmp_path: Path) -> None:
    made = Server(tmp_path, mode="eventlet")
    made.prepare()
    made.start()
    browser = requests.Session()
    link = made.links()["al-1"]
    browser.post(link, data={"csrf_token": csrf_token(browser.get(link).text)})
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    address = f"{made.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
    socket = websocket.create_connection(address, cookie=cookies, timeout=10)
    socket.recv()
    socket.send("40")
    socket.recv()
    assert ask(socket, 1, '["join",{"workshop":"' + SLUG + '"}]')["ok"]
    made.stop(signal.SIGTERM)
    heard = ""
    while "leave" not in heard:
        heard = socket.recv()
    assert json.loads(heard.removeprefix("42"))[1] == {"reason": "draining", "retry_after": 2}

"""Plays a script: its steps, sent as those people over real sockets to the running server."""

import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import socketio
import yaml

PATIENCE = 60.0
"""Seconds that one step may take, with every wait that the server asks for and every lost line."""
ANSWER_WITHIN = 10
"""Seconds until a command without an answer is sent again under the same id."""


class ScriptError(ValueError):
    """A script that cannot be played; says where and why."""


@dataclass(frozen=True)
class Step:
    """One command of a script: who gives it, with what, and the name under which its id is kept."""

    number: int
    who: str
    command: str
    args: Mapping[str, Any]
    save_as: str | None


@dataclass
class Outcome:
    """What came of playing a script."""

    steps: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    saved: dict[str, str] = field(default_factory=dict)


def read_script(path: Path) -> list[Step]:
    """The steps of a script. Raises ``ScriptError``."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path.name}: {error}") from None
    if not isinstance(raw, list):
        raise ScriptError(f"{path.name}: a script is a list of steps")
    steps = []
    for number, step in enumerate(raw):
        if not isinstance(step, dict) or not {"as", "do"} <= step.keys() <= {"as", "do", "with", "save_as"}:
            raise ScriptError(f"[{number}]: a step has 'as' and 'do', and may have 'with' and 'save_as'")
        steps.append(Step(number, step["as"], step["do"], step.get("with") or {}, step.get("save_as")))
    return steps


class Player:
    """One of the people of a script, signed in and joined."""

    def __init__(self, server: str, slug: str, link: str) -> None:
        self._server, self._slug = server, slug
        self._http = requests.Session()
        self._sign_in(link)
        self._socket = socketio.Client(reconnection_delay_max=2)
        self._joined = threading.Event()
        self._socket.on("connect", self._join)
        self._socket.on("disconnect", lambda *_: self._joined.clear())
        self._left = False
        self._connect()

    def _sign_in(self, link: str) -> None:
        page = self._http.get(link, timeout=30)
        page.raise_for_status()
        inputs = dict(
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text.split("<main", 1)[1])
        )
        self._http.post(link, data=inputs, timeout=30).raise_for_status()

    def _connect(self) -> None:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._http.cookies)
        self._socket.connect(self._server, headers={"Cookie": cookies}, transports=["websocket"], wait_timeout=30)

    def _join(self) -> None:
        with suppress(socketio.exceptions.SocketIOError):
            self._socket.emit("join", {"workshop": self._slug}, callback=self._take_answer)

    def _take_answer(self, answer: dict[str, Any]) -> None:
        if answer["ok"]:
            self._joined.set()
        else:
            threading.Timer(answer["error"].get("retry_after", 1), self._join).start()

    def send(self, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Sends a command until it is answered, waiting as the server asks. Raises ``TimeoutError``."""
        message = {"id": str(uuid.uuid4()), "name": name, "args": dict(args)}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if not self._socket.connected and self._left:
                    self._connect()
                if not self._joined.wait(1):
                    continue
                answer: dict[str, Any] = self._socket.call("command", message, timeout=ANSWER_WITHIN)
            except (socketio.exceptions.SocketIOError, OSError):
                time.sleep(0.5)
                continue
            wait = answer.get("error", {}).get("retry_after")
            if wait is None:
                return answer
            time.sleep(float(wait))
        raise TimeoutError(f"no answer to {name} within {PATIENCE:.0f} seconds")

    def lose_the_line(self) -> None:
        """Cuts the line; it comes back with the next command."""
        self._socket.disconnect()
        self._left = True

    def leave(self) -> None:
        """Closes the socket."""
        self._socket.disconnect()


def play(
    slug: str,
    steps: list[Step],
    server: str,
    links: Mapping[str, str],
    minutes: Mapping[str, int],
    speed: float | None,
    tell: Callable[[str], None],
) -> Outcome:
    """Plays the steps. ``links``: person → sign-in link; ``minutes``: item → planned length; ``speed``: an item takes its
    planned minutes divided by it, or no longer than its commands when ``None``. ``tell`` hears what happens."""
    outcome, players = Outcome(), dict[str, Player]()
    item_over = 0.0
    try:
        for step in steps:
            if step.who not in links:
                raise ScriptError(f"[{step.number}]: the meeting has nobody with the key {step.who!r}")
            if step.who not in players:
                players[step.who] = Player(server, slug, _at(server, links[step.who]))
            if speed and step.command in ("start_item", "finish_item"):
                time.sleep(max(0.0, item_over - time.monotonic()))
            args = _with_ids(step, step.args, outcome.saved)
            answer = players[step.who].send(step.command, args)
            outcome.steps += 1
            if not answer["ok"]:
                error = answer["error"]
                outcome.refused.append({"step": step.number, "as": step.who, "do": step.command, "error": error})
                tell(f"[{step.number}] {step.who} {step.command}: {error['code']}: {error['message']}")
            elif step.save_as:
                outcome.saved[step.save_as] = answer["result"]["id"]
            if speed and step.command == "start_item":
                item_over = time.monotonic() + 60 * minutes.get(args["item"], 0) / speed
    finally:
        for player in players.values():
            player.leave()
    return outcome


def _at(server: str, link: str) -> str:
    """The link at the server that is played to, whatever address it was made for."""
    here, there = urlsplit(server), urlsplit(link)
    return urlunsplit((here.scheme, here.netloc, there.path, "", ""))


def _with_ids(step: Step, value: Any, saved: Mapping[str, str]) -> Any:
    """The value with ``$name`` replaced by the id kept under that name, in keys and in values."""
    if isinstance(value, dict):
        return {_with_ids(step, key, saved): _with_ids(step, inner, saved) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_ids(step, inner, saved) for inner in value]
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in saved:
            raise ScriptError(f"[{step.number}]: nothing was saved as {value[1:]!r}")
        return saved[value[1:]]
    return value

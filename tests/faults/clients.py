"""Somebody at a page: an outbox that is sent until it is answered, and regions kept up to date by patches."""

import itertools
import random
import select
import socket
import threading
import time
import traceback
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any

from websocket import WebSocketException, WebSocketTimeoutException

from tests.faults.ledger import Attempt, Ledger
from tests.faults.lines import Line, Seat
from tests.faults.pages import Page
from tests.servers import SLUG

GAP_PATIENCE = 0.3
"""Seconds that a missing patch may still come by itself."""
CONNECT_AGAIN = (0.05, 0.3)
"""Seconds until the next try when the line was lost: somewhere between these."""


_windows = itertools.count()


@dataclass
class Asked:
    """A message that has not been answered yet."""

    event: str
    at: float
    attempt: Attempt | None = None


class SentAway(Exception):
    """The server asked to come back after so many seconds."""

    def __init__(self, retry_after: float, why: str) -> None:
        super().__init__(f"come back in {retry_after} s: {why}")
        self.retry_after = retry_after


class Client:
    """A thread that does what a page in a browser does.

    Commands go one at a time, in order, each under one id until it is answered. A message without an answer, or a long
    silence that not even a question breaks, means that the line is dead: it connects anew, joins with the last number it
    has seen, and sends again what was not answered.
    """

    def __init__(
        self,
        seat: Seat,
        port: int,
        ledger: Ledger,
        *,
        view: str = "room",
        patience: float = 5.0,
        silence: float = 20.0,
        honest_line: bool = True,
        item: str = "round",
    ) -> None:
        """``patience``: seconds for an answer, twice as many each time they were too few. ``silence``: seconds after which
        it asks whether the server is there.
        ``honest_line``: nothing between here and the server reorders or repeats messages."""
        self.seat, self.view, self.honest_line = seat, view, honest_line
        self.page = Page()
        self.joins = 0
        self.farewells: list[dict[str, Any]] = []
        """What it was told when the server let it go."""
        self.failure = ""
        self._last_trouble = ""
        self._port, self._ledger, self._item = port, ledger, item
        self._window = next(_windows)
        self._first_patience, self._silence = patience, silence
        self._unanswered = 0
        self._outbox: deque[Attempt] = deque()
        self._pace: float | None = None
        self._deciding = threading.Lock()
        """Whether to write one more: not while the test's thread says that there are none to come."""
        self._next_writing = 0.0
        self._not_before = 0.0
        self._joined = threading.Event()
        self._closing = threading.Event()
        self._asked: dict[int, Asked] = {}
        self._heard_at = 0.0
        self._gap_since: float | None = None
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        state = "joined" if self._joined.is_set() else "away"
        trouble = self.failure or self._last_trouble
        return f"<{self.seat.key} {self.view} {state} at {self.page.seq}, {len(self._outbox)} waiting; {trouble}>"

    # From the test's thread.

    def write(self, more: str = "", anonymity: str = "named") -> Attempt:
        """Writes a contribution, with so much more text: it goes as soon as it can."""
        attempt = self._contribution(more, anonymity)
        self._outbox.append(attempt)
        self._wake.send(b"!")
        return attempt

    def keep_writing(self, pace: float) -> None:
        """Writes one contribution after the other, so many seconds apart or as fast as they are answered."""
        self._pace = pace
        self._wake.send(b"!")

    def stop_writing(self) -> None:
        """Writes no more; what has been written is still sent."""
        with self._deciding:
            self._pace = None

    @property
    def joined(self) -> bool:
        """Whether it is connected and has what it needs."""
        self.assert_alive()
        return self._joined.is_set()

    @property
    def idle(self) -> bool:
        """Whether it is joined and everything it wrote has been answered."""
        return self.joined and self._pace is None and not self._outbox

    def at(self, seq: int) -> bool:
        """Whether the page is up to this number."""
        self.assert_alive()
        return self.page.seq is not None and self.page.seq >= seq

    def close(self) -> None:
        """Goes, for good: what has not been answered is never sent again."""
        self._closing.set()
        self._wake.send(b"!")
        self._thread.join(timeout=15)
        self.assert_alive()

    def assert_alive(self) -> None:
        """Holds that nothing has happened to it that must not."""
        assert not self.failure, f"{self.seat.key}: {self.failure}"

    # From its own thread.

    def _contribution(self, more: str = "", anonymity: str = "named") -> Attempt:
        args = {
            "item": self._item,
            "kind": "challenge",
            "lang": "en",
            "text": f"Concern {uuid.uuid4().hex}{more}",
            "anonymity": anonymity,
        }
        return self._ledger.tries(self.seat, self._window, "add_contribution", args)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                pause = random.uniform(*CONNECT_AGAIN)
                try:
                    with Line(self.seat, self._port, timeout=self._patience) as line:
                        self._visit(line)
                except SentAway as sent:
                    pause += sent.retry_after
                    self._last_trouble = str(sent)
                except (OSError, WebSocketException) as error:
                    # Whatever happened to the line, there is another one.
                    self._last_trouble = f"{type(error).__name__}: {error}"
                    self._unanswered += isinstance(error, TimeoutError | WebSocketTimeoutException)
                self._joined.clear()
                self.page.cut()
                self._closing.wait(pause)
        except BaseException:
            self.failure = traceback.format_exc()

    @property
    def _patience(self) -> float:
        # On a busy machine the first may be too short for whatever is asked: then it must not be asked for ever.
        return self._first_patience * float(2 ** min(self._unanswered, 3))

    def _visit(self, line: Line) -> None:
        self._asked.clear()
        self._gap_since = None
        self._heard_at = time.monotonic()
        self._ask(line, "join", {"workshop": SLUG, "view": self.view, **self.page.made})
        while not self._closing.is_set():
            self._send_next(line)
            readable, _, _ = select.select([line.fileno(), self._woken.fileno()], [], [], self._time_left())
            if self._woken.fileno() in readable:
                self._woken.recv(4096)
            if line.fileno() in readable:
                self._hear(line)
            self._look_after(line)

    def _send_next(self, line: Line) -> None:
        now = time.monotonic()
        if not self._joined.is_set() or now < self._not_before or self._busy("command"):
            return
        with self._deciding:
            if not self._outbox and self._pace is not None and now >= self._next_writing:
                self._outbox.append(self._contribution())
                self._next_writing = now + self._pace * random.uniform(0.5, 1.5)
        if self._outbox:
            first = self._outbox[0]
            self._ask(line, "command", {"id": first.id, "name": first.name, "args": first.args}, first)

    def _ask(self, line: Line, event: str, message: dict[str, Any], attempt: Attempt | None = None) -> None:
        if event != "command":
            self.page.awaits()
        self._asked[line.send(event, message)] = Asked(event, time.monotonic(), attempt)

    def _busy(self, *events: str) -> bool:
        return any(asked.event in events for asked in self._asked.values())

    def _hear(self, line: Line) -> None:
        heard = line.receive()
        self._heard_at = time.monotonic()
        if heard is None:
            return
        match heard:
            case "patch", patch:
                self.page.receive(patch)
            case "leave", farewell:
                self.farewells.append(farewell)
                raise SentAway(farewell.get("retry_after", 0), farewell["reason"])
            case int() as number, answer:
                asked = self._asked.pop(number)
                if asked.attempt is not None:
                    self._command_answered(asked.attempt, answer)
                else:
                    self._regions_answered(asked.event, answer)
        if not self.page.gap:
            self._gap_since = None
        elif self._gap_since is None:
            self._gap_since = self._heard_at

    def _command_answered(self, attempt: Attempt, answer: dict[str, Any]) -> None:
        later = self._ledger.hears(attempt, answer)
        if later is None:
            assert answer["ok"], f"refused for good: {answer}"
            self._outbox.popleft()
            self._unanswered = 0
        else:
            self._not_before = time.monotonic() + later

    def _regions_answered(self, event: str, answer: dict[str, Any]) -> None:
        if not answer["ok"]:
            assert answer["error"].get("retry_after"), f"{event}: {answer}"
            raise SentAway(answer["error"]["retry_after"], answer["error"]["code"])
        self.page.answered(answer, joining=event == "join")
        if event == "join":
            self.joins += 1
            if not self._outbox:
                self._unanswered = 0
            self._joined.set()

    def _look_after(self, line: Line) -> None:
        now = time.monotonic()
        if any(now - asked.at > self._patience for asked in self._asked.values()):
            raise TimeoutError("no answer")
        gap = self._gap_since is not None and now - self._gap_since > GAP_PATIENCE
        silent = now - self._heard_at > self._silence
        if (gap or silent) and not self._busy("join", "catch_up"):
            self._gap_since = None
            self._ask(line, "catch_up", self.page.made)

    def _time_left(self) -> float:
        """Until something has to be done without being told to."""
        ends = [self._heard_at + self._silence, *(asked.at + self._patience for asked in self._asked.values())]
        if self._gap_since is not None:
            ends.append(self._gap_since + GAP_PATIENCE)
        if self._joined.is_set() and not self._busy("command"):
            if self._outbox:
                ends.append(self._not_before)
            elif self._pace is not None:
                ends.append(max(self._not_before, self._next_writing))
        return max(0.0, min(ends) - time.monotonic()) + 0.001

"""What clients tried and what was acknowledged; and, looked at from outside, whether the server kept its promise."""

import re
import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.lines import Line, Seat
from tests.faults.servers import Server
from tests.faults.waiting import wait_until
from tests.servers import SLUG

if TYPE_CHECKING:
    from tests.faults.clients import Client

ASKED_AGAIN = 10
"""Acknowledged commands that are sent once more at the end, to be answered as the first time."""

_REGION = re.compile(r'<\w+ id="([^"]+)" data-in="')
_LEFT_OPEN = re.compile(r'(name="(?:csrf_token|id)" value=")[^"]*"')


@dataclass
class Attempt:
    """One command that somebody tried, under one id, however often it was sent."""

    who: Seat
    window: int
    name: str
    args: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: dict[str, Any] | None = None
    """The last word on it: accepted, or refused for good."""

    @property
    def acknowledged(self) -> bool:
        """Whether the server has said that it is committed."""
        return self.answer is not None and bool(self.answer["ok"])


@dataclass
class Ledger:
    """Everything that was tried, in the order it was tried in."""

    attempts: list[Attempt] = field(default_factory=list)
    delays: Counter[str] = field(default_factory=Counter)
    """Codes with which the server asked to try again later, and how often."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tries(self, who: Seat, window: int, name: str, args: dict[str, Any]) -> Attempt:
        """Somebody is about to send a command from one of their windows."""
        attempt = Attempt(who, window, name, args)
        with self._lock:
            self.attempts.append(attempt)
        return attempt

    def hears(self, attempt: Attempt, answer: dict[str, Any]) -> float | None:
        """The server has answered. When it asks to try again: after so many seconds."""
        if attempt.answer is not None:
            assert answer == attempt.answer, f"{attempt} was answered once more, otherwise: {answer}"
        elif not answer["ok"] and answer["error"]["code"] in ("unavailable", "too_fast"):
            with self._lock:
                self.delays[answer["error"]["code"]] += 1
            assert answer["error"].get("retry_after", 0) > 0, f"does not say when to try again: {answer}"
            return float(answer["error"]["retry_after"])
        else:
            attempt.answer = answer
        return None

    @property
    def acknowledged(self) -> list[Attempt]:
        """What the server has promised to have."""
        return [attempt for attempt in self.attempts if attempt.acknowledged]

    @property
    def unanswered(self) -> list[Attempt]:
        """What nobody knows of whether it was stored."""
        return [attempt for attempt in self.attempts if attempt.answer is None]


def assert_nothing_is_lost(server: Server, ledger: Ledger, clients: Sequence["Client"], everybody: Seat) -> None:
    """Holds *acknowledged ⊆ stored ⊆ attempted*, nothing twice, no gap, and page == fresh page == minutes.

    Every client must be given: those that write no more, and those that only look on. ``everybody``: a facilitator, who
    sees everything.
    """
    _wait_for_the_last_answers(clients)
    _assert_each_page_is_a_fresh_page(server, clients)
    _assert_numbers_without_gaps(server)
    stored = everybody.get(server.port, "state.json").json()["contributions"]
    _assert_stored_is_what_was_attempted(ledger, stored)
    _assert_in_the_minutes(server, everybody, [each["text"] for each in stored])
    _assert_answered_as_the_first_time(server, ledger)


def _wait_for_the_last_answers(clients: Iterable["Client"]) -> None:
    for client in clients:
        wait_until(lambda: client.idle, 20, lambda: f"the answers to {client}")  # noqa: B023 - called at once


def _assert_stored_is_what_was_attempted(ledger: Ledger, stored: list[dict[str, Any]]) -> None:
    written = [attempt for attempt in ledger.attempts if attempt.name == "add_contribution"]
    attempted = {attempt.args["text"]: attempt for attempt in written}
    twice = [text for text, times in Counter(each["text"] for each in stored).items() if times > 1]
    assert not twice, f"stored more than once: {twice}"
    strangers = [each["text"] for each in stored if each["text"] not in attempted]
    assert not strangers, f"stored, but nobody attempted it: {strangers}"
    by_text = {each["text"]: each for each in stored}
    promised = {attempt.args["text"] for attempt in written if attempt.acknowledged}
    for attempt in written:
        if attempt.acknowledged:
            assert attempt.args["text"] in by_text, f"acknowledged, but not stored: {attempt}"
            found, answer = by_text[attempt.args["text"]], attempt.answer or {}
            assert found["id"] == answer["result"]["id"] and found["seq"] == answer["seq"], (found, attempt)
        elif attempt.answer is not None and attempt.args["text"] not in promised:
            assert attempt.args["text"] not in by_text, f"refused, but stored: {attempt}"
    assert [each["seq"] for each in stored] == sorted({each["seq"] for each in stored}), "out of order"


def assert_each_in_their_own_order(ledger: Ledger) -> None:
    """What was written in one window has been numbered in the order it was written."""
    numbers: dict[int, list[int]] = {}
    for attempt in ledger.acknowledged:
        numbers.setdefault(attempt.window, []).append((attempt.answer or {})["seq"])
    for window, own in numbers.items():
        assert own == sorted(set(own)), f"window {window}: {own}"


def _assert_numbers_without_gaps(server: Server) -> None:
    server.assert_sound()
    numbers = [seq for (seq,) in server.rows("SELECT seq FROM entries ORDER BY seq")]
    assert numbers == list(range(1, _last_number(server) + 1)), _gaps(numbers)
    orphans = server.rows(
        "SELECT seq FROM contributions WHERE seq NOT IN (SELECT seq FROM entries WHERE name = 'contribution_added')"
    )
    assert orphans == [], f"contributions that the journal does not know: {orphans}"


def _gaps(numbers: list[int]) -> str:
    return f"missing: {sorted(set(range(1, numbers[-1] + 1)) - set(numbers))}" if numbers else "no entries"


def _assert_each_page_is_a_fresh_page(server: Server, clients: Sequence["Client"]) -> None:
    for seat, view in {(client.seat, client.view) for client in clients}:
        alike = [client for client in clients if (client.seat, client.view) == (seat, view)]
        with Line(seat, server.port) as line:
            fresh = line.join(view)
            assert fresh["ok"], fresh
        for client in alike:
            wait_until(
                lambda: client.at(fresh["seq"]),  # noqa: B023 - called at once
                15,
                lambda: f"{client} has caught up with {fresh['seq']}",  # noqa: B023
            )
            differing = {
                dom_id
                for dom_id in client.page.regions.keys() | fresh["regions"].keys()
                if client.page.regions.get(dom_id) != fresh["regions"].get(dom_id)
            }
            assert not differing, f"{client} has an old page: {sorted(differing)}"
            assert not client.honest_line or not client.page.surprises, f"{client}: {client.page.surprises}"
        html = _LEFT_OPEN.sub(r'\1"', seat.get(server.port, "" if view == "room" else view).text)
        assert sorted(_REGION.findall(html)) == sorted(fresh["regions"]), f"{seat.key}: the page has other regions"
        missing = [dom_id for dom_id, region in fresh["regions"].items() if region not in html]
        assert not missing, f"{seat.key}: the page says something else in {missing}"


def _assert_in_the_minutes(server: Server, everybody: Seat, texts: list[str]) -> None:
    minutes = everybody.get(server.port, "export/minutes.md?lang=en", timeout=30).text
    times = Counter(re.findall(r"Concern [0-9a-f]{32}", minutes))
    expected = Counter(re.findall(r"Concern [0-9a-f]{32}", "\n".join(texts)))
    assert times == expected, f"the minutes have {times - expected} too much and {expected - times} too little"


def _assert_answered_as_the_first_time(server: Server, ledger: Ledger) -> None:
    before = _commands_carried_out(server)
    for attempt in ledger.acknowledged[-ASKED_AGAIN:]:
        with Line(attempt.who, server.port) as line:
            assert line.join()["ok"]
            assert line.command(attempt.id, attempt.name, attempt.args) == attempt.answer
    assert _commands_carried_out(server) == before, "a repeated command has changed something"


def _commands_carried_out(server: Server) -> int:
    """The last number, without those of what the server itself notes of who joins, in its own time: that they are there on this
    day."""
    noted = "SELECT count(*) FROM entries WHERE name = 'attendance_noted'"
    return int(server.rows(f"SELECT seq - ({noted}) FROM streams WHERE slug = '{SLUG}'")[0][0])


def _last_number(server: Server) -> int:
    return int(server.rows(f"SELECT seq FROM streams WHERE slug = '{SLUG}'")[0][0])

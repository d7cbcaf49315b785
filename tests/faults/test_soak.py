"""Every fault, one after the other and at random, for as long as ``SOAK_MINUTES`` says (``make soak``)."""

import itertools
import os
import random
import threading
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Meeting, OpenMeeting
from tests.faults.proxy import Rule, Shuffled, is_command_answer, pass_on

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
FAULTS_A_ROUND = 5
"""After so many it is looked at whether anything was lost."""


@pytest.fixture(scope="module")
def served(mode: str) -> str:
    """One process: among what strikes is that its file is locked."""
    return mode


class Weather:
    """What can happen to a meeting. Each fault is over when its method returns."""

    def __init__(self, meeting: Meeting, chance: random.Random) -> None:
        self._meeting, self._chance = meeting, chance
        self.proxy = meeting.proxy()
        self._faults = (
            self._kill,
            self._upgrade,
            self._cut,
            self._freeze,
            self._lose_answers,
            self._shuffle,
            self._lock,
            self._shift_the_clock,
            self._close_a_page,
        )

    def strike(self) -> str:
        """Something happens; what."""
        fault = self._chance.choice(self._faults)
        fault()
        return fault.__name__.strip("_")

    def _kill(self) -> None:
        self._meeting.server.kill()
        self._meeting.server.start()

    def _upgrade(self) -> None:
        self._meeting.server.terminate()
        self._meeting.server.start()

    def _cut(self) -> None:
        self.proxy.cut()

    def _freeze(self) -> None:
        self.proxy.freeze()

    def _lose_answers(self) -> None:
        self._lines_with(lambda: lambda text: [] if is_command_answer(text) and self._chance.random() < 0.5 else [text])

    def _shuffle(self) -> None:
        self._lines_with(lambda: Shuffled(self._chance))

    def _lines_with(self, rule: Callable[[], Rule]) -> None:
        """For a while all lines through the proxy are of this kind."""
        self.proxy.rule = rule
        self.proxy.cut()
        self._meeting.wait_for_acknowledgements(30, within=60)
        self.proxy.rule = lambda: pass_on
        self.proxy.cut()

    def _lock(self) -> None:
        with self._meeting.server.locked_database():
            threading.Event().wait(self._chance.uniform(0.1, 6))

    def _shift_the_clock(self) -> None:
        self._meeting.server.set_clock(self._chance.uniform(-3600, 3600))

    def _close_a_page(self) -> None:
        """Somebody goes, and somebody else comes."""
        gone = self._chance.choice(self._meeting.clients)
        self._meeting.leave(gone)
        self.enter_somebody()

    def enter_somebody(self) -> None:
        """A participant opens a page, half of them behind the proxy."""
        behind = self.proxy if self._chance.random() < 0.5 else None
        seat = self._chance.choice(self._meeting.participants)
        self._meeting.enter(seat, behind, patience=8, silence=2, honest_line=behind is None)


@pytest.mark.soak
@pytest.mark.timeout(int(60 * MINUTES) + 300)
def test_nothing_is_lost_in_any_weather(open_meeting: OpenMeeting, chance: random.Random) -> None:
    end = time.monotonic() + 60 * MINUTES
    for number in itertools.count(1):
        meeting = open_meeting()
        struck = one_round(meeting, chance)
        print(f"round {number}: {', '.join(struck)}, {len(meeting.ledger.acknowledged)} acknowledged")  # noqa: T201
        meeting.assert_nothing_is_lost()
        meeting.end()
        if time.monotonic() > end:
            return


def one_round(meeting: Meeting, chance: random.Random) -> list[str]:
    """Some faults strike a meeting in which everybody writes; which."""
    weather = Weather(meeting, chance)
    for _ in range(8):
        weather.enter_somebody()
    struck = []
    for _ in range(FAULTS_A_ROUND):
        for client in meeting.clients:
            client.keep_writing(0.3)
        meeting.wait_for_everybody()
        meeting.wait_for_acknowledgements(20, within=60)
        struck.append(weather.strike())
    return struck

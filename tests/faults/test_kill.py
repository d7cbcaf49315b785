"""The server dies, or is told to stop, while people write."""

import random
import threading
import time

from tests.faults.conftest import Meeting
from tests.faults.waiting import wait_until

WRITERS = 6
KILLS = 2
DRAINED_WITHIN = 5
"""Seconds from the word to stop until the process is gone. Nothing takes long here, so it need not wait for anything."""


def everybody_writes(meeting: Meeting) -> None:
    """Six write all the time, two look on, each from another view."""
    for seat in meeting.participants[:WRITERS]:
        meeting.enter(seat).keep_writing(0.1)
    meeting.enter("observer")
    meeting.enter("facilitator", view="console")


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_at_any_moment(
    meeting: Meeting, chance: random.Random
) -> None:
    everybody_writes(meeting)
    for _ in range(KILLS):
        meeting.wait_for_acknowledgements(chance.randrange(5, 40))
        # Anywhere between two acknowledgements.
        threading.Event().wait(chance.uniform(0, 0.03))
        meeting.server.kill()
        meeting.server.start()
    meeting.wait_for_acknowledgements(5)
    meeting.assert_nothing_is_lost()


def test_what_was_never_answered_is_stored_once_or_not_at_all(meeting: Meeting) -> None:
    everybody_writes(meeting)
    meeting.wait_for_acknowledgements(20)
    meeting.server.kill()
    for client in meeting.clients[:WRITERS]:
        # Their browsers never come back: nobody sends it again, and nobody knows.
        meeting.leave(client)
    meeting.server.start()
    meeting.enter(meeting.participants[0]).write()
    meeting.assert_nothing_is_lost()


def test_an_upgrade_in_the_middle_of_a_meeting_loses_nothing(meeting: Meeting) -> None:
    everybody_writes(meeting)
    for upgrades in (1, 2):
        meeting.wait_for_everybody()
        meeting.wait_for_acknowledgements(20)
        began = time.monotonic()
        meeting.server.terminate()
        assert time.monotonic() - began < DRAINED_WITHIN
        meeting.server.start()
        for client in meeting.clients:
            wait_until(lambda: client.joins > upgrades, 30, lambda: f"{client} to be back")  # noqa: B023 - called at once
            assert len(client.farewells) == upgrades and client.farewells[-1]["reason"] == "draining", client.farewells
    meeting.wait_for_acknowledgements(5)
    meeting.assert_nothing_is_lost()

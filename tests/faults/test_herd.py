"""Everybody comes back at once."""

import time

from tests.faults.conftest import Meeting
from tests.faults.waiting import wait_until

HERD = 200
BACK_WITHIN = 20.0


def test_two_hundred_come_back_at_once_after_a_restart(meeting: Meeting) -> None:
    seats = meeting.participants
    writers = [meeting.enter(seat, patience=30) for seat in seats[:5]]
    herd = [meeting.enter(seats[number % len(seats)], patience=30) for number in range(HERD - len(writers))]
    for writer in writers:
        writer.write()
    meeting.wait_for_everybody()
    meeting.server.kill()
    written = [writer.write() for writer in writers]
    meeting.server.start()
    began = time.monotonic()
    wait_until(lambda: all(client.joins >= 2 for client in herd), BACK_WITHIN, "everybody to be back")
    wait_until(lambda: all(each.acknowledged for each in written), BACK_WITHIN, lambda: f"answers: {writers}")
    last = max((each.answer or {})["seq"] for each in written)
    wait_until(lambda: all(client.at(last) for client in herd), BACK_WITHIN, "everybody to be up to date")
    assert time.monotonic() - began < BACK_WITHIN
    meeting.assert_nothing_is_lost()

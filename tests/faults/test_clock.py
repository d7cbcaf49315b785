"""The server's clock is an hour off, all of a sudden and in the middle of everything."""

import uuid
from typing import Any

import requests

from tests.conftest import csrf_token
from tests.faults.conftest import Meeting, OpenMeeting
from tests.faults.lines import Line
from tests.faults.waiting import wait_until
from tests.servers import SLUG

HOUR = 3600.0
JUMPS = (HOUR, -HOUR, 0.0)
"""Forward, two hours back, and right again."""


def test_what_is_written_while_the_clock_jumps_stays_in_order(meeting: Meeting) -> None:
    for seat in meeting.participants[:4]:
        meeting.enter(seat).keep_writing(0.1)
    meeting.enter("facilitator", view="console")
    meeting.enter("observer")
    for offset in JUMPS:
        meeting.wait_for_acknowledgements(20)
        meeting.server.set_clock(offset)
    meeting.wait_for_acknowledgements(20)
    meeting.assert_nothing_is_lost()


def test_the_allowance_of_a_person_is_neither_refilled_nor_withheld(open_meeting: OpenMeeting) -> None:
    meeting = open_meeting(settings={"COMMANDS_BURST": "20"})
    with Line(meeting.seats["al-1"], meeting.server.port) as line:
        assert line.join()["ok"]
        while give_something_invalid(line)["code"] != "too_fast":
            pass
        for offset in JUMPS:
            meeting.server.set_clock(offset)
            refusals = [give_something_invalid(line) for _ in range(10)]
            codes = [refusal["code"] for refusal in refusals]
            assert set(codes) <= {"too_fast", "not_found"} and codes.count("too_fast") > 5, codes
            assert all(refusal.get("retry_after", 0) <= 1 for refusal in refusals), refusals


def give_something_invalid(line: Line) -> dict[str, Any]:
    """A command that counts and changes nothing; the error."""
    error: dict[str, Any] = line.command(str(uuid.uuid4()), "endorse", {"contribution": "nothing"})["error"]
    return error


def test_people_stay_signed_in_and_others_can_sign_in(meeting: Meeting) -> None:
    links = {row["key"]: row["url"] for row in meeting.server.flask("workshop", "links", SLUG)}
    staying = meeting.enter("al-1")
    for offset in JUMPS:
        meeting.server.set_clock(offset)
        meeting.seats["mk-1"].get(meeting.server.port)
        with requests.Session() as browser:
            sign_in = {"csrf_token": csrf_token(browser.get(links["ba-1"], timeout=10).text)}
            room = browser.post(links["ba-1"], data=sign_in, timeout=10)
            assert room.ok and room.url.endswith(f"/w/{SLUG}/"), room.url
            command = {"id": str(uuid.uuid4()), "name": "slow_down", "args": {}}
            answer = browser.post(
                f"{room.url}commands", json=command, headers={"X-CSRFToken": csrf_token(room.text)}, timeout=10
            )
            assert answer.json()["ok"], answer.text
        staying.write()
        wait_until(lambda: staying.idle, 30, f"an acknowledgement: {staying}")
    meeting.assert_nothing_is_lost()

"""The floor: hands in order, one speaker at a time, seconds measured."""

import re
import uuid

import pytest

from facilitation.activities import floor
from facilitation.extensions import db, snapshot
from facilitation.meeting.acts import load_workshop
from tests.conftest import Meeting, Person


@pytest.fixture
def round_table(meeting: Meeting, ana: Person) -> Meeting:
    """The tour de table is on."""
    ana.do("start_item", item="round")
    return meeting


def raise_hand(person: Person, purpose: str = "comment", item: str = "round") -> str:
    return str(person.do("request_floor", item=item, purpose=purpose)["id"])


def states(meeting: Meeting) -> dict[str, str]:
    with meeting.app.app_context():
        snapshot()
        workshop = load_workshop(meeting.stream_id)
        return {request.person.key: request.state for request in floor.requests_of(workshop)}


def test_everybody_sees_the_hands_in_the_order_they_were_raised(round_table: Meeting, ana: Person, ben: Person) -> None:
    raise_hand(round_table.as_("rs-1"), "order")
    raise_hand(ben, "question")
    for page in (ana.get("console").text, ana.get("screen").text, ben.get("").text):
        queue = page.partition('class="floor-queue"')[2].partition("</ol>")[0]
        assert 0 <= queue.index("purpose-order") < queue.index("purpose-question")


def test_who_has_the_floor_is_on_every_page_with_a_timer(round_table: Meeting, ana: Person, ben: Person) -> None:
    request = raise_hand(ben)
    ana.do("give_floor", request=request)
    for page in (ana.get("console").text, ana.get("screen").text, round_table.as_("mk-2").get("").text):
        assert "data-timer" in page
        assert 'class="floor-queue"' not in page
    assert "You have the floor" not in round_table.as_("al-2").get("").text
    ana.do("end_floor", request=request)
    assert states(round_table) == {"al-1": "done"}


def test_giving_the_floor_ends_whoever_has_it(round_table: Meeting, ana: Person, ben: Person) -> None:
    first, second = raise_hand(ben), raise_hand(round_table.as_("ba-1"))
    ana.do("give_floor", request=first)
    ana.do("give_floor", request=second)
    assert states(round_table) == {"al-1": "done", "ba-1": "speaking"}
    assert ana.refused("end_floor", request=first)["code"] == "conflict"
    assert ana.refused("give_floor", request=first)["code"] == "conflict"


def test_one_hand_each(round_table: Meeting, ana: Person, ben: Person) -> None:
    request = raise_hand(ben)
    assert ben.refused("request_floor", item="round", purpose="order")["code"] == "conflict"
    ana.do("give_floor", request=request)
    assert ben.refused("request_floor", item="round", purpose="order")["code"] == "conflict"
    ana.do("end_floor", request=request)
    raise_hand(ben, "order")


def test_i_lower_my_own_hand_and_nobody_elses(round_table: Meeting, ana: Person, ben: Person) -> None:
    request = raise_hand(ben)
    assert 'class="my-hand' in ben.get("").text
    assert 'class="my-hand' not in round_table.as_("al-2").get("").text
    assert round_table.as_("al-2").refused("withdraw_floor", request=request)["code"] == "forbidden"
    ben.do("withdraw_floor", request=request)
    assert 'class="my-hand' not in ben.get("").text
    assert ben.refused("withdraw_floor", request=request)["code"] == "conflict"
    assert ana.refused("give_floor", request=request)["code"] == "conflict"
    assert states(round_table) == {"al-1": "withdrawn"}


def test_who_speaks_does_not_lower_the_hand_any_more(round_table: Meeting, ana: Person, ben: Person) -> None:
    request = raise_hand(ben)
    ana.do("give_floor", request=request)
    assert ben.refused("withdraw_floor", request=request)["code"] == "conflict"


@pytest.mark.parametrize("ending", ["finish", "start the next"])
def test_when_an_item_ends_its_speaker_has_spoken_and_the_hands_go_down(
    round_table: Meeting, ana: Person, ben: Person, ending: str
) -> None:
    request = raise_hand(ben)
    raise_hand(round_table.as_("mk-2"))
    ana.do("give_floor", request=request)
    if ending == "finish":
        ana.do("finish_item", item="round")
    else:
        ana.do("start_item", item="presentation-al")
    assert states(round_table) == {"al-1": "done", "mk-2": "withdrawn"}


def test_hands_go_up_only_in_the_item_that_is_on_and_never_in_a_break(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    assert ben.refused("request_floor", item="round", purpose="comment")["code"] == "not_now"
    ana.do("start_item", item="break-2")
    assert ben.refused("request_floor", item="break-2", purpose="comment")["code"] == "not_now"
    assert ben.refused("request_floor", item="nowhere", purpose="comment")["code"] == "not_found"
    ana.do("start_item", item="round")
    assert ben.refused("request_floor", item="round", purpose="speech")["field"] == "purpose"
    assert "request_floor" in ben.get("").text
    assert "request_floor" not in meeting.as_("observer").get("").text


def test_not_before_the_meeting_is_open(prepared: Meeting) -> None:
    assert prepared.as_("al-1").refused("request_floor", item="round", purpose="comment")["code"] == "not_now"


def test_each_role_does_its_own(round_table: Meeting, ana: Person, ben: Person) -> None:
    request = raise_hand(ben)
    assert ben.refused("give_floor", request=request)["code"] == "forbidden"
    assert round_table.as_("ba-1").refused("end_floor", request=request)["code"] == "forbidden"
    for key in ("observer", "interpreter-mk", "facilitator"):
        asked = round_table.as_(key).refused("request_floor", item="round", purpose="comment")
        assert asked["code"] == "forbidden"
    assert ana.refused("give_floor", request="0123456789ab")["code"] == "not_found"


def test_a_hand_raised_twice_by_one_command_is_one_hand(round_table: Meeting, ben: Person) -> None:
    once = str(uuid.uuid4())
    first = ben.send("request_floor", once, item="round", purpose="comment")
    assert ben.send("request_floor", once, item="round", purpose="comment") == first
    assert len(states(round_table)) == 1


def test_seconds_are_measured_by_delegation_and_the_silent_are_named(
    round_table: Meeting, ana: Person, ben: Person
) -> None:
    request = raise_hand(ben)
    ana.do("give_floor", request=request)
    ana.do("end_floor", request=request)
    with round_table.app.app_context():
        row = db.session.get(floor.FloorRequest, request)
        assert row and row.given_at and row.ended_at
        row.given_at -= 125_000
        given, ended = row.given_at, row.ended_at
        db.session.commit()
        workshop = load_workshop(round_table.stream_id)
        codes = {delegation.id: delegation.code for delegation in workshop.delegations}
        spoken = {codes[key]: seconds for key, seconds in floor.seconds_by_delegation(workshop).items()}
        assert spoken == {"AL": round((ended - given) / 1000), "BA": 0, "XK": 0, "ME": 0, "MK": 0, "RS": 0}
        assert floor.seconds_by_delegation(workshop, workshop.item("recap")) == dict.fromkeys(codes, 0)
        assert floor.floor_state(workshop, ended) == [
            {"id": request, "person": "al-1", "delegation": "AL", "state": "done", "seconds": spoken["AL"]}
        ]
    raise_hand(round_table.as_("ba-1"))
    console = ana.get("console").text
    minutes, seconds = divmod(spoken["AL"], 60)
    assert f"{minutes}:{seconds:02}" in console
    assert console.partition('class="equity"')[2].count("has not spoken yet") == 5


def test_whoever_has_the_floor_says_that_they_have_finished(round_table: Meeting, ana: Person, ben: Person) -> None:
    request = raise_hand(ben)
    assert ben.refused("end_floor", request=request)["code"] == "conflict"
    ana.do("give_floor", request=request)
    assert "I have finished" in ben.get("").text
    ben.do("end_floor", request=request)
    assert states(round_table) == {"al-1": "done"}


def test_whoever_speaks_is_counted_up_to_now(round_table: Meeting, ana: Person, ben: Person) -> None:
    waiting, speaking = raise_hand(round_table.as_("ba-1")), raise_hand(ben)
    ana.do("give_floor", request=speaking)
    with round_table.app.app_context():
        rows = {row.id: row for row in floor.requests_of(load_workshop(round_table.stream_id))}
        given = rows[speaking].given_at
        assert given
        assert floor.seconds(rows[speaking], given + 9_400) == 9
        assert floor.seconds(rows[speaking], given - 5_000) == 0
        assert floor.seconds(rows[waiting], given) == 0


def queue_of(console: str) -> list[str]:
    """The requests that wait, in the order of the console."""
    queue = console.partition('class="floor-queue"')[2].partition("</ol>")[0]
    return re.findall(r'name="request" value="([^"]+)"', queue)


def test_first_time_speakers_or_least_heard_delegations_come_first_if_chosen(round_table: Meeting, ana: Person) -> None:
    heard = round_table.as_("al-1")
    request = raise_hand(heard)
    ana.do("give_floor", request=request)
    ana.do("end_floor", request=request)
    with round_table.app.app_context():
        row = db.session.get_one(floor.FloorRequest, request)
        row.ended_at = (row.given_at or 0) + 90_000
        db.session.commit()
    again, colleague, other = (raise_hand(round_table.as_(key)) for key in ("al-1", "al-2", "ba-1"))
    assert queue_of(ana.get("console").text) == [again, colleague, other]
    ana.do("order_floor", order="first_time")
    assert queue_of(ana.get("console").text) == [colleague, other, again]
    ana.do("order_floor", order="least_heard")
    assert queue_of(ana.get("console").text) == [other, again, colleague]
    assert "delegations heard least first" in heard.get("").text
    assert heard.refused("order_floor", order="raised")["code"] == "forbidden"

"""Running the day: one item at a time, planned against actual."""

from datetime import UTC, datetime

import pytest

from facilitation.extensions import db, snapshot
from facilitation.meeting import clock
from facilitation.meeting.acts import load_workshop
from facilitation.meeting.models import AgendaItem
from tests.conftest import Meeting, Person


def states(meeting: Meeting) -> dict[str, str]:
    with meeting.app.app_context():
        snapshot()
        return {item.key: item.state for item in load_workshop(meeting.stream_id).agenda}


def order_of(meeting: Meeting, day: int) -> list[str]:
    with meeting.app.app_context():
        snapshot()
        return [item.key for item in load_workshop(meeting.stream_id).agenda if item.day == day]


def test_starting_the_next_item_finishes_the_current_one(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="welcome")
    ana.do("start_item", item="briefing")
    assert states(meeting)["welcome"] == "done"
    assert states(meeting)["briefing"] == "running"


def test_two_facilitators_starting_the_same_item_start_it_once(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="welcome")
    assert meeting.as_("co-facilitator").refused("start_item", item="welcome")["code"] == "conflict"


def test_an_item_that_is_over_is_reopened_and_not_started_again(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="welcome")
    ana.do("finish_item", item="welcome")
    assert ana.refused("start_item", item="welcome")["code"] == "conflict"
    ana.do("reopen_item", item="welcome")
    assert states(meeting)["welcome"] == "running"


def test_an_item_is_skipped_with_its_reason(meeting: Meeting, ana: Person) -> None:
    assert ana.refused("skip_item", item="recap")["field"] == "reason"
    ana.do("skip_item", item="recap", reason="We are late.")
    assert states(meeting)["recap"] == "skipped"
    assert ana.refused("skip_item", item="recap", reason="Again")["code"] == "conflict"


def test_an_item_moves_to_another_day_and_the_times_of_both_follow(meeting: Meeting, ana: Person) -> None:
    ana.do("move_item", item="presentation-mk", day=2, after="recap")
    assert order_of(meeting, 2)[:4] == ["lobby-2", "recap", "presentation-mk", "presentation-rs"]
    assert "presentation-mk" not in order_of(meeting, 1)
    with meeting.app.app_context():
        snapshot()
        starts = {item.key: item.start for item in load_workshop(meeting.stream_id).agenda}
    assert (starts["presentation-mk"], starts["presentation-rs"]) == ("10:10", "10:35")


def test_an_item_cannot_be_moved_before_what_has_begun(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="lobby-1")
    assert ana.refused("move_item", item="closing", day=1, after=None)["code"] == "conflict"
    assert ana.refused("move_item", item="closing", day=3, after=None)["field"] == "day"


def test_an_extended_item_makes_the_day_late_by_that_much(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="welcome")
    ana.do("extend_item", item="welcome", minutes=7)
    with meeting.app.app_context():
        snapshot()
        assert clock.pace(load_workshop(meeting.stream_id))["behind"] == 7
    assert "7 minutes behind plan" in ana.get("").text


def test_on_another_date_than_planned_the_day_counts_from_the_first_item_started(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="welcome")
    with meeting.app.app_context():
        snapshot()
        workshop = load_workshop(meeting.stream_id)
        slots = {slot.item.key: slot for slot in clock.schedule(workshop, 1)}
    started = slots["welcome"].item.started_at
    assert slots["welcome"].planned == started
    assert slots["briefing"].planned == started + 10 * 60_000


def test_on_the_planned_date_it_counts_from_the_plan(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="welcome")
    half_past_ten = int(datetime(2020, 6, 9, 8, 30, tzinfo=UTC).timestamp() * 1000)  # in Paris
    with meeting.app.app_context():
        item = db.session.query(AgendaItem).filter_by(workshop_id=meeting.stream_id, key="welcome").one()
        item.started_at = half_past_ten
        db.session.commit()
        snapshot()
        assert clock.pace(load_workshop(meeting.stream_id))["behind"] == 30


@pytest.mark.parametrize("command", ["start_item", "finish_item", "reopen_item"])
def test_participants_do_not_run_the_day(meeting: Meeting, ben: Person, command: str) -> None:
    assert ben.refused(command, item="welcome")["code"] == "forbidden"


def test_the_organiser_edits_the_agenda_where_it_has_not_happened(prepared: Meeting) -> None:
    organiser = prepared.as_("organiser")
    made = organiser.do("add_item", kind="discussion", title={"en": "Questions"}, day=1, start="13:20", minutes=10)
    organiser.do("edit_item", item=made["key"], title="Q&A", day=1, start="13:25", minutes=15)
    overlap = organiser.refused("edit_item", item=made["key"], title="Q&A", day=1, start="13:05", minutes=15)
    assert overlap["field"] == "start"
    organiser.do("remove_item", item=made["key"])
    assert made["key"] not in states(prepared)


def test_a_meeting_closes_only_when_no_item_is_on_and_opens_again_with_a_reason(meeting: Meeting, ana: Person) -> None:
    organiser = meeting.as_("organiser")
    ana.do("start_item", item="welcome")
    assert organiser.refused("close_workshop")["code"] == "not_now"
    ana.do("finish_item", item="welcome")
    organiser.do("close_workshop")
    assert organiser.refused("reopen_workshop")["field"] == "reason"
    organiser.do("reopen_workshop", reason="One point was forgotten.")


def test_rules_change_one_by_one(meeting: Meeting) -> None:
    organiser = meeting.as_("organiser")
    assert organiser.refused("change_rules")["code"] == "invalid"
    organiser.do("change_rules", moderation="before")
    organiser.do("change_rules", minimum_contributors_to_name_a_delegation=2)
    assert meeting.as_("facilitator").refused("change_rules", moderation="after")["code"] == "forbidden"

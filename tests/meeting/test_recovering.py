"""Recovering time: what an overrun does to the days, and what can be done about it."""

import re

import pytest

from facilitation.extensions import snapshot
from facilitation.meeting import recovering
from facilitation.meeting.acts import load_workshop
from tests.conftest import Meeting, Person


def lengths(meeting: Meeting) -> dict[str, int]:
    with meeting.app.app_context():
        snapshot()
        return {item.key: item.minutes + item.extra_minutes for item in load_workshop(meeting.stream_id).agenda}


def offered(meeting: Meeting) -> dict[str, recovering.Choice]:
    with meeting.app.app_context():
        snapshot()
        return {choice.key: choice for choice in recovering.choices_of(load_workshop(meeting.stream_id))}


@pytest.fixture
def late(meeting: Meeting, ana: Person) -> Meeting:
    """The tour de table takes twelve minutes more than planned, on the second day as well as in words."""
    ana.do("start_item", item="recap")
    ana.do("extend_item", item="recap", minutes=12)
    return meeting


def test_an_overrun_and_its_effect_on_both_days_are_shown_before_it_is_accepted(late: Meeting, ana: Person) -> None:
    console = ana.get("console").text
    assert "12 minutes late" in console
    assert "If this item takes longer, the day ends:" in console
    assert console.count('class="if-longer"') == 3
    assert re.search(r"Day 1: <time[^>]*>13:15</time> · as planned", console)


def test_trimming_takes_from_every_free_item_in_proportion_and_never_from_who_has_yet_to_present(
    late: Meeting, ana: Person
) -> None:
    before = lengths(late)
    assert ana.do("recover_time", choice="trim", late=12) == {"minutes": 12}
    taken = {key: before[key] - minutes for key, minutes in lengths(late).items() if before[key] != minutes}
    assert sum(taken.values()) == 12
    assert "presentation-rs" not in taken and "break-2" not in taken
    # The longest gives the most, and nobody more than half.
    assert taken["cluster"] == max(taken.values())
    assert all(2 * minutes <= before[key] for key, minutes in taken.items())
    assert "as planned" in ana.get("console").text
    assert offered(late) == {}


def test_a_break_gives_what_it_can_and_keeps_five_minutes(late: Meeting, ana: Person) -> None:
    assert ana.do("recover_time", choice="break-break-2") == {"minutes": 10}
    assert lengths(late)["break-2"] == 5
    assert "2 minutes late" in ana.get("console").text


def test_an_item_can_be_moved_to_the_next_day_where_there_is_one(meeting: Meeting, ana: Person) -> None:
    ana.do("start_item", item="welcome")
    ana.do("extend_item", item="welcome", minutes=15)
    choices = offered(meeting)
    assert "move-capture-1" in choices
    assert not [key for key in choices if key.startswith("move-presentation")]
    ana.do("recover_time", choice="move-capture-1")
    with meeting.app.app_context():
        snapshot()
        workshop = load_workshop(meeting.stream_id)
        second = [item.key for item in workshop.agenda if item.day == 2]
    assert second.index("capture-1") == second.index("closing") - 1


def test_recovering_is_one_step_to_undo_and_to_do_again(late: Meeting, ana: Person) -> None:
    before = lengths(late)
    ana.do("recover_time", choice="trim")
    after, seq = lengths(late), late.seq
    ana.do("undo", seq=seq)
    assert lengths(late) == before
    ana.do("redo", seq=seq)
    assert lengths(late) == after


def test_a_choice_that_was_offered_for_other_times_is_stale(late: Meeting, ana: Person) -> None:
    assert ana.refused("recover_time", choice="trim", late=11)["code"] == "stale"
    assert ana.refused("recover_time", choice="break-break-1")["code"] == "not_found"
    assert ana.refused("recover_time", choice="trim", late=0)["code"] == "invalid"


def test_nothing_is_offered_while_the_day_is_on_time(meeting: Meeting, ana: Person) -> None:
    assert offered(meeting) == {}
    ana.do("start_item", item="welcome")
    assert offered(meeting) == {}
    assert "How the days will end" in ana.get("console").text


def test_participants_do_not_recover_time(late: Meeting, ben: Person) -> None:
    assert ben.refused("recover_time", choice="trim")["code"] == "forbidden"
    late.as_("organiser").do("skip_item", item="closing", reason="No time")
    assert "recovering" not in ben.get("").text

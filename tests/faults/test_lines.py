"""Bad lines: they break around an acknowledgement, lose it, shuffle what passes, or die without a word."""

import random
from collections.abc import Callable, Iterable

import pytest

from tests.faults.conftest import Meeting
from tests.faults.proxy import CUT, Once, Rule, Shuffled, is_command_answer
from tests.faults.waiting import wait_until

IMPATIENT = {"patience": 1.0, "silence": 1.0}
"""Clients behind a line that says nothing of its troubles find out soon."""

UNDISTURBED = 3
"""Seconds in which somebody else gets some commands through."""


@pytest.fixture
def meeting(standing_meeting: Meeting) -> Meeting:
    """Bad lines do the server no harm."""
    return standing_meeting


@pytest.mark.parametrize(
    "at_the_answer",
    [lambda text: [CUT], lambda text: [text, CUT]],
    ids=["before_the_acknowledgement_has_passed", "after_the_acknowledgement_has_passed"],
)
def test_a_line_that_is_cut_again_and_again(meeting: Meeting, at_the_answer: Callable[[str], Iterable[str]]) -> None:
    rule = Once(at_the_answer)
    proxy = meeting.proxy(lambda: rule)
    writer = meeting.enter("al-1", proxy)
    other = meeting.enter("mk-1")
    for number in range(8):
        rule.arm()
        writer.write()
        other.write()
        wait_until(lambda: writer.idle and other.idle, 30, f"acknowledgement {number}")
    wait_until(lambda: writer.joins >= 8, 30, "the writer to be back after each cut")
    meeting.assert_nothing_is_lost()


def test_a_line_on_which_acknowledgements_get_lost(meeting: Meeting, chance: random.Random) -> None:
    lost: list[str] = []

    def passes(text: str) -> list[str]:
        """The first acknowledgement is lost for certain, of the others some."""
        if not is_command_answer(text) or (lost and chance.random() >= 0.3):
            return [text]
        lost.append(text)
        return []

    proxy = meeting.proxy(lambda: passes)
    writers = [meeting.enter(seat, proxy, patience=0.5) for seat in meeting.participants[:4]]
    meeting.enter("observer")
    for writer in writers:
        for _ in range(3):
            writer.write()
    wait_until(lambda: all(writer.idle for writer in writers), 30, lambda: f"acknowledgements: {writers}")
    assert any(writer.joins > 1 for writer in writers), "nobody had to ask again"
    meeting.assert_nothing_is_lost()


def test_a_line_on_which_patches_overtake_one_another_come_twice_and_get_lost(
    meeting: Meeting, chance: random.Random
) -> None:
    rules: list[Shuffled] = []

    def shuffles() -> Rule:
        rules.append(Shuffled(chance))
        return rules[-1]

    proxy = meeting.proxy(shuffles)
    for view, key in (("room", "observer"), ("console", "facilitator"), ("room", "al-1")):
        meeting.enter(key, proxy, view=view, honest_line=False, **IMPATIENT)
    honest = meeting.enter("observer")
    for seat in meeting.participants[1:4]:
        meeting.enter(seat).keep_writing(0.1)
    wait_until(lambda: sum(rule.moved for rule in rules) >= 15, 30, "patches to be shuffled")
    meeting.assert_nothing_is_lost()
    assert honest.joins == 1


def test_lines_that_die_without_a_word(meeting: Meeting) -> None:
    proxy = meeting.proxy()
    behind = [meeting.enter(seat, proxy, **IMPATIENT) for seat in meeting.participants[:3]]
    others = [meeting.enter(seat) for seat in meeting.participants[3:5]]
    meeting.wait_for_everybody()
    for client in behind:
        client.keep_writing(0.1)
    meeting.wait_for_acknowledgements(10)
    proxy.freeze()
    elsewhere = [client.write() for client in others for _ in range(5)]
    wait_until(
        lambda: all(attempt.acknowledged for attempt in elsewhere), UNDISTURBED, f"the others to go on: {others}"
    )
    wait_until(lambda: all(client.joins > 1 for client in behind), 30, lambda: f"new lines: {behind}")
    meeting.assert_nothing_is_lost()


def test_a_line_that_carries_commands_but_no_answers(meeting: Meeting) -> None:
    deaf = Once(lambda text: [])
    proxy = meeting.proxy(lambda: deaf)
    writer = meeting.enter("al-1", proxy, **IMPATIENT)
    for _ in range(3):
        deaf.arm()
        writer.write()
        wait_until(lambda: not deaf.armed, 30, "the command to be carried out unheard")
        wait_until(lambda: writer.idle, 30, "the answer on another line")
    assert writer.joins == 4
    meeting.assert_nothing_is_lost()

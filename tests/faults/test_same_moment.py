"""Two people, or two windows of one, do something with the same thing at the same moment."""

import functools
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from tests.faults.conftest import Meeting
from tests.faults.lines import Line

ROUNDS = 10
Answer = dict[str, Any]


class Window:
    """A joined window that gives one command when it is told to."""

    def __init__(self, meeting: Meeting, line: Line, key: str, number: int) -> None:
        self._meeting, self._line, self._key, self._number = meeting, line, key, number

    def do(self, name: str, command_id: str | None = None, /, **args: Any) -> Answer:
        """Gives a command; the answer, noted in the ledger."""
        attempt = self._meeting.ledger.tries(self._meeting.seats[self._key], self._number, name, args)
        attempt.id = command_id or attempt.id
        answer: Answer = self._line.command(attempt.id, name, args)
        assert self._meeting.ledger.hears(attempt, answer) is None, answer
        return answer

    def make(self, name: str, /, **args: Any) -> str:
        """Gives a command that must be accepted; the id of what it made."""
        answer = self.do(name, **args)
        assert answer["ok"], answer
        return str(answer["result"]["id"])

    def contribute(self, command_id: str | None = None, text: str = "") -> Answer:
        """Writes a contribution."""
        words = {"kind": "challenge", "lang": "en", "anonymity": "named", "text": text or f"Concern {uuid.uuid4().hex}"}
        return self.do("add_contribution", command_id, item="round", **words)

    def add_theme(self, title: str) -> str:
        """Opens a theme; its id."""
        return self.make("add_theme", kind="challenge", title={"en": title})


@pytest.fixture
def meeting(standing_meeting: Meeting) -> Meeting:
    """What people do here does the server no harm."""
    return standing_meeting


@pytest.fixture
def window(meeting: Meeting) -> Iterator[Callable[[str], Window]]:
    """Opens windows of the meeting. Two more people look on."""
    meeting.enter("observer")
    meeting.enter("organiser", view="console")
    with ExitStack() as lines:
        opened = 0

        def open_one(key: str) -> Window:
            nonlocal opened
            opened -= 1
            line = lines.enter_context(Line(meeting.seats[key], meeting.server.port))
            assert line.join()["ok"]
            return Window(meeting, line, key, opened)

        yield open_one


def at_once(*commands: Callable[[], Answer]) -> list[Answer]:
    """Gives all of them in the same moment; their answers."""
    ready = threading.Barrier(len(commands))

    def give(command: Callable[[], Answer]) -> Answer:
        ready.wait(timeout=5)
        return command()

    with ThreadPoolExecutor(len(commands)) as threads:
        return list(threads.map(give, commands))


def state(meeting: Meeting) -> dict[str, Any]:
    """The state as a facilitator sees it."""
    found: dict[str, Any] = meeting.seats["facilitator"].get(meeting.server.port, "state.json").json()
    return found


def theme_of(meeting: Meeting, contribution: str) -> str | None:
    """The theme that a contribution is in."""
    (theme,) = (each["theme"] for each in state(meeting)["contributions"] if each["id"] == contribution)
    return None if theme is None else str(theme)


def test_two_facilitators_group_the_same_contribution(meeting: Meeting, window: Callable[[str], Window]) -> None:
    ana, ben = window("facilitator"), window("co-facilitator")
    themes = [ana.add_theme("Staff"), ben.add_theme("Families")]
    card = window("al-1").contribute()["result"]["id"]
    for _ in range(ROUNDS):
        answers = at_once(
            lambda: ana.do("group_contribution", contribution=card, theme=themes[0]),
            lambda: ben.do("group_contribution", contribution=card, theme=themes[1]),
        )
        assert all(answer["ok"] for answer in answers), answers
        last = max((0, 1), key=lambda who: answers[who]["seq"])
        assert theme_of(meeting, card) == themes[last]
    meeting.assert_nothing_is_lost()


def test_two_facilitators_move_the_same_item(meeting: Meeting, window: Callable[[str], Window]) -> None:
    ana, ben = window("facilitator"), window("co-facilitator")
    places = ["standards", "framework"]
    for _ in range(ROUNDS):
        answers = at_once(
            lambda: ana.do("move_item", item="recap", day=2, after=places[0]),
            lambda: ben.do("move_item", item="recap", day=2, after=places[1]),
        )
        assert all(answer["ok"] for answer in answers), answers
        last = max((0, 1), key=lambda who: answers[who]["seq"])
        order = [item["key"] for item in state(meeting)["agenda"]]
        assert order[order.index("recap") - 1] == places[last]
    meeting.assert_nothing_is_lost()


def test_two_facilitators_merge_two_themes_into_one_another(meeting: Meeting, window: Callable[[str], Window]) -> None:
    ana, ben, al = window("facilitator"), window("co-facilitator"), window("al-1")
    for number in range(ROUNDS):
        one, two = ana.add_theme(f"One {number}"), ben.add_theme(f"Two {number}")
        cards = [al.contribute()["result"]["id"] for _ in range(2)]
        for card, theme in zip(cards, (one, two), strict=True):
            assert ana.do("group_contribution", contribution=card, theme=theme)["ok"]
        answers = at_once(
            lambda: ana.do("merge_themes", theme=one, into=two),  # noqa: B023 - called at once
            lambda: ben.do("merge_themes", theme=two, into=one),  # noqa: B023
        )
        assert [answer["ok"] for answer in answers].count(True) == 1, answers
        left = two if answers[0]["ok"] else one
        assert [theme_of(meeting, card) for card in cards] == [left, left]
    meeting.assert_nothing_is_lost()


def test_two_facilitators_start_an_item_each(meeting: Meeting, window: Callable[[str], Window]) -> None:
    ana, ben = window("facilitator"), window("co-facilitator")
    for item, other in (("presentation-al", "presentation-ba"), ("presentation-xk", "presentation-me")):
        answers = at_once(lambda: ana.do("start_item", item=item), lambda: ben.do("start_item", item=other))  # noqa: B023
        assert any(answer["ok"] for answer in answers), answers
        assert [each["state"] for each in state(meeting)["agenda"]].count("running") == 1
    assert ana.do("reopen_item", item="round")["ok"]
    meeting.assert_nothing_is_lost()


def test_the_same_id_with_another_body(meeting: Meeting, window: Callable[[str], Window]) -> None:
    one, two = window("al-1"), window("al-1")
    for _ in range(ROUNDS):
        shared = str(uuid.uuid4())
        answers = at_once(lambda: one.contribute(shared), lambda: two.contribute(shared))  # noqa: B023 - called at once
        assert_one_has_it_and_the_other_learns_nothing(answers)
    meeting.assert_nothing_is_lost()


def test_the_same_id_by_another_person(meeting: Meeting, window: Callable[[str], Window]) -> None:
    one, two = window("al-1"), window("mk-1")
    before = len(state(meeting)["contributions"])
    for _ in range(ROUNDS):
        shared, text = str(uuid.uuid4()), f"Concern {uuid.uuid4().hex}"
        answers = at_once(lambda: one.contribute(shared, text), lambda: two.contribute(shared, text))  # noqa: B023
        assert_one_has_it_and_the_other_learns_nothing(answers)
    assert len(state(meeting)["contributions"]) == before + ROUNDS
    meeting.assert_nothing_is_lost()


def assert_one_has_it_and_the_other_learns_nothing(answers: list[Answer]) -> None:
    """One is accepted; the other is a conflict that says no more than that."""
    refused, accepted = sorted(answers, key=lambda answer: bool(answer["ok"]))
    assert accepted["ok"] and refused["error"]["code"] == "conflict", answers
    assert accepted["result"]["id"] not in str(refused) and "seq" not in refused


def test_the_same_id_with_the_same_body(meeting: Meeting, window: Callable[[str], Window]) -> None:
    windows = [window("al-1") for _ in range(3)]
    before = len(state(meeting)["contributions"])
    for _ in range(ROUNDS):
        shared, text = str(uuid.uuid4()), f"Concern {uuid.uuid4().hex}"
        answers = at_once(*(functools.partial(each.contribute, shared, text) for each in windows))
        assert answers[0]["ok"] and answers == [answers[0]] * 3
    assert len(state(meeting)["contributions"]) == before + ROUNDS
    meeting.assert_nothing_is_lost()

"""Undo and redo, by the number of a command."""

import pytest

from facilitation.extensions import db
from facilitation.live.steps import Step
from tests.conftest import Meeting, Person


def contribute(person: Person, text: str, item: str = "cluster") -> str:
    args = {"item": item, "kind": "challenge", "lang": "en", "text": text, "anonymity": "named"}
    return str(person.do("add_contribution", **args)["id"])


def theme_of(person: Person, card: str) -> str | None:
    return {each["id"]: each.get("theme") for each in person.state()["contributions"]}[card]


@pytest.fixture
def grouping(meeting: Meeting, ana: Person) -> Meeting:
    ana.do("start_item", item="cluster")
    return meeting


def test_what_was_grouped_is_undone_and_redone_by_number(grouping: Meeting, ana: Person, ben: Person) -> None:
    card = contribute(ben, "Trust takes months.")
    first, second = (ana.do("add_theme", kind="challenge", title=title)["id"] for title in ("Trust", "Time"))
    ana.do("group_contribution", contribution=card, theme=first)
    ana.do("group_contribution", contribution=card, theme=second)
    seq = grouping.seq
    assert ana.do("undo", seq=seq) == {"of": seq}
    assert theme_of(ben, card) == first
    assert ana.refused("undo", seq=seq)["code"] == "conflict"
    # By the number of its undoing as well.
    assert ana.do("redo", seq=seq + 1) == {"of": seq}
    assert theme_of(ben, card) == second
    assert ana.refused("redo", seq=seq)["code"] == "conflict"


def test_a_merge_and_a_split_are_undone_whole(grouping: Meeting, ana: Person, ben: Person) -> None:
    cards = [contribute(ben, f"Point {n}") for n in range(3)]
    first, second = (ana.do("add_theme", kind="challenge", title=title)["id"] for title in ("Trust", "Time"))
    for card in cards:
        ana.do("group_contribution", contribution=card, theme=first)
    ana.do("merge_themes", theme=first, into=second)
    ana.do("undo", seq=grouping.seq)
    assert {theme_of(ben, card) for card in cards} == {first}
    new = ana.do("split_theme", theme=first, contributions=cards[:1], title="A part")["id"]
    split = grouping.seq
    ana.do("undo", seq=split)
    assert {theme_of(ben, card) for card in cards} == {first}
    assert ana.refused("rename_theme", theme=new, title="X")["code"] == "not_found"
    ana.do("redo", seq=split)
    assert theme_of(ben, cards[0]) == new
    ana.do("rename_theme", theme=new, title="The same id again")


def test_what_somebody_changed_since_is_not_lost_by_an_undo(grouping: Meeting, ana: Person, ben: Person) -> None:
    card = contribute(ben, "Trust takes months.")
    theme = ana.do("add_theme", kind="challenge", title="Trust")["id"]
    made = grouping.seq
    grouping.as_("co-facilitator").do("group_contribution", contribution=card, theme=theme)
    refusal = ana.refused("undo", seq=made)
    assert refusal["code"] == "conflict" and "Nothing was undone" in refusal["message"]
    ana.do("group_contribution", contribution=card, theme=theme)
    ben.do("withdraw_contribution", contribution=card)
    assert ana.refused("undo", seq=made + 1)["code"] == "conflict"


def test_the_console_offers_the_last_step_and_says_what_it_was(grouping: Meeting, ana: Person) -> None:
    ana.do("add_theme", kind="challenge", title="Trust")
    assert "Undo: the new theme" in ana.get("console").text
    ana.do("undo", seq=grouping.seq)
    console = ana.get("console").text
    assert "Redo: the new theme" in console and "Undo: the new theme" not in console


def test_parking_hiding_and_the_agenda_can_be_undone_other_things_cannot(
    grouping: Meeting, ana: Person, ben: Person
) -> None:
    card = contribute(ben, "Trust takes months.")
    assert ana.refused("undo", seq=grouping.seq)["code"] == "not_found"
    for name, args in (
        ("park", {"contribution": card}),
        ("moderate_contribution", {"contribution": card, "decision": "hide"}),
        ("extend_item", {"item": "cluster", "minutes": 5}),
        ("skip_item", {"item": "closing", "reason": "No time"}),
        ("move_item", {"item": "closing", "day": 2, "after": "framework"}),
        ("finish_item", {"item": "cluster"}),
        ("start_item", {"item": "closing"}),
        ("announce", {"text": "Coffee at eleven."}),
    ):
        ana.do(name, **args)
        ana.do("undo", seq=grouping.seq)
    assert ana.refused("undo", seq=100_000)["code"] == "not_found"
    assert ben.refused("undo", seq=grouping.seq)["code"] == "forbidden"


def test_an_item_started_by_mistake_leaves_no_trace_and_the_one_before_goes_on(
    grouping: Meeting, ana: Person, ben: Person
) -> None:
    hand = ben.do("request_floor", item="cluster", purpose="comment")["id"]
    ana.do("give_floor", request=hand)
    before = ana.state()["agenda"]
    ana.do("start_item", item="closing")
    ana.do("undo", seq=grouping.seq)
    assert ana.state()["agenda"] == before
    assert ana.state()["floor"][-1]["state"] == "speaking"


def test_an_item_that_somebody_has_contributed_to_has_begun(grouping: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="closing")
    started = grouping.seq
    contribute(ben, "See you in Skopje.", "closing")
    refused = ana.refused("undo", seq=started)
    assert refused["code"] == "conflict" and "contributed" in refused["message"]


def test_an_announcement_is_taken_down(grouping: Meeting, ana: Person, ben: Person) -> None:
    ana.do("announce", text="Coffee at eleven.")
    ana.do("announce", text="Coffee at ten.")
    ana.do("undo", seq=grouping.seq)
    assert "Coffee at eleven." in ben.get("").text and "Coffee at ten." not in ben.get("").text


def test_an_undo_sent_twice_is_done_once(grouping: Meeting, ana: Person) -> None:
    ana.do("add_theme", kind="challenge", title="Trust")
    seq, command_id = grouping.seq, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    first = ana.send("undo", command_id, seq=seq)
    assert ana.send("undo", command_id, seq=seq) == first


def test_steps_keep_no_contributions_text(grouping: Meeting, ana: Person, ben: Person) -> None:
    card = contribute(ben, "A secret thought")
    theme = ana.do("add_theme", kind="challenge", title="Trust")["id"]
    ana.do("group_contribution", contribution=card, theme=theme)
    ana.do("merge_contributions", contribution=contribute(ben, "Another secret"), into=card)
    with grouping.app.app_context():
        kept = "".join(str(step.changes) for step in db.session.query(Step).filter_by(stream_id=grouping.stream_id))
    assert "secret" not in kept


@pytest.mark.parametrize("seq", [0, -1, 2**53 + 1, 10**30])
@pytest.mark.parametrize("command", ["undo", "redo"])
def test_a_number_that_no_command_has_is_refused_and_no_fault(unwatched: Meeting, command: str, seq: int) -> None:
    assert unwatched.as_("facilitator").refused(command, seq=seq)["code"] == "invalid"

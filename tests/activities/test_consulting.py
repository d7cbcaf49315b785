"""Among ourselves: a delegation makes up its mind before its head takes the position, and nobody else sees it."""

import pytest

from tests.conftest import Meeting, Person


@pytest.fixture
def put(meeting: Meeting, ana: Person) -> str:
    """A conclusion that is before the delegations."""
    ana.do("start_item", item="agreement")
    conclusion = str(ana.do("draft_conclusion", item="agreement", text="We train staff together.")["id"])
    ana.do("put_conclusion", conclusion=conclusion)
    return conclusion


def test_colleagues_see_what_one_would_say_and_nobody_else_does(
    meeting: Meeting, ana: Person, ben: Person, put: str
) -> None:
    colleague = meeting.as_("al-2")
    colleague.do("advise_position", conclusion=put, stance="reserve", reason="Nuk kemi buxhet", lang="sq")
    assert "Nuk kemi buxhet" in ben.get("delegation").text
    for key, path in (("mk-1", "delegation"), ("facilitator", "console"), ("organiser", "minutes"), ("al-1", "")):
        assert "Nuk kemi buxhet" not in meeting.as_(key).get(path).text
    assert "Nuk kemi buxhet" not in str(ana.state()) + str(meeting.as_("mk-1").state())


def test_it_is_changed_by_telling_again_and_gone_with_the_question(
    meeting: Meeting, ana: Person, ben: Person, put: str
) -> None:
    colleague = meeting.as_("al-2")
    colleague.do("advise_position", conclusion=put, stance="reserve", reason="Pa buxhet", lang="sq")
    colleague.do("advise_position", conclusion=put, stance="agree")
    assert "Pa buxhet" not in ben.get("delegation").text
    ben.do("take_position", conclusion=put, stance="agree")
    ana.do("close_conclusion", conclusion=put)
    assert "consulting-title" not in ben.get("delegation").text
    assert colleague.refused("advise_position", conclusion=put, stance="agree")["code"] == "not_now"


def test_with_another_wording_the_question_is_another_one(meeting: Meeting, ana: Person, ben: Person, put: str) -> None:
    meeting.as_("al-2").do("advise_position", conclusion=put, stance="object", reason="Jo keshtu", lang="sq")
    ana.do("reword_conclusion", conclusion=put, text="We train staff together from 2021.")
    assert "Jo keshtu" not in ben.get("delegation").text


def test_only_members_of_delegations_advise(meeting: Meeting, ana: Person, put: str) -> None:
    assert ana.refused("advise_position", conclusion=put, stance="agree")["code"] == "forbidden"
    assert meeting.as_("observer").refused("advise_position", conclusion=put, stance="agree")["code"] == "forbidden"


def test_sent_twice_it_is_told_once(meeting: Meeting, ben: Person, put: str) -> None:
    command_id = "6f9619ff-8b86-4d01-b42d-00cf4fc964aa"
    first = ben.send("advise_position", command_id, conclusion=put, stance="agree")
    assert ben.send("advise_position", command_id, conclusion=put, stance="agree") == first

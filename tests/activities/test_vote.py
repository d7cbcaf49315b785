"""The vote: so many votes each, spread over the item's themes."""

import uuid

import pytest

from facilitation.activities import vote
from facilitation.extensions import db, snapshot
from facilitation.meeting.acts import load_workshop
from tests.conftest import Meeting, Person

TITLES = {"team": "A team of services", "person": "The person first", "bridge": "A bridge to the family"}


@pytest.fixture
def themes(meeting: Meeting, ana: Person) -> dict[str, str]:
    """The vote on positive aspects is on, with three themes of that kind and one of another."""
    ana.do("start_item", item="positives")
    made = {name: add_theme(ana, title) for name, title in TITLES.items()}
    return {**made, "challenge": add_theme(ana, "Motivation", "challenge")}


def add_theme(ana: Person, title: str, kind: str = "positive") -> str:
    return str(ana.do("add_theme", kind=kind, title={"en": title, "mk": f"{title} (мк)"})["id"])


def counted(meeting: Meeting) -> dict[str, int]:
    with meeting.app.app_context():
        snapshot()
        workshop = load_workshop(meeting.stream_id)
        item = workshop.item("positives")
        assert item
        return {theme.id: count for theme, count in vote.results(workshop, item)}


def test_votes_are_counted_in_the_order_of_the_themes(meeting: Meeting, ben: Person, themes: dict[str, str]) -> None:
    ben.do("cast_votes", item="positives", votes={themes["bridge"]: 1, themes["team"]: 2})
    meeting.as_("mk-2").do("cast_votes", item="positives", votes={themes["team"]: 1, themes["person"]: 0})
    assert list(counted(meeting).items()) == [(themes["team"], 3), (themes["person"], 0), (themes["bridge"], 1)]


def test_how_many_have_voted_is_seen_and_not_who(meeting: Meeting, ben: Person, themes: dict[str, str]) -> None:
    ben.do("cast_votes", item="positives", votes={themes["team"]: 1})
    with meeting.app.app_context():
        people = load_workshop(meeting.stream_id).people
        participants = sum(person.role == "participant" for person in people)
    for page in (meeting.as_("observer").get(""), meeting.as_("facilitator").get("screen")):
        assert f"1 of {participants} participants have voted" in page.text
    assert 'id="ballot-form"' in meeting.as_("xk-2").get("").text
    assert "You have given none yet." in meeting.as_("xk-2").get("").text
    assert "You have given 1." in ben.get("").text


def test_voting_again_replaces_what_one_gave_before(meeting: Meeting, ben: Person, themes: dict[str, str]) -> None:
    ben.do("cast_votes", item="positives", votes={themes["team"]: 3})
    ben.do("cast_votes", item="positives", votes={themes["team"]: 1, themes["bridge"]: 2})
    assert counted(meeting) == {themes["team"]: 1, themes["person"]: 0, themes["bridge"]: 2}
    ben.do("cast_votes", item="positives", votes={})
    assert sum(counted(meeting).values()) == 0


def test_nobody_gives_more_votes_than_they_have(meeting: Meeting, ben: Person, themes: dict[str, str]) -> None:
    ben.do("cast_votes", item="positives", votes={themes["team"]: 3})
    error = ben.refused("cast_votes", item="positives", votes={themes["team"]: 2, themes["bridge"]: 2})
    assert (error["code"], error["field"]) == ("invalid", "votes")
    assert "3" in error["message"]
    for count in (-1, 1.5, "many"):
        assert ben.refused("cast_votes", item="positives", votes={themes["team"]: count})["code"] == "invalid"
    assert counted(meeting)[themes["team"]] == 3


def test_only_themes_of_the_items_kind_that_are_there(ben: Person, themes: dict[str, str]) -> None:
    assert ben.refused("cast_votes", item="positives", votes={themes["challenge"]: 1})["code"] == "invalid"
    assert ben.refused("cast_votes", item="positives", votes={"0123456789ab": 1})["code"] == "not_found"
    assert themes["challenge"] not in ben.get("").text.partition('id="ballot-form"')[2].partition("</form>")[0]


def test_only_participants_vote_and_only_while_the_vote_is_on(
    meeting: Meeting, ana: Person, ben: Person, themes: dict[str, str]
) -> None:
    votes = {themes["team"]: 1}
    for key in ("facilitator", "observer", "rapporteur", "interpreter-mk"):
        assert meeting.as_(key).refused("cast_votes", item="positives", votes=votes)["code"] == "forbidden"
    ana.do("start_item", item="framework")
    assert ben.refused("cast_votes", item="positives", votes=votes)["code"] == "not_now"
    assert ben.refused("cast_votes", item="framework", votes=votes)["field"] == "item"
    assert 'id="ballot-form"' not in ben.get("").text
    assert 'class="outcome' in ben.get("").text
    ana.do("finish_item", item="framework")
    meeting.as_("organiser").do("close_workshop")
    assert ben.refused("cast_votes", item="positives", votes=votes)["code"] == "not_now"


def test_one_command_sent_twice_votes_once(meeting: Meeting, ben: Person, themes: dict[str, str]) -> None:
    once, votes = str(uuid.uuid4()), {themes["team"]: 2}
    first = ben.send("cast_votes", once, item="positives", votes=votes)
    assert ben.send("cast_votes", once, item="positives", votes=votes) == first
    assert counted(meeting)[themes["team"]] == 2


def test_votes_for_a_merged_theme_count_for_the_one_it_went_into(
    meeting: Meeting, ana: Person, ben: Person, themes: dict[str, str]
) -> None:
    ben.do("cast_votes", item="positives", votes={themes["team"]: 1, themes["person"]: 1, themes["bridge"]: 1})
    ana.do("merge_themes", theme=themes["team"], into=themes["person"])
    ana.do("merge_themes", theme=themes["person"], into=themes["bridge"])
    assert counted(meeting) == {themes["bridge"]: 3}
    votes = {theme["id"]: theme["votes"] for theme in meeting.as_("organiser").state()["themes"]}
    assert votes == {themes["bridge"]: 3, themes["challenge"]: 0}
    assert ben.refused("cast_votes", item="positives", votes={themes["team"]: 1})["code"] == "not_found"
    ben.do("cast_votes", item="positives", votes={themes["bridge"]: 1})
    assert counted(meeting) == {themes["bridge"]: 1}


def test_a_form_without_a_script_votes_too(meeting: Meeting, ben: Person, themes: dict[str, str]) -> None:
    answer = ben.post("commands/cast_votes", {"item": "positives", f"votes.{themes['team']}": "2"})
    assert answer.status_code == 303
    assert counted(meeting)[themes["team"]] == 2


def test_no_vote_is_in_the_journal(meeting: Meeting, ben: Person, themes: dict[str, str]) -> None:
    from facilitation.live.journal import Entry

    ben.do("cast_votes", item="positives", votes={themes["team"]: 2})
    with meeting.app.app_context():
        entry = db.session.query(Entry).filter_by(stream_id=meeting.stream_id, name="votes_cast").one()
        assert entry.facts == {"item": "positives"}

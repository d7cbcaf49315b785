"""state.json: the whole state, as each viewer may see it; what they may not see is absent."""

from typing import Any

import pytest

from tests.conftest import Meeting


@pytest.fixture
def running(unwatched: Meeting) -> Meeting:
    """An open meeting in silent writing."""
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("facilitator").do("start_item", item="capture-1")
    return unwatched


def contribute(meeting: Meeting, key: str, said: str, **given: str) -> str:
    item = next(item["key"] for item in meeting.as_(key).state()["agenda"] if item["state"] == "running")
    args = {"item": item, "kind": "challenge", "lang": "en", "text": said, "anonymity": "delegation"} | given
    made: str = meeting.as_(key).do("add_contribution", **args)["id"]
    return made


def one(meeting: Meeting, key: str, contribution: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = meeting.as_(key).state()["contributions"]
    return next((each for each in found if each["id"] == contribution), None)


def test_the_state_of_the_reference_meeting_is_complete(played: Meeting) -> None:
    state = played.as_("al-2").state()
    assert state["format"] == "facilitation-state/1" and state["seq"] == played.seq
    workshop = state["workshop"]
    assert workshop["phase"] == "published" and workshop["languages"] == ["en", "mk", "sq", "bs", "sr-Latn", "cnr"]
    assert [each["code"] for each in workshop["delegations"]] == ["AL", "BA", "XK", "ME", "MK", "RS"]
    assert len(state["agenda"]) == 21 and {item["state"] for item in state["agenda"]} == {"done"}
    assert len(state["programmes"]) == 12 and len(state["contributions"]) == 43
    assert [(t["kind"], t["votes"]) for t in state["themes"]][-3:] == [
        ("positive", 9),
        ("positive", 6),
        ("positive", 3),
    ]
    assert len(state["conclusions"]) == 4 and all(each["unanimous"] for each in state["conclusions"])
    assert state["conclusions"][0]["positions"]["AL"] == {"stance": "agree", "reason": None}
    assert [len(element["sources"]) for element in state["framework"]] == [2, 3, 2]
    assert [each["delegation"] for each in state["floor"]] == ["AL", "BA", "XK", "ME", "MK", "RS"]
    assert state["minutes"] == {"state": "adopted", "signed_by": ["AL", "BA", "XK", "ME", "MK", "RS"]}
    assert state["record"]["version"] == 1 and len(state["record"]["sha256"]) == 64


def test_an_item_has_its_planned_and_its_actual_times_in_milliseconds(played: Meeting) -> None:
    item = played.as_("al-1").state()["agenda"][1]
    assert item["key"] == "welcome" and item["planned_start"] == 1591689600000 and item["planned_minutes"] == 10
    assert item["started_at"] <= item["finished_at"]


def test_a_contribution_has_its_translations_theme_and_endorsements(played: Meeting) -> None:
    found = next(each for each in played.as_("al-1").state()["contributions"] if each["lang"] == "sq")
    assert found["translations"] == {"en": "Some refuse any talk with the psychologist, above all in the first months."}
    assert found["delegation"] == "AL" and "author" not in found
    assert found["endorsed_by"] == ["BA", "XK", "ME", "MK", "RS"] and found["state"] == "shown"
    themes = {theme["id"]: theme for theme in played.as_("al-1").state()["themes"]}
    assert themes[found["theme"]]["delegations"] == ["AL", "BA", "XK", "ME", "MK", "RS"]


def test_an_anonymous_contribution_has_neither_author_nor_delegation(running: Meeting) -> None:
    running.as_("organiser").do("change_rules", minimum_contributors_to_name_a_delegation=1)
    made = contribute(running, "al-1", "We lack time.", anonymity="anonymous")
    found = one(running, "facilitator", made)
    assert found is not None and "author" not in found and "delegation" not in found


def test_an_author_is_named_only_where_they_chose_it(running: Meeting) -> None:
    named = contribute(running, "al-1", "We lack time.", anonymity="named")
    delegation = contribute(running, "al-2", "We lack rooms.")
    running.as_("facilitator").do("reveal_contributions", item="capture-1")
    found = one(running, "observer", named)
    assert found is not None and found["author"] == "al-1" and "delegation" not in found
    found = one(running, "facilitator", delegation)
    assert found is not None and "author" not in found and "delegation" not in found


def test_a_delegation_is_absent_until_enough_of_its_people_have_contributed(running: Meeting) -> None:
    made = contribute(running, "al-1", "We lack time.")
    running.as_("facilitator").do("reveal_contributions", item="capture-1")
    for key in ("al-2", "al-3"):
        found = one(running, "observer", made)
        assert found is not None and "delegation" not in found
        contribute(running, key, "So do we.")
    found = one(running, "observer", made)
    assert found is not None and found["delegation"] == "AL"


def test_what_is_hidden_is_absent_for_all_but_its_author_and_facilitators(running: Meeting) -> None:
    silent = contribute(running, "al-1", "Written silently.")
    assert one(running, "al-2", silent) is None and one(running, "rapporteur", silent) is None
    own = one(running, "al-1", silent)
    assert own is not None and own["state"] == "hidden"
    seen = one(running, "facilitator", silent)
    assert seen is not None and seen["state"] == "hidden"
    running.as_("facilitator").do("reveal_contributions", item="capture-1")
    assert one(running, "observer", silent) is not None
    running.as_("facilitator").do("moderate_contribution", contribution=silent, decision="hide")
    assert one(running, "observer", silent) is None
    assert "Written silently." not in running.as_("al-2").get("state.json").text
    running.as_("facilitator").do("redact_contribution", contribution=silent, reason="A name.")
    assert one(running, "facilitator", silent) is None


def test_a_conclusion_that_was_not_put_is_absent_for_all_but_facilitators(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    ana = unwatched.as_("facilitator")
    ana.do("start_item", item="agreement")
    made = ana.do("draft_conclusion", item="agreement", text={"en": "We meet again."})["id"]
    assert unwatched.as_("al-1").state()["conclusions"] == []
    assert [each["state"] for each in ana.state()["conclusions"]] == ["draft"]
    ana.do("put_conclusion", conclusion=made)
    conclusion = unwatched.as_("al-1").state()["conclusions"][0]
    assert conclusion["tally"]["missing"] == 6 and not conclusion["unanimous"]


def test_a_prepared_meeting_has_no_minutes_and_no_record(unwatched: Meeting) -> None:
    state = unwatched.as_("observer").state()
    assert state["minutes"] == {"state": "none", "signed_by": []} and state["record"] is None


def test_a_stranger_gets_no_state(unwatched: Meeting) -> None:
    assert unwatched.app.test_client().get(f"/w/{unwatched.slug}/state.json").status_code == 401

"""Agreement: every delegation takes its position, and nobody says "all" for them."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from facilitation.activities import agreement
from facilitation.activities.agreement import Conclusion, Wording
from facilitation.extensions import db, now_ms, snapshot
from facilitation.live import commands
from facilitation.meeting.acts import load_workshop
from facilitation.meeting.models import Workshop
from tests.conftest import Meeting, Person

TEXT = {"en": "The challenges are the same.", "mk": "Предизвиците се исти."}
HEADS = ("al-1", "ba-1", "xk-1", "me-1", "mk-1", "rs-1")


def draft(ana: Person, **values: Any) -> str:
    return str(ana.do("draft_conclusion", **{"item": "agreement", "text": TEXT, "sources": [], **values})["id"])


@pytest.fixture
def put(meeting: Meeting, ana: Person) -> str:
    """The agreement item is on, and a conclusion is put to the delegations."""
    ana.do("start_item", item="agreement")
    conclusion = draft(ana)
    ana.do("put_conclusion", conclusion=conclusion)
    return conclusion


def of(meeting: Meeting, conclusion: str, ask: Callable[[Workshop, Conclusion], Any]) -> Any:
    with meeting.app.app_context():
        snapshot()
        return ask(load_workshop(meeting.stream_id), db.session.get_one(Conclusion, conclusion))


def tally(meeting: Meeting, conclusion: str) -> dict[str, int]:
    counts: dict[str, int] = of(meeting, conclusion, agreement.tally)
    return {stance: count for stance, count in counts.items() if count}


def state(meeting: Meeting, **values: bool) -> list[dict[str, Any]]:
    with meeting.app.app_context():
        snapshot()
        return agreement.agreement_state(load_workshop(meeting.stream_id), **values)


def test_a_draft_is_seen_by_facilitators_alone_until_it_is_put(meeting: Meeting, ana: Person, ben: Person) -> None:
    conclusion = draft(ana)
    everybody = [(ben, ""), (ben, "delegation"), (meeting.as_("rapporteur"), ""), (ana, "screen"), (ana, "")]
    assert TEXT["en"] in ana.get("console").text
    assert not any(conclusion in person.get(page).text for person, page in everybody)
    assert state(meeting) == []
    assert state(meeting, sees_drafts=True)[0]["state"] == "draft"
    assert ben.refused("take_position", conclusion=conclusion, stance="agree")["code"] == "not_now"
    ana.do("put_conclusion", conclusion=conclusion)
    assert all(f'id="conclusion-{conclusion}"' in person.get(page).text for person, page in everybody)


def test_only_heads_are_asked_for_their_position(meeting: Meeting, ben: Person, put: str) -> None:
    assert f'id="position-{put}.AL"' in ben.get("").text
    assert f'id="position-{put}.AL"' in ben.get("delegation").text
    assert f'id="position-{put}.' not in meeting.as_("al-2").get("").text
    assert f'id="conclusion-{put}"' in meeting.as_("al-2").get("delegation").text
    for key in ("al-2", "observer", "rapporteur"):
        assert meeting.as_(key).refused("take_position", conclusion=put, stance="agree")["code"] == "forbidden"


def test_all_agree_is_said_only_when_every_stored_position_says_so(meeting: Meeting, ana: Person, put: str) -> None:
    for key in HEADS[:-1]:
        meeting.as_(key).do("take_position", conclusion=put, stance="agree")
    assert not of(meeting, put, agreement.is_unanimous)
    assert tally(meeting, put) == {"agree": 5, "missing": 1}
    assert "5 delegations agree and 1 delegation has taken no position." in ana.get("screen").text
    meeting.as_("rs-1").do("take_position", conclusion=put, stance="accept")
    assert not of(meeting, put, agreement.is_unanimous)
    assert "All 6 delegations agree." not in ana.get("screen").text
    meeting.as_("rs-1").do("take_position", conclusion=put, stance="agree")
    assert of(meeting, put, agreement.is_unanimous)
    assert "All 6 delegations agree." in ana.get("screen").text
    ana.do("close_conclusion", conclusion=put)
    assert state(meeting)[0]["unanimous"] is True


def test_a_reservation_and_an_objection_need_a_reason_and_everybody_reads_it(
    meeting: Meeting, ben: Person, put: str
) -> None:
    for stance in ("reserve", "object"):
        error = ben.refused("take_position", conclusion=put, stance=stance)
        assert (error["code"], error["field"]) == ("invalid", "reason")
        assert ben.refused("take_position", conclusion=put, stance=stance, reason="  ")["field"] == "reason"
    ben.do("take_position", conclusion=put, stance="reserve", reason="Ligji ynë ndryshon në 2021.")
    assert "Ligji ynë ndryshon në 2021." in meeting.as_("observer").get("").text
    assert state(meeting)[0]["positions"] == {"AL": {"stance": "reserve", "reason": "Ligji ynë ndryshon në 2021."}}
    with meeting.app.app_context():
        position = agreement.positions_of(db.session.get_one(Conclusion, put))["AL"]
        assert (position.reason_lang, position.on_behalf) == ("sq", False)


def test_a_delegation_that_takes_its_position_again_replaces_it(meeting: Meeting, ben: Person, put: str) -> None:
    ben.do("take_position", conclusion=put, stance="object", reason="Not yet.", lang="en")
    ben.do("take_position", conclusion=put, stance="abstain")
    assert tally(meeting, put) == {"abstain": 1, "missing": 5}
    assert state(meeting)[0]["positions"]["AL"]["reason"] is None
    assert ben.refused("take_position", conclusion=put, stance="perhaps")["field"] == "stance"


def test_a_facilitator_enters_a_position_on_behalf_of_a_delegation_and_all_see_that(
    meeting: Meeting, ana: Person, ben: Person, put: str
) -> None:
    assert ana.refused("take_position", conclusion=put, stance="agree")["field"] == "on_behalf_of"
    assert ana.refused("take_position", conclusion=put, stance="agree", on_behalf_of="ZZ")["code"] == "not_found"
    error = ben.refused("take_position", conclusion=put, stance="agree", on_behalf_of="AL")
    assert (error["code"], error["field"]) == ("forbidden", "on_behalf_of")
    ana.do("take_position", conclusion=put, stance="agree", on_behalf_of="AL")
    assert "entered by the facilitator on their behalf" in meeting.as_("observer").get("").text
    assert "entered by the facilitator on our behalf" in ben.get("").text
    ben.do("take_position", conclusion=put, stance="accept")
    assert "on their behalf" not in meeting.as_("observer").get("").text


def test_rewording_keeps_the_earlier_wording_and_reopens_every_position(
    meeting: Meeting, ana: Person, ben: Person, put: str
) -> None:
    ben.do("take_position", conclusion=put, stance="reserve", reason="Ende jo.")
    meeting.as_("interpreter-mk").do("translate", subject=f"{put}.AL", lang="mk", text="Уште не.")
    meeting.as_("ba-1").do("take_position", conclusion=put, stance="agree")
    ana.do("close_conclusion", conclusion=put)
    ana.do("reword_conclusion", conclusion=put, text={"en": "The challenges are alike."})
    assert tally(meeting, put) == {"missing": 6}
    assert state(meeting)[0]["state"] == "put"
    with meeting.app.app_context():
        found = db.session.get_one(Conclusion, put)
        assert (found.version, found.text) == (2, {"en": "The challenges are alike."})
        assert db.session.get_one(Wording, (put, 1)).text == TEXT
    for page in (meeting.as_("observer").get("").text, meeting.as_("interpreter-mk").get("desk").text):
        assert "Уште не." not in page
    ben.do("take_position", conclusion=put, stance="agree")
    assert tally(meeting, put) == {"agree": 1, "missing": 5}


def test_everybody_sees_what_the_rewording_changed(meeting: Meeting, ana: Person, ben: Person, put: str) -> None:
    assert "<del>" not in ben.get("").text
    ana.do("reword_conclusion", conclusion=put, text={"en": "The challenges are alike."})
    page = ben.get("").text
    assert "<del>the same</del><ins>alike</ins>" in page


def test_positions_are_taken_over_night_until_the_deadline(
    meeting: Meeting, ana: Person, ben: Person, put: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = datetime.now(ZoneInfo("Europe/Paris")).replace(tzinfo=None, microsecond=0) + timedelta(days=1)
    past = tomorrow - timedelta(days=2)
    assert ana.refused("set_deadline", conclusion=put, until=past.isoformat())["field"] == "until"
    assert ana.refused("set_deadline", conclusion=put, until="tomorrow")["field"] == "until"
    ana.do("set_deadline", conclusion=put, until=tomorrow.isoformat())
    assert f"{tomorrow:%H:%M}" in ben.get("").text.partition('class="deadline"')[2][:200]
    ana.do("finish_item", item="agreement")
    ben.do("take_position", conclusion=put, stance="agree")
    monkeypatch.setattr(commands, "now_ms", lambda: now_ms() + 25 * 3_600_000)
    assert meeting.as_("ba-1").refused("take_position", conclusion=put, stance="agree")["code"] == "not_now"
    ana.do("take_position", conclusion=put, stance="agree", on_behalf_of="BA")
    ana.do("set_deadline", conclusion=put)
    meeting.as_("rs-1").do("take_position", conclusion=put, stance="agree")


def test_a_draft_that_is_reworded_stays_a_draft(meeting: Meeting, ana: Person) -> None:
    conclusion = draft(ana)
    ana.do("reword_conclusion", conclusion=conclusion, text="The challenges are alike.")
    assert state(meeting, sees_drafts=True)[0] == {
        "id": conclusion,
        "text": {"und": "The challenges are alike."},
        "state": "draft",
        "sources": [],
        "positions": {},
        "tally": {"agree": 0, "accept": 0, "reserve": 0, "object": 0, "abstain": 0, "missing": 6},
        "unanimous": False,
    }
    assert "The challenges are alike." in ana.get("console").text


def test_positions_are_taken_only_while_the_conclusion_is_put(ana: Person, ben: Person, put: str) -> None:
    assert ana.refused("put_conclusion", conclusion=put)["code"] == "conflict"
    ana.do("close_conclusion", conclusion=put)
    assert ana.refused("close_conclusion", conclusion=put)["code"] == "conflict"
    assert ben.refused("take_position", conclusion=put, stance="agree")["code"] == "not_now"
    assert f'id="position-{put}.AL"' not in ben.get("").text
    ana.do("put_conclusion", conclusion=put)
    ben.do("take_position", conclusion=put, stance="agree")


def test_positions_and_conclusions_also_while_the_meeting_is_closed(
    meeting: Meeting, ana: Person, ben: Person, put: str
) -> None:
    ana.do("finish_item", item="agreement")
    meeting.as_("organiser").do("close_workshop")
    ben.do("take_position", conclusion=put, stance="agree")
    later = draft(ana)
    ana.do("reword_conclusion", conclusion=later, text={"en": "We meet again in 2021."})
    ana.do("put_conclusion", conclusion=later)
    ana.do("close_conclusion", conclusion=later)


def test_not_before_the_meeting_is_open(prepared: Meeting) -> None:
    refused = prepared.as_("facilitator").refused("draft_conclusion", item="agreement", text=TEXT, sources=[])
    assert refused["code"] == "not_now"


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("draft_conclusion", {"item": "agreement", "text": TEXT, "sources": []}),
        ("reword_conclusion", {"conclusion": "", "text": TEXT}),
        ("put_conclusion", {"conclusion": ""}),
        ("close_conclusion", {"conclusion": ""}),
    ],
)
def test_only_facilitators_handle_conclusions(
    meeting: Meeting, ben: Person, put: str, command: str, args: dict[str, Any]
) -> None:
    args = {key: put if key == "conclusion" else value for key, value in args.items()}
    for person in (ben, meeting.as_("rapporteur"), meeting.as_("observer")):
        assert person.refused(command, **args)["code"] == "forbidden"


def test_a_conclusion_belongs_to_an_agreement_item_and_rests_on_what_is_there(meeting: Meeting, ana: Person) -> None:
    assert ana.refused("draft_conclusion", item="round", text=TEXT, sources=[])["field"] == "item"
    missing = ana.refused("draft_conclusion", item="agreement", text=TEXT, sources=["0123456789ab"])
    assert (missing["code"], missing["field"]) == ("not_found", "sources")
    theme = ana.do("add_theme", kind="challenge", title={"en": "Motivation"})["id"]
    element = ana.do("add_element", title={"en": "Plan with the person"}, sources=[theme])["id"]
    conclusion = draft(ana, sources=[theme, element, theme])
    assert ana.refused("draft_conclusion", item="agreement", text=TEXT, sources=[conclusion])["field"] == "sources"
    ana.do("put_conclusion", conclusion=conclusion)
    assert state(meeting)[0]["sources"] == [theme, element]
    ana.do("rename_theme", theme=theme, title={"en": "Wanting to change"})
    ana.do("edit_element", element=element, title={"en": "Plan together"})
    shown = (
        meeting.as_("observer").get("").text.partition(f'id="conclusion-{conclusion}"')[2].partition("</article>")[0]
    )
    assert "Wanting to change" in shown
    assert "Plan together" in shown


def test_a_draft_survives_the_item_it_was_drafted_for(meeting: Meeting, ana: Person) -> None:
    draft(ana)
    meeting.as_("organiser").do("remove_item", item="agreement")
    assert state(meeting, sees_drafts=True)[0]["text"] == TEXT


def test_a_translation_never_changes_the_words_that_positions_are_about(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    conclusion = draft(ana, text={"en": TEXT["en"]})
    mila = meeting.as_("interpreter-mk")
    assert mila.refused("translate", subject=conclusion, lang="mk", text=TEXT["mk"])["code"] == "not_found"
    ana.do("put_conclusion", conclusion=conclusion)
    ben.do("take_position", conclusion=conclusion, stance="agree")
    mila.do("translate", subject=conclusion, lang="mk", text=TEXT["mk"])
    assert state(meeting)[0]["text"] == {"en": TEXT["en"]}
    assert TEXT["mk"] in meeting.as_("mk-2").get("").text
    assert tally(meeting, conclusion)["agree"] == 1


def test_the_reason_is_translated_and_forgotten_with_the_position(meeting: Meeting, ben: Person, put: str) -> None:
    mila = meeting.as_("interpreter-mk")
    ben.do("take_position", conclusion=put, stance="reserve", reason="Ende jo.")
    assert f'id="translating-{put}.AL"' in mila.get("desk").text
    mila.do("translate", subject=f"{put}.AL", lang="mk", text="Уште не.")
    assert "Уште не." in meeting.as_("mk-2").get("").text
    ben.do("take_position", conclusion=put, stance="agree")
    assert "Уште не." not in meeting.as_("mk-2").get("").text
    assert f'id="translating-{put}.AL"' not in mila.get("desk").text


def test_a_new_head_is_asked_and_the_one_before_is_not(meeting: Meeting, ana: Person, ben: Person, put: str) -> None:
    ben.do("take_position", conclusion=put, stance="accept")
    ana.do("appoint_head", delegation="AL", person="al-2")
    assert f'id="position-{put}.AL"' not in ben.get("").text
    assert ben.refused("take_position", conclusion=put, stance="agree")["code"] == "forbidden"
    meeting.as_("al-2").do("take_position", conclusion=put, stance="agree")
    assert tally(meeting, put) == {"agree": 1, "missing": 5}


def test_one_command_sent_twice_does_it_once(meeting: Meeting, ana: Person, ben: Person) -> None:
    once = str(uuid.uuid4())
    first = ana.send("draft_conclusion", once, item="agreement", text=TEXT, sources=[])
    assert ana.send("draft_conclusion", once, item="agreement", text=TEXT, sources=[]) == first
    assert len(state(meeting, sees_drafts=True)) == 1
    conclusion = first["result"]["id"]
    ana.do("put_conclusion", conclusion=conclusion)
    again = str(uuid.uuid4())
    taken = ben.send("take_position", again, conclusion=conclusion, stance="agree")
    assert ben.send("take_position", again, conclusion=conclusion, stance="agree") == taken


def test_a_form_without_a_script_drafts_too(meeting: Meeting, ana: Person) -> None:
    theme = ana.do("add_theme", kind="challenge", title={"en": "Motivation"})["id"]
    form = {"item": "agreement", "text.en": TEXT["en"], "text.mk": "", "sources": [theme]}
    assert ana.post("commands/draft_conclusion", form).status_code == 303
    drafted = state(meeting, sees_drafts=True)[0]
    assert (drafted["text"], drafted["sources"]) == ({"en": TEXT["en"]}, [theme])

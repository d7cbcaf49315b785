"""Programmes of delegations: added and changed by their own people, shown while they present."""

from tests.conftest import Meeting, Person


def test_a_delegation_adds_a_programme_and_everybody_sees_it_while_it_presents(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    made = ben.do("add_programme", title={"sq": "Program i ri"}, status="in_development", summary="Për të gjithë")
    ana.do("start_item", item="presentation-al")
    assert "Program i ri" in meeting.as_("mk-1").get("").text
    ben.do("edit_programme", programme=made["key"], status="in_use")
    assert meeting.as_("organiser").state()["programmes"][2]["status"] == "in_use"


def test_only_its_own_delegation_or_a_facilitator_changes_a_programme(meeting: Meeting, ana: Person) -> None:
    other = meeting.as_("ba-1")
    assert other.refused("edit_programme", programme="al-programme-1", status="in_use")["code"] == "forbidden"
    assert other.refused("edit_programme", programme="nowhere", status="in_use")["code"] == "not_found"
    assert other.refused("add_programme", title="X", status="finished")["field"] == "status"
    ana.do("edit_programme", programme="al-programme-1", title={"en": "Another title"})


def test_somebody_without_a_delegation_has_no_programmes(meeting: Meeting) -> None:
    assert meeting.as_("head").refused("add_programme", title="X", status="in_use")["code"] == "forbidden"


def test_an_interpreter_adds_a_title_and_does_not_change_the_original(meeting: Meeting, ana: Person) -> None:
    programme = meeting.as_("organiser").state()["programmes"][0]["id"]
    interpreter = meeting.as_("interpreter-mk")
    ana.do("start_item", item="presentation-al")
    interpreter.do("translate", subject=programme, lang="mk", text="Проценка на ризици и потреби")
    assert "Проценка на ризици" in meeting.as_("mk-1").get("").text
    assert interpreter.refused("translate", subject=programme, lang="en", text="Other")["code"] == "forbidden"


def test_an_interpreter_brings_a_summary_into_another_language(meeting: Meeting, ana: Person, ben: Person) -> None:
    made = ben.do("add_programme", title={"sq": "Program i ri"}, status="in_use", summary={"sq": "Për të gjithë"})
    interpreter, summary = meeting.as_("interpreter-mk"), f"{made['id']}.summary"
    assert f'id="translating-{summary}"' in interpreter.get("desk").text
    interpreter.do("translate", subject=summary, lang="mk", text="За сите затвореници")
    assert interpreter.refused("translate", subject=f"{made['id']}.key", lang="mk", text="x")["code"] == "not_found"
    ana.do("start_item", item="presentation-al")
    assert "За сите затвореници" in meeting.as_("mk-1").get("").text
    assert "За сите затвореници" in meeting.as_("rapporteur").get("export/minutes.md?lang=mk").text
    # Worded anew, it is to be translated again, and what the interpreter wrote is not lost to them.
    ben.do("edit_programme", programme=made["id"], summary={"sq": "Për shumicën", "mk": "За сите затвореници"})
    assert "За сите затвореници" not in meeting.as_("mk-1").get("").text
    assert "За сите затвореници" in interpreter.get("desk").text


def test_a_translation_is_confirmed_and_says_so_on_the_desk(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "idea", "lang": "sq", "text": "Ide", "anonymity": "delegation"}
    made = ben.do("add_contribution", **card)
    interpreter = meeting.as_("interpreter-sq")
    assert interpreter.refused("confirm_translation", subject=made["id"], lang="en")["code"] == "not_found"
    interpreter.do("translate", subject=made["id"], lang="en", text="An idea")
    interpreter.do("confirm_translation", subject=made["id"], lang="en")
    assert "confirmed" in interpreter.get("desk").text
    assert ben.refused("confirm_translation", subject=made["id"], lang="en")["code"] == "forbidden"

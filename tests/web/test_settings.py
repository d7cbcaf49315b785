"""The settings: what an organiser changes in the browser, with scripts and without."""

import re
from typing import Any

import pytest

from facilitation.extensions import db
from facilitation.live.commands import COMMANDS
from facilitation.meeting import describing
from facilitation.meeting.acts import load_workshop
from tests.conftest import Meeting, Person
from tests.web.pages import form_of, forms_of, parse, submit


@pytest.fixture
def olga(unwatched: Meeting) -> Person:
    """Olga organises a meeting that is prepared."""
    return unwatched.as_("organiser")


def stored(meeting: Meeting) -> dict[str, Any]:
    """Everything that the settings show and change, as it is in the database."""
    with meeting.app.app_context():
        workshop = load_workshop(meeting.stream_id)
        rows = {"workshop": [workshop]} | {
            name: list(getattr(workshop, name)) for name in ("delegations", "people", "agenda")
        }
        return {
            name: [{column.name: getattr(row, column.name) for column in row.__table__.columns} for row in part]
            for name, part in rows.items()
        }


def at(meeting: Meeting, key: str) -> str:
    """The row of a person, for ``?edit=``."""
    with meeting.app.app_context():
        person = load_workshop(meeting.stream_id).person(key)
        assert person is not None
        return f"settings-person-{person.id}"


def edit(person: Person, row: str) -> str:
    """The page with the form of a row open."""
    html: str = person.get(f"settings?edit={row}").text
    return html


def test_only_organisers_open_the_settings(unwatched: Meeting) -> None:
    assert unwatched.as_("organiser").get("settings").status_code == 200
    for key in ("facilitator", "rapporteur", "interpreter-mk", "consultant", "al-1", "observer"):
        assert unwatched.as_(key).get("settings").status_code == 403
    assert unwatched.app.test_client().get(f"/w/{unwatched.slug}/settings").status_code == 401


def test_the_settings_are_there_in_every_language_of_the_meeting(olga: Person) -> None:
    for lang in ("en", "mk", "sq", "bs", "sr-Latn", "cnr"):
        olga.client.post("/language", data={"csrf_token": olga.token, "lang": lang})
        assert olga.get("settings").status_code == 200


def test_every_form_can_be_posted_as_it_stands(olga: Person) -> None:
    for row in ("", "settings-item-welcome", "settings-delegation-XK", at(olga.meeting, "al-1")):
        html = edit(olga, row)
        identified = [element.get("id") for element in parse(html).iter() if element.get("id")]
        assert len(identified) == len(set(identified))
        forms = [form for form in forms_of(html) if form.method == "post"]
        assert forms
        for form in forms:
            assert form.values["csrf_token"], form
            if form.command:
                assert form.action == f"/w/{olga.meeting.slug}/commands/{form.command}"
                assert form.command in COMMANDS
                assert form.values["id"]


def test_with_scripts_the_page_joins_as_a_console_and_comes_back_after_each_change(olga: Person) -> None:
    html = olga.get("settings").text
    body = re.search(r"<body[^>]*>", html)
    assert body and 'data-view="console"' in body[0] and f'data-workshop="{olga.meeting.slug}"' in body[0]
    assert f'data-after="go:/w/{olga.meeting.slug}/settings?at={olga.meeting.seq}#settings-rules"' in html
    assert 'aria-current="page">Settings' in html
    # Regions of the console find no container here.
    assert "data-slot" not in html and "data-in=" not in html


def test_without_a_token_nothing_is_changed(olga: Person) -> None:
    before = olga.meeting.seq
    form = form_of(olga.get("settings").text, "change_rules")
    assert submit(olga, form, csrf_token="old", moderation="before").status_code == 403
    assert olga.meeting.seq == before


@pytest.mark.parametrize(
    "form_id",
    [
        "form-describe",
        "form-languages",
        "form-boilerplate",
        "form-principle-holistic",
        "form-footnote-kosovo",
        "form-rules",
    ],
)
def test_a_form_sent_as_it_stands_changes_nothing(olga: Person, form_id: str) -> None:
    before, seq = stored(olga.meeting), olga.meeting.seq
    answer = submit(olga, form_of(olga.get("settings").text, form_id))
    assert answer.status_code == 303, answer.text
    assert answer.location == f"/w/{olga.meeting.slug}/settings"
    assert stored(olga.meeting) == before and olga.meeting.seq == seq + 1


def test_a_row_sent_as_it_stands_changes_nothing(olga: Person) -> None:
    before = stored(olga.meeting)
    rows = [f"settings-item-{key}" for key in ("welcome", "presentation-xk", "capture-1", "cluster", "break-1")]
    rows += [f"settings-delegation-{code}" for code in ("XK", "MK")]
    rows += [at(olga.meeting, key) for key in ("organiser", "head", "interpreter-bs", "al-1", "mk-2")]
    for row in rows:
        html = edit(olga, row)
        (form,) = forms_of(html, having='data-command="edit_')[-1:]
        assert submit(olga, form).status_code == 303, row
    assert stored(olga.meeting) == before


def test_the_meeting_is_described_anew_without_scripts(olga: Person) -> None:
    form = form_of(olga.get("settings").text, "form-describe")
    changes = {f"headline.{tag}": "" for tag in ("en", "mk", "sq", "bs", "sr-Latn", "cnr")}
    data = {**form.values, **changes, "clear": ["headline", "video_url"], "video_url": "", "title.en": "Third group"}
    answer = olga.client.post(
        form.action, data=data, headers={"Referer": f"http://localhost/w/{olga.meeting.slug}/settings"}
    )
    assert answer.status_code == 303
    (workshop,) = stored(olga.meeting)["workshop"]
    assert workshop["title"]["en"] == "Third group" and workshop["title"]["mk"].startswith("Втора")
    assert workshop["headline"] == {} and workshop["video_url"] is None and workshop["venue"]["en"] == "Online"
    assert "Third group" in olga.get("").text


def test_a_refused_form_says_why_and_keeps_the_text(olga: Person) -> None:
    form = form_of(edit(olga, "settings-item-welcome"), "edit_item")
    answer = submit(olga, form, title__en="A warm <welcome>", minutes="400")
    assert answer.status_code == 400
    assert "A warm &lt;welcome&gt;" in answer.text and 'role="alert"' in answer.text
    assert next(item for item in stored(olga.meeting)["agenda"] if item["key"] == "welcome")["minutes"] != 400


def test_the_agenda_is_edited_without_scripts(olga: Person) -> None:
    html = olga.get("settings").text
    assert submit(olga, form_of(html, "form-add-item-2"), title__en="Site visit", kind="discussion").status_code == 303
    added = next(item for item in stored(olga.meeting)["agenda"] if item["key"] == "discussion-1")
    assert added["day"] == 2 and added["title"] == {"en": "Site visit"}
    html = olga.get("settings").text
    earlier = [form for form in forms_of(html, having='value="discussion-1"') if form.command == "move_item"]
    keys = [item["key"] for item in stored(olga.meeting)["agenda"] if item["day"] == 2]
    assert submit(olga, earlier[0]).status_code == 303
    moved = [item["key"] for item in stored(olga.meeting)["agenda"] if item["day"] == 2]
    assert moved == [*keys[:-2], keys[-1], keys[-2]]
    html = edit(olga, "settings-item-discussion-1")
    to_day_1 = next(
        form
        for form in forms_of(html, having='value="discussion-1"')
        if form.command == "move_item" and form.values["day"] == "1"
    )
    assert submit(olga, to_day_1).status_code == 303
    assert [item["key"] for item in stored(olga.meeting)["agenda"] if item["day"] == 1][-1] == "discussion-1"
    html = edit(olga, "settings-item-discussion-1")
    assert submit(olga, form_of(html, "remove_item")).status_code == 303
    assert all(item["key"] != "discussion-1" for item in stored(olga.meeting)["agenda"])


def test_a_delegation_and_its_people_are_added_without_scripts(olga: Person) -> None:
    html = olga.get("settings").text
    added = submit(
        olga, form_of(html, "add_delegation"), code="SI", name__en="Slovenia", languages=["sl", "SR-latn", ""]
    )
    assert added.status_code == 303
    delegation = stored(olga.meeting)["delegations"][-1]
    assert (delegation["code"], delegation["languages"]) == ("SI", ["sl", "sr-Latn"])
    html = olga.get("settings").text
    answer = submit(olga, form_of(html, "add_person"), name="Head of treatment", delegation="SI", language="sl")
    assert answer.status_code == 303
    person = stored(olga.meeting)["people"][-1]
    assert (person["key"], person["language"], person["name"]) == ("si-1", "sl", {"und": "Head of treatment"})
    row = at(olga.meeting, "si-1")
    html = edit(olga, row)
    assert submit(olga, form_of(html, "appoint_head")).status_code == 303
    assert submit(olga, form_of(edit(olga, row), "edit_person"), title__en="Adviser").status_code == 303
    person = stored(olga.meeting)["people"][-1]
    assert person["is_head"] and person["title"] == {"en": "Adviser"}
    assert submit(olga, form_of(edit(olga, row), "revoke_person")).status_code == 303
    assert stored(olga.meeting)["people"][-1]["revoked_at"]
    assert "edit_person" not in edit(olga, row)


def test_rules_are_changed_without_scripts(olga: Person) -> None:
    form = form_of(olga.get("settings").text, "change_rules")
    assert submit(olga, form, moderation="before", retention_days="7").status_code == 303
    rules = stored(olga.meeting)["workshop"][0]["rules"]
    assert (rules["moderation"], rules["retention_days"], rules["attribution"]) == ("before", 7, "delegation")


def test_the_notice_of_the_meeting_is_read_by_whoever_enters_and_afterwards(olga: Person) -> None:
    meeting = olga.meeting
    form = form_of(olga.get("settings").text, "form-notice")
    said = {"notice__en": "Responsible: the Council.\nAsk dpo@example.org.", "notice__mk": "Одговорен: Советот."}
    assert submit(olga, form, **said).status_code == 303
    member = meeting.as_("al-2")
    assert "Responsible: the Council.\nAsk dpo@example.org." in member.get("privacy").text
    member.choose("mk")
    assert "Одговорен: Советот." in member.get("privacy").text and "Responsible" not in member.get("privacy").text
    stranger = meeting.app.test_client()
    assert "Одговорен: Советот." in stranger.get(meeting.link("mk-3")).text
    door = stranger.get(f"/door/{stored(meeting)['workshop'][0]['code']}").text
    assert "Responsible: the Council." in door and "Until " in door
    olga.do("describe_workshop", clear=["notice"])
    assert "Responsible" not in stranger.get(meeting.link("mk-3")).text
    assert meeting.as_("facilitator").refused("describe_workshop", notice="Mine.")["code"] == "forbidden"


def test_the_code_of_the_meeting_is_shown(olga: Person) -> None:
    code = stored(olga.meeting)["workshop"][0]["code"]
    assert f'id="meeting-code" class="meeting-code">{code}<' in olga.get("settings").text


def test_organisers_do_not_lose_themselves(olga: Person) -> None:
    html = edit(olga, at(olga.meeting, "organiser"))
    assert form_of(html, "edit_person") and "revoke_person" not in html


def test_what_can_no_longer_change_has_no_form(olga: Person) -> None:
    olga.do("open_workshop")
    olga.do("start_item", item="welcome")
    html = edit(olga, "settings-item-welcome")
    assert "edit_item" not in html and 'name="starts_on"' not in html
    olga.do("finish_item", item="welcome")
    olga.do("close_workshop")
    commands = {form.command for form in forms_of(olga.get("settings").text)}
    assert {"describe_workshop", "change_rules", "add_person"} <= commands
    assert commands.isdisjoint({"add_item", "move_item", "add_delegation"})


# The commands behind it


def test_describing_tells_every_page(prepared: Meeting) -> None:
    olga = prepared.as_("organiser")
    olga.do("describe_workshop", title={"en": "Third group", "mk": "Трета група"}, venue="Skopje")
    assert "Трета група" in prepared.as_("mk-2").get("").text
    olga.do("add_principle", text={"en": "We listen.", "mk": "Слушаме."})
    olga.do("add_delegation", code="SI", name={"en": "Slovenia"})
    olga.do("edit_delegation", code="SI", name={"en": "Republic of Slovenia"}, languages=["sl"])
    olga.do("remove_delegation", code="SI")
    key = stored(prepared)["workshop"][0]["principles"][-1]["key"]
    olga.do("edit_principle", principle=key, text={"en": "We listen to all."})
    olga.do("remove_principle", principle=key)
    olga.do("write_footnote", footnote="mark", text={"en": "* as agreed"})
    olga.do("remove_footnote", footnote="mark")


DESCRIBING = {
    "describe_workshop": {"title": {"en": "Other"}},
    "add_principle": {"text": "We listen."},
    "edit_principle": {"principle": "holistic", "text": "We listen."},
    "remove_principle": {"principle": "holistic"},
    "write_footnote": {"footnote": "mark", "text": "*"},
    "remove_footnote": {"footnote": "mark"},
    "add_delegation": {"code": "SI", "name": {"en": "Slovenia"}},
    "edit_delegation": {"code": "AL", "name": {"en": "Albania"}},
    "remove_delegation": {"code": "AL"},
}


@pytest.mark.parametrize("name", DESCRIBING)
def test_describing_is_the_organisers(unwatched: Meeting, name: str) -> None:
    assert COMMANDS[name].function.__module__ == describing.__name__
    for key in ("facilitator", "rapporteur", "al-1", "observer"):
        assert unwatched.as_(key).refused(name, **DESCRIBING[name])["code"] == "forbidden"


def test_describing_has_its_phases(olga: Person) -> None:
    olga.do("open_workshop")
    assert olga.refused("remove_delegation", code="AL")["code"] == "not_now"
    olga.do("describe_workshop", venue="Skopje")
    olga.do("close_workshop")
    olga.do("describe_workshop", venue="Tirana")
    assert olga.refused("add_delegation", **DESCRIBING["add_delegation"])["code"] == "not_now"
    olga.do("edit_delegation", **DESCRIBING["edit_delegation"])  # a name can be corrected until the record is published


def test_describing_sent_twice_is_done_once(olga: Person) -> None:
    command_id = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
    first = olga.do("add_principle", command_id, text="We listen.")
    seq = olga.meeting.seq
    assert olga.do("add_principle", command_id, text="We listen.") == first and olga.meeting.seq == seq


def test_what_contradicts_itself_is_refused(olga: Person) -> None:
    def field(**args: Any) -> str:
        return str(olga.refused("describe_workshop", **args)["field"])

    assert field(starts_on="2020-06-11") == "ends_on"
    assert field(ends_on="2020-06-09") == "ends_on"  # the second day has an agenda
    assert field(ends_on="9 June") == "ends_on"
    assert field(timezone="Europe") == "timezone"
    assert field(video_url="javascript:alert(1)") == "video_url"
    assert field(default_language="fr") == "default_language"
    assert field(languages=["en", "xx"]).startswith("languages")
    assert field(title={"mk": "Без англиски"}) == "title"
    assert field(title={"en": "x" * 501}) == "title"
    assert field(clear=["title"]).startswith("clear")
    assert olga.refused("describe_workshop")["code"] == "invalid"
    assert olga.refused("add_delegation", code="al", name="Albania")["code"] == "conflict"
    assert olga.refused("add_delegation", code="A B", name="Albania")["field"] == "code"
    assert olga.refused("add_delegation", code="SI", name="Slovenia", footnote="none")["field"] == "footnote"
    assert olga.refused("edit_delegation", code="ZZ", name="Nowhere")["code"] == "not_found"
    assert olga.refused("remove_delegation", code="AL")["code"] == "conflict"
    assert olga.refused("remove_footnote", footnote="kosovo")["code"] == "conflict"
    assert olga.refused("remove_footnote", footnote="none")["code"] == "not_found"
    assert olga.refused("edit_principle", principle="none", text="x")["code"] == "not_found"


def test_dates_stand_once_the_agenda_has_begun(olga: Person) -> None:
    olga.do("describe_workshop", ends_on="2020-06-11", timezone="Europe/Skopje")
    olga.do("open_workshop")
    olga.do("start_item", item="lobby-1")
    assert olga.refused("describe_workshop", ends_on="2020-06-12")["code"] == "conflict"
    # What is given as it is, is no change.
    olga.do("describe_workshop", ends_on="2020-06-11", timezone="Europe/Skopje", venue="Skopje")


def test_the_journal_says_what_changed_and_nothing_of_the_text(olga: Person) -> None:
    from facilitation.live.journal import Entry

    olga.do("describe_workshop", venue="A secret place", disclaimer="Nobody is liable.")
    with olga.meeting.app.app_context():
        entry = db.session.query(Entry).filter_by(stream_id=olga.meeting.stream_id).order_by(Entry.seq.desc()).first()
        assert entry is not None
        assert (entry.name, entry.facts) == ("workshop_described", {"changed": ["venue", "disclaimer"]})

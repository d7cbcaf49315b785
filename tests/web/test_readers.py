"""Who may open a document: the organiser's rule, at the page, the download and the open window alike."""

from dataclasses import replace
from typing import Any

import pytest

from facilitation.extensions import socketio
from facilitation.plan.model import Plan
from facilitation.plan.storing import import_plan
from tests.conftest import Meeting, Person, csrf_token

EVERYBODY = ("organiser", "facilitator", "rapporteur", "interpreter-mk", "al-1", "al-2", "consultant", "observer")
BY_READERS = {
    "members": set(EVERYBODY),
    "delegations": {"organiser", "facilitator", "rapporteur", "interpreter-mk", "al-1", "al-2"},
    "heads": {"organiser", "facilitator", "rapporteur", "interpreter-mk", "al-1"},
    "staff": {"organiser", "facilitator", "rapporteur", "interpreter-mk"},
}


def readers(meeting: Meeting, path: str) -> set[str]:
    """Who of everybody gets what is at this address; the others must be told that it is not theirs."""
    codes = {key: meeting.as_(key).get(path).status_code for key in EVERYBODY}
    assert set(codes.values()) <= {200, 403}, codes
    return {key for key, code in codes.items() if code == 200}


@pytest.mark.parametrize("who", BY_READERS)
@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ("minutes", ("minutes", "export/minutes.md?lang=en")),
        ("record", ("export/record.md?lang=en",)),
        ("contributions", ("export/contributions.csv?lang=en",)),
    ],
)
def test_a_document_opens_for_whom_the_organiser_says(
    unwatched: Meeting, document: str, paths: tuple[str, ...], who: str
) -> None:
    unwatched.as_("organiser").do("change_rules", readers={document: who})
    for path in paths:
        assert readers(unwatched, path) == BY_READERS[who]


def test_one_documents_readers_are_changed_and_the_others_stay(unwatched: Meeting) -> None:
    olga = unwatched.as_("organiser")
    olga.do("change_rules", readers={"minutes": "heads"})
    olga.do("change_rules", readers={"record": "staff"})
    assert readers(unwatched, "minutes") == BY_READERS["heads"]
    assert olga.refused("change_rules", readers={"minutes": "nobody"})["code"] == "invalid"
    assert olga.refused("change_rules", readers={"journal": "members"})["code"] == "invalid"
    assert unwatched.as_("facilitator").refused("change_rules", readers={"minutes": "staff"})["code"] == "forbidden"


def test_the_form_of_the_settings_shows_and_changes_them(unwatched: Meeting) -> None:
    olga = unwatched.as_("organiser")
    olga.post("commands/change_rules", {"readers.minutes": "heads"})
    page = olga.get("settings").text
    assert '<option value="heads" selected>' in page.partition('name="readers.minutes"')[2].partition("</select>")[0]


def joined(person: Person) -> Any:
    socket = socketio.test_client(person.meeting.app, flask_test_client=person.client)
    assert socket.emit("join", {"workshop": person.meeting.slug, "view": "minutes"}, callback=True)["ok"]
    return socket


def test_whoever_has_the_minutes_open_and_may_not_any_more_is_let_go_of(unwatched: Meeting) -> None:
    head, member = joined(unwatched.as_("al-1")), joined(unwatched.as_("al-2"))
    unwatched.as_("organiser").do("change_rules", readers={"minutes": "heads"})
    unwatched.observe("facilitator", "console", "en")
    unwatched.look_around("readers changed")
    assert head.is_connected() and not member.is_connected()
    again = socketio.test_client(unwatched.app, flask_test_client=unwatched.as_("al-2").client)
    answer = again.emit("join", {"workshop": unwatched.slug, "view": "minutes"}, callback=True)
    assert answer["error"]["code"] == "forbidden"


def test_the_marking_on_every_page_says_who_may_read_it(unwatched: Meeting) -> None:
    olga = unwatched.as_("organiser")
    assert "For members of this meeting" in olga.get("export/minutes.html?lang=en").text
    olga.do("change_rules", readers={"minutes": "heads", "record": "staff"})
    assert "For the heads of delegations and the staff of this meeting" in olga.get("export/minutes.html?lang=en").text
    assert "For the staff of this meeting" in olga.get("export/record.html?lang=en").text


def test_a_published_record_is_everybodys(app: Any, played: Meeting) -> None:
    client = app.test_client()
    token = csrf_token(client.get(played.link("observer")).text)
    client.post(played.link("observer"), data={"csrf_token": token})
    assert client.get(f"/w/{played.slug}/export/record.md?lang=en").status_code == 200


def test_a_plan_says_it_and_the_same_plan_again_leaves_what_was_changed_live(
    new_meeting: Any, reference_plan: Plan, app: Any
) -> None:
    plan = replace(reference_plan, rules=replace(reference_plan.rules, readers={"minutes": "heads"}))
    made: Meeting = new_meeting(plan)
    assert readers(made, "minutes") == BY_READERS["heads"]
    made.as_("organiser").do("change_rules", moderation="before", readers={"record": "staff"})
    before = made.seq
    with app.app_context():
        import_plan(replace(plan, slug=made.slug))
    assert made.seq == before
    with app.app_context():
        rules = replace(plan.rules, retention_days=77)
        import_plan(replace(plan, slug=made.slug, rules=rules))
    assert readers(made, "minutes") == BY_READERS["heads"]
    assert readers(made, "export/record.md?lang=en") == BY_READERS["staff"]

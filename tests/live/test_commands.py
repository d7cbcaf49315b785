"""The one door: accepted once, refused without a trace, numbered without gaps."""

import uuid

from flask import Flask

from facilitation.extensions import db
from facilitation.live import draining
from facilitation.live.journal import Entry, Receipt
from tests.conftest import Meeting, Person


def start(meeting: Meeting, item: str = "presentation-al") -> None:
    meeting.as_("facilitator").do("start_item", item=item)


CARD = {
    "item": "presentation-al",
    "kind": "challenge",
    "lang": "sq",
    "text": "Stafi ndërron turnin.",
    "anonymity": "delegation",
}


def test_the_same_id_and_body_again_returns_the_first_answer_and_changes_nothing(meeting: Meeting, ben: Person) -> None:
    start(meeting)
    once = str(uuid.uuid4())
    first = ben.send("add_contribution", once, **CARD)
    before = meeting.seq
    assert ben.send("add_contribution", once, **CARD) == first
    assert meeting.seq == before


def test_the_same_id_with_another_body_or_from_somebody_else_is_a_conflict_that_reveals_nothing(
    meeting: Meeting, ben: Person
) -> None:
    start(meeting)
    once = str(uuid.uuid4())
    ben.do("add_contribution", once, **CARD)
    for person, args in ((ben, CARD | {"text": "Tjetër"}), (meeting.as_("al-2"), CARD)):
        answer = person.send("add_contribution", once, **args)
        assert answer["error"]["code"] == "conflict"
        assert "result" not in answer


def test_a_refused_id_may_be_tried_again(meeting: Meeting, ben: Person) -> None:
    once = str(uuid.uuid4())
    assert ben.send("add_contribution", once, **CARD)["error"]["code"] == "not_now"
    start(meeting)
    assert ben.send("add_contribution", once, **CARD)["ok"]


def test_unknown_commands_arguments_and_ids_are_invalid(ben: Person, meeting: Meeting) -> None:
    start(meeting)
    assert ben.refused("conjure")["code"] == "invalid"
    assert ben.refused("add_contribution", **CARD, colour="red") == {
        "code": "invalid",
        "field": "colour",
        "message": "This field is not known.",
    }
    assert ben.send("add_contribution", "not-a-uuid", **CARD)["error"]["field"] == "id"


def test_text_that_cannot_be_stored_is_refused_and_nothing_breaks(ben: Person, meeting: Meeting) -> None:
    start(meeting)
    assert ben.refused("add_contribution", **CARD | {"text": "a\0b"})["code"] == "invalid"
    assert ben.refused("add_contribution", **CARD | {"text": "\ud800"})["code"] == "invalid"
    assert ben.refused("add_contribution", **CARD | {"text": "   "})["code"] == "invalid"
    assert ben.refused("add_contribution", **CARD | {"text": "x" * 5001})["code"] == "invalid"
    assert ben.refused("add_contribution", **CARD | {"text": "x" * 70_000})["code"] == "too_large"
    ben.do("add_contribution", **CARD | {"text": r"a backslash \u0000 that somebody typed"})


def test_a_role_that_may_not_and_a_phase_that_is_not_yet_are_told_apart(prepared: Meeting) -> None:
    assert prepared.as_("al-1").refused("open_workshop")["code"] == "forbidden"
    assert prepared.as_("facilitator").refused("start_item", item="welcome")["code"] == "not_now"


def test_numbers_have_no_gaps_after_refusals(app: Flask, meeting: Meeting, ben: Person) -> None:
    ben.refused("start_item", item="welcome")
    start(meeting)
    ben.refused("add_contribution", **CARD | {"kind": "wish"})
    ben.do("add_contribution", **CARD)
    with app.app_context():
        seqs = [
            seq for (seq,) in db.session.query(Entry.seq).filter_by(stream_id=meeting.stream_id).order_by(Entry.seq)
        ]
    assert seqs == list(range(1, meeting.seq + 1))


def test_the_journal_never_holds_what_people_wrote(app: Flask, meeting: Meeting, ben: Person) -> None:
    start(meeting)
    ben.do("add_contribution", **CARD)
    with app.app_context():
        entries = db.session.query(Entry).filter_by(stream_id=meeting.stream_id)
        assert not any("turnin" in str(entry.facts) for entry in entries)


def test_an_anonymous_contribution_is_tied_to_nobody(app: Flask, meeting: Meeting, ben: Person) -> None:
    start(meeting)
    once = str(uuid.uuid4())
    ben.do("add_contribution", once, **CARD | {"anonymity": "anonymous"})
    with app.app_context():
        entry = db.session.query(Entry).filter_by(stream_id=meeting.stream_id, name="contribution_added").one()
        item = next(item for item in ben.state()["agenda"] if item["key"] == "presentation-al")
        receipts = db.session.query(Receipt).filter_by(stream_id=meeting.stream_id).all()
        assert entry.actor_id is None
        assert entry.at == item["started_at"]
        assert once not in str([(r.id_hash, r.body_hash, r.result) for r in receipts])


def test_whoever_is_not_signed_in_is_told_so_in_json(meeting: Meeting) -> None:
    answer = meeting.app.test_client().post(f"/w/{meeting.slug}/commands", json={})
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthenticated"


def test_a_command_without_the_sessions_token_is_refused(meeting: Meeting, ben: Person) -> None:
    message = {"id": str(uuid.uuid4()), "name": "slow_down", "args": {}}
    answer = ben.client.post(f"/w/{meeting.slug}/commands", json=message)
    assert answer.status_code == 403


def test_over_https_the_token_decides_as_well_and_no_referer_is_asked_for(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    ben, path = unwatched.as_("al-1"), f"/w/{unwatched.slug}/commands"
    message = {"id": str(uuid.uuid4()), "name": "slow_down", "args": {}}
    https = {"json": message, "base_url": "https://localhost"}
    assert ben.client.post(path, **https).status_code == 403
    assert ben.client.post(path, **https, headers={"X-CSRFToken": "another"}).status_code == 403
    assert ben.client.post(path, **https, headers={"X-CSRFToken": ben.token}).get_json()["ok"]


def test_a_server_that_is_about_to_stop_takes_no_new_writes_and_says_when_to_come_back(
    meeting: Meeting, ben: Person
) -> None:
    before = meeting.seq
    draining.closing.set()
    try:
        answer = ben.send("slow_down")
    finally:
        draining.closing.clear()
    assert (answer["error"]["code"], answer["error"]["retry_after"]) == ("unavailable", 2.0)
    assert meeting.seq == before
    assert ben.send("slow_down")["ok"]

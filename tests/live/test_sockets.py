"""The live protocol over sockets: join, command, catch_up, patch, and whatever else arrives."""

import threading
import time
import uuid
from typing import Any

import pytest
from sqlalchemy import delete, select

from facilitation.extensions import db, socketio
from facilitation.live import broadcast
from facilitation.meeting.models import Person as StoredPerson
from facilitation.meeting.models import SignIn
from facilitation.web import sockets
from tests.conftest import Meeting, Person
from tests.faults.waiting import wait_until


def socket_of(person: Person) -> Any:
    return socketio.test_client(person.meeting.app, flask_test_client=person.client)


def join(who: Person, **more: Any) -> tuple[Any, dict[str, Any]]:
    socket = socket_of(who)
    return socket, socket.emit("join", {"workshop": who.meeting.slug, **more}, callback=True)


def test_joining_gives_the_regions_of_the_view_and_where_the_meeting_stands(unwatched: Meeting) -> None:
    _, joined = join(unwatched.as_("facilitator"), view="console")
    assert joined["ok"]
    assert joined["seq"] == unwatched.seq
    assert {"now", "run", "people"} <= joined["regions"].keys()
    assert {"epoch", "release", "now"} <= joined.keys()


def test_joining_again_with_the_last_number_gives_only_what_changed(unwatched: Meeting) -> None:
    organiser = unwatched.as_("organiser")
    _, first = join(organiser, view="room")
    organiser.do("open_workshop")
    _, second = join(organiser, view="room", since=first["seq"])
    assert "principles" in first["regions"]
    assert "now" in second["regions"]
    assert second["seq"] > first["seq"]


def test_a_number_ahead_of_the_server_gives_everything(unwatched: Meeting) -> None:
    _, joined = join(unwatched.as_("observer"), since=10_000)
    assert {"now", "agenda", "principles"} <= joined["regions"].keys()


def test_catching_up_gives_what_changed_in_between_as_it_is_now(unwatched: Meeting) -> None:
    organiser = unwatched.as_("organiser")
    socket, joined = join(organiser, view="console")
    organiser.do("open_workshop")
    organiser.do("start_item", item="welcome")
    organiser.do("start_item", item="briefing")
    caught_up = socket.emit("catch_up", {"since": joined["seq"]}, callback=True)
    assert caught_up["seq"] == unwatched.seq
    assert "Aims, agenda and rules" in caught_up["regions"]["now"]


def test_strangers_and_views_of_other_roles_are_refused(
    unwatched: Meeting, new_meeting: Any, reference_plan: Any
) -> None:
    assert not socketio.test_client(unwatched.app, flask_test_client=unwatched.app.test_client()).is_connected()
    _, joined = join(unwatched.as_("al-1"), view="console")
    assert joined["error"]["code"] == "forbidden"
    other = new_meeting(reference_plan)
    socket = socket_of(unwatched.as_("al-1"))
    assert socket.emit("join", {"workshop": other.slug}, callback=True)["error"]["code"] == "unauthenticated"


@pytest.mark.parametrize("event", ["join", "command", "catch_up"])
@pytest.mark.parametrize("message", [None, 5, "x", [], {}, {"workshop": 7}, {"workshop": "x" * 1000, "since": -1}])
def test_whatever_arrives_is_answered_as_invalid_and_the_socket_stays(
    unwatched: Meeting, event: str, message: Any
) -> None:
    socket = socket_of(unwatched.as_("al-1"))
    answer = socket.emit(event, message, callback=True)
    assert answer["ok"] is False
    assert answer["error"]["code"] in ("invalid", "not_found")
    assert socket.is_connected()


def test_a_command_over_a_socket_is_acknowledged_with_its_number(meeting: Meeting, ana: Person) -> None:
    socket, _ = join(ana, view="console")
    message = {"id": str(uuid.uuid4()), "name": "start_item", "args": {"item": "welcome"}}
    answer = socket.emit("command", message, callback=True)
    assert answer == {"ok": True, "seq": meeting.seq, "result": {}}
    meeting.look_around("start_item over a socket")


def test_every_number_reaches_every_socket_also_where_nothing_changed(meeting: Meeting, ana: Person) -> None:
    socket, joined = join(meeting.as_("observer"))
    ana.do("announce", text="Hello")
    ana.do("new_link", person="al-2")
    patches = [event["args"][0] for event in socket.get_received() if event["name"] == "patch"]
    assert [patch["from"] for patch in patches] == list(range(joined["seq"] + 1, meeting.seq + 1))
    assert patches[-1]["regions"] == {}


def test_whoever_hangs_up_while_they_wait_to_join_is_not_there(unwatched: Meeting) -> None:
    socket = socket_of(unwatched.as_("al-1"))
    with unwatched.app.app_context():
        channel = broadcast.channel_of(unwatched.stream_id)
        with channel.kept.in_use():
            joining = threading.Thread(target=socket.emit, args=("join", {"workshop": unwatched.slug}))
            joining.start()
            # Until it waits in line; were that too short, the test would only be easier to pass.
            joining.join(timeout=0.3)
            socket.disconnect()
        joining.join()
    assert channel.viewers == {}


def trail(meeting: Meeting) -> list[tuple[str, str]]:
    """The audit trail: what was done, by whom."""
    rows = meeting.as_("organiser").get("export/journal.json?lang=en").get_json()
    return [(row["entry"], row["who"]) for row in rows]


def test_an_anonymous_contribution_is_not_beside_its_authors_attendance(unwatched: Meeting) -> None:
    socket, _ = join(unwatched.as_("al-2"))
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("facilitator").do("start_item", item="presentation-al")
    before = trail(unwatched)
    card = {"item": "presentation-al", "kind": "challenge", "lang": "sq", "text": "A", "anonymity": "anonymous"}
    command = {"id": str(uuid.uuid4()), "name": "add_contribution", "args": card}
    assert socket.emit("command", command, callback=True)["ok"]
    assert trail(unwatched) == [*before, ("contribution_added", "")]
    socket.emit("signal", {"kind": "seen", "seq": unwatched.seq})
    assert trail(unwatched)[len(before) + 1 :] in ([], [("attendance_noted", "")])


def test_who_joined_before_the_opening_attends_without_doing_anything(unwatched: Meeting) -> None:
    there = [join(unwatched.as_(key)) for key in ("al-2", "mk-2")]
    with unwatched.app.app_context():
        sockets.note_who_is_in_the_room(broadcast.channel_of(unwatched.stream_id))
    assert "attendance_noted" not in [entry for entry, _ in trail(unwatched)]
    broadcast.rounds.append(sockets.note_who_is_in_the_room)
    try:
        unwatched.as_("organiser").do("open_workshop")
        deadline = time.monotonic() + 20
        while trail(unwatched)[-1][0] != "attendance_noted" and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        broadcast.rounds.clear()
    assert [entry for entry in trail(unwatched) if entry[0] == "attendance_noted"] == [("attendance_noted", "")]
    rows = unwatched.as_("organiser").get("export/participants.json?lang=en").get_json()
    assert {row["key"] for row in rows if row["attended"]} == {"al-2", "mk-2"} and len(there) == 2


def test_revoking_somebody_ends_their_sockets(meeting: Meeting) -> None:
    socket, _ = join(meeting.as_("ba-3"))
    meeting.as_("organiser").do("revoke_person", person="ba-3")
    assert not socket.is_connected()
    assert meeting.as_("ba-3").get("").status_code == 401


def test_signing_out_ends_the_sockets_of_that_browser(unwatched: Meeting) -> None:
    person = unwatched.as_("al-3")
    socket, _ = join(person)
    person.client.post("/sign-out", data={"csrf_token": person.token})
    assert not socket.is_connected()
    assert person.get("").status_code == 401


def test_a_sign_in_that_another_process_ended_ends_its_sockets_though_nobody_told_us(unwatched: Meeting) -> None:
    person, other = unwatched.as_("al-3"), unwatched.as_("al-4")
    (socket, _), (stays, _) = join(person), join(other)
    with unwatched.app.app_context(), db.session.begin():
        key = select(StoredPerson.id).filter_by(workshop_id=unwatched.stream_id, key="al-3").scalar_subquery()
        db.session.execute(delete(SignIn).where(SignIn.person_id == key))
    wait_until(lambda: not socket.is_connected(), 5, "the socket to end")
    assert stays.is_connected()


def test_the_author_hears_how_many_have_seen_it(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    author, _ = join(ben)
    reader, _ = join(meeting.as_("mk-1"))
    card = {"item": "presentation-al", "kind": "challenge", "lang": "sq", "text": "A", "anonymity": "delegation"}
    answer = author.emit("command", {"id": str(uuid.uuid4()), "name": "add_contribution", "args": card}, callback=True)
    channel = broadcast.channel_of(meeting.stream_id)
    meeting.look_around("a contribution over a socket")
    reader.emit("signal", {"kind": "seen", "seq": answer["seq"]})
    seen = [event["args"][0] for event in author.get_received() if event["name"] == "signal"]
    others = len({viewer.person_id for viewer in channel.viewers.values()}) - 1
    assert {"kind": "seen", "seq": answer["seq"], "count": 1, "of": others} in seen


def test_a_window_that_somebody_else_left_open_does_not_come_back_as_who_signed_in_after_them(
    meeting: Meeting, ben: Person
) -> None:
    _, joined = join(ben)
    assert joined["ok"]
    assert join(ben, person=0)[1]["error"]["code"] == "unauthenticated"


def test_asking_for_help_tells_the_consoles_alone_and_whether_anybody_saw_it(unwatched: Meeting) -> None:
    ben, _ = join(unwatched.as_("al-1"))
    ben.get_received()
    ben.emit("signal", {"kind": "help"})
    assert [event["args"][0] for event in ben.get_received()] == [{"kind": "help_heard", "count": 0}]
    console, _ = join(unwatched.as_("facilitator"), view="console", lang="mk")
    room, _ = join(unwatched.as_("mk-1"))
    for socket in (console, room, ben):
        socket.get_received()
    ben.emit("signal", {"kind": "help"})
    (told,) = [event["args"][0] for event in console.get_received()]
    assert told["kind"] == "help" and told["person"] == "al-1" and "Албанија" in told["name"]
    assert room.get_received() == []
    assert [event["args"][0] for event in ben.get_received()] == [{"kind": "help_heard", "count": 1}]


def test_who_edits_the_minutes_is_told_to_the_others_who_can_and_to_nobody_else(unwatched: Meeting) -> None:
    rapporteur, _ = join(unwatched.as_("rapporteur"), view="minutes")
    another, _ = join(unwatched.as_("organiser"), view="minutes", lang="mk")
    reader, _ = join(unwatched.as_("mk-1"), view="minutes")
    for socket in (rapporteur, another, reader):
        socket.get_received()
    rapporteur.emit("signal", {"kind": "typing", "field": "rewrite-welcome"})
    reader.emit("signal", {"kind": "typing", "field": "rewrite-welcome"})
    (told,) = [event["args"][0] for event in another.get_received()]
    assert told["person"] == "rapporteur" and told["field"] == "rewrite-welcome" and told["language"] == "англиски"
    assert reader.get_received() == rapporteur.get_received() == []


def test_a_practice_card_comes_back_to_its_writer_and_nothing_is_kept(unwatched: Meeting) -> None:
    ben, _ = join(unwatched.as_("al-1"))
    other, _ = join(unwatched.as_("mk-1"))
    for socket in (other, ben):
        socket.get_received()
    before = unwatched.seq
    ben.emit("signal", {"kind": "practice", "text": "Provë"})
    assert [event["args"][0] for event in ben.get_received()] == [{"kind": "practice", "text": "Provë"}]
    for text in (None, 5, "x" * 501):
        ben.emit("signal", {"kind": "practice", "text": text})
    assert ben.get_received() == [] and other.get_received() == []
    assert unwatched.seq == before
    assert "practice-title" in unwatched.as_("al-1").get("").text

"""Late and substitute people, heads, links, admission: all while the meeting runs."""

import re
from pathlib import Path

from facilitation.extensions import db
from facilitation.meeting.models import Admission, Attendance, Link
from facilitation.meeting.models import Person as Someone
from tests.conftest import Meeting, Person, csrf_token, dump_of


def enter(meeting: Meeting, url: str) -> int:
    client = meeting.app.test_client()
    path = "/join/" + url.rsplit("/", 1)[1]
    client.post(path, data={"csrf_token": csrf_token(client.get(path).text)})
    return int(client.get(f"/w/{meeting.slug}/").status_code)


def test_somebody_who_came_late_is_added_with_a_link_that_lets_them_in(meeting: Meeting, ana: Person) -> None:
    added = ana.do("add_person", name="Deputy head", role="participant", delegation="AL", language="sq")
    assert added["key"] == "al-6"
    assert enter(meeting, added["url"]) == 200


def test_facilitators_do_not_make_facilitators(ana: Person) -> None:
    refused = ana.refused("add_person", name="X", role="facilitator", language="en")
    assert (refused["code"], refused["field"]) == ("forbidden", "role")


def test_a_new_link_works_beside_the_earlier_one_until_the_links_are_revoked(meeting: Meeting, ana: Person) -> None:
    first, second = (ana.do("new_link", person="ba-2")["url"] for _ in range(2))
    assert enter(meeting, first) == enter(meeting, second) == 200
    ana.do("revoke_links", person="ba-2")
    client = meeting.app.test_client()
    assert client.get("/join/" + first.rsplit("/", 1)[1]).status_code == 404


def test_the_same_link_command_again_gives_the_same_link_and_no_second_one(meeting: Meeting, ana: Person) -> None:
    once = "5d7a1c44-1111-4222-8333-444455556666"
    first = ana.send("new_link", once, person="ba-2")
    assert ana.send("new_link", once, person="ba-2") == first


def test_links_are_kept_as_hashes_only(meeting: Meeting, ana: Person) -> None:
    token = ana.do("new_link", person="ba-2")["url"].rsplit("/", 1)[1]
    with meeting.app.app_context():
        assert all(len(link.token_hash) == 64 for link in db.session.query(Link))
        folder = Path(str(db.engine.url.database)).parent
    assert token not in dump_of(meeting.app)
    assert not any(token.encode() in file.read_bytes() for file in folder.glob("facilitation.db*"))


def test_another_head_of_delegation_is_appointed_while_the_meeting_runs(meeting: Meeting, ana: Person) -> None:
    ana.do("appoint_head", delegation="AL", person="al-2")
    with meeting.app.app_context():
        heads = db.session.query(Someone.key).filter_by(workshop_id=meeting.stream_id, is_head=True)
        assert {key for (key,) in heads} == {"al-2", "ba-1", "xk-1", "me-1", "mk-1", "rs-1"}
    assert ana.refused("appoint_head", delegation="AL", person="ba-1")["field"] == "person"


def test_whoever_has_the_code_waits_until_the_facilitator_lets_them_in(meeting: Meeting, ana: Person) -> None:
    code = re.search(r"code ([A-Z2-9]{8})", ana.get("screen").text)
    assert code
    client = meeting.app.test_client()
    home = client.get("/")
    door = client.post("/code", data={"csrf_token": csrf_token(home.text), "code": code[1].lower()})
    assert door.status_code == 303
    form = client.get(door.location)
    data = {"csrf_token": csrf_token(form.text), "name": "Zoran", "delegation": "MK", "language": "mk"}
    client.post(door.location, data=data)
    assert client.get(f"/w/{meeting.slug}/").status_code == 401
    meeting.look_around("asked to be let in")
    assert "Zoran" in ana.get("console").text
    with meeting.app.app_context():
        asked = db.session.query(Admission).filter_by(workshop_id=meeting.stream_id).one().id
    ana.do("admit_person", request=asked, role="participant", delegation="MK")
    assert client.get(door.location).location == f"/w/{meeting.slug}/"
    assert client.get(f"/w/{meeting.slug}/").status_code == 200
    assert ana.refused("turn_away", request=asked)["code"] == "conflict"


def test_attendance_is_measured_when_a_browser_joins_the_open_meeting(meeting: Meeting) -> None:
    with meeting.app.app_context():
        before = db.session.query(Attendance).count()
    meeting.observe("rs-5", "room", "en")
    meeting.observe("rs-5", "room", "mk")
    with meeting.app.app_context():
        assert db.session.query(Attendance).count() == before + 1


def test_an_organiser_changes_who_somebody_is_and_cannot_demote_themselves(meeting: Meeting) -> None:
    organiser = meeting.as_("organiser")
    organiser.do("edit_person", person="al-2", name="Dr Arta", role="speaker", language="en", delegation="AL")
    refused = organiser.refused("edit_person", person="organiser", name="Me", role="observer", language="en")
    assert refused["code"] == "conflict"

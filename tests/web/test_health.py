"""Who is connected: for facilitators whom somebody calls for help."""

from tests.conftest import Meeting, Person


def test_who_is_connected_is_listed_with_page_and_line_and_the_others_are_named(meeting: Meeting, ana: Person) -> None:
    page = ana.get("health").text
    connected, _, absent = page.partition("Not connected")
    assert "12 pages are open now." in connected and "Console" in connected and "Our delegation" in connected
    assert connected.count("by asking again and again") == 12  # the tests' sockets know no websocket
    assert "Head of delegation" in page or "everything" in connected
    meeting.leave()
    page = ana.get("health").text
    assert "0 pages are open now." in page and page.count("<li>") > absent.count("<li>")


def test_only_facilitators_look_at_connections(meeting: Meeting, ben: Person) -> None:
    for person in (ben, meeting.as_("rapporteur"), meeting.as_("observer"), meeting.as_("interpreter-mk")):
        assert person.get("health").status_code == 403
    assert meeting.as_("organiser").get("health").status_code == 200

"""Who is connected: for facilitators whom somebody calls for help."""

import re

from tests.conftest import Meeting, Person


def test_who_is_connected_is_listed_with_page_and_line_and_the_others_are_named(meeting: Meeting, ana: Person) -> None:
    page = ana.get("health").text
    connected, _, absent = page.partition("Not connected")
    assert "12 pages are open now." in connected and "Console" in connected and "Our delegation" in connected
    assert connected.count("by asking again and again") == 12  # the tests' sockets know no websocket
    meeting.leave()
    page = ana.get("health").text
    assert "0 pages are open now." in page and page.count("<li>") > absent.count("<li>")


def test_how_far_behind_somebody_is_and_that_nothing_is_known_of_who_has_never_said(
    meeting: Meeting, ana: Person
) -> None:
    assert seen_in(ana.get("health").text) == ["unknown"] * 12
    prompt, slow = meeting.observers[0], meeting.observers[2]
    for observer in (prompt, slow, prompt, slow):
        # The first word of somebody in an open meeting notes their attendance, which is a step.
        meeting.look_around()
        observer.socket.emit("signal", {"kind": "seen", "seq": observer.seq})
    ana.do("announce", text="Two more")
    ana.do("announce", text="One more")
    prompt.socket.emit("signal", {"kind": "seen", "seq": prompt.seq})
    # The worst first: who is known to be behind, then those of whom nothing is known.
    assert seen_in(ana.get("health").text) == ["all but the last 2 steps", *["unknown"] * 10, "everything"]


def seen_in(page: str) -> list[str]:
    """The last column."""
    return re.findall(r"<td>([^<]*)</td></tr>", page)


def test_only_facilitators_look_at_connections(meeting: Meeting, ben: Person) -> None:
    for person in (ben, meeting.as_("rapporteur"), meeting.as_("observer"), meeting.as_("interpreter-mk")):
        assert person.get("health").status_code == 403
    assert meeting.as_("organiser").get("health").status_code == 200

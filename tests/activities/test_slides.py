"""Slides that follow: uploaded as PDF, opened in a process of its own, seen by everybody in the room, led by who presents."""

import io
import uuid
from typing import Any

import pytest
import typst

from facilitation.activities import rendering, slides
from facilitation.web import slides as web_slides
from tests.conftest import Meeting, Person


def pdf(pages: int = 3) -> bytes:
    """A PDF with so many pages."""
    source = "#set page(width: 16cm, height: 9cm)\n" + "\n#pagebreak()\n".join(
        f"= Slide {n}" for n in range(1, pages + 1)
    )
    return bytes(typst.compile(source.encode()))


def upload(person: Person, content: bytes, item: str = "presentation-al", name: str = "slides.pdf") -> dict[str, Any]:
    data = {"item": item, "file": (io.BytesIO(content), name)}
    answer: dict[str, Any] = person.post("slides", data, headers={"Accept": "application/json"}).get_json()
    person.meeting.look_around("slides uploaded")
    return answer


def deck_on(page: str) -> str:
    return page.partition('data-slides="')[2].partition('"')[0]


@pytest.fixture
def presenting(meeting: Meeting, ana: Person, ben: Person) -> Meeting:
    """Albania presents three slides."""
    assert upload(ben, pdf())["ok"]
    ana.do("start_item", item="presentation-al")
    return meeting


def test_everybody_in_the_room_sees_the_presenters_page_and_its_text(presenting: Meeting, ben: Person) -> None:
    other = presenting.as_("mk-1")
    page = other.get("").text
    deck = deck_on(page)
    assert 'data-page="1" data-pages="3"' in page and "Slide 1" in page
    ben.do("show_page", item="presentation-al", page=3)
    page = other.get("").text
    assert 'data-page="3"' in page and "Slide 3" in page
    picture = other.get(f"slides/{deck}/3.png")
    assert picture.status_code == 200 and picture.data.startswith(b"\x89PNG")
    assert picture.headers["Cache-Control"] == "private, no-store"
    assert other.get(f"slides/{deck}/2.txt").text == "Slide 2"
    assert deck_on(presenting.as_("facilitator").get("screen").text) == deck


def test_only_who_presents_leads(presenting: Meeting, ana: Person, ben: Person) -> None:
    stranger = presenting.as_("mk-1")
    assert stranger.refused("show_page", item="presentation-al", page=2)["code"] == "forbidden"
    assert not upload(stranger, pdf())["ok"]
    assert stranger.refused("remove_slides", item="presentation-al")["code"] == "forbidden"
    assert ben.refused("show_page", item="presentation-al", page=4)["field"] == "page"
    assert ben.refused("show_page", item="presentation-ba", page=1)["code"] == "not_now"
    ana.do("show_page", item="presentation-al", page=2)
    presenting.as_("al-2").do("show_page", item="presentation-al", page=1)


def test_pictures_are_for_members_of_the_meeting_only(
    presenting: Meeting, ben: Person, new_meeting: Any, reference_plan: Any
) -> None:
    deck = deck_on(ben.get("").text)
    assert presenting.app.test_client().get(f"/w/{presenting.slug}/slides/{deck}/1.png").status_code == 401
    elsewhere = new_meeting(reference_plan)
    assert elsewhere.as_("al-1").get(f"slides/{deck}/1.png").status_code == 404
    assert ben.get(f"slides/{deck}/9.png").status_code == 404
    assert ben.get("slides/../1.png").status_code == 404


def test_slides_that_are_refused_leave_no_pictures(unwatched: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = slides.folder_of
    made: list[Any] = []

    def noting(deck: str) -> Any:
        made.append(folder(deck))
        return made[-1]

    monkeypatch.setattr(web_slides, "folder_of", noting)
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("organiser").do("close_workshop")
    refused = upload(unwatched.as_("al-1"), pdf(1))
    assert refused["error"]["code"] == "not_now"
    assert made and not any(each.exists() for each in made)


def test_slides_are_replaced_and_removed_with_their_pictures(presenting: Meeting, ben: Person) -> None:
    first = deck_on(ben.get("").text)
    assert upload(ben, pdf(1))["ok"]
    second = deck_on(ben.get("").text)
    with presenting.app.app_context():
        assert not slides.folder_of(first).exists() and slides.folder_of(second).exists()
    ben.do("remove_slides", item="presentation-al")
    assert "data-slides=" not in ben.get("").text
    with presenting.app.app_context():
        assert not slides.folder_of(second).exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"MZ this is a program", "not a PDF"),
        (b"%PDF-1.7 but nothing more", "not a PDF"),
        (b"<svg/>" + b" " * 2000 + b"%PDF-1.7", "not a PDF"),
        (b"", "not a PDF"),
        (b"%PDF-1.7" + b"\0" * (rendering.MAX_BYTES + 10), "larger than 20 MB"),
    ],
    ids=["a program", "a broken one", "hidden behind something", "nothing", "too large"],
)
def test_what_is_no_pdf_is_refused_by_its_content_and_leaves_nothing(
    meeting: Meeting, ben: Person, content: bytes, says: str
) -> None:
    with meeting.app.app_context():
        folder = slides.folder_of("x").parent
    before = set(folder.iterdir()) if folder.exists() else set()
    answer = upload(ben, content)
    assert not answer["ok"] and says in answer["error"]["message"]
    assert (set(folder.iterdir()) if folder.exists() else set()) == before


def test_too_many_pages_are_refused(meeting: Meeting, ben: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "more than 120 pages" in upload(ben, pdf(121))["error"]["message"]


def test_the_command_behind_the_upload_is_nobodys_to_send(meeting: Meeting, ben: Person) -> None:
    refusal = ben.refused("add_slides", item="presentation-al", deck="../../etc")
    assert refusal["code"] == "forbidden"


def test_an_upload_needs_the_sessions_token(meeting: Meeting, ben: Person) -> None:
    data = {"item": "presentation-al", "file": (io.BytesIO(pdf()), "x.pdf")}
    assert ben.client.post(f"/w/{meeting.slug}/slides", data=data).status_code == 400


def test_a_page_sent_twice_is_shown_once(presenting: Meeting, ben: Person) -> None:
    command_id = str(uuid.uuid4())
    first = ben.send("show_page", command_id, item="presentation-al", page=2)
    assert ben.send("show_page", command_id, item="presentation-al", page=2) == first

"""What costs much is given to each in turn: allowances, places, and files that are not made twice."""

import io
import threading
from typing import Any

import pytest
from flask import Flask

from facilitation.places import Full, Places
from facilitation.record import exports
from facilitation.record.document import Document, Run
from facilitation.web import slides
from facilitation.web.limits import Allowance
from tests.conftest import Meeting
from tests.faults.waiting import wait_until


@pytest.mark.parametrize(
    ("allowance", "path"),
    [("costly", "export/agenda.json?lang=en"), ("asking", "found?q=word")],
    ids=["files", "search"],
)
def test_one_who_asks_for_very_much_is_slowed_down_and_nobody_else(
    unwatched: Meeting, monkeypatch: pytest.MonkeyPatch, allowance: str, path: str
) -> None:
    ben, ana = unwatched.as_("al-1"), unwatched.as_("facilitator")
    monkeypatch.setitem(unwatched.app.extensions, allowance, Allowance(2, 0.01))
    answers = [ben.get(path) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 50 and "than is allowed" in answers[2].text
    assert ana.get(path).status_code == 200


@pytest.mark.parametrize(
    ("key", "path"), [("al-1", "slides"), ("interpreter-mk", "suggestions"), ("organiser", "rehearsal")]
)
def test_uploads_suggestions_and_rehearsals_cost_too(
    unwatched: Meeting, monkeypatch: pytest.MonkeyPatch, key: str, path: str
) -> None:
    person = unwatched.as_(key)
    monkeypatch.setitem(unwatched.app.extensions, "costly", Allowance(0, 0.01))
    assert person.post(path).status_code == 429


def test_a_public_file_is_made_once_and_not_for_each_stranger(played: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def write(document: Any, format: str) -> tuple[bytes, str]:
        made.append(format)
        return f"{format} {len(made)}".encode(), "text/plain"

    monkeypatch.setattr(exports, "written", write)
    monkeypatch.setattr(exports, "MOST_KEPT", 3)
    exports._kept.clear()
    stranger = played.app.test_client()

    def get(format: str, lang: str) -> str:
        answer = stranger.get(f"/records/{played.slug}/record.{format}?lang={lang}")
        assert answer.status_code == 200
        return str(answer.text)

    assert get("pdf", "en") == get("pdf", "en") == "pdf 1"
    assert (get("docx", "en"), get("pdf", "mk"), get("pdf", "en")) == ("docx 2", "pdf 3", "pdf 1")
    assert (
        get("docx", "mk") == "docx 4" and get("docx", "en") == "docx 5"
    )  # that which was asked for longest ago was let go
    exports._kept.clear()


def test_strangers_who_ask_for_the_same_file_at_once_wait_for_one(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    made: list[str] = []
    all_have_asked, asked = threading.Event(), threading.Semaphore(0)

    def write(document: Any, format: str) -> tuple[bytes, str]:
        made.append(format)
        assert all_have_asked.wait(10)
        return b"the file", "text/plain"

    monkeypatch.setattr(exports, "written", write)
    document = Document("record", "at-once", "en", Run("At once", "en"))
    got: list[bytes] = []

    def ask() -> None:
        with app.app_context():
            asked.release()
            got.append(exports.written_once(document, "pdf")[0])

    strangers = [threading.Thread(target=ask) for _ in range(10)]
    for each in strangers:
        each.start()
    for _ in strangers:
        assert asked.acquire(timeout=10)
    all_have_asked.set()
    for each in strangers:
        each.join(10)
    assert got == [b"the file"] * 10 and made == ["pdf"]
    exports._kept.clear()


def test_where_too_many_wait_one_is_asked_to_come_back(unwatched: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise Full

    monkeypatch.setattr(exports, "written", full)
    answer = unwatched.as_("al-1").get("export/agenda.html?lang=en")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "30"
    assert "Wait half a minute and try again." in answer.text


def test_an_upload_for_which_there_is_no_place_is_refused_and_its_presenter_told(
    unwatched: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise Full

    monkeypatch.setattr(slides, "render", full)
    form = {"item": "presentation-al", "file": (io.BytesIO(b"%PDF-1.7"), "slides.pdf")}
    answer = unwatched.as_("al-1").post("slides", form, headers={"Accept": "application/json"}).get_json()
    assert answer["error"]["code"] == "unavailable" and "try again" in answer["error"]["message"]


def test_places_have_an_end_and_are_given_back() -> None:
    places, inside, go = Places(at_a_time=1, in_line=1), threading.Semaphore(0), threading.Event()

    def work() -> None:
        with places:
            inside.release()
            go.wait(10)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    assert inside.acquire(timeout=10)
    wait_until(lambda: not places._all._value, 10, "the other to stand in line")  # type: ignore[attr-defined]
    with pytest.raises(Full), places:
        pass
    go.set()
    for each in threads:
        each.join(10)
    with pytest.raises(ZeroDivisionError), places:
        raise ZeroDivisionError
    with places:
        pass

"""The library of public records: found by what they say, in any language of theirs, whatever the endings, in either script."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from facilitation.extensions import db
from facilitation.record import seal
from facilitation.record.writers import WRITERS
from tests.conftest import Meeting
from tests.record.conftest import circulate, rows_of


@pytest.fixture
def stranger(played: Meeting) -> FlaskClient:
    return played.app.test_client()


def search(stranger: FlaskClient, words: str, reader: str = "en") -> str:
    page: Any = stranger.get("/records/", query_string={"q": words}, headers={"Accept-Language": reader})
    assert page.status_code == 200
    return str(page.text)


@pytest.mark.parametrize(
    ("words", "reader"),
    [
        ("rehabilitation", "en"),
        ("rehabilitated prisoners", "en"),
        ("рехабилитациите", "mk"),
        ("rehabilitacija", "mk"),
        ("rehabilitimin", "sq"),
        ("REHABILITIMIT", "sq"),
        ("рамките", "mk"),
        ("burgut", "sq"),
    ],
)
def test_a_record_is_found_by_its_words_whatever_their_endings_and_script(
    played: Meeting, stranger: FlaskClient, words: str, reader: str
) -> None:
    page = search(stranger, words, reader)
    assert f'/records/{played.slug}?lang={reader}"' in page.partition('role="status"')[2] and "<mark>" in page


def test_what_is_found_says_its_language_wherever_the_page_has_another(played: Meeting, stranger: FlaskClient) -> None:
    page = search(stranger, "дистанцирањето", "en")
    found = page.partition('<ul class="meeting-list">')[2].partition("</ul>")[0]
    assert '?lang=mk"><span lang="mk">Практики поврзани' in found
    assert '<p class="library-line"><span lang="mk">' in found and '<p class="library-line" lang' not in found
    psychosocial = search(stranger, "Psychosocial counselling", "sq").partition('role="status"')[2].partition("<h2>")[0]
    lines = re.findall(r'<p class="library-line">(.*?)</p>', psychosocial)
    assert any({"en", "sq"} <= set(re.findall(r'lang="(\w+)"', line)) for line in lines), lines


def test_what_no_record_says_is_not_found(stranger: FlaskClient) -> None:
    page = search(stranger, "volcano")
    assert "0 records found" in page and "<mark>" not in page
    assert "0 records found" in search(stranger, "rehabilitation volcano")
    assert "at least one word of three letters" in search(stranger, "a of")
    assert "0 records found" in search(stranger, 'tele" OR 1=1 --  * NEAR(')


def test_a_withdrawn_record_is_not_found(closed: Meeting) -> None:
    circulate(closed)
    organiser = closed.as_("organiser")
    organiser.do("adopt_minutes")
    organiser.do("publish_record")
    address = f"/records/{closed.slug}?lang=en"
    assert address in search(closed.app.test_client(), "disengagement")
    organiser.do("withdraw_record", reason="A name was misspelt.")
    assert address not in search(closed.app.test_client(), "disengagement")


@pytest.mark.parametrize(
    "left", ["", "{}", '{"languages":["en"],"default_language":"en","documents":{"en":{"title":7}}}']
)
def test_a_damaged_record_says_so_and_hides_no_other(played: Meeting, closed: Meeting, left: str) -> None:
    circulate(closed)
    organiser = closed.as_("organiser")
    organiser.do("adopt_minutes")
    organiser.do("publish_record")
    with rows_of(closed) as workshop:
        row = seal.latest_version(workshop)
        assert row is not None
        row.document = left
        db.session.commit()
    stranger = closed.app.test_client()
    found = search(stranger, "rehabilitation")
    assert f"/records/{played.slug}?lang=en" in found and f"/records/{closed.slug}?lang=en" not in found
    page = stranger.get(f"/records/{closed.slug}?lang=en")
    assert page.status_code == 500 and "This record is damaged" in page.text and "workshop verify" in page.text
    for format in WRITERS:
        file = stranger.get(f"/records/{closed.slug}/record.{format}?lang=en")
        assert file.status_code == 500 and "This record is damaged" in file.text

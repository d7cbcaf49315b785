"""Links leave the house: as a table, a sheet, letters; shown once, kept as hashes, each in its reader's language."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import inspect, text

from facilitation.extensions import catalog_language, db
from facilitation.meeting.acts import load_workshop
from facilitation.meeting.models import Link
from tests.conftest import Meeting, Person, csrf_token
from tests.web.pages import form_of, forms_of, parse, submit

TITLES = {"en": "Second regional working group", "mk": "Втора регионална работна група"}


@pytest.fixture
def olga(unwatched: Meeting) -> Person:
    """Olga organises a meeting that is prepared."""
    return unwatched.as_("organiser")


def rows_of(answer: Any) -> list[dict[str, str]]:
    """The rows of a table of links."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def path_of(url: str) -> str:
    """A link's path, which the test's browsers open."""
    assert url.startswith("http://127.0.0.1:5000/join/")
    return urlsplit(url).path


def joins(meeting: Meeting, url: str) -> bool:
    """Whether a new browser gets in with the link."""
    client = meeting.app.test_client()
    page = client.get(path_of(url))
    if page.status_code != 200:
        return False
    assert client.post(path_of(url), data={"csrf_token": csrf_token(page.text)}).status_code == 303
    return bool(client.get(f"/w/{meeting.slug}/").status_code == 200)


def texts(element: Any) -> str:
    """All text in an element."""
    return " ".join("".join(element.itertext()).split())


def test_the_table_has_everybody_and_links_that_work(olga: Person) -> None:
    answer = olga.post("links", {"who": "everybody", "format": "csv"})
    assert answer.mimetype == "text/csv" and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="links-{olga.meeting.slug}.csv"'
    rows = rows_of(answer)
    assert list(rows[0]) == ["key", "name", "role", "delegation", "language", "url"]
    with olga.meeting.app.app_context():
        assert [row["key"] for row in rows] == [p.key for p in load_workshop(olga.meeting.stream_id).people]
    head = next(row for row in rows if row["key"] == "mk-1")
    assert (head["role"], head["delegation"], head["language"]) == ("participant", "MK", "mk")
    assert len({row["url"] for row in rows}) == len(rows)
    assert joins(olga.meeting, head["url"])


def test_no_name_becomes_a_formula(olga: Person) -> None:
    for n, name in enumerate(('=HYPERLINK("http://x")', "+1", "-1", "@x", 'Ana, “lead” "A"\nB')):
        olga.do("add_person", name=name, role="observer", language="en", key=f"o-{n}")
    rows = rows_of(olga.post("links", {"who": "chosen", "people": [f"o-{n}" for n in range(5)], "format": "csv"}))
    assert [row["name"] for row in rows] == [
        "'=HYPERLINK(\"http://x\")", "'+1", "'-1", "'@x", "Ana, “lead” \"A\"\nB"
    ]  # fmt: skip


def test_only_the_chosen_get_links(olga: Person) -> None:
    with olga.meeting.app.app_context():
        before = db.session.query(Link).count()
    rows = rows_of(olga.post("links", {"who": "chosen", "people": ["mk-1", "al-1"], "format": "csv"}))
    assert [row["key"] for row in rows] == ["al-1", "mk-1"]
    with olga.meeting.app.app_context():
        assert db.session.query(Link).count() == before + 2
    seq = olga.meeting.seq
    assert olga.post("links", {"who": "chosen", "format": "csv"}).status_code == 400
    assert olga.post("links", {"who": "chosen", "people": ["nobody"], "format": "csv"}).status_code == 404
    assert olga.post("links", {"who": "everybody", "format": "pdf"}).status_code == 400
    assert olga.meeting.seq == seq


def test_the_sheet_has_a_card_for_each_in_their_language(olga: Person) -> None:
    olga.do(
        "edit_person",
        person="mk-1",
        name={"en": "Ms A", "mk": "Г-ѓа А"},
        role="participant",
        delegation="MK",
        language="mk",
    )
    answer = olga.post("links", {"who": "chosen", "people": ["facilitator", "mk-1"], "format": "sheet"})
    assert answer.headers["Cache-Control"] == "no-store"
    cards = list(parse(answer.text).iter("article"))
    english, macedonian = map(texts, cards)
    assert "Lead facilitator" in english and TITLES["en"] in english and "9–10 June 2020" in english
    assert "yours alone" in english and "http://127.0.0.1:5000/join/" in english
    assert "Г-ѓа А" in macedonian and TITLES["mk"] in macedonian and "Северна Македонија" in macedonian
    with olga.meeting.app.app_context():
        spoken = catalog_language("mk")
    assert cards[1].get("lang") == spoken
    if spoken == "mk":
        assert "9–10 јуни 2020" in macedonian and "yours alone" not in macedonian


def test_the_letters_are_in_their_readers_language(olga: Person) -> None:
    answer = olga.post("links", {"who": "chosen", "people": ["facilitator", "mk-1"], "format": "mail"})
    assert answer.headers["Cache-Control"] == "no-store"
    english, macedonian = list(parse(answer.text).iter("section"))
    for section, title in ((english, TITLES["en"]), (macedonian, TITLES["mk"])):
        subject, body, url = letter_in(section)
        assert title in subject and title in body and url in body.splitlines()
        mail = next(link.get("href") for link in section.iter("a") if link.get("href", "").startswith("mailto:"))
        assert parse_qs(urlsplit(mail).query) == {"subject": [subject], "body": [body.replace("\n", "\r\n")]}
    assert "9–10 June 2020, from 09:30 (Europe/Paris)" in letter_in(english)[1]
    with olga.meeting.app.app_context():
        if catalog_language("mk") == "mk":
            assert "9–10 јуни 2020" in letter_in(macedonian)[1] and "yours alone" not in letter_in(macedonian)[1]
    copied = {button.get("data-copy", "").lstrip("#") for button in macedonian.iter("button")}
    assert copied <= {field.get("id") for field in macedonian.iter()}


def letter_in(section: Any) -> tuple[str, str, str]:
    """Subject, body and link of a letter."""
    fields = {
        field.get("id", "").rsplit("-", 1)[1]: field for field in section.iter() if field.tag in ("input", "textarea")
    }
    return fields["subject"].get("value"), fields["body"].text, fields["link"].get("value")


def test_one_page_makes_its_links_once_in_all_formats(olga: Person) -> None:
    form = form_of(olga.get("settings").text, "form-links")
    first = rows_of(submit(olga, form, who="chosen", people=["mk-1", "al-1"], format="csv"))
    assert rows_of(submit(olga, form, who="chosen", people=["al-1", "mk-1"], format="csv")) == first
    sheet = submit(olga, form, who="chosen", people=["mk-1", "al-1"], format="sheet").text
    assert all(row["url"] in sheet for row in first)
    other = rows_of(submit(olga, form, who="chosen", people=["mk-1"], format="csv"))
    assert other[0]["url"] not in {row["url"] for row in first}
    new_page = form_of(olga.get("settings").text, "form-links")
    assert rows_of(submit(olga, new_page, who="chosen", people=["mk-1", "al-1"], format="csv")) != first


def test_a_revoked_link_is_never_shown_again(olga: Person) -> None:
    form = form_of(olga.get("settings").text, "form-links")
    first = rows_of(submit(olga, form, who="chosen", people=["mk-1", "al-1"], format="csv"))
    olga.do("revoke_links", person="mk-1")
    again = rows_of(submit(olga, form, who="chosen", people=["mk-1", "al-1"], format="csv"))
    assert joins(olga.meeting, again[1]["url"]) and not joins(olga.meeting, first[1]["url"])


def test_whoever_was_removed_gets_none(olga: Person) -> None:
    olga.do("revoke_person", person="mk-2")
    rows = rows_of(olga.post("links", {"who": "everybody", "format": "csv"}))
    assert "mk-2" not in {row["key"] for row in rows}
    assert olga.post("links", {"who": "chosen", "people": ["mk-2"], "format": "csv"}).status_code == 409
    assert olga.post("links/mk-2").status_code == 409


def test_one_link_asks_first_and_is_shown_to_be_copied(olga: Person) -> None:
    seq = olga.meeting.seq
    asked = olga.get("links/mk-1")
    assert asked.status_code == 200 and "Head of treatment" in asked.text and olga.meeting.seq == seq
    (form,) = forms_of(olga.get("settings").text, having="/links/mk-1")
    made = submit(olga, form)
    assert made.status_code == 200 and made.headers["Cache-Control"] == "no-store"
    (section,) = parse(made.text).iter("section")
    subject, body, url = letter_in(section)
    assert TITLES["mk"] in subject and url in body
    assert joins(olga.meeting, url)
    assert olga.get("links/nobody").status_code == 404
    assert olga.post("links/nobody").status_code == 404


def test_a_key_may_be_anything(olga: Person) -> None:
    key = olga.do("add_person", name="Odd one", role="observer", language="en", key="a/b ü?#%")["key"]
    (form,) = forms_of(olga.get("settings").text, having="/links/a/")
    made = submit(olga, form)
    assert key == "a/b ü?#%" and made.status_code == 200 and "Invitation for Odd one" in made.text


def test_roles(unwatched: Meeting) -> None:
    seq_free = ("co-facilitator", "rapporteur", "interpreter-mk", "consultant", "al-1", "observer")
    people = [unwatched.as_(key) for key in ("facilitator", *seq_free)]
    seq = unwatched.seq
    for person in people:
        assert person.post("links", {"who": "everybody", "format": "csv"}).status_code == 403
    for person in people[2:]:
        assert person.get("links/mk-1").status_code == person.post("links/mk-1").status_code == 403
    stranger = unwatched.app.test_client()
    token = csrf_token(stranger.get("/").text)
    for path in ("links", "links/mk-1"):
        assert stranger.post(f"/w/{unwatched.slug}/{path}", data={"csrf_token": token}).status_code == 401
    assert unwatched.as_("facilitator").post("links/organiser").status_code == 403
    assert unwatched.seq == seq
    facilitator = unwatched.as_("facilitator").post("links/mk-1")
    assert facilitator.status_code == 200 and f'href="/w/{unwatched.slug}/console"' in facilitator.text


def test_forged_forms_make_no_links(olga: Person) -> None:
    seq = olga.meeting.seq
    for path in ("links", "links/mk-1"):
        assert olga.post(path, {"csrf_token": "forged", "who": "everybody", "format": "csv"}).status_code == 400
    assert olga.meeting.seq == seq
    assert olga.get("links").status_code == 302


def test_links_are_only_hashes_at_rest(olga: Person) -> None:
    rows = rows_of(olga.post("links", {"who": "everybody", "format": "csv"}))
    tokens = [row["url"].rsplit("/", 1)[1] for row in rows]
    with olga.meeting.app.app_context():
        kept = "\n".join(stored_values())
    assert "mk-1" in kept
    assert not [token for token in tokens if token in kept]


def stored_values() -> Iterator[str]:
    """Every value of every table, as text."""
    for table in inspect(db.engine).get_table_names():
        for row in db.session.execute(text(f'SELECT * FROM "{table}"')):
            yield from map(str, row)

"""Hostile text in every field that people can fill: put there before the first attack (see ``preparing``); here it comes out."""

import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import docx
import openpyxl
import pypdf
import pytest
from flask import Flask

from facilitation.live.commands import COMMANDS
from facilitation.live.regions import VIEWS
from facilitation.record.exports import EXPORTS
from tests.attacks.preparing import CLOSED, COMPUTED, FOREIGN, PUBLISHED, SLUGS, texts_of
from tests.attacks.production import Target
from tests.servers import SLUG

pytestmark = pytest.mark.alike
ROLES = ("organiser", "facilitator", "rapporteur", "interpreter-mk", "al-1", "al-2", "observer")
PAGES = ("", "console", "screen", "desk", "delegation", "minutes", "settings", "health", "privacy", "found?q=img",
         "found?q=img&handle=1", "links", "rehearsal", "reminders", "links/al-1", "links/rs-5")  # fmt: skip
ATTRIBUTES_WITH_ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href")


class Harmless(HTMLParser):
    """Reads a page and holds that nothing in it can run, load or lead anywhere but what we wrote ourselves."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Every element."""
        given = {name: value or "" for name, value in attrs}
        assert not [name for name in given if name.startswith("on")], (tag, given)
        assert tag not in ("iframe", "object", "embed", "base", "frame"), (tag, given)
        assert tag != "script" or "src" in given or "nonce" in given, given
        assert tag != "img" or given.get("src", "").startswith(("/w/", "/static/", "data:image/svg+xml")), given
        for name in ATTRIBUTES_WITH_ADDRESSES:
            address = "".join(given.get(name, "").split()).lower()
            assert not address.startswith(("javascript:", "vbscript:", "file:", "data:text")), (tag, given)

    handle_startendtag = handle_starttag


def assert_inert(html: str) -> None:
    """The hostile text is there as text alone, or not at all."""
    assert COMPUTED not in html and "<img src=x" not in html and "[{" not in html
    Harmless(html)


@pytest.mark.usefixtures("app")
def test_every_command_with_words_was_given_hostile_ones(target: Target) -> None:
    """A new command with words fails this test until ``preparing`` gives it."""
    with_words = {command.name for command in COMMANDS.values() if texts_of(command)}
    assert len(with_words) > 35 and with_words - set(target.known["given"]) == {"ask_admission"}, (
        "this one a form gives"
    )


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("key", ROLES)
def test_hostile_text_is_text_on_every_page_of_every_role(target: Target, slug: str, key: str) -> None:
    seen = 0
    for page in PAGES:
        response = target.of(slug, key).get(f"/w/{slug}/{page}")
        if response.status_code == 200:
            assert_inert(response.text)
            seen += response.text.count("onerror=alert(1)&gt;")
        else:
            assert response.status_code in (302, 403, 404), page
    assert seen > 10, "otherwise nothing hostile was looked at"


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("view", ["room", "console", "screen", "desk", "delegation", "minutes"])
def test_hostile_text_is_text_in_every_region(app: Flask, target: Target, slug: str, view: str) -> None:
    assert view in VIEWS
    key = {"console": "facilitator", "screen": "facilitator", "desk": "interpreter-mk", "delegation": "al-1"}.get(
        view, "al-1"
    )
    for lang in ("en", "sr-Cyrl"):
        with target.of(slug, key).line() as line:
            answer = line.ask("join", {"workshop": slug, "view": view, "lang": lang})
        assert answer["ok"], answer
        assert_inert("".join(answer["regions"].values()))


def test_hostile_text_is_text_on_public_pages_and_doors(target: Target) -> None:
    stranger = target.stranger()
    code = target.known["ids"][SLUG]["code"]
    pages = [
        "/",
        "/records/",
        f"/records/{PUBLISHED}",
        f"/records/{PUBLISHED}?lang=mk",
        f"/door/{code}",
        "/account/sign-in",
    ]
    pages += ["/join/" + target.known["links"][slug]["rs-5"].rsplit("/", 1)[1] for slug in SLUGS]
    seen = 0
    for page in pages:
        response = stranger.get(page)
        assert response.status_code == 200, page
        assert_inert(response.text)
        seen += response.text.count("&lt;img src=x")
    assert seen > 10
    for format in ("html", "md", "docx", "pdf", "json"):
        assert stranger.get(f"/records/{PUBLISHED}/record.{format}?lang=en").status_code == 200


REFLECTED = ["<img src=x onerror=alert(1)>", '"><script>alert(1)</script>', "{{7654321*3}}", "javascript:alert(1)",
             "%00", "a\r\nSet-Cookie: a=b", "\u202egnp.exe", "\ud800".encode("utf-8", "surrogatepass")]  # fmt: skip


@pytest.mark.parametrize("text", REFLECTED, ids=ascii)
def test_what_is_sent_back_in_an_answer_is_text(target: Target, text: Any) -> None:
    """Fields of forms that were not taken, searches, codes, languages, names in addresses."""
    somebody, stranger = target["al-1"], target.stranger()
    answers = [
        somebody.ask("GET", f"/w/{SLUG}/found", params={}).status_code and somebody.browser.get(
            f"https://127.0.0.1:{target.server.door.port}/w/{SLUG}/found", params={"q": text, "theme": text, "lang": text},
            headers={"Cookie": somebody.cookies, "Host": "facilitation.example.org"}, timeout=30),
        somebody.ask("POST", f"/w/{SLUG}/commands/add_contribution", data={
            "csrf_token": somebody.token, "item": text, "text": text, "kind": text, "lang": text, "extra": text}),
        stranger.ask("POST", "/code", data={"csrf_token": stranger.token, "code": text}),
        stranger.ask("POST", "/language", data={"csrf_token": stranger.token, "lang": text, "next": text}),
        stranger.ask("POST", "/account/sign-in", data={"csrf_token": stranger.token, "email": text, "password": text,
                                                       "code": text}),
    ]  # fmt: skip
    for response in answers:
        assert response.status_code < 500
        assert_inert(response.text)
        assert "a" not in response.cookies


LANGUAGES = ("en", "mk")


@pytest.mark.parametrize("slug", [SLUG, PUBLISHED])
@pytest.mark.parametrize("document", ["minutes", "record", "agenda", "contributions", "participants", "journal"])
def test_every_file_with_hostile_text_in_it_opens_and_does_nothing(target: Target, slug: str, document: str) -> None:
    for format in EXPORTS[document]:
        lang = LANGUAGES[len(format) % 2]
        response = target.of(slug, "organiser").get(f"/w/{slug}/export/{document}.{format}?lang={lang}")
        assert response.status_code == 200, (document, format)
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        OPENED[format](response.content)


def _html(content: bytes) -> None:
    assert_inert(content.decode())


def _word(content: bytes) -> None:
    assert docx.Document(io.BytesIO(content)).paragraphs
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith(".rels"):
                links = archive.read(name).decode()
                assert "javascript:" not in links and "file:" not in links and "passwd" not in links


def _pdf(content: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(content))
    addresses = {
        str(annotation.get_object().get("/A", {}).get("/URI", "https:"))
        for page in reader.pages
        for annotation in page.get("/Annots", ())
    }
    assert all(address.startswith("https:") for address in addresses), addresses
    assert not reader.attachments and b"/JavaScript" not in content and b"/Launch" not in content
    assert "root:x:0" not in "".join(page.extract_text() for page in reader.pages)


def _table(content: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def _markdown(content: bytes) -> None:
    text = content.decode()
    # A link has a bracket before it that is not escaped, however far before.
    assert COMPUTED not in text and not re.search(r"(?<!\\)(<img src=x|\[[^\n]*\]\(javascript:)", text)


OPENED = {
    "html": _html, "docx": _word, "pdf": _pdf, "xlsx": _table, "md": _markdown,
    "json": lambda content: None, "csv": lambda content: None, "ics": lambda content: None,
}  # fmt: skip


def test_the_other_meetings_words_are_in_no_file_of_this_one(target: Target) -> None:
    code = target.known["ids"][FOREIGN]["code"]
    for slug in (SLUG, CLOSED):
        assert code not in target.of(slug, "organiser").get(f"/w/{slug}/settings").text

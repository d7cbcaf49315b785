"""Attacks through what is sent: forms of commands, hostile text and files, floods; and where such text comes out again."""

import csv
import io
import json
import uuid
import zipfile
import zlib
from typing import Any

import docx
import openpyxl
import pypdf
import pytest
from icalendar import Calendar

from facilitation.config import REFERENCE_PLAN
from tests.attacks.conftest import Audited
from tests.attacks.preparing import ACCOUNTS, FOREIGN, SLUGS, as_pdf, pdf
from tests.attacks.production import SECRET_KEY, Somebody, Target, patiently
from tests.servers import SLUG

CARD = {"item": "presentation-al", "kind": "challenge", "lang": "en", "anonymity": "delegation"}


def raw(target: Target, body: bytes, key: str = "al-1", content_type: str = "application/json") -> Any:
    somebody = target[key]
    headers = {"Content-Type": content_type, "X-CSRFToken": somebody.token}
    return somebody.ask("POST", f"/w/{SLUG}/commands", data=body, headers=headers)


def command(text: str = '"x"', more: str = "") -> bytes:
    head = f'{{"id": "{uuid.uuid4()}", "name": "add_contribution", "args": {{"item": "presentation-al", "kind": "challenge", '
    return f'{head}"lang": "en", "anonymity": "named", "text": {text}{more}}}}}'.encode()


MALFORMED = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "deeply nested": b"[" * 100_000,
    "deeply nested objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a deeply nested argument": command("[" * 5_000 + "]" * 5_000),
    "no UTF-8": b'{"id": "\xff\xfe"}',
    "a lone surrogate": command('"\\ud800"'),
    "a lone surrogate twice": command('"\\udfff\\udfff"'),
    "NUL": command('"\\u0000"'),
    "control characters": command('"\\u0001\\u000b\\u001b"'),
    "nothing to see": command('"\\u200b\\u200b"'),
    "NaN": command("NaN"),
    "infinity": command("1e999"),
    "a huge number": command("9" * 5_000),
    "a number": command("1"),
    "an object": command('{"$gt": ""}'),
    "too much text": command('"' + "x" * 5_001 + '"'),
    "too large": command('"' + "x" * 70_000 + '"'),
    "far too large": command('"' + "x" * 3_000_000 + '"'),
    "an author": command(more=', "author_id": 1'),
    "a state": command(more=', "state": "shown"'),
    "another meeting": command(more=', "workshop_id": 2'),
    "a number of its own": command(more=', "seq": 1'),
    "__proto__": command(more=', "__proto__": {"admin": true}'),
    "constructor": command(more=', "constructor": {"prototype": {}}'),
    "__class__": command(more=', "__class__": "x"'),
    "on behalf of": command(more=', "on_behalf_of": "BA"'),
    "another's programme": command(more=', "programme": "no-such-thing"'),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_command_is_refused_and_says_why(target: Target, body: bytes) -> None:
    answer = raw(target, body)
    assert answer.status_code in (400, 403, 404, 413), answer.text[:300]
    if answer.headers["Content-Type"].startswith("application/json"):
        assert answer.json()["ok"] is False and answer.json()["error"]["message"]
    assert "Traceback" not in answer.text and "pydantic" not in answer.text


@pytest.mark.parametrize("body", list(MALFORMED.values())[:12], ids=list(MALFORMED)[:12])
def test_the_same_over_a_socket_is_answered_and_hangs_up_on_nobody_else(target: Target, body: bytes) -> None:
    text = body.decode("utf-8", "replace")[:60_000]
    with target["al-2"].line() as line:
        assert patiently(line.join)["ok"]
        try:
            answer = line.ask_in_words(f'["command",{text or "null"}]')
        except ConnectionError:
            return
        assert answer["ok"] is False


@pytest.mark.parametrize("since", [-1, 2**63, 10**30, 1.5, "1", True, [], {}, None])
def test_a_forged_number_gives_nothing_more_than_ones_own_view(target: Target, since: Any) -> None:
    with target["al-2"].line() as line:
        answer = line.ask("join", {"workshop": SLUG, "view": "room", "since": since})
        if answer["ok"]:
            assert not [
                dom_id for dom_id in answer["regions"] if dom_id.startswith(("handling-", "steering", "people"))
            ]
        else:
            assert answer["error"]["code"] == "invalid"


@pytest.mark.parametrize(
    "view", ["console", "screen", "desk", "minutes-approval", "../console", "", None, ["room"], {"a": 1}]
)
def test_no_view_of_another_role_is_joined(target: Target, view: Any) -> None:
    with target["al-2"].line() as line:
        assert line.ask("join", {"workshop": SLUG, "view": view})["error"]["code"] in ("invalid", "forbidden")


def test_another_meeting_is_not_joined_with_the_session_of_this_one(target: Target) -> None:
    with target["al-2"].line() as line:
        for workshop in (FOREIGN, "no-such-meeting", "'; DROP TABLE workshops; --", 7, None):
            answer = line.ask("join", {"workshop": workshop})
            assert answer["error"]["code"] in ("unauthenticated", "not_found", "invalid")


def test_a_flood_of_one_is_slowed_down_and_nobody_else_feels_it(target: Target) -> None:
    with target["rs-2"].line() as line:
        assert patiently(line.join)["ok"]
        for _ in range(1000):
            answer = line.command(str(uuid.uuid4()), "endorse", {"contribution": "0123456789ab"})
            if answer["error"]["code"] == "too_fast":
                break
            assert answer["error"]["code"] == "not_found"
    assert answer["error"]["code"] == "too_fast" and answer["error"]["retry_after"] > 0
    assert target["ba-1"].send("endorse", {"contribution": "0123456789ab"}).json()["error"]["code"] == "not_found"


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea></section><script>alert(2)</script>",
    "{{ 7654321 * 3 }} {% include 'layout.html' %} {{ config.SECRET_KEY }}",
    "'; DROP TABLE contributions; -- \" OR 1=1",
    "%(name)s {0} %s ${jndi:ldap://127.0.0.1/a}",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    '#read("/etc/passwd") #image("file:///etc/passwd")',
    "$ integral $ *bold* _x_ `raw` <label> @ref // comment",
    "[link](javascript:alert(1)) ![x](http://169.254.169.254/latest/meta-data/)",
    "BEGIN:VALARM\r\nATTACH:file:///etc/passwd\nEND:VALARM",
    "a\u202eb\u2066c\u2028d\u2029e",
    "Zalgo ̸̡̢̧̛" * 40,
    "🏴" * 500,
    "<w:t>x</w:t>]]><!--",
]


@pytest.fixture(scope="module")
def poisoned(target: Target) -> list[str]:
    """Hostile texts of many kinds in what is shown most, beside the one that stands everywhere (see ``preparing``)."""
    texts = [f"{text} [{n}]" for n, text in enumerate(HOSTILE)]
    texts[6:12] = HOSTILE[6:12]  # formulas are formulas at the beginning only
    facilitator = target["facilitator"]
    for n, text in enumerate(texts):
        writer = target[("al-1", "al-2", "ba-1", "mk-1")[n % 4]]
        assert writer.send("add_contribution", {**CARD, "text": text}).json()["ok"], text
    for text in texts[::3]:
        theme = facilitator.do("add_theme", kind="challenge", title={"en": text[:400]})["id"]
        facilitator.do("draft_conclusion", item="agreement", text={"en": text}, sources=[theme])
        facilitator.do("write_note", item="presentation-al", lang="en", text=text)
        facilitator.do("announce", text=text)
    target["organiser"].do("edit_person", person="ba-2", name=HOSTILE[6], role="participant", language="en",
                           delegation="BA")  # fmt: skip
    target.as_left = None
    return texts


PAGES = (
    "",
    "console",
    "screen",
    "minutes",
    "settings",
    "privacy",
    "found?q=alert",
    "export/minutes.html",
    "delegation",
)


@pytest.mark.alike
@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_stands_on_every_page_as_text(target: Target, poisoned: list[str], page: str) -> None:
    key = "al-1" if page == "delegation" else "organiser"
    html = target[key].get(f"/w/{SLUG}/{page}").text
    assert poisoned and "<script>alert" not in html and "<img src=x" not in html and "onerror=alert(1)>" not in html
    assert "22962963" not in html and SECRET_KEY not in html
    assert 'href="javascript:' not in html


def test_hostile_text_in_patches_is_text(target: Target, poisoned: list[str]) -> None:
    with target["al-2"].line() as line:
        regions = "".join(line.join()["regions"].values())
    assert poisoned and "<script>alert" not in regions and "<img src=x" not in regions


def formulas(cells: list[Any]) -> list[str]:
    return [cell for cell in cells if isinstance(cell, str) and cell.lstrip().startswith(("=", "+", "-", "@"))]


@pytest.mark.alike
@pytest.mark.parametrize("document", ["contributions", "participants"])
def test_no_cell_of_a_table_is_a_formula(target: Target, poisoned: list[str], document: str) -> None:
    text = target["organiser"].get(f"/w/{SLUG}/export/{document}.csv?lang=en").content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert poisoned and len(cells) > 20 and not formulas(cells)
    book = openpyxl.load_workbook(
        io.BytesIO(target["organiser"].get(f"/w/{SLUG}/export/{document}.xlsx?lang=en").content)
    )
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(found) > 20 and not [cell.value for cell in found if cell.data_type == "f"]


@pytest.mark.alike
def test_word_opens_what_hostile_text_is_in(target: Target, poisoned: list[str]) -> None:
    content = target["organiser"].get(f"/w/{SLUG}/export/minutes.docx?lang=en").content
    text = "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)
    assert poisoned and "<script>alert(1)</script> [0]" in text
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower() or name.startswith(("/", ".."))]
        links = archive.read("word/_rels/document.xml.rels").decode()
    assert "evil.example" not in links and "javascript" not in links and "file:" not in links


@pytest.mark.alike
def test_the_pdf_writer_reads_no_file_and_no_address(target: Target, poisoned: list[str]) -> None:
    content = target["organiser"].get(f"/w/{SLUG}/export/minutes.pdf?lang=en").content
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    assert poisoned and '#read("/etc/passwd")' in text and "root:x:0" not in text
    addresses = [
        str(annotation.get_object().get("/A", {}).get("/URI", ""))
        for page in reader.pages
        for annotation in page.get("/Annots", ())
    ]
    assert not [
        each for each in addresses if "evil" in each or "169.254" in each or each.startswith(("file", "javascript"))
    ]
    assert not reader.attachments and "/JavaScript" not in str(reader.trailer["/Root"])


@pytest.mark.alike
@pytest.mark.parametrize("slug", SLUGS)
def test_a_line_break_makes_no_line_of_the_calendar(target: Target, slug: str) -> None:
    """In titles, names of speakers and delegations, the place: read as calendars read it."""
    content = target.of(slug, "organiser").get(f"/w/{slug}/export/agenda.ics?lang=en").content
    calendar = Calendar.from_ical(content)
    assert len(calendar.events) == len(target.state(slug)["agenda"])
    hostile = 0
    for part in calendar.walk():
        assert part.name in ("VCALENDAR", "VEVENT", "VALARM", "VTIMEZONE", "STANDARD", "DAYLIGHT")
        assert not {"ATTACH", "ATTENDEE"} & {name.upper() for name in part}
        assert part.get("ACTION", "DISPLAY") == "DISPLAY"
        hostile += "ATTACH:file" in str(part.get("SUMMARY", "")) + str(part.get("LOCATION", ""))
    assert hostile > 10


def test_an_address_of_the_call_is_an_address(target: Target) -> None:
    for address in ("javascript:alert(1)", "https://x.example/\r\nATTACH:file:///etc/passwd", "file:///etc/passwd",
                    "data:text/html,x", "//evil.example", "https://", "vbscript:x", "\tjavascript:alert(1)"):  # fmt: skip
        code = target["organiser"].refused("describe_workshop", {"video_url": address})
        assert code == "invalid", address


@pytest.mark.alike
def test_markdown_and_json_hold_the_text_as_it_is(target: Target, poisoned: list[str]) -> None:
    assert json.loads(target["organiser"].get(f"/w/{SLUG}/export/minutes.json?lang=en").content)
    assert poisoned and target["organiser"].get(f"/w/{SLUG}/export/minutes.md?lang=en").status_code == 200
    stored = {each["text"] for each in target.state()["contributions"]}
    assert HOSTILE[0] + " [0]" in stored


FILES = {
    "no PDF": (b"just text", "slides.pdf"),
    "nothing": (b"", "slides.pdf"),
    "only a head": (b"%PDF-1.7\n", "slides.pdf"),
    "a page that is a PDF too": (b"<script>alert(1)</script>%PDF-1.7 trailer<</Root 1 0 R>>", "a.html.pdf"),
    "a name that leads out": (b"%PDF-1.7\n", "../../../../tmp/owned.pdf"),
    "a name with NUL": (b"%PDF-1.7\n", "a\x00.pdf"),
    "a very long name": (b"%PDF-1.7\n", "a" * 5000 + ".pdf"),
    "pages that contain themselves": (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 99999999/Kids[2 0 R]>>endobj "
        b"trailer<</Root 1 0 R>>",
        "loop.pdf",
    ),
    "a zip": (b"PK\x03\x04" + b"\0" * 1000, "slides.pdf"),
    "too large": (b"%PDF-1.7\n" + b"\0" * (22 * 1024 * 1024), "slides.pdf"),
}


@pytest.mark.alike
@pytest.mark.parametrize(("content", "name"), FILES.values(), ids=FILES)
def test_a_hostile_file_becomes_no_slides(target: Target, content: bytes, name: str) -> None:
    facilitator = target["facilitator"]
    form = {"csrf_token": facilitator.token, "item": "presentation-al", "id": str(uuid.uuid4())}
    answer = facilitator.ask(
        "POST",
        f"/w/{SLUG}/slides",
        data=form,
        files={"file": (name, content, "application/pdf")},
        headers={"Accept": "application/json"},
        past_nginx=len(content) > 20_000_000,  # it has a limit of its own
    )
    assert answer.status_code == 400 and answer.json()["error"]["field"] == "file", answer.text
    assert not list((target.server.folder / "slides").rglob("*.pdf"))


def stream(data: bytes, more: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream" % (len(packed), more, packed)


def drawn(content: bytes, *others: bytes, more: bytes = b"", box: bytes = b"0 0 640 360") -> bytes:
    """A PDF with one page that draws this."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>" % box
    pages = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    return as_pdf([b"<</Type/Catalog/Pages 2 0 R%s>>" % more, pages, page, content, *others])


IMAGE = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Width %d/Height %d"
BOMBS = {
    "a page of endless size": pdf(["x"], box="0 0 9999999 9999999"),
    "a page of no size": pdf(["x"], box="0 0 0 0"),
    "a page of negative size": pdf(["x"], box="100 100 -900000 3"),
    "a page as thin as a hair": pdf(["x"], box="0 0 0.0001 14400"),
    "a bomb of text": drawn(stream(b"q Q\n" * 40_000_000)),
    "a bomb in a bomb": drawn(b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (
        len(twice := zlib.compress(zlib.compress(bytes(200_000_000), 9), 9)), twice)),
    "a picture of a terapixel": drawn(stream(b"q 640 0 0 360 0 0 cm /X Do Q"), stream(b"x", IMAGE % (10**6, 10**6))),
    "a picture that is a bomb": drawn(
        stream(b"q 640 0 0 360 0 0 cm /X Do Q"), stream(bytes(100_000_000), IMAGE % (10**4, 10**4))),
    "a form that draws itself": drawn(
        stream(b"/X Do"), stream(b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>")),
    "very many pages": pdf(["x"] * 5000),
}  # fmt: skip


def upload(target: Target, content: bytes, name: str = "slides.pdf") -> Any:
    facilitator = target["facilitator"]
    form = {"csrf_token": facilitator.token, "item": "framework", "id": str(uuid.uuid4())}
    files = {"file": (name, content, "application/pdf")}
    accept = {"Accept": "application/json"}
    return facilitator.ask("POST", f"/w/{SLUG}/slides", data=form, files=files, headers=accept).json()


LEAVES_STEPS = pytest.mark.changes("streams", "entries", "receipts", "steps", "the slides", "decks")


@pytest.mark.alike
@LEAVES_STEPS
@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_a_bomb_becomes_a_small_picture_or_nothing(target: Target, content: bytes) -> None:
    answer = upload(target, content)
    if not answer["ok"]:
        assert answer["error"]["field"] == "file"
        return
    deck = answer["result"]["id"]
    picture = target["al-1"].get(f"/w/{SLUG}/slides/{deck}/1.png")
    assert picture.status_code == 200 and len(picture.content) < 500_000
    assert target["observer"].get(f"/w/{FOREIGN}/slides/{deck}/1.png").status_code == 401
    assert target.of(FOREIGN, "organiser").get(f"/w/{FOREIGN}/slides/{deck}/1.png").status_code == 404
    target["facilitator"].do("remove_slides", item="framework")


POLYGLOTS = {
    "a page": pdf(["x"], more=b"<!doctype html><script>alert(1)</script>\n"),
    "a script": pdf(["x"], more=b"/*\n") + b"*/alert(1)//",
    "an archive": pdf(["x"]) + b"PK\x05\x06" + bytes(18),
    "a picture with scripts": pdf(["x"], more=b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>\n"),
    "a PDF that acts": drawn(
        stream(b""), b"null",
        more=b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/AA<</O<</S/Launch/F(/bin/sh)>>>>"
        b"/Names<</EmbeddedFiles<</Names[(a.exe)<</Type/Filespec/F(a.exe)/EF<</F 5 0 R>>>>]>>>>"),
    "a PDF that asks elsewhere": drawn(
        stream(b""), b"<</Type/XObject/Subtype/Image/F(http://169.254.169.254/latest/meta-data/)>>",
        more=b"/OpenAction<</S/URI/URI(file:///etc/passwd)>>"),
}  # fmt: skip


@pytest.mark.alike
@LEAVES_STEPS
@pytest.mark.parametrize("content", POLYGLOTS.values(), ids=POLYGLOTS)
def test_of_a_file_that_is_two_things_only_drawn_pictures_are_given_out(target: Target, content: bytes) -> None:
    answer = upload(target, content, "a.html\r\nSet-Cookie: a=b.svg")
    assert answer["ok"], answer
    deck = answer["result"]["id"]
    kept = sorted(path.name for path in (target.server.folder / "slides" / deck).iterdir())
    assert kept == ["1.png", "texts.json"]
    picture = target["al-1"].get(f"/w/{SLUG}/slides/{deck}/1.png")
    assert picture.content.startswith(b"\x89PNG") and picture.headers["Content-Type"] == "image/png"
    assert picture.headers["X-Content-Type-Options"] == "nosniff" and b"alert(1)" not in picture.content
    text = target["al-1"].get(f"/w/{SLUG}/slides/{deck}/1.txt")
    assert text.headers["Content-Type"].startswith("text/plain") and text.headers["X-Content-Type-Options"] == "nosniff"
    for other in ("deck.pdf", "1.html", "texts.json", "0.png", "2.png", "1.svg", "-1.png", "1.png/../texts.json"):
        assert target["al-1"].get(f"/w/{SLUG}/slides/{deck}/{other}").status_code == 404, other
    target["facilitator"].do("remove_slides", item="framework")


@pytest.fixture(scope="module")
def account(target: Target) -> Somebody:
    """Somebody who may make meetings."""
    somebody, (email, password) = target.stranger(), next(iter(ACCOUNTS.items()))
    form = {"csrf_token": somebody.token, "email": email, "password": password}
    assert somebody.ask("POST", "/account/sign-in", data=form).status_code == 303
    target.as_left = None
    return somebody


@pytest.mark.alike
@pytest.mark.parametrize(
    "plan",
    [
        b"!!python/object/apply:os.system ['true']",
        b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        b"d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        b"\xff\xfe\x00",
        b"[" * 10_000,
        b"format: facilitation-plan/1\nslug: ../../etc\n",
        *(
            REFERENCE_PLAN.read_bytes().replace(
                b"  en: Second regional", b'  en: "Second%s regional"\n  mk-Cyrl: ' % sign, 1
            )
            for sign in (rb"\u0001", rb"\x1b[31m", rb"\ud800", rb"\0", rb"\uffff")
        ),
    ],
    ids=[
        "an object",
        "a bomb of aliases",
        "no UTF-8",
        "deeply nested",
        "a slug that leads out",
        "a control character, escaped",
        "a colour for terminals",
        "half a character",
        "NUL, escaped",
        "no character",
    ],
)
def test_a_hostile_plan_is_refused_whole(target: Target, account: Somebody, plan: bytes) -> None:
    files = {"file": ("../../plan.yaml", plan, "application/yaml")}
    answer = account.ask("POST", "/account/meetings", data={"csrf_token": account.token}, files=files)
    assert answer.status_code == 400 and "Traceback" not in answer.text


def test_what_was_refused_left_a_line_without_words(target: Target, audited: Audited) -> None:
    target["observer"].send("announce", {"text": "A secret that must be in no log."})
    audited("forbidden", command="announce")
    assert "A secret that must" not in target.server.log.read_text()

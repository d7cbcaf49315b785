"""Attacks through what is sent: forms of commands, hostile text and files, floods; and where such text comes out again."""

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
import openpyxl
import pypdf
import pytest

from tests import second_meeting
from tests.attacks.conftest import Target, enter
from tests.faults.lines import Line, Seat
from tests.servers import SLUG

CARD = {"item": "presentation-al", "kind": "challenge", "lang": "en", "anonymity": "delegation"}


@pytest.fixture
def unchanged(target: Target) -> Iterator[None]:
    """The meeting is what it was before."""
    before = target.state()
    yield
    assert target.state() == before


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


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_command_is_refused_and_says_why(target: Target, body: bytes) -> None:
    answer = raw(target, body)
    assert answer.status_code in (400, 403, 404, 413), answer.text[:300]
    if answer.headers["Content-Type"].startswith("application/json"):
        assert answer.json()["ok"] is False and answer.json()["error"]["message"]
    assert "Traceback" not in answer.text and "pydantic" not in answer.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", list(MALFORMED.values())[:12], ids=list(MALFORMED)[:12])
def test_the_same_over_a_socket_is_answered_and_hangs_up_on_nobody_else(target: Target, body: bytes) -> None:
    text = body.decode("utf-8", "replace")[:60_000]
    with Line(Seat("al-2", target["al-2"].cookies), target.server.port) as line:
        assert line.join()["ok"]
        try:
            answer = line.ask_in_words(f'["command",{text or "null"}]')
        except ConnectionError:
            return
        assert answer["ok"] is False


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("since", [-1, 2**63, 10**30, 1.5, "1", True, [], {}, None])
def test_a_forged_number_gives_nothing_more_than_ones_own_view(target: Target, since: Any) -> None:
    with Line(Seat("al-2", target["al-2"].cookies), target.server.port) as line:
        answer = line.ask("join", {"workshop": SLUG, "view": "room", "since": since})
        if answer["ok"]:
            assert not [
                dom_id for dom_id in answer["regions"] if dom_id.startswith(("handling-", "steering", "people"))
            ]
        else:
            assert answer["error"]["code"] == "invalid"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "view", ["console", "screen", "desk", "minutes-approval", "../console", "", None, ["room"], {"a": 1}]
)
def test_no_view_of_another_role_is_joined(target: Target, view: Any) -> None:
    with Line(Seat("al-2", target["al-2"].cookies), target.server.port) as line:
        assert line.ask("join", {"workshop": SLUG, "view": view})["error"]["code"] in ("invalid", "forbidden")


@pytest.mark.usefixtures("unchanged")
def test_another_meeting_is_not_joined_with_the_session_of_this_one(target: Target) -> None:
    with Line(Seat("al-2", target["al-2"].cookies), target.server.port) as line:
        for workshop in (second_meeting.SLUG, "no-such-meeting", "'; DROP TABLE workshops; --", 7, None):
            answer = line.ask("join", {"workshop": workshop})
            assert answer["error"]["code"] in ("unauthenticated", "not_found", "invalid")


def test_a_stolen_command_id_tells_nothing_and_does_nothing(target: Target) -> None:
    stolen = str(uuid.uuid4())
    first = target["al-1"].send("add_contribution", {**CARD, "text": "Said once."}, stolen).json()
    again = target["al-1"].send("add_contribution", {**CARD, "text": "Said once."}, stolen).json()
    assert first == again and first["ok"]
    before = target.state()
    for key in ("al-2", "observer", "facilitator"):
        answer = target[key].send("add_contribution", {**CARD, "text": "Said once."}, stolen).json()
        assert answer["error"]["code"] == "conflict" and first["result"]["id"] not in json.dumps(answer)
    for bad in ("", "1", "not-a-uuid", "g" * 36, str(uuid.uuid4()) + "x", 1, None, {"a": 1}):
        message = {"id": bad, "name": "add_contribution", "args": {**CARD, "text": "x"}}
        assert raw(target, json.dumps(message).encode()).json()["error"]["code"] == "invalid"
    assert target.state() == before


def test_ids_of_another_meeting_are_not_there(target: Target) -> None:
    organiser = enter(target.server, "organiser", target.second_links["organiser"])
    organiser.send("open_workshop", {}, slug=second_meeting.SLUG)
    made = organiser.send(
        "add_theme", {"kind": "challenge", "title": {"en": "Of the second"}}, slug=second_meeting.SLUG
    ).json()["result"]["id"]
    before = target.state()
    for name, args in (
        ("rename_theme", {"theme": made, "title": {"en": "Taken over"}}),
        ("merge_themes", {"theme": made, "into": made}),
        ("draft_conclusion", {"item": "agreement", "text": {"en": "x"}, "sources": [made]}),
        ("add_element", {"title": {"en": "x"}, "sources": [made]}),
    ):
        assert target["facilitator"].send(name, args).json()["error"]["code"] in ("not_found", "invalid"), name
    assert target.state() == before
    organiser.send("close_workshop", {}, slug=second_meeting.SLUG)


def test_a_flood_of_one_is_slowed_down_and_nobody_else_feels_it(target: Target) -> None:
    with Line(Seat("rs-2", target["rs-2"].cookies), target.server.port) as line:
        assert line.join()["ok"]
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
    """Hostile text in every place that takes words; each accepted text says which it is."""
    texts = [f"{text} [{n}]" for n, text in enumerate(HOSTILE)]
    texts[6:12] = HOSTILE[6:12]  # formulas are formulas at the beginning only
    facilitator, organiser = target["facilitator"], target["organiser"]
    for n, text in enumerate(texts):
        writer = target[("al-1", "al-2", "ba-1", "mk-1")[n % 4]]
        assert writer.send("add_contribution", {**CARD, "text": text}).json()["ok"], text
    for text in texts[::3]:
        theme = facilitator.do("add_theme", kind="challenge", title={"en": text[:400]})["id"]
        facilitator.do("draft_conclusion", item="agreement", text={"en": text}, sources=[theme])
        facilitator.do("write_note", item="presentation-al", lang="en", text=text)
        facilitator.do("announce", text=text)
    item = next(each for each in target.state()["agenda"] if each["state"] == "planned" and each["kind"] == "briefing")
    organiser.send("describe_workshop", {"title": {"en": texts[0]}, "venue": {"en": texts[15]}})
    organiser.send("edit_person", {"person": "ba-2", "name": HOSTILE[6], "role": "participant", "language": "en",
                                   "delegation": "BA"})  # fmt: skip
    assert item
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


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_stands_on_every_page_as_text(target: Target, poisoned: list[str], page: str) -> None:
    key = "al-1" if page == "delegation" else "organiser"
    html = target[key].get(f"/w/{SLUG}/{page}").text
    assert poisoned and "<script>alert" not in html and "<img src=x" not in html and "onerror=alert(1)>" not in html
    assert "22962963" not in html and target.server.environment["SECRET_KEY"] not in html
    assert 'href="javascript:' not in html


def test_hostile_text_in_patches_is_text(target: Target, poisoned: list[str]) -> None:
    with Line(Seat("al-2", target["al-2"].cookies), target.server.port) as line:
        regions = "".join(line.join()["regions"].values())
    assert poisoned and "<script>alert" not in regions and "<img src=x" not in regions


def formulas(cells: list[Any]) -> list[str]:
    return [cell for cell in cells if isinstance(cell, str) and cell.lstrip().startswith(("=", "+", "-", "@"))]


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


def test_word_opens_what_hostile_text_is_in(target: Target, poisoned: list[str]) -> None:
    content = target["organiser"].get(f"/w/{SLUG}/export/minutes.docx?lang=en").content
    text = "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)
    assert poisoned and "<script>alert(1)</script> [0]" in text
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower() or name.startswith(("/", ".."))]
        links = archive.read("word/_rels/document.xml.rels").decode()
    assert "evil.example" not in links and "javascript" not in links and "file:" not in links


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


def test_a_line_break_makes_no_line_of_the_calendar(target: Target, poisoned: list[str]) -> None:
    lines = target["organiser"].get(f"/w/{SLUG}/export/agenda.ics?lang=en").text.splitlines()
    assert poisoned and lines[0] == "BEGIN:VCALENDAR"
    assert not [line for line in lines if line.startswith(("ATTACH", "ACTION:EMAIL", "ACTION:PROCEDURE"))]


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
    )
    assert answer.status_code == 400 and answer.json()["error"]["field"] == "file", answer.text
    assert 'class="slide"' not in target["al-1"].get(f"/w/{SLUG}/").text
    assert not (target.server.folder / "slides").exists() or not list((target.server.folder / "slides").rglob("*.pdf"))


ENDLESS = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9999999 9999999]>>endobj trailer<</Root 1 0 R>>"
)


def test_a_page_of_endless_size_becomes_a_small_picture(target: Target) -> None:
    facilitator = target["facilitator"]
    form = {"csrf_token": facilitator.token, "item": "presentation-al", "id": str(uuid.uuid4())}
    files = {"file": ("bomb.pdf", ENDLESS, "application/pdf")}
    answer = facilitator.ask(
        "POST", f"/w/{SLUG}/slides", data=form, files=files, headers={"Accept": "application/json"}
    ).json()
    assert answer["ok"]
    picture = target["al-1"].get(f"/w/{SLUG}/slides/{answer['result']['id']}/1.png")
    assert picture.status_code == 200 and len(picture.content) < 500_000
    assert target["observer"].get(f"/w/{second_meeting.SLUG}/slides/{answer['result']['id']}/1.png").status_code == 401
    facilitator.do("remove_slides", item="presentation-al")


@pytest.mark.parametrize(
    "plan",
    [
        b"!!python/object/apply:os.system ['true']",
        b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        b"d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        b"\xff\xfe\x00",
        b"[" * 10_000,
        b"format: facilitation-plan/1\nslug: ../../etc\n",
    ],
    ids=["an object", "a bomb of aliases", "no UTF-8", "deeply nested", "a slug that leads out"],
)
def test_a_hostile_plan_is_refused_whole(target: Target, plan: bytes) -> None:
    path = target.server.folder / "hostile.plan.yaml"
    path.write_bytes(plan)
    try:
        target.server.flask("workshop", "import", str(path))
    except AssertionError as refused:
        assert "Traceback" not in str(refused), str(refused)[-2000:]
    else:
        pytest.fail("it was stored")


def test_what_was_refused_left_a_line_without_words(target: Target) -> None:
    target["observer"].send("announce", {"text": "A secret that must be in no log."})
    lines = [line for line in target.server.told() if line["message"] == "a command was refused"]
    assert {"forbidden", "invalid", "too_fast"} & {line["code"] for line in lines}
    assert all(line["request"] for line in lines)
    assert "A secret that must" not in target.server.log.read_text()

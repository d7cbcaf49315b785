"""Exports and public records: files in the formats people use, for those who may have them, in the language asked for."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from icalendar import Calendar, Event
from jsonschema import Draft202012Validator

from facilitation.record.document import from_json
from facilitation.record.exports import EXPORTS, ExportRefused, export, safe_cell
from facilitation.record.minutes import minutes_of
from tests.conftest import Meeting, Person
from tests.record.conftest import circulate, rows_of

ALL = [(document, format) for document, formats in EXPORTS.items() for format in formats]
QUICK = [(document, format) for document, format in ALL if format not in ("pdf", "docx")]


def made(meeting: Meeting, document: str, format: str, lang: str = "mk") -> bytes:
    with rows_of(meeting) as workshop:
        content, _, name = export(workshop, document, format, lang)
        assert name == f"{meeting.slug}-{document}-{lang}.{format}"
        return content


def test_the_documents_and_formats_are_those_promised() -> None:
    assert {document: set(formats) for document, formats in EXPORTS.items()} == {
        "record": {"html", "md", "docx", "pdf", "json"},
        "minutes": {"html", "md", "docx", "pdf", "json"},
        "agenda": {"html", "ics", "json"},
        "contributions": {"csv", "xlsx", "json"},
        "participants": {"csv", "xlsx", "json"},
        "journal": {"csv", "xlsx", "json"},
    }


@pytest.mark.parametrize(("document", "format"), QUICK)
@pytest.mark.parametrize("lang", ["mk", "sq"])
def test_every_file_can_be_made(played: Meeting, document: str, format: str, lang: str) -> None:
    assert len(made(played, document, format, lang)) > 100


@pytest.mark.parametrize("document", ["record", "minutes"])
def test_documents_can_be_had_on_paper_and_for_a_word_processor(played: Meeting, document: str) -> None:
    assert made(played, document, "pdf").startswith(b"%PDF-")
    assert zipfile.ZipFile(io.BytesIO(made(played, document, "docx"))).testzip() is None


def test_the_json_of_the_minutes_is_the_document(played: Meeting) -> None:
    with rows_of(played) as workshop:
        document = minutes_of(workshop, "mk")
    file = from_json(json.loads(made(played, "minutes", "json")))
    assert file == replace(document, marking=file.marking)


def test_the_agenda_is_a_calendar_of_its_items_at_their_planned_times(played: Meeting) -> None:
    events = Calendar.from_ical(made(played, "agenda", "ics")).walk("VEVENT")
    assert len(events) == 21
    welcome = next(event for event in events if event["SUMMARY"] == "Поздравен говор")
    assert welcome.decoded("DTSTART").isoformat() == "2020-06-09T10:00:00+02:00"
    assert welcome.decoded("DTEND").isoformat() == "2020-06-09T10:10:00+02:00"
    assert str(welcome["LOCATION"]) == "Онлајн"


def test_the_calendar_knows_its_time_zone_and_reminds_people_before_all_but_breaks(played: Meeting) -> None:
    calendar = Calendar.from_ical(made(played, "agenda", "ics"))
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Paris"]
    before = [
        [round(alarm["TRIGGER"].dt.total_seconds() / 60) for alarm in event.walk("VALARM")]
        for event in calendar.walk("VEVENT")
    ]
    assert before[:3] == [[-15], [-5], [-5]] and [] in before


def test_a_calendar_file_made_after_a_change_of_the_agenda_takes_the_place_of_the_one_before(
    unwatched: Meeting,
) -> None:
    def events() -> list[Event]:
        return [
            Event.from_ical(each.to_ical())
            for each in Calendar.from_ical(made(unwatched, "agenda", "ics")).walk("VEVENT")
        ]

    before = events()
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("facilitator").do("move_item", item="closing", day=2, after="lobby-2")
    after = events()
    assert {each["SEQUENCE"] for each in before} == {before[0]["SEQUENCE"]}
    assert after[0]["SEQUENCE"] > before[0]["SEQUENCE"]
    assert after[0].decoded("DTSTAMP") >= before[0].decoded("DTSTAMP") > before[0].decoded("DTSTART")
    assert {str(each["UID"]) for each in before} == {str(each["UID"]) for each in after}


@pytest.mark.parametrize("document", ["minutes", "record"])
def test_the_json_keeps_to_the_schema_that_is_published(played: Meeting, document: str) -> None:
    schema = played.app.test_client().get("/schemas/document-1.json").get_json()
    Draft202012Validator.check_schema(schema)
    content = json.loads(made(played, document, "json"))
    validator = Draft202012Validator(schema)
    assert list(validator.iter_errors(content)) == []
    assert list(validator.iter_errors({**content, "kind": "poem"}))


def test_contributions_come_with_translations_theme_and_endorsements(played: Meeting) -> None:
    rows = list(csv.DictReader(io.StringIO(made(played, "contributions", "csv").decode("utf-8-sig"))))
    assert len(rows) == 43
    first = next(row for row in rows if row["lang"] == "sq")
    assert first["text_sq"] == first["text"] and first["text_en"] and first["delegation"] == "AL"
    assert first["theme"] == "мотивирање на ЗНЕ да учествуваат во рехабилитацијата"
    assert first["endorsed_by"] == "BA, XK, ME, MK, RS"
    assert sum(row["delegation"] == "" for row in rows) == 5


def test_a_spreadsheet_holds_the_same_rows(played: Meeting) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(made(played, "contributions", "xlsx"))).active
    assert sheet is not None and sheet.max_row == 44
    people = openpyxl.load_workbook(io.BytesIO(made(played, "participants", "xlsx"))).active
    assert people is not None and people.max_row == 41


@pytest.mark.parametrize(
    ("document", "whose"),
    [
        ("contributions", "For the staff of this meeting"),
        ("participants", "For organisers of this meeting"),
        ("journal", "For organisers of this meeting"),
    ],
)
def test_a_spreadsheet_says_on_every_page_who_may_read_it_and_which_version_it_is(
    played: Meeting, document: str, whose: str
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made(played, document, "xlsx", "en")))
    marking = f"{whose} · as of entry {played.seq} of the journal"
    assert book.active is not None and book.active.oddHeader.right.text == marking == book.properties.subject
    assert str(book.properties.title).startswith("Second regional working group")
    assert "&P" in str(book.active.oddFooter.right.text)


def test_the_agenda_says_which_version_it_is(played: Meeting) -> None:
    page = made(played, "agenda", "html", "en").decode()
    assert f"For members of this meeting · as of entry {played.seq} of the journal" in page


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"
    assert safe_cell("one = two") == "one = two" and safe_cell(3) == 3


def test_a_contribution_that_looks_like_a_formula_is_text_in_a_spreadsheet(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("facilitator").do("start_item", item="welcome")
    said = {"item": "welcome", "kind": "idea", "lang": "en", "text": '=HYPERLINK("http://x")', "anonymity": "anonymous"}
    unwatched.as_("al-1").do("add_contribution", **said)
    sheet = openpyxl.load_workbook(io.BytesIO(made(unwatched, "contributions", "xlsx", "en"))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert '\'=HYPERLINK("http://x")' in [cell.value for cell in cells]


@pytest.mark.parametrize(
    ("document", "format", "lang", "reason"),
    [("diary", "html", "en", "document"), ("minutes", "ics", "en", "format"), ("record", "md", "fr", "lang")],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    played: Meeting, document: str, format: str, lang: str, reason: str
) -> None:
    with rows_of(played) as workshop, pytest.raises(ExportRefused) as refused:
        export(workshop, document, format, lang)
    assert refused.value.reason == reason and str(refused.value)


def test_each_download_is_for_those_who_may_have_it(played: Meeting) -> None:
    allowed = {
        "minutes.md": {"observer": 200, "al-2": 200, "organiser": 200},
        "record.md": {"observer": 200, "organiser": 200},
        "agenda.ics": {"observer": 200},
        "contributions.csv": {"observer": 403, "al-1": 403, "rapporteur": 200, "facilitator": 200},
        "participants.csv": {"rapporteur": 403, "facilitator": 403, "organiser": 200},
    }
    for name, people in allowed.items():
        for key, status in people.items():
            assert played.as_(key).get(f"export/{name}?lang=mk").status_code == status, (name, key)
    stranger = played.app.test_client()
    assert stranger.get(f"/w/{played.slug}/export/minutes.md?lang=mk").status_code == 401


def test_a_download_is_saved_under_a_safe_name_and_what_there_is_not_says_so(played: Meeting) -> None:
    answer = played.as_("al-1").get("export/record.md?lang=mk")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{played.slug}-record-mk.md"'
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert played.as_("al-1").get("export/record.md?lang=fr").status_code == 400
    assert played.as_("al-1").get("export/record.exe?lang=mk").status_code == 404
    assert played.as_("al-1").get("export/secrets.md?lang=mk").status_code == 404


def test_the_public_reads_a_published_record_in_each_language(played: Meeting) -> None:
    public = played.app.test_client()
    page = public.get(f"/records/{played.slug}?lang=mk").text
    assert '<article class="document" lang="mk">' in page and "Г-дин Џанлука Еспосито" in page
    record = played.as_("organiser").state()["record"]
    assert record["sha256"] in page
    for lang in ("en", "mk", "sq", "bs", "sr-Latn", "cnr"):
        assert f"/records/{played.slug}?lang={lang}" in page
        assert public.get(f"/records/{played.slug}?lang={lang}").status_code == 200
    assert played.slug in public.get("/records/").text
    assert public.get(f"/records/{played.slug}?lang=fr").status_code == 400


def test_the_public_record_can_be_taken_along(played: Meeting) -> None:
    public = played.app.test_client()
    for format in ("html", "md", "docx", "pdf", "json"):
        answer = public.get(f"/records/{played.slug}/record.{format}?lang=mk")
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    assert public.get(f"/records/{played.slug}/record.exe?lang=mk").status_code == 404


def test_a_file_of_the_minutes_says_who_may_read_it_and_which_version_it_is(closed: Meeting) -> None:
    circulate(closed)
    before = closed.as_("al-1").get("export/minutes.md?lang=en").text
    entry = closed.as_("rapporteur").state()["seq"]
    assert f"**For members of this meeting · Circulated for approval · as of entry {entry} of the journal**" in before
    closed.as_("al-1").do("sign_minutes")
    assert before != closed.as_("al-1").get("export/minutes.md?lang=en").text


def test_nobody_outside_sees_a_record_before_it_is_published_or_after_it_was_withdrawn(closed: Meeting) -> None:
    public, address = closed.app.test_client(), f"/records/{closed.slug}"
    assert public.get(address).status_code == 404
    draft = closed.as_("al-1").get("export/record.md?lang=en").text
    assert "For members of this meeting · Draft, not published" in draft
    circulate(closed)
    organiser = closed.as_("organiser")
    organiser.do("adopt_minutes")
    assert public.get(address).status_code == 404
    organiser.do("publish_record")
    assert public.get(address).status_code == 200
    published = closed.as_("al-1").get("export/record.md?lang=en").text
    assert "**Public · version 1 of " in published and "Draft, not published" not in published
    organiser.do("withdraw_record", reason="A name was misspelt.")
    assert public.get(address).status_code == 404 and closed.slug not in public.get("/records/").text
    organiser.do("publish_record")
    page = public.get(f"{address}?lang=en").text
    assert "Version 2" in page and "A name was misspelt." in page


def words_beside(value: Any, text: str, found: list[str]) -> list[str]:
    """What stands in one row, entry or paragraph with a text, of JSON: the innermost object that holds it."""
    if isinstance(value, dict | list):
        inner = list(value.values()) if isinstance(value, dict) else value
        before = len(found)
        for each in inner:
            words_beside(each, text, found)
        if isinstance(value, dict) and len(found) == before and text in json.dumps(value, ensure_ascii=False):
            found.append(json.dumps(value, ensure_ascii=False))
    return found


def test_nothing_that_an_organiser_can_open_joins_a_card_that_is_not_named_to_its_writer(meeting: Meeting) -> None:
    ana, organiser, writer = meeting.as_("facilitator"), meeting.as_("organiser"), meeting.as_("rs-3")
    ana.do("start_item", item="presentation-rs")
    card = {"item": "presentation-rs", "kind": "challenge", "lang": "en", "anonymity": "delegation"}
    for other in ("rs-2", "rs-4", "rs-5"):
        meeting.as_(other).do("add_contribution", **card, text=f"Of {other[-1]} in all.")
    mine = writer.do("add_contribution", **card, text="Nobody is to know.")["id"]
    writer.do("edit_contribution", contribution=mine, text="Nobody is to know whose.", version=1)
    gone = writer.do("add_contribution", **card, text="Nobody is to know this either.")["id"]
    writer.do("withdraw_contribution", contribution=gone)
    faced = meeting.as_("al-2").do("add_contribution", **{**card, "anonymity": "named"}, text="We have this.")["id"]
    writer.do("endorse", contribution=faced)
    with rows_of(meeting) as workshop:
        row = workshop.person("rs-3")
        assert row is not None
        who = {row.key, *row.name.values(), f"mine-{row.id}"}
    secrets = (mine, gone, faced, "Nobody is to know")
    told: dict[str, list[str]] = {}
    for document, formats in EXPORTS.items():
        format = "json" if "json" in formats else next(iter(formats))
        content = json.loads(organiser.get(f"export/{document}.{format}?lang=en").data)
        told[document] = [beside for secret in secrets for beside in words_beside(content, secret, [])]
    told["state.json"] = [beside for secret in secrets for beside in words_beside(organiser.state(), secret, [])]
    for view in ("room", "console", "screen", "minutes"):
        regions = meeting.observe("organiser", view, "en").page.values()
        told[view] = [html for html in regions if any(secret in html for secret in secrets)]
    for page in ("health", "settings", "found?q=nobody"):
        assert organiser.get(page).status_code == 200
    told["pages"] = [block for block in organiser.get("found?q=nobody").text.split("<article") if secrets[0] in block]
    assert all(told[place] for place in ("journal", "contributions", "state.json", "console"))
    joined = {place: [each for each in texts if any(name in each for name in who)] for place, texts in told.items()}
    joined["minutes"] = [each for each in joined["minutes"] if "rs-3" in each]
    assert {place: each for place, each in joined.items() if each} == {}
    trail = organiser.get("export/journal.json?lang=en").get_json()
    assert {row["who"] for row in trail if mine in row["facts"] or gone in row["facts"]} == {""}
    assert {row["who"] for row in trail if faced in row["facts"]} == {"al-2", ""}


def test_what_a_facilitator_wrote_on_behalf_of_a_delegation_is_theirs_in_the_audit_trail(meeting: Meeting) -> None:
    ana = meeting.as_("facilitator")
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "challenge", "lang": "en", "text": "By telephone."}
    ana.do("add_contribution", **card, anonymity="delegation", on_behalf_of="AL")
    last = meeting.as_("organiser").get("export/journal.json?lang=en").get_json()[-1]
    assert (last["entry"], last["who"]) == ("contribution_added", "facilitator")


def test_the_audit_trail_says_what_was_done_by_whom_and_no_words(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "challenge", "lang": "en", "text": "Nothing of this stands there."}
    ben.do("add_contribution", **card, anonymity="named")
    ben.do("add_contribution", **card, anonymity="delegation")
    ben.do("add_contribution", **card, anonymity="anonymous")
    answer = meeting.as_("organiser").get("export/journal.json?lang=en")
    trail = json.loads(answer.data)
    assert [row["number"] for row in trail] == list(range(1, len(trail) + 1))
    assert [(row["entry"], row["who"]) for row in trail[-4:]] == [
        ("item_started", "facilitator"),
        ("contribution_added", "al-1"),
        ("contribution_added", ""),
        ("contribution_added", ""),
    ]
    assert {row["at"][14:16] for row in trail} <= {"00", "15", "30", "45"}
    assert "Nothing of this" not in answer.text
    assert meeting.as_("organiser").get("export/journal.csv?lang=en").status_code == 200
    for person in (ana, ben, meeting.as_("rapporteur")):
        assert person.get("export/journal.csv?lang=en").status_code == 403

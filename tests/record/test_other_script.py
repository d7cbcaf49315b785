"""Minutes, exports and the public record in the other script of a language of the meeting."""

import csv
import io
import json
import zipfile

import pytest

from facilitation.record import seal
from facilitation.record.approval import edits_of
from facilitation.record.minutes import minutes_of
from facilitation.record.script import in_script
from tests.conftest import Meeting
from tests.record.conftest import circulate, paragraphs, rows_of, text, words

NOTE = "item:welcome:note"


@pytest.fixture
def written(closed: Meeting) -> Meeting:
    """Circulated minutes with a Serbian and an Albanian text in them."""
    closed.as_("interpreter-bs").do("write_note", item="welcome", lang="sr-Latn", text="Pozdravio je njih šest.")
    circulate(closed)
    return closed


def test_minutes_in_the_other_script_have_their_own_texts_in_it_and_others_as_they_were_written(
    written: Meeting,
) -> None:
    with rows_of(written) as workshop:
        latin, cyrillic = minutes_of(workshop, "sr-Latn"), minutes_of(workshop, "sr-Cyrl")
        note = paragraphs(cyrillic)[NOTE]
        assert cyrillic.lang == "sr-Cyrl"
        assert text(note.runs) == "Поздравио је њих шест." and note.runs[0].lang == "sr-Cyrl"
        albanian = next(run for each in paragraphs(cyrillic).values() for run in each.runs if run.lang == "sq")
        assert albanian.text == "Kemi pak raste." and albanian.note == "језик: албански"
        assert [*paragraphs(latin)] == [*paragraphs(cyrillic)]
        assert "у овај састанак" in cyrillic.marking and cyrillic.contents == "Садржај"
        assert in_script(latin, "sr-Latn") is latin


def test_montenegrin_and_macedonian_have_their_other_script_too(written: Meeting) -> None:
    with rows_of(written) as workshop:
        assert "Сјеверна Македонија" in words(minutes_of(workshop, "cnr-Cyrl"))
        assert "Severna Makedonija" in words(minutes_of(workshop, "mk-Latn"))


def test_the_page_of_the_minutes_is_in_the_readers_script_and_its_forms_in_the_one_that_is_kept(
    written: Meeting,
) -> None:
    reader = written.as_("rapporteur")
    reader.choose("sr-Cyrl")
    page = reader.get("minutes").text
    assert '<article class="document" lang="sr-Cyrl">' in page and "Поздравио је њих шест." in page
    form = page.partition('id="rewrite-p-item-welcome-note"')[2].partition("</form>")[0]
    assert 'name="lang" value="sr-Latn"' in form and "Pozdravio je njih šest.</textarea>" in form
    assert page.count("српски (латиница)") >= 1
    reader.do("edit_minutes", paragraph=NOTE, lang="sr-Latn", text="Sve je pozdravio.", version=0)
    assert "Све је поздравио." in reader.get("minutes").text
    refused = reader.refused("edit_minutes", paragraph=NOTE, lang="sr-Cyrl", text="Све.", version=0)
    assert refused["field"] == "lang"
    with rows_of(written) as workshop:
        assert list(edits_of(workshop)[NOTE]) == ["sr-Latn"]


def test_exports_are_made_in_the_script_that_is_asked_for(written: Meeting) -> None:
    for format in ("html", "md", "docx", "json"):
        content = written.as_("rapporteur").get(f"export/minutes.{format}?lang=sr-Cyrl").data
        if format == "docx":
            content = zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml")
        assert "Поздравио је њих шест." in content.decode() and "Kemi pak raste." in content.decode()
    assert "Поздравио је њих шест." in written.as_("rapporteur").get("export/record.md?lang=sr-Cyrl").text


def test_tables_and_calendars_are_in_that_script_too(written: Meeting) -> None:
    rapporteur = written.as_("rapporteur")
    rows = list(csv.DictReader(io.StringIO(rapporteur.get("export/contributions.csv?lang=cnr-Cyrl").data.decode())))
    assert rows[0]["text"] == "Kemi pak raste." and "text_cnr-Cyrl" in rows[0] and "text_cnr" not in rows[0]
    assert "LOCATION:Онлајн" in rapporteur.get("export/agenda.ics?lang=sr-Cyrl").data.decode()
    assert "Онлајн" in rapporteur.get("export/agenda.html?lang=sr-Cyrl").data.decode()
    agenda = json.loads(rapporteur.get("export/agenda.json?lang=mk-Latn").data)
    assert next(item for item in agenda if item["key"] == "welcome")["title"] == "Pozdraven govor"


def test_a_language_that_is_none_of_the_meetings_is_still_an_error(written: Meeting) -> None:
    for tag in ("fr", "hr", "sq-Cyrl", "sr-Arab", "mk-Cyrl"):
        assert written.as_("rapporteur").get(f"export/minutes.md?lang={tag}").status_code == 400


def test_a_public_record_is_rendered_in_the_other_script_and_says_what_was_sealed(written: Meeting) -> None:
    organiser = written.as_("organiser")
    organiser.do("adopt_minutes")
    organiser.do("publish_record")
    client, address = written.app.test_client(), f"/records/{written.slug}"
    latin = client.get(f"{address}?lang=sr-Latn").text
    assert f'href="{address}?lang=sr-Cyrl" lang="sr-Cyrl" hreflang="sr-Cyrl">Ћирилица</a>' in latin
    assert "The text is sealed in" not in latin
    cyrillic = client.get(f"{address}?lang=sr-Cyrl").text
    assert '<article class="document" lang="sr-Cyrl">' in cyrillic and "делегациј" in cyrillic
    assert "The text is sealed in: Serbian (Latin)." in cyrillic
    file = client.get(f"{address}/record.md?lang=sr-Cyrl")
    assert file.status_code == 200 and "српски (латиница)" in file.text.partition("**")[2].partition("**")[0]
    assert client.get(f"{address}?lang=fr").status_code == 400
    with rows_of(written) as workshop:
        assert seal.holds(workshop)
        assert seal.languages_of(seal.versions_of(workshop)[0])[0] == workshop.languages

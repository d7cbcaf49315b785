"""Cyrillic and Latin: the same words in the other script, in the interface and in what people wrote."""

import re

import pytest

from facilitation.meeting.scripts import other_script, transliterated
from facilitation.meeting.texts import pick, pick_to_read
from tests.conftest import Meeting, Person


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Ljubav i njega", "Љубав и њега"),
        ("Džep, nadživeti, podžanr", "Џеп, надживети, поджанр"),
        ("Injekcija i konjunktura", "Инјекција и конјунктура"),
        ("Đak čita šećer", "Ђак чита шећер"),
        ("NJEGOŠ", "ЊЕГОШ"),
    ],
)
def test_serbian_goes_from_script_to_script_and_back(latin: str, cyrillic: str) -> None:
    assert transliterated(latin, "sr-Latn") == cyrillic
    assert transliterated(cyrillic, "sr-Cyrl") == latin


def test_placeholders_elements_and_names_of_formats_stay_latin() -> None:
    text = "PDF datoteka %(num)s od {n}, <strong>važno</strong>: https://example.org, www"
    assert (
        transliterated(text, "sr-Latn")
        == "PDF датотека %(num)s од {n}, <strong>важно</strong>: https://example.org, www"
    )


def test_macedonian_is_read_in_latin() -> None:
    assert transliterated("Ќе одиме во Скопје", "mk") == "Ḱe odime vo Skopje"
    assert other_script("sq") is None


def test_a_name_in_the_other_script_is_no_other_language() -> None:
    assert pick({"sr-Latn": "Srbija", "en": "Serbia"}, "sr-Cyrl", "en").text == "Србија"
    assert pick({"bs": "Srbija", "en": "Serbia"}, "sr-Cyrl", "en").lang == "en"
    assert pick_to_read({"bs": "Povjerenje", "en": "Trust"}, "sr-Cyrl", "en").lang == "bs"


def test_a_reader_chooses_the_script_and_sees_the_page_and_the_contributions_in_it(
    meeting: Meeting, ana: Person
) -> None:
    ana.do("start_item", item="presentation-al")
    writer = meeting.as_("rs-1")
    writer.do(
        "add_contribution",
        item="presentation-al",
        kind="challenge",
        lang="sr-Latn",
        text="Nedostaje poverenje",
        anonymity="delegation",
    )
    assert "српски (ћирилица)" in writer.get("").text
    writer.choose("sr-Cyrl")
    page = writer.get("").text
    assert '<p class="words" lang="sr-Cyrl">Недостаје поверење</p>' in page
    assert '<html lang="sr-Cyrl"' in page and "Сала" in page


def test_an_address_that_is_only_begun_stays_latin() -> None:
    assert (
        transliterated("Adresa počinje sa http:// ili https://", "sr-Latn") == "Адреса почиње са http:// или https://"
    )


def test_every_language_of_a_meeting_is_offered_in_both_its_scripts(meeting: Meeting) -> None:
    page = meeting.as_("me-1").get("").text
    for tag, name in (
        ("bs-Cyrl", "босански (ћирилица)"),
        ("sr-Cyrl", "српски (ћирилица)"),
        ("cnr-Cyrl", "црногорски (ћирилица)"),
        ("mk-Latn", "makedonski (latinično pismo)"),
    ):
        assert f'<option value="{tag}" lang="{tag}">{name}</option>' in page


@pytest.mark.parametrize(("there", "other", "name"), [("cnr", "cnr-Cyrl", "Ћирилица"), ("mk", "mk-Latn", "Latinica")])
def test_one_press_changes_the_script_of_the_page_that_is_open(
    meeting: Meeting, there: str, other: str, name: str
) -> None:
    reader = meeting.as_("me-1")
    reader.choose(there)
    page = reader.get("minutes").text
    form = page.partition('<form class="script-form"')[2].partition("</form>")[0]
    assert f'<button type="submit" class="button quiet" lang="{other}">{name}</button>' in form
    values = dict(re.findall(r'name="(\w+)" value="([^"]+)"', form))
    assert values["lang"] == other and values["next"] == f"/w/{meeting.slug}/minutes"
    answer = reader.client.post("/language", data=values)
    assert answer.status_code == 303 and answer.location == values["next"]
    again = reader.get("minutes").text
    assert f'data-lang="{other}"' in again or f'lang="{other}"' in again
    assert f'name="lang" value="{there}"' in again.partition('<form class="script-form"')[2]


def test_who_reads_in_one_script_only_is_not_asked(meeting: Meeting, ben: Person) -> None:
    assert 'class="script-form"' not in ben.get("").text


def test_the_interface_speaks_montenegrin_and_bosnian_in_cyrillic_and_macedonian_in_its_own_script(
    meeting: Meeting,
) -> None:
    reader = meeting.as_("me-1")
    for tag, spoken, room in (
        ("cnr-Cyrl", "cnr-Cyrl", "Сала"),
        ("bs-Cyrl", "bs-Cyrl", "Сала"),
        ("mk-Latn", "mk", "Соба"),
    ):
        reader.choose(tag)
        page = reader.get("").text
        assert f'<html lang="{spoken}"' in page and room in page


def test_a_translation_is_read_in_the_readers_script(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "challenge", "lang": "sq", "text": "Kemi pak raste."}
    made = ben.do("add_contribution", **card, anonymity="delegation")["id"]
    meeting.as_("interpreter-bs").do("translate", subject=made, lang="sr-Latn", text="Imamo malo slučajeva.")
    reader = meeting.as_("rs-1")
    reader.choose("sr-Cyrl")
    assert '<p class="words" lang="sr-Cyrl">Имамо мало случајева.</p>' in reader.get("").text

"""Cyrillic and Latin: the same words in the other script, in the interface and in what people wrote."""

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

"""The event record: every fact of the record that the organiser of the reference meeting published comes out of the system."""

import pytest

from facilitation.extensions import catalog_language
from facilitation.record.document import Document
from facilitation.record.event_record import record_of
from tests.conftest import Meeting
from tests.record.conftest import rows_of, text, words

FACTS = (
    "Практики поврзани со рехабилитација на затвореници насилни екстремисти (ЗНЕ) разменети помеѓу затворскиот персонал "
    "од регионот на Западен Балкан",
    "9–10 јуни 2020",
    "Онлајн",
    "Втора регионална работна група за рехабилитација и дистанцирање од насилство на СДНЕ во регионот на Западен Балкан",
    "Г-дин Џанлука Еспосито, раководител на Одделот за акција против криминал на Советот на Европа",
    "оздрави учесниците од шесте корисници",
    "ја истакна важноста од почитување на највисоките стандарди за професионални и човекови права при рехабилитација на "
    "затвореници насилни екстремисти",
    "неопходноста од обезбедување холистички пристап во процесот на дистанцирање од насилство",
    "мотивирање на ЗНЕ да учествуваат во рехабилитацијата",
    "градење доверлива комуникација",
    "прилагодување на интервенциите за најдобро да одговараат на индивидуалните потреби на сторителите",
    "ангажирање на надворешни засегнати страни во поддршка на процесот на дистанцирање",
    "Оваа активност беше спроведена во рамките на Регионалната акција",
    "кофинансирана од Европската унија и Советот на Европа во рамките на „Хоризонталниот инструмент",
    "Оваа веб-страница е изработена со средства од Заедничката акција на Европската унија и Советот на Европа.",
    "*Оваа назнака не е во спротивност со ставовите за статусот",
    "Оградување - © Совет на Европа 2020 - © фото",
)


def record(meeting: Meeting, lang: str) -> Document:
    with rows_of(meeting) as workshop:
        return record_of(workshop, lang)


@pytest.mark.parametrize("fact", FACTS)
def test_the_macedonian_record_has_every_fact_of_the_published_one(played: Meeting, fact: str) -> None:
    assert fact in words(record(played, "mk"))


def test_its_labels_are_macedonian_as_soon_as_there_is_a_catalog(played: Meeting) -> None:
    labels = [label.text for label, _ in record(played, "mk").facts]
    with played.app.app_context():
        spoken = catalog_language("mk")
    assert labels[1] == ("Место" if spoken == "mk" else "Place")


def test_all_six_delegations_and_their_programmes_are_in_it(played: Meeting) -> None:
    printed = words(record(played, "mk"))
    for name in ("Албанија", "Босна и Херцеговина", "Косово*", "Црна Гора", "Северна Македонија", "Србија"):
        assert f"\n{name} | " in printed
    assert "Individual treatment module for radicalised inmates" in printed


def test_the_english_record_says_that_all_agreed_because_all_did(played: Meeting) -> None:
    printed = words(record(played, "en"))
    after = printed.split("All 6 delegations agreed that:")[1]
    assert "the challenges remain the same: building trustful communication." in after
    assert "Teams that plan together (9 contributions, from 6 delegations, 9 votes)" in printed
    assert "Family, probation and community join from the start" in printed


def test_it_names_speakers_and_nobody_else(played: Meeting) -> None:
    printed = words(record(played, "en"))
    assert "Mr Gianluca Esposito" in printed
    for name in ("Head of treatment", "Psychologist", "Rapporteur", "Lead facilitator", "Interpreter"):
        assert name not in printed


def test_an_address_of_which_nothing_was_noted_is_no_news(played: Meeting) -> None:
    for lang in ("en", "mk"):
        document = record(played, lang)
        assert [block.key for block in document.blocks if block.key.startswith("address:")] == ["address:welcome"]
        assert "International consultant" not in words(document)


def test_boilerplate_is_as_given_or_in_the_default_language_never_a_sister_language(played: Meeting) -> None:
    serbian = record(played, "sr-Latn").small_print
    funding, disclaimer, footnote, copyright_line = serbian
    assert funding[0].text.startswith("This activity was organized") and funding[0].lang == "en" and funding[0].note
    assert disclaimer[0].lang == copyright_line[0].lang == "en"
    assert footnote[0].text.startswith("* Ovaj naziv je bez pristrasnosti") and not footnote[0].note
    albanian = record(played, "sq").small_print
    assert [line[0].lang for line in albanian] == ["sq"] * 4


def test_a_headline_that_a_language_lacks_is_in_the_default_language_and_marked(played: Meeting) -> None:
    title = record(played, "bs").title
    assert title.lang == "en" and "engleski" in title.note


def test_a_reservation_is_printed_with_its_reason_and_a_missing_position_is_stated(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    ana = unwatched.as_("facilitator")
    ana.do("start_item", item="agreement")
    made = ana.do("draft_conclusion", item="agreement", text={"en": "We meet again in May.", "mk": "Во мај."})["id"]
    ana.do("put_conclusion", conclusion=made)
    for code in ("al", "ba", "xk", "me"):
        unwatched.as_(f"{code}-1").do("take_position", conclusion=made, stance="agree")
    unwatched.as_("mk-1").do(
        "take_position", conclusion=made, stance="object", reason="There are elections.", lang="en"
    )
    printed = words(record(unwatched, "en"))
    assert "agreed that" not in printed
    assert "“We meet again in May.” 4 delegations agree, 1 delegation objects" in printed
    assert "North Macedonia objects: There are elections." in printed
    assert "No position was taken by Serbia." in printed


def test_a_meeting_in_which_nothing_was_done_claims_nothing(unwatched: Meeting) -> None:
    document = record(unwatched, "en")
    assert [block.key for block in document.blocks] == ["held"]
    assert len(document.small_print) == 4


def test_no_text_is_hidden_because_it_lacks_a_translation(played: Meeting) -> None:
    english, albanian = record(played, "en"), record(played, "sq")
    assert [block.key for block in english.blocks] == [block.key for block in albanian.blocks]
    assert all(text(line) for line in albanian.small_print)

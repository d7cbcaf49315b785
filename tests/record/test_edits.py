"""Edits win, and never outlive what they are about in silence."""

import pytest

from facilitation.record.document import Run, Runs
from facilitation.record.edits import in_languages
from facilitation.record.event_record import record_of
from facilitation.record.minutes import minutes_of
from tests.conftest import Meeting
from tests.record.conftest import agree, paragraphs, rows_of, text, words

NOTE = "item:welcome:note"
RESTS_ON_ANOTHER = "what this rests on has changed since it was edited"


def runs(meeting: Meeting, key: str, lang: str = "en") -> Runs:
    with rows_of(meeting) as workshop:
        return paragraphs(minutes_of(workshop, lang))[key].runs


def edit(meeting: Meeting, key: str, said: str, lang: str = "en", version: int = 0) -> None:
    meeting.as_("rapporteur").do("edit_minutes", paragraph=key, lang=lang, text=said, version=version)


@pytest.fixture
def drafted(watched: Meeting) -> Meeting:
    """A closed meeting whose minutes are being drafted."""
    watched.as_("rapporteur").do("draft_minutes")
    return watched


def test_an_edited_tally_that_is_no_longer_true_says_that_it_rests_on_something_else(drafted: Meeting) -> None:
    conclusion = agree(drafted)
    tally = f"conclusion:{conclusion}:tally"
    edit(drafted, tally, "All agreed, with applause.")
    assert runs(drafted, tally)[-1].note == ""
    objection = {"stance": "object", "reason": "No budget.", "lang": "en"}
    drafted.as_("ba-1").do("take_position", conclusion=conclusion, **objection)
    assert text(runs(drafted, tally)) == "All agreed, with applause."
    assert RESTS_ON_ANOTHER in runs(drafted, tally)[-1].note
    page = drafted.as_("rapporteur").get("minutes").text
    assert "Edits to look at again" in page and "5 delegations agree and 1 delegation objects." in page
    assert "Edits to look at again" not in drafted.as_("al-1").get("minutes").text


def test_the_rapporteur_keeps_an_outdated_edit_or_takes_the_generated_text(drafted: Meeting) -> None:
    rapporteur = drafted.as_("rapporteur")
    edit(drafted, NOTE, "He greeted all.")
    rapporteur.do("write_note", item="welcome", lang="en", text="Quite another note.")
    edit(drafted, NOTE, "He greeted all.", version=1)
    assert runs(drafted, NOTE) == (Run("He greeted all.", "en"),)
    rapporteur.do("write_note", item="welcome", lang="en", text="A third note.")
    assert rapporteur.refused("drop_edit", paragraph=NOTE, lang="en", version=1)["code"] == "stale"
    assert rapporteur.refused("drop_edit", paragraph=NOTE, lang="mk", version=1)["code"] == "not_found"
    assert drafted.as_("al-1").refused("drop_edit", paragraph=NOTE, lang="en", version=2)["code"] == "forbidden"
    rapporteur.do("drop_edit", paragraph=NOTE, lang="en", version=2)
    assert runs(drafted, NOTE) == (Run("A third note.", "en"),)
    assert "Edits to look at again" not in rapporteur.get("minutes").text


def test_keeping_an_edit_voids_no_signature_and_dropping_it_does(drafted: Meeting) -> None:
    rapporteur, ben = drafted.as_("rapporteur"), drafted.as_("al-1")
    edit(drafted, NOTE, "He greeted all.")
    rapporteur.do("write_note", item="welcome", lang="en", text="Quite another note.")
    rapporteur.do("circulate_minutes")
    ben.do("sign_minutes")
    edit(drafted, NOTE, "He greeted all.", version=1)
    assert ben.state()["minutes"]["signed_by"] == ["AL"]
    rapporteur.do("drop_edit", paragraph=NOTE, lang="en", version=2)
    assert ben.state()["minutes"]["signed_by"] == []


def test_an_edit_whose_paragraph_went_with_its_theme_is_shown_to_the_rapporteur(drafted: Meeting) -> None:
    ana, rapporteur = drafted.as_("facilitator"), drafted.as_("rapporteur")
    few, other = (
        ana.do("add_theme", kind="challenge", title={"en": title})["id"] for title in ("Few cases", "Few staff")
    )
    edit(drafted, f"theme:{few}", "There are few cases, all said.")
    ana.do("merge_themes", theme=few, into=other)
    page = rapporteur.get("minutes").text
    assert "The paragraph is no longer there." in page and "There are few cases, all said." in page
    rapporteur.do("drop_edit", paragraph=f"theme:{few}", lang="en", version=1)
    assert "There are few cases, all said." not in rapporteur.get("minutes").text


def test_a_language_is_marked_until_it_has_caught_up_with_the_latest_edit_of_another(drafted: Meeting) -> None:
    edit(drafted, NOTE, "He greeted all.")
    edit(drafted, NOTE, "Ги поздрави сите.", lang="mk")
    assert not runs(drafted, NOTE)[-1].note and not runs(drafted, NOTE, "mk")[-1].note
    edit(drafted, NOTE, "He greeted everybody.", version=1)
    assert not runs(drafted, NOTE)[-1].note
    assert text(runs(drafted, NOTE, "mk")) == "Ги поздрави сите." and runs(drafted, NOTE, "mk")[-1].note
    edit(drafted, NOTE, "Ги поздрави сите присутни.", lang="mk", version=1)
    assert not runs(drafted, NOTE, "mk")[-1].note and not runs(drafted, NOTE)[-1].note
    edit(drafted, NOTE, "Ги поздрави присутните.", lang="mk", version=2)
    assert runs(drafted, NOTE)[-1].note == "changed since in: Macedonian"


def test_what_stands_unchanged_in_an_edited_paragraph_keeps_its_language() -> None:
    generated = (
        Run("Предизвик (Албанија):", "mk"),
        Run("“Kemi pak raste.”", "sq", "на албански"),
        Run("We have few cases.", "en", "на англиски"),
        Run("Го поддржа Србија.", "mk"),
    )
    changed = "Предизвик (Албанија, Тирана): “Kemi pak raste.”, We have no cases. Го поддржа Србија."
    assert in_languages(changed, "mk", generated) == (
        Run("Предизвик (Албанија, Тирана):", "mk"),
        Run("“Kemi pak raste.”,", "sq", "на албански"),
        Run("We have no cases. Го поддржа Србија.", "mk"),
    )
    assert in_languages("Kemi pak raste.", "en", (Run("pak", "sq"),)) == (
        Run("Kemi", "en"),
        Run("pak", "sq"),
        Run("raste.", "en"),
    )
    assert in_languages("unpakable", "en", (Run("pak", "sq"),)) == (Run("unpakable", "en"),)


def test_an_edited_contribution_is_still_said_in_the_language_it_was_written_in(drafted: Meeting) -> None:
    contribution = drafted.as_("al-1").state()["contributions"][0]["id"]
    key = f"contribution:{contribution}"
    edit(drafted, key, text(runs(drafted, key)).replace("Challenge:", "A challenge:"))
    assert [(run.text, run.lang) for run in runs(drafted, key)] == [("A challenge:", "en"), ("Kemi pak raste.", "sq")]


def test_the_record_prints_notes_and_reservations_as_they_were_edited(drafted: Meeting) -> None:
    conclusion = agree(drafted)
    reserve = {"stance": "reserve", "reason": "There are elections.", "lang": "en"}
    drafted.as_("ba-1").do("take_position", conclusion=conclusion, **reserve)
    edit(drafted, NOTE, "He greeted the six delegations.")
    edit(drafted, f"conclusion:{conclusion}:BA", "Bosnia and Herzegovina has elections in October.")
    drafted.as_("rapporteur").do("circulate_minutes")
    with rows_of(drafted) as workshop:
        printed = words(record_of(workshop, "en"))
        macedonian = paragraphs(record_of(workshop, "mk"))["address:welcome"].runs
    assert "He greeted the six delegations." in printed and "He welcomed everybody." not in printed
    assert "Bosnia and Herzegovina has elections in October." in printed and "There are elections." not in printed
    assert macedonian[-1].text == "He welcomed everybody." and "англиски" in macedonian[-1].note

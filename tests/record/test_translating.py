"""What people wrote instead of a paragraph, and notes, are brought into the other languages at the interpreters' desk."""

import pytest

from facilitation.activities.translation import subject_id
from facilitation.record.minutes import minutes_of
from tests.conftest import Meeting
from tests.record.conftest import circulate, paragraphs, rows_of, text

NOTE = "item:welcome:note"
EDIT = f"edit:{NOTE}"
ENGLISH = {"paragraph": NOTE, "lang": "en", "text": "He welcomed the six delegations."}


@pytest.fixture
def edited(closed: Meeting) -> Meeting:
    """Circulated minutes with an edit in English; the desk and the minutes are looked at."""
    closed.observe("interpreter-mk", "desk", "mk")
    closed.observe("interpreter-sq", "desk", "en")
    closed.observe("al-2", "minutes", "mk")
    circulate(closed)
    closed.as_("rapporteur").do("edit_minutes", **ENGLISH, version=0)
    return closed


def note(meeting: Meeting, lang: str) -> tuple[str, str]:
    with rows_of(meeting) as workshop:
        runs = paragraphs(minutes_of(workshop, lang))[NOTE].runs
    return text(runs), runs[-1].note


def missing(meeting: Meeting, subject: str) -> list[str]:
    region = meeting.as_("interpreter-mk").get("desk").text.partition(f'id="translating-{subject}"')[2]
    return region.partition('data-missing="')[2].partition('"')[0].split()


def test_an_edit_waits_at_the_desk_and_once_translated_is_the_text_and_signatures_stay(edited: Meeting) -> None:
    edited.as_("al-1").do("sign_minutes")
    assert missing(edited, EDIT) == ["mk", "sq", "bs", "sr-Latn", "cnr"]
    assert note(edited, "mk")[1]
    edited.as_("interpreter-mk").do("translate", subject=EDIT, lang="mk", text="Ги поздрави шесте делегации.")
    assert note(edited, "mk") == ("Ги поздрави шесте делегации.", "")
    assert missing(edited, EDIT) == ["sq", "bs", "sr-Latn", "cnr"]
    assert edited.as_("organiser").state()["minutes"]["signed_by"] == ["AL"]


def test_one_translation_serves_those_who_read_one_another_and_is_marked(edited: Meeting) -> None:
    edited.as_("interpreter-bs").do("translate", subject=EDIT, lang="bs", text="Pozdravio je šest delegacija.")
    assert missing(edited, EDIT) == ["mk", "sq"]
    said, mark = note(edited, "cnr")
    assert said == "Pozdravio je šest delegacija." and mark


def test_a_new_wording_makes_earlier_translations_wait_again(edited: Meeting) -> None:
    edited.as_("interpreter-mk").do("translate", subject=EDIT, lang="mk", text="Ги поздрави сите.")
    edited.as_("rapporteur").do("edit_minutes", **ENGLISH | {"text": "He greeted all."}, version=1)
    assert missing(edited, EDIT) == ["mk", "sq", "bs", "sr-Latn", "cnr"]
    said, mark = note(edited, "mk")
    assert said == "Ги поздрави сите." and "англиски" in mark
    # Who edits the language that lags brings it up to date.
    edited.as_("rapporteur").do("edit_minutes", paragraph=NOTE, lang="mk", text="Ги отпоздрави сите.", version=1)
    assert missing(edited, EDIT) == ["sq", "bs", "sr-Latn", "cnr"] and note(edited, "en") == ("He greeted all.", "")


def test_an_accepted_correction_is_a_new_wording_in_whatever_language(edited: Meeting) -> None:
    correction = {"paragraph": NOTE, "lang": "sq", "text": "Ai përshëndeti të gjithë."}
    made = edited.as_("al-1").do("propose_correction", **correction)["id"]
    edited.as_("rapporteur").do("resolve_correction", correction=made, decision="accept")
    assert missing(edited, EDIT) == ["en", "mk", "bs", "sr-Latn", "cnr"]
    said, mark = note(edited, "en")
    assert said == ENGLISH["text"] and mark == "changed since in: Albanian"


def test_the_original_of_an_edit_is_its_writers(edited: Meeting) -> None:
    refused = edited.as_("interpreter-sq").refused("translate", subject=EDIT, lang="en", text="Mine.")
    assert refused["code"] == "forbidden"
    interpreter = edited.as_("interpreter-mk")
    for words in ("Поздрави.", "Ги поздрави сите."):
        interpreter.do("translate", subject=EDIT, lang="mk", text=words)
    assert note(edited, "mk")[0] == "Ги поздрави сите."
    assert interpreter.refused("translate", subject=EDIT, lang="fr", text="x")["field"] == "lang"
    edited.as_("organiser").do("adopt_minutes")
    assert interpreter.refused("translate", subject=EDIT, lang="mk", text="x")["code"] == "not_now"


def test_an_edit_comes_before_other_texts_and_says_which_paragraph_it_is(edited: Meeting) -> None:
    interpreter = edited.as_("interpreter-mk")
    assert interpreter.do("take_next_translation") == {"subject": EDIT, "lang": "mk"}
    with rows_of(edited) as workshop:
        number = paragraphs(minutes_of(workshop, "en"))[NOTE].number.rstrip(".")
    assert f"Minutes, paragraph {number}" in edited.as_("interpreter-sq").get("desk").text


def test_an_edit_of_a_redacted_contribution_leaves_the_desk(edited: Meeting) -> None:
    contribution = edited.as_("al-1").state()["contributions"][0]["id"]
    key = f"contribution:{contribution}"
    edited.as_("rapporteur").do("edit_minutes", paragraph=key, lang="en", text="We have few.", version=0)
    assert f'id="translating-edit:{key}"' in edited.as_("interpreter-mk").get("desk").text
    edited.as_("facilitator").do("redact_contribution", contribution=contribution, reason="A name.")
    assert f'id="translating-edit:{key}"' not in edited.as_("interpreter-mk").get("desk").text


def test_notes_are_translated_at_the_desk_and_wait_again_when_the_rapporteur_changes_them(closed: Meeting) -> None:
    closed.observe("interpreter-mk", "desk", "mk")
    subject = "note:welcome"
    assert missing(closed, subject) == ["mk", "sq", "bs", "sr-Latn", "cnr"]
    closed.as_("interpreter-mk").do("translate", subject=subject, lang="mk", text="Ги поздрави сите.")
    assert note(closed, "mk")[0] == "Ги поздрави сите."
    closed.as_("interpreter-sq").do("write_note", item="welcome", lang="sq", text="I përshëndeti të gjithë.")
    assert missing(closed, subject) == ["bs", "sr-Latn", "cnr"]
    closed.as_("rapporteur").do("write_note", item="welcome", lang="en", text="He greeted all.")
    assert missing(closed, subject) == ["mk", "sq", "bs", "sr-Latn", "cnr"]
    assert "note: " in closed.as_("interpreter-sq").get("desk").text


def test_what_has_a_long_key_has_an_id_that_still_fits() -> None:
    ids = {subject_id("edit", f"{'x' * 150}{n}") for n in range(3)}
    assert len(ids) == 3 and all(len(each) <= 64 for each in ids)

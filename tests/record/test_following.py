"""While minutes are circulated their text follows the meeting, and signatures count for the text that stands there only."""

from facilitation.record.event_record import record_of
from facilitation.record.minutes import minutes_of
from tests.conftest import Meeting
from tests.record.conftest import agree, circulate, paragraphs, rows_of, text, words

NOTE = "item:welcome:note"


def paragraph(meeting: Meeting, key: str, lang: str = "en") -> str:
    with rows_of(meeting) as workshop:
        return text(paragraphs(minutes_of(workshop, lang))[key].runs)


def keys(meeting: Meeting) -> list[str]:
    with rows_of(meeting) as workshop:
        return list(paragraphs(minutes_of(workshop, "en")))


def printed(meeting: Meeting, lang: str = "en") -> str:
    with rows_of(meeting) as workshop:
        return words(minutes_of(workshop, lang))


def signed(meeting: Meeting) -> list[str]:
    found: list[str] = meeting.as_("organiser").state()["minutes"]["signed_by"]
    return found


def test_a_note_after_circulation_reaches_the_minutes_and_voids_what_was_signed(watched: Meeting) -> None:
    circulate(watched)
    watched.as_("al-1").do("sign_minutes")
    watched.as_("rapporteur").do("write_note", item="welcome", lang="en", text="Quite another note.")
    assert paragraph(watched, NOTE) == paragraph(watched, NOTE, "mk") == "Quite another note."
    assert signed(watched) == []
    page = watched.as_("observer").get("minutes").text
    assert "The text has changed since it was circulated, last at:" in page
    assert "These signatures were for an earlier text and no longer count: AL." in page
    assert "Signed an earlier text, which no longer counts: Albania" in printed(watched)
    watched.as_("al-1").do("sign_minutes")
    assert signed(watched) == ["AL"]
    assert "no longer count" not in watched.as_("observer").get("minutes").text


def test_an_objection_after_everybody_signed_stands_in_the_minutes_and_in_the_record_alike(watched: Meeting) -> None:
    conclusion = agree(watched)
    circulate(watched)
    watched.as_("ba-1").do("sign_minutes")
    objection = {"stance": "object", "reason": "There are elections in May.", "lang": "en"}
    watched.as_("al-1").do("take_position", conclusion=conclusion, **objection)
    watched.as_("organiser").do("adopt_minutes")
    with rows_of(watched) as workshop:
        for document in (minutes_of(workshop, "en"), record_of(workshop, "en")):
            assert "Albania objects: There are elections in May." in words(document)
            assert "All 6 delegations" not in words(document)
    assert signed(watched) == []


def test_what_changes_no_text_leaves_signatures_alone(circulated: Meeting) -> None:
    circulated.as_("al-1").do("sign_minutes")
    circulated.as_("facilitator").do("announce", text="Please sign until Friday.")
    circulated.as_("rapporteur").do("write_note", item="welcome", lang="en", text="He welcomed everybody.")
    assert signed(circulated) == ["AL"]
    assert "The text has changed" not in circulated.as_("observer").get("minutes").text


def test_a_late_translation_reaches_the_minutes_and_voids_nothing(watched: Meeting) -> None:
    circulate(watched)
    watched.as_("al-1").do("sign_minutes")
    contribution = watched.as_("al-1").state()["contributions"][0]["id"]
    watched.as_("interpreter-mk").do("translate", subject=contribution, lang="mk", text="Имаме малку случаи.")
    watched.as_("interpreter-mk").do("confirm_translation", subject=contribution, lang="mk")
    assert "Имаме малку случаи." in paragraph(watched, f"contribution:{contribution}", "mk")
    assert signed(watched) == ["AL"]


def test_undoing_takes_the_text_back_and_not_the_signatures(circulated: Meeting) -> None:
    circulated.as_("al-1").do("sign_minutes")
    ana = circulated.as_("facilitator")
    theme = ana.do("add_theme", kind="challenge", title={"en": "Few cases"})["id"]
    assert f"theme:{theme}" in keys(circulated) and signed(circulated) == []
    ana.do("undo", seq=circulated.seq)
    assert f"theme:{theme}" not in keys(circulated) and signed(circulated) == []


def test_a_redacted_contribution_keeps_its_place_whatever_happens_afterwards(circulated: Meeting) -> None:
    contribution = circulated.as_("al-1").state()["contributions"][0]["id"]
    before = keys(circulated)
    circulated.as_("al-1").do("sign_minutes")
    circulated.as_("facilitator").do("redact_contribution", contribution=contribution, reason="A name.")
    assert signed(circulated) == []
    circulated.as_("rapporteur").do("write_note", item="welcome", lang="en", text="Quite another note.")
    assert [key for key in keys(circulated) if key != "left:list"] == [key for key in before if key != "left:list"]
    assert paragraph(circulated, f"contribution:{contribution}") == "This text was removed."


def test_a_name_that_was_erased_does_not_come_back_with_the_next_change(circulated: Meeting) -> None:
    rapporteur = circulated.as_("rapporteur")
    rapporteur.do("write_note", item="welcome", lang="en", text="Psychologist asked for the slides.")
    circulated.as_("organiser").do("erase_person", person="al-4")
    assert paragraph(circulated, NOTE) == "… asked for the slides."
    circulated.as_("facilitator").do("add_theme", kind="challenge", title={"en": "Few cases"})
    assert paragraph(circulated, NOTE) == "… asked for the slides."
    rapporteur.do("write_note", item="welcome", lang="en", text="Somebody asked for the slides.")
    assert paragraph(circulated, NOTE) == "Somebody asked for the slides."


def test_the_rapporteur_is_told_which_conclusions_are_open_before_circulating(watched: Meeting) -> None:
    conclusion = agree(watched)
    rapporteur = watched.as_("rapporteur")
    rapporteur.do("draft_minutes")
    page = rapporteur.get("minutes").text
    assert "One conclusion is still open for positions: “We meet again in May.”" in " ".join(page.split())
    watched.as_("facilitator").do("close_conclusion", conclusion=conclusion)
    assert "still open for positions" not in rapporteur.get("minutes").text

"""A wrong line of the record can be put right after the minutes were adopted; each version says what changed."""

import pytest

from facilitation.record import seal
from facilitation.record.event_record import record_of
from facilitation.record.minutes import minutes_of
from tests.conftest import Meeting
from tests.record.conftest import agree, circulate, paragraphs, rows_of, text, words

ADDRESS = "address:welcome"
RIGHT = "Mr Gianluca Esposito welcomed the six beneficiaries."


@pytest.fixture
def adopted(watched: Meeting) -> Meeting:
    """A meeting whose minutes are adopted, with a conclusion that all agreed to."""
    agree(watched)
    watched.as_("facilitator").do("add_theme", kind="challenge", title={"en": "Few cases"})
    circulate(watched)
    watched.as_("organiser").do("adopt_minutes")
    return watched


def line(meeting: Meeting, key: str, lang: str = "en") -> str:
    with rows_of(meeting) as workshop:
        return text(paragraphs(record_of(workshop, lang))[key].runs)


def test_a_wrong_line_is_put_right_before_it_is_published_and_the_minutes_stay(adopted: Meeting) -> None:
    with rows_of(adopted) as workshop:
        before = minutes_of(workshop, "en")
    page = adopted.as_("rapporteur").get("minutes").text
    assert 'data-command="correct_record"' in page
    assert 'data-command="correct_record"' not in adopted.as_("al-1").get("minutes").text
    assert adopted.as_("rapporteur").do("correct_record", paragraph=ADDRESS, lang="en", text=RIGHT) == {
        "paragraph": ADDRESS
    }
    assert line(adopted, ADDRESS) == RIGHT
    with rows_of(adopted) as workshop:
        assert minutes_of(workshop, "en") == before
        assert "англиски" in paragraphs(record_of(workshop, "mk"))[ADDRESS].runs[-1].note


def test_a_published_record_is_withdrawn_put_right_and_says_what_changed(adopted: Meeting) -> None:
    organiser = adopted.as_("organiser")
    organiser.do("publish_record")
    args = {"paragraph": "2", "lang": "en", "text": RIGHT}
    assert organiser.refused("correct_record", **args)["code"] == "not_now"
    organiser.do("withdraw_record", reason="He was misquoted.")
    assert adopted.as_("al-1").refused("correct_record", **args)["code"] == "forbidden"
    organiser.do("correct_record", **args)
    assert organiser.do("publish_record")["version"] == 2
    with rows_of(adopted) as workshop:
        first, second = (words(seal.document_of(row, "en")) for row in seal.versions_of(workshop))
        assert seal.holds(workshop)
    assert "He welcomed everybody." in first and RIGHT not in first and RIGHT in second
    page = organiser.client.get(f"/records/{adopted.slug}?lang=en").text
    assert "He was misquoted." in page and "1 line changed after it" in page


def test_the_items_of_a_list_are_lines_too(adopted: Meeting) -> None:
    key = "themes:challenge:list[0]"
    adopted.as_("organiser").do("correct_record", paragraph=key, lang="en", text="Few cases, in prisons")
    with rows_of(adopted) as workshop:
        assert "Few cases, in prisons" in words(record_of(workshop, "en"))
    error = adopted.as_("organiser").refused(
        "correct_record", paragraph="themes:challenge:list[1]", lang="en", text="x"
    )
    assert error["code"] == "not_found"


def test_what_was_concluded_is_as_it_was_taken(adopted: Meeting) -> None:
    correct = {"lang": "en", "text": "Everybody agreed to everything."}
    for key in ("conclusions:unanimous", "conclusions:unanimous:list[0]"):
        error = adopted.as_("organiser").refused("correct_record", paragraph=key, **correct)
        assert error["code"] == "invalid" and error["field"] == "paragraph"
    assert adopted.as_("organiser").refused("correct_record", paragraph="99", **correct)["code"] == "not_found"
    foreign = correct | {"lang": "fr"}
    assert adopted.as_("organiser").refused("correct_record", paragraph=ADDRESS, **foreign)["field"] == "lang"


def test_what_the_line_says_by_itself_takes_a_correction_back(adopted: Meeting) -> None:
    by_itself = line(adopted, ADDRESS)
    adopted.as_("rapporteur").do("correct_record", paragraph=ADDRESS, lang="en", text=RIGHT)
    adopted.as_("rapporteur").do("correct_record", paragraph=ADDRESS, lang="en", text=by_itself)
    with rows_of(adopted) as workshop:
        assert not paragraphs(record_of(workshop, "mk"))[ADDRESS].runs[-1].note.count(";")
    assert line(adopted, ADDRESS) == by_itself


def test_a_line_that_would_say_something_else_by_now_is_marked(adopted: Meeting) -> None:
    adopted.as_("rapporteur").do("correct_record", paragraph="held", lang="en", text="The meeting was held online.")
    adopted.as_("organiser").do("describe_workshop", venue={"en": "Online, from Ohrid"})
    with rows_of(adopted) as workshop:
        note = paragraphs(record_of(workshop, "en"))["held"].runs[-1].note
    assert note == "what this rests on has changed since it was edited"


def test_a_name_in_a_line_that_was_put_right_is_erased_with_its_person(adopted: Meeting) -> None:
    said = {"paragraph": ADDRESS, "lang": "en", "text": "Psychologist asked for the slides."}
    adopted.as_("rapporteur").do("correct_record", **said)
    adopted.as_("organiser").do("erase_person", person="al-4")
    assert line(adopted, ADDRESS) == "… asked for the slides."

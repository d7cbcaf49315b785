"""Finding contributions among many, what is alike, and the window of those that stand on the pages."""

import re

import pytest

from facilitation.activities import capture, finding
from facilitation.extensions import snapshot
from facilitation.meeting.acts import load_workshop
from tests.conftest import Meeting, Person


def contribute(person: Person, text: str, lang: str = "en", kind: str = "challenge", anonymity: str = "named") -> str:
    args = {"item": "cluster", "kind": kind, "lang": lang, "text": text, "anonymity": anonymity}
    return str(person.do("add_contribution", **args)["id"])


def found(person: Person, **query: str) -> list[str]:
    """The ids of what is found, the latest first."""
    page = person.get("found", query_string={**query, "part": "1"}).text
    return re.findall(r'data-contribution="([^"]+)"', page)


@pytest.fixture
def grouping(meeting: Meeting, ana: Person) -> Meeting:
    ana.do("start_item", item="cluster")
    return meeting


def test_contributions_are_found_by_words_in_any_script_and_case_and_by_their_translation(
    grouping: Meeting, ben: Person
) -> None:
    trust = contribute(ben, "Trust takes months, and a quiet room.")
    cyrillic = contribute(grouping.as_("mk-1"), "Довербата бара месеци", "mk")
    grouping.as_("interpreter-mk").do("translate", subject=cyrillic, lang="en", text="Confidence takes months")
    assert found(ben, q="TRUST room") == [trust]
    assert found(ben, q="ДОВЕРБАТА") == [cyrillic]
    assert found(ben, q="months") == [cyrillic, trust]
    assert found(ben, q="nothing like it") == []
    assert "Nothing found" in ben.get("found", query_string={"q": "nothing like it"}).text
    assert found(ben, q="100%") == []


def test_they_are_narrowed_by_delegation_language_theme_and_kind(grouping: Meeting, ana: Person, ben: Person) -> None:
    one, other = contribute(ben, "One", "sq"), contribute(grouping.as_("mk-1"), "Other", "mk", kind="positive")
    theme = ana.do("add_theme", kind="challenge", title="Trust", contributions=[one])["id"]
    assert found(ben, delegation="AL") == found(ben, lang="sq") == found(ben, theme=theme) == [one]
    assert found(ben, kind="positive") == found(ben, theme="-") == [other]
    assert found(ben, delegation="HR") == []


def test_a_delegation_that_may_not_be_named_finds_nothing(grouping: Meeting, ben: Person) -> None:
    contribute(ben, "Under the delegation's name", anonymity="delegation")
    assert found(grouping.as_("facilitator"), delegation="AL") == []


def test_what_is_hidden_is_found_by_facilitators_alone(grouping: Meeting, ana: Person, ben: Person) -> None:
    card = contribute(ben, "Hidden by the facilitator")
    ana.do("moderate_contribution", contribution=card, decision="hide")
    assert found(ben, q="hidden") == []
    assert found(ana, q="hidden") == [card]
    ana.do("redact_contribution", contribution=card, reason="Names somebody")
    assert found(ana, q="hidden") == []


def test_without_scripts_finding_is_a_page_of_its_own_for_members_only(grouping: Meeting, ben: Person) -> None:
    contribute(ben, "Trust <b>takes</b> months")
    page = ben.get("found", query_string={"q": "trust"}).text
    assert "1 contribution found" in page and "&lt;b&gt;takes" in page
    assert grouping.app.test_client().get(f"/w/{grouping.slug}/found").status_code == 401


def test_only_the_latest_stand_on_the_pages_and_earlier_ones_are_found(
    grouping: Meeting, ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command looks at every page afterwards: what leaves the window leaves the pages, what comes back comes back."""
    monkeypatch.setitem(capture.WINDOWS, "card", 3)
    monkeypatch.setitem(capture.WINDOWS, "handling", 2)
    monkeypatch.setattr(capture, "LEAVE_AT_ONCE", 1)
    cards = [contribute(ben, f"Point {n}") for n in range(5)]
    on_the_page = re.findall(r'id="card-([^"]+)"', ben.get("").text)
    assert on_the_page == cards[2:]
    assert re.findall(r'data-handles="([^"]+)"', ana.get("console").text) == cards[3:]
    assert found(ana, q="Point 0", handle="1") == cards[:1]
    assert 'data-command="redact_contribution"' in ana.get("found", query_string={"q": "Point 0", "handle": "1"}).text
    assert 'data-command="redact_contribution"' not in ben.get("found", query_string={"q": "Point", "handle": "1"}).text
    assert found(ben, q="Point") == cards[::-1]
    ben.do("withdraw_contribution", contribution=cards[4])
    assert re.findall(r'id="card-([^"]+)"', ben.get("").text) == cards[1:4]
    ana.do("redact_contribution", contribution=cards[3], reason="Names somebody")
    theme = ana.do("add_theme", kind="challenge", title="Trust")["id"]
    ana.do("group_contribution", contribution=cards[0], theme=theme)
    assert "Point 0" in ben.get("").text.partition(f'id="theme-{theme}"')[2]


def test_those_that_leave_the_pages_leave_together(
    grouping: Meeting, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(capture.WINDOWS, "card", 3)
    monkeypatch.setattr(capture, "LEAVE_AT_ONCE", 2)
    cards = [contribute(ben, f"Point {n}") for n in range(4)]
    assert re.findall(r'id="card-([^"]+)"', ben.get("").text) == cards
    cards.append(contribute(ben, "One too many"))
    assert re.findall(r'id="card-([^"]+)"', ben.get("").text) == cards[2:]


def test_several_are_grouped_at_once_and_undone_at_once(grouping: Meeting, ana: Person, ben: Person) -> None:
    cards = [contribute(ben, f"Point {n}") for n in range(3)]
    theme = ana.do("add_theme", kind="challenge", title="Trust")["id"]
    ana.do("group_contribution", contribution=cards[0], theme=theme, others=cards[1:])
    assert found(ben, theme=theme) == cards[::-1]
    ana.do("undo", seq=grouping.seq)
    assert found(ben, theme=theme) == []
    made = ana.do("add_theme", kind="challenge", title="Time", contributions=cards)["id"]
    assert found(ben, theme=made) == cards[::-1]
    positive = contribute(ben, "It works", kind="positive")
    refusal = ana.refused("group_contribution", contribution=cards[0], theme=theme, others=[positive])
    assert refusal["field"] == "theme"
    assert found(ben, theme=made) == cards[::-1]


def suggested(meeting: Meeting) -> finding.Likeness | None:
    with meeting.app.app_context():
        snapshot()
        return finding.likeliest(load_workshop(meeting.stream_id))


def test_what_is_alike_is_suggested_with_the_words_that_say_so(grouping: Meeting, ana: Person, ben: Person) -> None:
    first = contribute(ben, "Prison officers lack training in motivational interviewing.")
    contribute(ben, "Housing after release is missing.")
    second = contribute(grouping.as_("mk-1"), "Motivational interviews need trained officers.")
    likeness = suggested(grouping)
    assert likeness is not None
    assert {likeness.contribution.id, likeness.like.id} == {first, second}
    assert {word.lower()[:5] for word in likeness.words} >= {"motiv", "inter", "offic", "train"}
    console = ana.get("console").text
    assert "Are these alike?" in console and "Both say:" in console
    ana.do("refuse_suggestion", contribution=first, like=second)
    assert suggested(grouping) is None
    assert "Are these alike?" not in ana.get("console").text


def test_an_accepted_suggestion_goes_into_the_theme_of_the_other(grouping: Meeting, ana: Person, ben: Person) -> None:
    first = contribute(ben, "Nuk ka strehim pas lirimit nga burgu", "sq")
    second = contribute(grouping.as_("mk-1"), "Нема сместување по отпуштањето од затвор", "mk")
    assert suggested(grouping) is None
    interpreter = grouping.as_("interpreter-mk")
    interpreter.do("translate", subject=second, lang="en", text="There is no housing after release from prison")
    grouping.as_("facilitator").do("translate", subject=first, lang="en", text="No housing after release from prison")
    ana.do("add_theme", kind="challenge", title="Housing", contributions=[second])
    likeness = suggested(grouping)
    assert likeness is not None and likeness.through_translation
    assert (likeness.contribution.id, likeness.like.id) == (first, second)
    assert "Yes, into the theme “Housing”" in ana.get("console").text


def test_cyrillic_and_latin_endings_and_marks_are_no_difference() -> None:
    assert finding.stems_of("Zatvorenici", "bs").keys() == finding.stems_of("затвореник", "mk").keys() == {"zatvo"}
    assert finding.stems_of("čekaonica", "bs").keys() == finding.stems_of("чекаоница", "mk").keys()


def test_participants_refuse_no_suggestions(grouping: Meeting, ben: Person) -> None:
    assert ben.refused("refuse_suggestion", contribution="x", like="y")["code"] == "forbidden"

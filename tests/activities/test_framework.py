"""The framework: elements that rest on what was said."""

import uuid

import pytest

from facilitation.activities import framework, sources
from facilitation.extensions import db, snapshot
from facilitation.meeting.acts import load_workshop
from facilitation.meeting.texts import Text, pick_to_read
from tests.conftest import Meeting, Person


@pytest.fixture
def theme(ana: Person) -> str:
    return str(ana.do("add_theme", kind="challenge", title={"en": "Motivation", "mk": "Мотивација"})["id"])


@pytest.fixture
def rita(meeting: Meeting) -> Person:
    """Rita is the rapporteur."""
    return meeting.as_("rapporteur")


TITLE = {"en": "Plan with the person", "mk": "Планирање со лицето"}


def add_card(ana: Person, ben: Person, **values: str) -> str:
    ana.do("start_item", item="presentation-al")
    card = {"kind": "challenge", "lang": "sq", "text": "Stafi ndërron turnin.", "anonymity": "named", **values}
    return str(ben.do("add_contribution", item="presentation-al", **card)["id"])


def labels(meeting: Meeting, element: str, lang: str = "en") -> list[tuple[str, Text] | None]:
    with meeting.app.app_context():
        snapshot()
        workshop = load_workshop(meeting.stream_id)
        found = next(each for each in framework.elements_of(workshop) if each.id == element)
        rests_on = [sources.source_of(workshop, source) for source in found.sources]
        return [
            source and (source.kind, pick_to_read(source.texts, lang, workshop.default_language)) for source in rests_on
        ]


def test_an_element_is_seen_by_all_with_what_it_rests_on(
    meeting: Meeting, ana: Person, rita: Person, theme: str
) -> None:
    element = rita.do("add_element", title=TITLE, text={"en": "From the first day."}, sources=[theme, theme])["id"]
    for page in (meeting.as_("al-2").get("").text, ana.get("screen").text, ana.get("console").text):
        shown = page.partition(f'id="element-{element}"')[2].partition("</article>")[0]
        assert f'href="#theme-{theme}"' in shown
    assert labels(meeting, element) == [("theme", Text("Motivation", "en"))]
    with meeting.app.app_context():
        state = framework.framework_state(load_workshop(meeting.stream_id))
    assert state == [{"id": element, "title": TITLE, "sources": [theme]}]


def test_a_renamed_or_translated_theme_is_called_so_wherever_something_rests_on_it(
    meeting: Meeting, ana: Person, rita: Person, theme: str
) -> None:
    element = rita.do("add_element", title=TITLE, sources=[theme])["id"]
    ana.do("rename_theme", theme=theme, title={"en": "Wanting to change"})
    assert "Wanting to change" in meeting.as_("observer").get("").text.partition(f'id="element-{element}"')[2]
    meeting.as_("interpreter-mk").do("translate", subject=theme, lang="mk", text="Желба за промена")
    assert labels(meeting, element, "mk") == [("theme", Text("Желба за промена", "mk"))]


def test_a_merged_theme_stands_for_the_one_it_went_into(
    meeting: Meeting, ana: Person, rita: Person, theme: str
) -> None:
    other = ana.do("add_theme", kind="challenge", title={"en": "Trust"})["id"]
    element = rita.do("add_element", title=TITLE, sources=[theme, other])["id"]
    ana.do("merge_themes", theme=theme, into=other)
    with meeting.app.app_context():
        assert framework.framework_state(load_workshop(meeting.stream_id))[0]["sources"] == [other]
    rita.do("edit_element", element=element, sources=[other])
    assert rita.refused("edit_element", element=element, sources=[theme])["field"] == "sources"


def test_an_element_rests_on_something_that_everybody_can_read(
    meeting: Meeting, ana: Person, ben: Person, rita: Person, theme: str
) -> None:
    card = add_card(ana, ben)
    element = rita.do("add_element", title=TITLE, sources=[card])["id"]
    assert labels(meeting, element) == [("contribution", Text("Stafi ndërron turnin.", "sq"))]
    assert rita.refused("add_element", title=TITLE, sources=[])["field"] == "sources"
    assert rita.refused("add_element", title=TITLE)["field"] == "sources"
    assert rita.refused("add_element", title=TITLE, sources=["0123456789ab"])["code"] == "not_found"
    assert rita.refused("add_element", title=TITLE, sources=[element])["code"] == "not_found"
    ana.do("moderate_contribution", contribution=card, decision="hide")
    assert rita.refused("add_element", title=TITLE, sources=[card])["code"] == "not_found"
    assert labels(meeting, element)[0] == ("contribution", Text("", "en"))
    rita.do("edit_element", element=element, sources=[card, theme])
    assert rita.refused("edit_element", element=element, sources=[])["field"] == "sources"


def test_a_conclusion_is_something_to_rest_on_once_it_is_put(meeting: Meeting, ana: Person, rita: Person) -> None:
    conclusion = ana.do("draft_conclusion", item="agreement", text={"en": "We plan together."})["id"]
    assert rita.refused("add_element", title=TITLE, sources=[conclusion])["code"] == "not_found"
    ana.do("put_conclusion", conclusion=conclusion)
    element = rita.do("add_element", title=TITLE, sources=[conclusion])["id"]
    ana.do("reword_conclusion", conclusion=conclusion, text={"en": "We always plan together."})
    assert labels(meeting, element) == [("conclusion", Text("We always plan together.", "en"))]
    assert "We always plan together." in rita.get("").text.partition(f'id="element-{element}"')[2]


def test_only_what_is_given_of_an_element_changes(meeting: Meeting, rita: Person, theme: str) -> None:
    element = rita.do("add_element", title=TITLE, text="From the first day.", sources=[theme])["id"]
    rita.do("edit_element", element=element, title={"en": "Plan with her or him"})
    with meeting.app.app_context():
        found = db.session.get(framework.Element, element)
        assert found
        assert (found.title, found.text) == ({"en": "Plan with her or him"}, {"und": "From the first day."})
    assert rita.refused("edit_element", element="0123456789ab", title=TITLE)["code"] == "not_found"


def test_interpreters_translate_title_and_text(meeting: Meeting, rita: Person, theme: str) -> None:
    element = rita.do("add_element", title={"en": "Plan"}, text={"en": "From the first day."}, sources=[theme])["id"]
    mila = meeting.as_("interpreter-mk")
    assert f'id="translating-{element}.text"' in mila.get("desk").text
    mila.do("translate", subject=element, lang="mk", text="План")
    mila.do("translate", subject=f"{element}.text", lang="mk", text="Од првиот ден.")
    with meeting.app.app_context():
        found = db.session.get(framework.Element, element)
        assert found
        assert (found.title["mk"], found.text["mk"]) == ("План", "Од првиот ден.")


def test_a_later_text_waits_for_its_translation_too(meeting: Meeting, rita: Person, theme: str) -> None:
    element = rita.do("add_element", title={"en": "Plan"}, sources=[theme])["id"]
    assert f"{element}.text" not in meeting.as_("interpreter-mk").get("desk").text
    rita.do("edit_element", element=element, text={"en": "From the first day."})
    assert f'id="translating-{element}.text"' in meeting.as_("interpreter-mk").get("desk").text


def test_only_rapporteurs_and_facilitators_build_and_only_until_adoption(
    meeting: Meeting, ana: Person, ben: Person, rita: Person, theme: str
) -> None:
    for person in (ben, meeting.as_("observer"), meeting.as_("interpreter-mk")):
        assert person.refused("add_element", title=TITLE, sources=[theme])["code"] == "forbidden"
        assert 'class="building' not in person.get("").text
    element = ana.do("add_element", title=TITLE, sources=[theme])["id"]
    assert ben.refused("edit_element", element=element, title=TITLE)["code"] == "forbidden"
    meeting.as_("organiser").do("close_workshop")
    rita.do("edit_element", element=element, title={"en": "Plan together"})
    assert 'class="building' in rita.get("").text


def test_not_before_the_meeting_is_open(prepared: Meeting) -> None:
    rita = prepared.as_("rapporteur")
    assert rita.refused("add_element", title=TITLE, sources=["0123456789ab"])["code"] == "not_now"


def test_one_command_sent_twice_adds_one_element(meeting: Meeting, rita: Person, theme: str) -> None:
    once = str(uuid.uuid4())
    first = rita.send("add_element", once, title=TITLE, sources=[theme])
    assert rita.send("add_element", once, title=TITLE, sources=[theme]) == first
    with meeting.app.app_context():
        assert len(framework.elements_of(load_workshop(meeting.stream_id))) == 1


def test_a_theme_and_an_element_say_where_they_were_taken_up(
    meeting: Meeting, ana: Person, rita: Person, theme: str
) -> None:
    element = rita.do("add_element", title=TITLE, sources=[theme])["id"]
    drafted = ana.do("draft_conclusion", item="agreement", text={"en": "We plan together."}, sources=[element])["id"]

    def shown(region: str) -> str:
        page = meeting.as_("al-2").get("").text
        return page.partition(f'id="{region}"')[2].partition("</article>" if "element" in region else "</section>")[0]

    assert f'href="#element-{element}"' in shown(f"theme-{theme}")
    assert f'href="#conclusion-{drafted}"' not in shown(f"element-{element}"), "a draft is the facilitators' alone"
    ana.do("put_conclusion", conclusion=drafted)
    assert f'href="#conclusion-{drafted}"' in shown(f"element-{element}")
    meeting.as_("interpreter-sq").do("translate", subject=element, lang="sq", text="Planifikimi me personin")

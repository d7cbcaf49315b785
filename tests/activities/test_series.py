"""A series of meetings: the one before, what became of its conclusions, and what is named again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from facilitation.plan import Plan
from tests.conftest import OBSERVERS, Meeting, Person


@pytest.fixture
def second(played: Meeting, new_meeting: Callable[[Plan], Meeting], reference_plan: Plan) -> Meeting:
    """A meeting that follows the played one, open; every audience looks on."""
    found = new_meeting(replace(reference_plan, title={"en": "Second working group", "mk": "Втора работна група"}))
    for key, view, lang in OBSERVERS:
        found.observe(key, view, lang)
    found.as_("organiser").do("open_workshop")
    found.as_("organiser").do("follow_meeting", meeting=played.slug)
    return found


@pytest.fixture
def conclusion(played: Meeting) -> str:
    return str(played.as_("organiser").state()["conclusions"][0]["id"])


def challenge_of(meeting: Meeting) -> str:
    return next(theme["id"] for theme in meeting.as_("organiser").state()["themes"] if theme["kind"] == "challenge")


def test_conclusions_of_the_meeting_before_come_before_the_next_one(second: Meeting, conclusion: str) -> None:
    page = second.as_("al-1").get("").text
    assert 'id="series"' in page and "Not told yet" in page
    assert f'id="telling-{conclusion}"' not in page
    rita = second.as_("rapporteur")
    assert f'id="telling-{conclusion}"' in rita.get("").text
    rita.do("tell_fate", conclusion=conclusion, state="under_way", note="Two of six have begun.", lang="en")
    shown = second.as_("al-1").get("").text.partition('id="series"')[2].partition("</section>")[0]
    assert "Under way" in shown and "Two of six have begun." in shown
    rita.do("tell_fate", conclusion=conclusion, state="carried_out")
    shown = second.as_("al-1").get("").text.partition('id="series"')[2].partition("</section>")[0]
    assert "Carried out" in shown and "Two of six" not in shown


def test_what_is_said_of_a_conclusion_waits_at_the_desk(second: Meeting, conclusion: str) -> None:
    rita, mila = second.as_("rapporteur"), second.as_("interpreter-mk")
    told = rita.do("tell_fate", conclusion=conclusion, state="under_way", note="Two have begun.", lang="en")["id"]
    assert f'id="translating-{told}"' in mila.get("desk").text
    mila.do("translate", subject=told, lang="mk", text="Две започнаа.")
    second.as_("al-1").choose("mk")
    assert "Две започнаа." in second.as_("al-1").get("").text
    rita.do("tell_fate", conclusion=conclusion, state="under_way", note="Three have begun.", lang="en")
    assert "Две започнаа." not in second.as_("al-1").get("").text


def test_a_theme_is_recognised_and_can_be_new_again(played: Meeting, second: Meeting) -> None:
    ana, earlier = second.as_("facilitator"), challenge_of(played)
    theme = ana.do("add_theme", kind="challenge", title={"en": "Motivation"})["id"]
    positive = ana.do("add_theme", kind="positive", title={"en": "Trust"})["id"]
    assert earlier in ana.get("console").text.partition(f'id="recognising-{theme}"')[2].partition("</div>")[0]
    ana.do("recognise_theme", theme=theme, earlier=earlier)
    assert "Named before:" in second.as_("al-1").get("").text
    assert ana.refused("recognise_theme", theme=positive, earlier=earlier)["field"] == "earlier"
    assert ana.refused("recognise_theme", theme=theme, earlier=theme)["field"] == "earlier"
    ana.do("recognise_theme", theme=theme)
    assert "Named before:" not in second.as_("al-1").get("").text
    ana.do("recognise_theme", theme=theme, earlier=earlier)
    other = ana.do("add_theme", kind="challenge", title={"en": "Motives"})["id"]
    ana.do("merge_themes", theme=theme, into=other)
    assert "Named before:" not in second.as_("al-1").get("").text


def test_titles_that_are_alike_come_first(played: Meeting, second: Meeting) -> None:
    ana = second.as_("facilitator")
    titles = [each["title"] for each in played.as_("organiser").state()["themes"] if each["kind"] == "challenge"]
    theme = ana.do("add_theme", kind="challenge", title={"en": f"Again: {titles[-1]['en']}"})["id"]
    form = ana.get("console").text.partition(f'id="recognising-{theme}"')[2].partition("</select>")[0]
    assert "alike: " + titles[-1]["en"] in form.split("<option")[2]


def test_only_what_is_public_is_followed_and_nothing_follows_itself(played: Meeting, second: Meeting) -> None:
    organiser = second.as_("organiser")
    assert organiser.refused("follow_meeting", meeting=second.slug)["code"] == "not_found"
    assert organiser.refused("follow_meeting", meeting="no-such-meeting")["code"] == "not_found"
    assert second.as_("facilitator").refused("follow_meeting", meeting=played.slug)["code"] == "forbidden"
    assert f'value="{played.slug}" selected' in organiser.get("settings").text
    organiser.do("follow_meeting")
    assert 'id="series"' not in second.as_("al-1").get("").text
    assert f'value="{played.slug}" selected' not in organiser.get("settings").text


def test_only_rapporteurs_and_facilitators_tell_and_only_of_earlier_meetings(second: Meeting, conclusion: str) -> None:
    for key in ("al-1", "observer", "interpreter-mk"):
        assert second.as_(key).refused("tell_fate", conclusion=conclusion, state="dropped")["code"] == "forbidden"
    ana = second.as_("facilitator")
    assert ana.refused("tell_fate", conclusion="0123456789ab", state="dropped")["code"] == "not_found"
    assert ana.refused("tell_fate", conclusion=conclusion, state="forgotten")["code"] == "invalid"
    theme = ana.do("add_theme", kind="challenge", title={"en": "Motivation"})["id"]
    assert second.as_("al-1").refused("recognise_theme", theme=theme)["code"] == "forbidden"


def publish(meeting: Meeting) -> None:
    organiser: Person = meeting.as_("organiser")
    organiser.do("close_workshop")
    meeting.as_("rapporteur").do("draft_minutes")
    meeting.as_("rapporteur").do("circulate_minutes")
    organiser.do("adopt_minutes")
    organiser.do("publish_record")


def test_a_third_meeting_knows_what_the_second_was_told(
    played: Meeting,
    second: Meeting,
    conclusion: str,
    new_meeting: Callable[[Plan], Meeting],
    reference_plan: Plan,
) -> None:
    ana, earlier = second.as_("facilitator"), challenge_of(played)
    ana.do("tell_fate", conclusion=conclusion, state="under_way", note="Two have begun.", lang="en")
    theme = ana.do("add_theme", kind="challenge", title={"en": "Still the same"})["id"]
    ana.do("recognise_theme", theme=theme, earlier=earlier)
    page = second.app.test_client().get(f"/records/{played.slug}?lang=en").text
    assert "Two have begun." not in page
    publish(second)
    page = second.app.test_client().get(f"/records/{played.slug}?lang=en").text
    assert "Two have begun." in page and "Still the same" in page and f"/records/{second.slug}" in page
    sealed = second.app.test_client().get(f"/records/{second.slug}?lang=en").text
    assert "Two have begun." in sealed and "Named before" in sealed

    third = new_meeting(reference_plan)
    third.as_("organiser").do("follow_meeting", meeting=second.slug)
    third.as_("organiser").do("open_workshop")
    shown = third.as_("al-1").get("").text.partition('id="series"')[2].partition("</section>")[0]
    assert "Two have begun." in shown and played.slug in shown and second.slug in shown
    chris = third.as_("facilitator")
    again = chris.do("add_theme", kind="challenge", title={"en": "For the third time"})["id"]
    chris.do("recognise_theme", theme=again, earlier=theme)
    named = third.as_("al-1").get("").text.partition(f'id="recognised-{again}"')[2].partition("</p>")[0]
    assert "Still the same" in named and played.slug in named
    chris.do("tell_fate", conclusion=conclusion, state="carried_out")
    shown = third.as_("al-1").get("").text.partition('id="series"')[2].partition("</section>")[0]
    assert "Carried out" in shown and "Two have begun." not in shown
    minutes = third.as_("al-1").get("minutes?lang=en").text
    assert "Carried out" in minutes and "Named before" in minutes

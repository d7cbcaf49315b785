"""Minutes write themselves: everything that happened is in them, in every language under the same numbers."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from facilitation.meeting.models import Workshop
from facilitation.record.document import Document, Heading, Paragraph, to_json
from facilitation.record.draft import draft_of
from facilitation.record.event_record import record_of
from facilitation.record.minutes import minutes_of
from tests.conftest import Meeting
from tests.record.conftest import paragraphs, rows_of, text, words


def minutes(meeting: Meeting, lang: str = "en") -> Document:
    with rows_of(meeting) as workshop:
        return minutes_of(workshop, lang)


def contribute(meeting: Meeting, key: str, said: str, item: str, **given: str) -> str:
    args = {"item": item, "kind": "challenge", "lang": "en", "text": said, "anonymity": "delegation"} | given
    made: str = meeting.as_(key).do("add_contribution", **args)["id"]
    return made


@pytest.fixture
def running(unwatched: Meeting) -> Meeting:
    """An open meeting in the middle of a presentation."""
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("facilitator").do("start_item", item="presentation-al")
    return unwatched


@pytest.mark.parametrize("lang", ["mk", "sq", "bs", "sr-Latn", "cnr"])
def test_every_language_has_the_same_paragraphs_under_the_same_numbers(played: Meeting, lang: str) -> None:
    english, other = minutes(played), minutes(played, lang)
    assert [(b.type, b.key) for b in english.blocks] == [(b.type, b.key) for b in other.blocks]
    numbers = [block.number for block in english.blocks if isinstance(block, Paragraph) and block.number]
    assert numbers == [f"{n}." for n in range(1, len(numbers) + 1)]
    assert [p.number for p in paragraphs(english).values()] == [p.number for p in paragraphs(other).values()]
    assert [p.sources for p in paragraphs(english).values()] == [p.sources for p in paragraphs(other).values()]


def test_every_paragraph_has_a_key_of_its_own(played: Meeting) -> None:
    keys = [block.key for block in minutes(played).blocks]
    assert all(keys) and len(keys) == len(set(keys))


def test_every_contribution_of_the_meeting_is_printed_with_its_source(played: Meeting) -> None:
    document = minutes(played, "sq")
    found = played.as_("facilitator").state()["contributions"]
    assert len(found) == 43
    for contribution in found:
        paragraph = paragraphs(document)[f"contribution:{contribution['id']}"]
        assert paragraph.sources == (contribution["id"],)
        if contribution["lang"] == "sq":
            assert contribution["text"] in text(paragraph.runs)


def test_what_has_no_translation_is_printed_as_it_is_and_marked(played: Meeting) -> None:
    document = minutes(played, "mk")
    one = next(each for each in played.as_("al-1").state()["contributions"] if each["lang"] == "sq")
    run = next(
        run for run in paragraphs(document)[f"contribution:{one['id']}"].runs if run.text == one["translations"]["en"]
    )
    assert run.lang == "en" and "англиски" in run.note


def test_sentences_of_our_own_are_marked_where_there_is_no_catalog(played: Meeting) -> None:
    run = paragraphs(minutes(played, "sq"))["item:welcome:time"].runs[-1]
    assert run.lang in ("sq", "en") and (run.lang == "sq" or run.note == "anglisht")


def test_an_address_has_its_speaker_and_what_was_said(played: Meeting) -> None:
    printed = words(minutes(played, "mk"))
    assert "Г-дин Џанлука Еспосито, раководител на Одделот за акција против криминал на Советот на Европа" in printed
    assert "неопходноста од обезбедување холистички пристап во процесот на дистанцирање од насилство" in printed


def test_themes_votes_elements_and_conclusions_are_told_where_they_were_made(played: Meeting) -> None:
    document = minutes(played)
    place = {block.key: n for n, block in enumerate(document.blocks)}
    state = played.as_("al-1").state()
    for theme in state["themes"]:
        item = "cluster" if theme["kind"] == "challenge" else "positives"
        assert place[f"item:{item}"] < place[f"theme:{theme['id']}"]
        assert paragraphs(document)[f"theme:{theme['id']}"].sources
    for element in state["framework"]:
        assert paragraphs(document)[f"element:{element['id']}"].sources == tuple(element["sources"])
    for conclusion in state["conclusions"]:
        assert place["item:agreement"] < place[f"conclusion:{conclusion['id']}"] < place["item:closing"]
    printed = words(document)
    assert "Teams that plan together | 9" in printed
    assert printed.count("All 6 delegations agree.") == 4


def test_themes_refer_to_the_numbers_of_their_contributions(played: Meeting) -> None:
    document = minutes(played)
    theme = played.as_("al-1").state()["themes"][0]
    paragraph = paragraphs(document)[f"theme:{theme['id']}"]
    numbers = [paragraphs(document)[f"contribution:{source}"].number[:-1] for source in paragraph.sources]
    assert [
        number for trail in paragraph.trails if trail.label.text == "Rests on:" for _, number in trail.to
    ] == numbers


def test_who_took_the_floor_is_told_by_delegation(played: Meeting) -> None:
    floor = text(paragraphs(minutes(played, "mk"))["item:round:floor"].runs)
    assert "Албанија" in floor and "Косово*" in floor and "Head of treatment" not in floor


def test_an_item_that_was_skipped_says_why_and_one_to_come_says_nothing(running: Meeting) -> None:
    running.as_("facilitator").do("skip_item", item="presentation-ba", reason="Their line is down.")
    document = minutes(running)
    assert "Their line is down." in text(paragraphs(document)["item:presentation-ba:skipped"].runs)
    assert "item:presentation-xk" not in {block.key for block in document.blocks}


def test_breaks_and_lobbies_are_just_a_line(played: Meeting) -> None:
    document = minutes(played)
    breaks = [block for block in document.blocks if block.key.startswith(("item:break", "item:lobby"))]
    assert len(breaks) == 4
    assert all(isinstance(block, Paragraph) and not block.number for block in breaks)


def test_anonymous_contributions_stay_anonymous_and_few_people_do_not_name_a_delegation(running: Meeting) -> None:
    hidden = contribute(running, "al-1", "We lack time.", "presentation-al", anonymity="anonymous")
    alone = contribute(running, "al-2", "We lack rooms.", "presentation-al")
    named = contribute(running, "al-3", "We lack staff.", "presentation-al", anonymity="named")
    found = paragraphs(minutes(running))
    for made in (hidden, alone, named):
        assert "Albania" not in text(found[f"contribution:{made}"].runs)
    contribute(running, "al-4", "We lack tools.", "presentation-al")
    found = paragraphs(minutes(running))
    assert "(Albania)" in text(found[f"contribution:{alone}"].runs)
    assert "Albania" not in text(found[f"contribution:{hidden}"].runs)


def test_authors_are_named_only_where_they_chose_it_and_the_rules_allow_it(running: Meeting) -> None:
    named = contribute(running, "al-3", "We lack staff.", "presentation-al", anonymity="named")
    assert "Security officer" not in words(minutes(running))
    running.as_("organiser").do("change_rules", attribution="named", minimum_contributors_to_name_a_delegation=1)
    assert "(Security officer, Albania)" in text(paragraphs(minutes(running))[f"contribution:{named}"].runs)
    running.as_("organiser").do("change_rules", attribution="anonymous")
    assert "Albania" not in text(paragraphs(minutes(running))[f"contribution:{named}"].runs)


def test_what_was_written_on_behalf_of_a_delegation_is_printed_as_such(running: Meeting) -> None:
    running.as_("organiser").do("change_rules", minimum_contributors_to_name_a_delegation=1)
    contribute(running, "al-1", "We lack staff.", "presentation-al")
    made = contribute(running, "facilitator", "By telephone.", "presentation-al", on_behalf_of="AL")
    assert "on behalf of Albania, by a facilitator" in text(paragraphs(minutes(running))[f"contribution:{made}"].runs)


def test_hidden_withdrawn_and_redacted_contributions_are_not_printed(running: Meeting) -> None:
    hidden, withdrawn, redacted = (
        contribute(running, "al-1", said, "presentation-al") for said in ("Hide me.", "Withdraw me.", "Redact me.")
    )
    ana = running.as_("facilitator")
    ana.do("moderate_contribution", contribution=hidden, decision="hide")
    running.as_("al-1").do("withdraw_contribution", contribution=withdrawn)
    ana.do("redact_contribution", contribution=redacted, reason="A name.")
    printed = words(minutes(running))
    assert not [said for said in ("Hide me.", "Withdraw me.", "Redact me.") if said in printed]


def test_open_questions_and_what_nobody_took_up_are_listed(running: Meeting) -> None:
    parked = contribute(running, "al-1", "Who pays?", "presentation-al", kind="question")
    left = contribute(running, "al-2", "We lack rooms.", "presentation-al")
    running.as_("facilitator").do("park", contribution=parked)
    document = minutes(running)
    assert "Who pays?" in text(paragraphs(document)[f"parked:{parked}"].runs)
    assert paragraphs(document)["left:list"].sources == (left,)
    number = paragraphs(document)[f"contribution:{left}"].number[:-1]
    assert f"paragraph {number} " in text(paragraphs(document)["left:list"].runs)


def test_nothing_says_all_unless_every_delegation_agreed(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    ana = unwatched.as_("facilitator")
    ana.do("start_item", item="agreement")
    made = ana.do("draft_conclusion", item="agreement", text={"en": "We meet again in May."})["id"]
    assert "We meet again in May." not in words(minutes(unwatched))
    ana.do("put_conclusion", conclusion=made)
    for code, stance in (("al", "agree"), ("ba", "agree"), ("xk", "accept"), ("me", "agree")):
        unwatched.as_(f"{code}-1").do("take_position", conclusion=made, stance=stance)
    reserve = {"stance": "reserve", "reason": "Во мај имаме избори.", "lang": "mk"}
    unwatched.as_("mk-1").do("take_position", conclusion=made, **reserve)
    document = minutes(unwatched)
    printed = words(document)
    assert "All 6 delegations" not in printed
    assert "3 delegations agree, 1 delegation can accept it, 1 delegation has a reservation" in printed
    assert "North Macedonia has a reservation: Во мај имаме избори." in printed
    assert "No position was taken by Serbia." in printed
    assert "Serbia | –" in printed
    ana.do("take_position", conclusion=made, stance="object", reason="No budget.", on_behalf_of="RS")
    printed = words(minutes(unwatched))
    assert "Serbia objects, as entered on its behalf by a facilitator: No budget." in printed
    for code in ("al", "ba", "xk", "me", "mk", "rs"):
        unwatched.as_(f"{code}-1").do("take_position", conclusion=made, stance="agree")
    assert "All 6 delegations agree." in words(minutes(unwatched))


def test_attendance_is_measured_by_delegation(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    unwatched.observe("ba-2", "room", "en")
    unwatched.as_("facilitator").do("start_item", item="welcome")
    printed = words(minutes(unwatched))
    assert "Bosnia and Herzegovina | 5 | 1" in printed and "Albania | 5 | 0" in printed


def test_the_footnote_stands_below_wherever_the_mark_is(played: Meeting) -> None:
    printed = words(minutes(played, "cnr"))
    assert "Kosovo*" in printed and "* Ovaj naziv ne prejudicira stavove o statusu" in printed


def test_headings_begin_with_the_days(played: Meeting) -> None:
    days = [text(block.runs) for block in minutes(played).blocks if isinstance(block, Heading) and block.level == 1]
    assert days[:2] == ["Day 1, 9 June 2020", "Day 2, 10 June 2020"]


def test_minutes_of_a_whole_meeting_are_written_in_a_tenth_of_a_second(played: Meeting) -> None:
    took = []
    for _ in range(5):
        with rows_of(played) as workshop:
            begin = time.process_time()
            draft_of(workshop, "mk")
            took.append(time.process_time() - begin)
    assert min(took) < 0.1


def steps_from(document: Document, key: str, label: str, steps: int) -> set[str]:
    """The paragraphs that so many clicks on the numbers after ``label`` lead to."""
    reached = {key}
    for _ in range(steps):
        trails = [trail for each in reached for trail in paragraphs(document)[each].trails if trail.label.text == label]
        reached |= {to for trail in trails for to, _ in trail.to}
    return reached


def test_two_steps_lead_from_the_framework_to_contributions_and_from_a_contribution_to_where_it_went(
    played: Meeting,
) -> None:
    document, state = minutes(played), played.as_("al-1").state()
    for element in state["framework"]:
        reached = steps_from(document, f"element:{element['id']}", "Rests on:", 2)
        assert any(key.startswith("contribution:") for key in reached)
    used = {source for line in (*state["framework"], *state["conclusions"]) for source in line["sources"]}
    for contribution in state["contributions"]:
        reached = steps_from(document, f"contribution:{contribution['id']}", "Taken up in:", 2)
        if contribution["theme"] in used:
            assert any(key.startswith(("element:", "conclusion:")) for key in reached)


@pytest.mark.parametrize("lang", ["en", "mk", "sq", "bs", "sr-Latn", "cnr"])
@pytest.mark.parametrize("made", [minutes_of, record_of])
def test_nothing_is_in_another_language_without_saying_so(
    played: Meeting, made: Callable[[Workshop, str], Document], lang: str
) -> None:
    with rows_of(played) as workshop:
        document = to_json(made(workshop, lang))
    texts = list(runs_in(document))
    assert len(texts) > 50
    assert not [each for each in texts if each["lang"] not in (lang, "und") and not each["note"]]


def runs_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every stretch of text of a document as JSON."""
    if isinstance(value, dict):
        if "note" in value and value["text"]:
            yield value
        yield from (run for each in value.values() for run in runs_in(each))
    elif isinstance(value, list | tuple):
        yield from (run for each in value for run in runs_in(each))


def test_a_translation_says_what_it_was_translated_from_and_whether_it_is_confirmed(running: Meeting) -> None:
    ben, sara, mila = (running.as_(key) for key in ("al-1", "interpreter-sq", "interpreter-mk"))
    card = contribute(running, "al-1", "Kemi pak raste.", "presentation-al", lang="sq")
    sara.do("translate", subject=card, lang="en", text="We have few cases.")

    def note(lang: str, words: str) -> str:
        runs = paragraphs(minutes(running, lang))[f"contribution:{card}"].runs
        return next(run.note for run in runs if run.text == words)

    assert note("en", "We have few cases.") == "translated from Albanian, not confirmed"
    sara.do("confirm_translation", subject=card, lang="en")
    assert note("en", "We have few cases.") == "translated from Albanian"
    # The working language's, beside the original.
    assert note("mk", "Kemi pak raste.") and note("mk", "We have few cases.").count(";") == 1
    ben.do("edit_contribution", contribution=card, text="Kemi shumë raste.", version=1)
    assert "We have few cases." not in words(minutes(running))
    mila.do("translate", subject=card, lang="mk", text="Имаме многу случаи.", machine=True)
    assert "Имаме многу случаи." not in words(minutes(running, "mk"))

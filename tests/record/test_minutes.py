"""Minutes write themselves: everything that happened is in them, in every language under the same numbers."""

import time
from collections.abc import Callable, Iterator
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest

from facilitation.activities.agreement import Position, conclusions_of, is_unanimous, tally_words
from facilitation.extensions import db
from facilitation.meeting import clock
from facilitation.meeting.models import Workshop
from facilitation.meeting.texts import long_date
from facilitation.record.document import Document, Heading, Paragraph, to_json
from facilitation.record.draft import draft_of
from facilitation.record.event_record import record_of
from facilitation.record.minutes import minutes_of
from facilitation.record.wording import speaking
from tests.conftest import Meeting
from tests.record.conftest import agree, paragraphs, rows_of, text, words


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


def test_the_reason_for_skipping_an_item_is_in_the_language_of_whoever_gave_it(running: Meeting) -> None:
    running.as_("facilitator").do("skip_item", item="presentation-ba", reason="Linja ra.", lang="sq")
    reason = paragraphs(minutes(running))["item:presentation-ba:skipped"].runs[-1]
    assert (reason.text, reason.lang) == ("Linja ra.", "sq") and reason.note
    console = running.as_("facilitator").get("console").text
    assert '<p class="hint"><span lang="sq">Linja ra.</span> <span class="language-mark">Albanian</span></p>' in console


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


def test_participants_are_listed_by_delegation_heads_first_with_who_was_there(running: Meeting) -> None:
    running.observe("al-2", "room", "en")
    english, macedonian = minutes(running), minutes(running, "mk")
    listed = [block for block in english.blocks if block.key.startswith("participant")]
    albania = next(n for n, block in enumerate(listed) if text(block.runs) == "Albania")
    said = [text(block.runs) for block in listed[albania + 1 : albania + 6]]
    assert said[0].endswith("head of delegation; on the list)") and not any("head of" in each for each in said[1:])
    assert [each.endswith("(in the room)") for each in said] == [False, True, False, False, False]
    assert text(listed[-1].runs) == "EU observer (on the list)"
    numbers = {key: each.number for key, each in paragraphs(english).items() if key.startswith("participant:")}
    assert all(numbers.values()) and len(numbers) > 30
    assert numbers.items() <= {key: each.number for key, each in paragraphs(macedonian).items()}.items()
    with rows_of(running) as workshop:
        assert "head of delegation" not in words(record_of(workshop, "en")), "the public reads no list"


def test_a_programme_has_a_number_by_which_it_can_be_corrected(running: Meeting) -> None:
    english, albanian = (paragraphs(minutes(running, lang)) for lang in ("en", "sq"))
    programmes = [key for key in english if key.startswith("programme:")]
    assert len(programmes) == 2
    assert text(english[programmes[0]].runs).startswith("In development: Risk and needs assessment")
    assert [english[key].number for key in programmes] == [albanian[key].number for key in programmes] != ["", ""]


def test_authors_are_named_only_where_they_chose_it_and_the_rules_allow_it(running: Meeting) -> None:
    named = contribute(running, "al-3", "We lack staff.", "presentation-al", anonymity="named")
    document = minutes(running)
    contributions = [each for key, each in paragraphs(document).items() if not key.startswith("participant:")]
    assert not any("Security officer" in text(each.runs) for each in contributions)
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


def test_what_was_only_grouped_is_listed_beside_what_was_not_taken_up(running: Meeting) -> None:
    ana = running.as_("facilitator")
    grouped, used = (contribute(running, "al-1", said, "presentation-al") for said in ("Few rooms.", "Few staff."))
    rooms, staff = (
        ana.do("add_theme", kind="challenge", title={"en": title}, contributions=[made])["id"]
        for title, made in (("Rooms", grouped), ("Staff", used))
    )
    assert paragraphs(minutes(running))["left:grouped"].sources == (grouped, used)
    ana.do("add_element", title={"en": "Teams"}, sources=[staff])
    document = minutes(running)
    assert paragraphs(document)["left:grouped"].sources == (grouped,)
    number = paragraphs(document)[f"contribution:{grouped}"].number[:-1]
    assert f"paragraph {number} was put into a theme" in text(paragraphs(document)["left:grouped"].runs)
    ana.do("add_element", title={"en": "Rooms"}, sources=[rooms])
    assert "left:grouped" not in paragraphs(minutes(running))


def test_what_rests_on_no_paragraph_says_what_it_rests_on(played: Meeting) -> None:
    document = minutes(played)
    labels = {key: [trail.label.text for trail in each.trails] for key, each in paragraphs(document).items()}
    assert labels["item:welcome:note"] == ["Rests on a note of the rapporteur"]
    assert "Rests on the floor, as measured" in labels["item:round:floor"]
    assert "Rests on the votes as they were cast" in labels["item:positives:votes"]
    assert any("Rests on what the delegation said of its programmes" in each for each in labels.values())


def test_several_paragraphs_are_referred_to_as_several(running: Meeting) -> None:
    made = [contribute(running, "al-1", said, "presentation-al") for said in ("We lack time.", "We lack rooms.")]
    found = paragraphs(minutes(running))
    first, second = (found[f"contribution:{each}"].number.rstrip(".") for each in made)
    assert f"What is in paragraphs {first} and {second} was written" in text(found["left:list"].runs)


def test_the_only_delegation_is_not_called_all(played: Meeting) -> None:
    with rows_of(played) as workshop, speaking("en"):
        agreed = next(each for each in conclusions_of(workshop) if is_unanimous(workshop, each))
        alone: Any = SimpleNamespace(delegations=workshop.delegations[:1])
        assert tally_words(alone, agreed, "en") == "The only delegation agrees."
        assert tally_words(workshop, agreed, "en") == "All 6 delegations agree."


def test_before_sending_it_is_said_from_how_many_people_on_a_delegation_is_named(running: Meeting) -> None:
    writer = running.as_("al-2")
    rules = running.as_("organiser")
    rules.do("change_rules", minimum_contributors_to_name_a_delegation=3)
    assert "from the moment 3 people of your delegation have contributed. Until then" in unescape(writer.get("").text)
    rules.do("change_rules", minimum_contributors_to_name_a_delegation=1)
    assert "Others see your delegation's name, never yours.</p>" in unescape(writer.get("").text)


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


def test_a_reworded_conclusion_says_so_and_what_it_said_before(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    ana = unwatched.as_("facilitator")
    ana.do("start_item", item="agreement")
    made = ana.do("draft_conclusion", item="agreement", text={"en": "A draft that nobody saw."})["id"]
    ana.do("reword_conclusion", conclusion=made, text={"en": "We meet again in May.", "mk": "Во мај."})
    ana.do("put_conclusion", conclusion=made)
    assert f"conclusion:{made}:reworded" not in paragraphs(minutes(unwatched))
    ana.do("reword_conclusion", conclusion=made, text={"en": "We meet again in June."})
    printed = words(minutes(unwatched))
    assert "It was reworded once after it had been put, and positions were taken anew. Before, it said:" in printed
    assert "\nWe meet again in May.\n" in printed and "A draft that nobody saw." not in printed
    assert "\nВо мај.\n" in words(minutes(unwatched, "mk"))
    ana.do("reword_conclusion", conclusion=made, text={"en": "We meet again in July."})
    assert "It was reworded 2 times after it had been put" in words(minutes(unwatched))


def test_an_open_conclusion_states_its_deadline_and_a_closed_one_does_not(unwatched: Meeting) -> None:
    unwatched.as_("organiser").do("open_workshop")
    ana = unwatched.as_("facilitator")
    ana.do("start_item", item="agreement")
    made = ana.do("draft_conclusion", item="agreement", text={"en": "We meet again in May."})["id"]
    ana.do("put_conclusion", conclusion=made)
    ana.do("set_deadline", conclusion=made, until="2096-06-11T18:00")
    assert "The deadline for positions: 11 June 2096, 18:00." in words(minutes(unwatched))
    ana.do("close_conclusion", conclusion=made)
    assert "The deadline for positions" not in words(minutes(unwatched))


def test_positions_after_the_last_day_are_told_with_their_time(played: Meeting, closed: Meeting) -> None:
    assert "after the last day of the meeting" not in words(minutes(played))
    conclusion = agree(closed)
    assert "after the last day of the meeting" not in words(minutes(closed))
    with rows_of(closed) as workshop:
        delegation = workshop.delegation("AL")
        assert delegation is not None
        position = db.session.get_one(Position, (conclusion, delegation.id))
        assert position.at is not None
        position.at += 3 * 86_400_000
        day = long_date(clock.wall_time(workshop, position.at).date(), "en")
        db.session.commit()
    printed = words(minutes(closed))
    assert f"These delegations took their position after the last day of the meeting: Albania ({day}, " in printed


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

"""Plans: what a good one says, and that a bad one is refused whole, every error in its place."""

import dataclasses
import time as clock
from collections import Counter
from collections.abc import Callable
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask_babel import Babel

from facilitation.plan import ITEM_KINDS, MOST_BYTES, ROLES, Plan, PlanError, PlanRefused, Rules, read_plan
from facilitation.plan import source as plan_source

TESTS = Path(__file__).parent
REFERENCE = TESTS.parent / "docs" / "reference" / "western-balkans-2020.plan.yaml"
RIVER = TESTS / "plans" / "river-2021.plan.yaml"

Change = Callable[[dict[str, Any]], object]

SMALL = """
format: facilitation-plan/1
slug: small
title: {en: A small meeting, fr: Une petite réunion}
starts_on: 2021-03-01
ends_on: 2021-03-02
timezone: Europe/Paris
languages: [en, fr]
default_language: en
footnotes: {mark: '* as agreed'}
delegations:
- {code: NO, name: Norway, languages: [nb], footnote: mark}
- {code: SE, name: {en: Sweden}}
people:
- {key: chair, name: The chair, role: facilitator}
- {key: no-1, name: One, role: participant, delegation: NO, language: nb, head_of_delegation: true}
- {key: se-1, name: Two, role: participant, delegation: SE, head_of_delegation: yes}
agenda:
- {key: welcome, day: 1, start: 10:00, minutes: 10, kind: address, title: Welcome, speaker: chair}
- {key: norway, day: 1, start: 10:10, minutes: 20, kind: presentation, title: Norway, delegation: NO}
- {key: dots, day: 2, start: 9:00, minutes: 20, kind: vote, title: Vote, works_on: idea, votes_each: 4}
programmes:
- {key: no-programme, delegation: NO, title: A programme, status: in_use}
"""


def small(change: Change = lambda plan: None) -> str:
    """The small plan with a change made to it."""
    plan = yaml.load(SMALL, Loader=yaml.BaseLoader)
    change(plan)
    return yaml.safe_dump(plan, allow_unicode=True, sort_keys=False)


def errors_of(source: bytes | str) -> list[str]:
    """What the reader refuses a plan for."""
    with pytest.raises(PlanRefused) as refused:
        read_plan(source)
    assert str(refused.value) == "\n".join(map(str, refused.value.errors))
    return [str(error) for error in refused.value.errors]


def put(value: object, *keys: str | int) -> Change:
    """A change that sets one value."""

    def change(plan: Any) -> None:
        for key in keys[:-1]:
            plan = plan[key]
        plan[keys[-1]] = value

    return change


def drop(*keys: str | int) -> Change:
    """A change that takes one value away."""

    def change(plan: Any) -> None:
        for key in keys[:-1]:
            plan = plan[key]
        del plan[keys[-1]]

    return change


# Good plans


@pytest.fixture(scope="module")
def reference() -> Plan:
    return read_plan(REFERENCE.read_bytes())


def test_the_reference_plan_says_what_the_meeting_was(reference: Plan) -> None:
    assert reference.slug == "wb-rehabilitation-2020"
    assert reference.title["en"].startswith("Second regional working group on rehabilitation")
    assert (reference.starts_on, reference.ends_on, reference.timezone) == (
        date(2020, 6, 9),
        date(2020, 6, 10),
        "Europe/Paris",
    )
    assert reference.venue["mk"] == "Онлајн"
    assert (reference.languages, reference.default_language) == (("en", "mk", "sq", "bs", "sr-Latn", "cnr"), "en")
    assert reference.rules == Rules("delegation", "delegation", "after", 3, 30)
    assert [principle.key for principle in reference.principles] == ["human-rights", "holistic", "no-personal-data"]
    assert reference.copyright["mk"] == "Оградување - © Совет на Европа 2020 - © фото"
    assert reference.funding["mk"].endswith("спроведена од Советот на Европа.")
    assert reference.video_url == "https://meet.example.org/wb-rehabilitation-2020"


def test_the_reference_plan_has_six_delegations_one_of_them_with_a_footnote(reference: Plan) -> None:
    assert [delegation.code for delegation in reference.delegations] == ["AL", "BA", "XK", "ME", "MK", "RS"]
    kosovo = reference.delegations[2]
    assert (kosovo.name["en"], kosovo.languages, kosovo.footnote) == ("Kosovo*", ("sq", "sr-Latn"), "kosovo")
    assert reference.footnotes["kosovo"]["cnr"].startswith("* Ovaj naziv ne prejudicira")
    assert {delegation.footnote for delegation in reference.delegations} == {"kosovo", None}


def test_the_reference_plan_knows_who_comes_as_what(reference: Plan) -> None:
    people = {person.key: person for person in reference.people}
    assert people["organiser"].name == {"und": "Project team"}
    assert people["head"].name["mk"] == "Г-дин Џанлука Еспосито"
    assert people["head"].title["en"] == "Head of the Council of Europe's Action against Crime Department"
    assert people["interpreter-bs"].interprets == ("en", "bs", "sr-Latn", "cnr")
    assert Counter(person.delegation for person in reference.people if person.head_of_delegation) == dict.fromkeys(
        ["AL", "BA", "XK", "ME", "MK", "RS"], 1
    )
    assert Counter(person.role for person in reference.people)["participant"] == 30


def test_the_reference_plan_has_its_agenda_and_its_programmes(reference: Plan) -> None:
    agenda = {item.key: item for item in reference.agenda}
    assert len(agenda) == 21
    welcome = agenda["welcome"]
    assert (welcome.day, welcome.start, welcome.minutes, welcome.kind, welcome.speaker) == (
        1,
        time(10, 0),
        10,
        "address",
        "head",
    )
    assert agenda["presentation-xk"].delegation == "XK"
    assert agenda["capture-1"].collects == "challenge"
    assert (agenda["positives"].works_on, agenda["positives"].votes_each) == ("positive", 3)
    assert agenda["cluster"].votes_each is None
    assert Counter(programme.status for programme in reference.programmes) == {"in_development": 6, "in_use": 6}


def test_a_plan_of_another_field_and_shape_is_read_the_same_way() -> None:
    river = read_plan(RIVER.read_bytes())
    assert (river.ends_on - river.starts_on).days + 1 == 3
    assert (river.languages, river.default_language) == (("fr", "de"), "fr")
    assert [delegation.code for delegation in river.delegations] == [
        "HV",
        "LS",
        "MN",
        "PB",
        "VR",
        "GA",
        "DR",
        "NO",
        "IL",
    ]
    assert river.copyright == {"und": "© Commission du Grand Fleuve 2021"}
    assert river.disclaimer.keys() == {"fr"}
    assert sum(person.head_of_delegation for person in river.people) == 9
    kinds = {day: {item.kind for item in river.agenda if item.day == day} for day in (1, 2, 3)}
    assert set.union(*kinds.values()) == set(ITEM_KINDS)
    assert {"capture", "vote", "framework", "agreement", "break"} <= kinds[3]
    assert {person.role for person in river.people} == set(ROLES)


@pytest.mark.parametrize(
    ("plan", "script"),
    [
        (REFERENCE, REFERENCE.with_name("western-balkans-2020.script.yaml")),
        (RIVER, RIVER.with_name("river-2021.script.yaml")),
    ],
    ids=["reference", "river"],
)
def test_a_script_names_only_people_and_items_of_its_plan_and_ids_it_has_saved(plan: Path, script: Path) -> None:
    meeting = read_plan(plan.read_bytes())
    people = {person.key for person in meeting.people}
    items = {item.key for item in meeting.agenda}
    saved: set[str] = set()
    for step in yaml.safe_load(script.read_text()):
        arguments = step.get("with", {})
        assert step["as"] in people
        assert arguments.get("item", "welcome") in items
        used = [arguments.get(name) for name in ("subject", "contribution", "theme", "conclusion", "request")]
        used += [*arguments.get("sources", []), *arguments.get("votes", {})]
        assert {name.removeprefix("$") for name in used if name} <= saved
        if "save_as" in step:
            assert step["save_as"] not in saved
            saved.add(step["save_as"])


def test_scalars_are_read_as_what_they_look_like() -> None:
    plan = read_plan(SMALL)
    assert [delegation.code for delegation in plan.delegations] == ["NO", "SE"]
    assert plan.agenda[0].start == time(10, 0)
    assert plan.agenda[2].start == time(9, 0)
    assert [person.head_of_delegation for person in plan.people] == [False, True, True]


@pytest.mark.parametrize("title", ["NO", "yes", "1.10", "0x10", "2020-06-09", "10:00", "null", "1_000", "=", "~"])
def test_a_text_that_yaml_would_take_for_something_else_stays_text(title: str) -> None:
    plan = read_plan(SMALL.replace("title: Welcome", f"title: {title}"))
    assert plan.agenda[0].title == {"und": title}


def test_what_a_plan_leaves_out_has_the_usual_value() -> None:
    plan = read_plan(small(drop("agenda", 2, "votes_each")))
    assert plan.rules == Rules("delegation", "delegation", "after", 3, None)
    assert (plan.headline, plan.video_url, plan.principles) == ({}, None, ())
    assert plan.agenda[2].votes_each == 3
    assert plan.delegations[1].languages == ("en",)
    assert plan.people[2].language == "en"


def test_an_empty_value_or_null_is_as_if_it_were_not_there() -> None:
    plan = read_plan(SMALL + "video_url:\nvenue: null\nrules: {retention_days: ~}\nheadline: {en: Home, fr: }\n")
    assert (plan.video_url, plan.venue, plan.rules.retention_days) == (None, {}, None)
    assert plan.headline == {"en": "Home"}


def test_the_agenda_comes_in_the_order_of_time() -> None:
    plan = read_plan(small(lambda plan: plan["agenda"].reverse()))
    assert [item.key for item in plan.agenda] == ["welcome", "norway", "dots"]


def test_language_tags_have_their_usual_capitals() -> None:
    plan = read_plan(small(put(["SR-latn", "pt_br"], "delegations", 0, "languages")))
    assert plan.delegations[0].languages == ("sr-Latn", "pt-BR")


def test_titles_are_one_line_and_keep_their_hard_spaces() -> None:
    plan = read_plan(small(put("Que faire\u00a0?\n  Suite \n", "title", "fr")))
    assert plan.title["fr"] == "Que faire\u00a0? Suite"


def test_a_longer_text_keeps_its_paragraphs() -> None:
    plan = read_plan(small(put("One.\n\nTwo.", "funding")))
    assert plan.funding == {"und": "One.\n\nTwo."}


def test_an_item_may_end_at_midnight() -> None:
    plan = read_plan(small(lambda plan: plan["agenda"][2].update(start="23:00", minutes="60")))
    assert plan.agenda[2].minutes == 60


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    assert read_plan(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()) == read_plan(SMALL)


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_plan(SMALL).slug = "other"  # type: ignore[misc]


# Bad plans

KEY_RULE = "a key is made of small letters a–z, digits and hyphens, at most 64 of them"
CODE_RULE = "a code of a delegation is made of letters A–Z, digits and hyphens, at most 16 of them"

BAD: dict[str, tuple[Change, list[str]]] = {
    "another format": (
        put("facilitation-plan/2", "format"),
        ['format: "facilitation-plan/2" is not one of facilitation-plan/1'],
    ),
    "a bad slug": (put("Small Meeting", "slug"), [f"slug: {KEY_RULE}"]),
    "a slug that is too long": (put("a" * 65, "slug"), [f"slug: {KEY_RULE}"]),
    "a slug with a line after it": (put("a\u2028b", "slug"), [f"slug: {KEY_RULE}"]),
    "an unknown field": (put("x", "colour"), ["colour: unknown field"]),
    "an unknown field further in": (put("x", "agenda", 1, "colour"), ["agenda[1].colour: unknown field"]),
    "an unknown rule": (put({"mood": "x"}, "rules"), ["rules.mood: unknown field"]),
    "no title": (drop("title"), ["title: missing"]),
    "a title without text": (put({"en": ""}, "title"), ["title: missing"]),
    "a title that is a list": (put(["x"], "title"), ["title: fields with names belong here"]),
    "a title of many parts": (put({"en": {"a": "b"}}, "title"), ["title.en: a single value belongs here"]),
    "a title that is too long": (put("x" * 501, "title", "fr"), ["title.fr: longer than 500 characters"]),
    "a text that is too long": (put("x" * 5001, "funding"), ["funding: longer than 5000 characters"]),
    "a title in no language": (put({"en": "x", "xx": "y"}, "title"), ['title.xx: unknown language "xx"']),
    "a language written twice": (put({"en": "x", "EN": "y"}, "title"), ["title.EN: given twice"]),
    "a title not in the default language": (
        drop("title", "en"),
        ['title: no text in the default language "en"'],
    ),
    "a delegation not named in the default language": (
        put({"fr": "Suède"}, "delegations", 1, "name"),
        ['delegations[1].name: no text in the default language "en"'],
    ),
    "no date": (put("1 March 2021", "starts_on"), ['starts_on: "1 March 2021" is not a date like 2020-06-09']),
    "no such date": (put("2021-02-29", "starts_on"), ['starts_on: "2021-02-29" is not a date like 2020-06-09']),
    "a week date": (put("2021-W09-1", "starts_on"), ['starts_on: "2021-W09-1" is not a date like 2020-06-09']),
    "an end before the start": (put("2021-02-28", "ends_on"), ["ends_on: before the first day"]),
    "an unknown zone": (put("Europe/Atlantis", "timezone"), ['timezone: unknown time zone "Europe/Atlantis"']),
    "a folder of zones": (put("Europe", "timezone"), ['timezone: unknown time zone "Europe"']),
    "a zone out of bounds": (put("../../etc/passwd", "timezone"), ['timezone: unknown time zone "../../etc/passwd"']),
    "an unknown language": (put(["en", "klingon"], "languages"), ['languages[1]: unknown language "klingon"']),
    "a language given twice": (put(["en", "fr", "en"], "languages"), ['languages[2]: "en" is given twice']),
    "no languages": (put([], "languages"), ["languages: the list is empty"]),
    "a default language of its own": (
        put("nb", "default_language"),
        [
            'default_language: "nb" is not one of the languages',
            'title: no text in the default language "nb"',
            'delegations[1].name: no text in the default language "nb"',
        ],
    ),
    "und as a language of the meeting": (put(["en", "und"], "languages"), ['languages[1]: unknown language "und"']),
    "an address of another kind": (
        put("javascript:alert(1)", "video_url"),
        ['video_url: "javascript:alert(1)" is not an address that begins with http:// or https://'],
    ),
    "an address without a host": (
        put("https://", "video_url"),
        ['video_url: "https://" is not an address that begins with http:// or https://'],
    ),
    "half an address": (
        put("http://[", "video_url"),
        ['video_url: "http://[" is not an address that begins with http:// or https://'],
    ),
    "an unknown attribution": (
        put({"attribution": "all"}, "rules"),
        ['rules.attribution: "all" is not one of named, delegation, anonymous'],
    ),
    "rules out of bounds": (
        put({"minimum_contributors_to_name_a_delegation": "0", "retention_days": "-1", "moderation": "x"}, "rules"),
        [
            'rules.moderation: "x" is not one of before, after',
            'rules.minimum_contributors_to_name_a_delegation: "0" is not a whole number from 1 to 1000',
            'rules.retention_days: "-1" is not a whole number from 1 to 36500',
        ],
    ),
    "digits of another script": (
        put({"retention_days": "٣"}, "rules"),
        ['rules.retention_days: "٣" is not a whole number from 1 to 36500'],
    ),
    "a bad key of a footnote": (
        put({"mark": "x", "The Mark": "y"}, "footnotes"),
        [f"footnotes.The Mark: {KEY_RULE}"],
    ),
    "a footnote that is not there": (drop("footnotes"), ['delegations[0].footnote: no footnote "mark"']),
    "no delegations": (put([], "delegations"), ["delegations: the list is empty"]),
    "delegations that are no list": (put({"NO": "Norway"}, "delegations"), ["delegations: a list belongs here"]),
    "a delegation that is a word": (
        lambda plan: plan["delegations"].append("DK"),
        ["delegations[2]: fields with names belong here"],
    ),
    "a delegation given twice": (
        lambda plan: plan["delegations"].append({"code": "no", "name": "Norway"}),
        ['delegations[2].code: "no" is given twice'],
    ),
    "a bad code": (
        lambda plan: plan["delegations"].append({"code": "D K", "name": "Denmark"}),
        [f"delegations[2].code: {CODE_RULE}"],
    ),
    "an unknown role": (
        put("chairman", "people", 0, "role"),
        [f'people[0].role: "chairman" is not one of {", ".join(ROLES)}'],
    ),
    "a person of a delegation that is not there": (
        put("HR", "people", 1, "delegation"),
        ['people[1].delegation: no delegation "HR"'],
    ),
    "a participant without a delegation": (
        lambda plan: (plan["people"][1].pop("delegation"), plan["people"][1].pop("head_of_delegation")),
        ["people[1].delegation: a participant needs a delegation"],
    ),
    "two heads of one delegation": (
        put("NO", "people", 2, "delegation"),
        ['people[2].head_of_delegation: delegation "NO" has a head already: "no-1"'],
    ),
    "a head who is no participant": (
        lambda plan: plan["people"][0].update(delegation="SE", head_of_delegation="true"),
        ["people[0].head_of_delegation: only a participant is head of a delegation"],
    ),
    "a head who is and is not": (
        put("maybe", "people", 1, "head_of_delegation"),
        ['people[1].head_of_delegation: "maybe" is neither true nor false'],
    ),
    "an interpreter of nothing known": (
        put(["en", "q"], "people", 0, "interprets"),
        ['people[0].interprets[1]: unknown language "q"'],
    ),
    "a person given twice": (put("no-1", "people", 2, "key"), ['people[2].key: "no-1" is given twice']),
    "an item given twice": (put("welcome", "agenda", 2, "key"), ['agenda[2].key: "welcome" is given twice']),
    "a principle given twice": (
        put([{"key": "a", "text": "x"}, {"key": "a", "text": "y"}], "principles"),
        ['principles[1].key: "a" is given twice'],
    ),
    "no agenda": (drop("agenda"), ["agenda: missing"]),
    "an unknown kind": (
        put("lunch", "agenda", 0, "kind"),
        [f'agenda[0].kind: "lunch" is not one of {", ".join(ITEM_KINDS)}'],
    ),
    "a speaker who is not there": (put("king", "agenda", 0, "speaker"), ['agenda[0].speaker: no person "king"']),
    "an item of a delegation that is not there": (
        put("HR", "agenda", 1, "delegation"),
        ['agenda[1].delegation: no delegation "HR"'],
    ),
    "a presentation of nobody": (
        drop("agenda", 1, "delegation"),
        ["agenda[1].delegation: a presentation needs a delegation"],
    ),
    "a vote without votes": (
        put("0", "agenda", 2, "votes_each"),
        ['agenda[2].votes_each: "0" is not a whole number from 1 to 100'],
    ),
    "a vote with too many votes": (
        put("101", "agenda", 2, "votes_each"),
        ['agenda[2].votes_each: "101" is not a whole number from 1 to 100'],
    ),
    "an item that collects what nobody writes": (
        put("jokes", "agenda", 0, "collects"),
        ['agenda[0].collects: "jokes" is not one of challenge, positive, question, idea'],
    ),
    "a day too many": (put("3", "agenda", 2, "day"), ["agenda[2].day: day 3 of a meeting whose last day is 2"]),
    "day nought": (put("0", "agenda", 2, "day"), ['agenda[2].day: "0" is not a whole number from 1 to 9999']),
    "no time": (put("24:00", "agenda", 2, "start"), ['agenda[2].start: "24:00" is not a time like 09:30']),
    "an item past midnight": (
        lambda plan: plan["agenda"][2].update(start="23:50", minutes="11"),
        ["agenda[2].minutes: ends after midnight"],
    ),
    "items that overlap": (
        put("10:09", "agenda", 1, "start"),
        ['agenda[1].start: overlaps "welcome" (10:00–10:10)'],
    ),
    "items within another": (
        lambda plan: (
            put("300", "agenda", 0, "minutes")(plan),
            plan["agenda"].append(dict(plan["agenda"][0], key="late", start="14:30", minutes="5")),
        ),
        [
            'agenda[1].start: overlaps "welcome" (10:00–15:00)',
            'agenda[3].start: overlaps "welcome" (10:00–15:00)',
        ],
    ),
    "a programme of nobody": (
        put("HR", "programmes", 0, "delegation"),
        ['programmes[0].delegation: no delegation "HR"'],
    ),
    "an unknown status": (
        put("dropped", "programmes", 0, "status"),
        ['programmes[0].status: "dropped" is not one of in_development, in_use'],
    ),
}


@pytest.mark.parametrize(("change", "expected"), BAD.values(), ids=BAD.keys())
def test_a_bad_plan_is_refused_for(change: Change, expected: list[str]) -> None:
    assert errors_of(small(change)) == expected


def test_all_errors_come_in_one_answer() -> None:
    def change(plan: Any) -> None:
        for change, _ in (BAD["no date"], BAD["an unknown role"], BAD["an unknown field"], BAD["items that overlap"]):
            change(plan)
        del plan["agenda"][2]["title"]
        plan["programmes"][0]["delegation"] = "HR"

    assert {error.split(": ")[0] for error in errors_of(small(change))} == {
        "starts_on",
        "people[0].role",
        "colour",
        "agenda[1].start",
        "agenda[2].title",
        "programmes[0].delegation",
    }


def test_an_empty_map_lacks_everything_that_a_plan_needs() -> None:
    needed = ["format", "slug", "title", "starts_on", "ends_on", "timezone", "languages", "default_language"]
    needed += ["delegations", "people", "agenda"]
    assert errors_of("{}") == [f"{name}: missing" for name in needed]


def test_an_error_is_told_once_where_it_was_made() -> None:
    change = put("x", "delegations")
    assert errors_of(small(change)) == ["delegations: a list belongs here"]


def test_an_error_has_a_path_and_a_message() -> None:
    with pytest.raises(PlanRefused) as refused:
        read_plan(small(BAD["an item of a delegation that is not there"][0]))
    (error,) = refused.value.errors
    assert isinstance(error, PlanError)
    assert (error.path, str(error.message)) == ("agenda[1].delegation", 'no delegation "HR"')


def test_an_error_is_shown_in_the_language_of_who_reads_it(tmp_path: Path) -> None:
    catalog = Catalog(locale="fr")
    catalog.add('no delegation "%(code)s"', "aucune délégation « %(code)s »")
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    app = Flask(__name__)
    Babel(app, default_locale="fr", default_translation_directories=str(tmp_path))
    with pytest.raises(PlanRefused) as refused:
        read_plan(small(BAD["an item of a delegation that is not there"][0]))
    with app.app_context():
        assert str(refused.value.errors[0]) == "agenda[1].delegation: aucune délégation « HR »"


# Text that is no plan at all, or means harm

BROKEN = {
    "nothing": ("", "The plan is empty."),
    "a comment": ("# later\n", "The plan is empty."),
    "a word": ("hello", "fields with names belong here"),
    "a list": ("- hello", "fields with names belong here"),
    "a tab": ("title:\n\ten: x", "line 2, column 1: a tab; YAML is indented with spaces"),
    "a tab after spaces": ("title:\n  \ten: x\n  fr: y", "line 2, column 3: a tab; YAML is indented with spaces"),
    "a colon too many": ("slug: a\ntitle: a: b", "line 2, column 9: this is not YAML (mapping values are not allowed"),
    "an open quote": ('slug: "a', "line 1, column 9: this is not YAML (found unexpected end of stream)"),
    "two documents": ("slug: a\n---\nslug: b", "There is more than one document in this file."),
    "a list for a name": ("? [a]\n: b", "line 1: a name belongs here"),
    "UTF-16": ("slug: a".encode("utf-16"), "line 1: this is not UTF-8; save the file as UTF-8"),
    "Latin-1": ("slug: a\ntitle: é".encode("latin-1"), "line 2: this is not UTF-8; save the file as UTF-8"),
    "half a pair": ("slug: \ud800", "line 1: this is not UTF-8; save the file as UTF-8"),
    "a NUL": ("slug: a\ntitle: a\0b", "line 2, column 9: the character U+0000 does not belong in a text"),
    "an alias": ("slug: &a x\ntitle: {en: *a}", "title.en: aliases (*a) are not allowed; write it out"),
}


@pytest.mark.parametrize("loader", [plan_source._LOADER, yaml.BaseLoader], ids=["libyaml", "python"])
@pytest.mark.parametrize(("source", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_text_that_is_no_plan_is_refused_for(
    source: bytes | str, expected: str, loader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_source, "_LOADER", loader)
    (error,) = errors_of(source)
    assert error.startswith(expected.split(" (mapping")[0])


def test_keys_given_twice_are_errors_with_their_path() -> None:
    twice = SMALL.replace("title: Welcome,", "title: Welcome, title: Again,") + "slug: other\n"
    assert errors_of(twice) == ["agenda[0].title: given twice", "slug: given twice"]


def test_a_control_character_written_as_an_escape_is_refused() -> None:
    assert errors_of(SMALL.replace("title: Welcome", r'title: "Wel\0come\a"')) == [
        "agenda[0].title: the character U+0000 does not belong in a text"
    ]


def test_a_tag_means_nothing() -> None:
    plan = read_plan(SMALL.replace("title: Welcome", "title: !!python/object/apply:os.getcwd x"))
    assert plan.agenda[0].title == {"und": "x"}


def test_a_billion_laughs_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"{name}: &{name} [{', '.join([f'*{of}'] * 10)}]\n" for of, name in pairwise("abcdefghi"))
    assert errors_of(bomb) == ["b[0]: aliases (*a) are not allowed; write it out"]


def test_an_alias_to_itself_is_refused() -> None:
    assert errors_of("title: &a {en: *a}") == ["title.en: aliases (*a) are not allowed; write it out"]


HOSTILE = {
    "lists in lists": "[" * MOST_BYTES,
    "maps in maps": "{a: " * (MOST_BYTES // 4),
    "dashes": "- " * (MOST_BYTES // 2),
    "one long text": "slug: " + "x" * (MOST_BYTES - 6),
    "one long name": "x" * (MOST_BYTES - 3) + ": y",
    "many entries": "agenda: [" + "a," * (MOST_BYTES // 2 - 10) + "]",
    "many names": "title: {" + ",".join(f"{number:07}: x" for number in range(80_000)) + "}",
    "many lines": "title: |\n" + "  x\n" * (MOST_BYTES // 4 - 10),
    "an open quote": '"' + "x\n" * (MOST_BYTES // 2 - 10),
    "too much": "#" * (MOST_BYTES + 1),
    "too much in bytes only": "é" * (MOST_BYTES // 2 + 1),
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_refused_soon_and_in_few_words(source: str) -> None:
    began = clock.perf_counter()
    errors = errors_of(source)
    assert clock.perf_counter() - began < 10
    assert len(errors) <= 1001
    assert max(map(len, errors)) < 200


def test_what_nests_too_deeply_is_refused() -> None:
    assert errors_of("[" * 100 + "]" * 100) == ["line 1: nested too deeply"]


def test_a_plan_that_is_too_large_is_told_the_limit() -> None:
    assert errors_of(b"#" * (MOST_BYTES + 1)) == ["The plan is too large: at most 1000000 bytes."]


def test_a_plan_with_thousands_of_errors_says_that_there_are_more() -> None:
    errors = errors_of(small(put(["x"] * 2000, "agenda")))
    assert errors[0] == "agenda[0]: fields with names belong here"
    assert errors[1000:] == ["There are more errors; these are the first 1000."]

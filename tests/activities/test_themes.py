"""Themes: grouping, renaming, merging, splitting; nothing disappears."""

import pytest

from tests.conftest import Meeting, Person


def contribute(person: Person, text: str, kind: str = "challenge") -> str:
    args = {"item": "cluster", "kind": kind, "lang": "en", "text": text, "anonymity": "delegation"}
    return str(person.do("add_contribution", **args)["id"])


@pytest.fixture
def grouping(meeting: Meeting, ana: Person) -> Meeting:
    ana.do("start_item", item="cluster")
    return meeting


def test_contributions_are_grouped_moved_to_another_theme_and_moved_back(
    grouping: Meeting, ana: Person, ben: Person
) -> None:
    card = contribute(ben, "Trust takes months.")
    first, second = (ana.do("add_theme", kind="challenge", title={"en": title})["id"] for title in ("Trust", "Time"))
    ana.do("group_contribution", contribution=card, theme=first)
    ana.do("group_contribution", contribution=card, theme=second)
    ana.do("ungroup_contribution", contribution=card)
    assert ana.refused("ungroup_contribution", contribution=card)["code"] == "conflict"


def test_a_theme_takes_only_contributions_of_its_kind(grouping: Meeting, ana: Person, ben: Person) -> None:
    card = contribute(ben, "It works.", kind="positive")
    theme = ana.do("add_theme", kind="challenge", title="Trust")["id"]
    assert ana.refused("group_contribution", contribution=card, theme=theme)["field"] == "theme"


def test_merging_moves_every_contribution_and_the_emptied_theme_goes(
    grouping: Meeting, ana: Person, ben: Person
) -> None:
    cards = [contribute(ben, f"Point {n}") for n in range(3)]
    first, second = (ana.do("add_theme", kind="challenge", title=title)["id"] for title in ("Trust", "Confidence"))
    for card in cards:
        ana.do("group_contribution", contribution=card, theme=first)
    ana.do("merge_themes", theme=first, into=second)
    html = ben.get("").text
    assert f'id="theme-{first}"' not in html
    assert all(f"Point {n}" in html.split(f'id="theme-{second}"')[1] for n in range(3))
    assert ana.refused("rename_theme", theme=first, title="X")["code"] == "not_found"
    assert ana.refused("merge_themes", theme=second, into=second)["field"] == "into"


def test_a_theme_is_split_and_renamed_in_languages(grouping: Meeting, ana: Person, ben: Person) -> None:
    cards = [contribute(ben, f"Point {n}") for n in range(2)]
    theme = ana.do("add_theme", kind="challenge", title="All")["id"]
    for card in cards:
        ana.do("group_contribution", contribution=card, theme=theme)
    new = ana.do("split_theme", theme=theme, contributions=[cards[0]], title={"en": "Part", "mk": "Дел"})["id"]
    ana.do("rename_theme", theme=new, title={"en": "A part", "mk": "Еден дел"})
    assert "Еден дел" in grouping.as_("mk-1").get("").text
    assert ana.refused("split_theme", theme=theme, contributions=[cards[0]], title="X")["field"] == "contributions"


def test_merged_contributions_both_stay(grouping: Meeting, ana: Person, ben: Person) -> None:
    first, second = contribute(ben, "Same thing"), contribute(ben, "The same thing")
    ana.do("merge_contributions", contribution=first, into=second)
    assert ana.refused("merge_contributions", contribution=second, into=first)["field"] == "into"
    assert "Same thing" in ben.get("").text


def test_participants_do_not_group_and_nobody_does_after_the_minutes_are_adopted(
    grouping: Meeting, ben: Person
) -> None:
    assert ben.refused("add_theme", kind="challenge", title="Trust")["code"] == "forbidden"


def test_a_contribution_of_another_meeting_is_not_there(
    grouping: Meeting, ana: Person, unwatched: Meeting, new_meeting, reference_plan
) -> None:  # type: ignore[no-untyped-def]
    other = new_meeting(reference_plan)
    other.as_("organiser").do("open_workshop")
    other.as_("facilitator").do("start_item", item="cluster")
    foreign = contribute(other.as_("al-1"), "Elsewhere")
    assert ana.refused("park", contribution=foreign)["code"] == "not_found"


def test_what_says_the_same_is_shown_together_in_the_theme(grouping: Meeting, ana: Person, ben: Person) -> None:
    first, second = contribute(ben, "Few staff"), contribute(ben, "Too few of us")
    theme = ana.do("add_theme", kind="challenge", title="Staff")["id"]
    for card in (first, second):
        ana.do("group_contribution", contribution=card, theme=theme)
    ana.do("merge_contributions", contribution=first, into=second)
    shown = ben.get("").text.split(f'id="theme-{theme}"')[1].split("</section>")[0]
    assert shown.index("Too few of us") < shown.index("Says the same:") < shown.index("Few staff</li>")
    assert "2 contributions" in shown

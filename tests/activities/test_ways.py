"""A delegation's page: our points and where each went."""

from tests.conftest import Meeting, Person


def add_card(person: Person, anonymity: str = "named", text: str = "Stafi ndërron turnin.") -> str:
    card = {"item": "presentation-al", "kind": "challenge", "lang": "sq", "text": text, "anonymity": anonymity}
    return str(person.do("add_contribution", **card)["id"])


def points(person: Person) -> str:
    page: str = person.get("delegation").text
    return page.partition('class="points')[2].partition("</section>")[0]


def test_a_point_is_followed_into_theme_framework_and_conclusion(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    card = add_card(ben)
    colleague = meeting.as_("al-2")
    assert "Stafi ndërron turnin." in points(colleague)
    theme = ana.do("add_theme", kind="challenge", title={"en": "Continuity", "sq": "Vazhdimësia"})["id"]
    ana.do("group_contribution", contribution=card, theme=theme)
    assert f'href="#theme-{theme}"' in points(colleague)
    element = ana.do("add_element", title={"en": "The same people throughout"}, sources=[theme])["id"]
    assert f"#element-{element}" in points(colleague)
    conclusion = ana.do("draft_conclusion", item="agreement", text={"en": "Staff stays."}, sources=[element])["id"]
    assert "Staff stays." not in points(colleague)
    ana.do("put_conclusion", conclusion=conclusion)
    assert f'href="#conclusion-{conclusion}"' in points(colleague)
    ana.do("ungroup_contribution", contribution=card)
    assert f"#element-{element}" not in points(colleague)


def test_points_follow_their_theme_into_a_merge(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    card = add_card(ben)
    theme = ana.do("add_theme", kind="challenge", title={"en": "Continuity"})["id"]
    other = ana.do("add_theme", kind="challenge", title={"en": "Staff"})["id"]
    ana.do("group_contribution", contribution=card, theme=theme)
    element = ana.do("add_element", title={"en": "The same people throughout"}, sources=[theme])["id"]
    ana.do("merge_themes", theme=theme, into=other)
    assert f'href="#theme-{other}"' in points(ben)
    assert f"#element-{element}" in points(ben)


def test_other_delegations_and_anonymous_points_are_not_ours(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    add_card(meeting.as_("ba-1"), text="Drugačije.")
    add_card(ben, "anonymous", "Pa emër.")
    assert "Drugačije." not in points(ben)
    assert "Pa emër." not in points(ben)


def test_under_the_delegations_name_alone_only_once_enough_have_contributed(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    ana.do("start_item", item="presentation-al")
    for n, key in enumerate(("al-1", "al-2", "al-3")):
        assert "Teksti" not in points(ben)
        add_card(meeting.as_(key), "delegation", f"Teksti {n}")
    assert points(ben).count("Teksti") == 3


def test_what_is_withdrawn_or_hidden_is_no_point_any_more(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    first, second = add_card(ben, text="E para."), add_card(ben, text="E dyta.")
    ben.do("withdraw_contribution", contribution=first)
    ana.do("moderate_contribution", contribution=second, decision="hide")
    assert "E para." not in points(meeting.as_("al-2"))
    assert "E dyta." not in points(meeting.as_("al-2"))

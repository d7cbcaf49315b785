"""What people contribute, who sees it and who wrote it."""

import re
import uuid
from typing import Any

import pytest

from facilitation.activities.capture import Contribution, Revision
from facilitation.extensions import db
from facilitation.live.journal import Entry
from tests.conftest import Meeting, Person, dump_of

MARKUP = "<script>alert(1)</script><b>\"bold\"</b> & {{ 7*7 }} 'x'"


def card(item: str = "presentation-al", **more: Any) -> dict[str, Any]:
    return {
        "item": item,
        "kind": "challenge",
        "lang": "sq",
        "text": "Kemi pak raste.",
        "anonymity": "delegation",
    } | more


@pytest.fixture
def live(meeting: Meeting, ana: Person) -> Meeting:
    """A presentation is on."""
    ana.do("start_item", item="presentation-al")
    return meeting


@pytest.fixture
def silent(meeting: Meeting, ana: Person) -> Meeting:
    """Silent writing is on."""
    ana.do("start_item", item="capture-1")
    return meeting


def test_what_ben_writes_stands_on_everybodys_page_at_once(live: Meeting, ben: Person) -> None:
    ben.do("add_contribution", **card())
    for key, page in (("mk-2", ""), ("facilitator", "console"), ("facilitator", "screen")):
        assert "Kemi pak raste." in live.as_(key).get(page).text


def test_all_four_kinds_are_taken_and_no_other(live: Meeting, ben: Person) -> None:
    for kind in ("challenge", "positive", "question", "idea"):
        ben.do("add_contribution", **card(kind=kind))
    assert ben.refused("add_contribution", **card(kind="wish"))["field"] == "kind"


def test_contributions_go_to_the_item_that_is_on_and_never_into_a_break(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    ana.do("start_item", item="break-1")
    assert ben.refused("add_contribution", **card("break-1"))["code"] == "not_now"
    assert ben.refused("add_contribution", **card("presentation-ba"))["code"] == "not_now"
    assert ben.refused("add_contribution", **card("nowhere"))["code"] == "not_found"


def test_observers_and_interpreters_do_not_contribute(live: Meeting) -> None:
    for key in ("observer", "interpreter-mk", "rapporteur"):
        assert live.as_(key).refused("add_contribution", **card())["code"] == "forbidden"


def test_an_unknown_language_is_refused_and_any_that_babel_knows_is_taken(live: Meeting, ben: Person) -> None:
    assert ben.refused("add_contribution", **card(lang="xx-nonsense"))["field"] == "lang"
    ben.do("add_contribution", **card(lang="tr", text="Az zaman var."))


def test_markup_in_a_text_is_shown_as_text(live: Meeting, ben: Person) -> None:
    ben.do("add_contribution", **card(text=MARKUP))
    for page in ("", "console", "screen"):
        html = live.as_("facilitator").get(page).text
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "{{ 7*7 }}" in html


def test_silent_writing_is_hidden_until_it_is_revealed(silent: Meeting, ana: Person, ben: Person) -> None:
    hidden = ben.do("add_contribution", **card("capture-1"))
    other = silent.as_("ba-2")
    assert "Kemi pak raste." not in other.get("").text
    assert other.refused("endorse", contribution=hidden["id"])["code"] == "not_found"
    ana.do("reveal_contributions", item="capture-1")
    assert "Kemi pak raste." in other.get("").text
    ana.do("reveal_contributions", item="capture-1")
    other.do("add_contribution", **card("capture-1", text="Pas zbulimit."))
    assert "Pas zbulimit." in ben.get("").text


def test_a_delegation_is_named_only_once_enough_of_its_people_have_contributed(live: Meeting) -> None:
    def shown() -> str:
        html = live.as_("observer").get("").text
        return str(re.findall(r'<p class="card-by">(.*?)</p>', html, re.S))

    for n in (1, 2, 3):
        assert "Albania" not in shown()
        live.as_(f"al-{n}").do("add_contribution", **card(text=f"Nr {n}"))
    assert shown().count("Albania") == 3


def test_a_named_contribution_carries_its_author(live: Meeting, ben: Person) -> None:
    ben.do("add_contribution", **card(anonymity="named"))
    assert "Head of treatment" in live.as_("observer").get("").text


def test_an_anonymous_author_edits_and_withdraws_with_the_making_commands_id_alone(live: Meeting, ben: Person) -> None:
    once = str(uuid.uuid4())
    made = ben.do("add_contribution", once, **card(anonymity="anonymous"))
    assert ben.refused("edit_contribution", contribution=made["id"], text="X", version=1)["code"] == "forbidden"
    edited = ben.do("edit_contribution", contribution=made["id"], text="Ndryshe", version=1, made_by=once)
    assert edited["version"] == 2
    ben.do("edit_contribution", contribution=once, text="Prapë", version=2)
    ben.do("withdraw_contribution", contribution=made["id"], made_by=once)
    with live.app.app_context():
        row = db.session.get_one(Contribution, made["id"])
        entries = db.session.query(Entry).filter(Entry.stream_id == live.stream_id, Entry.name.like("contribution_%"))
        assert (row.author_id, row.delegation_id, row.made_at) == (None, None, row.item.started_at)
        assert {entry.actor_id for entry in entries} == {None}


def test_an_edit_keeps_the_earlier_wording_and_a_stale_one_changes_nothing(live: Meeting, ben: Person) -> None:
    made = ben.do("add_contribution", **card())
    ben.do("edit_contribution", contribution=made["id"], text="E re", version=1)
    assert ben.refused("edit_contribution", contribution=made["id"], text="E vjetër", version=1)["code"] == "stale"
    assert (
        live.as_("al-2").refused("edit_contribution", contribution=made["id"], text="Y", version=2)["code"]
        == "forbidden"
    )
    with live.app.app_context():
        assert db.session.get_one(Revision, (made["id"], 1)).text == "Kemi pak raste."


def test_what_is_withdrawn_is_gone_for_everybody(live: Meeting, ben: Person) -> None:
    made = ben.do("add_contribution", **card())
    assert live.as_("al-2").refused("withdraw_contribution", contribution=made["id"])["code"] == "forbidden"
    ben.do("withdraw_contribution", contribution=made["id"])
    assert "Kemi pak raste." not in live.as_("facilitator").get("console").text
    assert ben.refused("withdraw_contribution", contribution=made["id"])["code"] == "not_found"


def test_with_moderation_before_the_facilitator_shows_each_card(live: Meeting, ana: Person, ben: Person) -> None:
    live.as_("organiser").do("change_rules", moderation="before")
    made = ben.do("add_contribution", **card())
    assert "Kemi pak raste." not in live.as_("mk-1").get("").text
    assert "Kemi pak raste." in ana.get("console").text
    ana.do("moderate_contribution", contribution=made["id"], decision="show")
    assert "Kemi pak raste." in live.as_("mk-1").get("").text
    ana.do("moderate_contribution", contribution=made["id"], decision="hide", reason="A name is in it.")
    assert "Kemi pak raste." not in live.as_("mk-1").get("").text
    assert "hidden by the facilitator" in ben.get("").text


def test_redaction_removes_text_wordings_and_translations_for_good(live: Meeting, ana: Person, ben: Person) -> None:
    made = ben.do("add_contribution", **card(text="Emri është SEKRET-1"))
    ben.do("edit_contribution", contribution=made["id"], text="Emri është SEKRET-2", version=1)
    live.as_("interpreter-sq").do("translate", subject=made["id"], lang="en", text="The name is SECRET-3")
    ana.do("redact_contribution", contribution=made["id"], reason="A prisoner's name")
    assert not re.search("SEKRET-|SECRET-", dump_of(live.app))


def test_ones_own_card_and_ones_delegations_are_not_endorsed(live: Meeting, ben: Person) -> None:
    own = ben.do("add_contribution", **card())["id"]
    assert ben.refused("endorse", contribution=own)["code"] == "conflict"
    # Whose unnamed card it is, its refusal must not tell the others of the delegation.
    live.as_("al-2").do("endorse", contribution=own)
    named = ben.do("add_contribution", **card(anonymity="named"))["id"]
    assert live.as_("al-2").refused("endorse", contribution=named)["code"] == "conflict"
    assert live.as_("ba-1").do("endorse", contribution=named) == {}


def test_an_endorsement_counts_once_for_the_delegation_and_can_be_taken_back(live: Meeting, ben: Person) -> None:
    made = ben.do("add_contribution", **card())
    for key in ("ba-1", "ba-2", "ba-1"):
        live.as_(key).do("endorse", contribution=made["id"])
    assert "1 delegation faces this too" in ben.get("").text
    live.as_("ba-3").do("withdraw_endorsement", contribution=made["id"])
    assert "faces this too:" not in ben.get("").text
    assert live.as_("head").refused("endorse", contribution=made["id"])["code"] == "forbidden"


def test_a_facilitator_writes_on_behalf_of_a_delegation_and_it_says_so(live: Meeting, ana: Person, ben: Person) -> None:
    assert ana.refused("add_contribution", **card())["field"] == "on_behalf_of"
    assert ben.refused("add_contribution", **card(on_behalf_of="BA"))["code"] == "forbidden"
    ana.do("add_contribution", **card(on_behalf_of="ME", lang="cnr", text="Nema linije."))
    assert "on their behalf" in ben.get("").text


def test_a_parked_card_is_marked_as_an_open_question(live: Meeting, ana: Person, ben: Person) -> None:
    made = ben.do("add_contribution", **card())
    ana.do("park", contribution=made["id"])
    assert "open question" in ben.get("").text


def test_a_translation_stands_beside_the_original_and_is_marked_when_the_original_changes(
    live: Meeting, ben: Person
) -> None:
    made = ben.do("add_contribution", **card())
    assert (
        live.as_("interpreter-mk").refused("translate", subject=made["id"], lang="sq", text="X")["code"] == "forbidden"
    )
    live.as_("interpreter-sq").do("translate", subject=made["id"], lang="en", text="We have few cases.")
    html = live.as_("observer").get("").text
    assert "We have few cases." in html and "Kemi pak raste." in html
    ben.do("edit_contribution", contribution=made["id"], text="Kemi shumë raste.", version=1)
    assert "has changed since it was translated" in live.as_("observer").get("").text


def test_who_was_hidden_among_few_is_not_named_in_retrospect(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="presentation-al")
    organiser, minimum = meeting.as_("organiser"), "minimum_contributors_to_name_a_delegation"
    organiser.do("change_rules", **{minimum: 2})
    said = {"item": "presentation-al", "kind": "challenge", "lang": "sq", "text": "Kemi pak raste."}
    ben.do("add_contribution", **said, anonymity="anonymous")
    ben.do("add_contribution", **said, anonymity="named")
    organiser.do("change_rules", **{minimum: 3})
    organiser.do("change_rules", **{minimum: 2})
    ben.do("add_contribution", **said, anonymity="delegation")
    refused = organiser.refused("change_rules", **{minimum: 1})
    assert (refused["code"], refused["field"]) == ("conflict", minimum) and "2" in refused["message"]
    organiser.do("change_rules", **{minimum: 2}, moderation="before")
    organiser.do("change_rules", **{minimum: 4})
    assert organiser.refused("change_rules", **{minimum: 3})["code"] == "conflict"

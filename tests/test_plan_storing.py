"""Plans become meetings; changed plans change what has not happened."""

from dataclasses import replace

import pytest

from facilitation.config import REFERENCE_PLAN
from facilitation.extensions import db
from facilitation.meeting.acts import load_workshop
from facilitation.plan import Plan, PlanRefused, read_plan
from facilitation.plan.storing import import_plan
from tests.conftest import Meeting


def again(meeting: Meeting, plan: Plan) -> None:
    with meeting.app.app_context():
        import_plan(replace(plan, slug=meeting.slug))


def refusal(meeting: Meeting, plan: Plan) -> list[str]:
    before = meeting.seq
    with pytest.raises(PlanRefused) as refused:
        again(meeting, plan)
    assert meeting.seq == before
    return [str(error) for error in refused.value.errors]


def test_the_same_plan_again_changes_nothing_whatever_happened_live(meeting: Meeting, reference_plan: Plan) -> None:
    ana = meeting.as_("facilitator")
    ana.do("start_item", item="welcome")
    ana.do("extend_item", item="welcome", minutes=5)
    ana.do("add_person", name="Late", role="participant", delegation="AL", language="sq")
    ana.do("appoint_head", delegation="AL", person="al-2")
    before = meeting.seq
    again(meeting, reference_plan)
    assert meeting.seq == before


def test_a_changed_plan_updates_what_has_not_happened_yet(meeting: Meeting, reference_plan: Plan) -> None:
    meeting.as_("facilitator").do("start_item", item="welcome")
    *others, closing = reference_plan.agenda
    again(meeting, replace(reference_plan, agenda=(*others, replace(closing, minutes=40)), venue={"en": "Skopje"}))
    meeting.look_around("a changed plan")
    agenda = {item["key"]: item for item in meeting.as_("organiser").state()["agenda"]}
    assert agenda["closing"]["planned_minutes"] == 40
    assert agenda["welcome"]["state"] == "running"


def test_a_plan_that_would_rewrite_what_has_happened_is_refused_whole(meeting: Meeting, reference_plan: Plan) -> None:
    ana = meeting.as_("facilitator")
    ana.do("start_item", item="lobby-1")
    lobby, welcome, *others = reference_plan.agenda
    changed = (replace(lobby, minutes=5), replace(welcome, minutes=5), *others)
    errors = refusal(meeting, replace(reference_plan, agenda=changed, timezone="Europe/Skopje"))
    assert [error.split(":")[0] for error in errors] == ["timezone", "agenda[0]"]


def test_a_notice_comes_with_the_plan_and_is_not_taken_back_by_one_without(
    unwatched: Meeting, reference_plan: Plan
) -> None:
    def notice() -> dict[str, str]:
        with unwatched.app.app_context():
            found: dict[str, str] = load_workshop(unwatched.stream_id).notice
            return found

    # As it was kept before plans had one.
    with unwatched.app.app_context():
        workshop = load_workshop(unwatched.stream_id)
        workshop.plan = {name: value for name, value in workshop.plan.items() if name != "notice"}
        db.session.commit()
    before = unwatched.seq
    again(unwatched, reference_plan)
    assert unwatched.seq == before
    unwatched.as_("organiser").do("describe_workshop", notice={"en": "Ask us."})
    again(unwatched, replace(reference_plan, venue={"en": "Skopje"}))
    assert notice() == {"en": "Ask us."}
    read = read_plan(REFERENCE_PLAN.read_text() + "\nnotice:\n  en: |\n    Ask them.\n    In writing.\n")
    again(unwatched, read)
    assert notice() == {"en": "Ask them.\nIn writing."}


def test_a_plan_does_not_name_in_retrospect_who_was_hidden_among_few(meeting: Meeting, reference_plan: Plan) -> None:
    few = replace(reference_plan, rules=replace(reference_plan.rules, minimum_contributors_to_name_a_delegation=1))
    meeting.as_("facilitator").do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "idea", "lang": "en", "text": "Alone.", "anonymity": "delegation"}
    meeting.as_("al-2").do("add_contribution", **card)
    assert refusal(meeting, few)[0].startswith("rules.minimum_contributors_to_name_a_delegation: ")
    more = replace(reference_plan, rules=replace(reference_plan.rules, minimum_contributors_to_name_a_delegation=4))
    again(meeting, more)
    assert refusal(meeting, reference_plan)


def test_a_delegation_is_not_left_out_and_a_person_left_out_is_let_go(meeting: Meeting, reference_plan: Plan) -> None:
    fewer = replace(reference_plan, delegations=reference_plan.delegations[1:])
    assert "AL" in refusal(meeting, fewer)[0]
    link = meeting.link("rs-5")
    again(meeting, replace(reference_plan, people=tuple(p for p in reference_plan.people if p.key != "rs-5")))
    meeting.look_around("somebody left out")
    assert meeting.app.test_client().get(link).status_code == 404

"""Who has been heard: contributions, endorsements, the floor, votes and positions due, delegation by delegation."""

from facilitation.activities import equity
from facilitation.extensions import snapshot
from facilitation.meeting.acts import load_workshop
from tests.conftest import Meeting, Person


def shares(meeting: Meeting) -> dict[str, equity.Share]:
    with meeting.app.app_context():
        snapshot()
        return {share.delegation.code: share for share in equity.shares_of(load_workshop(meeting.stream_id))}


def contribute(person: Person, anonymity: str = "delegation") -> str:
    args = {"item": "round", "kind": "challenge", "lang": "en", "text": "A point", "anonymity": anonymity}
    return str(person.do("add_contribution", **args)["id"])


def test_a_delegations_contributions_are_counted_once_enough_of_it_have_contributed(
    meeting: Meeting, ana: Person
) -> None:
    ana.do("start_item", item="round")
    contribute(meeting.as_("al-1"))
    contribute(meeting.as_("al-2"), "anonymous")
    assert shares(meeting)["AL"].contributions is None
    assert "fewer than 3 people" in ana.get("console").text
    card = contribute(meeting.as_("al-2"))
    contribute(meeting.as_("al-3"))
    assert shares(meeting)["AL"].contributions == 3
    meeting.as_("al-2").do("withdraw_contribution", contribution=card)
    assert shares(meeting)["AL"].contributions == 2


def test_endorsements_floor_and_silence_are_counted(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="round")
    assert all(share.is_silent for share in shares(meeting).values())
    card = contribute(ben)
    meeting.as_("mk-1").do("endorse", contribution=card)
    request = ben.do("request_floor", item="round", purpose="comment")["id"]
    ana.do("give_floor", request=request)
    found = shares(meeting)
    assert found["AL"].is_speaking and not found["AL"].is_silent
    # Silent is who has not spoken: what was written must not tell while too few of a delegation have.
    assert found["MK"].endorsements == 1 and found["MK"].is_silent


def test_votes_and_positions_due_of_the_played_meeting(played: Meeting) -> None:
    assert sum(share.voted for share in shares(played).values()) > 0
    assert {share.positions_due for share in shares(played).values()} == {0}


def test_a_position_is_due_until_it_is_taken(meeting: Meeting, ana: Person, ben: Person) -> None:
    ana.do("start_item", item="agreement")
    conclusion = ana.do("draft_conclusion", item="agreement", text="We agree.", sources=[])["id"]
    ana.do("put_conclusion", conclusion=conclusion)
    assert shares(meeting)["AL"].positions_due == 1
    ben.do("take_position", conclusion=conclusion, stance="agree")
    assert shares(meeting)["AL"].positions_due == 0
    assert shares(meeting)["MK"].positions_due == 1


def test_only_facilitators_see_it(meeting: Meeting, ben: Person) -> None:
    assert "equity" not in ben.get("").text

"""Approval: draft, edits, circulation, corrections, signatures, adoption, publication; what each does to the others."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from facilitation.extensions import db
from facilitation.record.approval import Edit
from facilitation.record.document import Document
from facilitation.record.erasing import erase_contribution
from facilitation.record.minutes import minutes_of
from tests.conftest import Meeting
from tests.record.conftest import circulate, paragraphs, rows_of, text, words

NOTE = "item:welcome:note"
CORRECTION = {"paragraph": NOTE, "lang": "en", "text": "He welcomed the six delegations."}


def note(meeting: Meeting, lang: str = "en") -> str:
    with rows_of(meeting) as workshop:
        return text(paragraphs(minutes_of(workshop, lang))[NOTE].runs)


def read(meeting: Meeting, lang: str = "en") -> Document:
    with rows_of(meeting) as workshop:
        return minutes_of(workshop, lang)


def signed(meeting: Meeting) -> list[str]:
    found: list[str] = meeting.as_("organiser").state()["minutes"]["signed_by"]
    return found


def test_minutes_go_from_draft_to_the_published_record(watched: Meeting) -> None:
    state = lambda: watched.as_("al-2").state()["minutes"]["state"]  # noqa: E731
    assert state() == "none"
    watched.as_("rapporteur").do("draft_minutes")
    assert state() == "draft"
    watched.as_("rapporteur").do("circulate_minutes")
    assert state() == "circulated"
    for code in ("al", "ba", "xk", "me", "mk", "rs"):
        watched.as_(f"{code}-1").do("sign_minutes")
    assert signed(watched) == ["AL", "BA", "XK", "ME", "MK", "RS"]
    watched.as_("organiser").do("adopt_minutes")
    assert state() == "adopted" and watched.as_("organiser").state()["workshop"]["phase"] == "adopted"
    published = watched.as_("organiser").do("publish_record")
    assert published["version"] == 1 and len(published["sha256"]) == 64
    assert watched.as_("organiser").state()["workshop"]["phase"] == "published"


def test_everybody_has_a_role_in_it_and_nobody_has_two(circulated: Meeting) -> None:
    for name, args in (("draft_minutes", {}), ("edit_minutes", CORRECTION | {"version": 0}), ("circulate_minutes", {})):
        assert circulated.as_("al-1").refused(name, **args)["code"] == "forbidden"
    for name, args in (
        ("sign_minutes", {}),
        ("withdraw_signature", {"reason": "x"}),
        ("propose_correction", CORRECTION),
    ):
        assert circulated.as_("al-2").refused(name, **args)["code"] == "forbidden"
        assert circulated.as_("facilitator").refused(name, **args)["code"] == "forbidden"
    for name in ("adopt_minutes", "publish_record"):
        assert circulated.as_("rapporteur").refused(name)["code"] == "forbidden"


def test_the_wrong_moment_is_not_now(closed: Meeting) -> None:
    assert closed.as_("rapporteur").refused("circulate_minutes")["code"] == "not_now"
    assert closed.as_("al-1").refused("sign_minutes")["code"] == "not_now"
    assert closed.as_("al-1").refused("propose_correction", **CORRECTION)["code"] == "not_now"
    assert closed.as_("organiser").refused("adopt_minutes")["code"] == "not_now"
    assert closed.as_("organiser").refused("publish_record")["code"] == "not_now"
    assert closed.as_("organiser").refused("withdraw_record", reason="x")["code"] == "not_now"
    circulate(closed)
    assert closed.as_("rapporteur").refused("circulate_minutes")["code"] == "not_now"
    closed.as_("organiser").do("adopt_minutes")
    assert closed.as_("rapporteur").refused("edit_minutes", **CORRECTION, version=0)["code"] == "not_now"
    assert closed.as_("al-1").refused("sign_minutes")["code"] == "not_now"


def test_minutes_are_drafted_while_the_meeting_is_open_but_not_circulated(meeting: Meeting) -> None:
    meeting.as_("rapporteur").do("draft_minutes")
    assert meeting.as_("rapporteur").refused("draft_minutes")["code"] == "conflict"
    assert meeting.as_("rapporteur").refused("circulate_minutes")["code"] == "not_now"


def test_an_edit_wins_over_the_generated_text_and_is_never_overwritten(closed: Meeting) -> None:
    rapporteur = closed.as_("rapporteur")
    rapporteur.do("draft_minutes")
    edited = {"paragraph": NOTE, "lang": "en", "text": "He opened the meeting."}
    assert rapporteur.do("edit_minutes", **edited, version=0) == {"paragraph": NOTE, "version": 1}
    rapporteur.do("write_note", item="welcome", lang="en", text="Something else was said.")
    assert note(closed) == "He opened the meeting."


def test_an_edit_of_an_old_version_is_stale(closed: Meeting) -> None:
    rapporteur = closed.as_("rapporteur")
    rapporteur.do("draft_minutes")
    rapporteur.do("edit_minutes", **CORRECTION, version=0)
    for version in (0, 2):
        error = rapporteur.refused("edit_minutes", **CORRECTION | {"text": "Mine."}, version=version)
        assert error["code"] == "stale" and error["field"] == "version"
    assert rapporteur.do("edit_minutes", **CORRECTION | {"text": "Mine."}, version=1)["version"] == 2


def test_the_same_edit_sent_twice_is_one_edit(closed: Meeting) -> None:
    rapporteur, once = closed.as_("rapporteur"), str(uuid.uuid4())
    rapporteur.do("draft_minutes")
    first = rapporteur.do("edit_minutes", once, **CORRECTION, version=0)
    seq = closed.seq
    assert rapporteur.do("edit_minutes", once, **CORRECTION, version=0) == first
    assert closed.seq == seq


def test_a_paragraph_may_be_given_by_its_number(circulated: Meeting) -> None:
    with rows_of(circulated) as workshop:
        number = paragraphs(minutes_of(workshop, "en"))[NOTE].number
    circulated.as_("rapporteur").do("edit_minutes", paragraph=number, lang="en", text="By number.", version=0)
    assert note(circulated) == "By number."


def test_unknown_paragraphs_and_languages_are_refused(circulated: Meeting) -> None:
    rapporteur = circulated.as_("rapporteur")
    unknown = rapporteur.refused("edit_minutes", paragraph="item:nothing:note", lang="en", text="x", version=0)
    assert unknown["code"] == "not_found" and unknown["field"] == "paragraph"
    foreign = rapporteur.refused("edit_minutes", paragraph=NOTE, lang="fr", text="x", version=0)
    assert foreign["code"] == "invalid" and foreign["field"] == "lang"


def test_a_text_edited_in_one_language_is_marked_in_the_others(circulated: Meeting) -> None:
    circulated.as_("rapporteur").do("edit_minutes", **CORRECTION, version=0)
    with rows_of(circulated) as workshop:
        run = paragraphs(minutes_of(workshop, "mk"))[NOTE].runs[-1]
    assert run.text == "He welcomed everybody." and len(run.note) > len("англиски")


def test_an_edit_makes_signatures_void_and_says_so(circulated: Meeting) -> None:
    circulated.as_("al-1").do("sign_minutes")
    assert circulated.as_("al-1").refused("sign_minutes")["code"] == "conflict"
    circulated.as_("rapporteur").do("edit_minutes", **CORRECTION, version=0)
    assert signed(circulated) == []
    assert "no longer counts" in circulated.as_("al-2").get("minutes").text
    circulated.as_("al-1").do("sign_minutes")
    assert signed(circulated) == ["AL"]


def test_everybody_looking_on_sees_corrections_edits_and_signatures_come_and_go(watched: Meeting) -> None:
    circulate(watched)
    watched.as_("ba-1").do("sign_minutes")
    correction = watched.as_("al-1").do("propose_correction", **CORRECTION)["id"]
    watched.as_("rapporteur").do("resolve_correction", correction=correction, decision="accept", answer="Thank you.")
    watched.as_("rapporteur").do("edit_minutes", **CORRECTION | {"text": "He greeted all."}, version=1)
    watched.as_("al-1").do("sign_minutes")
    watched.as_("al-1").do("withdraw_signature", reason="Signed too early.")
    watched.as_("organiser").do("adopt_minutes")
    watched.as_("organiser").do("publish_record")
    watched.as_("organiser").do("withdraw_record", reason="A name was misspelt.")


def test_who_was_away_catches_up_with_the_minutes(watched: Meeting) -> None:
    observer = watched.observers[0]
    circulate(watched)
    caught_up = observer.socket.emit("catch_up", {"since": 0}, callback=True)
    assert caught_up["ok"] and 'data-command="sign_minutes"' in caught_up["regions"]["signing-AL"]


def test_an_accepted_correction_becomes_the_text_and_voids_signatures(circulated: Meeting) -> None:
    circulated.as_("ba-1").do("sign_minutes")
    correction = circulated.as_("al-1").do("propose_correction", **CORRECTION)["id"]
    assert note(circulated) == "He welcomed everybody." and signed(circulated) == ["BA"]
    circulated.as_("rapporteur").do("resolve_correction", correction=correction, decision="accept")
    assert note(circulated) == CORRECTION["text"] and signed(circulated) == []
    again = circulated.as_("rapporteur").refused("resolve_correction", correction=correction, decision="reject")
    assert again["code"] == "conflict"


def test_a_decision_about_a_text_that_was_changed_meanwhile_is_stale(circulated: Meeting) -> None:
    correction = circulated.as_("al-1").do("propose_correction", **CORRECTION)["id"]
    rapporteur = circulated.as_("rapporteur")
    rapporteur.do("edit_minutes", **CORRECTION | {"text": "He greeted all."}, version=0)
    accept = {"correction": correction, "decision": "accept"}
    error = rapporteur.refused("resolve_correction", **accept, version=0)
    assert error["code"] == "stale" and error["field"] == "version"
    assert '<input type="hidden" name="version" value="1">' in rapporteur.get("minutes").text
    rapporteur.do("resolve_correction", **accept, version=1)
    assert note(circulated) == CORRECTION["text"]


def test_every_correction_is_in_the_minutes_with_what_became_of_it(circulated: Meeting) -> None:
    propose, rapporteur = circulated.as_("al-1"), circulated.as_("rapporteur")
    assert "appendix:corrections" not in [block.key for block in read(circulated).blocks]
    taken, refused = (propose.do("propose_correction", **CORRECTION)["id"] for _ in range(2))
    propose.do("propose_correction", paragraph=NOTE, lang="mk", text="Ги поздрави шесте делегации.")
    rapporteur.do("resolve_correction", correction=taken, decision="accept")
    rapporteur.do("resolve_correction", correction=refused, decision="reject", answer="He named no number.")
    number = paragraphs(read(circulated))[NOTE].number[:-1]
    printed = words(read(circulated))
    assert f"Albania</span>, paragraph {number}: " in propose.get("minutes").text
    assert f"{number} | Albania | He welcomed the six delegations. | accepted | –" in printed
    assert f"{number} | Albania | He welcomed the six delegations. | not accepted | He named no number." in printed
    assert f"{number} | Albania | Ги поздрави шесте делегации. | not decided | –" in printed
    rapporteur.do("edit_minutes", **CORRECTION | {"text": "He greeted all."}, version=1)
    circulated.as_("organiser").do("adopt_minutes")
    assert "accepted; the paragraph was changed again afterwards" in words(read(circulated))


def test_a_correction_of_a_paragraph_that_is_gone_cannot_be_accepted(circulated: Meeting) -> None:
    contribution = circulated.as_("al-1").state()["contributions"][0]["id"]
    proposed = {"paragraph": f"contribution:{contribution}", "lang": "en", "text": "Few cases."}
    correction = circulated.as_("al-1").do("propose_correction", **proposed)["id"]
    circulated.as_("facilitator").do("moderate_contribution", contribution=contribution, decision="hide")
    accept = {"correction": correction, "decision": "accept"}
    assert circulated.as_("rapporteur").refused("resolve_correction", **accept)["field"] == "paragraph"
    circulated.as_("rapporteur").do("resolve_correction", correction=correction, decision="reject")


def test_a_rejected_correction_changes_nothing_and_is_answered(circulated: Meeting) -> None:
    circulated.as_("ba-1").do("sign_minutes")
    correction = circulated.as_("al-1").do("propose_correction", **CORRECTION)["id"]
    answer = {"correction": correction, "decision": "reject", "answer": "He named no number."}
    circulated.as_("rapporteur").do("resolve_correction", **answer)
    assert note(circulated) == "He welcomed everybody." and signed(circulated) == ["BA"]
    assert "He named no number." in circulated.as_("al-1").get("minutes").text


def test_a_withdrawn_signature_is_missing_with_its_reason(circulated: Meeting) -> None:
    circulated.as_("al-1").do("sign_minutes")
    circulated.as_("al-1").do("withdraw_signature", reason="Paragraph 3 is not what was said.")
    assert circulated.as_("al-1").refused("withdraw_signature", reason="again")["code"] == "conflict"
    circulated.as_("organiser").do("adopt_minutes")
    with rows_of(circulated) as workshop:
        printed = words(minutes_of(workshop, "en"))
    assert "Paragraph 3 is not what was said." in printed


def test_adopted_minutes_say_whose_signatures_are_missing(circulated: Meeting) -> None:
    circulated.as_("al-1").do("sign_minutes")
    circulated.as_("organiser").do("adopt_minutes")
    with rows_of(circulated) as workshop:
        printed = words(minutes_of(workshop, "en"))
    assert "Signed by: Albania\n" in printed
    assert "Signatures missing: Bosnia and Herzegovina, Kosovo*, Montenegro, North Macedonia, Serbia" in printed


def test_minutes_taken_back_lose_their_signatures_and_follow_the_meeting_again(circulated: Meeting) -> None:
    circulated.as_("al-1").do("sign_minutes")
    circulated.as_("rapporteur").do("draft_minutes")
    assert signed(circulated) == []
    circulated.as_("rapporteur").do("write_note", item="welcome", lang="en", text="A better note.")
    assert note(circulated) == "A better note."


def test_a_withdrawn_record_is_published_again_as_the_next_version(circulated: Meeting) -> None:
    organiser = circulated.as_("organiser")
    organiser.do("adopt_minutes")
    organiser.do("publish_record")
    assert organiser.refused("publish_record")["code"] == "not_now"
    organiser.do("withdraw_record", reason="The funding line was wrong.")
    assert organiser.state()["record"] is None and organiser.state()["workshop"]["phase"] == "adopted"
    assert organiser.do("publish_record")["version"] == 2


def test_what_the_circulated_minutes_hold_of_an_erased_contribution_goes(circulated: Meeting) -> None:
    contribution = circulated.as_("al-1").state()["contributions"][0]["id"]
    key = f"contribution:{contribution}"
    edit = {"paragraph": key, "lang": "en", "text": "We have few cases."}
    circulated.as_("rapporteur").do("edit_minutes", **edit, version=0)
    with rows_of(circulated) as workshop:
        before = list(paragraphs(minutes_of(workshop, "sq")))
        erase_contribution(workshop, contribution)
        db.session.commit()
        document = minutes_of(workshop, "sq")
        assert "Kemi pak raste." not in words(document) and list(paragraphs(document)) == before
        assert db.session.query(Edit).filter_by(workshop_id=workshop.id).count() == 0


def test_circulated_minutes_do_not_print_what_was_redacted_since(circulated: Meeting) -> None:
    contribution = circulated.as_("al-1").state()["contributions"][0]["id"]
    circulated.as_("facilitator").do("redact_contribution", contribution=contribution, reason="A name.")
    with rows_of(circulated) as workshop:
        found = paragraphs(minutes_of(workshop, "en"))[f"contribution:{contribution}"]
    assert text(found.runs) == "This text was removed."


def test_the_page_of_the_minutes_offers_each_role_its_own_step(circulated: Meeting) -> None:
    offered = {
        "al-1": ("sign_minutes", "propose_correction"),
        "rapporteur": ("edit_minutes", "draft_minutes"),
        "organiser": ("adopt_minutes",),
    }
    everybody = {name for names in offered.values() for name in names}
    for key, names in offered.items():
        page = circulated.as_(key).get("minutes").text
        for name in names:
            assert f'data-command="{name}"' in page, f"{key}: {name}"
    observer = circulated.as_("observer").get("minutes").text
    assert not [name for name in everybody if f'data-command="{name}"' in observer]


def test_who_has_not_signed_is_reminded_in_their_language_with_the_deadline(closed: Meeting) -> None:
    rapporteur = closed.as_("rapporteur")
    assert rapporteur.get("reminders").status_code == 404
    circulate(closed)
    closed.as_("al-1").do("sign_minutes")
    tomorrow = datetime.now(ZoneInfo("Europe/Paris")).replace(tzinfo=None, microsecond=0) + timedelta(days=1)
    past = (tomorrow - timedelta(days=2)).isoformat()
    assert rapporteur.refused("set_signing_deadline", until=past)["field"] == "until"
    assert closed.as_("ba-1").refused("set_signing_deadline", until=tomorrow.isoformat())["code"] == "forbidden"
    rapporteur.do("set_signing_deadline", until=tomorrow.isoformat())
    assert "Signatures are awaited until" in closed.as_("observer").get("minutes").text
    page = rapporteur.get("reminders").text
    assert page.count('class="panel letter"') == 5
    macedonian = page.partition("Северна Македонија")[2]
    assert f"{tomorrow:%H:%M} (Europe/Paris)" in macedonian and f"/w/{closed.slug}/minutes" in macedonian
    assert closed.as_("mk-1").get("reminders").status_code == 403
    rapporteur.do("set_signing_deadline")
    assert "Signatures are awaited until" not in closed.as_("observer").get("minutes").text


def test_reasons_and_answers_are_printed_in_the_language_of_whoever_wrote_them(circulated: Meeting) -> None:
    al = circulated.as_("al-1")
    al.do("sign_minutes")
    al.do("withdraw_signature", reason="Nuk e pranojmë.")
    ba = circulated.as_("ba-1")
    ba.do("sign_minutes")
    ba.do("withdraw_signature", reason="Nous attendons.", lang="fr")
    with rows_of(circulated) as workshop:
        facts = [(label.text, value) for label, value in minutes_of(workshop, "en").facts]
    at = [n for n, (label, _) in enumerate(facts) if label == "Signature withdrawn"]
    assert [facts[n][1].text for n in at] == ["Albania", "Bosnia and Herzegovina"]
    reasons = [facts[n + 1] for n in at]
    assert [(label, value.text, value.lang, value.note) for label, value in reasons] == [
        ("Reason", "Nuk e pranojmë.", "sq", "in Albanian"),
        ("Reason", "Nous attendons.", "fr", "in French"),
    ]
    page = circulated.as_("observer").get("minutes").text
    assert '<span lang="sq">Nuk e pranojmë.</span> <span class="language-mark">Albanian</span>' in page


def test_an_answer_to_a_correction_and_a_reason_for_withdrawing_a_record_have_a_language(circulated: Meeting) -> None:
    correction = circulated.as_("al-1").do("propose_correction", **CORRECTION)["id"]
    answer = {"correction": correction, "decision": "reject", "answer": "Броjот не е изговорен.", "lang": "mk"}
    circulated.as_("rapporteur").do("resolve_correction", **answer)
    page = circulated.as_("observer").get("minutes").text
    assert '<span lang="mk">Броjот не е изговорен.</span> <span class="language-mark">Macedonian</span>' in page
    organiser = circulated.as_("organiser")
    organiser.do("adopt_minutes")
    organiser.do("publish_record")
    organiser.do("withdraw_record", reason="Emri ishte gabim.", lang="sq")
    assert '<span lang="sq">Emri ishte gabim.</span>' in circulated.as_("observer").get("minutes").text
    organiser.do("publish_record")
    assert (
        '<span lang="sq">Emri ishte gabim.</span>'
        in circulated.app.test_client().get(f"/records/{circulated.slug}").text
    )


def test_names_in_two_languages_are_two_facts_each_in_its_own(circulated: Meeting) -> None:
    with rows_of(circulated) as workshop:
        for delegation in workshop.delegations[:2]:
            delegation.name = {"sq": f"{delegation.code} shqip"}
        missing = [value for label, value in minutes_of(workshop, "en").facts if label.text == "Signatures missing"]
        db.session.rollback()
    assert [(value.text, value.lang) for value in missing] == [
        ("AL shqip, BA shqip", "sq"),
        ("Kosovo*, Montenegro, North Macedonia, Serbia", "en"),
    ]

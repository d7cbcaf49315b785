"""Signing in: personal links, the short code, signing out; what a cookie and a network address are worth."""

import itertools
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute

from facilitation.extensions import db
from facilitation.meeting.acts import load_workshop
from facilitation.meeting.models import Admission, SignIn
from facilitation.meeting.models import Person as StoredPerson
from facilitation.web import limits
from tests.conftest import Meeting, csrf_token

_addresses = itertools.count(1)


@pytest.fixture
def browser(unwatched: Meeting) -> FlaskClient:
    """A browser that has never been here, on a network of its own."""
    return browser_at(unwatched, new_address())


def new_address() -> str:
    """An address that no other test has used."""
    number = next(_addresses)
    return f"10.20.{number // 250}.{number % 250 + 1}"


def browser_at(meeting: Meeting, address: str) -> FlaskClient:
    """A new browser behind this address."""
    client = meeting.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def enter(client: FlaskClient, link: str) -> Any:
    """Opens a personal link and sends its form."""
    return client.post(link, data={"csrf_token": csrf_token(client.get(link).text)})


def secret_of(client: FlaskClient) -> str | None:
    """What the browser's cookie holds to be known again."""
    with client.session_transaction() as session:
        secret: str | None = session.get("browser")
        return secret


def copy_cookie(thief: FlaskClient, client: FlaskClient, meeting: Meeting) -> None:
    """Puts one browser's cookie into another."""
    name = meeting.app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    thief.set_cookie(name, cookie.value)


def sign_ins(meeting: Meeting, key: str) -> int:
    """How many browsers are signed in as the person."""
    with meeting.app.app_context():
        query = db.session.query(SignIn).join(StoredPerson, StoredPerson.id == SignIn.person_id)
        return int(query.filter_by(workshop_id=meeting.stream_id, key=key).count())


# Personal links


def test_opening_a_link_changes_nothing(unwatched: Meeting, browser: FlaskClient) -> None:
    link, seq = unwatched.link("mk-1"), unwatched.seq
    for _ in range(3):
        page = browser.get(link)
        assert page.status_code == 200 and "Северна Македонија" in page.text and '<html lang="mk"' in page.text
        assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "same-origin"
    assert secret_of(browser) is None and sign_ins(unwatched, "mk-1") == 0 and unwatched.seq == seq
    assert browser.get(f"/w/{unwatched.slug}/").status_code == 401


def test_its_first_form_signs_in_and_leads_to_a_clean_address(unwatched: Meeting, browser: FlaskClient) -> None:
    link = unwatched.link("mk-1")
    html = browser.get(link).text
    forms = re.findall(r"<form\b.*?</form>", html, re.DOTALL)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', forms[0]))
    answer = browser.post(link, data=fields)
    assert answer.status_code == 303 and answer.location == f"/w/{unwatched.slug}/"
    assert browser.get(answer.location).status_code == 200
    assert sign_ins(unwatched, "mk-1") == 1
    cookie = next(header for header in answer.headers.getlist("Set-Cookie") if "facilitation" in header)
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_link_works_again_and_in_another_browser(unwatched: Meeting, browser: FlaskClient) -> None:
    link = unwatched.link("mk-1")
    assert enter(browser, link).status_code == 303
    assert enter(browser, link).status_code == 303
    assert enter(browser_at(unwatched, new_address()), link).status_code == 303
    assert sign_ins(unwatched, "mk-1") == 2


def test_without_its_token_the_form_signs_nobody_in(unwatched: Meeting, browser: FlaskClient) -> None:
    link = unwatched.link("mk-1")
    browser.get(link)
    assert browser.post(link).status_code == 400
    assert browser.post(link, data={"csrf_token": "forged"}).status_code == 400
    assert sign_ins(unwatched, "mk-1") == 0


def test_a_second_person_replaces_the_first_in_the_same_browser(unwatched: Meeting, browser: FlaskClient) -> None:
    enter(browser, unwatched.link("mk-1"))
    enter(browser, unwatched.link("facilitator"))
    assert browser.get(f"/w/{unwatched.slug}/console").status_code == 200
    assert (sign_ins(unwatched, "mk-1"), sign_ins(unwatched, "facilitator")) == (0, 1)


# Unknown links


def test_unknown_links_are_counted_and_after_sixty_nothing_is_looked_at(
    unwatched: Meeting, browser: FlaskClient
) -> None:
    known = unwatched.link("mk-1")
    for n in range(60):
        assert browser.get(f"/join/unknown-{n}").status_code == 404
    assert browser.get("/join/unknown-60").status_code == 429
    # Before any other check: neither a known link nor a form without a token tells anything more.
    assert browser.get(known).status_code == 429
    assert browser.post(known).status_code == 429
    # The address is counted, nobody else.
    assert browser_at(unwatched, new_address()).get(known).status_code == 200


def test_known_links_are_not_counted(unwatched: Meeting) -> None:
    address = new_address()
    for n in range(59):
        browser_at(unwatched, address).get(f"/join/unknown-{n}")
    # A whole prison behind one address comes in.
    for _ in range(70):
        assert browser_at(unwatched, address).get(unwatched.link("mk-1")).status_code == 200
    assert enter(browser_at(unwatched, address), unwatched.link("al-1")).status_code == 303


def test_those_who_are_in_go_on_whatever_their_address_has_tried(unwatched: Meeting, browser: FlaskClient) -> None:
    enter(browser, unwatched.link("mk-1"))
    for n in range(61):
        browser.get(f"/join/unknown-{n}")
    assert browser.get(f"/w/{unwatched.slug}/").status_code == 200


def test_a_guess_at_the_code_counts_like_a_guess_at_a_link(unwatched: Meeting, browser: FlaskClient) -> None:
    token = csrf_token(browser.get("/").text)
    for _ in range(30):
        assert browser.post("/code", data={"csrf_token": token, "code": "WRONG"}).status_code == 404
        assert browser.get("/door/WRONG").status_code == 404
    assert browser.post("/code", data={"csrf_token": token, "code": "WRONG"}).status_code == 429
    assert browser.get(unwatched.link("mk-1")).status_code == 429


# Revoking


def test_a_revoked_link_is_unknown_and_its_owner_signed_out(unwatched: Meeting, browser: FlaskClient) -> None:
    link = unwatched.link("mk-1")
    enter(browser, link)
    unwatched.as_("facilitator").do("revoke_links", person="mk-1")
    assert browser.get(f"/w/{unwatched.slug}/").status_code == 401
    assert browser.get(link).status_code == 404
    assert browser.post(link, data={"csrf_token": csrf_token(browser.get("/").text)}).status_code == 404
    url = unwatched.as_("facilitator").do("new_link", person="mk-1")["url"]
    assert enter(browser, "/join/" + url.rsplit("/", 1)[1]).status_code == 303


def test_whoever_is_removed_is_out_at_once(unwatched: Meeting, browser: FlaskClient) -> None:
    enter(browser, unwatched.link("mk-1"))
    unwatched.as_("organiser").do("revoke_person", person="mk-1")
    assert browser.get(f"/w/{unwatched.slug}/").status_code == 401
    assert browser.get(unwatched.links["mk-1"]).status_code == 404


# The cookie


def test_signing_in_changes_the_secret(unwatched: Meeting, browser: FlaskClient) -> None:
    # A browser that somebody prepared: its cookie is known to them.
    page = browser.get(f"/door/{code_of(unwatched)}")
    browser.post(f"/door/{code_of(unwatched)}", data={"csrf_token": csrf_token(page.text), "name": "Somebody"})
    before = secret_of(browser)
    thief = browser_at(unwatched, new_address())
    copy_cookie(thief, browser, unwatched)
    old_token = csrf_token(browser.get("/").text)
    enter(browser, unwatched.link("mk-1"))
    assert before and secret_of(browser) != before
    assert thief.get(f"/w/{unwatched.slug}/").status_code == 401
    # A form of the time before is forged.
    assert browser.post("/sign-out", data={"csrf_token": old_token}).status_code == 400
    assert browser.get(f"/w/{unwatched.slug}/").status_code == 200


def test_a_browser_keeps_its_other_meetings(
    unwatched: Meeting, browser: FlaskClient, new_meeting: Any, reference_plan: Any
) -> None:
    other = new_meeting(reference_plan)
    enter(browser, other.link("al-1"))
    enter(browser, unwatched.link("mk-1"))
    assert browser.get(f"/w/{other.slug}/").status_code == browser.get(f"/w/{unwatched.slug}/").status_code == 200
    assert browser.get(f"/w/{other.slug}/console").status_code == 403


def test_signing_out_ends_it_everywhere(unwatched: Meeting, browser: FlaskClient) -> None:
    enter(browser, unwatched.link("mk-1"))
    thief = browser_at(unwatched, new_address())
    copy_cookie(thief, browser, unwatched)
    assert thief.get(f"/w/{unwatched.slug}/").status_code == 200
    answer = browser.post("/sign-out", data={"csrf_token": csrf_token(browser.get("/").text)})
    assert answer.status_code == 303 and answer.location == "/"
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    for client in (browser, thief):
        assert client.get(f"/w/{unwatched.slug}/").status_code == 401
    assert sign_ins(unwatched, "mk-1") == 0 and secret_of(browser) is None


def test_signing_out_lets_go_of_open_pages(unwatched: Meeting) -> None:
    person = unwatched.as_("mk-1")
    socket = unwatched.observe("mk-1", "room", "mk").socket
    person.client.post("/sign-out", data={"csrf_token": person.token})
    unwatched.observers.clear()
    assert not socket.is_connected()


def test_a_forged_form_signs_nobody_out(unwatched: Meeting, browser: FlaskClient) -> None:
    enter(browser, unwatched.link("mk-1"))
    assert browser.post("/sign-out").status_code == 400
    assert browser.get(f"/w/{unwatched.slug}/").status_code == 200


# The short code


def code_of(meeting: Meeting) -> str:
    """The meeting's short code."""
    with meeting.app.app_context():
        return str(load_workshop(meeting.stream_id).code)


def ask(meeting: Meeting, client: FlaskClient, **fields: str) -> Any:
    """Asks at the door to be let in."""
    door = f"/door/{code_of(meeting)}"
    form = {"csrf_token": csrf_token(client.get(door).text), "name": "Late psychologist", "language": "mk", **fields}
    return client.post(door, data=form)


def waiting(meeting: Meeting) -> list[str]:
    """The ids of those who wait at the door."""
    with meeting.app.app_context():
        query = db.session.query(Admission).filter_by(workshop_id=meeting.stream_id, state="waiting")
        return [admission.id for admission in query.order_by(Admission.asked_at)]


def test_the_code_leads_to_the_door_however_it_is_typed(unwatched: Meeting, browser: FlaskClient) -> None:
    code, token = code_of(unwatched), csrf_token(browser.get("/").text)
    for typed in (code, code.lower(), f" {code[:4]}-{code[4:]} "):
        answer = browser.post("/code", data={"csrf_token": token, "code": typed})
        assert answer.status_code == 303 and answer.location == f"/door/{code}"
    wrong = browser.post("/code", data={"csrf_token": token, "code": "<WRONG>"})
    assert wrong.status_code == 404 and "&lt;WRONG&gt;" in wrong.text and 'role="alert"' in wrong.text


def test_somebody_with_the_code_waits_until_the_facilitator_lets_them_in(meeting: Meeting) -> None:
    browser = browser_at(meeting, new_address())
    assert ask(meeting, browser, delegation="MK").status_code == 303
    assert 'http-equiv="refresh"' in browser.get(f"/door/{code_of(meeting)}").text
    assert browser.get(f"/w/{meeting.slug}/").status_code == 401
    ana = meeting.as_("facilitator")
    (request,) = waiting(meeting)
    assert "Late psychologist" in ana.get("console").text
    for key in ("al-1", "rapporteur", "observer"):
        assert meeting.as_(key).refused("admit_person", request=request)["code"] == "forbidden"
    key = ana.do("admit_person", request=request, delegation="MK")["key"]
    before = secret_of(browser)
    answer = browser.get(f"/door/{code_of(meeting)}")
    assert answer.status_code == 303 and answer.location == f"/w/{meeting.slug}/"
    assert browser.get(f"/w/{meeting.slug}/").status_code == 200 and secret_of(browser) == before
    with meeting.app.app_context():
        person = load_workshop(meeting.stream_id).person(key)
        assert person is not None and (person.role, person.language) == ("participant", "mk")
        assert person.delegation is not None and person.delegation.code == "MK"
    assert ana.refused("admit_person", request=request, delegation="MK")["code"] == "conflict"


def test_somebody_on_the_list_is_let_in_as_themselves(unwatched: Meeting, browser: FlaskClient) -> None:
    ask(unwatched, browser)
    (request,) = waiting(unwatched)
    assert (
        unwatched.as_("facilitator").refused("admit_person", request=request, person="organiser")["code"] == "forbidden"
    )
    unwatched.as_("facilitator").do("admit_person", request=request, person="mk-1")
    assert browser.get(f"/w/{unwatched.slug}/delegation").status_code == 200 and sign_ins(unwatched, "mk-1") == 1


def test_who_is_turned_away_is_told_and_may_ask_again(unwatched: Meeting, browser: FlaskClient) -> None:
    ask(unwatched, browser)
    unwatched.as_("facilitator").do("turn_away", request=waiting(unwatched)[0])
    page = browser.get(f"/door/{code_of(unwatched)}")
    assert page.status_code == 200 and 'class="notice"' in page.text and "refresh" not in page.text
    assert ask(unwatched, browser).status_code == 303 and len(waiting(unwatched)) == 1


def test_one_browser_waits_once(unwatched: Meeting, browser: FlaskClient) -> None:
    ask(unwatched, browser)
    door = f"/door/{code_of(unwatched)}"
    browser.post(door, data={"csrf_token": csrf_token(browser.get(door).text), "name": "Again"})
    assert len(waiting(unwatched)) == 1


def test_who_is_let_in_at_the_door_has_a_secret_that_nobody_had_before(meeting: Meeting) -> None:
    # A browser that somebody prepared: its cookie is known to them.
    victim, thief = browser_at(meeting, new_address()), browser_at(meeting, new_address())
    ask(meeting, victim)
    meeting.as_("facilitator").do("turn_away", request=waiting(meeting)[0])
    copy_cookie(thief, victim, meeting)
    planted = secret_of(victim)
    ask(meeting, victim)
    assert secret_of(victim) != planted
    meeting.as_("facilitator").do("admit_person", request=waiting(meeting)[0], delegation="MK")
    assert victim.get(f"/w/{meeting.slug}/").status_code == 200
    assert thief.get(f"/w/{meeting.slug}/").status_code == 401


def test_asking_keeps_what_the_browser_is_elsewhere(
    unwatched: Meeting, browser: FlaskClient, new_meeting: Any, reference_plan: Any
) -> None:
    other = new_meeting(reference_plan)
    enter(browser, other.link("al-1"))
    before = secret_of(browser)
    ask(unwatched, browser)
    assert secret_of(browser) != before and browser.get(f"/w/{other.slug}/").status_code == 200


def test_who_waits_already_and_asks_again_changes_nothing(unwatched: Meeting, browser: FlaskClient) -> None:
    ask(unwatched, browser)
    before = (unwatched.seq, secret_of(browser))
    token = csrf_token(browser.get("/").text)
    for _ in range(3):
        assert (
            browser.post(f"/door/{code_of(unwatched)}", data={"csrf_token": token, "name": "Again"}).status_code == 303
        )
    assert (unwatched.seq, secret_of(browser)) == before and len(waiting(unwatched)) == 1


def test_one_network_does_not_fill_the_door(unwatched: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ASKINGS_A_MINUTE", RateLimitItemPerMinute(3, namespace=new_address()))
    address = new_address()
    answers = [ask(unwatched, browser_at(unwatched, address)).status_code for _ in range(4)]
    assert answers == [303, 303, 303, 429] and len(waiting(unwatched)) == 3
    assert ask(unwatched, browser_at(unwatched, new_address())).status_code == 303


def test_a_form_at_the_door_that_is_refused_keeps_what_was_written(unwatched: Meeting, browser: FlaskClient) -> None:
    answer = ask(unwatched, browser, name="x" * 6000)
    assert answer.status_code == 200 and 'role="alert"' in answer.text and "x" * 6000 in answer.text
    assert not waiting(unwatched)
    browser.get("/")
    assert browser.post(f"/door/{code_of(unwatched)}", data={"name": "No token"}).status_code == 400


# The language


def test_the_language_is_chosen_in_the_browser_and_leads_nowhere_else(unwatched: Meeting, browser: FlaskClient) -> None:
    token = csrf_token(browser.get("/").text)
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = browser.post("/language", data={"csrf_token": token, "lang": "mk", "next": back})
        assert answer.status_code == 303 and answer.location == "/"
    assert browser.post("/language", data={"csrf_token": token, "lang": "nonsense"}).status_code == 400
    assert browser.post("/language", data={"lang": "mk"}).status_code == 400
    enter(browser, unwatched.link("al-1"))
    # Whoever signs in reads their own language until they choose another.
    assert 'data-lang="sq"' in browser.get(f"/w/{unwatched.slug}/").text

"""Accounts: organisers sign in with a password and make meetings from plans."""

import io
import ipaddress
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from facilitation.config import REFERENCE_PLAN
from facilitation.extensions import db, now_ms
from facilitation.live.journal import Stream
from facilitation.meeting import signing_in
from facilitation.meeting.models import Account, SignIn, Workshop
from tests.conftest import Meeting, csrf_token
from tests.web.pages import forms_of, parse

PASSWORD = "correct horse battery"

Browser = Callable[[], FlaskClient]


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Makes browsers on a network of their own."""
    address = str(ipaddress.ip_address(uuid.uuid4().int % 2**24 + 10 * 2**24))

    def make() -> FlaskClient:
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return client

    return make


@pytest.fixture
def email(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an account that is there. Its password is hashed with less effort than in earnest: tests try many."""
    monkeypatch.setattr(signing_in, "_hasher", PasswordHasher(time_cost=1, memory_cost=64))
    return new_account(app)


def new_account(app: Flask) -> str:
    """Makes an account; its address."""
    address = f"olga-{uuid.uuid4().hex}@example.org"
    with app.app_context():
        db.session.add(Account(email=address, password_hash=signing_in.hash_password(PASSWORD)))
        db.session.commit()
    return address


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> Any:
    """Sends the form of the sign-in page."""
    token = csrf_token(client.get("/account/sign-in").text)
    return client.post("/account/sign-in", data={"csrf_token": token, "email": email, "password": password})


@pytest.fixture
def olga(browser: Browser, email: str) -> FlaskClient:
    """Olga's browser, signed in with her account."""
    client = browser()
    assert sign_in(client, email).status_code == 303
    return client


def make(client: FlaskClient, text: str, **files: Any) -> Any:
    """Sends the form for a new meeting."""
    token = csrf_token(client.get("/account/").text)
    return client.post("/account/meetings", data={"csrf_token": token, "text": text, **files})


def new_slug() -> str:
    """An address that no other test has used."""
    return f"made-here-{uuid.uuid4().hex}"


def plan(slug: str) -> str:
    """The reference plan under another address."""
    return REFERENCE_PLAN.read_text().replace("slug: wb-rehabilitation-2020", f"slug: {slug}")


def stored(app: Flask, slug: str) -> Workshop | None:
    """The meeting with this address."""
    with app.app_context():
        found: Workshop | None = db.session.query(Workshop).join(Stream).filter(Stream.slug == slug).one_or_none()
        return found


def written(html: str) -> str:
    """The text that stands in the form for a plan."""
    (area,) = [area for area in parse(html).iter("textarea") if area.get("name") == "text"]
    return area.text or ""


def test_a_password_opens_the_account(app: Flask, browser: Browser, email: str) -> None:
    client = browser()
    answer = sign_in(client, f" {email.upper()} ")
    assert answer.status_code == 303 and answer.location == "/account/"
    page = client.get("/account/")
    assert page.status_code == 200 and email in page.text
    assert "/account/" in client.get("/").text
    with app.app_context():
        account = db.session.query(Account).filter_by(email=email).one()
        assert account.password_hash.startswith("$argon2id$")


def test_a_wrong_password_says_no_more_than_an_unknown_address(browser: Browser, email: str) -> None:
    for address, password in ((email, "wrong password"), ("nobody@example.org", PASSWORD)):
        client = browser()
        answer = sign_in(client, address, password)
        assert answer.status_code == 401
        assert "do not belong together" in answer.text and f'value="{address}"' in answer.text
        assert password not in answer.text
        assert client.get("/account/").status_code == 401


def test_guessing_passwords_ends_soon(browser: Browser, email: str) -> None:
    client = browser()
    token = csrf_token(client.get("/account/sign-in").text)
    guess = {"csrf_token": token, "email": email, "password": "wrong password"}
    answers = [client.post("/account/sign-in", data=guess).status_code for _ in range(21)]
    assert answers == [401] * 20 + [429]
    assert client.post("/account/sign-in", data={**guess, "password": PASSWORD}).status_code == 429


def test_signing_in_with_an_account_changes_the_secret(browser: Browser, email: str, unwatched: Meeting) -> None:
    client = browser()
    link = unwatched.link("al-1")
    client.post(link, data={"csrf_token": csrf_token(client.get(link).text)})
    with client.session_transaction() as session:
        before = session["browser"]
    sign_in(client, email)
    with client.session_transaction() as session:
        assert session["browser"] != before
    assert client.get(f"/w/{unwatched.slug}/").status_code == 200
    client.post("/sign-out", data={"csrf_token": csrf_token(client.get("/account/").text)})
    assert client.get("/account/").status_code == 401


def test_guesses_at_one_moment_are_no_more_than_there_may_be(browser: Browser, email: str) -> None:
    def guess(_: int) -> int:
        client = browser()
        token = csrf_token(client.get("/").text)
        form = {"csrf_token": token, "email": email, "password": "wrong password"}
        return int(client.post("/account/sign-in", data=form).status_code)

    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(guess, range(26)))
    assert answers.count(401) == 20 and answers.count(429) == 6


def test_of_addresses_of_ipv6_the_network_is_counted(browser: Browser, email: str) -> None:
    network = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"
    answers = []
    for n in range(21):
        client = browser()
        client.environ_base["REMOTE_ADDR"] = f"{network}::{n + 1:x}"
        answers.append(sign_in(client, email, "wrong password").status_code)
    assert answers == [401] * 20 + [429]
    client.environ_base["REMOTE_ADDR"] = "2001:db8:ffff:ffff::1"
    assert sign_in(client, email).status_code == 303


def test_signing_in_rightly_is_no_guess(browser: Browser, email: str) -> None:
    assert {sign_in(browser(), email).status_code for _ in range(22)} == {303}


# Another password, and where one is signed in


def change(client: FlaskClient, new: str, old: str = PASSWORD, again: str = "") -> Any:
    form = {"csrf_token": csrf_token(client.get("/account/password").text), "password": old, "new": new}
    return client.post("/account/password", data={**form, "again": again or new})


NEW = "lantern gravel teapot"


def test_a_new_password_asks_for_the_old_one_and_signs_the_other_browsers_out(
    olga: FlaskClient, browser: Browser, email: str
) -> None:
    other = browser()
    sign_in(other, email)
    for answer in (
        change(olga, NEW, "wrong password"),
        change(olga, NEW, again="lantern gravel"),
        change(olga, "short"),
    ):
        assert answer.status_code == 400 and 'role="alert"' in answer.text and NEW not in answer.text
    assert change(olga, f"{email.partition('@')[0]}1").status_code == 400
    assert other.get("/account/").status_code == 200
    with olga.session_transaction() as session:
        before = session["browser"]
    assert change(olga, NEW).status_code == 303
    with olga.session_transaction() as session:
        assert session["browser"] != before
    assert (olga.get("/account/").status_code, other.get("/account/").status_code) == (200, 401)
    assert sign_in(browser(), email).status_code == 401
    assert sign_in(browser(), email, NEW).status_code == 303


def test_sign_ins_are_seen_and_ended_with_the_password(olga: FlaskClient, browser: Browser, email: str) -> None:
    others = [browser() for _ in range(3)]
    for each in others:
        sign_in(each, email)
    page = olga.get("/account/password").text
    assert parse(page) and page.count("Another browser") == 3 and page.count("This browser") == 1
    numbers = re.findall(r'name="end" value="(\d+)"', page)

    def end(which: str, password: str = PASSWORD) -> Any:
        form = {"csrf_token": csrf_token(page), "password": password, "end": which}
        return olga.post("/account/password", data=form)

    def inside() -> int:
        return [each.get("/account/").status_code for each in others].count(200)

    assert end(numbers[0], "wrong password").status_code == 400 and inside() == 3
    assert end(numbers[0]).status_code == 303 and inside() == 2
    assert end("everybody").status_code == end("-1").status_code == 400 and inside() == 2
    assert end("others").status_code == 303 and inside() == 0
    assert olga.get("/account/").status_code == 200


def test_nobody_ends_the_sign_ins_of_another_account(
    app: Flask, olga: FlaskClient, browser: Browser, email: str
) -> None:
    stranger = browser()
    sign_in(stranger, new_account(app))
    with app.app_context():
        (number,) = db.session.scalars(select(SignIn.id).join(Account).where(Account.email == email))
    form = {"csrf_token": csrf_token(stranger.get("/account/password").text), "password": PASSWORD, "end": str(number)}
    assert stranger.post("/account/password", data=form).status_code == 303
    assert olga.get("/account/").status_code == 200


@pytest.mark.parametrize(("hours", "days", "status"), [(11, 0, 200), (13, 0, 401), (1, 29, 200), (1, 31, 401)])
def test_a_sign_in_ends_when_it_is_not_used_and_when_it_is_old(
    app: Flask, olga: FlaskClient, email: str, hours: int, days: int, status: int
) -> None:
    slug = new_slug()
    assert make(olga, plan(slug)).status_code == 303
    hour = 3_600_000
    with app.app_context():
        now = now_ms()
        account = select(Account.id).where(Account.email == email).scalar_subquery()
        times = {"seen_at": now - hours * hour, "made_at": now - (hours + days * 24) * hour}
        db.session.execute(update(SignIn).where(SignIn.account_id == account).values(**times))
        db.session.commit()
    signing_in._noted.clear()
    assert olga.get("/account/").status_code == status
    assert olga.get(f"/w/{slug}/settings").status_code == status
    assert olga.get("/").text.count("/account/password") == 0
    signing_in._noted.clear()
    # What has ended is not brought back by being asked for; what has not is in use again.
    with app.app_context():
        used = db.session.scalar(select(SignIn.seen_at).where(SignIn.account_id == account))
    assert (used is not None and used >= now) == (status == 200)


def test_a_link_lasts(app: Flask, unwatched: Meeting, browser: Browser) -> None:
    """Two days and a night: whoever is there by a link need not look for it again."""
    person = unwatched.as_("al-1")
    with app.app_context():
        db.session.execute(update(SignIn).where(SignIn.account_id.is_(None)).values(seen_at=1, made_at=1))
        db.session.commit()
    assert person.get("").status_code == 200


@pytest.mark.parametrize("words", [["create", "--password", NEW], ["reset-second-factor"], ["sign-out"]])
def test_from_the_command_line_an_accounts_sign_ins_are_ended(
    app: Flask, olga: FlaskClient, email: str, words: list[str]
) -> None:
    assert olga.get("/account/").status_code == 200
    done = app.test_cli_runner().invoke(args=["user", words[0], email, *words[1:], "--json"])
    assert done.exit_code == 0
    assert olga.get("/account/").status_code == 401
    assert app.test_cli_runner().invoke(args=["user", "sign-out", "nobody@example.org"]).exit_code == 1


def test_the_command_line_refuses_the_passwords_that_the_page_refuses(app: Flask) -> None:
    words = ["user", "create", "new@example.org", "--password", "password1234", "--json"]
    done = app.test_cli_runner().invoke(args=words)
    assert done.exit_code == 1 and "tried first" in done.output


def test_a_password_is_kept_with_todays_parameters_when_it_is_used(
    app: Flask, browser: Browser, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "_hasher", PasswordHasher(time_cost=4))
    assert sign_in(browser(), email).status_code == 303
    with app.app_context():
        kept = db.session.scalar(select(Account.password_hash).where(Account.email == email))
    assert kept is not None and ",t=4," in kept
    assert sign_in(browser(), email).status_code == 303


def test_every_form_has_a_token(olga: FlaskClient, browser: Browser) -> None:
    for client, path in ((browser(), "/account/sign-in"), (olga, "/account/"), (browser(), "/")):
        forms = [form for form in forms_of(client.get(path).text) if form.method == "post"]
        assert forms and all(form.values["csrf_token"] for form in forms)
        assert parse(client.get(path).text)


def test_forged_forms_do_nothing(app: Flask, olga: FlaskClient, browser: Browser, email: str) -> None:
    slug = new_slug()
    assert olga.post("/account/meetings", data={"text": plan(slug)}).status_code == 400
    assert stored(app, slug) is None
    client = browser()
    assert client.post("/account/sign-in", data={"email": email, "password": PASSWORD}).status_code == 400
    assert client.get("/account/").status_code == 401


def test_accounts_are_for_their_owners(browser: Browser, unwatched: Meeting) -> None:
    token = csrf_token(browser().get("/").text)
    for client in (browser(), unwatched.as_("organiser").client):
        assert client.get("/account/").status_code == 401
        assert client.get("/account/example.yaml").status_code == 401
        assert client.post("/account/meetings", data={"csrf_token": token, "text": plan("x")}).status_code == 401


def test_the_example_is_the_reference_plan(olga: FlaskClient) -> None:
    answer = olga.get("/account/example.yaml")
    assert answer.data == REFERENCE_PLAN.read_bytes()
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_plan_makes_a_meeting_and_leads_to_its_settings(app: Flask, olga: FlaskClient) -> None:
    slug = new_slug()
    answer = make(olga, plan(slug))
    assert answer.status_code == 303 and answer.location == f"/w/{slug}/settings"
    # The account's owner is its organiser, without a link.
    assert olga.get(answer.location).status_code == 200
    assert f"/w/{slug}/settings" in olga.get("/account/").text
    workshop = stored(app, slug)
    assert workshop is not None and workshop.phase == "prepared"


def test_the_plan_that_the_form_begins_with_makes_a_meeting(app: Flask, olga: FlaskClient) -> None:
    slug = new_slug()
    beginning = written(olga.get("/account/").text)
    assert make(olga, beginning.replace("my-meeting", slug)).status_code == 303
    workshop = stored(app, slug)
    assert workshop is not None and workshop.title == {"en": "Title of the meeting"}
    assert olga.get(f"/w/{slug}/settings").status_code == 200


def test_a_file_counts_before_the_text(app: Flask, olga: FlaskClient) -> None:
    slug = new_slug()
    file = (io.BytesIO(plan(slug).encode()), "plan.yaml")
    assert make(olga, "ignored", file=file).location == f"/w/{slug}/settings"


def test_every_error_of_a_plan_is_shown_with_its_path_and_the_text_is_kept(app: Flask, olga: FlaskClient) -> None:
    slug = new_slug()
    bad = (
        plan(slug).replace("timezone: Europe/Paris", "timezone: <Nowhere>").replace("delegation: RS", "delegation: HR")
    )
    for answer in (make(olga, bad), make(olga, "", file=(io.BytesIO(bad.encode()), "plan.yaml"))):
        assert answer.status_code == 400 and 'role="alert"' in answer.text
        assert "<code>timezone</code>" in answer.text and "&lt;Nowhere&gt;" in answer.text
        assert "].delegation</code>" in answer.text and "HR" in answer.text
        assert written(answer.text) == bad
    assert stored(app, slug) is None
    nothing = make(olga, "")
    assert nothing.status_code == 400 and written(nothing.text) == ""
    assert make(olga, "[", file=(io.BytesIO(b"\xff\xfe\x00"), "plan.yaml")).status_code == 400


def test_the_address_of_somebody_elses_meeting_is_refused(
    app: Flask, olga: FlaskClient, browser: Browser, unwatched: Meeting
) -> None:
    slug = new_slug()
    make(olga, plan(slug))
    other = browser()
    sign_in(other, new_account(app))
    for taken in (slug, unwatched.slug):
        before = stored(app, taken)
        answer = make(other, plan(taken).replace("Second regional", "Stolen regional"))
        assert answer.status_code == 400 and "<code>slug</code>" in answer.text
        after = stored(app, taken)
        assert before is not None and after is not None and after.title == before.title
        assert other.get(f"/w/{taken}/settings").status_code == 401


def test_ones_own_meeting_is_brought_up_to_date(app: Flask, olga: FlaskClient) -> None:
    slug = new_slug()
    make(olga, plan(slug))
    assert make(olga, plan(slug).replace("Second regional", "Third regional")).status_code == 303
    workshop = stored(app, slug)
    assert workshop is not None and workshop.title["en"].startswith("Third regional")

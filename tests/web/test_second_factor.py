"""The second factor: codes from a device, recovery codes, and no way around either."""

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from facilitation.meeting import second_factor
from tests.conftest import csrf_token, dump_of
from tests.web.test_accounts import PASSWORD, Browser, browser, email, sign_in

__all__ = ["browser", "email"]
PAGE = "/account/second-factor"


def send(client: FlaskClient, **form: str) -> Any:
    return client.post(PAGE, data={"csrf_token": csrf_token(client.get(PAGE).text), "password": PASSWORD, **form})


def code_of(secret: str, later: int = 0) -> str:
    """The code of the device, so many steps later."""
    return pyotp.TOTP(secret).at(time.time() + later * second_factor.STEP)


def secret_in(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found
    return found[1]


def enter(client: FlaskClient, email: str, code: str) -> Any:
    token = csrf_token(client.get("/account/sign-in").text)
    form = {"csrf_token": token, "email": email, "password": PASSWORD, "code": code}
    return client.post("/account/sign-in", data=form)


@pytest.fixture
def guarded(browser: Browser, email: str) -> tuple[str, list[str]]:
    """The account asks for codes; the secret of its device, and its recovery codes."""
    client = browser()
    sign_in(client, email)
    page = client.get(PAGE).text
    assert "data:image/svg+xml" in page
    secret = secret_in(page)
    done = send(client, code=code_of(secret))
    codes = re.findall(r"<code>([a-z0-9]{5}(?:-[a-z0-9]{5}){4})</code>", done.text)
    assert len(codes) == second_factor.RECOVERY_CODES
    return secret, codes


def test_with_it_a_password_alone_lets_nobody_in(browser: Browser, email: str, guarded: tuple[str, list[str]]) -> None:
    secret, _ = guarded
    client = browser()
    refused = sign_in(client, email)
    assert refused.status_code == 401 and 'name="code"' in refused.text
    for wrong in ("", "000000", "abcdef", "１２３４５６", code_of(secret, 40)):
        assert enter(client, email, wrong).status_code == 401
        assert client.get("/account/").status_code == 401
    assert enter(client, email, code_of(secret, 1)).status_code == 303
    assert client.get("/account/").status_code == 200


def test_whether_there_is_one_is_told_only_to_whoever_knows_the_password(
    browser: Browser, email: str, guarded: tuple[str, list[str]]
) -> None:
    assert guarded and 'name="code"' not in sign_in(browser(), email, "another password").text


def test_no_code_is_taken_twice(browser: Browser, email: str, guarded: tuple[str, list[str]]) -> None:
    secret, codes = guarded
    assert enter(browser(), email, code_of(secret)).status_code == 401  # it was taken when it was set up
    later = code_of(secret, 1)
    assert enter(browser(), email, later).status_code == 303
    assert enter(browser(), email, later).status_code == 401
    assert enter(browser(), email, codes[0].upper()).status_code == 303
    assert enter(browser(), email, codes[0]).status_code == 401
    assert enter(browser(), email, codes[1]).status_code == 303


def test_it_is_turned_off_with_a_code_only(
    app: Flask, browser: Browser, email: str, guarded: tuple[str, list[str]]
) -> None:
    _, codes = guarded
    client = browser()
    enter(client, email, codes[0])
    assert send(client, code="000000").status_code == 400
    assert sign_in(browser(), email).status_code == 401
    assert send(client, code=codes[1]).status_code == 200
    assert sign_in(browser(), email).status_code == 303
    assert enter(browser(), email, codes[2]).status_code == 303  # the field is not asked for, and not looked at
    assert all(code not in dump_of(app) for code in codes)


def test_it_is_set_up_only_with_a_code_of_that_very_device(browser: Browser, email: str) -> None:
    client = browser()
    sign_in(client, email)
    own = pyotp.random_base32()
    for given in ({"code": "000000"}, {"code": code_of(own), "secret": own}, {"code": ""}):
        assert send(client, **given).status_code == 400
    assert sign_in(browser(), email).status_code == 303
    assert browser().get(PAGE).status_code == 401


def test_guesses_at_codes_are_counted(browser: Browser, email: str, guarded: tuple[str, list[str]]) -> None:
    _, codes = guarded
    answers = [enter(browser(), email, f"{n:06}").status_code for n in range(25)]
    assert answers[0] == 401 and answers[-1] == 429
    assert enter(browser(), email, codes[0]).status_code == 429


def test_turning_it_on_asks_for_the_password_once_more(browser: Browser, email: str) -> None:
    client = browser()
    sign_in(client, email)
    secret = secret_in(client.get(PAGE).text)
    for password in ("", "another password"):
        assert send(client, code=code_of(secret), password=password).status_code == 400
    assert sign_in(browser(), email).status_code == 303
    assert send(client, code=code_of(secret)).status_code == 200


def test_turning_it_on_and_off_signs_the_other_browsers_out(browser: Browser, email: str) -> None:
    client, other = browser(), browser()
    sign_in(client, email)
    sign_in(other, email)
    secret = secret_in(client.get(PAGE).text)
    codes = re.findall(r"<code>([a-z0-9-]{29})</code>", send(client, code=code_of(secret)).text)
    assert (client.get("/account/").status_code, other.get("/account/").status_code) == (200, 401)
    enter(other, email, codes[0])
    send(client, code=codes[1])
    assert (client.get("/account/").status_code, other.get("/account/").status_code) == (200, 401)


def test_wrong_codes_are_counted_for_the_account_from_wherever_they_come(
    app: Flask, browser: Browser, email: str, guarded: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = guarded

    def elsewhere(n: int) -> FlaskClient:
        client = browser()
        client.environ_base["REMOTE_ADDR"] = f"10.99.{n}.{uuid.uuid4().int % 250}"
        return client

    answers = [enter(elsewhere(n), email, f"{n:06}") for n in range(second_factor.WRONG_CODES + 1)]
    assert [each.status_code for each in answers] == [401] * (second_factor.WRONG_CODES - 1) + [429] * 2
    refused = enter(elsewhere(100), email, codes[0])
    assert refused.status_code == 429 and "For 1 minute no code" in refused.text
    # Who does not know the password learns nothing of it, and has no part in it.
    assert sign_in(elsewhere(101), email, "another password").status_code == 401
    later = second_factor.now_ms() + 61_000
    monkeypatch.setattr(second_factor, "now_ms", lambda: later)
    assert enter(elsewhere(102), email, "000000").status_code == 429
    assert "For 2 minutes no code" in enter(elsewhere(103), email, codes[0]).text
    monkeypatch.setattr(second_factor, "now_ms", lambda: later + 121_000)
    assert enter(elsewhere(104), email, codes[0]).status_code == 303
    assert enter(elsewhere(105), email, "000000").status_code == 401


def test_who_does_not_know_the_password_keeps_nobody_out(
    browser: Browser, email: str, guarded: tuple[str, list[str]]
) -> None:
    _, codes = guarded
    for n in range(second_factor.WRONG_CODES + 2):
        client = browser()
        client.environ_base["REMOTE_ADDR"] = f"10.98.{n}.1"
        assert sign_in(client, email, "another password").status_code == 401
    assert enter(browser(), email, codes[0]).status_code == 303


def test_two_who_send_one_code_at_the_same_moment_do_not_both_come_in(
    app: Flask, browser: Browser, email: str, guarded: tuple[str, list[str]]
) -> None:
    _, codes = guarded
    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda _: enter(browser(), email, codes[3]).status_code, range(4)))
    assert sorted(answers) == [303, 401, 401, 401]


def test_who_has_lost_everything_is_helped_from_the_command_line(
    app: Flask, browser: Browser, email: str, guarded: tuple[str, list[str]]
) -> None:
    assert guarded
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["user", "reset-second-factor", email, "--json"])
    assert done.exit_code == 0
    assert sign_in(browser(), email).status_code == 303

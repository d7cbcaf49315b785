"""Attacks on accounts: guessed passwords, and what stands in the way when one is known."""

import re
import time

import pyotp
import pytest

from tests.attacks.preparing import ACCOUNTS
from tests.attacks.production import COOKIE, Somebody, Target

PLAIN, GUARDED = ACCOUNTS
CHANGES = pytest.mark.changes("sign_ins", "accounts", "recovery_codes")


def sign_in(somebody: Somebody, email: str, password: str = "", code: str = "") -> int:
    form = {"csrf_token": somebody.token, "email": email, "password": password or ACCOUNTS[email], "code": code}
    return somebody.ask("POST", "/account/sign-in", data=form).status_code


def at(secret: str, steps: int = 0) -> str:
    """A device's code, now or some steps of time away."""
    return pyotp.TOTP(secret).at(time.time() + 30 * steps)


@pytest.fixture(scope="module")
def device(target: Target) -> tuple[str, list[str]]:
    """The second factor of an account is set up; its secret, and its recovery codes."""
    owner = target.stranger()
    assert sign_in(owner, GUARDED) == 303
    page = owner.get("/account/second-factor").text
    found = re.search(r"\b([A-Z2-7]{32})\b", page)
    assert found
    form = {"csrf_token": owner.token, "password": ACCOUNTS[GUARDED], "code": at(found[1], -1)}
    answer = owner.ask("POST", "/account/second-factor", data=form)
    assert answer.status_code == 200, answer.text
    target.as_left = None
    return found[1], re.findall(r"\b(?:[a-z2-9]{5}-){4}[a-z2-9]{5}\b", answer.text)


def test_guessing_passwords_has_an_end_and_tells_nothing(target: Target) -> None:
    stranger = target.stranger()
    codes = [sign_in(stranger, (PLAIN, "nobody@example.org")[n % 2], "wrong wrong wrong") for n in range(25)]
    assert codes == [401] * 20 + [429] * 5
    assert sign_in(stranger, PLAIN) == 429, "not with the right one either"
    answers = []
    assert sign_in(target.stranger(), "a\x00b", "x") in (400, 401)  # PostgreSQL holds no such address
    for email in (PLAIN, "nobody@example.org", "' OR 1=1 --", "x" * 5000):
        another = target.stranger()
        form = {"csrf_token": another.token, "email": email, "password": "wrong wrong wrong"}
        response = another.ask("POST", "/account/sign-in", data=form)
        assert response.status_code == 401
        answers.append(re.sub(r'nonce="[^"]+"|content="[^"]+"|value="[^"]*"', "", response.text))
    assert len(set(answers)) == 1


@CHANGES
def test_a_code_is_taken_once_and_only_for_its_own_account(target: Target, device: tuple[str, list[str]]) -> None:
    secret, recovery = device
    assert len(recovery) == 8
    assert sign_in(target.stranger(), GUARDED) == 401, "the password alone"
    assert sign_in(target.stranger(), GUARDED, code=at(secret, -1)) == 401, "the code that set it up, once more"
    for wrong in ("000000x", "١٢٣٤٥٦", "-1", "0" * 500):
        assert sign_in(target.stranger(), GUARDED, code=wrong) == 401, wrong
    code = at(secret, 1)
    assert sign_in(target.stranger(), GUARDED, code=code) == 303
    assert sign_in(target.stranger(), GUARDED, code=code) == 401, "somebody looked over the shoulder"
    assert sign_in(target.stranger(), GUARDED, code=at(secret)) == 401, "nor an earlier one"
    assert sign_in(target.stranger(), GUARDED, code=recovery[0].upper()) == 303
    for wrong in (recovery[0], at(secret, -20), at(secret, 20), at(pyotp.random_base32())):
        assert sign_in(target.stranger(), GUARDED, code=wrong) == 401, wrong


@CHANGES
def test_a_known_password_changes_no_second_factor(target: Target, device: tuple[str, list[str]]) -> None:
    """Half signed in is not signed in; and who is signed in with another account changes that one alone."""
    half = target.stranger()
    assert sign_in(half, GUARDED) == 401
    for path in ("/account/", "/account/second-factor", "/account/example.yaml"):
        assert half.get(path).status_code == 401, path
    other = target.stranger()
    assert sign_in(other, PLAIN) == 303
    before = [row for row in target.server.stored()["accounts"] if GUARDED in row]
    for form in ({"code": device[1][2]}, {"code": at(device[0])}, {"account": "2", "email": GUARDED, "code": "1"}):
        answer = other.ask("POST", "/account/second-factor", data={"csrf_token": other.token, **form})
        assert answer.status_code == 400
    assert [row for row in target.server.stored()["accounts"] if GUARDED in row] == before
    assert device[0] not in other.get("/account/second-factor").text


@CHANGES
def test_guessing_the_second_factor_has_an_end_from_however_many_addresses(
    target: Target, device: tuple[str, list[str]]
) -> None:
    assert sign_in(target.stranger(), GUARDED, code=device[1][3]) == 303
    codes = [sign_in(target.stranger(), GUARDED, code=f"{n:06}") for n in range(15)]
    assert codes == [401] * 9 + [429] * 6
    assert sign_in(target.stranger(), GUARDED, code=device[1][1]) == 429, "not with a right one either"
    assert sign_in(target.stranger(), GUARDED, "wrong wrong wrong") == 401, (
        "who has not the password learns nothing of it"
    )
    assert sign_in(target.stranger(), PLAIN) == 303


@CHANGES
def test_signing_in_with_an_account_gives_a_new_session_and_signing_out_ends_it(target: Target) -> None:
    somebody = target.stranger()
    somebody.get("/")
    planted = target.stranger().hold(next(str(each.value) for each in somebody.browser.cookies if each.name == COOKIE))
    assert sign_in(somebody, PLAIN) == 303
    assert somebody.get("/account/").status_code == 200 and planted.get("/account/").status_code == 401
    kept = target.stranger().hold(next(str(each.value) for each in somebody.browser.cookies if each.name == COOKIE))
    assert kept.get("/account/").status_code == 200
    somebody.ask("POST", "/sign-out", data={"csrf_token": somebody.token})
    assert kept.get("/account/").status_code == 401, "also for whoever copied the cookie"

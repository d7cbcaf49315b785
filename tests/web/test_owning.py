"""Meetings that demand an account of their organisers: a forwarded link of an organiser opens nothing then."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from facilitation.extensions import socketio
from tests.conftest import Meeting, csrf_token
from tests.faults.waiting import wait_until
from tests.web.pages import form_of, submit
from tests.web.test_accounts import Browser, browser, email, sign_in

__all__ = ["browser", "email"]


def give(meeting: Meeting, person: str, email: str) -> int:
    """An operator gives the place of an organiser to an account; the exit code."""
    words = ["workshop", "own", meeting.slug, person, email, "--json"]
    return meeting.app.test_cli_runner().invoke(args=words).exit_code


@pytest.fixture
def owner(unwatched: Meeting, browser: Browser, email: str) -> FlaskClient:
    """The organiser's browser, signed in with the account that has their place."""
    assert give(unwatched, "organiser", email) == 0
    client = browser()
    sign_in(client, email)
    return client


def status(meeting: Meeting, client: FlaskClient, path: str = "settings") -> int:
    return client.get(f"/w/{meeting.slug}/{path}").status_code


def test_who_has_no_account_cannot_demand_one_and_lock_themselves_out(unwatched: Meeting) -> None:
    organiser = unwatched.as_("organiser")
    assert organiser.refused("demand_accounts", demanded=True)["code"] == "not_now"
    assert "demand_accounts" not in organiser.get("settings").text


def test_where_an_account_is_demanded_links_of_organisers_open_nothing_and_those_inside_are_out(
    unwatched: Meeting, owner: FlaskClient
) -> None:
    by_link = unwatched.as_("organiser")
    watching = unwatched.observe("organiser", "console", "en")
    assert submit(by_link, form_of(by_link.get("settings").text, "demand_accounts")).status_code == 303

    wait_until(lambda: not watching.socket.is_connected(), 5, "the organiser to be let go of")
    unwatched.observers.remove(watching)
    assert status(unwatched, by_link.client) in (302, 303, 401)
    assert not by_link.send("open_workshop")["ok"]
    fresh = unwatched.app.test_client()
    page = fresh.get(unwatched.link("organiser"))
    assert page.status_code == 403 and "Sign in with your account" in page.text
    data = {"csrf_token": csrf_token(fresh.get("/").text)}
    assert fresh.post(unwatched.link("organiser"), data=data).status_code == 403
    assert status(unwatched, fresh) in (302, 303, 401)
    assert status(unwatched, owner) == 200
    assert status(unwatched, unwatched.as_("facilitator").client, "console") == 200


def test_a_facilitator_who_becomes_an_organiser_needs_an_account_from_then_on(
    unwatched: Meeting, owner: FlaskClient
) -> None:
    facilitator = unwatched.as_("facilitator")
    organiser = unwatched.as_("organiser")
    organiser.do("edit_person", person="facilitator", name={"en": "Ana"}, role="organiser", language="en")
    assert status(unwatched, facilitator.client) == 200
    organiser.do("demand_accounts", demanded=True)
    assert status(unwatched, facilitator.client) in (302, 303, 401)


def test_the_demand_is_taken_back_and_links_work_again(unwatched: Meeting, owner: FlaskClient) -> None:
    unwatched.as_("organiser").do("demand_accounts", demanded=True)
    page = owner.get(f"/w/{unwatched.slug}/settings").text
    assert "Their personal links do not open the meeting." in page
    form = form_of(page, "demand_accounts")
    assert owner.post(form.action, data=form.values).status_code == 303
    assert status(unwatched, unwatched.as_("organiser").client) == 200


def look_on(meeting: Meeting, client: FlaskClient) -> Any:
    """A socket of this browser, joined."""
    socket = socketio.test_client(meeting.app, flask_test_client=client)
    joined = socket.emit("join", {"workshop": meeting.slug, "view": "console"}, callback=True)
    assert joined["ok"], joined
    return socket


@pytest.mark.parametrize("how", ["sign-out", "reset-second-factor"])
def test_an_accounts_open_pages_end_within_a_second_when_its_sign_ins_do(
    unwatched: Meeting, owner: FlaskClient, email: str, how: str
) -> None:
    socket, other = look_on(unwatched, owner), look_on(unwatched, unwatched.as_("facilitator").client)
    assert unwatched.app.test_cli_runner().invoke(args=["user", how, email]).exit_code == 0
    wait_until(lambda: not socket.is_connected(), 5, "the owner to be let go of")
    assert other.is_connected() and status(unwatched, owner) == 401


def test_revoking_the_links_of_an_owner_ends_their_accounts_sign_ins_too(
    unwatched: Meeting, owner: FlaskClient, email: str, browser: Browser
) -> None:
    socket = look_on(unwatched, owner)
    unwatched.as_("organiser").do("revoke_links", person="organiser")
    wait_until(lambda: not socket.is_connected(), 5, "the owner to be let go of")
    assert status(unwatched, owner) == owner.get("/account/").status_code == 401
    again = browser()
    sign_in(again, email)
    assert status(unwatched, again) == 200


def test_only_the_place_of_an_organiser_is_given_and_only_to_an_account_that_there_is(
    unwatched: Meeting, email: str
) -> None:
    assert give(unwatched, "facilitator", email) != 0
    assert give(unwatched, "nobody", email) != 0
    assert give(unwatched, "organiser", "nobody@example.org") != 0


def test_the_audit_trail_says_that_accounts_were_demanded(unwatched: Meeting, owner: FlaskClient) -> None:
    unwatched.as_("organiser").do("demand_accounts", demanded=True)
    trail = owner.get(f"/w/{unwatched.slug}/export/journal.json").get_json()
    assert "accounts_demanded" in json.dumps(trail)

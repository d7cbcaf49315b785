"""Attacks on the doors: links, sessions, forged requests, foreign origins, spoofed headers, addresses that lead elsewhere."""

import socket
import uuid
from typing import Any

import pytest
import websocket

from facilitation.live.commands import COMMANDS
from tests import second_meeting
from tests.attacks.conftest import Target
from tests.conftest import csrf_token
from tests.servers import SLUG

pytestmark = pytest.mark.usefixtures("unchanged")


@pytest.mark.parametrize(
    "token",
    ["x", "a" * 43, "A" * 9000, "..", "%2e%2e%2fadmin", "%00", "%F0%9F%92%A3", "' OR '1'='1", "{{7*7}}", "null"],
)
def test_a_guessed_link_opens_nothing(target: Target, token: str) -> None:
    stranger = target.stranger()
    for method in ("GET", "POST"):
        assert stranger.ask(method, f"/join/{token}").status_code in (400, 404, 414, 429)
    assert stranger.get(f"/w/{SLUG}/").status_code == 401


def test_a_link_of_one_meeting_opens_no_other(target: Target) -> None:
    assert target["al-1"].get(f"/w/{second_meeting.SLUG}/").status_code == 401
    answer = target["organiser"].send("close_workshop", {}, slug=second_meeting.SLUG)
    assert answer.status_code == 401 and answer.json()["error"]["code"] == "unauthenticated"


def test_a_session_that_somebody_planted_is_worth_nothing_after_signing_in(target: Target) -> None:
    attacker, victim = target.stranger(), target.stranger()
    attacker.get("/")
    victim.browser.cookies.update(attacker.browser.cookies)
    path = target.links["rs-1"].removeprefix(target.server.url)
    victim.ask("POST", path, data={"csrf_token": csrf_token(victim.get(path).text)})
    assert victim.get(f"/w/{SLUG}/").status_code == 200
    assert attacker.get(f"/w/{SLUG}/").status_code == 401


@pytest.mark.parametrize("forged", ["eyJicm93c2VyIjoiYSJ9.Zm9v.YmFy", "a.b.c", "", "é", "x" * 5000])
def test_a_forged_session_is_no_session(target: Target, forged: str) -> None:
    name = next(each.name for each in target["al-1"].browser.cookies)
    stranger = target.stranger()
    response = stranger.get(f"/w/{SLUG}/", headers={"Cookie": f"{name}={forged}".encode()})
    assert response.status_code in (400, 401)


def test_a_signed_session_that_was_changed_is_no_session(target: Target) -> None:
    cookie = next(iter(target["al-1"].browser.cookies))
    body, _, signature = str(cookie.value).partition(".")
    changed = f"{body[:-2]}AA.{signature}"
    assert target.stranger().get(f"/w/{SLUG}/", headers={"Cookie": f"{cookie.name}={changed}"}).status_code == 401


def forged_posts() -> list[tuple[str, dict[str, str]]]:
    """Addresses that change something, and what a form of another site would send to them."""
    command = {"id": str(uuid.uuid4()), "text": "forged"}
    return [
        (f"/w/{SLUG}/commands/announce", command),
        (f"/w/{SLUG}/links", {"who": "everybody", "format": "csv"}),
        (f"/w/{SLUG}/rehearsal", {}),
        (f"/w/{SLUG}/slides", {"item": "presentation-al"}),
        ("/sign-out", {}),
        ("/language", {"lang": "mk"}),
        ("/account/sign-in", {"email": "a@example.org", "password": "b" * 12}),
        ("/code", {"code": "ABCDEFGH"}),
    ]


@pytest.mark.parametrize(("path", "form"), forged_posts(), ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("token", [None, "", "another", "somebody else's"])
def test_a_form_of_another_site_changes_nothing(
    target: Target, path: str, form: dict[str, str], token: str | None
) -> None:
    organiser = target["organiser"]
    sent = dict(form)
    if token is not None:
        sent["csrf_token"] = target.stranger().token if token == "somebody else's" else token
    response = organiser.ask("POST", path, data=sent, headers={"Origin": "https://evil.example"})
    assert response.status_code in (400, 403)
    assert organiser.get(f"/w/{SLUG}/settings").status_code == 200


def test_a_command_as_json_needs_the_sessions_token(target: Target) -> None:
    message = {"id": str(uuid.uuid4()), "name": "announce", "args": {"text": "forged"}}
    for headers in ({}, {"X-CSRFToken": "another"}, {"X-CSRFToken": target["al-1"].token}):
        response = target["facilitator"].ask("POST", f"/w/{SLUG}/commands", json=message, headers=headers)
        assert response.status_code == 403
    plain = target["facilitator"].ask(
        "POST", f"/w/{SLUG}/commands", data='{"name":"announce"}', headers={"Content-Type": "text/plain"}
    )
    assert plain.status_code in (400, 403)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECTX"])
def test_no_other_method_carries_out_a_command(target: Target, method: str) -> None:
    response = target["facilitator"].ask(method, f"/w/{SLUG}/commands/announce?text=forged")
    assert response.status_code in (200, 400, 404, 405, 501)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
        {"Origin": "https://evil.example", "Host": "evil.example"},
        {"Origin": "https://evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_no_page_of_another_origin_opens_a_socket(target: Target, headers: dict[str, str]) -> None:
    origin = headers["Origin"]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(
            f"ws://127.0.0.1:{target.server.port}/socket.io/?EIO=4&transport=websocket",
            cookie=target["al-1"].cookies,
            origin=origin,
            header=[f"{name}: {value}" for name, value in headers.items() if name not in ("Host", "Origin")],
            host=headers.get("Host"),
            timeout=10,
        )
    assert refused.value.status_code == 400
    polled = target["al-1"].get("/socket.io/?EIO=4&transport=polling", headers=headers)
    assert polled.status_code == 400 and "Access-Control-Allow-Origin" not in polled.headers


@pytest.mark.parametrize(
    "header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Host"]
)
def test_a_spoofed_host_stands_on_no_page_and_in_no_link(target: Target, header: str) -> None:
    value = "host=spoofed.example" if header == "Forwarded" else "spoofed.example"
    for path in ("/", f"/w/{SLUG}/", f"/w/{SLUG}/settings", "/records/"):
        response = target["organiser"].get(path, headers={header: value})
        assert response.status_code in (200, 400, 401)
        assert "spoofed.example" not in response.text
        assert "spoofed.example" not in response.headers.get("Location", "")
        assert "spoofed.example" not in response.headers.get("Content-Security-Policy", "")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../wsgi.py",
        "/static/%2e%2e/wsgi.py",
        "/static/..%2fwsgi.py",
        "/static/..%5cwsgi.py",
        "/static//etc/passwd",
        "/npm/..%2f..%2fwsgi.py",
        "/npm/%2e%2e",
        f"/w/{SLUG}/export/..%2f..%2fetc%2fpasswd.pdf",
        f"/w/{SLUG}/export/minutes.pdf%00.html",
        f"/w/{SLUG}/slides/..%2f..%2fsecret_key/1.png",
        f"/w/{SLUG}/slides/../1.txt",
        f"/w/..%2f{SLUG}/",
        f"/records/..%2f..%2f{SLUG}",
        "//evil.example/%2f..",
    ],
)
def test_no_address_leads_out_of_what_is_served(target: Target, path: str) -> None:
    response = target["organiser"].get(path)
    assert response.status_code in (301, 302, 308, 400, 404)
    assert "evil.example" not in response.headers.get("Location", "").split("?")[0].lstrip("/").split("/")[0]
    assert "create_app" not in response.text and "root:" not in response.text


@pytest.mark.parametrize(
    "leads",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b"],
)
def test_nobody_is_led_to_another_site(target: Target, leads: str) -> None:
    somebody = target.stranger()
    form = {"csrf_token": somebody.token, "lang": "mk", "next": leads}
    for given in (form, {**form, "lang": "xx\r\nSet-Cookie: a=b"}):
        response = somebody.ask("POST", "/language", data=given, headers={"Referer": leads.replace("\r\n", "")})
        location = response.headers.get("Location", "/")
        assert (
            response.status_code in (303, 400) and location.startswith("/") and not location.startswith(("//", "/\\"))
        )
        assert "a" not in response.cookies


def test_another_address_in_a_header_does_not_make_more_guesses(target: Target) -> None:
    stranger, codes = target.stranger(), []
    for n in range(80):
        headers = {"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.1.{n}", "Forwarded": f"for=10.0.2.{n}"}
        codes.append(stranger.get(f"/join/guess-{n}-{uuid.uuid4()}", headers=headers).status_code)
    assert codes[-1] == 429 and set(codes) == {404, 429}
    assert target["al-1"].get(f"/w/{SLUG}/").status_code == 200


def test_figures_and_other_peoples_data_are_not_for_strangers(target: Target) -> None:
    pages = ("", "console", "screen", "desk", "delegation", "minutes", "settings", "state.json", "mine.json", "privacy")
    exports = ("export/minutes.pdf", "export/participants.csv", "export/contributions.xlsx", "export/record.html")
    for page in (*pages, *exports, "found?q=a", "links", "rehearsal", "reminders"):
        assert target.stranger().get(f"/w/{SLUG}/{page}").status_code == 401, page
    assert target.stranger().get("/metrics").status_code == 401


ABOVE: dict[str, tuple[str, ...]] = {
    "al-1": ("console", "screen", "desk", "settings", "links", "rehearsal", "reminders", "export/participants.csv",
             "export/contributions.csv"),
    "observer": ("console", "screen", "desk", "delegation", "settings", "export/participants.csv"),
    "interpreter-mk": ("console", "screen", "delegation", "settings", "reminders", "export/participants.xlsx"),
    "rapporteur": ("console", "screen", "desk", "delegation", "settings", "export/participants.json"),
    "facilitator": ("desk", "delegation", "settings", "links", "export/participants.json"),
}  # fmt: skip


@pytest.mark.parametrize(("key", "page"), [(key, page) for key, pages in ABOVE.items() for page in pages])
def test_no_role_opens_what_is_above_it(target: Target, key: str, page: str) -> None:
    assert target[key].get(f"/w/{SLUG}/{page}").status_code == 403


def test_no_role_gives_a_command_that_is_above_it(meeting: Any) -> None:
    meeting.leave()
    seq = meeting.seq
    roles = {"observer": {"observer"}, "al-2": {"participant", "contributor"}, "interpreter-mk": {"interpreter"}}
    roles |= {"rapporteur": {"rapporteur"}, "facilitator": {"facilitator", "rapporteur"}}
    tried = 0
    for key, own in roles.items():
        for command in COMMANDS.values():
            if not own.intersection(command.by) and "member" not in command.by:
                answer = meeting.as_(key).send(command.name)
                assert answer["error"]["code"] == "forbidden", (key, command.name, answer)
                tried += 1
        if key == "observer":
            assert meeting.as_(key).send("purge_meeting")["error"]["code"] == "forbidden"
    assert tried > 200 and meeting.seq == seq


def test_half_a_handshake_keeps_nobody_out(target: Target) -> None:
    sockets = []
    try:
        for n in range(150):
            made = socket.create_connection(("127.0.0.1", target.server.port), timeout=5)
            sockets.append(made)
            if n % 3 == 1:
                made.sendall(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: webs")
            elif n % 3 == 2:
                made.sendall(b"POST /language HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        assert target["al-1"].get(f"/w/{SLUG}/").status_code == 200
    finally:
        for made in sockets:
            made.close()


@pytest.mark.parametrize(
    "query", ["sid=bogus", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA", "EIO=99", "transport=x"]
)
def test_a_socket_that_is_nobodys_is_refused(target: Target, query: str) -> None:
    for method in ("GET", "POST"):
        assert target.stranger().ask(method, f"/socket.io/?{query}", data="40").status_code == 400

"""Attacks on the doors: links, sessions, forged requests, foreign origins, spoofed headers, addresses that lead elsewhere."""

import socket
import ssl
import uuid

import pytest
import requests
import websocket

from tests.attacks.preparing import FOREIGN
from tests.attacks.production import COOKIE, HOME, HOST, SecureLine, Target, enter, patiently
from tests.faults.lines import Seat
from tests.servers import SLUG


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
    assert target["al-1"].get(f"/w/{FOREIGN}/").status_code == 401
    answer = target["organiser"].send("close_workshop", {}, slug=FOREIGN)
    assert answer.status_code == 401 and answer.json()["error"]["code"] == "unauthenticated"


@pytest.mark.changes("sign_ins")
def test_a_session_that_somebody_planted_is_worth_nothing_after_signing_in(target: Target) -> None:
    attacker, victim = target.stranger(), target.stranger()
    attacker.get("/")
    victim.browser.cookies.update(attacker.browser.cookies)
    enter(victim, target.known["links"][SLUG]["rs-1"])
    assert victim.get(f"/w/{SLUG}/").status_code == 200
    assert attacker.get(f"/w/{SLUG}/").status_code == 401


@pytest.mark.parametrize("forged", ["eyJicm93c2VyIjoiYSJ9.Zm9v.YmFy", "a.b.c", "", "é", "x" * 5000])
def test_a_forged_session_is_no_session(target: Target, forged: str) -> None:
    response = target.stranger().get(f"/w/{SLUG}/", headers={"Cookie": f"{COOKIE}={forged}".encode()})
    assert response.status_code in (400, 401)


def test_a_signed_session_that_was_changed_is_no_session(target: Target) -> None:
    body, _, signature = target.known["sessions"][SLUG]["al-1"].partition(".")
    changed = f"{body[:-2]}AA.{signature}"
    assert target.stranger().get(f"/w/{SLUG}/", headers={"Cookie": f"{COOKIE}={changed}"}).status_code == 401


def test_the_session_is_for_this_site_over_https_and_for_no_script(target: Target) -> None:
    answer = target.stranger().get("/")
    cookie = next(each for each in answer.raw.headers.getlist("Set-Cookie") if each.startswith(f"{COOKIE}="))
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= parts and not [
        each for each in parts if "Domain" in each
    ]
    for path in ("/", f"/w/{SLUG}/", "/account/sign-in", f"/w/{SLUG}/state.json"):
        headers = target["al-1"].get(path).headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert "script-src 'self' 'nonce-" in headers["Content-Security-Policy"]
        assert f"connect-src 'self' wss://{HOST};" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"


def test_without_tls_nobody_is_served_and_no_secret_is_given(target: Target) -> None:
    at = f"http://127.0.0.1:{target.server.plain_port}"
    for method, path in (("GET", "/"), ("GET", f"/w/{SLUG}/"), ("POST", f"/w/{SLUG}/commands"), ("GET", "/socket.io/")):
        answer = requests.request(method, at + path, timeout=10, allow_redirects=False)
        assert answer.status_code in (301, 403) and "Set-Cookie" not in answer.headers
        assert answer.headers.get("Location", HOME).startswith(HOME)


def test_a_program_that_says_no_referer_gives_commands_with_its_token(target: Target) -> None:
    assert target["al-1"].refused("endorse", {"contribution": "0123456789ab"}) == "not_found"


def test_the_token_that_one_browser_was_given_is_worth_nothing_in_another(target: Target) -> None:
    stranger = target.stranger()
    form = {"csrf_token": target["al-1"].token, "lang": "mk"}
    assert stranger.ask("POST", "/language", data=form, headers={"Referer": f"{HOME}/"}).status_code == 400


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


@pytest.mark.alike
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


@pytest.mark.alike
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECTX"])
def test_no_other_method_carries_out_a_command(target: Target, method: str) -> None:
    response = target["facilitator"].ask(method, f"/w/{SLUG}/commands/announce?text=forged")
    assert response.status_code in (200, 400, 404, 405, 501)


@pytest.mark.alike
@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", f"http://{HOST}", f"https://{HOST}.evil.example", f"https://evil.{HOST}",
    f"https://{HOST}:444", f"https://{HOST}@evil.example", f"{HOME}/", "file://", "x" * 3000,
])  # fmt: skip
@pytest.mark.parametrize("also", [{}, {"X-Forwarded-Host": "evil.example"}, {"Host": "evil.example"},
                                  {"X-Forwarded-Proto": "http"}], ids=str)  # fmt: skip
def test_no_page_of_another_origin_opens_a_socket(target: Target, origin: str, also: dict[str, str]) -> None:
    headers = {"Origin": origin, **also}
    polled = target["al-1"].get("/socket.io/?EIO=4&transport=polling", headers=headers)
    assert polled.status_code == 400 and "Access-Control-Allow-Origin" not in polled.headers
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    opened = target["al-1"].get("/socket.io/?EIO=4&transport=websocket", headers=headers | upgrade)
    assert opened.status_code == 400


def test_a_page_of_our_own_origin_opens_one(target: Target) -> None:
    somebody = target["al-1"]

    class OfAPage(SecureLine):
        def _reach(self, port: int) -> dict[str, object]:
            return {**super()._reach(port), "origin": HOME}

    line = OfAPage(Seat("al-1", somebody.cookies), target.server.door.port, target.server.certificate)
    assert patiently(line.join)["ok"]
    line.close()


def test_a_socket_of_nobody_is_not_let_in(target: Target) -> None:
    for stranger in (target.stranger(), target.stranger().hold("a.b.c")):
        with pytest.raises((ConnectionError, websocket.WebSocketException)):
            stranger.line()


@pytest.mark.alike
@pytest.mark.parametrize(
    "header",
    [
        "Host",
        "X-Forwarded-Host",
        "Forwarded",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Host",
        "X-Forwarded-Prefix",
        "X-Script-Name",
        "X-Forwarded-Port",
    ],
)
@pytest.mark.parametrize("past_nginx", [False, True], ids=["through nginx", "past it"])
def test_a_spoofed_host_stands_on_no_page_and_in_no_link(target: Target, header: str, past_nginx: bool) -> None:
    value = "host=spoofed.example" if header == "Forwarded" else "spoofed.example"
    for path in ("/", f"/w/{SLUG}/", f"/w/{SLUG}/settings", "/records/"):
        response = target["organiser"].get(path, headers={header: value}, past_nginx=past_nginx)
        assert response.status_code in (200, 400, 401)
        assert "spoofed.example" not in response.text
        assert "spoofed.example" not in response.headers.get("Location", "")
        assert "spoofed.example" not in response.headers.get("Content-Security-Policy", "")


@pytest.mark.alike
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
@pytest.mark.parametrize("past_nginx", [False, True], ids=["through nginx", "past it"])
def test_no_address_leads_out_of_what_is_served(target: Target, path: str, past_nginx: bool) -> None:
    response = target["organiser"].get(path, past_nginx=past_nginx)
    assert response.status_code in (301, 302, 308, 400, 404)
    assert "evil.example" not in response.headers.get("Location", "").split("?")[0].lstrip("/").split("/")[0]
    assert "create_app" not in response.text and "root:" not in response.text


@pytest.mark.alike
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
        headers = {"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.1.{n}", "Forwarded": f"for=10.0.2.{n}",
                   "CF-Connecting-IP": f"10.0.3.{n}", "True-Client-IP": f"10.0.4.{n}"}  # fmt: skip
        codes.append(stranger.get(f"/join/guess-{n}-{uuid.uuid4()}", headers=headers).status_code)
    assert codes == [404] * 60 + [429] * 20
    # Whoever is signed in at that address goes on, and at another address nobody has guessed.
    assert target["al-1"].get(f"/w/{SLUG}/").status_code == 200
    path = "/join/" + target.known["links"][SLUG]["al-1"].rsplit("/", 1)[1]
    assert stranger.get(path).status_code == 429 and target.stranger().get(path).status_code == 200


SMUGGLED = {
    "two lengths": b"POST /language HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 60\r\n\r\n",
    "a length and chunks": b"POST /language HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "odd chunks": b"POST /language HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /language HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a bad chunk": b"POST /language HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "a line that begins with a space": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n Content-Length: 60\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a long head": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 5000 + b"\r\n",
}


@pytest.mark.alike
@pytest.mark.parametrize("head", SMUGGLED.values(), ids=SMUGGLED)
@pytest.mark.parametrize("past_nginx", [False, True], ids=["through nginx", "past it"])
def test_a_second_request_hidden_in_the_first_is_never_answered_as_somebody(
    target: Target, head: bytes, past_nginx: bool
) -> None:
    """What follows the head asks for a page of a meeting without a session: whoever answers it, it is not opened."""
    hidden = f"GET /w/{SLUG}/state.json HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with connected(target, past_nginx) as line:
        line.settimeout(1)
        answers = b""
        try:
            line.sendall(head + hidden)
            while more := line.recv(65536):
                answers += more
        except OSError:
            pass
    assert b"facilitation-state/1" not in answers and b"HTTP/1.1 500" not in answers and b"Traceback" not in answers


@pytest.mark.parametrize(
    "path",
    ["/w/%00/", "/w/a%00b/state.json", "/records/%00", "/door/%00", "/join/%00", f"/w/{SLUG}/found?q=%00&lang=%00&theme=%00",
     f"/w/{SLUG}/slides/%00/1.png", f"/w/{SLUG}/found?delegation=%ff%fe", "/w/%ff%fe/", "/%c0%ae%c0%ae/"],
)  # fmt: skip
def test_an_address_that_no_database_holds_is_no_fault(target: Target, path: str) -> None:
    assert target["facilitator"].get(path).status_code in (200, 400, 404)


def connected(target: Target, past_nginx: bool) -> socket.socket:
    """A connection, encrypted where nginx has it so."""
    if past_nginx:
        return socket.create_connection(("127.0.0.1", target.server.port), timeout=5)
    context = ssl.create_default_context(cafile=target.server.certificate)
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", target.server.door.port), timeout=5), server_hostname=HOST
    )


@pytest.mark.parametrize("past_nginx", [False, True], ids=["through nginx", "past it"])
def test_half_a_handshake_keeps_nobody_out(target: Target, past_nginx: bool) -> None:
    sockets = []
    try:
        for n in range(150):
            made = connected(target, past_nginx)
            sockets.append(made)
            if n % 3 == 1:
                made.sendall(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: webs")
            elif n % 3 == 2:
                made.sendall(b"POST /language HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        assert target["al-1"].get(f"/w/{SLUG}/", past_nginx=past_nginx).status_code == 200
    finally:
        for made in sockets:
            made.close()


@pytest.mark.parametrize(
    "query", ["sid=bogus", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA", "EIO=99", "transport=x"]
)
def test_a_socket_that_is_nobodys_is_refused(target: Target, query: str) -> None:
    for method in ("GET", "POST"):
        assert target.stranger().ask(method, f"/socket.io/?{query}", data="40").status_code == 400


def test_a_handshake_of_the_socket_library_left_open_keeps_nobody_out(target: Target) -> None:
    """Begun and never finished: connected, told a session's number, and silent from then on; or never upgraded."""
    somebody, lines = target["al-2"], []
    for _ in range(40):
        begun = somebody.get("/socket.io/?EIO=4&transport=polling")
        assert begun.status_code == 200 and begun.text.startswith("0{")
    try:
        for _ in range(40):
            made = connected(target, False)
            made.sendall(
                f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                f"Cookie: {somebody.cookies}\r\n\r\n".encode()
            )
            lines.append(made)
        with target["al-1"].line() as line:
            assert patiently(line.join)["ok"]
    finally:
        for made in lines:
            made.close()

"""Floods, and messages that are too large, forged or not meant for us: bounded and answered, and others are still served."""

import json
import socket
import ssl
import threading
import uuid
from collections import Counter
from typing import Any

import pytest
import websocket

from tests.attacks.conftest import Audited
from tests.attacks.preparing import CLOSED, FOREIGN
from tests.attacks.production import Target, patiently
from tests.servers import SLUG


def assert_others_are_served(target: Target) -> None:
    assert target["ba-1"].get(f"/w/{SLUG}/").status_code == 200
    assert target["ba-1"].refused("endorse", {"contribution": "0123456789ab"}) == "not_found"
    with target["ba-1"].line() as line:
        assert patiently(line.join)["ok"]


def test_a_flood_of_commands_is_slowed_down(target: Target, audited: Audited) -> None:
    with target["rs-2"].line() as line:
        assert patiently(line.join)["ok"]
        for _ in range(1000):
            answer = line.command(str(uuid.uuid4()), "endorse", {"contribution": "0123456789ab"})
            if answer["error"]["code"] == "too_fast":
                break
            assert answer["error"]["code"] == "not_found"
        over_http = [target["rs-2"].send("endorse", {"contribution": "0123456789ab"}, patient=False) for _ in range(20)]
    assert answer["error"]["code"] == "too_fast" and answer["error"]["retry_after"] > 0
    slowed = [each for each in over_http if each.status_code == 429]
    assert slowed and all(int(each.headers["Retry-After"]) > 0 for each in slowed)
    audited("too_fast", command="endorse")
    assert_others_are_served(target)


@pytest.mark.parametrize("event", ["join", "catch_up"])
def test_a_flood_of_questions_is_slowed_down(target: Target, event: str) -> None:
    with target[{"join": "rs-3", "catch_up": "rs-4"}[event]].line() as line:
        since = line.join()["seq"]
        asked = {line.send(event, {"workshop": SLUG, "since": since}) for _ in range(150)}
        codes: Counter[str | None] = Counter()
        while asked:
            heard = line.receive()
            if heard is not None and heard[0] in asked:
                asked.remove(heard[0])  # type: ignore[arg-type]
                codes[heard[1].get("error", {}).get("code")] += 1
    assert codes["too_fast"] > 5 and codes.keys() <= {None, "too_fast"}
    assert_others_are_served(target)


def test_a_flood_of_sockets_of_one_person_has_an_end(target: Target) -> None:
    lines, codes = [], []
    try:
        for _ in range(50):
            lines.append(target["mk-2"].line())
            codes.append(lines[-1].join().get("error", {}).get("code"))
        assert codes.count(None) == 40 and codes[-1] == "too_fast"
        assert_others_are_served(target)
    finally:
        for line in lines:
            line.close()


@pytest.mark.parametrize("kind", ["help", "typing", "seen", "practice", "presence", "x" * 5000, None, 7, {}, []])
def test_a_flood_of_signals_is_not_answered_and_hurts_nobody(target: Target, kind: Any) -> None:
    with target["me-1"].line() as line:
        assert patiently(lambda: line.join("minutes"))["ok"]
        for seq in (1, -1, 2**70, 1.5, "1", None, [], {}, True) * 15:
            line.tell("signal", {"kind": kind, "seq": seq, "field": seq, "text": seq})
        line.tell("signal", None)
        # Whatever was said before is over when this is answered.
        answer = line.ask("catch_up", {"since": "x"})
        while answer["error"]["code"] == "too_fast":
            answer = line.ask("catch_up", {"since": "x"})
        assert answer["error"]["code"] == "invalid"
    assert_others_are_served(target)


def test_guessing_codes_and_doors_has_an_end_for_one_address_alone(target: Target) -> None:
    for guess in (
        lambda somebody, n: somebody.ask("POST", "/code", data={"csrf_token": somebody.token, "code": f"AAAA{n:04}"}),
        lambda somebody, n: somebody.get(f"/door/AAAA{n:04}"),
        lambda somebody, n: somebody.ask("POST", f"/door/AAAA{n:04}", data={"name": "x"}),
        lambda somebody, n: somebody.ask("POST", f"/join/{uuid.uuid4()}"),
    ):
        stranger = target.stranger()
        codes = [guess(stranger, n).status_code for n in range(70)]
        assert codes == [404] * 60 + [429] * 10
    right = target.known["ids"][SLUG]["code"]
    assert target.stranger().get(f"/door/{right}").status_code == 200


def test_one_address_fills_no_waiting_room(target: Target) -> None:
    """Each browser waits once, whatever it asks; a name is a name."""
    stranger, code = target.stranger(), target.known["ids"][CLOSED]["code"]
    before = len(target.server.stored()["admissions"])
    for name in ("", " ", "x" * 6000, "\x00", "\u200b"):
        form = {"csrf_token": stranger.token, "name": name, "language": "en", "delegation": "QQ"}
        assert stranger.ask("POST", f"/door/{code}", data=form).status_code in (200, 400)
    assert len(target.server.stored()["admissions"]) == before


def test_a_flood_of_pages_and_files_is_served_and_bounded(target: Target) -> None:
    """The heaviest page and the heaviest file, all at once; who asks for small things meanwhile gets them."""
    codes: Counter[int] = Counter()

    def ask(path: str) -> None:
        somebody = target.stranger().hold(target.known["sessions"][SLUG]["facilitator"])
        codes[somebody.get(path).status_code] += 1

    paths = [f"/w/{SLUG}/console"] * 12 + [f"/w/{SLUG}/export/minutes.docx?lang=en"] * 3 + ["/healthz"] * 10
    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert codes == {200: len(paths)}


TOO_LARGE = 64 * 1024


def test_who_sends_by_polling_what_is_not_taken_keeps_no_thread(target: Target) -> None:
    """Also strangers: begun, then too much or nonsense, and never asked again. Each is answered at once."""
    for n in range(60):
        stranger = target.stranger()
        sid = json.loads(stranger.get("/socket.io/?EIO=4&transport=polling").text[1:])["sid"]
        body = (b"6", b"9", b"4" + b"x" * TOO_LARGE, b"\xff\xfe", b"zz", b"", b"1")[n % 7]
        answer = stranger.ask("POST", f"/socket.io/?EIO=4&transport=polling&sid={sid}", data=body)
        assert answer.status_code in (200, 400) and answer.elapsed.total_seconds() < 10
    assert_others_are_served(target)


@pytest.mark.parametrize("size", [TOO_LARGE + 1, 1_000_000, 20_000_000])
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("past_nginx", [False, True], ids=["through nginx", "past it"])
def test_a_packet_above_the_limit_is_not_taken(target: Target, size: int, binary: bool, past_nginx: bool) -> None:
    somebody = target[("ba-2", "ba-3", "ba-4", "ba-5")[2 * binary + past_nginx]]
    line = somebody.line(past_nginx=past_nginx)
    try:
        assert patiently(line.join)["ok"]
        if binary:
            line._socket.send_binary(b"x" * size)
            # The packet that no text announced is nobody's.
            line._socket.send_binary(b"451-" + b"x" * size)
        else:
            line._socket.send('421["command",{"id":"' + "x" * size + '"}]')
        with pytest.raises((OSError, websocket.WebSocketException)):
            for _ in range(50):
                line.receive()
    except (OSError, websocket.WebSocketException):
        pass  # hung up on while it was still sending
    finally:
        line.close()
    assert_others_are_served(target)


def test_a_packet_of_just_the_limit_is_answered(target: Target) -> None:
    with target["al-2"].line() as line:
        assert patiently(line.join)["ok"]
        assert line.ask("catch_up", {"since": "x" * (TOO_LARGE - 200)})["error"]["code"] == "invalid"


FORGED = [-1, -(2**63), 2**31, 2**63, 2**64, 10**30, 1e30, 1.5, "1", "", True, False, None, [], [1], {}, {"$gt": 0}]


@pytest.mark.parametrize("number", FORGED, ids=repr)
def test_a_forged_number_gives_nothing_more_than_ones_own_view(target: Target, number: Any) -> None:
    """Wherever numbers go in: joining, catching up, undoing, versions, pages, minutes."""
    with target["al-2"].line() as line:
        for answer in (
            line.ask("join", {"workshop": SLUG, "view": "room", "since": number}),
            line.ask("catch_up", {"since": number}),
        ):
            if answer["ok"]:
                assert not [
                    dom_id for dom_id in answer["regions"] if dom_id.startswith(("handling-", "steering", "people"))
                ]
            else:
                assert answer["error"]["code"] == "invalid"
    ids = target.known["ids"][SLUG]
    for key, name, args in (
        ("facilitator", "undo", {"seq": number}),
        ("facilitator", "redo", {"seq": number}),
        ("facilitator", "show_page", {"item": "presentation-al", "page": number if number != 1.0 else 2**20}),
        ("facilitator", "extend_item", {"item": "no-such-item", "minutes": number}),
        ("al-1", "edit_contribution", {"contribution": ids["contribution"], "text": "Forged.", "version": number}),
        ("rapporteur", "edit_minutes", {"paragraph": "no-such", "lang": "en", "text": "Forged.", "version": number}),
        (
            "organiser",
            "change_rules",
            {"minimum_contributors_to_name_a_delegation": number} if number is not None else {"x": 1},
        ),
    ):
        if name in ("show_page", "change_rules") and number in (1, "1"):
            continue  # there is a page one, and one is a number of people
        assert target[key].refused(name, args) in ("invalid", "not_found", "stale", "not_now", "conflict"), (
            name,
            number,
        )


BROKEN = ["\ud800", "\udfff", "a\x00b", "\x01", "\x1b[31m", "\x7f", "\u200b", "\u202e", "\ufeff"]


@pytest.mark.parametrize("text", BROKEN, ids=ascii)
def test_a_name_that_nobody_can_read_is_no_name(target: Target, text: str) -> None:
    """Lone surrogates, control characters, signs without shape; over both doors, in every kind of name."""
    for name, args in (
        ("add_person", {"name": text, "role": "observer", "language": "en"}),
        ("add_person", {"name": {"en": text}, "role": "observer", "language": "en"}),
        ("add_theme", {"kind": "challenge", "title": {"en": text}}),
        ("announce", {"text": text}),
        ("write_note", {"item": "welcome", "lang": text, "text": "x"}),
        ("start_item", {"item": text}),
    ):
        # As JSON: escaped, the way a script would send it.
        body = json.dumps({"id": str(uuid.uuid4()), "name": name, "args": args})
        headers = {"Content-Type": "application/json", "X-CSRFToken": target["facilitator"].token}
        sent = {"data": body.encode(), "headers": headers}
        answer = patiently(lambda: target["facilitator"].ask("POST", f"/w/{SLUG}/commands", **sent).json())  # noqa: B023
        assert answer["error"]["code"] in ("invalid", "not_found"), (name, answer)
        with target["facilitator"].line() as line:
            assert patiently(line.join)["ok"]
            answer = patiently(lambda: line.ask_in_words(f'["command",{body}]'))  # noqa: B023 - called at once
            assert answer["error"]["code"] in ("invalid", "not_found"), (name, answer)


@pytest.mark.parametrize("packet", [
    "", "4", "40", "41", "42", "43", "44", "45", "46", "49", "5", "6", "9", "42[", "42{}", '42["command"]', '42["connect"]',
    '42["disconnect"]', '421["command",{"__proto__":{"ok":true}}]', '42/admin,["command",{}]', '40/admin,{}', '42["message",1]',
    '4299999999999999999999["join",{}]', '42-1["join",{}]', '451-["command",{"_placeholder":true,"num":0}]',
    '43999["x"]', "b" + "QUJD" * 100, "4" * 1000, '42["join",' + "[" * 30_000, '42["join",' + '{"a":' * 9000, "\ud7ff" * 100,
])  # fmt: skip
@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_packet_that_means_nothing_hurts_nobody(target: Target, packet: str, transport: str) -> None:
    if transport == "websocket":
        with target["xk-1"].line() as line:
            assert patiently(line.join)["ok"]
            try:
                line._socket.send(packet)
                line.ask("catch_up", {"since": 0})
            except (OSError, websocket.WebSocketException):
                pass
    else:
        somebody = target["xk-2"]
        sid = json.loads(somebody.get("/socket.io/?EIO=4&transport=polling").text[1:])["sid"]
        address = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
        assert somebody.ask("POST", address, data=b"40").status_code == 200
        assert somebody.ask("POST", address, data=packet.encode()).status_code in (200, 400), "and it does not wait"
        # Nobody else speaks on it.
        assert target["al-2"].ask("POST", address, data=b'42["command",{}]').status_code in (200, 400)
    with target["ba-1"].line() as line:
        assert patiently(line.join)["ok"]


def test_messages_of_the_processes_among_themselves_do_not_come_from_people(target: Target) -> None:
    with target["al-2"].line() as line, target["al-1"].line() as other:
        assert patiently(line.join)["ok"] and patiently(other.join)["ok"]
        for event in ("patch", "leave", "help", "typing", "number", "dismiss", "who_is_here"):
            answer = line.ask(event, {"stream": 1, "person_id": 1, "seq": 10**9, "reason": "revoked", "kind": "help"})
            assert answer["error"]["code"] == "invalid", event
        assert other.ask("catch_up", {"since": 10**9})["seq"] < 10**6


def test_a_line_that_says_nothing_at_all_keeps_nobody_out(target: Target) -> None:
    silent = [socket.create_connection(("127.0.0.1", target.server.door.port), timeout=5) for _ in range(200)]
    try:
        assert_others_are_served(target)
    finally:
        for each in silent:
            each.close()


def test_one_address_has_only_so_many_connections(target: Target) -> None:
    """Requests that never end, through nginx: beyond what a whole institution needs they are answered at once, with a refusal."""
    unending = b"POST /code HTTP/1.1\r\nHost: facilitation.example.org\r\nContent-Length: 1000\r\n\r\n"
    secure = ssl.create_default_context(cafile=target.server.certificate)
    opened: list[ssl.SSLSocket] = []
    try:
        for _ in range(420):
            plain = socket.create_connection(("127.0.0.1", target.server.door.port), timeout=20)
            opened.append(secure.wrap_socket(plain, server_hostname="facilitation.example.org"))
            opened[-1].send(unending)
        assert opened[-1].recv(100).startswith(b"HTTP/1.1 429")
    finally:
        for each in opened:
            each.close()
    assert_others_are_served(target)


def is_over(line: websocket.WebSocket) -> bool:
    """Whether the server hangs up, however long that takes; asked whether one is there, one says so."""
    try:
        while text := line.recv():
            if text == "2":
                line.send("3")
    except (OSError, websocket.WebSocketException):
        pass
    return not line.connected or not text


def test_strangers_who_open_lines_and_never_say_who_they_are_are_hung_up_on(target: Target) -> None:
    """They answer pings like anybody else; the library would keep them for ever."""
    address = f"ws://127.0.0.1:{target.server.port}/socket.io/?EIO=4&transport=websocket"
    opened = [websocket.create_connection(address, suppress_origin=True, timeout=60) for _ in range(50)]
    try:
        assert_others_are_served(target)
        with target["al-2"].line() as line:
            assert patiently(line.join)["ok"]
            assert all(is_over(each) for each in opened)
            # Who has said so stays.
            assert patiently(lambda: line.ask("catch_up", {"since": 0}))["ok"]
    finally:
        for each in opened:
            each.close()


@pytest.mark.parametrize("destination", ["image", "iframe", "empty", "script"])
def test_a_page_elsewhere_uses_up_nobodys_guesses(target: Target, destination: str) -> None:
    """It loads unknown links as pictures, in the browser of somebody behind an office's address."""
    office = target.stranger()
    loaded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": destination}
    for n in range(40):
        assert office.get(f"/join/{uuid.uuid4()}", headers=loaded).status_code == 403
        assert office.get(f"/door/AAAA{n:04}", headers=loaded).status_code == 403
    known = "/join/" + target.known["links"][SLUG]["rs-5"].rsplit("/", 1)[1]
    # It is told nothing either; whoever follows a link from a mail is let in.
    assert office.get(known, headers=loaded).status_code == 403
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    assert office.get(known, headers=followed).status_code == 200


def test_a_session_of_one_meeting_joins_no_other(target: Target) -> None:
    with target["al-2"].line() as line:
        for workshop in (
            FOREIGN,
            CLOSED,
            "no-such-meeting",
            "'; DROP TABLE workshops; --",
            "ж",
            "\x00",
            7,
            None,
            [],
            {"a": 1},
        ):
            answer = line.ask("join", {"workshop": workshop})
            assert answer["error"]["code"] in ("unauthenticated", "not_found", "invalid")

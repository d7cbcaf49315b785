"""What those see who watch a server: its figures, and what it logs."""

import io
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from facilitation import logs
from facilitation.config import unsafe_settings
from facilitation.extensions import db, socketio
from tests.conftest import Meeting, csrf_token

TOKEN = "a token of sixteen characters"


@pytest.fixture
def watched(unwatched: Meeting, monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """A meeting on a server whose figures may be asked for."""
    config = unwatched.app.config
    monkeypatch.setitem(config, "SETTINGS", replace(config["SETTINGS"], metrics_token=TOKEN))
    return unwatched


def figures(app: Flask) -> dict[str, float]:
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain")
    lines = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_the_figures_tell_of_sockets_answers_and_catching_up(watched: Meeting) -> None:
    before = figures(watched.app)
    watched.as_("organiser").send("open_workshop")
    watched.as_("al-1").refused("open_workshop")
    watched.observe("al-1", "room", "en")
    watched.observe("organiser", "console", "en")
    after = figures(watched.app)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more('facilitation_ack_seconds_count{outcome="ok"}') >= 1
    assert more('facilitation_ack_seconds_count{outcome="forbidden"}') == 1
    assert more('facilitation_resyncs_total{how="everything"}') == 2
    assert sum(value for name, value in after.items() if name.startswith("facilitation_sockets{")) == 2
    assert after["facilitation_unacknowledged_commands"] == 0
    assert {
        "facilitation_messages_waiting",
        "facilitation_longest_queue",
        "facilitation_evictions_total",
    } <= after.keys()
    assert more('facilitation_lock_wait_seconds_count{lock="meeting"}') >= 1
    watched.leave()


@pytest.mark.parametrize("bearer", ["", "Bearer", "Bearer another", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"])
def test_the_figures_are_for_whoever_bears_the_token(watched: Meeting, bearer: str) -> None:
    assert watched.app.test_client().get("/metrics", headers={"Authorization": bearer}).status_code == 401


def test_without_a_token_nobody_has_the_figures(app: Flask) -> None:
    for bearer in ("", "Bearer ", "Bearer None"):
        assert app.test_client().get("/metrics", headers={"Authorization": bearer}).status_code == 401


def test_a_short_token_is_refused_by_check_config(app: Flask) -> None:
    settings = replace(app.config["SETTINGS"], metrics_token="short")
    assert any(line.startswith("METRICS_TOKEN") for line in unsafe_settings(settings))


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """What is logged meanwhile, as JSON lines."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    handler.addFilter(logs.with_request_id)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines_of(told: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.getvalue().splitlines()]


def test_a_refusal_is_logged_with_its_request_and_without_words_or_people(meeting: Meeting, told: io.StringIO) -> None:
    meeting.as_("al-1").refused("announce", text="Nobody may read this in a log.")
    meeting.as_("al-1").send("no_such_command", secret="Nobody may read this in a log.")
    refused = [line for line in lines_of(told) if line["message"] == "a command was refused"]
    assert [(line["code"], line["command"]) for line in refused] == [("forbidden", "announce"), ("invalid", "unknown")]
    assert all(len(line["request"]) == 16 for line in refused)
    assert "Nobody may read" not in told.getvalue() and "al-1" not in told.getvalue()


def test_what_is_accepted_leaves_no_line_that_would_tell_when(meeting: Meeting, ana: Any, told: io.StringIO) -> None:
    ana.do("start_item", item="presentation-al")
    card = {"item": "presentation-al", "kind": "challenge", "lang": "en", "text": "Unseen by whoever reads logs."}
    meeting.as_("al-1").do("add_contribution", **card, anonymity="anonymous")
    assert told.getvalue() == ""


def test_an_answer_bears_the_number_of_its_request_and_a_proxys_number_is_kept(app: Flask) -> None:
    client = app.test_client()
    one, other = (client.get("/").headers["X-Request-ID"] for _ in range(2))
    assert one != other
    assert client.get("/", headers={"X-Request-ID": "proxy-12345678"}).headers["X-Request-ID"] == "proxy-12345678"
    for hostile in ("x" * 65, "a b c d e f", "../../etc", "%0d%0aSet-Cookie: a=b"):
        assert client.get("/", headers={"X-Request-ID": hostile}).headers["X-Request-ID"] != hostile


@pytest.mark.parametrize(
    ("revision", "status"), [("9999", 200), ("0001", 503), (None, 503)], ids=["later", "earlier", "none"]
)
def test_a_server_is_ready_on_its_own_schema_and_on_that_of_the_next_release_and_not_on_an_earlier_one(
    app: Flask, revision: str | None, status: int
) -> None:
    def ask() -> int:
        return app.test_client().get("/readyz").status_code

    def mark(revision: str | None) -> str:
        with app.app_context():
            before = str(db.session.scalar(text("SELECT version_num FROM alembic_version")))
            db.session.execute(text("DELETE FROM alembic_version"))
            if revision is not None:
                db.session.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
            db.session.commit()
            return before

    assert ask() == 200
    own = mark(revision)
    try:
        assert ask() == status
    finally:
        mark(own)
    assert ask() == 200


def audited(told: io.StringIO) -> list[tuple[str, str, str]]:
    """What was logged about doors: event, word, role."""
    lines = [line for line in lines_of(told) if line["message"] == "audit"]
    assert all(len(line["request"]) == 16 for line in lines)
    return [(line["event"], line.get("code", ""), line.get("role", "")) for line in lines]


def test_every_door_leaves_a_line_without_people_tokens_and_addresses(meeting: Meeting, told: io.StringIO) -> None:
    client = meeting.app.test_client()
    client.environ_base["REMOTE_ADDR"] = "10.77.1.2"
    token = csrf_token(client.get("/").text)
    link = meeting.link("mk-3")
    client.get("/join/a-link-that-nobody-has")
    client.post("/code", data={"csrf_token": token, "code": "NOSUCHCODE"})
    client.get(f"/w/{meeting.slug}/")
    client.post("/account/sign-in", data={"csrf_token": token, "email": "olga@example.org", "password": "wrong words"})
    client.post(f"/w/{meeting.slug}/commands", json={})
    client.get("/metrics", headers={"Authorization": "Bearer wrong"})
    client.post(link)
    client.post(link, data={"csrf_token": token})
    client.get(f"/w/{meeting.slug}/console")
    client.get(f"/w/{meeting.slug}/export/participants.csv")
    client.get(f"/w/{meeting.slug}/export/minutes.md")
    client.post("/sign-out", data={"csrf_token": csrf_token(client.get("/").text)})
    assert audited(told) == [
        ("unknown_link", "", ""),
        ("unknown_code", "", ""),
        ("refused", "401", ""),
        ("wrong_password", "", ""),
        ("refused", "unauthenticated", ""),
        ("refused", "401", ""),
        ("forged_form", "", ""),
        ("signed_in", "link", ""),
        ("refused", "403", "participant"),
        ("refused", "403", "participant"),
        ("export", "minutes.md", "participant"),
        ("signed_out", "", ""),
    ]
    for secret in (
        "mk-3",
        "10.77",
        "a-link-that",
        "NOSUCHCODE",
        "olga",
        "wrong words",
        link.rsplit("/", 1)[1],
        meeting.slug,
    ):
        assert secret not in told.getvalue(), secret


def test_a_stranger_at_the_socket_and_too_many_guesses_leave_a_line(unwatched: Meeting, told: io.StringIO) -> None:
    client = unwatched.app.test_client()
    client.environ_base["REMOTE_ADDR"] = "10.77.1.3"
    socketio.test_client(unwatched.app, flask_test_client=client)
    person = unwatched.as_("al-1")
    socket = socketio.test_client(unwatched.app, flask_test_client=person.client)
    socket.emit("join", {"workshop": unwatched.slug, "view": "console"}, callback=True)
    for n in range(61):
        client.get(f"/join/unknown-{n}")
    said = audited(told)
    assert said[0] == ("refused", "unauthenticated", "") and ("refused", "forbidden", "") in said
    assert said[-1] == ("refused", "429", "")


def test_a_refused_command_is_found_again_by_its_id_and_the_id_stands_nowhere(
    meeting: Meeting, told: io.StringIO
) -> None:
    command_id = str(uuid.uuid4())
    meeting.as_("al-1").send("announce", command_id, text="x")
    (line,) = [line for line in lines_of(told) if line["message"] == "a command was refused"]
    with meeting.app.app_context():
        assert line["id"] == logs.mark_of(command_id)
    assert command_id[:8] not in told.getvalue() and len(line["id"]) == 12


HOSTILE = "x\n2026-01-01T00:00:00Z INFO FAKE\x1b[2K\u2028FAKE"


@pytest.mark.parametrize("form", [logs.JsonLines(), logs.TextLines()], ids=["json", "text"])
def test_nothing_that_comes_from_outside_begins_a_line_of_its_own(form: logging.Formatter) -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        fault = sys.exc_info()
    record = logging.LogRecord("name", logging.INFO, "", 0, "sid %s", (HOSTILE,), fault)
    record.event = HOSTILE
    lines = form.format(record).split("\n")
    assert "\x1b" not in "".join(lines)
    assert not any(line.startswith(("2026-01-01", "FAKE")) for line in lines[1:])


CONFIDENTIAL = "What somebody wrote."


def test_a_fault_is_told_by_where_it_came_to_pass_and_not_by_what_people_wrote() -> None:
    def raises() -> None:
        try:
            raise OSError(28, "No space left on device", CONFIDENTIAL)
        except OSError as full:
            failure = ValueError(CONFIDENTIAL)
            failure.add_note("typst returned 1")
            raise failure from full

    try:
        raises()
    except ValueError:
        fault = sys.exc_info()
    told = logs.TextLines().format(logging.LogRecord("name", logging.ERROR, "", 0, "a page failed", (), fault))
    assert CONFIDENTIAL not in told and all(
        said in told
        for said in ("Traceback", "OSError: No space left on device", "ValueError", "typst returned 1", "in raises")
    )


def test_times_are_in_utc() -> None:
    record = logging.LogRecord("name", logging.INFO, "", 0, "words", (), None)
    record.created = 1_591_776_000.0
    assert logs.TextLines().format(record) == "2020-06-10T08:00:00Z INFO words"
    assert json.loads(logs.JsonLines().format(record))["at"] == "2020-06-10T08:00:00+0000"


def test_the_socket_library_writes_through_our_form_only(app: Flask) -> None:
    for name in ("engineio.server", "socketio.server"):
        assert logging.getLogger(name).handlers == [] and logging.getLogger(name).propagate

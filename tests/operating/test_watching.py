"""What those see who watch a server: its figures, and what it logs."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from facilitation import logs
from facilitation.config import unsafe_settings
from facilitation.extensions import db
from tests.conftest import Meeting

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

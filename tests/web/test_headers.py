"""What every answer says to browsers, whoever makes it; and cookies, where people come over https."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from facilitation.config import ROOT
from facilitation.extensions import socketio

# In a process of its own: an application for https, as it is put together for production.
WALK = """
import json, re
from flask_migrate import upgrade
from facilitation import create_app

app = create_app()
with app.app_context():
    upgrade()
client = app.test_client()
paths = [re.sub("<int:[^>]*>", "1", re.sub("<(?!int)[^>]*>", "x", rule.rule))
         for rule in app.url_map.iter_rules() if "GET" in rule.methods]
paths += ["/static/css/base.css", "/static/icon.svg", "/static/nothing.css", "/npm/idiomorph.js", "/nothing", "//x",
          "/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=99", "/socket.io/?EIO=4&transport=polling&sid=x"]
answers = []
for path in paths:
    answer = client.get(path, base_url="https://meeting.example")
    answers.append([path, answer.status_code, answer.headers.items(), answer.headers.getlist("Set-Cookie")])
print(json.dumps([[path, status, dict(headers), cookies] for path, status, headers, cookies in answers]))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Address, status, headers and cookies of the answer to each address that can be asked for."""
    own = {
        "BASE_URL": "https://meeting.example",
        "SECRET_KEY": "s" * 40,
        "INSTANCE_DIR": str(tmp_path_factory.mktemp("https")),
        "ASYNC_MODE": "threading",
        "PYTHONPATH": str(ROOT),
    }
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | own
    done = subprocess.run([sys.executable, "-c", WALK], env=environment, cwd=Path(ROOT), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_answer_forbids_frames_guessing_of_types_plain_http_and_telling_others(answers: list[Any]) -> None:
    assert len(answers) > 40
    for path, status, headers, _ in answers:
        said = f"{path} {status}"
        assert headers["X-Content-Type-Options"] == "nosniff", said
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], said
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", said
        assert headers["Referrer-Policy"] == "same-origin", said
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", said


def test_pages_load_only_what_is_ours_and_are_kept_nowhere(answers: list[Any]) -> None:
    for path, _, headers, _ in answers:
        if not path.startswith(("/static/", "/npm/", "/socket.io/")):
            assert headers["Content-Security-Policy"].startswith("default-src 'none'; base-uri 'none'"), path
            assert headers["Cache-Control"] == "no-store", path


def test_every_text_says_its_characters(answers: list[Any]) -> None:
    for path, _, headers, _ in answers:
        if headers.get("Content-Type", "").startswith("text/"):
            assert "charset=utf-8" in headers["Content-Type"].lower(), path


def test_over_https_the_session_is_for_this_host_alone_and_for_no_script(answers: list[Any]) -> None:
    cookies = [cookie for *_, them in answers for cookie in them]
    assert any(cookie.startswith("__Host-facilitation=") for cookie in cookies)
    for cookie in cookies:
        attributes = {part.strip() for part in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-") and {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes, cookie
        assert not any(each.startswith("Domain") for each in attributes)


def test_a_socket_is_known_by_as_much_chance_as_a_session(app: Flask) -> None:
    made = {socketio.server.eio.generate_id() for _ in range(100)}
    assert len(made) == 100 and all(len(each) >= 43 for each in made)

"""What is pinned has no known hole, and the check that says so can fail; ``make audit`` also asks the registries."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from packaging.version import Version

from facilitation.config import ROOT
from tests import holes
from tests.holes import LIST, NoAnswer, Packages, in_the_list, ours, pinned

KNOWN: dict[str, Any] = json.loads(LIST.read_text())
LOOKED_UP = date.fromisoformat(KNOWN["looked_up"])


def test_nothing_that_is_pinned_has_a_known_hole() -> None:
    assert list(in_the_list(ours(), KNOWN, datetime.now(UTC).date())) == []


def test_the_list_covers_what_is_pinned_and_nothing_else() -> None:
    packages = ours()
    assert KNOWN["python"].keys() == packages.python.keys() and KNOWN["npm"].keys() == packages.npm.keys()
    assert {"socket.io-client", "idiomorph", "sortablejs"} <= packages.npm.keys()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda each: Packages({**each.python, "eventlet": Version("0.40.2")}, each.npm), "eventlet 0.40.2"),
        (
            lambda each: Packages(each.python, {**each.npm, "socket.io-parser": Version("4.2.6")}),
            "socket.io-parser 4.2.6",
        ),
        (lambda each: Packages({**each.python, "brand-new": Version("1.0")}, each.npm), "brand-new (python) is not in"),
        (lambda each: Packages(each.python, {**each.npm, "left-pad": Version("1.0")}), "left-pad (npm) is not in"),
    ],
)
def test_a_bad_pin_is_found(changed: Callable[[Packages], Packages], said: str) -> None:
    (found,) = in_the_list(changed(ours()), KNOWN, LOOKED_UP)
    assert found.startswith(said)


def test_a_list_that_nobody_has_looked_through_for_half_a_year_is_found() -> None:
    assert list(in_the_list(ours(), KNOWN, LOOKED_UP + timedelta(days=180))) == []
    (found,) = in_the_list(ours(), KNOWN, LOOKED_UP + timedelta(days=181))
    assert "look it through anew" in found


class _Registry(BaseHTTPRequestHandler):
    """Answers as PyPI does, and knows of one hole."""

    def do_GET(self) -> None:
        hole = {"id": "PYSEC-1", "fixed_in": ["2.0"], "withdrawn": None}
        body = json.dumps({"vulnerabilities": [hole] if self.path.startswith("/holed/1.0") else []}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quietly."""


def test_what_a_registry_knows_is_found_and_one_that_does_not_answer_is_said_so() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Registry) as registry:
        Thread(target=registry.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{registry.server_port}"
        pins = {"whole": Version("1.0"), "holed": Version("1.0")}
        assert list(holes.at_pypi(pins, address)) == ["holed 1.0 (python): PYSEC-1, closed in 2.0"]
        registry.shutdown()
    with pytest.raises(NoAnswer, match="PyPI gives no advisories"):
        list(holes.at_pypi(pins, address))


def test_the_check_fails_where_there_is_a_hole_whether_or_not_registries_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(*_: object) -> Any:
        raise NoAnswer("nobody answers")

    monkeypatch.setattr(holes, "at_pypi", silent)
    monkeypatch.setattr(holes, "at_npm", silent)
    assert holes.main() == 0
    assert capsys.readouterr().err.count("WARNING: nobody answers. Only the list of") == 2
    monkeypatch.setattr(holes, "at_npm", lambda: iter(["left-pad (npm): high, *"]))
    assert holes.main() == 1 and "HOLE: left-pad" in capsys.readouterr().err
    holed = Packages({**ours().python, "eventlet": Version("0.40.2")}, ours().npm)
    monkeypatch.setattr(holes, "at_npm", silent)
    monkeypatch.setattr(holes, "ours", lambda: holed)
    assert holes.main() == 1 and "HOLE: eventlet 0.40.2" in capsys.readouterr().err


def test_what_is_served_is_what_is_tested() -> None:
    served, tested = pinned(ROOT / "requirements.txt"), pinned(ROOT / "requirements-dev.txt")
    assert {name: tested.get(name) for name in served} == served


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_by_hash(file: str) -> None:
    text = (ROOT / file).read_text()
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if "==" in block:
            assert "--hash=sha256:" in block, block.splitlines()[0]

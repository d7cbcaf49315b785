"""What is pinned has none of the holes that were known when this was written; `make audit` asks the registries for newer ones."""

import re

import pytest
from packaging.version import Version

from facilitation.config import ROOT

CLOSED_FROM = {
    "python-socketio": "5.16.2",
    "python-engineio": "4.13.2",
    "eventlet": "0.40.3",
    "werkzeug": "3.1.6",
    "flask": "3.1.3",
    "jinja2": "3.1.6",
    "requests": "2.32.4",
    "urllib3": "2.6.0",
    "gunicorn": "23.0.0",
    "pillow": "11.3.0",
    "pypdfium2": "4.30.0",
}
"""Package → the first release without a known hole that matters here."""


def pinned(file: str) -> dict[str, Version]:
    lines = (ROOT / file).read_text().splitlines()
    found = [re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;]+)", line) for line in lines]
    return {match[1].lower(): Version(match[2]) for match in found if match}


@pytest.mark.parametrize(("package", "closed_from"), CLOSED_FROM.items())
def test_no_release_with_a_known_hole_is_pinned(package: str, closed_from: str) -> None:
    assert pinned("requirements.txt")[package] >= Version(closed_from)


def test_what_is_served_is_what_is_tested() -> None:
    served, tested = pinned("requirements.txt"), pinned("requirements-dev.txt")
    assert {name: tested.get(name) for name in served} == served


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_by_hash(file: str) -> None:
    text = (ROOT / file).read_text()
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if "==" in block:
            assert "--hash=sha256:" in block, block.splitlines()[0]

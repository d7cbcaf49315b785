"""``python -m tests.holes`` (``make audit``): whether anything that is served or shipped to browsers has a known hole.

The registries are asked; where they give no advisories, which is said loudly, a dated list (``known_holes.json``) says from
which release on each package has no hole that is known. The list covers every package, and is looked through anew within half
a year: a package that is not in it, or a list that is older, is a finding as well.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from packaging.version import InvalidVersion, Version

from facilitation.config import ROOT

LIST = Path(__file__).with_name("known_holes.json")
LOOKED_THROUGH_EVERY = timedelta(days=180)
PATIENCE = 20
"""Seconds that a registry has to answer."""

Pins = Mapping[str, Version]
"""Package → the release that is pinned."""


class NoAnswer(Exception):
    """A registry that gives no advisories; says how it failed."""


@dataclass(frozen=True)
class Packages:
    """What is used at run time: of Python by the server, of npm by browsers."""

    python: Pins
    npm: Pins


def pinned(file: Path) -> dict[str, Version]:
    """Package → release, of a file of requirements."""
    lines = file.read_text().splitlines()
    found = [re.match(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;]+)", line) for line in lines]
    return {match[1].lower(): Version(match[2]) for match in found if match}


def shipped(lock: Path) -> dict[str, Version]:
    """Package → release, of npm's lock file; without what only development needs."""
    packages: dict[str, Any] = json.loads(lock.read_text())["packages"]
    return {
        name.rpartition("node_modules/")[2]: Version(each["version"])
        for name, each in packages.items()
        if name and not each.get("dev")
    }


def ours() -> Packages:
    """What is pinned here."""
    return Packages(pinned(ROOT / "requirements.txt"), shipped(ROOT / "package-lock.json"))


def in_the_list(packages: Packages, known: Mapping[str, Any], today: date) -> Iterator[str]:
    """What the list says against these packages, a sentence each."""
    looked_up = date.fromisoformat(known["looked_up"])
    if not timedelta(0) <= today - looked_up <= LOOKED_THROUGH_EVERY:
        yield f"{LIST.name} was looked through on {looked_up}: look it through anew"
    for kind, pins in (("python", packages.python), ("npm", packages.npm)):
        for name, release in pins.items():
            entry = known[kind].get(name)
            if entry is None:
                yield f"{name} ({kind}) is not in {LIST.name}: look it up and enter it"
            elif release < Version(entry["closed_from"]):
                yield f"{name} {release} ({kind}) has a known hole up to {entry['closed_from']}: {entry['known']}"


def at_pypi(pins: Pins, address: str = "https://pypi.org/pypi") -> Iterator[str]:
    """What PyPI says against these, a sentence each. Raises ``NoAnswer``."""
    with requests.Session() as registry:
        for name, release in pins.items():
            try:
                answer = registry.get(f"{address}/{name}/{release}/json", timeout=PATIENCE)
                answer.raise_for_status()
                holes = answer.json()["vulnerabilities"]
            except (requests.RequestException, ValueError, KeyError) as error:
                # The first that fails decides: it is the registry that does not answer, not the package.
                raise NoAnswer(f"PyPI gives no advisories here ({type(error).__name__})") from None
            for hole in holes:
                if not hole.get("withdrawn"):
                    yield f"{name} {release} (python): {hole['id']}, closed in {', '.join(hole['fixed_in']) or 'no release'}"


def at_npm() -> Iterator[str]:
    """What npm's registry says against the lock file, a sentence each. Raises ``NoAnswer``."""
    command = ["npm", "audit", "--omit=dev", "--json"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3 * PATIENCE, check=False)
        found = json.loads(done.stdout)["vulnerabilities"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        raise NoAnswer(f"npm's registry gives no advisories here ({type(error).__name__})") from None
    for name, each in found.items():
        yield f"{name} (npm): {each['severity']}, {each['range']}"


def main() -> int:
    """Prints what was found and whom it was asked of; 1 when there is a hole, or when the list does not cover everything."""
    packages, known = ours(), json.loads(LIST.read_text())
    findings = list(in_the_list(packages, known, datetime.now(UTC).date()))
    for asking in (lambda: at_pypi(packages.python), at_npm):
        try:
            findings += asking()
        except (NoAnswer, InvalidVersion) as silence:
            _say(f"WARNING: {silence}. Only the list of {known['looked_up']} was asked ({LIST.name}).")
    for finding in findings:
        _say(f"HOLE: {finding}")
    if not findings:
        _say(f"{len(packages.python)} Python packages and {len(packages.npm)} npm packages: no known hole.")
    return 1 if findings else 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())

"""``docs/asvs.md`` counts rightly, and the tests that it names are there."""

import re
from collections import Counter

from facilitation.config import ROOT

TEXT = (ROOT / "docs" / "asvs.md").read_text()
ROWS = re.findall(r"^\| (\d[^|]*) \| [^|]* \| (met|open|decision|does not apply) \| (.*) \|$", TEXT, re.MULTILINE)
WHOLE_CHAPTERS, IN_THEM = {"10.1.1–10.7.3", "17.1.1–17.3.2"}, 36
"""Rows that stand for all of a chapter, none of which applies: OAuth and WebRTC; and how many requirements they are."""


def requirements(numbers: str) -> int:
    """How many a row speaks of: ``1.1.1``, ``1.1.1, 1.1.3`` or ``1.2.6–1.2.8``."""
    spans = [part.partition("–")[::2] for part in numbers.split(", ")]
    return sum(int((last or first).split(".")[2]) - int(first.split(".")[2]) + 1 for first, last in spans)


def test_the_numbers_at_the_top_are_those_of_the_rows() -> None:
    counted = Counter({"does not apply": IN_THEM})
    for numbers, answer, _ in ROWS:
        if numbers not in WHOLE_CHAPTERS:
            counted[answer] += requirements(numbers)
    said = re.search(
        r"Met are (\d+), (\d+) do not apply, (\d+) (?:are decisions|is a decision), (\d+) (?:are|is) open\.", TEXT
    )
    assert said and counted.total() == 253
    assert [int(number) for number in said.groups()] == [
        counted[answer] for answer in ("met", "does not apply", "decision", "open")
    ]


def test_every_test_that_is_named_is_there() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.*") if path.suffix in (".py", ".js")]
    known = {path.name for path in tests} | set(
        re.findall(r"def (test_\w+)", "\n".join(path.read_text() for path in tests))
    )
    named = {name for *_, where in ROWS for name in re.findall(r"`(?:[\w/]*/)?(test_\w+(?:\.py)?)", where)}
    assert len(named) > 100 and named - known == set()

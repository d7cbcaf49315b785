"""Which of several languages a reader gets on a page: their own, one that they read, the working language, the original."""

from types import SimpleNamespace
from typing import Any

import pytest

from facilitation.meeting.texts import pick_to_read, understands
from facilitation.web.templating import reading_of


def read(reader: str, original: str, *translated: str, outdated: str = "") -> tuple[str, bool]:
    """The language of what the reader gets, and whether it is a translation."""
    rows = {
        tag: SimpleNamespace(text=f"in {tag}", lang=tag, of_version=1 if tag == outdated else 2) for tag in translated
    }
    meeting: Any = SimpleNamespace(default_language="en")
    text, translation = reading_of(meeting, reader, "original", original, rows, 2)
    return text.lang, translation is not None


@pytest.mark.parametrize(
    ("reader", "original", "translated", "got"),
    [
        ("bs", "cnr", ("bs", "en"), ("bs", True)),  # one's own first
        ("bs", "cnr", ("sr-Latn", "en"), ("cnr", False)),  # the original that one understands
        ("cnr", "sq", ("en", "bs"), ("bs", True)),  # one of the same family before the working language
        ("mk", "sq", ("bs", "en"), ("en", True)),
        ("mk", "sq", ("bs",), ("sq", False)),
        ("sq", "sq", ("en",), ("sq", False)),
        ("sr-Cyrl", "sq", ("sr-Latn", "en"), ("sr-Cyrl", True)),  # the other script of one's own language
        ("bs-Cyrl", "sr-Latn-RS", ("en",), ("sr-Latn-RS", False)),
    ],
)
def test_the_own_language_comes_first_then_the_family_the_working_language_the_original(
    reader: str, original: str, translated: tuple[str, ...], got: tuple[str, bool]
) -> None:
    assert read(reader, original, *translated) == got


def test_who_understands_the_original_does_not_get_a_translation_of_an_earlier_one() -> None:
    assert read("bs", "cnr", "bs", outdated="bs") == ("cnr", False)
    assert read("mk", "sq", "mk", outdated="mk") == ("mk", True)


def test_families_are_of_languages_whatever_the_script_and_the_region() -> None:
    family = ("bs", "bs-Cyrl", "hr", "sr", "sr-Latn-RS", "sr-Cyrl", "cnr", "cnr-Latn", "cnr-Cyrl")
    assert all(understands(one, other) for one in family for other in family)
    assert understands("en-GB", "en") and not understands("mk", "bs") and not understands("sq", "mk")


def test_documents_and_pages_take_the_same() -> None:
    assert pick_to_read({"cnr": "original", "sr-Latn": "x", "en": "y"}, "bs", "en").lang == "cnr"
    assert pick_to_read({"cnr": "original", "bs": "x"}, "bs", "en").lang == "bs"

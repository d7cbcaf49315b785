"""The documentation is true as far as a program can tell: links lead somewhere, and labels are called so on the pages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from docs import screenshots
from facilitation.config import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
_LINK = re.compile(r"\]\(([^)#\s]*)(#[^)]*)?\)")
_LABEL = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")


def labels(lang: str) -> set[str]:
    """Everything that the interface says in this language."""
    folder = "mk" if lang == "en" else lang
    with (ROOT / "translations" / folder / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file)
    return {str(message.id if lang == "en" else message.string) for message in catalog if isinstance(message.id, str)}


def headings(page: Path) -> set[str]:
    """What a link into the page may name: its headings as web pages of repositories name them."""
    found = re.findall(r"^#+ +(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link, place in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http", "mailto:")):
            continue
        target = page.parent / link if link else page
        assert target.exists(), link
        assert not place or place.lstrip("#") in headings(target), f"{link}{place}"


def test_every_guide_shows_a_picture_of_its_own_language() -> None:
    for guide in GUIDES:
        lang = guide.suffixes[0]
        pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", guide.read_text(encoding="utf-8"))
        assert pictures and all(picture.endswith(f"{lang}.png") for picture in pictures), guide.name


def test_every_picture_is_one_that_the_script_takes() -> None:
    taken = {f"{name}.{lang}.png" for (name, _), languages in screenshots.PRINTED.items() for lang in languages}
    assert {picture.name for picture in (ROOT / "docs" / "pictures").iterdir()} == taken


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_what_a_guide_calls_a_label_is_one(guide: Path) -> None:
    said = set(_LABEL.findall(guide.read_text(encoding="utf-8")))
    assert said and said - labels(guide.suffixes[0].lstrip(".")) == set()


def test_every_guide_is_there_in_both_languages() -> None:
    kinds = {guide.name.split(".")[0] for guide in GUIDES}
    assert kinds == {"participant", "facilitator", "organiser"}
    assert {guide.name for guide in GUIDES} == {f"{kind}.{lang}.md" for kind in kinds for lang in ("en", "mk")}

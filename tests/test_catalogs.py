"""Every text is in every catalog: translated, not fuzzy, with the same placeholders and the right plural forms."""

import re
import subprocess
import sys
from gettext import c2py  # type: ignore[attr-defined]
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from facilitation.config import ROOT
from facilitation.meeting.texts import locale_of

CATALOGS = sorted((ROOT / "translations").glob("*/LC_MESSAGES/messages.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")


def strings(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All texts of the code and the templates, as they are now."""
    path = tmp_path_factory.mktemp("catalogs") / "messages.pot"
    keywords = ["-k", "_l", "-k", "lazy_gettext", "-k", "lazy_ngettext:1,2", "-k", "_forms:1,2"]
    command = [
        str(Path(sys.executable).parent / "pybabel"),
        "-q",
        "extract",
        "-F",
        "pyproject.toml",
        *keywords,
        "-o",
        str(path),
        ".",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return read_po(path.open("rb"))


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_nothing_is_missing_fuzzy_or_left_over(path: Path, texts: Catalog) -> None:
    catalog = read_po(path.open("rb"))
    wanted = {(message.context, strings(message.id)[0]) for message in texts if message.id}
    there = {(message.context, strings(message.id)[0]) for message in catalog if message.id}
    assert wanted - there == set()
    assert there - wanted == set()
    for message in catalog:
        if message.id:
            assert not message.fuzzy, message.id
            assert all(strings(message.string)), f"{message.id} is not translated"


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_placeholders_are_the_same_in_every_form(path: Path) -> None:
    for message in read_po(path.open("rb")):
        if not message.id:
            continue
        allowed = {frozenset(PLACEHOLDER.findall(form)) for form in strings(message.id)}
        for form in strings(message.string):
            assert frozenset(PLACEHOLDER.findall(form)) in allowed, message.id


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_plural_forms_are_those_of_the_language(path: Path) -> None:
    catalog = read_po(path.open("rb"))
    assert "plural=" in path.read_text().split("\n\n")[0]
    rule = locale_of(path.parent.parent.name).plural_form
    form_of = c2py(catalog.plural_expr)
    groups: dict[str, set[int]] = {}
    for n in range(200):
        groups.setdefault(str(rule(n)), set()).add(form_of(n))
    assert all(len(forms) == 1 for forms in groups.values()), groups


def test_no_text_hides_in_a_formatted_string_where_the_extraction_does_not_find_it() -> None:
    hidden = re.compile(r"\{(?:str\()?(?:_l|n?gettext|lazy_n?gettext)\(['\"]")
    files = sorted((ROOT / "facilitation").rglob("*.py"))
    assert [path.name for path in files if hidden.search(path.read_text(encoding="utf-8"))] == []

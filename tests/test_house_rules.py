"""Rules of the house that no single test would notice being broken."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask, url_for

from facilitation.activities.slides import Deck
from facilitation.config import ROOT
from facilitation.extensions import db
from facilitation.live.commands import ANY_PHASE, COMMANDS
from facilitation.live.regions import REGIONS
from facilitation.web.access import RULES
from tests.activities.test_slides import pdf, upload
from tests.conftest import Meeting

PACKAGE = ROOT / "facilitation"

# Imports point down only: a package may import those after it, never those before.
FLOORS = (
    "wiring",
    "cli",
    "web",
    "rehearsal",
    "play",
    "operating",
    "record",
    "plan",
    "activities",
    "meeting",
    "live",
    "extensions",
    "config",
)
# Texts in languages know nothing of a meeting; everybody may use them.
OPEN_TO_ALL = {"facilitation.meeting.texts"}


def modules() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("facilitation"):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("facilitation")}
    return found - {"facilitation"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for name in imported(path):
        if any(name == each or name.startswith(each + ".") for each in OPEN_TO_ALL):
            continue
        floor = name.split(".")[1]
        assert floor == own or floor not in FLOORS or FLOORS.index(floor) > FLOORS.index(own), f"{own} imports {name}"


def test_only_the_server_knows_the_async_mode() -> None:
    assert not [path for path in modules() if "eventlet" in imported_roots(path)]


def imported_roots(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_nothing_below_the_web_reads_a_request() -> None:
    for floor in ("record", "plan", "activities", "meeting", "live"):
        for path in (PACKAGE / floor).rglob("*.py"):
            assert not re.search(r"from flask import .*\b(request|session)\b", path.read_text()), path


def test_every_command_says_who_and_when(app: Flask) -> None:
    known = {"organiser", "facilitator", "rapporteur", "interpreter", "speaker", "participant", "observer"}
    known |= {"contributor", "head", "member", "system"}
    for command in COMMANDS.values():
        assert command.by and set(command.by) <= known, command.name
        assert command.during and set(command.during) <= set(ANY_PHASE), command.name
        assert command.function.__doc__, f"{command.name} does not say what it does"


def test_every_region_has_a_template_and_a_container_on_each_of_its_pages(app: Flask) -> None:
    for region in REGIONS.values():
        assert (ROOT / "templates" / "regions" / f"{region.name}.html").exists(), region.name
        assert "-" not in region.name
        for view in region.views:
            page = (ROOT / "templates" / "pages" / f"{view}.html").read_text()
            assert f'slot("{region.slot}"' in page, f"{region.name} has no container {region.slot} on {view}"


def test_no_address_is_without_an_access_rule(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert rule.endpoint == "static" or rule.endpoint in RULES, rule


def test_no_answer_to_somebody_signed_in_is_kept_by_anybody(unwatched: Meeting) -> None:
    organiser = unwatched.as_("organiser")
    assert upload(organiser, pdf(1))["ok"]
    with unwatched.app.app_context():
        found = db.session.query(Deck.id).filter_by(workshop_id=unwatched.stream_id).scalar()
    values = {
        "slug": unwatched.slug, "token": "unknown", "code": "UNKNOWN2", "deck": found, "page": 1, "key": "al-1",
        "document": "agenda", "format": "json", "name": "state-1",
    }  # fmt: skip
    kept = {}
    for rule in unwatched.app.url_map.iter_rules():
        # Our own scripts and styles are everybody's.
        if "GET" not in (rule.methods or ()) or rule.endpoint in ("static", "probes.npm"):
            continue
        with unwatched.app.test_request_context():
            address = url_for(rule.endpoint, **{name: values[name] for name in rule.arguments}, lang="en")
        answer = organiser.client.get(address)
        assert answer.status_code < 500, address
        if "no-store" not in answer.headers["Cache-Control"]:
            kept[address] = answer.headers["Cache-Control"]
    assert kept == {}


def test_no_template_has_inline_script_style_or_handler() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        html = path.read_text()
        assert not re.search(r"<script>|<style>| style=| on(click|change|submit|load)=", html), path


def test_every_region_that_a_command_touches_exists(played: Meeting) -> None:
    from facilitation.extensions import db
    from facilitation.live.journal import Entry

    with played.app.app_context():
        entries = db.session.query(Entry).filter_by(stream_id=played.stream_id)
        touched = {dom_id for entry in entries for dom_id in entry.regions} - {"*"}
    assert {dom_id.partition("-")[0] for dom_id in touched} <= REGIONS.keys()


def test_every_command_is_sent_in_some_test(app: Flask) -> None:
    """Wherever a test sends one, every page is looked at afterwards."""
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert [name for name, command in COMMANDS.items() if not command.internal and f'"{name}"' not in tests] == []

"""axe-core finds nothing on any page in any state: all rules for WCAG 2.2 AA and its best practices, in light and dark."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from facilitation.config import ROOT
from facilitation.play import Step, play, read_script
from tests import second_meeting
from tests.browser.conftest import enter, upload_slides
from tests.servers import SCRIPT, SLUG, Server

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
ROOM = f"/w/{SLUG}/"
View = tuple[str | None, str] | tuple[str | None, str, str]
# Moment of the meeting: the item that is on, or a command, and how many steps from there are played; then who looks at what,
# having pressed what.
MOMENTS: list[tuple[str, int, list[View]]] = [
    (
        "",
        0,
        [
            (None, "/"),
            (None, "/design"),
            ("al-1", ROOM),
            ("facilitator", f"{ROOM}console"),
            ("facilitator", f"{ROOM}rehearsal"),
            ("organiser", f"{ROOM}settings"),
        ],
    ),
    ("round", 3, [("mk-2", ROOM), ("facilitator", f"{ROOM}console"), ("facilitator", f"{ROOM}screen")]),
    ("presentation-me", 9, [("me-1", ROOM), ("al-1", ROOM, '[data-leaf="1"]'), ("facilitator", f"{ROOM}screen")]),
    (
        "capture-1",
        7,
        [
            ("mk-1", ROOM),
            ("organiser", f"{ROOM}console"),
            ("facilitator", f"{ROOM}console", "#in-cards .card-select"),
            ("facilitator", f"{ROOM}screen"),
            ("facilitator", f"{ROOM}found?q=a&handle=1"),
        ],
    ),
    ("positives", 3, [("al-2", ROOM), ("facilitator", f"{ROOM}console"), ("facilitator", f"{ROOM}screen")]),
    (
        "agreement",
        15,
        [
            ("rs-1", ROOM),
            ("rs-1", f"{ROOM}delegation"),
            ("observer", ROOM),
            ("facilitator", f"{ROOM}console"),
            ("facilitator", f"{ROOM}screen"),
            ("interpreter-mk", f"{ROOM}desk"),
            ("rapporteur", f"{ROOM}minutes"),
            ("facilitator", f"{ROOM}found?q=a"),
        ],
    ),
    ("circulate_minutes", 3, [("rapporteur", f"{ROOM}reminders"), ("mk-1", f"{ROOM}minutes")]),
    (
        "end",
        0,
        [
            (None, "/"),
            (None, "/records/"),
            (None, "/records/?q=rehabilitation"),
            (None, f"/records/{SLUG}"),
            (None, f"/records/{SLUG}?lang=mk"),
            (None, "/w/nothing-here/"),
            ("al-1", ROOM),
            ("al-1", f"{ROOM}minutes"),
            ("al-1", f"{ROOM}privacy"),
            ("organiser", f"{ROOM}minutes"),
            ("organiser", f"{ROOM}settings"),
            ("organiser", f"{ROOM}console"),
        ],
    ),
]
# A second meeting follows the first.
SECOND_ROOM = f"/w/{second_meeting.SLUG}/"
SERIES: list[View] = [
    ("al-1", SECOND_ROOM),
    ("rapporteur", SECOND_ROOM),
    ("facilitator", f"{SECOND_ROOM}console"),
    ("organiser", f"{SECOND_ROOM}settings"),
]
# How wide and how high the window is, in pixels, and whether it is dark.
LOOKS: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "desktop, light": (1366, 768, "light"),
    "phone, dark": (360, 740, "dark"),
}


def findings(page: Page) -> list[str]:
    """What axe has to say about the page as it is, everything on it unfolded; and then of the menu by itself, since it
    covers whatever stands beneath it as long as it is open."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = !each.matches('.my-menu')))")
    page.evaluate(AXE)
    look = "([of, rules]) => axe.run(of ?? document, rules).then((done) => done.violations)"
    found = page.evaluate(look, [None, RULES])
    if page.locator(".my-menu").count():
        page.evaluate("document.querySelector('.my-menu').open = true")
        found += page.evaluate(look, [".my-menu", RULES])
    return [f"{each['id']}: {node['target']} {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("accessible") / "instance")
    server.prepare()
    server.start()
    yield server
    server.kill()


@pytest.mark.timeout(900)
def test_axe_finds_nothing_on_any_page_at_any_moment_of_the_meeting(meeting: Server, chromium: Browser) -> None:
    links = meeting.links()
    pages: dict[str | None, Page] = {}
    for who in {who for _, _, views in MOMENTS for who, *_ in views}:
        pages[who] = chromium.new_context().new_page()
        if who is not None:
            enter(pages[who], links[who])
    complaints = []
    for moment, views in played(meeting, links):
        if moment == "presentation-me":
            pages["me-1"].goto(f"{meeting.url}{ROOM}")
            upload_slides(pages["me-1"], ("One", "Two", "Three"))
        for who, path, *pressed in views:
            page = pages[who]
            if moment == "series":
                enter(page, links[str(who)])
            page.goto(f"{meeting.url}{path}")
            if page.locator("#connection").count():
                expect(page.locator("#connection")).to_have_attribute("data-state", "live")
            for selector in pressed:
                page.locator(selector).first.click()
            for look, (width, height, scheme) in LOOKS.items():
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=scheme)
                complaints += [f"{moment or 'before'} {path} of {who} ({look}): {each}" for each in findings(page)]
            page.goto("about:blank")  # a dozen live pages would take every patch of the steps to come
    assert not complaints, "\n".join(complaints)


def played(server: Server, links: dict[str, str]) -> Iterator[tuple[str, list[View]]]:
    """Plays the script from moment to moment, and in the end a second meeting."""
    steps, saved, at = read_script(SCRIPT), {}, 0
    for moment, count, views in MOMENTS:
        begins = next((n for n, step in enumerate(steps) if moment in (step.command, _started(step))), 0)
        stop = len(steps) if moment == "end" else begins + count
        part = [replace(step, args=json.loads(with_ids(step.args, saved))) for step in steps[at:stop]]
        saved.update(play(SLUG, part, server.url, links, {}, None, print).saved)
        at = stop
        yield moment, views
    plan = server.folder / "second.plan.yaml"
    plan.write_text(second_meeting.second_plan(), encoding="utf-8")
    server.flask("workshop", "import", str(plan))
    second = {row["key"]: row["url"] for row in server.flask("workshop", "links", second_meeting.SLUG)}
    told = [replace(step, args=json.loads(with_ids(step.args, saved))) for step in read_script(second_meeting.SCRIPT)]
    play(second_meeting.SLUG, told, server.url, second, {}, None, print)
    links.update(second)
    yield "series", SERIES


def _started(step: Step) -> str | None:
    return step.args["item"] if step.command == "start_item" else None


def with_ids(args: Any, saved: dict[str, str]) -> str:
    """A step's arguments in JSON, with the ids that earlier parts of the script saved."""
    text = json.dumps(args, ensure_ascii=False)
    for name in sorted(saved, key=len, reverse=True):
        text = text.replace(f'"${name}"', f'"{saved[name]}"')
    return text


def test_joining_with_a_link_and_with_the_code_is_accessible(meeting: Server, chromium: Browser) -> None:
    page = chromium.new_context().new_page()
    page.goto(meeting.links()["al-2"])
    assert findings(page) == []
    page.goto(f"{meeting.url}/join/not-a-link")
    assert findings(page) == []

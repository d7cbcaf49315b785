"""Real Chromium against the real server, started by the suite on a free port of the loopback interface."""

import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import typst
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, Playwright, expect, sync_playwright

from tests.conftest import READ_BY_TESTS
from tests.servers import SLUG, Server

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An instance with the reference meeting that no server has run on, to be copied; person → path of the sign-in link."""
    made = Server(tmp_path_factory.mktemp("prepared"))
    made.prepare()
    return made.folder, {key: url.removeprefix(made.url) for key, url in made.links().items()}


@pytest.fixture
def server(tmp_path: Path, prepared: tuple[Path, dict[str, str]]) -> Iterator[Server]:
    """The server with the reference meeting."""
    made = Server(shutil.copytree(prepared[0], tmp_path / "instance"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def links(server: Server, prepared: tuple[Path, dict[str, str]]) -> dict[str, str]:
    """Person → sign-in link."""
    return {key: server.url + path for key, path in prepared[1].items()}


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


def chromium_options() -> dict[str, Any]:
    """What Playwright needs to know to start the machine's own Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is missing: .ci/run installs it"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    return {"executable_path": path, "args": quiet}


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(**chromium_options())
    yield browser
    browser.close()


def enter(page: Page, link: str) -> None:
    """Signs in with a link, as people do: open it, press the button."""
    page.goto(link)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/w/*/")
    if page.locator("html").get_attribute("lang") not in READ_BY_TESTS:
        page.locator(".my-menu > summary").click()
        page.select_option("#language-choice", "en")
        with page.expect_navigation():
            page.locator(".language-form button").click()


def window(chromium: Browser, link: str, path: str = "") -> Page:
    """A browser of its own, signed in with the link, with a page of the meeting that is live."""
    page = chromium.new_context(ignore_https_errors=True).new_page()
    enter(page, link)
    page.goto(f"{link.partition('/join/')[0]}/w/{SLUG}/{path}")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    return page


def upload_slides(page: Page, titles: Iterable[str]) -> None:
    """In the presenter's room: a page for each title, for the item that is on."""
    pages = "\n#pagebreak()\n".join(f"= {title}" for title in titles)
    content = typst.compile(f'#set page(paper: "presentation-16-9")\n#set text(size: 30pt)\n{pages}'.encode())
    page.locator("input[type=file]").set_input_files(
        FilePayload(name="slides.pdf", mimeType="application/pdf", buffer=content)
    )
    page.locator("form:has(input[type=file]) button").click()
    expect(page.locator(".slides img")).to_be_visible()


@dataclass
class Somebody:
    """Somebody with a browser of their own."""

    context: BrowserContext
    page: Page
    server: Server

    def open(self, path: str = "") -> Page:
        """Opens a page of the meeting and waits until it is live."""
        self.page.goto(f"{self.server.url}/w/{SLUG}/{path}")
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "live")
        return self.page

    def another_window(self, path: str) -> Page:
        """A second window of the same browser."""
        page = self.context.new_page()
        page.goto(f"{self.server.url}/w/{SLUG}/{path}")
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        return page


class Voice:
    """Somebody without a browser: signed in with their link, gives commands over HTTP."""

    def __init__(self, server: Server, link: str) -> None:
        self._room = f"{server.url}/w/{SLUG}/"
        self._line = requests.Session()
        self._line.post(link, data={"csrf_token": self._token(link)}).raise_for_status()
        self._csrf = self._token(self._room)

    def _token(self, page: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self._line.get(page).text)
        assert found, page
        return found[1]

    def do(self, name: str, **args: Any) -> dict[str, Any]:
        """Gives a command; what it returns."""
        body = {"id": str(uuid.uuid4()), "name": name, "args": args}
        answer = self._line.post(f"{self._room}commands", json=body, headers={"X-CSRFToken": self._csrf}).json()
        assert answer["ok"], answer
        result: dict[str, Any] = answer["result"]
        return result

    def write(self, text: str, item: str = "presentation-al") -> str:
        """Contributes; the contribution's id."""
        made = self.do("add_contribution", item=item, kind="challenge", lang="sq", text=text, anonymity="delegation")
        return str(made["id"])

    def texts(self) -> list[str]:
        """What has been contributed, in the order it was stored."""
        state = self._line.get(f"{self._room}state.json").json()
        return [each["text"] for each in sorted(state["contributions"], key=lambda each: int(each["seq"]))]


@pytest.fixture
def voice(server: Server, links: dict[str, str]) -> Callable[[str], Voice]:
    """Signs somebody in who needs no browser."""
    return lambda key: Voice(server, links[key])


@pytest.fixture
def organiser(voice: Callable[[str], Voice]) -> Voice:
    """Ana has opened the meeting and started an item to contribute to."""
    ana = voice("organiser")
    ana.do("open_workshop")
    ana.do("start_item", item="presentation-al")
    return ana


@pytest.fixture
def person(chromium: Browser, server: Server, links: dict[str, str]) -> Iterator[Callable[..., Somebody]]:
    """Signs somebody in with their link, as they would: open it, press the button."""
    contexts: list[BrowserContext] = []

    def sign_in(key: str, **options: Any) -> Somebody:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        enter(page, links[key])
        somebody = Somebody(context, page, server)
        somebody.faults = faults  # type: ignore[attr-defined]
        return somebody

    yield sign_in
    for context in contexts:
        context.close()

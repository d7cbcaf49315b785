"""In the middle of a meeting the release that ran before is replaced by this one: nothing is lost, nobody has to reload."""

import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from facilitation.config import ROOT
from tests.browser.conftest import Voice, window
from tests.servers import Server

BEFORE = "3c4b873"
"""The release that runs where this one will be installed."""


@pytest.fixture
def release_before(tmp_path: Path) -> Path:
    """A folder with that release, set up."""
    archive = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("this copy of the project has no history to take the release before from")
    folder = tmp_path / "release-before"
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    compile_catalogs = [sys.executable, "-m", "babel.messages.frontend", "-q", "compile", "-d", "translations"]
    subprocess.run(compile_catalogs, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def before(tmp_path: Path, release_before: Path) -> Iterator[Server]:
    """The reference meeting on the release before."""
    folder = tmp_path / "instance"
    folder.mkdir()
    made = Server(folder, source=release_before)
    made.prepare()
    made.start()
    yield made
    made.kill()


@pytest.mark.timeout(300)
def test_a_running_meeting_is_upgraded_and_nobody_has_to_reload(before: Server, chromium: Browser) -> None:
    links = before.links()
    ana = Voice(before, links["organiser"])
    ana.do("open_workshop")
    ana.do("start_item", item="presentation-al")
    writing, reading, console = (
        window(chromium, links["al-1"]),
        window(chromium, links["mk-2"]),
        window(chromium, links["facilitator"], "console"),
    )
    field, send = writing.locator("#compose-text"), writing.locator("#compose-form button[type=submit]")
    receipt = writing.locator("#compose-form output.receipt")
    field.fill("E para")
    send.click()
    expect(reading.locator("#in-cards .words")).to_have_text(["E para"])

    after = replace(before, source=ROOT, process=None)
    after._flask("db", "upgrade")
    # The tables are the new release's now, and the old one serves on.
    field.fill("E dyta")
    send.click()
    expect(reading.locator("#in-cards .words")).to_have_text(["E para", "E dyta"])
    field.press_sequentially("Ende po shkruaj")
    for page in (writing, reading, console):
        page.evaluate("document.documentElement.dataset.old = ''")

    before.terminate()
    expect(writing.locator("#connection")).to_have_attribute("data-state", "offline")
    field.press_sequentially(", dhe po vazhdoj")
    after.start()
    try:
        # Whoever is writing keeps the page, the text and the cursor; and it goes on working.
        expect(writing.locator("#connection")).to_have_attribute("data-state", "live")
        expect(field).to_have_value("Ende po shkruaj, dhe po vazhdoj")
        expect(field).to_be_focused()
        send.click()
        three = ["E para", "E dyta", "Ende po shkruaj, dhe po vazhdoj"]
        expect(receipt).to_have_text("Saved", use_inner_text=True)
        expect(writing.locator("html[data-old]")).to_be_attached()
        # The others have the new page by themselves.
        for page in (reading, console):
            expect(page.locator("html:not([data-old])")).to_be_attached()
            expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        for page in (writing, reading):
            expect(page.locator("#in-cards .words")).to_have_text(three)
        for text in three:
            expect(console.get_by_text(text).first).to_be_visible()
        Voice(after, links["al-2"]).write("E katërta")
        for page in (writing, reading):
            expect(page.locator("#in-cards .words")).to_have_text([*three, "E katërta"])
        assert "Traceback" not in after.log.read_text()
    finally:
        after.kill()

"""As ``deploy/`` has it: nginx, two processes, PostgreSQL and Redis. The reference meeting is played; a process dies in it."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from facilitation.play import Outcome, play, read_script
from tests.browser.conftest import window
from tests.engines import PostgreSQL
from tests.faults.cluster import Cluster
from tests.faults.waiting import wait_until
from tests.servers import SCRIPT, SLUG, Process

TOKEN = "t" * 40
"""Whose bearer may see a process's figures."""
WHOLE_AGAIN_WITHIN = 15.0
"""Seconds."""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The site as it stands in ``deploy/``, with https alone. The player trusts its certificate, browsers are told to."""
    engine = PostgreSQL()
    engine.start()
    folder = tmp_path / "instance"
    folder.mkdir()
    made = Cluster(
        folder,
        engine=engine,
        database_url=engine.new_database("facilitation"),
        settings={"METRICS_TOKEN": TOKEN},
        tls=True,
    )
    for programs in ("REQUESTS_CA_BUNDLE", "WEBSOCKET_CLIENT_CA_BUNDLE"):
        monkeypatch.setenv(programs, str(made.authority))
    made.prepare()
    made.start()
    yield made
    made.kill()
    engine.remove()


def sockets_at(member: Process) -> float:
    """How many sockets have joined at the process."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.get(f"http://127.0.0.1:{member.port}/metrics", headers=headers, timeout=10)
    answer.raise_for_status()
    return sum(map(float, re.findall(r"^facilitation_sockets\{.*?\} (\S+)$", answer.text, re.MULTILINE)))


def last_number(cluster: Cluster) -> int:
    return int(cluster.rows("SELECT seq FROM streams")[0][0])


def shown(page: Page) -> dict[str, str]:
    """The words of every region on the page."""
    words: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-in]')].map(each => [each.id, each.textContent]))"
    )
    return words


def is_whole(page: Page) -> bool:
    """Whether a page that was told of everything shows what one shows that is loaded now."""
    fresh = page.context.new_page()
    fresh.goto(page.url)
    expect(fresh.locator("#connection")).to_have_attribute("data-state", "live")
    as_loaded = shown(fresh)
    fresh.close()
    return shown(page) == as_loaded


@pytest.mark.timeout(300)
def test_the_reference_meeting_is_played_through_nginx_and_a_process_is_killed_in_the_middle(
    cluster: Cluster, chromium: Browser
) -> None:
    links, steps = cluster.links(), read_script(SCRIPT)
    pages = [
        window(chromium, links["al-2"]),
        window(chromium, links["mk-2"]),
        window(chromium, links["facilitator"], "console"),
    ]
    cookies = {each["name"]: each for each in pages[0].context.cookies()}
    assert cookies.keys() == {"process", "__Host-facilitation"} and all(each["secure"] for each in cookies.values())
    with requests.Session() as browser:
        for path in ("/", "/static/css/base.css"):
            # Said once, by whoever says it.
            headers = browser.get(cluster.url + path, timeout=10).headers
            assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", path
            assert headers["X-Content-Type-Options"] == "nosniff", path
    victim = max(cluster.members, key=sockets_at)
    assert sockets_at(victim) >= 2
    outcomes: list[Outcome] = []
    told: list[str] = []
    playing = threading.Thread(
        target=lambda: outcomes.append(play(SLUG, steps, cluster.url, links, {}, None, told.append))
    )
    before = last_number(cluster)
    playing.start()
    wait_until(lambda: last_number(cluster) > before + len(steps) // 3, 120, "a third of the meeting")
    victim.kill()
    for page in pages:
        expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=1000 * WHOLE_AGAIN_WITHIN)
    assert playing.is_alive(), "it was killed too late"
    victim.start()
    playing.join(timeout=200)

    (outcome,) = outcomes
    assert outcome.steps == len(steps) and outcome.refused == [], told
    written = {step.args["text"] for step in steps if step.command == "add_contribution"}
    stored = {text for (text,) in cluster.rows("SELECT text FROM contributions")}
    assert written - stored == set()
    for page in pages:
        wait_until(lambda page=page: is_whole(page), WHOLE_AGAIN_WITHIN, f"a page that is whole: {page.url}")
    assert "Traceback" not in cluster.told(), cluster.told()

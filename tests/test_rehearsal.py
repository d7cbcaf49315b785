"""The rehearsal: what would have gone wrong, found on a copy, by clients on real sockets."""

import json
import sqlite3
import time

import pytest
import requests

from facilitation import rehearsal
from facilitation.extensions import snapshot
from facilitation.meeting.acts import load_workshop
from tests.conftest import Meeting, csrf_token
from tests.servers import SLUG, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    made = Server(tmp_path_factory.mktemp("rehearsal") / "instance")
    made.prepare()
    return made


@pytest.mark.timeout(200)
def test_an_overrun_that_is_built_in_is_found_with_all_that_follows_from_it(server: Server) -> None:
    before = streams(server)
    report = server.flask("workshop", "rehearse", SLUG, "--speed", "20000", "--overrun", "presentation-ba=12")
    found = report["findings"]
    needed = {each["item"]: each["needed"] for each in found if each["what"] == "overrun"}
    assert needed["presentation-ba"] >= 25 + 10
    # The delegations that come later that day are squeezed, and the day ends late; the next day does not.
    assert [each["delegation"] for each in found if each["what"] == "squeezed"] == ["XK", "ME", "MK"]
    assert [each["day"] for each in found if each["what"] == "day_late"] == [1]
    assert report["refused"] == []
    assert report["lines_lost"] == report["came_back"] > 1
    assert len(report["items"]) == 21
    # Nothing of it touches the real meeting.
    assert streams(server) == before


def streams(server: Server) -> list[tuple[str, int]]:
    """The meetings of the real instance, and how many commands each has had."""
    with sqlite3.connect(server.folder / "facilitation.db") as database:
        return database.execute("SELECT slug, seq FROM streams").fetchall()


@pytest.mark.timeout(200)
def test_the_button_starts_one_and_the_page_shows_its_report(server: Server) -> None:
    server.start()
    try:
        browser = requests.Session()
        link = server.links()["facilitator"]
        browser.post(link, data={"csrf_token": csrf_token(browser.get(link).text)}).raise_for_status()
        page = f"{server.url}/w/{SLUG}/rehearsal"
        assert f"/w/{SLUG}/rehearsal" in browser.get(f"{server.url}/w/{SLUG}/console").text
        form = {"csrf_token": csrf_token(browser.get(page).text)}
        assert "A rehearsal is on" in browser.post(page, data=form).text
        deadline = time.monotonic() + 150
        while "A rehearsal is on" in browser.get(page).text:
            assert time.monotonic() < deadline
            time.sleep(1)
        assert "What would have gone wrong" in browser.get(page).text
        guest = requests.Session()
        link = server.links()["al-1"]
        guest.post(link, data={"csrf_token": csrf_token(guest.get(link).text)})
        assert guest.get(page).status_code == 403
        assert requests.post(page, timeout=10).status_code in (400, 401)
    finally:
        server.kill()


def test_a_plan_made_of_the_meeting_as_it_stands_follows_what_was_changed(prepared: Meeting) -> None:
    organiser = prepared.as_("organiser")
    organiser.do("move_item", item="presentation-mk", day=2, after="recap")
    with prepared.app.app_context():
        snapshot()
        plan = rehearsal.plan_of(load_workshop(prepared.stream_id))
    assert next(item["day"] for item in plan["agenda"] if item["key"] == "presentation-mk") == 2
    assert "video_url" not in plan
    assert json.dumps(plan)

"""What people meet behind prison firewalls: cut lines, lost acknowledgements, mangled patches, sleeping and shared computers."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright, expect

from tests.browser.conftest import Somebody, Voice, chromium_options, enter
from tests.browser.line import Line, as_it_is, patch_in
from tests.servers import SLUG, Server

Person = Callable[..., Somebody]

WATCH = """() => {
  window.said = [];
  const look = () => {
    const receipt = document.querySelector("#compose-form output.receipt");
    window.said.push({
      line: document.querySelector("#connection").dataset.state,
      receipt: (receipt && receipt.dataset.state) || "",
      underway: Array.from(document.querySelectorAll(".underway-text"), (text) => text.textContent),
      unsaved: Array.from(document.querySelectorAll(".underway .hint")).filter((each) => each.textContent !== "Saved").length,
      cards: Array.from(document.querySelectorAll("#in-cards .words"), (text) => text.textContent),
    });
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
"""Writes down what the screen says at every moment."""

REGIONS = """() => Array.from(document.querySelectorAll("[data-in][id]"), (region) => {
  const copy = region.cloneNode(true);
  copy.querySelectorAll("output.receipt, [data-client], [data-clock], [data-timer]").forEach((each) => each.remove());
  return [region.id, region.parentElement.id, copy.textContent.replace(/\\s+/g, " ").trim()];
})"""
"""Every region of a page: what it says and where it stands."""


def said_since(page: Page) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = page.evaluate("() => window.said.splice(0)")
    return said


def send(page: Page, text: str) -> None:
    page.locator("#compose-text").press_sequentially(text)
    page.locator("#compose-form button[type=submit]").click()


def test_type_cut_the_line_send_type_more_restart_the_server_reconnect(
    server: Server, person: Person, organiser: Voice
) -> None:
    ben, vera = person("al-1"), person("al-2")
    line = Line(ben.page)
    room, other = ben.open(), vera.open()
    receipt, waiting = room.locator("#compose-form output.receipt"), room.locator("#compose-form .underway li")
    field = room.locator("#compose-text")
    room.evaluate(WATCH)

    send(room, "E para")
    expect(receipt).to_have_text(re.compile(r"^Saved · seen by (\d) of \1$"))
    expect(other.locator("#in-cards .words")).to_have_text(["E para"])

    field.press_sequentially("E dy")
    line.cut()
    send(room, "ta")
    expect(room.locator("#connection")).to_have_attribute("data-state", "offline")
    expect(waiting).to_have_text([re.compile("E dyta.*will be sent when the line is back", re.S)])
    expect(field).to_have_value("")
    said_since(room)
    send(room, "E treta")
    expect(waiting).to_have_count(2)
    field.press_sequentially("Ende po shkruaj")
    server.terminate()
    assert {(moment["line"], moment["receipt"]) for moment in said_since(room)} == {("offline", "waiting")}
    server.start()
    line.mend()

    three = ["E para", "E dyta", "E treta"]
    expect(other.locator("#in-cards .words")).to_have_text(three)
    expect(room.locator("#in-cards .words")).to_have_text(three)
    expect(receipt).to_have_text(re.compile("^Saved"))
    expect(waiting).to_have_count(0)
    expect(field).to_have_value("Ende po shkruaj")
    expect(field).to_be_focused()
    said = said_since(room)
    assert all(set(three) <= {*moment["underway"], *moment["cards"]} | {"E para"} for moment in said), "one was nowhere"
    assert not [moment for moment in said if moment["receipt"] == "saved" and moment["unsaved"]]
    assert organiser.texts() == three
    room.reload()
    expect(room.locator("#in-cards .words")).to_have_text(three)
    expect(field).to_have_value("Ende po shkruaj")


def test_acknowledgements_are_lost_and_each_contribution_exists_once_in_order(person: Person, organiser: Voice) -> None:
    ben = person("al-1")
    line = Line(ben.page)
    ben.page.clock.install()
    room = ben.open()

    def without_answers_to_commands(frame: str) -> list[str]:
        answered = re.match(r"43(\d+)", frame)
        asked = answered and any(sent.startswith(f'42{answered[1]}["command"') for sent in line.sent)
        return [] if asked else [frame]

    line.down = without_answers_to_commands
    send(room, "E para")
    send(room, "E dyta")
    expect(room.locator("#in-cards .words")).to_have_text(["E para"])
    receipt = room.locator("#compose-form output.receipt")
    expect(receipt).to_have_text("Sending…")
    room.clock.run_for(10_000)
    expect(receipt).to_have_text(re.compile("^Kept here"))
    line.down = as_it_is
    room.clock.run_for(2_000)
    expect(room.locator("#in-cards .words")).to_have_text(["E para", "E dyta"])
    expect(receipt).to_have_text(re.compile("^Saved"))
    first, again, second = line.commands()
    assert first == again
    assert (first["args"]["text"], second["args"]["text"]) == ("E para", "E dyta")
    assert organiser.texts() == ["E para", "E dyta"]


class Mangled:
    """Of five patches one is lost, two change places, one comes twice."""

    def __init__(self) -> None:
        self.count = 0
        self.held: list[str] = []
        self.lose_all = False

    def __call__(self, frame: str) -> list[str]:
        if patch_in(frame) is None:
            return [frame]
        self.count += 1
        if self.lose_all or self.count % 5 == 1:
            return []
        if self.count % 5 == 2:
            self.held.append(frame)
            return []
        late, self.held = self.held, []
        return [frame, *late, *([frame] if self.count % 5 == 4 else [])]


def test_patches_are_lost_repeated_and_out_of_order_and_nothing_moves_under_the_writers_hands(
    person: Person, voice: Callable[[str], Voice], organiser: Voice
) -> None:
    ben, vera = person("al-1", viewport={"width": 1000, "height": 600}), voice("al-2")
    line = Line(ben.page)
    ben.page.clock.install()
    room = ben.open()
    send(room, "Imja")
    expect(room.locator("#in-cards .words")).to_have_text(["Imja"])
    mine = room.locator("#in-mine details").first
    mine.locator("summary").click()
    field = mine.locator("textarea")
    field.fill("Imja, dhe po e ndryshoj")
    field.evaluate("element => { element.setSelectionRange(3, 8); element.scrollIntoView({ block: 'center' }); }")
    hand = """element => [element.value, element.selectionStart, element.selectionEnd, document.activeElement === element,
      Math.round(element.getBoundingClientRect().top), element.closest("details").open]"""
    before = field.evaluate(hand)
    own = room.locator("#in-cards [data-contribution]").get_attribute("data-contribution")

    line.down = mangled = Mangled()
    for n in range(10):
        vera.write(f"Tjetra {n}")
        if n % 4 == 1:
            decision = "hide" if n == 1 else "show"
            organiser.do("moderate_contribution", contribution=own, decision=decision, reason="provë")
        if n == 6:
            organiser.do("announce", text="Above everything")
        room.wait_for_timeout(100)
        assert field.evaluate(hand) == before
    expect(room.locator("#in-cards .words")).to_have_count(11)
    mangled.lose_all = True
    vera.write("E fundit, pa asnjë pas saj")
    for _ in range(4):
        room.clock.run_for(16_000)
        line.ping()
    expect(room.locator("#in-cards .words")).to_have_count(12)
    assert field.evaluate(hand) == before
    assert mangled.count > 10

    line.down = as_it_is
    field.fill("Imja")
    field.blur()
    fresh = ben.another_window("")
    assert room.evaluate(REGIONS) == fresh.evaluate(REGIONS)


def test_a_page_left_open_overnight_is_right_within_a_second_of_waking(
    server: Server, person: Person, voice: Callable[[str], Voice], organiser: Voice
) -> None:
    ben = person("al-1")
    line = Line(ben.page)
    ben.page.clock.install()
    room = ben.open()
    room.locator("#compose-text").press_sequentially("Nesër vazhdoj")
    room.evaluate("window.notReloaded = true")
    line.fall_silent()
    voice("al-2").write("Natën vonë")
    server.kill()
    server.start()
    voice("al-2").write("Në mëngjes")
    expect(room.locator("#connection")).to_have_attribute("data-state", "live")
    # As the lid of a laptop: every timer that was due fires once. Then one second passes on the page, and no more.
    room.clock.pause_at(room.evaluate("Date.now() / 1000 + 9 * 3600"))
    room.clock.run_for(1_000)
    expect(room.locator("#in-cards .words")).to_have_text(["Natën vonë", "Në mëngjes"])
    expect(room.locator("#connection")).to_have_attribute("data-state", "live")
    expect(room.locator("#compose-text")).to_have_value("Nesër vazhdoj")
    expect(room.locator("#compose-text")).to_be_focused()
    assert room.evaluate("window.notReloaded")


def test_a_restored_database_takes_from_the_page_what_it_never_knew_and_nothing_from_the_writer(
    server: Server, person: Person, organiser: Voice
) -> None:
    ben = person("al-1")
    room = ben.open()
    send(room, "E ruajtur")
    expect(room.locator("#in-cards .words")).to_have_text(["E ruajtur"])
    server.terminate()
    backup = shutil.copytree(server.folder, server.folder.with_name("backup"))
    server.start()
    send(room, "E humbur")
    expect(room.locator("#in-cards .words")).to_have_text(["E ruajtur", "E humbur"])
    room.locator("#compose-text").press_sequentially("Ende po shkruaj")
    server.terminate()
    shutil.rmtree(server.folder)
    shutil.copytree(backup, server.folder)
    server.start()
    expect(room.locator("#in-cards .words")).to_have_text(["E ruajtur"])
    expect(room.locator("#connection")).to_have_attribute("data-state", "live")
    expect(room.locator("#compose-text")).to_have_value("Ende po shkruaj")
    expect(room.locator("#compose-text")).to_be_focused()


def test_where_only_ordinary_requests_pass_what_is_sent_is_saved_and_says_so(person: Person, organiser: Voice) -> None:
    ben = person("al-1")
    ben.page.route_web_socket(re.compile(r"/socket\.io/"), lambda socket: socket.close())
    ben.page.route(re.compile(r"/socket\.io/"), lambda route: route.abort())
    room = ben.page
    room.reload()
    expect(room.locator("#connection")).to_have_attribute("data-state", "offline")
    send(room, "E para")
    send(room, "E dyta")
    expect(room.locator("#compose-form output.receipt")).to_have_text("Saved")
    # The page cannot show them in their place, so it shows them here.
    expect(room.locator("#compose-form .underway li")).to_have_text(
        [re.compile("E para.*Saved"), re.compile("E dyta.*Saved")]
    )
    assert organiser.texts() == ["E para", "E dyta"]


def test_what_is_refused_waiting_or_half_written_survives_the_browser_and_comes_back_to_its_writer(
    playwright: Playwright, server: Server, links: dict[str, str], organiser: Voice, tmp_path: Path
) -> None:
    def start_browser() -> Page:
        context = playwright.chromium.launch_persistent_context(tmp_path / "profile", **chromium_options())
        page = context.new_page()
        # A new browser has no session: the person opens their link again.
        enter(page, links["al-1"])
        return page

    room = start_browser()
    line = Line(room)
    room.reload()
    expect(room.locator("#connection")).to_have_attribute("data-state", "live")
    field, receipt = room.locator("#compose-text"), room.locator("#compose-form output.receipt")
    field.evaluate("element => element.removeAttribute('maxlength')")
    field.fill("shumë " * 1000)
    room.locator("#compose-form button[type=submit]").click()
    expect(receipt).to_contain_text("at most 5000 characters")
    expect(field).to_have_value("shumë " * 1000)
    room.context.close()

    room = start_browser()
    line = Line(room)
    room.reload()
    field, receipt = room.locator("#compose-text"), room.locator("#compose-form output.receipt")
    expect(receipt).to_contain_text("at most 5000 characters")
    expect(field).to_have_value("shumë " * 1000)
    expect(room.locator("#connection")).to_have_attribute("data-state", "live")
    line.cut()
    field.fill("E shkurtuar")
    room.locator("#compose-form button[type=submit]").click()
    expect(room.locator("#compose-form .underway li")).to_have_count(1)
    field.press_sequentially("Gjysma e")
    room.wait_for_timeout(600)
    room.context.close()
    assert organiser.texts() == []

    room = start_browser()
    expect(room.locator("#in-cards .words")).to_have_text(["E shkurtuar"])
    expect(room.locator("#compose-text")).to_have_value("Gjysma e")
    expect(room.locator("#refused li, .underway li")).to_have_count(0)
    assert organiser.texts() == ["E shkurtuar"]

    # Somebody else on the same machine, though nobody has signed out: not a word of it, and nothing in their name.
    other = room.context.new_page()
    enter(other, links["al-2"])
    expect(other.locator("#connection")).to_have_attribute("data-state", "live")
    expect(other.locator("#compose-text")).to_have_value("")
    expect(room.locator("#connection")).to_have_attribute("data-state", "left")
    room.locator("#compose-form button[type=submit]").click()
    expect(room.locator("#compose-form .underway li")).to_have_text(
        re.compile("Gjysma e.*Not sent: you are signed out", re.S)
    )
    enter(other, links["al-1"])
    expect(other.locator("#compose-text")).to_have_value("")
    room.reload()
    expect(room.locator("#in-cards .words")).to_have_text(["E shkurtuar", "Gjysma e"])
    room.context.close()


KEPT = """async () => {
  const kept = [];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => { indexedDB.open(name).onsuccess = (event) => done(event.target.result); });
    for (const table of Array.from(db.objectStoreNames)) {
      const all = db.transaction(table).objectStore(table).getAll();
      await new Promise((done) => { all.onsuccess = done; });
      kept.push(...all.result);
    }
    db.close();
  }
  kept.push(...Object.keys(localStorage), ...Object.keys(sessionStorage), ...await caches.keys());
  return kept;
}"""


def test_signing_out_leaves_nothing_behind_and_no_other_window_writes_it_again(
    server: Server, person: Person, links: dict[str, str], organiser: Voice
) -> None:
    ben = person("al-1")

    def without_the_browsers_help(route: Any) -> None:
        answer = route.fetch(max_redirects=0)
        route.fulfill(
            response=answer,
            headers={name: value for name, value in answer.headers.items() if name != "clear-site-data"},
        )

    ben.context.route("**/sign-out", without_the_browsers_help)
    room, other = ben.open(), ben.context.new_page()
    line = Line(other)
    other.goto(room.url)
    expect(other.locator("#connection")).to_have_attribute("data-state", "live")
    line.fall_silent()  # the server cannot tell this window
    room.locator("#compose-text").press_sequentially("I fshehtë")
    room.wait_for_timeout(500)
    room.evaluate("sessionStorage.setItem('x', '1'); localStorage.setItem('x', '1'); caches.open('x')")
    assert len(room.evaluate(KEPT)) == 4
    room.locator("details.my-menu > summary").click()
    other.locator("#compose-text").press_sequentially("Në dritaren tjetër")
    room.get_by_role("button", name="Sign out").click()
    room.wait_for_url(f"{server.url}/")
    other.wait_for_url(f"{server.url}/")
    other.wait_for_timeout(500)
    assert room.evaluate(KEPT) == []
    assert room.goto(f"{server.url}/w/{SLUG}/").status == 401  # type: ignore[union-attr]
    enter(room, links["al-2"])
    expect(room.locator("#connection")).to_have_attribute("data-state", "live")
    expect(room.locator("#compose-text")).to_have_value("")

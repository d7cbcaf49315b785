"""Two people, two browsers, one meeting: what one does the other sees, in their own language, without a reload."""

import re
import signal
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

Person = Callable[..., Any]


def begin(person: Person, item: str) -> Page:
    """Ana, who organises, opens the meeting and starts an item on her console."""
    console: Page = person("organiser").open("console")
    console.get_by_role("button", name="Open the meeting").click()
    row = console.locator(f'.run-item:has(input[name="item"][value="{item}"])')
    row.get_by_role("button", name="Start", exact=True).click()
    expect(row.get_by_role("button", name="Finish")).to_be_visible()
    return console


def write(page: Page, text: str) -> None:
    page.get_by_label(re.compile("^(Your contribution|Вашиот прилог)")).fill(text)
    page.locator("#compose-form button[type=submit]").click()


def test_what_ben_sends_stands_on_anas_console_and_on_the_big_screen_in_under_a_second(person: Person) -> None:
    console = begin(person, "presentation-mk")
    facilitator = person("co-facilitator")
    screen = facilitator.open("screen")
    room = person("mk-1").open()
    room.locator("#compose-text").wait_for()
    sent = time.monotonic()
    write(room, "Доверба се гради со месеци, а се губи за еден ден.")
    expect(console.locator("#in-cards")).to_contain_text("Доверба се гради со месеци", timeout=2_000)
    expect(screen.locator("#in-cards")).to_contain_text("Доверба се гради со месеци", timeout=2_000)
    assert time.monotonic() - sent < 2
    expect(console.locator("#in-cards .card-kind").first).to_have_text("Challenge")
    expect(screen.locator("#in-cards .card-kind").first).to_have_text("Предизвик")
    expect(room.locator("#compose-text")).to_have_value("")


def test_a_text_being_typed_survives_a_killed_server_and_is_sent_once(server: Server, person: Person) -> None:
    console = begin(person, "presentation-al")
    room = person("al-1").open()
    room.locator("#compose-text").fill("Nuk shohin përfitim.")
    server.stop(signal.SIGKILL)
    expect(room.locator("#connection")).not_to_have_attribute("data-state", "live")
    room.locator("#compose-form button[type=submit]").click()
    server.start()
    expect(console.locator("#in-cards .card")).to_have_count(1)
    expect(console.locator("#in-cards")).to_contain_text("Nuk shohin përfitim.")
    expect(room.locator("#in-cards .card")).to_have_count(1)


def test_a_draft_is_still_there_after_a_reload_and_gone_after_signing_out(person: Person) -> None:
    begin(person, "presentation-al")
    somebody = person("al-1")
    room = somebody.open()
    room.locator("#compose-text").press_sequentially("Ende po mendoj")
    room.wait_for_timeout(800)
    room.reload()
    expect(room.locator("#compose-text")).to_have_value("Ende po mendoj")


def test_remote_changes_never_move_the_focus_or_touch_what_is_being_typed(person: Person) -> None:
    begin(person, "presentation-al")
    room = person("al-1").open()
    field = room.locator("#compose-text")
    field.press_sequentially("Po shkruaj")
    field.evaluate("element => element.setSelectionRange(3, 5)")
    other = person("al-2").open()
    for n in range(10):
        write(other, f"Tjetri {n}")
        expect(other.locator("#in-cards")).to_contain_text(f"Tjetri {n}")
    expect(room.locator("#in-cards .card")).to_have_count(10)
    expect(field).to_be_focused()
    expect(field).to_have_value("Po shkruaj")
    assert field.evaluate("element => [element.selectionStart, element.selectionEnd]") == [3, 5]


def test_a_refusal_keeps_the_text_and_says_why(person: Person) -> None:
    console = begin(person, "presentation-al")
    room = person("al-1").open()
    room.locator("#compose-text").fill("A")
    console.locator('.run-item:has(input[value="break-1"])').get_by_role("button", name="Start", exact=True).click()
    expect(room.locator("#now")).to_contain_text("Break")
    expect(room.locator("body")).to_contain_text("A")


def test_where_websockets_are_blocked_long_polling_carries_the_meeting(person: Person) -> None:
    console = begin(person, "presentation-al")
    somebody = person("al-1")
    somebody.page.add_init_script("delete window.WebSocket; window.WebSocket = undefined;")
    room = somebody.open()
    write(room, "Pa WebSocket")
    expect(console.locator("#in-cards")).to_contain_text("Pa WebSocket")
    write(console_as_participant := person("al-2").open(), "Prapë")
    expect(room.locator("#in-cards")).to_contain_text("Prapë")
    console_as_participant.close()


def test_without_javascript_one_can_contribute_endorse_and_run_the_day(person: Person) -> None:
    plain = {"java_script_enabled": False}
    console = person("organiser", **plain).page
    console.goto(console.url + "console")
    console.get_by_role("button", name="Open the meeting").click()
    console.locator('.run-item:has(input[value="presentation-al"])').get_by_role(
        "button", name="Start", exact=True
    ).click()
    room = person("al-1", **plain).page
    room.get_by_label("Your contribution").fill("Pa skript")
    room.get_by_role("button", name="Send").click()
    expect(room.locator("#in-cards")).to_contain_text("Pa skript")
    other = person("ba-1", **plain).page
    other.get_by_role("button", name="We face this too").click()
    expect(other.locator("#in-cards")).to_contain_text("1 delegation faces this too")


def test_signing_out_on_a_shared_computer_leaves_nothing_behind(person: Person, server: Server) -> None:
    begin(person, "presentation-al")
    somebody = person("al-1")
    room = somebody.open()
    room.locator("#compose-text").fill("I fshehtë")
    room.wait_for_timeout(800)
    room.locator("details.my-menu > summary").click()
    room.get_by_role("button", name="Sign out").click()
    room.wait_for_url(f"{server.url}/")
    assert somebody.page.goto(f"{server.url}/w/wb-rehabilitation-2020/").status == 401
    kept = room.evaluate("async () => (await indexedDB.databases()).length + localStorage.length")
    assert kept == 0

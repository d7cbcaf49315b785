"""The board: contributions moved into themes by dragging, by keyboard and by "Move to", several at once, and taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Somebody, Voice


@pytest.fixture
def board(organiser: Voice, voice: Callable[[str], Voice], person: Callable[..., Somebody]) -> Page:
    """The console with four contributions and two themes."""
    writer = voice("al-1")
    for n in range(1, 5):
        writer.write(f"Pika {n}")
    for title in ("Trust", "Time"):
        organiser.do("add_theme", kind="challenge", title={"en": title})
    return person("facilitator", viewport={"width": 1366, "height": 768}).open("console")


def card(page: Page, text: str) -> Any:
    return page.locator("#in-cards > [data-contribution]", has_text=text)


def theme(page: Page, title: str) -> Any:
    return page.locator("section.theme", has=page.get_by_role("heading", name=title))


def inside(page: Page, title: str, count: int) -> None:
    expect(theme(page, title).locator("summary")).to_have_text(f"{count} contribution{'' if count == 1 else 's'}")


def test_a_contribution_is_dragged_into_a_theme_and_taken_back(board: Page) -> None:
    card(board, "Pika 1").locator(".words").drag_to(theme(board, "Trust"))
    inside(board, "Trust", 1)
    # It stays where it was in the list, and is there once.
    expect(card(board, "Pika 1")).to_have_count(1)
    board.get_by_role("button", name="Undo: moving a contribution into a theme").click()
    inside(board, "Trust", 0)
    board.get_by_role("button", name="Redo: moving a contribution into a theme").click()
    inside(board, "Trust", 1)


def test_several_are_selected_and_go_together(board: Page) -> None:
    for text in ("Pika 1", "Pika 3"):
        card(board, text).get_by_role("checkbox").check()
    expect(board.locator("#acting-count")).to_have_text("2 selected")
    board.locator("#acting-themes").get_by_role("button", name="2 · Time").click()
    inside(board, "Time", 2)
    expect(board.locator("#acting")).to_be_hidden()
    for text in ("Pika 2", "Pika 4"):
        card(board, text).get_by_role("checkbox").check()
    # The themes may be out of sight: while something is selected or dragged, they are in reach below.
    card(board, "Pika 2").locator(".words").drag_to(board.locator("#acting-themes").get_by_role("button", name="Trust"))
    inside(board, "Trust", 2)


def test_the_keyboard_alone_selects_moves_undoes_and_opens_a_theme(board: Page) -> None:
    card(board, "Pika 1").get_by_role("checkbox").focus()
    board.keyboard.press("1")
    inside(board, "Trust", 1)
    board.keyboard.press("Control+z")
    inside(board, "Trust", 0)
    board.keyboard.press("Control+y")
    inside(board, "Trust", 1)
    card(board, "Pika 2").get_by_role("checkbox").focus()
    board.keyboard.press("Space")
    board.keyboard.press("ArrowDown")
    board.keyboard.press("Space")
    expect(board.locator("#acting-count")).to_have_text("2 selected")
    board.locator("#acting-title").focus()
    board.keyboard.type("Rehabilitimi")
    board.keyboard.press("Tab")
    board.keyboard.press("Enter")
    inside(board, "Rehabilitimi", 2)
    # A letter moves nothing for somebody who writes.
    board.locator("#announce-text").focus()
    board.keyboard.type("1 mp")
    inside(board, "Trust", 1)


def test_finding_answers_every_keystroke_and_what_is_found_can_be_moved(
    board: Page, voice: Callable[[str], Voice]
) -> None:
    board.locator("#filter-q").press_sequentially("pika 3")
    found = board.locator("#found [data-contribution]")
    expect(found).to_have_count(1)
    expect(board.locator("#in-cards")).to_be_hidden()
    found.get_by_role("checkbox").check()
    board.locator("#acting-themes").get_by_role("button", name="1 · Trust").click()
    inside(board, "Trust", 1)
    board.locator("#filter-q").fill("pika")
    expect(found).to_have_count(4)
    voice("al-1").write("Pika 5")
    expect(found).to_have_count(5)
    board.locator("#filter-q").fill("")
    expect(board.locator("#in-cards")).to_be_visible()

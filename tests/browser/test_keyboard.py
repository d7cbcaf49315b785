"""With the keyboard alone: a whole meeting is run and contributed to; and nobody is disturbed by what others do meanwhile."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Somebody, Voice

TABS = 400
"""No page has more places for the focus than this before something that is on it."""


def reach(page: Page, wanted: Locator) -> None:
    """Goes from field to field with the Tab key until the wanted one has the focus, unfolding what is folded on the way."""
    for _ in range(TABS):
        if wanted.count() and wanted.first.evaluate("(each) => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {wanted}")


def press(page: Page, wanted: Locator) -> None:
    reach(page, wanted)
    page.keyboard.press("Enter")


def write(page: Page, field: Locator, text: str) -> None:
    reach(page, field)
    page.keyboard.type(text)


def confirm(page: Page) -> None:
    """The question stands with the focus on "Cancel": one step back is what was pressed."""
    expect(page.locator("dialog.confirm[open]")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")


def button(page: Page, command: str, **values: str) -> Locator:
    inputs = "".join(f':has([name="{name}"][value="{value}"])' for name, value in values.items())
    return page.locator(f'form[data-command="{command}"]{inputs} button[type=submit]')


def start(page: Page, item: str) -> None:
    """Starts an item that is not the next one: that is asked first."""
    press(page, button(page, "start_item", item=item))
    confirm(page)


@pytest.mark.timeout(240)
def test_a_whole_meeting_is_facilitated_and_contributed_to_with_the_keyboard_alone(
    person: Callable[..., Somebody],
) -> None:
    wide = {"viewport": {"width": 1366, "height": 768}}
    console, room = person("organiser", **wide).open("console"), person("al-1", **wide).open()
    press(console, button(console, "open_workshop"))
    start(console, "capture-1")
    # Silent writing.
    for n, text in enumerate(("Mungon stafi i trajnuar", "Burgu eshte i mbingarkuar")):
        write(room, room.locator("#compose-text"), text)
        press(room, button(room, "add_contribution"))
        expect(room.locator(".own")).to_have_count(n + 1)
    press(console, button(console, "reveal_contributions"))
    # Grouping: a theme of one contribution, then the other goes into it by its number.
    boxes = console.locator("#in-cards input.card-select")
    expect(boxes).to_have_count(2)
    reach(console, boxes.first)
    console.keyboard.press("Space")
    write(console, console.locator("#acting-title"), "Trained staff")
    press(console, console.locator('[data-act="theme"]'))
    expect(console.locator("section.theme")).to_have_count(1)
    reach(console, boxes.nth(1))
    console.keyboard.press("1")
    expect(console.locator("section.theme summary")).to_have_text("2 contributions")
    # The floor.
    press(room, button(room, "request_floor", purpose="question"))
    press(console, button(console, "give_floor"))
    expect(room.locator("#my-hand-title")).to_have_text("You have the floor")
    press(console, button(console, "end_floor"))
    # The vote.
    start(console, "positives")
    # The agreement.
    start(console, "agreement")
    drafting = console.locator('form[data-command="draft_conclusion"]')
    if drafting.locator("xpath=ancestor::details[not(@open)]").count():
        press(console, console.locator("details:has(form[data-command=draft_conclusion]) > summary").last)
    write(console, drafting.locator("textarea, input[type=text]").first, "We train staff together.")
    press(console, button(console, "draft_conclusion"))
    press(console, button(console, "put_conclusion"))
    reach(room, room.locator('form[data-command="take_position"] input[name=stance]').first)
    room.keyboard.press("Space")
    press(room, button(room, "take_position"))
    expect(room.locator(".position-taken")).to_contain_text("Our position")
    press(console, button(console, "finish_item", item="agreement"))
    press(console, button(console, "close_workshop"))
    confirm(console)
    expect(room.locator("#now-title")).to_contain_text("The meeting is closed")


STATE = """() => {
  const field = document.activeElement, box = field.getBoundingClientRect();
  return [field.id, field.value, field.selectionStart, field.selectionEnd, box.left, box.top];
}"""


@pytest.mark.parametrize("size", [(1366, 768), (360, 740)], ids=["desktop", "phone"])
def test_fifty_changes_by_others_leave_focus_text_selection_and_place_as_they_were(
    organiser: Voice, voice: Callable[[str], Voice], person: Callable[..., Somebody], size: tuple[int, int]
) -> None:
    writer = voice("mk-1")
    for n in range(8):
        writer.write(f"Earlier {n}")
    page = person("al-1", viewport={"width": size[0], "height": size[1]}).open()
    field = page.locator("#compose-text")
    field.fill("Mungon stafi i trajnuar për programet")
    page.evaluate(
        "window.scrollTo(0, document.querySelector('#compose-text').getBoundingClientRect().top + scrollY - 200)"
    )
    field.evaluate("(each) => { each.focus(); each.setSelectionRange(7, 12); }")
    *before, top = page.evaluate(STATE)
    theme = organiser.do("add_theme", kind="challenge", title={"en": "Trust"})["id"]
    for n in range(12):
        card = writer.write(f"Meanwhile {n}")
        organiser.do("group_contribution", contribution=card, theme=theme)
        organiser.do("extend_item", item="presentation-al", minutes=1)
        organiser.do("announce", text=f"Announcement {n}")
    organiser.do("rename_theme", theme=theme, title={"en": "The last of fifty changes"})
    expect(page.get_by_text("The last of fifty changes").first).to_be_attached()
    *after, still = page.evaluate(STATE)
    assert after == before
    assert abs(still - top) < 1  # windows scroll by whole pixels


def test_the_page_holds_still_when_asked_and_shows_all_when_let_go(
    organiser: Voice, voice: Callable[[str], Voice], person: Callable[..., Somebody]
) -> None:
    page = person("al-1").open()
    page.locator(".my-menu > summary").press("Enter")
    page.locator("#hold").press("Space")
    voice("mk-1").write("While it is held")
    bar = page.locator("#held button")
    expect(bar).to_have_text("Go on (1 change)")
    assert page.get_by_text("While it is held").count() == 0
    bar.press("Enter")
    expect(page.get_by_text("While it is held").first).to_be_visible()
    expect(page.locator("#held")).to_be_hidden()


def test_what_looks_personal_is_sent_only_when_its_writer_says_so(
    organiser: Voice, person: Callable[..., Somebody]
) -> None:
    page = person("al-1").open()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.locator("#compose-text").fill("Call Arben, +355 69 123 4567")
    button(page, "add_contribution").press("Enter")
    question = page.locator("dialog.confirm")
    expect(question).to_contain_text("a phone number")
    assert organiser.texts() == [] and not requests
    page.get_by_role("button", name="Mend it").press("Enter")
    expect(page.locator("#compose-text")).to_have_value("Call Arben, +355 69 123 4567")
    button(page, "add_contribution").press("Enter")
    page.get_by_role("button", name="Send it all the same").press("Enter")
    expect(page.locator(".own")).to_have_count(1)
    assert organiser.texts() == ["Call Arben, +355 69 123 4567"]


def test_the_practice_card_makes_the_way_to_the_server_and_back(person: Callable[..., Somebody]) -> None:
    page = person("al-1").open()
    page.locator("#practice-text").fill("Provë")
    page.get_by_role("button", name="Try to send").press("Enter")
    expect(page.locator("[data-practice] output")).to_contain_text("It works")
    expect(page.locator("[data-practice] output")).to_be_visible()
    expect(page.locator("#practice-text")).to_have_value("")


def test_asking_for_help_reaches_the_console(organiser: Voice, person: Callable[..., Somebody]) -> None:
    console, room = person("facilitator").open("console"), person("al-1").open()
    room.get_by_role("button", name="Help me, please").press("Enter")
    expect(console.locator("#help-wanted")).to_contain_text("asks for help")
    expect(room.locator("[data-help] output")).to_contain_text("The facilitators see")
    expect(room.locator("[data-help] output")).to_be_visible()
    console.get_by_role("button", name="Done").press("Enter")
    expect(console.locator("#help-wanted li")).to_have_count(0)


@pytest.mark.timeout(240)
def test_everybody_elses_job_is_done_with_the_keyboard_alone(
    organiser: Voice, voice: Callable[[str], Voice], person: Callable[..., Somebody]
) -> None:
    wide = {"viewport": {"width": 1366, "height": 768}}
    card = voice("al-1").write("Mungon stafi i trajnuar")
    # A speaker asks for the floor.
    speaker = person("consultant", **wide).open()
    press(speaker, button(speaker, "request_floor", purpose="comment"))
    expect(speaker.locator("#my-hand-title")).to_have_text("Your hand is up")
    # An interpreter translates.
    desk = person("interpreter-sq", **wide).open("desk")
    covered = desk.locator('[data-coverage="en"]')
    before = covered.text_content() or ""
    press(desk, button(desk, "take_next_translation"))
    expect(desk.locator(f"#translate-text-{card}")).to_be_focused()
    desk.keyboard.type("Trained staff is missing")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(f"#translating-{card} .translation")).to_contain_text("Trained staff is missing")
    expect(covered).not_to_have_text(before)
    # The next text has the focus.
    expect(desk.locator("textarea:focus")).not_to_have_id(f"translate-text-{card}")
    # The rapporteur takes notes.
    minutes = person("rapporteur", **wide).open("minutes")
    write(minutes, minutes.locator("#note-text-presentation-al"), "Albania presented two programmes.")
    press(minutes, button(minutes, "write_note", item="presentation-al"))
    expect(minutes.locator("#in-minutes")).to_contain_text("Albania presented two programmes.")
    # A participant votes.
    organiser.do("add_theme", kind="positive", title={"en": "Teams that plan together"})
    organiser.do("start_item", item="positives")
    voter = person("al-2", **wide).open()
    write(voter, voter.locator(".ballot-theme input"), "2")
    press(voter, button(voter, "cast_votes", item="positives"))
    expect(voter.locator(".ballot")).to_contain_text("You have given 2.")
    # The organiser changes the agenda.
    settings = person("organiser", **wide).open("settings")
    row = settings.locator(".settings-row", has_text="Joint conclusions")
    press(settings, row.locator("a, summary").first)
    length = settings.locator('form[data-command="edit_item"] input[name=minutes]')
    write(settings, length, "15")
    press(settings, settings.locator('form[data-command="edit_item"] button[type=submit]'))
    expect(row).to_contain_text("15 min")
    # A head of delegation signs the minutes.
    organiser.do("finish_item", item="positives")
    organiser.do("close_workshop")
    rapporteur = voice("rapporteur")
    rapporteur.do("draft_minutes")
    rapporteur.do("circulate_minutes")
    head = person("al-1", **wide).open("minutes")
    press(head, button(head, "sign_minutes"))
    confirm(head)
    expect(head.locator(".signature.is-signed")).to_contain_text("Albania")

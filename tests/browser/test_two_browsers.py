"""Two people, two browsers, one meeting: what one does the other sees, in their own language, without a reload."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Somebody, Voice, upload_slides
from tests.browser.line import Line, as_it_is, patch_in
from tests.servers import Server
from tests.translator import translator

Person = Callable[..., Any]


def begin(person: Person, item: str) -> Page:
    """Ana, who organises, opens the meeting and starts an item on her console."""
    console: Page = person("organiser").open("console")
    console.get_by_role("button", name="Open the meeting").click()
    row = console.locator(f'.run-item:has(input[name="item"][value="{item}"])')
    row.get_by_role("button", name="Start", exact=True).click()
    console.get_by_role("dialog").get_by_role("button", name="Start").click()  # it is not the next one
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
    server.kill()
    expect(room.locator("#connection")).not_to_have_attribute("data-state", "live")
    room.locator("#compose-form button[type=submit]").click()
    server.start()
    expect(console.locator("#in-cards .card")).to_have_count(1)
    expect(console.locator("#in-cards")).to_contain_text("Nuk shohin përfitim.")
    expect(room.locator("#in-cards .card")).to_have_count(1)


def test_whoever_is_removed_sees_nothing_of_the_meeting_any_more_and_keeps_what_they_were_writing(
    person: Person, organiser: Voice
) -> None:
    room = person("al-2").open()
    write(room, "Pak vetë.")
    expect(room.locator("#in-cards .card")).to_have_count(1)
    room.locator("#compose-text").press_sequentially("Po shkruaj")
    organiser.do("revoke_person", person="al-2")
    expect(room.locator("#connection")).to_have_attribute("data-state", "left")
    expect(room.locator("[data-in][id]")).to_have_count(0)
    expect(room.locator("main")).to_contain_text("Po shkruaj")


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


def test_a_refusal_says_why_and_its_text_can_be_mended_and_sent_again_though_its_form_is_gone(
    person: Person, organiser: Voice
) -> None:
    somebody = person("al-1")
    line = Line(somebody.page)
    room = somebody.open()
    line.down = lambda frame: [] if patch_in(frame) else [frame]
    organiser.do("start_item", item="break-1")
    write(room, "A")
    expect(room.locator("#compose-form output.receipt")).to_have_text(re.compile("is not on now"))
    expect(room.locator("#compose-text")).to_have_value("A")
    line.down = as_it_is
    organiser.do("announce", text="Coffee")

    expect(room.locator("#compose-form")).to_have_count(0)
    refused = room.locator("#refused li")
    expect(refused).to_contain_text("is not on now")
    refused.locator("textarea").fill("A, dhe më mirë")
    room.wait_for_timeout(200)
    room.reload()
    expect(refused).to_contain_text("is not on now")
    expect(refused.locator("textarea")).to_have_value("A, dhe më mirë")
    organiser.do("reopen_item", item="presentation-al")
    expect(room.locator("#compose-form")).to_have_count(1)
    refused.get_by_role("button", name="Send again").click()
    expect(room.locator("#in-cards .words")).to_have_text(["A, dhe më mirë"])
    expect(refused).to_have_count(0)
    room.reload()
    expect(room.locator("#connection")).to_have_attribute("data-state", "live")
    expect(refused).to_have_count(0)
    assert organiser.texts() == ["A, dhe më mirë"]


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


def test_slides_follow_the_presenter_and_one_may_leaf_back(organiser: Voice, person: Callable[..., Somebody]) -> None:
    presenter, other = person("al-1").open(), person("al-2").open()
    upload_slides(presenter, (f"Faqja {n}" for n in range(1, 4)))
    place = other.locator(".slides .slides-place")
    expect(place).to_have_text("Page 1 of 3")
    presenter.locator(".slides-lead").get_by_role("button", name="Next page").click()
    expect(place).to_have_text("Page 2 of 3")
    expect(other.locator(".slides img")).to_have_js_property("complete", True)
    assert other.locator(".slides img").evaluate("(each) => each.naturalWidth") > 500
    other.locator(".slides-leaf").get_by_role("button", name="Page before").click()
    expect(place).to_have_text("Page 1 of 3")
    # The presenter goes on; who leafs stays where they are, and returns with one key.
    presenter.locator(".slides-lead").get_by_role("button", name="Next page").click()
    expect(presenter.locator(".slides .slides-place")).to_have_text("Page 3 of 3")
    expect(place).to_have_text("Page 1 of 3")
    other.keyboard.press("Escape")
    expect(place).to_have_text("Page 3 of 3")
    other.locator(".slides-text summary").click()
    expect(other.locator(".slides-text p")).to_have_text("Faqja 3")


CHANGES = """() => new Promise((done) => {
  const seen = {}, digits = document.querySelector("[data-clock-left]");
  new MutationObserver(() => (seen[digits.textContent] = performance.timeOrigin + performance.now())).observe(
    digits, { childList: true, characterData: true, subtree: true });
  setTimeout(() => done(seen), 4000);
})"""


def test_all_clocks_show_the_same_second_also_after_a_lost_line_and_where_the_computers_clock_is_wrong(
    organiser: Voice, person: Callable[..., Somebody]
) -> None:
    steady, cut, wrong = person("facilitator"), person("al-1"), person("mk-1")
    wrong.page.add_init_script("const real = Date.now; Date.now = () => real() + 7 * 60000 + 400;")
    pages = [steady.open("screen"), cut.open(), wrong.open()]
    cut.context.set_offline(True)
    expect(cut.page.locator("#connection")).to_have_attribute("data-state", "offline", timeout=60_000)
    organiser.do("extend_item", item="presentation-al", minutes=5)
    cut.context.set_offline(False)
    expect(cut.page.locator("#connection")).to_have_attribute("data-state", "live", timeout=60_000)
    for page in pages:
        page.evaluate(f"window.changes = ({CHANGES})()")
    seen = [page.evaluate("window.changes") for page in pages]
    together = set(seen[0]) & set(seen[1]) & set(seen[2])
    assert len(together) >= 2, seen
    for digits in together:
        instants = [each[digits] for each in seen]
        assert max(instants) - min(instants) < 500, (digits, instants)


def test_two_who_edit_the_same_paragraph_are_told_of_each_other(
    organiser: Voice, person: Callable[..., Somebody]
) -> None:
    organiser.do("draft_minutes")
    one, other = person("rapporteur").open("minutes"), person("facilitator").open("minutes")
    paragraph = ".rewriting-paragraph:first-of-type"
    for page in (one, other):
        page.locator(f"{paragraph} > summary").click()
    one.locator(f"{paragraph} textarea").press_sequentially("Ab")
    told = other.locator(f"{paragraph} .typing")
    expect(told).to_contain_text("is editing this paragraph just now, in: English")
    expect(told).to_be_visible()
    one.get_by_role("button", name="Save the text").first.click()
    other.locator(f"{paragraph} textarea").press_sequentially("Cd")
    other.get_by_role("button", name="Save the text").first.click()
    expect(other.locator(f"{paragraph} .receipt")).to_contain_text("It was changed meanwhile. Your text is kept")


@pytest.fixture
def a_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A translating machine that the server, which starts after it, knows."""
    with translator() as url:
        monkeypatch.setenv("TRANSLATE_URL", url)
        monkeypatch.setenv("TRANSLATE_API_KEY", "secret")
        yield


@pytest.mark.usefixtures("a_machine")
def test_what_began_as_a_machines_suggestion_is_marked_so_and_asked_about_before_it_is_confirmed(
    organiser: Voice, voice: Callable[[str], Voice], person: Callable[..., Somebody]
) -> None:
    voice("al-1").write("Mungon stafi")
    desk = person("interpreter-mk").open("desk")
    form = desk.locator("section.translating", has_text="Mungon stafi").locator("form.translating-form")
    form.locator("select").select_option("mk")
    form.get_by_role("button", name="Побарај машински превод").click()
    expect(form.locator("textarea")).to_have_value("[sq→mk] Mungon stafi")
    expect(form.locator(".translating-note")).to_contain_text(re.compile("машински|machine"))
    form.locator("textarea").fill("Недостига персонал")
    form.locator("button[type=submit]").click()
    card = desk.locator("section.translating", has_text="Mungon stafi")
    expect(card.locator(".translation")).to_contain_text("Недостига персонал")
    expect(card.locator("[data-machine]")).to_have_count(1)
    card.locator('form[data-command="confirm_translation"] button').click()
    desk.get_by_role("dialog").locator(".confirm-yes").click()
    expect(card.locator("[data-machine]")).to_have_count(0)


def test_an_interpreter_goes_on_without_saving_and_whoever_types_has_the_text(
    organiser: Voice, voice: Callable[[str], Voice], person: Callable[..., Somebody]
) -> None:
    card = voice("al-1").write("Mungon stafi")
    mila, sara = (person(f"interpreter-{tag}").open("desk") for tag in ("mk", "sq"))
    field = f"#translate-text-{card}"
    mila.keyboard.press("Control+Enter")
    expect(mila.locator(field)).to_be_focused()
    expect(mila.locator(field)).to_have_attribute("lang", "en")
    mila.keyboard.press("Control+Enter")
    expect(mila.locator(field)).to_have_attribute("lang", "mk")
    mila.keyboard.press("Control+Enter")
    expect(mila.locator(field)).not_to_be_focused()
    expect(mila.locator("textarea:focus")).to_have_count(1)
    sara.locator(f"#translate-lang-{card}").select_option("en")
    sara.locator(field).press_sequentially("Staff")
    expect(mila.locator(f"#translating-{card}.is-taken")).to_have_count(1)
    expect(sara.locator(field)).to_have_value("Staff")

"""What a real Chromium shows: the first view of the room, and the console's board with many contributions."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright


def first_view(port: int, cookie: str, slug: str) -> dict[str, float]:
    """Kilobytes transferred, fonts aside, and seconds until the room is live, with an empty cache."""
    with _page(port, cookie) as page:
        kinds: dict[str, str] = {}
        sizes: dict[str, float] = {}
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.responseReceived", lambda event: kinds.__setitem__(event["requestId"], event["type"]))
        wire.on("Network.loadingFinished", lambda event: _add(sizes, kinds, event))
        began = time.perf_counter()
        page.goto(f"http://127.0.0.1:{port}/w/{slug}/")
        page.locator("#connection[data-state=live]").wait_for(state="attached")
        took = time.perf_counter() - began
    kilobytes = {f"kb_{kind.lower()}": round(size / 1024, 1) for kind, size in sorted(sizes.items())}
    total = sum(size for kind, size in sizes.items() if kind != "Font") / 1024
    return {"kb": round(total, 1), "seconds": round(took, 2)} | kilobytes


def _add(sizes: dict[str, float], kinds: dict[str, str], event: dict[str, Any]) -> None:
    kind = kinds.get(event["requestId"], "Other")
    sizes[kind] = sizes.get(kind, 0) + event["encodedDataLength"]


KEYSTROKES = ("t", "tr", "tra", "trai", "train", "9", "99", "999")
TIMED = """async ([watched, act, argument]) => {
  const place = document.getElementById(watched), began = performance.now();
  await new Promise((done) => {
    const seen = new MutationObserver(() => (seen.disconnect(), requestAnimationFrame(() => setTimeout(done))));
    seen.observe(place, { childList: true, subtree: true, characterData: true });
    if (act === "type") {
      const field = document.getElementById("filter-q");
      field.value = argument;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      const box = document.querySelectorAll("#in-cards input.card-select")[argument];
      box.focus();
      box.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true }));
    }
  });
  return performance.now() - began;
}"""


def board(port: int, cookie: str, slug: str) -> dict[str, list[float]]:
    """Seconds until a keystroke in the filter is answered on the screen, and until a contribution that is grouped with a key
    stands in its theme; and until the console is there."""
    with _page(port, cookie) as page:
        began = time.perf_counter()
        page.goto(f"http://127.0.0.1:{port}/w/{slug}/console")
        page.locator("#connection[data-state=live]").wait_for(state="attached")
        opened = time.perf_counter() - began
        typed = [page.evaluate(TIMED, ["found", "type", text]) / 1000 for text in KEYSTROKES]
        page.fill("#filter-q", "")
        page.wait_for_timeout(1000)
        grouped = [page.evaluate(TIMED, ["in-themes", "group", number]) / 1000 for number in range(5, 13)]
    return {"opened": [opened], "keystroke": typed, "grouped": grouped}


@contextmanager
def _page(port: int, cookie: str) -> Iterator[Page]:
    name, _, value = cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{port}"}])
        yield context.new_page()
        browser.close()

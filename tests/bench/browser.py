"""The first view of the room in a real Chromium: what is transferred, and how long until it is live."""

import shutil
import time
from typing import Any

from playwright.sync_api import sync_playwright


def first_view(port: int, cookie: str, slug: str) -> dict[str, float]:
    """Kilobytes transferred, fonts aside, and seconds until the room is live, with an empty cache."""
    name, _, value = cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{port}"}])
        page = context.new_page()
        kinds: dict[str, str] = {}
        sizes: dict[str, float] = {}
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.responseReceived", lambda event: kinds.__setitem__(event["requestId"], event["type"]))
        wire.on("Network.loadingFinished", lambda event: _add(sizes, kinds, event))
        began = time.perf_counter()
        page.goto(f"http://127.0.0.1:{port}/w/{slug}/")
        page.locator("#connection[data-state=live]").wait_for(state="attached")
        took = time.perf_counter() - began
        browser.close()
    kilobytes = {f"kb_{kind.lower()}": round(size / 1024, 1) for kind, size in sorted(sizes.items())}
    total = sum(size for kind, size in sizes.items() if kind != "Font") / 1024
    return {"kb": round(total, 1), "seconds": round(took, 2)} | kilobytes


def _add(sizes: dict[str, float], kinds: dict[str, str], event: dict[str, Any]) -> None:
    kind = kinds.get(event["requestId"], "Other")
    sizes[kind] = sizes.get(kind, 0) + event["encodedDataLength"]

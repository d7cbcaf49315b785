"""Pictures of every page, from the reference meeting as it is played: what one looks at before changing how something looks.

    docs/screenshots.py [FOLDER]       every page × English, Macedonian, Albanian × desktop and phone in light and dark, at 200 %
                                       zoom and 320 pixels wide (default: build/screenshots)
    docs/screenshots.py --only NAME    only the pictures whose names begin so (again and again: several)
    docs/screenshots.py --printed      only the few that the README and the guides show, into docs/pictures

Starts a server of its own on a free port of the loopback interface, with an instance that is thrown away afterwards.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask_migrate import upgrade  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from facilitation import create_app  # noqa: E402
from facilitation.activities.floor import FloorRequest  # noqa: E402
from facilitation.cli import find_workshop, make_links  # noqa: E402
from facilitation.config import REFERENCE_PLAN  # noqa: E402
from facilitation.extensions import db, now_ms  # noqa: E402
from facilitation.plan import read_plan  # noqa: E402
from facilitation.plan.storing import import_plan  # noqa: E402
from facilitation.play import Step, play, read_script  # noqa: E402
from facilitation.rehearsal import rehearse  # noqa: E402
from tests.browser.conftest import upload_slides  # noqa: E402
from tests.second_meeting import SCRIPT as SECOND_SCRIPT  # noqa: E402
from tests.second_meeting import second_plan  # noqa: E402
from tests.servers import SCRIPT, Process, free_port  # noqa: E402

SIZES = {"desktop": (1366, 768), "phone": (360, 740), "zoomed": (683, 384), "narrow": (320, 640)}
"""A page at 200 % zoom has half the pixels of its screen."""
IN_DARK_TOO = ("desktop", "phone")
LANGUAGES = ("en", "mk", "sq")
MINUTE = 60_000
SLIDES = ("Programi za liječenje od zavisnosti", "Tretman počinitelja krivičnih djela", "Podrška poslije otpusta")
SETTLED = 600
"""Milliseconds after which a page is connected and its clock has its digits."""


@dataclass(frozen=True)
class Picture:
    """A page as one person sees it at one moment of the meeting."""

    moment: str
    name: str
    who: str | None
    """The person's key; ``None`` for somebody who is not signed in."""
    path: str
    press: tuple[str, ...] = ()
    """Selectors of what is pressed first."""


# The moment of a picture is the item that is on, a command, or "end"; how many steps from there are played is in STEPS.
STEPS = {"round": 3, "presentation-me": 9, "capture-1": 7, "positives": 3, "agreement": 15, "circulate_minutes": 3}
PICTURES = [
    Picture("", "lobby", "mk-2", "/w/{slug}/"),
    Picture("", "console-before", "facilitator", "/w/{slug}/console"),
    Picture("", "design", None, "/design"),
    Picture("", "rehearsal", "facilitator", "/w/{slug}/rehearsal"),
    Picture("round", "room-floor", "mk-2", "/w/{slug}/"),
    Picture("round", "console-floor", "facilitator", "/w/{slug}/console"),
    Picture("presentation-me", "room-presentation", "me-1", "/w/{slug}/"),
    Picture("presentation-me", "screen-presentation", "facilitator", "/w/{slug}/screen"),
    Picture("capture-1", "room", "mk-1", "/w/{slug}/"),
    Picture("capture-1", "console", "facilitator", "/w/{slug}/console"),
    Picture("capture-1", "screen", "facilitator", "/w/{slug}/screen"),
    Picture("capture-1", "console-selected", "facilitator", "/w/{slug}/console", ("#in-cards .card-select",)),
    Picture("capture-1", "found", "facilitator", "/w/{slug}/found?q=a"),
    Picture("capture-1", "menu", "mk-1", "/w/{slug}/", (".my-menu > summary",)),
    Picture("positives", "room-vote", "al-2", "/w/{slug}/"),
    Picture("positives", "screen-vote", "facilitator", "/w/{slug}/screen"),
    Picture("agreement", "room-agreement", "rs-1", "/w/{slug}/"),
    Picture("agreement", "console-agreement", "facilitator", "/w/{slug}/console"),
    Picture("agreement", "screen-agreement", "facilitator", "/w/{slug}/screen"),
    Picture("agreement", "delegation", "rs-1", "/w/{slug}/delegation"),
    Picture("agreement", "desk", "interpreter-mk", "/w/{slug}/desk"),
    Picture("circulate_minutes", "reminders", "rapporteur", "/w/{slug}/reminders"),
    Picture("circulate_minutes", "minutes-signing", "mk-1", "/w/{slug}/minutes"),
    Picture("end", "minutes", "rapporteur", "/w/{slug}/minutes"),
    Picture("end", "privacy", "mk-1", "/w/{slug}/privacy"),
    Picture("end", "settings", "organiser", "/w/{slug}/settings"),
    Picture("end", "settings-links", "organiser", "/w/{slug}/settings#people"),
    Picture("end", "record", None, "/records/{slug}"),
    Picture("end", "records", None, "/records/?q=rehabilitation"),
    Picture("end", "error", None, "/nothing-is-here"),
    Picture("end", "home", None, "/"),
    Picture("end", "join", None, "{join}"),
    # A second meeting follows the first.
    Picture("series", "series-room", "mk-2", "/w/{slug}/"),
    Picture("series", "series-telling", "rapporteur", "/w/{slug}/", (".series summary", ".telling summary")),
    Picture("series", "series-console", "facilitator", "/w/{slug}/console", (".recognising summary",)),
    Picture("series", "series-settings", "organiser", "/w/{slug}/settings"),
]
PRINTED = {
    ("console", "desktop"): ("en", "mk"),
    ("room", "phone"): ("en", "mk"),
    ("screen-agreement", "desktop"): ("en",),
    ("minutes-signing", "desktop"): ("en", "mk"),
}
"""What the README and the guides show, in which languages; the file is named by page and language."""


def main() -> None:
    """Plays the meeting and stops where there is something to see."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "screenshots")
    options.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only pictures whose names begin so"
    )
    options.add_argument(
        "--printed", action="store_true", help="only those of the README and the guides, into docs/pictures"
    )
    given = options.parse_args()
    folder = ROOT / "docs" / "pictures" if given.printed else given.folder
    folder.mkdir(parents=True, exist_ok=True)
    with served() as server, sync_playwright() as playwright:
        links = server.prepare()
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        wanted = [picture for picture in PICTURES if picture.name.startswith(tuple(given.only) or "")]
        if any(picture.name == "rehearsal" for picture in wanted) and not given.printed:
            server.rehearse()
        for moment in meeting(server, links):
            if moment == "presentation-me":
                present(browser, links["me-1"])
            server.set_clocks_back(moment)
            for picture in wanted:
                if picture.moment == moment:
                    for path in take(browser, server, links, picture, folder, given.printed):
                        sys.stdout.write(f"{os.path.relpath(path)}\n")
        browser.close()


class Server:
    """A server process, and the same instance seen from here."""

    def __init__(self, instance: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # The limits are for people; here forty of them act within a few seconds.
        os.environ.update(INSTANCE_DIR=str(instance), PORT=str(port), BASE_URL=self.url, COMMANDS_BURST="100000")
        self.process = Process([sys.executable, "wsgi.py"], port, {**os.environ}, instance / "server.log")
        self._app = create_app()
        self.slug = read_plan(REFERENCE_PLAN.read_bytes()).slug

    def prepare(self) -> dict[str, str]:
        """Stores the reference plan. Returns a sign-in link for each person."""
        with self._app.app_context():
            upgrade()
            import_plan(read_plan(REFERENCE_PLAN.read_bytes()))
            links = {row["key"]: row["url"] for row in make_links(self.slug)}
            db.session.remove()
        self.process.start()
        return links

    def go_on(self, saved: dict[str, str], links: dict[str, str]) -> None:
        """Holds the meeting that follows; it is the one looked at from now on."""
        with self._app.app_context():
            self.slug = import_plan(read_plan(second_plan().encode()))
            links.update({row["key"]: row["url"] for row in make_links(self.slug)})
            db.session.remove()
        steps = [replace(step, args=_known(step.args, saved)) for step in read_script(SECOND_SCRIPT)]
        play(self.slug, steps, self.url, links, {}, None, _complain)

    def rehearse(self) -> None:
        """As its button does, with a report to look at when it returns."""
        folder = Path(os.environ["INSTANCE_DIR"]) / "rehearsals"
        folder.mkdir()
        with self._app.app_context():
            report = rehearse(find_workshop(self.slug), 2000, None, {"presentation-al": 12}, _complain)
        (folder / f"{self.slug}.json").write_text(json.dumps(report.plain(), ensure_ascii=False))

    def set_clocks_back(self, moment: str) -> None:
        """Lets the items have taken the time they were planned for, and a little more: the script plays them in seconds.

        The server is started anew, because it keeps what it has rendered until a command changes it.
        """
        self.process.kill()
        with self._app.app_context():
            at = now_ms()
            for item in reversed(find_workshop(self.slug).agenda):
                if item.started_at is None:
                    continue
                if item.key == moment:
                    item.started_at = at - round(0.4 * item.minutes * MINUTE)
                else:
                    item.finished_at = at
                    item.started_at = at - item.minutes * MINUTE - (4 * MINUTE if item.kind == "round" else 0)
                at = item.started_at
            for number, request in enumerate(db.session.scalars(db.select(FloorRequest).order_by(FloorRequest.seq))):
                if request.given_at is not None:
                    request.given_at = (request.ended_at or now_ms()) - (95 + 37 * (number % 4)) * 1000
            db.session.commit()
            db.session.remove()
        self.process.start()


@contextmanager
def served() -> Iterator[Server]:
    """A server that is gone afterwards, with everything it stored."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.process.kill()


def meeting(server: Server, links: dict[str, str]) -> Iterator[str]:
    """Plays the script; yields the moment whenever one is reached that there are pictures of."""
    saved: dict[str, str] = {}
    steps = read_script(SCRIPT)
    yield ""
    stops = [(_stop(steps, moment, count), moment) for moment, count in STEPS.items()]
    at = 0
    for stop, moment in [*stops, (len(steps), "end")]:
        part = [replace(step, args=_known(step.args, saved)) for step in steps[at:stop]]
        outcome = play(server.slug, part, server.url, links, {}, None, _complain)
        saved.update(outcome.saved)
        at = stop
        yield moment
    server.go_on(saved, links)
    yield "series"


def present(browser: Browser, link: str) -> None:
    """The presenter uploads three pages for the item that is on."""
    page = browser.new_page()
    page.goto(link)
    page.click("form.panel button.primary")
    upload_slides(page, (f"{n}. {title}" for n, title in enumerate(SLIDES, 1)))
    page.close()


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _stop(steps: list[Step], moment: str, count: int) -> int:
    start = next(
        step.number
        for step in steps
        if step.command == moment or (step.command == "start_item" and step.args["item"] == moment)
    )
    return start + count


def _known(value: Any, saved: dict[str, str]) -> Any:
    """The value with the names of ids that an earlier part kept replaced."""
    if isinstance(value, dict):
        return {_known(key, saved): _known(inner, saved) for key, inner in value.items()}
    if isinstance(value, list):
        return [_known(inner, saved) for inner in value]
    return saved.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value


def take(
    browser: Browser, server: Server, links: dict[str, str], picture: Picture, folder: Path, printed: bool
) -> Iterator[Path]:
    """Takes a picture in every size and language."""
    address = server.url + picture.path.format(slug=server.slug, join=links["mk-1"].removeprefix(server.url))
    for size, (width, height) in SIZES.items():
        looks = ("light", "dark") if size in IN_DARK_TOO and not printed else ("light",)
        wanted = PRINTED.get((picture.name, size), ()) if printed else LANGUAGES
        if not wanted:
            continue
        zoom = 2 if size == "zoomed" else 1
        context = browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=zoom, locale="en-GB"
        )
        page = context.new_page()
        if picture.who:
            page.goto(links[picture.who])
            page.click("form.panel button.primary")
        else:
            page.goto(server.url)
        token = page.get_attribute("meta[name=csrf-token]", "content") or ""
        for lang in wanted:
            chosen: dict[str, str | float | bool] = {"csrf_token": token, "lang": lang, "next": "/healthz"}
            context.request.post(f"{server.url}/language", form=chosen, headers={"Referer": server.url})
            # A public record is read in the language of its address.
            page.goto(f"{address}?lang={lang}" if picture.name == "record" else address)
            page.wait_for_timeout(SETTLED)
            for selector in picture.press:
                page.locator(selector).first.click()
            for look in looks:
                page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
                more = "" if printed else f".{size}{'.dark' if look == 'dark' else ''}"
                path = folder / f"{picture.name}.{lang}{more}.png"
                page.screenshot(path=path, full_page=not printed and picture.moment in ("", "end"))
                yield path
        context.close()


if __name__ == "__main__":
    main()

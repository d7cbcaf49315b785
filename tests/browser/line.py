"""The line between one page and the server, as bad as a test wants it."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

Filter = Callable[[str], list[str]]


def as_it_is(frame: str) -> list[str]:
    return [frame]


def nothing(_frame: str) -> list[str]:
    return []


class Line:
    """Everything that a page and the server say over WebSockets. Make it before the page is opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.up: Filter = as_it_is
        self.down: Filter = as_it_is
        self.sent: list[str] = []
        self._ends: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        page.route_web_socket(re.compile(r"/socket\.io/"), self._connect)

    def _connect(self, here: WebSocketRoute) -> None:
        there = here.connect_to_server()
        self._ends.append((here, there))
        here.on_message(lambda frame: self._carry((here, there), frame, self.up, there))
        there.on_message(lambda frame: self._carry((here, there), frame, self.down, here))
        here.on_close(lambda *_: self._hang_up((here, there), there))
        there.on_close(lambda *_: self._hang_up((here, there), here))

    def _hang_up(self, ends: tuple[WebSocketRoute, WebSocketRoute], other: WebSocketRoute) -> None:
        if ends in self._ends:
            self._ends.remove(ends)
            other.close()

    def _carry(
        self, ends: tuple[WebSocketRoute, WebSocketRoute], frame: str | bytes, through: Filter, to: WebSocketRoute
    ) -> None:
        assert isinstance(frame, str)
        if ends not in self._ends:
            return
        if to is ends[1]:
            self.sent.append(frame)
        for each in through(frame):
            to.send(each)

    def cut(self) -> None:
        """As when the cable is pulled: both ends hear of it, and nothing goes until it is mended."""
        self.page.context.set_offline(True)
        ends, self._ends = self._ends, []
        for here, there in ends:
            here.close()
            there.close()

    def mend(self) -> None:
        """The cable is back."""
        self.page.context.set_offline(False)

    def fall_silent(self) -> None:
        """As after a sleep: what is connected carries nothing any more, and neither end hears of it; new lines are good."""
        self._ends = []

    def ping(self) -> None:
        """The server's sign of life: where the page's clock runs ahead of the server's, it comes too rarely."""
        for here, _ in self._ends:
            here.send("2")

    def commands(self) -> list[dict[str, Any]]:
        """The commands that have left the page, each time they did."""
        messages = [
            json.loads(frame[frame.index("[") :]) for frame in self.sent if re.match(r'42\d*\["command"', frame)
        ]
        return [message for _, message in messages]


def patch_in(frame: str) -> dict[str, Any] | None:
    """The patch that a frame from the server holds."""
    if not frame.startswith('42["patch"'):
        return None
    patch: dict[str, Any] = json.loads(frame[2:])[1]
    return patch

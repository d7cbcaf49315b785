"""A small client that takes part in a meeting: signs in with a personal link, follows what changes, contributes.

    python docs/client/client.py LINK "What I want to say"

Needs ``requests`` and ``python-socketio[client]``. A test of the suite runs it against a real server; copy it and go on from
here.
"""

import argparse
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests
import socketio

PATIENCE = 10
"""Seconds for an answer."""


class Refused(Exception):
    """The server's refusal: ``code`` for programs, the message for people; nothing was changed."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.field, self.retry_after = error["code"], error.get("field"), error.get("retry_after")


class Meeting:
    """A meeting that one has joined. ``regions`` is what one sees: DOM id → HTML, kept up to date."""

    def __init__(self, link: str, view: str = "room", lang: str = "en") -> None:
        """``link``: a personal link, ``https://…/join/TOKEN``. Raises ``ValueError`` when it opens nothing."""
        self.server = link.partition("/join/")[0]
        self._browser = requests.Session()
        self.slug = self._sign_in(link)
        self._view, self._lang = view, lang
        self.regions: dict[str, str] = {}
        self.seq = 0
        self.on_change: Callable[[set[str]], None] = lambda changed: None
        """Called with the DOM ids that a patch has changed."""
        self._socket = socketio.Client()
        self._socket.on("patch", self._patched)
        self._socket.on("connect", lambda: threading.Thread(target=self._join, daemon=True).start())
        self._joined = threading.Event()
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._browser.cookies)
        self._socket.connect(self.server, headers={"Cookie": cookies}, transports=["websocket"])
        if not self._joined.wait(PATIENCE):
            raise TimeoutError("the meeting could not be joined")

    def _sign_in(self, link: str) -> str:
        """Opens the link and posts its form, as a person does; the meeting's name in addresses."""
        page = self._browser.get(link, timeout=PATIENCE)
        token = re.search(r'<meta name="csrf-token" content="([^"]+)">', page.text)
        if page.status_code != 200 or token is None:
            raise ValueError("this link opens nothing")
        room = self._browser.post(link, data={"csrf_token": token[1]}, timeout=PATIENCE)
        return room.url.split("/w/")[1].split("/")[0]

    def _join(self) -> None:
        """Joins, also after the line was lost: from the number that was seen last on."""
        message = {"workshop": self.slug, "view": self._view, "lang": self._lang}
        answer = self._ask("join", message | ({"since": self.seq} if self.seq else {}))
        self.seq = answer["seq"]
        self._take(answer["regions"])
        self._joined.set()

    def _ask(self, event: str, message: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._socket.call(event, message, timeout=PATIENCE)
        if not answer["ok"]:
            raise Refused(answer["error"])
        return answer

    def _patched(self, patch: dict[str, Any]) -> None:
        if patch["from"] > self.seq + 1:
            # One is missing: what changed since is asked for.
            threading.Thread(target=self._catch_up, daemon=True).start()
        elif patch["seq"] > self.seq:
            self.seq = patch["seq"]
            self._take(patch["regions"])

    def _catch_up(self) -> None:
        answer = self._ask("catch_up", {"since": self.seq})
        self.seq = answer["seq"]
        self._take(answer["regions"])

    def _take(self, regions: dict[str, str]) -> None:
        for dom_id, html in regions.items():
            if html:
                self.regions[dom_id] = html
            else:
                self.regions.pop(dom_id, None)
        self.on_change(set(regions))

    def command(self, name: str, **args: Any) -> dict[str, Any]:
        """Gives a command and returns its result; acknowledged means committed. Sent under one id until it is answered, so that
        it is carried out once. Raises ``Refused``."""
        message = {"id": str(uuid.uuid4()), "name": name, "args": args}
        while True:
            try:
                return dict(self._ask("command", message)["result"])
            except Refused as refused:
                if refused.retry_after is None:
                    raise
                time.sleep(refused.retry_after)
            except (socketio.exceptions.TimeoutError, socketio.exceptions.BadNamespaceError):
                time.sleep(1)

    def state(self) -> dict[str, Any]:
        """The meeting as plain values, as one may see it."""
        state: dict[str, Any] = self._browser.get(f"{self.server}/w/{self.slug}/state.json", timeout=PATIENCE).json()
        return state

    def leave(self) -> None:
        """Hangs up."""
        self._socket.disconnect()


def main() -> None:
    """Says something in the item that is on."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("link")
    options.add_argument("text")
    given = options.parse_args()
    meeting = Meeting(given.link)
    try:
        item = next(item["key"] for item in meeting.state()["agenda"] if item["state"] == "running")
        made = meeting.command(
            "add_contribution", item=item, kind="idea", lang="en", text=given.text, anonymity="delegation"
        )
        print(made["id"])  # noqa: T201
    finally:
        meeting.leave()


if __name__ == "__main__":
    main()

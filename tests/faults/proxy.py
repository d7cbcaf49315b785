"""A line with a mind of its own: a proxy on loopback that reads what the server says and passes it on, or not."""

import contextlib
import itertools
import json
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from typing import Final


class _Cut:
    """Cut the line here."""


CUT: Final = _Cut()
Rule = Callable[[str], Iterable[str | _Cut]]
"""From a message of the server to what reaches the client in its place."""

TEXT = 1


def pass_on(text: str) -> Iterable[str | _Cut]:
    """An honest line."""
    return [text]


def is_command_answer(text: str) -> bool:
    """Whether this acknowledges a command (and not a join, which brings regions)."""
    return text.startswith("43") and "regions" not in json.loads(text[text.index("[") :])[0]


def is_patch(text: str) -> bool:
    """Whether this is a patch."""
    return text.startswith('42["patch"')


class Once:
    """The rule of a line that breaks once at a command's answer, before or after that has passed; then it is honest."""

    def __init__(self, at_the_answer: Callable[[str], Iterable[str | _Cut]]) -> None:
        self._at_the_answer, self._armed = at_the_answer, threading.Event()

    def arm(self) -> None:
        """The next answer breaks the line."""
        self._armed.set()

    @property
    def armed(self) -> bool:
        """Whether it has still to happen."""
        return self._armed.is_set()

    def __call__(self, text: str) -> Iterable[str | _Cut]:
        if self._armed.is_set() and is_command_answer(text):
            self._armed.clear()
            return self._at_the_answer(text)
        return [text]


class Shuffled:
    """The rule of a line on which patches overtake one another, come twice or get lost."""

    def __init__(self, chance: random.Random, at_once: int = 4) -> None:
        self._chance, self._at_once = chance, at_once
        self._held: list[str] = []
        self.moved = 0

    def __call__(self, text: str) -> Iterable[str | _Cut]:
        if not is_patch(text):
            return [text]
        self._held.append(text)
        if len(self._held) < self._at_once:
            return []
        passing, self._held = self._held, []
        self._chance.shuffle(passing)
        passing[0] = self._chance.choice(passing)
        self.moved += 1
        return passing


class Proxy:
    """Listens on a port of its own and carries every connection to the server's, as ``rule`` says."""

    def __init__(self, port: int, rule: Callable[[], Rule] = lambda: pass_on) -> None:
        """``rule``: makes the rule of each new connection."""
        self.rule = rule
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self.crossings: list[Crossing] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self.crossings.append(Crossing(client, server, self.rule()))

    def cut(self) -> None:
        """Cuts every connection."""
        for crossing in self.crossings:
            crossing.cut()

    def freeze(self) -> None:
        """From now on nothing passes on the connections there are, and neither end is told."""
        for crossing in self.crossings:
            crossing.freeze()

    def close(self) -> None:
        """Ends."""
        # Closing alone would not wake the thread that waits for the next connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


class Crossing:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket, rule: Rule) -> None:
        self._client, self._server, self._rule = client, server, rule
        self._passing = threading.Event()
        self._passing.set()
        self._cut = False
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for way in (self._up, self._down):
            threading.Thread(target=self._carry, args=(way,), daemon=True).start()

    def freeze(self) -> None:
        """Nothing passes any more, and neither end is told."""
        self._passing.clear()

    def cut(self) -> None:
        """Both ends find the line broken."""
        self._cut = True
        self._passing.set()
        for end in (self._client, self._server):
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has gone already
            finally:
                end.close()

    def _carry(self, way: Callable[[], None]) -> None:
        # Where one end has gone, so does the other.
        with contextlib.suppress(OSError):
            way()
        self._passing.wait()
        self.cut()

    def _up(self) -> None:
        while data := self._client.recv(65536):
            self._wait_while_frozen()
            self._server.sendall(data)

    def _down(self) -> None:
        reader = self._server.makefile("rb")
        head = b"".join(itertools.takewhile(lambda line: line not in (b"\r\n", b""), reader))
        self._client.sendall(head + b"\r\n")
        while frame := reader.read(2):
            size = frame[1] & 0x7F
            if size >= 126:
                length = reader.read(2 if size == 126 else 8)
                size = int.from_bytes(length, "big")
                frame += length
            payload = reader.read(size)
            self._wait_while_frozen()
            if frame[0] & 0x0F != TEXT:
                self._client.sendall(frame + payload)
                continue
            for text in self._rule(payload.decode()):
                if isinstance(text, _Cut):
                    return
                self._client.sendall(_frame(text))

    def _wait_while_frozen(self) -> None:
        self._passing.wait()
        if self._cut:
            raise ConnectionAbortedError


def _frame(text: str) -> bytes:
    payload = text.encode()
    if len(payload) < 126:
        return bytes((0x80 | TEXT, len(payload))) + payload
    if len(payload) < 2**16:
        return bytes((0x80 | TEXT, 126)) + len(payload).to_bytes(2, "big") + payload
    return bytes((0x80 | TEXT, 127)) + len(payload).to_bytes(8, "big") + payload

"""A crowd of WebSocket clients in one thread, as lean as can be: what is measured is the server, not the crowd."""

import base64
import json
import os
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Line:
    """One client: its socket, what it has received of a frame, and what it is told of."""

    sock: socket.socket
    received: bytearray = field(default_factory=bytearray)
    answers: dict[int, Any] = field(default_factory=dict)
    last_seq: int = 0
    on_event: Callable[["Line", str], None] | None = None
    closed: bool = False

    def send(self, text: str) -> None:
        """Sends one text frame, masked as clients must (with a mask of zeros)."""
        body = text.encode()
        head = bytearray([0x81])
        if len(body) < 126:
            head.append(0x80 | len(body))
        else:
            head += bytes([0x80 | 126]) + len(body).to_bytes(2, "big")
        self.sock.sendall(bytes(head) + b"\0\0\0\0" + body)


class Crowd:
    """Clients that join one after another and then watch together."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.lines: list[Line] = []
        self._selector = selectors.DefaultSelector()
        self._acks = 0

    def enter(self, cookie: str = "", join: dict[str, Any] | None = None) -> Line:
        """Connects a client and, if told how, joins it; returns when it is there."""
        line = self.connect(cookie)
        self.until(lambda: line.answers.get(-1) is not None)
        if join is not None:
            answer = self.ask(line, "join", join)
            if not answer["ok"]:
                raise RuntimeError(f"not let in: {answer}")
        return line

    def connect(self, cookie: str = "") -> Line:
        """Begins to connect a client; it is there when ``answers[-1]`` is."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        reply = b""
        while not reply.endswith(b"\r\n\r\n"):
            byte = sock.recv(1)
            if not byte:
                raise ConnectionError("hung up during the handshake")
            reply += byte
        if b" 101 " not in reply.split(b"\r\n", 1)[0]:
            raise ConnectionError(reply.decode(errors="replace"))
        line = Line(sock)
        self.lines.append(line)
        self._selector.register(sock, selectors.EVENT_READ, line)
        line.send("40")
        return line

    def ask(self, line: Line, event: str, message: Any) -> Any:
        """Sends an event and waits for its answer."""
        number = self.tell(line, event, message)
        self.until(lambda: number in line.answers)
        return line.answers.pop(number)

    def tell(self, line: Line, event: str, message: Any) -> int:
        """Sends an event; the number under which its answer will be in ``answers``."""
        self._acks += 1
        line.send(f"42{self._acks}{json.dumps([event, message], separators=(',', ':'))}")
        return self._acks

    def until(self, done: Callable[[], bool], within: float = 60) -> None:
        """Lets the crowd listen until something is true. Raises ``TimeoutError``."""
        deadline = time.monotonic() + within
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError("the crowd waited in vain")
            self._listen(0.05)

    def listen(self, seconds: float) -> None:
        """Lets the crowd listen for so long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._listen(0.02)

    def leave(self) -> None:
        """Everybody hangs up."""
        for line in self.lines:
            self._close(line)
        self.lines.clear()
        self._selector.close()

    def _close(self, line: Line) -> None:
        if not line.closed:
            line.closed = True
            self._selector.unregister(line.sock)
            line.sock.close()

    def _listen(self, patience: float) -> None:
        for key, _ in self._selector.select(patience):
            line: Line = key.data
            try:
                got = line.sock.recv(262_144)
            except OSError:
                got = b""
            if not got:
                self._close(line)
                continue
            line.received += got
            self._take_frames(line)

    def _take_frames(self, line: Line) -> None:
        data = line.received
        while len(data) >= 2:
            length, start = data[1] & 127, 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(data[2:10], "big"), 10
            if len(data) < start + length:
                return
            kind, text = data[0] & 15, bytes(data[start : start + length])
            del data[: start + length]
            if kind == 1:
                self._hear(line, text)

    def _hear(self, line: Line, text: bytes) -> None:
        if text.startswith(b"42"):
            # Only the numbers are read: two hundred clients in one thread cannot each parse the HTML.
            if text.startswith(b'42["patch"'):
                line.last_seq = int(text[text.index(b'"seq":') + 6 :].split(b",", 1)[0])
            if line.on_event is not None:
                line.on_event(line, text.decode())
        elif text.startswith(b"43"):
            number, _, body = text[2:].decode().partition("[")
            line.answers[int(number)] = json.loads("[" + body)[0]
        elif text.startswith(b"40"):
            line.answers[-1] = True
        elif text == b"2":
            line.send("3")

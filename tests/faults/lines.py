"""Socket.IO by hand: one websocket, events out and in, answers by number."""

import itertools
import json
import socket
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import requests
import websocket

from tests.servers import SLUG

Heard = tuple[str | int, Any]
"""An event's name, or the number of the message that is answered; and what came with it."""


@dataclass(frozen=True)
class Seat:
    """Somebody of the meeting, signed in: what their browser holds."""

    key: str
    cookies: str

    def get(self, port: int, path: str = "", timeout: float = 10) -> requests.Response:
        """A page of the meeting; ``""`` is the room."""
        url = f"http://127.0.0.1:{port}/w/{SLUG}/{path}"
        response = requests.get(url, headers={"Cookie": self.cookies}, timeout=timeout, allow_redirects=False)
        assert response.status_code == 200, f"{path or 'room'}: {response.status_code}"
        return response


class LineLost(ConnectionError):
    """The connection has ended, or was refused."""


class Line:
    """A Socket.IO connection over one websocket."""

    def __init__(self, seat: Seat, port: int, timeout: float = 10, receive_buffer: int | None = None) -> None:
        self._numbers = itertools.count(1)
        self._tcp = socket.socket()
        self._tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer is not None:
            self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            self._tcp.settimeout(timeout)
            self._socket = websocket.create_connection(
                **self._reach(port),
                cookie=seat.cookies,
                suppress_origin=True,
                timeout=timeout,
                enable_multithread=True,
                # It is read as JSON anyway, and checking it byte by byte takes long.
                skip_utf8_validation=True,
            )
            self._recv()
            self._socket.send("40")
            welcome = self._recv()
            if not welcome.startswith("40"):
                raise LineLost(f"not let in: {welcome}")
        except BaseException:
            self.close()
            raise

    def _reach(self, port: int) -> dict[str, Any]:
        """Connects; where the websocket is, and over what."""
        self._tcp.connect(("127.0.0.1", port))
        return {"socket": self._tcp, "url": f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"}

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """The descriptor, for ``select``. Nothing is read ahead."""
        return self._tcp.fileno()

    @property
    def port(self) -> int:
        """The port at this end."""
        return int(self._tcp.getsockname()[1])

    def send(self, event: str, message: Any) -> int:
        """Sends an event; the number under which it will be answered."""
        number = next(self._numbers)
        self._socket.send(f"42{number}{json.dumps([event, message], ensure_ascii=False)}")
        return number

    def tell(self, event: str, message: Any) -> None:
        """Sends an event that is not answered."""
        self._socket.send(f"42{json.dumps([event, message], ensure_ascii=False)}")

    def send_binary(self, data: bytes) -> None:
        """Announces a binary event, which the protocol does not have here, and sends its attachment."""
        self._socket.send('451-9["command",{"_placeholder":true,"num":0}]')
        self._socket.send_binary(data)

    def pong(self) -> None:
        """Says that one is there, asked or not."""
        self._socket.send("3")

    def receive(self) -> Heard | None:
        """The next thing said; ``None`` when it means nothing to us. Raises ``LineLost`` when the line is cut."""
        text = self._recv()
        if text == "2":
            self.pong()
        elif text.startswith("42"):
            name, *values = json.loads(text[2:])
            return name, values[0] if values else None
        elif text.startswith("43"):
            number, bracket, rest = text[2:].partition("[")
            return int(number), json.loads(bracket + rest)[0]
        elif text.startswith(("41", "44")) or text == "1":
            raise LineLost(f"sent away: {text}")
        return None

    def _recv(self) -> str:
        text = self._socket.recv()
        if not text:
            raise LineLost("closed by the server")
        return str(text)

    def ask(self, event: str, message: Any) -> Any:
        """Sends an event; its answer. What else is said meanwhile is not listened to."""
        return self._answer(self.send(event, message))

    def ask_in_words(self, text: str) -> Any:
        """Sends an event as it is written, perhaps badly; its answer."""
        number = next(self._numbers)
        self._socket.send(f"42{number}{text}")
        return self._answer(number)

    def _answer(self, number: int) -> Any:
        while True:
            heard = self.receive()
            if heard is not None and heard[0] == number:
                return heard[1]

    def join(self, view: str = "room", **more: Any) -> Any:
        """Joins the meeting; the answer."""
        return self.ask("join", {"workshop": SLUG, "view": view, **more})

    def command(self, command_id: str, name: str, args: dict[str, Any]) -> Any:
        """Gives a command; the answer."""
        return self.ask("command", {"id": command_id, "name": name, "args": args})

    def close(self) -> None:
        """Hangs up, without waiting for a farewell."""
        self._tcp.close()

    def reset(self) -> None:
        """Breaks off in the middle, as a machine without power does when it is back."""
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

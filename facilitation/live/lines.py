"""The lines beneath the sockets: telling many at once, and hanging up on those who take nothing.

Somebody who hangs, or means harm, may stop reading and still answer pings. What is sent to them must not pile up here; a
browser that was only slow finds its way back and is told what it missed.
"""

import fcntl
import socket
import struct
import termios
import time
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from queue import Empty
from threading import Event
from typing import Any

from engineio.packet import MESSAGE, Packet
from socketio.packet import EVENT

from facilitation.extensions import socketio

LINE = "facilitation.line"
"""The key, in a socket's WSGI environment, of the line beneath it."""
MOST_MESSAGES = 200
"""Messages that may wait for one socket."""
MOST_BYTES = 8 * 1024 * 1024
"""Bytes that may wait for one socket: several times the largest page."""
STUCK_AFTER = 10.0
"""Seconds in which nothing at all of what waits has been taken."""
KERNEL_BUFFER = 128 * 1024
"""Bytes of each connection's send buffer."""
MOST_AT_ONCE = KERNEL_BUFFER // 8
"""Bytes in a connection's send buffer up to which another message surely fits whole."""

SAYS_WHO_WITHIN = 15.0
"""Seconds in which whoever has opened a line says who they are (Socket.IO's CONNECT)."""

NOTHING_WAITS = (None, 0)


class Line:
    """The TCP connection beneath a socket. ``alone``: nobody else runs while this module does (green threads)."""

    def __init__(self, connection: Any, alone: bool) -> None:
        self._connection = getattr(connection, "fd", connection)
        self._alone = alone
        self._looked: tuple[object, int] = NOTHING_WAITS
        self._since = 0.0
        with suppress(OSError):
            # A known size, and a bound: the kernel would keep megabytes for somebody who does not read.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)

    def unsent(self) -> int:
        """Bytes that the other side has not acknowledged; it changes as long as something gets through."""
        try:
            return int(struct.unpack("i", fcntl.ioctl(self._connection.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0])
        except (OSError, ValueError):
            return 0

    def takes(self, frame: bytes, queue: Any) -> bool:
        """Sends a whole frame without waiting; ``False``: it must wait its turn in the queue.

        Only where nothing waits, and where whoever sends what waits is not in the middle of something either.
        """
        if not self._alone or not queue.empty() or not queue.getting():
            return False
        if self.unsent() + len(frame) > MOST_AT_ONCE:
            return False
        try:
            sent = self._connection.send(frame, socket.MSG_DONTWAIT)
        except OSError:
            return False
        if sent < len(frame):
            # Half a frame cannot be taken back.
            self.cut()
        return True

    def is_stuck(self, waiting: object) -> bool:
        """Whether what waits for it (the first of it; ``None``: nothing) and what it has not acknowledged are the same for
        too long."""
        looks, now = (waiting, self.unsent()), time.monotonic()
        if looks == NOTHING_WAITS or looks != self._looked:
            self._looked, self._since = looks, now
        return now - self._since > STUCK_AFTER

    def cut(self) -> None:
        """Hangs up. Whoever is sending on it, or listening to it, stops."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


def tell(sids: Iterable[str], event: str, message: str) -> None:
    """Sends an event, with a message in JSON, to sockets of this process.

    It is encoded once and goes straight to every line that is idle. The queue and the green thread that each socket has for
    what must wait are three quarters of the cost of telling many (see ``docs/performance.md``).
    """
    packet = Packet(MESSAGE, f'{EVENT}["{event}",{message}]')
    frame = _frame(packet.encode())
    for sid in sids:
        eio_sid = socketio.server.manager.eio_sid_from_sid(sid, "/")
        found, line = socketio.server.eio.sockets.get(eio_sid), _line_of(eio_sid)
        by_websocket = found is not None and found.upgraded and not found.closed
        if not by_websocket or line is None or not line.takes(frame, found.queue):
            socketio.server._send_eio_packet(eio_sid, packet)


def is_clogged(sid: str) -> bool:
    """Whether more waits for the socket than may, or the same for too long."""
    eio_sid = socketio.server.manager.eio_sid_from_sid(sid, "/")
    found, line = socketio.server.eio.sockets.get(eio_sid), _line_of(eio_sid)
    if found is None:
        return False
    with getattr(found.queue, "mutex", nullcontext()):
        waiting = tuple(found.queue.queue)
    if len(waiting) > MOST_MESSAGES or sum(_size(packet) for packet in waiting) > MOST_BYTES:
        return True
    # What has left the queue and is not acknowledged waits as well, in the kernel or with whoever hands it over.
    return line is not None and line.is_stuck(id(waiting[0]) if waiting else None)


def is_there(sid: str) -> bool:
    """Whether the socket is still connected."""
    return bool(socketio.server.manager.is_connected(sid, "/"))


def waiting(sid: str) -> int:
    """How many messages wait for the socket."""
    found = socketio.server.eio.sockets.get(socketio.server.manager.eio_sid_from_sid(sid, "/"))
    return found.queue.qsize() if found is not None else 0


def transport(sid: str) -> str:
    """How the socket is told: ``websocket`` or ``polling``."""
    found = socketio.server.eio.sockets.get(socketio.server.manager.eio_sid_from_sid(sid, "/"))
    return "websocket" if found is not None and found.upgraded else "polling"


def hang_up(sid: str) -> None:
    """Ends a socket at once and forgets what waits for it."""
    _hang_up(socketio.server.manager.eio_sid_from_sid(sid, "/"))


def _hang_up(eio_sid: str) -> None:
    found, line = socketio.server.eio.sockets.get(eio_sid), _line_of(eio_sid)
    if found is None:
        return
    # Whoever sends what waits may take something meanwhile.
    with suppress(Empty):
        while True:
            found.queue.get(block=False)
            found.queue.task_done()
    found.close(wait=False, abort=True)
    if line is not None:
        line.cut()


_opened: dict[str, float] = {}
"""Lines whose other side has not said who they are, as far as is known, and since when."""


def hang_up_on_who_says_nothing() -> None:
    """From now on a line is cut whose other side does not say who they are: the library lets anybody keep one open."""
    engine = socketio.server.eio
    accept = engine.handlers["connect"]
    looking = Event()

    def opened(eio_sid: str, environ: dict[str, Any]) -> Any:
        _opened[eio_sid] = time.monotonic()
        if not looking.is_set():
            looking.set()
            socketio.start_background_task(_look_at_the_opened)
        return accept(eio_sid, environ)

    engine.handlers["connect"] = opened


def _look_at_the_opened() -> None:
    while True:
        socketio.sleep(1)
        for eio_sid, at in list(_opened.items()):
            has_said = socketio.server.manager.sid_from_eio_sid(eio_sid, "/") is not None
            if has_said or time.monotonic() - at > SAYS_WHO_WITHIN:
                del _opened[eio_sid]
                if not has_said:
                    _hang_up(eio_sid)


def anything_waits() -> bool:
    """Whether something waits for some socket of this process."""
    return any(not each.closed and each.queue.qsize() for each in list(socketio.server.eio.sockets.values()))


def cut_all() -> None:
    """Hangs up on everybody who is still there."""
    for environ in list(socketio.server.environ.values()):
        if environ.get(LINE) is not None:
            environ[LINE].cut()


def _line_of(eio_sid: str | None) -> Line | None:
    found: Line | None = socketio.server.environ.get(eio_sid, {}).get(LINE)
    return found


def _size(packet: Any) -> int:
    return len(packet.data) if packet is not None and isinstance(packet.data, str) else 0


def _frame(text: str) -> bytes:
    """A text frame as a server sends it (RFC 6455, section 5.2)."""
    body = text.encode()
    if len(body) < 126:
        return struct.pack("!BB", 0x81, len(body)) + body
    if len(body) < 65536:
        return struct.pack("!BBH", 0x81, 126, len(body)) + body
    return struct.pack("!BBQ", 0x81, 127, len(body)) + body

"""The lines beneath the sockets: how much waits for each to be taken, and hanging up on those who take nothing.

Somebody who hangs, or means harm, may stop reading and still answer pings. What is sent to them must not pile up here; a
browser that was only slow finds its way back and is told what it missed.
"""

import fcntl
import socket
import struct
import termios
import time
from contextlib import nullcontext, suppress
from typing import Any

from facilitation.extensions import socketio

LINE = "facilitation.line"
"""The key, in a socket's WSGI environment, of the TCP socket beneath it."""
MOST_MESSAGES = 200
"""Messages that may wait for one socket."""
MOST_BYTES = 8 * 1024 * 1024
"""Bytes that may wait for one socket: several times the largest page."""
STUCK_AFTER = 10.0
"""Seconds in which nothing at all of what waits has been taken."""

_seen: dict[str, tuple[object, float]] = {}
"""Socket → what its line looked like, and since when."""


def is_clogged(sid: str) -> bool:
    """Whether more waits for the socket than may, or the same for too long."""
    queue = _queue_of(sid)
    if queue is None or not queue.qsize():
        _seen.pop(sid, None)
        return False
    with getattr(queue, "mutex", nullcontext()):
        waiting = tuple(queue.queue)
    if len(waiting) > MOST_MESSAGES or sum(_size(packet) for packet in waiting) > MOST_BYTES:
        return True
    looks, now = (id(waiting[0]) if waiting else 0, _in_the_kernel(sid)), time.monotonic()
    looked, since = _seen.get(sid, (None, now))
    _seen[sid] = (looks, since if looks == looked else now)
    return looks == looked and now - since > STUCK_AFTER


def hang_up(sid: str) -> None:
    """Ends a socket at once and forgets what waits for it. Whoever is sending to it, or listening to it, stops."""
    eio_sid = socketio.server.manager.eio_sid_from_sid(sid, "/")
    found = socketio.server.eio.sockets.get(eio_sid)
    if found is None:
        return
    line = _line_of(eio_sid)
    while not found.queue.empty():
        found.queue.get(block=False)
        found.queue.task_done()
    found.close(wait=False, abort=True)
    _seen.pop(sid, None)
    if line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def anything_waits() -> bool:
    """Whether something waits for some socket of this process."""
    return any(not each.closed and each.queue.qsize() for each in list(socketio.server.eio.sockets.values()))


def _queue_of(sid: str) -> Any:
    found = socketio.server.eio.sockets.get(socketio.server.manager.eio_sid_from_sid(sid, "/"))
    return None if found is None else found.queue


def _line_of(eio_sid: str | None) -> Any:
    return socketio.server.environ.get(eio_sid, {}).get(LINE)


def _size(packet: Any) -> int:
    return len(packet.data) if packet is not None and isinstance(packet.data, str) else 0


def _in_the_kernel(sid: str) -> int:
    """Bytes that the other side has not taken yet; it changes as long as something gets through."""
    line = _line_of(socketio.server.manager.eio_sid_from_sid(sid, "/"))
    try:
        return int(struct.unpack("i", fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0])
    except (AttributeError, OSError, ValueError):
        return 0

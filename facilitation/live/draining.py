"""Leaving in good order: refuse new writes, finish what is in hand, tell every page when to come back, and go."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from facilitation.live import broadcast, lines

RETURN_AFTER = 2.0
"""Seconds after which pages may come back, each a little later than that."""
FINISH_WITHIN = 3.0
"""Seconds that requests and commands in hand have to be finished."""
TELL_WITHIN = 1.0
"""Seconds that the last messages have to get on their way."""
HAND_OVER = 0.1
"""Seconds for what has left the queue to leave the process."""

closing = threading.Event()
"""Set once the process has been told to stop."""
_count_lock = threading.Lock()
_in_hand = 0


@contextmanager
def in_hand() -> Iterator[None]:
    """Counts what must be finished before the process goes."""
    global _in_hand
    with _count_lock:
        _in_hand += 1
    try:
        yield
    finally:
        with _count_lock:
            _in_hand -= 1


def _wait(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.02)


def drain() -> None:
    """Refuses new writes, waits for those in hand, tells every page; returns when the process may end."""
    closing.set()
    _wait(lambda: _in_hand == 0, FINISH_WITHIN)
    broadcast.dismiss_all("draining", retry_after=RETURN_AFTER)
    _wait(lambda: not lines.anything_waits(), TELL_WITHIN)
    # Whoever took the last message from the queue may still be handing it over.
    time.sleep(HAND_OVER)
    lines.cut_all()

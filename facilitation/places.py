"""Work that costs much: a few at a time, a few more in line, and whoever comes then is asked to come back."""

import threading
from types import TracebackType


class Full(Exception):
    """So many wait already that it makes no sense to wait as well."""


class Places:
    """As a context: waits for a place. Raises ``Full`` when too many wait."""

    def __init__(self, at_a_time: int, in_line: int) -> None:
        self._places = threading.BoundedSemaphore(at_a_time)
        self._all = threading.BoundedSemaphore(at_a_time + in_line)

    def __enter__(self) -> None:
        if not self._all.acquire(blocking=False):
            raise Full
        self._places.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
        self._all.release()

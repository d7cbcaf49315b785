"""How much one person, or one address that guesses, may ask of us. Never less for many people behind one address."""

import threading
import time
from collections import OrderedDict

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

MAX_SOCKETS = 40
"""Sockets that one person may have open at a time."""
UNKNOWN_LINKS_A_MINUTE = RateLimitItemPerMinute(60)
WRONG_PASSWORDS_A_MINUTE = RateLimitItemPerMinute(20)

_guesses = FixedWindowRateLimiter(MemoryStorage())


def may_guess(kind: RateLimitItemPerMinute, address: str) -> bool:
    """Whether this address has guesses left."""
    return bool(_guesses.test(kind, str(kind.amount), address))


def guessed_wrong(kind: RateLimitItemPerMinute, address: str) -> None:
    """Counts a wrong guess from this address."""
    _guesses.hit(kind, str(kind.amount), address)


class Allowance:
    """Commands a person may send: a burst, then so many a second (a token bucket for each person)."""

    REMEMBERED = 10_000

    def __init__(self, burst: float, per_second: float) -> None:
        self.burst, self.per_second = burst, per_second
        self._left: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, person_id: int) -> float:
        """Takes one; 0 when there was one to take, else the seconds until there is."""
        now = time.monotonic()
        with self._lock:
            left, at = self._left.pop(person_id, (self.burst, now))
            left = min(self.burst, left + (now - at) * self.per_second)
            enough = left >= 1
            self._left[person_id] = (left - 1 if enough else left, now)
            if len(self._left) > self.REMEMBERED:
                self._left.popitem(last=False)
            return 0.0 if enough else round((1 - left) / self.per_second, 3)

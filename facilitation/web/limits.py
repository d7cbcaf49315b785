"""How much one person, or one address that guesses, may ask of us. Never less for many people behind one address."""

import ipaddress
import threading
import time
from collections import OrderedDict

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

MAX_SOCKETS = 40
"""Sockets that one person may have open at a time."""
UNKNOWN_LINKS_A_MINUTE = RateLimitItemPerMinute(60, namespace="links")
WRONG_PASSWORDS_A_MINUTE = RateLimitItemPerMinute(20, namespace="passwords")
ASKINGS_A_MINUTE = RateLimitItemPerMinute(60, namespace="door")

_memory = MemoryStorage()
_guesses = FixedWindowRateLimiter(_memory)


def may_guess(kind: RateLimitItemPerMinute, address: str) -> bool:
    """Whether this address has guesses left."""
    return bool(_guesses.test(kind, network_of(address)))


def guessed_wrong(kind: RateLimitItemPerMinute, address: str) -> None:
    """Counts a wrong guess from this address."""
    _guesses.hit(kind, network_of(address))


def take_guess(kind: RateLimitItemPerMinute, address: str) -> bool:
    """Counts a guess before anybody knows whether it is right, so that many at one moment are no more than there may be; whether
    there was one left. ``guessed_right`` gives it back."""
    return bool(_guesses.hit(kind, network_of(address)))


def guessed_right(kind: RateLimitItemPerMinute, address: str) -> None:
    """Gives a guess back that was none."""
    _memory.decr(kind.key_for(network_of(address)))


def network_of(address: str) -> str:
    """What is counted of an address: of IPv6 the network, because whoever has one address there has 2⁶⁴ of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


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

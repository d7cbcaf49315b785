"""Somebody is connected and says so, but never reads: a machine gone to sleep in the middle, a bad line, or ill will."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from websocket import WebSocketException

from tests.faults.conftest import Meeting
from tests.faults.lines import Line, Seat
from tests.faults.waiting import wait_until

LARGE = "🙂" * 4900
"""Sixty kilobytes on the line."""
LET_GO_WITHIN = 15
"""Seconds from the last thing written until the server has hung up."""
MEGABYTES = 50
"""What all of them together may cost the server for a while."""
ESTABLISHED = "01"


class SilentReader:
    """Joins, and from then on only talks."""

    def __init__(self, seat: Seat, port: int, says: Callable[[Line], object], every: float) -> None:
        # A small buffer at this end: what the kernels keep is not what is measured.
        self._line = Line(seat, port, receive_buffer=4096)
        self._line.join()
        self.port = self._line.port
        self._says, self._every = says, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        while not self._over.wait(self._every):
            try:
                self._says(self._line)
            except (OSError, WebSocketException):
                return  # let go

    def stop(self) -> None:
        """Breaks off."""
        self._over.set()
        self._line.reset()
        self._thread.join(timeout=5)


@contextmanager
def silent_readers(
    meeting: Meeting, number: int, says: Callable[[Line], object], every: float
) -> Iterator[list[SilentReader]]:
    """So many, each saying the same again and again."""
    # Past nginx, which would keep for a while what they do not read; it is for the server to let go of them.
    # All who are here read one language: what is kept rendered for each language is not what is measured either.
    seats = itertools.islice(itertools.cycle(of_one_delegation(meeting)), number)
    readers = [SilentReader(seat, meeting.server.direct_port, says, every) for seat in seats]
    try:
        yield readers
    finally:
        for reader in readers:
            reader.stop()


def of_one_delegation(meeting: Meeting) -> list[Seat]:
    """Five people who read the same language."""
    return [seat for seat in meeting.participants if seat.key.startswith("al-")]


def are_let_go(meeting: Meeting, readers: list[SilentReader]) -> bool:
    """Whether the server holds none of their connections open any more, whatever the other end thinks."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    held = {_port(row[2]) for row in rows if _port(row[1]) == meeting.server.direct_port and row[3] == ESTABLISHED}
    return not held.intersection(reader.port for reader in readers)


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def assert_they_cost_little(meeting: Meeting, readers: list[SilentReader], work_done: Callable[[], bool]) -> None:
    """While the work is done and until they are let go, the server's memory hardly grows, and the others stay."""
    before, most = meeting.server.memory, 0.0

    def over() -> bool:
        nonlocal most
        most = max(most, meeting.server.memory - before)
        assert most < MEGABYTES, f"they cost {most:.0f} MB"
        return work_done()

    wait_until(over, 60, lambda: f"the others to go on: {meeting.clients}")
    wait_until(lambda: over() and are_let_go(meeting, readers), LET_GO_WITHIN, "those who never read to be let go")
    assert {client.joins for client in meeting.clients} == {1}, "others were let go too"
    meeting.assert_nothing_is_lost()


def test_those_who_never_read_are_let_go_and_cost_the_others_nothing(meeting: Meeting) -> None:
    writers = [meeting.enter(seat) for seat in of_one_delegation(meeting)]
    meeting.wait_for_everybody()
    with silent_readers(meeting, 10, Line.pong, every=0.5) as readers:
        for writer in itertools.islice(itertools.cycle(writers), 100):
            writer.write(LARGE, anonymity="anonymous")
        assert_they_cost_little(meeting, readers, lambda: all(writer.idle for writer in writers))


def test_who_asks_for_everything_all_the_time_and_never_reads_is_let_go(meeting: Meeting) -> None:
    writer = meeting.enter("al-1")
    for _ in range(20):
        writer.write(LARGE, anonymity="anonymous")
    wait_until(lambda: writer.idle, 30, f"acknowledgements: {writer}")
    with silent_readers(meeting, 1, lambda line: line.send("catch_up", {"since": 0}), every=0.02) as readers:
        for _ in range(20):
            writer.write()
        assert_they_cost_little(meeting, readers, lambda: writer.idle)

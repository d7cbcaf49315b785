"""Somebody is connected, asks and pongs, but never reads: a machine gone to sleep in the middle, or ill will."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.conftest import Meeting
from tests.faults.lines import Line, Seat
from tests.faults.waiting import wait_until

LARGE = "🙂" * 4900
"""Sixty kilobytes on the line."""
TEXTS = 100
SILENT = 10
LET_GO_WITHIN = 15
"""Seconds from the first unread megabytes until the server has closed the line."""
MEGABYTES = 60
"""What such people may cost the server for a while, all together."""
ESTABLISHED = "01"


class SilentReader:
    """Joins and from then on only talks."""

    def __init__(self, seat: Seat, port: int) -> None:
        # A small buffer at this end: what the kernels keep is not what is measured.
        self.line = Line(seat, port, receive_buffer=4096)
        self.line.join()
        self.port = self.line.port
        self._talking = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        """Asks for everything again and again, and says that it is there."""
        while not self._talking.wait(0.02):
            try:
                self.line.send("catch_up", {"since": 0})
                self.line.pong()
            except OSError:
                return

    def stop(self) -> None:
        self._talking.set()
        self.line.reset()
        self._thread.join(timeout=5)


def connections_to(port: int) -> set[int]:
    """The ports at the other end of the connections that the server on this port holds open."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        int(row[2].partition(":")[2], 16)
        for row in rows
        if int(row[1].partition(":")[2], 16) == port and row[3] == ESTABLISHED
    }


@contextmanager
def silent_readers(meeting: Meeting) -> Iterator[list[SilentReader]]:
    seats = itertools.islice(itertools.cycle(meeting.participants[-5:]), SILENT)
    readers = [SilentReader(seat, meeting.server.port) for seat in seats]
    try:
        yield readers
    finally:
        for reader in readers:
            reader.stop()


def test_who_never_reads_is_let_go_and_costs_the_others_nothing(meeting: Meeting) -> None:
    writers = [meeting.enter(seat) for seat in meeting.participants[:5]]
    onlooker = meeting.enter("observer")
    wait_until(lambda: all(client.joined for client in meeting.clients), 10, lambda: f"to join: {meeting.clients}")
    before = meeting.server.memory
    with silent_readers(meeting) as readers:
        for writer in itertools.islice(itertools.cycle(writers), TEXTS):
            writer.write(LARGE)
        most = 0.0

        def all_let_go() -> bool:
            nonlocal most
            most = max(most, meeting.server.memory - before)
            return not {reader.port for reader in readers} & connections_to(meeting.server.port)

        wait_until(all_let_go, LET_GO_WITHIN, "those who never read to be let go")
        wait_until(lambda: all(writer.idle for writer in writers), 15, lambda: f"acknowledgements: {writers}")
        assert most < MEGABYTES, f"they cost {most:.0f} MB"
    assert [client.joins for client in meeting.clients] == [1] * 6, "others were let go too"
    assert onlooker.page.surprises == []
    meeting.assert_nothing_is_lost()

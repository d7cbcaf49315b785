"""The database is locked by somebody else, or its disk is full."""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.faults.conftest import Meeting, OpenMeeting
from tests.faults.lines import Line
from tests.faults.servers import Server, may_mount, waited_for_a_processor
from tests.faults.waiting import wait_until

LOCKED = 5.0
HEALTHY_WITHIN = 0.2
READ_WITHIN = 2.0


@pytest.fixture(scope="module")
def served(mode: str) -> str:
    """What is done here is done to a file: to SQLite."""
    return mode


@contextmanager
def health_watched(server: Server) -> Iterator[list[float]]:
    """Asks the health probe all the time; how long it took each time, but for what other programs took from the machine."""
    took: list[float] = []
    over = threading.Event()

    def ask() -> None:
        here = Path(f"/proc/self/task/{threading.get_native_id()}")
        with requests.Session() as probe:
            while not over.wait(0.02):
                before, waited_here, began = (
                    server.waited_for_a_processor(),
                    waited_for_a_processor(here),
                    time.monotonic(),
                )
                probe.get(f"{server.url}/healthz", timeout=10).raise_for_status()
                seconds = time.monotonic() - began - (waited_for_a_processor(here) - waited_here)
                after = server.waited_for_a_processor()
                took.append(seconds - max(after[task] - before.get(task, 0.0) for task in after))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join(timeout=15)


def timed(do: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.monotonic()
    do()
    return time.monotonic() - began


def test_a_database_that_another_process_has_locked_for_five_seconds(meeting: Meeting) -> None:
    *writers, late, later = meeting.participants[:22]
    clients = [meeting.enter(seat, patience=15) for seat in writers]
    meeting.wait_for_everybody()

    def join() -> None:
        with Line(late, meeting.server.port) as line:
            assert line.join()["ok"]

    with meeting.server.locked_database():
        with health_watched(meeting.server) as health:
            end = time.monotonic() + LOCKED
            for client in clients:
                client.write()
            reading = {
                "a page of somebody who is there": timed(lambda: writers[0].get(meeting.server.port)),
                "a page of somebody who comes": timed(lambda: later.get(meeting.server.port)),
                "joining": timed(join),
            }
            threading.Event().wait(end - time.monotonic())
        assert not meeting.ledger.acknowledged, "acknowledged, though nobody could write"
    wait_until(lambda: all(client.idle for client in clients), 30, lambda: f"acknowledgements: {clients}")
    slow = {what: f"{seconds:.2f} s" for what, seconds in reading.items() if seconds > READ_WITHIN}
    assert not slow, f"waited for the lock: {slow}"
    assert set(meeting.ledger.delays) <= {"unavailable"}
    assert len(health) > 20 and max(health) <= HEALTHY_WITHIN, f"the health probe took {max(health):.2f} s"
    meeting.assert_nothing_is_lost()


def test_a_disk_that_is_full_until_there_is_room_again(open_meeting: OpenMeeting) -> None:
    if not may_mount():
        pytest.skip("no file system may be mounted here")
    meeting = open_meeting(small_disk=16)
    ballast = meeting.server.inside / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    refuses_until_there_is_room(meeting, fill, ballast.unlink)


def test_files_that_may_not_grow_until_they_may_again(meeting: Meeting) -> None:
    """As with a quota. Needs no file system of its own."""

    def limit(size: int) -> None:
        for process in meeting.server.processes:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    largest = max(path.stat().st_size for path in meeting.server.folder.iterdir())
    refuses_until_there_is_room(meeting, lambda: limit(largest), lambda: limit(resource.RLIM_INFINITY))


def refuses_until_there_is_room(meeting: Meeting, fill: Callable[[], None], make_room: Callable[[], None]) -> None:
    """Writes are refused as long as there is no room, reads go on, and afterwards writing works without a restart."""
    clients = [meeting.enter(seat) for seat in meeting.participants[:6]]
    for client in clients:
        client.keep_writing(0.1)
    meeting.wait_for_acknowledgements(10)
    fill()
    wait_until(lambda: meeting.ledger.delays["unavailable"] >= 12, 30, lambda: f"refusals: {clients}")
    newcomer = meeting.participants[-1]
    newcomer.get(meeting.server.port)
    newcomer.get(meeting.server.port, "state.json")
    with Line(newcomer, meeting.server.port) as line:
        assert line.join()["ok"]
    make_room()
    meeting.wait_for_acknowledgements(12)
    assert [client.joins for client in clients] == [1] * len(clients), "it cost somebody their line"
    assert set(meeting.ledger.delays) == {"unavailable"}
    meeting.assert_nothing_is_lost()

"""Kept sessions: used by one at a time, in the order in which they asked."""

import threading

from facilitation.live.kept import KeptSession
from tests.conftest import Meeting


def test_whoever_has_waited_longest_is_next_even_if_the_one_before_asks_again_at_once(unwatched: Meeting) -> None:
    kept, came = KeptSession(), []
    at_the_door = threading.Event()

    def wait_in_line() -> None:
        with unwatched.app.app_context():
            at_the_door.set()
            with kept.in_use():
                came.append("another")

    other = threading.Thread(target=wait_in_line)
    with unwatched.app.app_context():
        with kept.in_use():
            other.start()
            at_the_door.wait()
            # From the door to the line; too short only makes the test easier to pass.
            threading.Event().wait(0.2)
        with kept.in_use():
            came.append("the one before")
    other.join()
    assert came == ["another", "the one before"]

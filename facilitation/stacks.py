"""Where every task of a process is at this moment, for operators of one that hangs: ``kill -USR1`` writes it to the log.

Names of files and functions and numbers of lines; never a value, since people's words are among those.
"""

import gc
import signal
import sys
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any


def say_on_signal() -> None:
    """Has the process write where its tasks are to standard error whenever it gets SIGUSR1."""
    signal.signal(signal.SIGUSR1, _say)


def _say(_number: int, _frame: FrameType | None) -> None:
    for name, frame in _tasks():
        said = "".join(f"  {at.filename}:{at.lineno} {at.name}\n" for at in traceback.extract_stack(frame))
        sys.stderr.write(f"task {name}\n{said}")
    sys.stderr.flush()


def _tasks() -> Iterator[tuple[str, Any]]:
    for thread, frame in sys._current_frames().items():
        yield f"thread {thread}", frame
    if "eventlet" in sys.modules:
        import greenlet

        for each in gc.get_objects():
            if isinstance(each, greenlet.greenlet) and each.gr_frame is not None:
                yield f"green thread {id(each)}", each.gr_frame

"""Loaded by a server process under test: its wall clock is off by as many seconds as the file ``CLOCK_OFFSET`` says."""

import mmap
import os
import struct
import time
from pathlib import Path

if "CLOCK_OFFSET" in os.environ:
    with Path(os.environ["CLOCK_OFFSET"]).open("r+b") as _file:
        _offset = mmap.mmap(_file.fileno(), 8)
    _time, _time_ns = time.time, time.time_ns

    def _seconds() -> float:
        return float(struct.unpack("d", _offset)[0])

    time.time = lambda: _time() + _seconds()
    time.time_ns = lambda: _time_ns() + int(_seconds() * 1_000_000_000)

"""What a writer is, and the way to run a slow one: in a process of its own, so that the server never waits for it.

The parent calls ``in_own_process(module)``; that module, run as a program, calls ``serve``. Between them go JSON on
standard input and the finished file on standard output.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from facilitation.record.document import Document, from_json, to_json

WriteFunction = Callable[[Document], bytes]

TIME_LIMIT = 60.0
"""Seconds that a writer's process may take, by the clock and, separately, on the processor."""
MEMORY_LIMIT = 2 * 1024**3
"""Bytes of address space that a writer's process may take."""

_IMPORT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Writer:
    """One file format that documents can be had in."""

    mimetype: str
    extension: str
    """Without the dot."""
    write: WriteFunction
    """Gives the whole file. Raises ``WritingFailed`` if it cannot be made."""


class WritingFailed(Exception):  # noqa: N818 - reads as what happened
    """A file could not be made of a document; the message is plain English, what went wrong inside is in a note."""


def in_own_process(module: str, time_limit: float = TIME_LIMIT) -> WriteFunction:
    """A function that has ``module``, run as a program, write the document; ``time_limit`` is in seconds.

    The process gets none of the server's environment (where its secrets are) and an empty directory to work in.
    """

    def write(document: Document) -> bytes:
        command = [sys.executable, "-P", "-m", module]
        environment = {"PYTHONPATH": str(_IMPORT_ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        request = json.dumps(to_json(document)).encode()
        with tempfile.TemporaryDirectory(prefix="writing-") as directory:
            try:
                done = subprocess.run(  # noqa: S603 - the command holds nothing that came from outside
                    command, input=request, capture_output=True, timeout=time_limit, cwd=directory, env=environment
                )
            except subprocess.TimeoutExpired as error:
                raise WritingFailed(f"The file was not ready after {time_limit:g} seconds.") from error
            except OSError as error:
                raise WritingFailed("The program that makes the file could not be started.") from error
        if done.returncode != 0:
            failure = WritingFailed("The program that makes the file stopped before the file was ready.")
            failure.add_note(f"{module} returned {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
            raise failure
        return done.stdout

    return write


def serve(write: WriteFunction) -> None:
    """The other end of ``in_own_process``: writes the document on standard input to standard output, within limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(TIME_LIMIT), int(TIME_LIMIT)))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    document = from_json(json.load(sys.stdin.buffer))
    sys.stdout.buffer.write(write(document))

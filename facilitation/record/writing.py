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

from facilitation.faults import told_of
from facilitation.places import Places
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


class WritingFailed(Exception):
    """A file could not be made of a document; the message is plain English, what went wrong inside is in a note."""


_PLACES = Places(at_a_time=2, in_line=20)
"""Files that are made at the same time, and those that wait their turn."""


def in_own_process(module: str, time_limit: float = TIME_LIMIT) -> WriteFunction:
    """A function that has ``module``, run as a program, write the document; ``time_limit`` is in seconds.

    It raises ``Full`` when too many wait for a place. The process gets none of the server's environment (where its secrets are)
    and an otherwise empty directory.
    """
    command = [sys.executable, "-P", "-m", module]
    environment = {"PYTHONPATH": str(_IMPORT_ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}

    def write(document: Document) -> bytes:
        with _PLACES, tempfile.TemporaryDirectory(prefix="writing-") as name:
            directory = Path(name)
            request, result, errors = directory / "request", directory / "result", directory / "errors"
            request.write_text(json.dumps(to_json(document)))
            # Files, not pipes: eventlet's pipes spin for ever when a process ends without having read its input.
            with request.open("rb") as stdin, result.open("wb") as stdout, errors.open("wb") as stderr:
                try:
                    done = subprocess.run(  # noqa: S603 - nothing in the command comes from outside
                        command,
                        stdin=stdin,
                        stdout=stdout,
                        stderr=stderr,
                        timeout=time_limit,
                        cwd=directory,
                        env=environment,
                    )
                except subprocess.TimeoutExpired as error:
                    raise WritingFailed(f"The file was not ready after {time_limit:g} seconds.") from error
                except OSError as error:
                    raise WritingFailed("The program that makes the file could not be started.") from error
            if done.returncode != 0:
                failure = WritingFailed("The program that makes the file stopped before the file was ready.")
                failure.add_note(f"{module} returned {done.returncode}: {errors.read_text(errors='replace')[-2000:]}")
                raise failure
            return result.read_bytes()

    return write


def serve(write: WriteFunction) -> None:
    """The other end of ``in_own_process``: writes the document on standard input to standard output, within limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(TIME_LIMIT), int(TIME_LIMIT)))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    try:
        document = from_json(json.load(sys.stdin.buffer))
        sys.stdout.buffer.write(write(document))
    except Exception as error:
        # What a writer says of a text that it cannot set is that text.
        sys.exit(told_of(error))

"""Server processes that can be killed, stopped, put on a small disk and shown another time."""

import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import servers

INSIDE = Path(__file__).parent / "inside"
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Server(servers.Server):
    """A server that one may do anything to."""

    settings: dict[str, str] = field(default_factory=dict)
    """Environment beyond what every test server has."""
    small_disk: int | None = None
    """Megabytes of a file system of its own for the instance, that only the server's processes see."""

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told, its clock among it."""
        clock = self.folder.with_name(f"{self.folder.name}.clock")
        if not clock.exists():
            clock.write_bytes(struct.pack("d", 0))
        return {**super().environment, "PYTHONPATH": str(INSIDE), "CLOCK_OFFSET": str(clock), **self.settings}

    @property
    def command(self) -> list[str]:
        """How it is started."""
        return [*self._own_file_system(), *super().command]

    def _own_file_system(self) -> list[str]:
        if self.small_disk is None:
            return []
        seen_by_all = self.folder.with_name(f"{self.folder.name}.template")
        shutil.copytree(self.folder, seen_by_all)
        fill = f'mount -t tmpfs -o size={self.small_disk}m tmpfs "$0" && cp -a "$1/." "$0" && shift && exec "$@"'
        return [*PRIVATE_MOUNTS, "sh", "-c", fill, str(self.folder), str(seen_by_all)]

    @property
    def direct_port(self) -> int:
        """A port of the server itself, past what stands before it."""
        return self.port

    def begin_anew(self, folder: Path) -> None:
        """From its next start on it has an empty instance in this folder, and the same secret."""
        folder.mkdir()
        shutil.copy(self.folder / "secret_key", folder)
        self.folder = folder

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with self.database() as database:
            try:
                return database.execute(question).fetchall()
            except sqlite3.OperationalError as error:
                raise AssertionError(f"the database cannot be read: {error}") from error

    def assert_sound(self) -> None:
        """Holds that the database is whole."""
        assert self.rows("PRAGMA integrity_check") == [("ok",)]
        assert self.rows("PRAGMA foreign_key_check") == []

    def told(self) -> str:
        """The end of what its processes have written."""
        return self.log.read_text()[-10_000:]

    def stacks(self) -> str:
        """Where each task of its processes is, for the report of a failure."""
        before = self.log.stat().st_size
        for process in self._served_by():
            with suppress(ProcessLookupError):
                os.killpg(process.running.pid, signal.SIGUSR1)
        time.sleep(2)
        with self.log.open() as log:
            log.seek(before)
            return log.read()

    def _served_by(self) -> list[servers.Process]:
        return [self.process] if self.process is not None else []

    @property
    def processes(self) -> list[int]:
        """The ids of all of its processes."""
        assert self.process is not None
        return self.process.ids

    @property
    def memory(self) -> float:
        """Megabytes of memory in use, without what is shared between its processes."""
        pages = 0
        for process in self.processes:
            resident, shared = map(int, Path(f"/proc/{process}/statm").read_text().split()[1:3])
            pages += resident - shared
        return pages * PAGE / 2**20

    def waited_for_a_processor(self) -> dict[int, float]:
        """Of each of its threads: the seconds in which it could have run and the machine was busy with others."""
        return {
            int(task.name): waited_for_a_processor(task)
            for process in self.processes
            for task in Path(f"/proc/{process}/task").iterdir()
        }

    @property
    def inside(self) -> Path:
        """The instance as its processes see it."""
        if self.small_disk is None:
            return self.folder
        assert self.process is not None
        return Path(f"/proc/{self.process.running.pid}/root{self.folder}")

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The database, to be looked at only."""
        connection = sqlite3.connect(f"file:{self.inside / 'facilitation.db'}?mode=ro", uri=True, timeout=5)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def locked_database(self) -> Iterator[None]:
        """Another process, this one, is writing for as long as it likes."""
        connection = sqlite3.connect(self.inside / "facilitation.db", isolation_level=None, timeout=5)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()

    def set_clock(self, offset: float) -> None:
        """Its wall clock is off by so many seconds from now on."""
        with self.folder.with_name(f"{self.folder.name}.clock").open("r+b") as clock:
            clock.write(struct.pack("d", offset))


def waited_for_a_processor(task: Path) -> float:
    """The seconds in which a thread, by its folder in /proc, could have run and the machine was busy with others."""
    try:
        return int((task / "schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0  # it has ended, or this kernel does not say


PRIVATE_MOUNTS = ["unshare", "--mount", "--propagation", "private"]
if os.geteuid() != 0:
    PRIVATE_MOUNTS += ["--user", "--map-root-user"]


def may_mount() -> bool:
    """Whether a file system may be mounted that nobody else sees."""
    if shutil.which("unshare") is None:
        return False
    command = [*PRIVATE_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0

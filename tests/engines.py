"""Real engines for tests: PostgreSQL, Redis and nginx, each on a free port of the loopback interface and gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.servers import free_port

STARTS_WITHIN = 30
"""Seconds."""
UNPRIVILEGED = ("postgres", "nobody")
"""Who PostgreSQL runs as where the tests run as root, which it refuses."""


def program(name: str) -> str:
    """Where a program of Debian's packages is."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), "/usr/sbin", "/usr/bin"]
    found = shutil.which(name, path=os.pathsep.join(map(str, places)))
    assert found, f"{name} is not installed; .ci/run installs it"
    return found


class PostgreSQL:
    """A cluster of its own; it can be stopped and started again."""

    def __init__(self) -> None:
        # Not in a folder of the test's: root's are root's alone, and PostgreSQL will not run as root.
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="facilitation-postgresql-")), free_port()
        self._as = self._unprivileged()
        if self._as:
            os.chown(self.folder, *self._as)
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "facilitation", "-A", "trust", "-E", "UTF8", "--no-sync"
        )

    @staticmethod
    def _unprivileged() -> tuple[int, int] | None:
        if os.getuid() != 0:
            return None
        found = next(pwd.getpwnam(name) for name in UNPRIVILEGED if name in {user.pw_name for user in pwd.getpwall()})
        return found.pw_uid, found.pw_gid

    def _run(self, name: str, *words: str) -> None:
        user, group = self._as or (None, None)
        done = subprocess.run(
            [program(name), *words],
            user=user,
            group=group,
            extra_groups=[] if self._as else None,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c shared_buffers=16MB -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stops it at once, in the middle of what it does; the disk has what was committed."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        """Stops it, if it runs, and leaves nothing of it."""
        with suppress(AssertionError):
            self.stop()
        shutil.rmtree(self.folder)

    def new_database(self, name: str) -> str:
        """Makes an empty database; its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "facilitation", name)
        return f"postgresql://facilitation@127.0.0.1:{self.port}/{name}"


class Redis:
    """A server that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        words = [program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir"]
        self._running = subprocess.Popen([*words, str(self.folder)], stdout=subprocess.DEVNULL)
        _wait_for(self.port, self._running)

    def stop(self) -> None:
        """Stops it at once."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(timeout=10)
            self._running = None


class Nginx:
    """nginx with a configuration that ``configure`` writes for its port."""

    def __init__(self, folder: Path, configure: Callable[[int], str]) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "nginx.conf").write_text(configure(self.port), encoding="utf-8")
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        """How it is started."""
        return [program("nginx"), "-p", str(self.folder), "-e", "stderr", "-c", str(self.folder / "nginx.conf")]

    def start(self) -> None:
        """Starts it and waits until it listens."""
        with (self.folder / "nginx.log").open("ab") as log:
            self._running = subprocess.Popen([*self.command, "-g", "daemon off;"], stdout=log, stderr=log)
        _wait_for(self.port, self._running)

    def stop(self) -> None:
        """Stops it."""
        if self._running is not None:
            self._running.terminate()
            self._running.wait(timeout=10)
            self._running = None


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert running.poll() is None and time.monotonic() < deadline, f"nobody listens on port {port}"
        time.sleep(0.02)

"""Server processes: on a free port of the loopback interface, with an instance of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facilitation.config import REFERENCE_PLAN, ROOT

SLUG = "wb-rehabilitation-2020"
SCRIPT = REFERENCE_PLAN.with_name("western-balkans-2020.script.yaml")
STARTS_WITHIN = 30
"""Seconds."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cookie_name(port: int) -> str:
    """Servers side by side on one machine keep their cookies apart."""
    return f"facilitation-{port}"


@dataclass
class Process:
    """A server process, with all that it starts a group of its own, so that nothing of it survives a kill."""

    command: list[str]
    port: int
    environment: dict[str, str]
    log: Path = Path(os.devnull)
    source: Path = ROOT
    """The folder of the release that it runs."""
    running: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, cwd=self.source, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._is_ready():
            assert self.running.poll() is None and time.monotonic() < deadline, f"not ready, see {self.log}"
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """kill -9, all at once: a machine that loses its power spares nobody. Its port is free afterwards."""
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait(timeout=10)
        deadline = time.monotonic() + 10
        while _listens(self.port):
            assert time.monotonic() < deadline, "the port of a killed server is not free"
            time.sleep(0.01)

    def terminate(self) -> None:
        """SIGTERM, as an upgrade does; it ends by itself."""
        self.running.terminate()
        self.running.wait(timeout=20)
        assert self.running.returncode == 0, f"see {self.log}"

    @property
    def ids(self) -> list[int]:
        """The ids of all of its processes."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                group = int(status.read_text().rpartition(")")[2].split()[2])
            except OSError:
                continue
            if group == self.running.pid:
                found.append(int(status.parent.name))
        return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(process: Process) -> Iterator[Process]:
    """The process, started; killed afterwards."""
    process.start()
    try:
        yield process
    finally:
        process.kill()


@dataclass
class Server:
    """Our server."""

    folder: Path
    mode: str = os.environ.get("ASYNC_MODE", "eventlet")
    port: int = field(default_factory=free_port)
    process: Process | None = None
    """``None`` while it is not running."""
    source: Path = ROOT
    """The folder of the release that it runs."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told. The limits are for people; tests act faster."""
        own = {"INSTANCE_DIR": str(self.folder), "PORT": str(self.port), "BASE_URL": self.url, "ASYNC_MODE": self.mode}
        return {**os.environ, **own, "COMMANDS_BURST": "100000"}

    @property
    def command(self) -> list[str]:
        """How it is started."""
        return [sys.executable, "wsgi.py"]

    def flask(self, *words: str) -> Any:
        """Runs a command of the command line; what it prints as JSON."""
        return json.loads(self._flask(*words, "--json"))

    def prepare(self) -> None:
        """Makes the database and stores the reference meeting."""
        self._flask("prepare")

    def _flask(self, *words: str) -> str:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        done = subprocess.run(
            command, cwd=self.source, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def links(self) -> dict[str, str]:
        """Person → sign-in link."""
        return {row["key"]: row["url"] for row in self.flask("workshop", "links", SLUG)}

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        self.process = Process(self.command, self.port, self.environment, self.log, self.source)
        self.process.start()

    @property
    def log(self) -> Path:
        """Where its processes write what they have to tell."""
        return self.folder.with_name(f"{self.folder.name}.log")

    def kill(self) -> None:
        """kill -9, if it is running."""
        if self.process is not None:
            self.process.kill()
            self.process = None

    def terminate(self) -> None:
        """SIGTERM; it ends by itself."""
        assert self.process is not None
        self.process.terminate()
        self.process = None

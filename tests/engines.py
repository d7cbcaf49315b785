"""Real engines for tests: PostgreSQL, Redis and nginx, each on a free port of the loopback interface and gone afterwards."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from facilitation.config import ROOT
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

    def __init__(self, durable: bool = False, superuser: str = "facilitation") -> None:
        """``durable``: it flushes to the disk at each commit, as it does in earnest; tests need no machine to lose its power."""
        self._flush = "on" if durable else "off"
        # Not in a folder of the test's: root's are root's alone, and PostgreSQL will not run as root.
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="facilitation-postgresql-")), free_port()
        self._as = self._unprivileged()
        if self._as:
            os.chown(self.folder, *self._as)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-sync")

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
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c shared_buffers=16MB -c fsync={self._flush}"
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

    def new_database(self, name: str, like: str | None = None) -> str:
        """Makes a database, empty or a copy of another that nobody is connected to; its address."""
        copied = ["-T", like] if like else []
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "facilitation", *copied, name)
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
        """Starts it, unless it runs, and waits until it answers."""
        if self._running is not None:
            return
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
        """Starts it, unless it runs, and waits until it listens."""
        if self._running is not None:
            return
        with (self.folder / "nginx.log").open("ab") as log:
            self._running = subprocess.Popen([*self.command, "-g", "daemon off;"], stdout=log, stderr=log)
        _wait_for(self.port, self._running)

    def stop(self) -> None:
        """Stops it."""
        if self._running is not None:
            self._running.terminate()
            self._running.wait(timeout=10)
            self._running = None


NGINX = ROOT / "deploy" / "nginx"


def bare_nginx(folder: Path, http: str) -> str:
    """A configuration of nginx that keeps everything it needs in a folder, and writes all that it is let write to ``error.log``
    there; ``http``: what stands in the context of http."""
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    return (
        f"{user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log info; "
        f"events {{ worker_connections 2048; }} http {{ {paths} access_log {folder}/access.log; {http} }}"
    )


def upstream(ports: Sequence[int]) -> str:
    """The file of ``deploy/`` that names the processes, with these ports in the place of its own."""
    text = (NGINX / "facilitation-upstream.conf").read_text()
    first, *others = re.findall(r"^ *server 127\.0\.0\.1:\d+ .*;\n", text, re.MULTILINE)
    for line in others:
        text = text.replace(line, "")
    return text.replace(first, "".join(re.sub(r":\d+", f":{port}", first) for port in ports))


@dataclass(frozen=True)
class Site:
    """The site of ``deploy/`` as it stands there, but on free ports and with a certificate of its own."""

    folder: Path
    members: Sequence[int]
    """The ports of the processes."""
    plain_port: int = field(default_factory=free_port)
    """Where it answers without TLS."""

    def configure(self, port: int) -> str:
        """The configuration of an nginx that serves it at this port."""
        self._certify()
        (self.folder / "facilitation-upstream.conf").write_text(upstream(self.members))
        shutil.copy(NGINX / "facilitation-locations.conf", self.folder)
        site = (NGINX / "facilitation.conf").read_text()
        for path in ("/etc/nginx/facilitation", "/etc/ssl/facilitation"):
            site = site.replace(path, str(self.folder))
        site = re.sub(r"listen \[::\]:.*", "", site)
        site = site.replace("listen 80;", f"listen 127.0.0.1:{self.plain_port};")
        site = site.replace("listen 443 ", f"listen 127.0.0.1:{port} ")
        (self.folder / "facilitation.conf").write_text(site)
        return bare_nginx(self.folder, f"include {self.folder}/facilitation.conf;")

    def _certify(self) -> None:
        files = ["-keyout", str(self.folder / "privkey.pem"), "-out", str(self.folder / "fullchain.pem")]
        words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=facilitation.example.org"]
        names = ["-addext", "subjectAltName=DNS:facilitation.example.org,IP:127.0.0.1"]
        subprocess.run(["openssl", *words, *names, *files], check=True, capture_output=True)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert running.poll() is None and time.monotonic() < deadline, f"nobody listens on port {port}"
        time.sleep(0.02)

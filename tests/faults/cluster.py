"""Several server processes on PostgreSQL and Redis behind nginx, with the configuration of ``deploy/``."""

import functools
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests import servers
from tests.engines import NGINX, Nginx, PostgreSQL, Redis, Site, bare_nginx, upstream
from tests.faults.servers import Server


@dataclass
class Cluster(Server):
    """To its clients one server: its port is nginx's."""

    tls: bool = field(default=False, kw_only=True)
    """Whether it is the whole site of ``deploy/``, with https alone; else the same behind a port without TLS."""
    engine: PostgreSQL = field(kw_only=True)
    database_url: str = field(kw_only=True)
    size: int = 2
    redis: Redis = field(init=False)
    nginx: Nginx = field(init=False)
    site: Site = field(init=False)
    members: list[servers.Process] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        own_folder = self.folder.with_name(f"{self.folder.name}.nginx")
        ports = [servers.free_port() for _ in range(self.size)]
        self.site = Site(own_folder, ports)
        plain = functools.partial(self._configuration, own_folder, ports)
        self.nginx = Nginx(own_folder, self.site.configure if self.tls else plain)
        self.port = self.nginx.port
        self.redis = Redis(self.folder)
        self._set_up(ports)

    def _set_up(self, ports: list[int]) -> None:
        self.members = [
            servers.Process(self.command, port, {**self.environment, "PORT": str(port)}, self.log) for port in ports
        ]

    @property
    def direct_port(self) -> int:
        """A port of the server itself, past what stands before it."""
        return self.members[0].port

    def begin_anew(self, folder: Path) -> None:
        """From its next start on it has an empty instance in this folder, and the same secret."""
        super().begin_anew(folder)
        self.database_url = self.engine.new_database(f"anew_{time.monotonic_ns()}")
        self._set_up([member.port for member in self.members])

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.port}" if self.tls else super().url

    @property
    def authority(self) -> Path:
        """Who vouches for its certificate."""
        return self.site.folder / "fullchain.pem"

    @property
    def environment(self) -> dict[str, str]:
        """What each process is told."""
        found = super().environment
        return {
            **found,
            "DATABASE_URL": self.database_url,
            **({"REDIS_URL": self.redis.url} if self._has_redis else {}),
        }

    @property
    def _has_redis(self) -> bool:
        return hasattr(self, "redis")

    def _configuration(self, folder: Path, ports: list[int], port: int) -> str:
        (folder / "upstream.conf").write_text(upstream(ports))
        shutil.copy(NGINX / "facilitation-locations.conf", folder)
        served = f"server {{ listen 127.0.0.1:{port}; include {folder}/facilitation-locations.conf; }}"
        return bare_nginx(folder, f"include {folder}/upstream.conf; {served}")

    def start(self) -> None:
        """Starts all of it."""
        self.redis.start()
        for member in self.members:
            member.start()
        self.nginx.start()

    def kill(self) -> None:
        """kill -9 of every process."""
        for member in self._served_by():
            member.kill()
        self.nginx.stop()
        self.redis.stop()

    def terminate(self) -> None:
        """SIGTERM to every process at once, as an upgrade of all does; nginx and the engines stay."""
        running = self._served_by()
        for member in running:
            member.running.terminate()
        for member in running:
            member.running.wait(timeout=20)
            assert member.running.returncode == 0, f"see {self.log}"

    def _served_by(self) -> list[servers.Process]:
        return [each for each in self.members if hasattr(each, "running") and each.running.poll() is None]

    @property
    def ids(self) -> list[int]:
        """The ids of all processes of the server: what its clients speak to beside, nginx and the engines, is not it."""
        return [number for member in self._served_by() for number in member.ids]

    @property
    def processes(self) -> list[int]:
        """The same."""
        return self.ids

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with psycopg.connect(self.database_url) as database:
            return database.execute(question.encode()).fetchall()

    def assert_sound(self) -> None:
        """PostgreSQL sees to it itself."""

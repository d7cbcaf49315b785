"""Settings from the environment, typed and checked."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import make_url

ROOT = Path(__file__).resolve().parent.parent
REFERENCE_PLAN = ROOT / "docs" / "reference" / "western-balkans-2020.plan.yaml"
"""The reference meeting: demonstration, example and test."""
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
T = TypeVar("T", bound=str)


class UnsafeSetting(ValueError):
    """A setting that cannot be used; says which and why."""


@dataclass(frozen=True)
class Settings:
    """What the environment asks for; see the table in docs/operating.md."""

    host: str
    port: int
    database_url: str
    redis_url: str | None
    secret_key: str | None
    base_url: str
    allowed_origins: tuple[str, ...]
    async_mode: Literal["eventlet", "threading"]
    instance_dir: Path
    log_format: Literal["text", "json"]
    commands_burst: int
    """Commands a person may send at once."""
    commands_per_second: float
    """Commands a second that a person may send after the burst."""
    translate_url: str | None
    """A server with the HTTP API of LibreTranslate, for suggestions at the interpreters' desk; none where it is not set."""
    translate_api_key: str | None
    metrics_token: str | None
    """What whoever asks for ``/metrics`` must bear; without it nobody may."""
    secret_key_fallbacks: tuple[str, ...] = ()
    """Earlier secret keys, whose sessions still count."""

    @property
    def secure(self) -> bool:
        """Whether people reach the server over https, so that cookies must not travel otherwise."""
        return self.base_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """What the session's cookie is called: another name for each of several copies that people reach on one machine."""
        return "__Host-facilitation" if self.secure else f"facilitation-{urlsplit(self.base_url).port or self.port}"


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Reads the settings. Raises ``UnsafeSetting`` for a value that makes no sense."""
    host = environment.get("HOST", "127.0.0.1")
    port = _number(environment, "PORT", 5000)
    instance = Path(environment.get("INSTANCE_DIR", "instance")).absolute()
    reached_at = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    base_url = _address(environment, "BASE_URL") or f"http://{reached_at}:{port}"
    return Settings(
        host=host,
        port=port,
        database_url=_database_url(environment.get("DATABASE_URL", f"sqlite:///{instance / 'facilitation.db'}")),
        redis_url=environment.get("REDIS_URL") or None,
        secret_key=environment.get("SECRET_KEY") or None,
        base_url=base_url,
        allowed_origins=_origins(environment.get("ALLOWED_ORIGINS"), base_url, port),
        async_mode=_one_of(environment, "ASYNC_MODE", "eventlet", "threading"),
        instance_dir=instance,
        log_format=_one_of(environment, "LOG_FORMAT", "text", "json"),
        commands_burst=_number(environment, "COMMANDS_BURST", 100),
        commands_per_second=_number(environment, "COMMANDS_PER_SECOND", 5),
        translate_url=_address(environment, "TRANSLATE_URL"),
        translate_api_key=environment.get("TRANSLATE_API_KEY") or None,
        metrics_token=environment.get("METRICS_TOKEN") or None,
        secret_key_fallbacks=tuple(environment.get("SECRET_KEY_FALLBACKS", "").split()),
    )


def unsafe_settings(settings: Settings) -> list[str]:
    """What ``make serve`` refuses to start with, a sentence each; empty when all is well."""
    found = []
    if not settings.secret_key or len(settings.secret_key) < 32:
        found.append("SECRET_KEY: set a random value of at least 32 characters")
    if any(len(key) < 32 for key in settings.secret_key_fallbacks):
        found.append("SECRET_KEY_FALLBACKS: earlier keys of at least 32 characters, with spaces between them")
    if not settings.secure and urlsplit(settings.base_url).hostname not in THIS_MACHINE:
        found.append("BASE_URL: people outside this machine must come over https")
    if any(not origin.startswith("https://") for origin in settings.allowed_origins) and settings.secure:
        found.append("ALLOWED_ORIGINS: every origin must be https when BASE_URL is")
    if settings.metrics_token and len(settings.metrics_token) < 16:
        found.append("METRICS_TOKEN: set a random value of at least 16 characters, or none")
    database = make_url(settings.database_url)
    if (
        not _is_near(database.host or str(database.query.get("host", "")))
        and database.query.get("sslmode") != "verify-full"
    ):
        found.append("DATABASE_URL: a database on another machine is reached with sslmode=verify-full")
    redis = urlsplit(settings.redis_url or "")
    unchecked = redis.scheme == "redis" or any(f"ssl_{what}" in redis.query for what in ("cert_reqs", "check_hostname"))
    if unchecked and not _is_near(redis.hostname or ""):
        found.append("REDIS_URL: a Redis on another machine is reached with rediss://, and its certificate is checked")
    translator = urlsplit(settings.translate_url or "")
    if translator.scheme == "http" and translator.hostname not in THIS_MACHINE:
        found.append("TRANSLATE_URL: what people wrote must not leave this machine unencrypted")
    if (settings.commands_burst, settings.commands_per_second) != (100, 5):
        found.append("COMMANDS_BURST, COMMANDS_PER_SECOND: raised limits are for the bench alone")
    return found


def _is_near(host: str) -> bool:
    """Whether what is said to a host stays on this machine: no host or a socket's path, its own names, or a name without a dot,
    as containers of one machine call one another."""
    return host in ("", *THIS_MACHINE) or host.startswith("/") or not re.search(r"[.:,]", host)


def local_secret_key(instance_dir: Path) -> str:
    """The secret of a development instance: made once, kept in the instance, readable by its owner alone."""
    path = instance_dir / "secret_key"
    if not path.exists():
        instance_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def _address(environment: Mapping[str, str], name: str) -> str | None:
    address = environment.get(name, "").rstrip("/")
    if address and urlsplit(address).scheme not in ("http", "https"):
        raise UnsafeSetting(f"{name}: {address!r} is not an http or https address")
    return address or None


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(environment.get(name) or default)
    except ValueError:
        raise UnsafeSetting(f"{name}: {environment[name]!r} is not a whole number") from None


def _one_of(environment: Mapping[str, str], name: str, *values: T) -> T:
    given = environment.get(name) or values[0]
    for value in values:
        if value == given:
            return value
    raise UnsafeSetting(f"{name}: {given!r} is none of {', '.join(values)}")


def _database_url(url: str) -> str:
    """The URL for SQLAlchemy: PostgreSQL is always reached through psycopg 3."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _origins(given: str | None, base_url: str, port: int) -> tuple[str, ...]:
    if given:
        return tuple(origin.strip().rstrip("/") for origin in given.split(",") if origin.strip())
    parts = urlsplit(base_url)
    own = f"{parts.scheme}://{parts.netloc}"
    if parts.hostname in ("127.0.0.1", "localhost"):
        return tuple(dict.fromkeys((own, f"http://127.0.0.1:{port}", f"http://localhost:{port}")))
    return (own,)

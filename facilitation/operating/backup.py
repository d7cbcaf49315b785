"""Backup and restore: one file with every row and every uploaded picture, taken while people write, for either engine.

The rows are read in one transaction, so that the file holds one moment: all that was acknowledged before it began. It is put back
into an empty instance at the revision that it was taken from and then migrated, whatever engine either of the two has: the same
two commands move an installation from SQLite to PostgreSQL.
"""

import hashlib
import json
import os
import tarfile
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import Boolean, Date, MetaData, Table, func, inspect, select, text
from sqlalchemy.engine import Connection

from facilitation.extensions import db, migrate, now_ms, snapshot
from facilitation.meeting.models import Workshop
from facilitation.record import library, seal

BACKUP_FORMAT = "facilitation-backup/1"
SLIDES = "slides"
ROWS_AT_ONCE = 500
_DERIVED = ("alembic_version", "record_search")
"""Tables that are no rows of ours: the revision stands in the manifest, the library's index is made anew."""


class BackupRefused(ValueError):
    """A file that is no backup or is damaged, or an instance that is not empty; says which."""


@dataclass(frozen=True)
class Contents:
    """What is in a backup."""

    made_at: int
    """Milliseconds since 1970."""
    revision: str
    rows: dict[str, int]
    """Table → how many."""
    files: int


def back_up(target: Path, instance: Path) -> Contents:
    """Writes a backup to ``target``, readable by its owner alone; it is there whole or not at all."""
    part = target.with_name(f"{target.name}.part")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        snapshot()
        connection = db.session.connection()
        made_at = now_ms()
        members = [_dump(connection, table, Path(folder)) for table in _tables(connection)]
        revision = _revision(connection)
        # Of decks that have a row here alone: another's was put in after this moment, or refused. One that was taken out
        # meanwhile has no pictures any more.
        known = any(name == "decks" for name, *_ in members)
        decks = connection.execute(text("SELECT id FROM decks ORDER BY id")).scalars().all() if known else ()
        slides = [each for deck in decks for each in sorted((instance / SLIDES / deck).glob("*"))]
        manifest: dict[str, Any] = {
            "format": BACKUP_FORMAT,
            "made_at": made_at,
            "revision": revision,
            "tables": {name: {"rows": count, "sha256": _digest(path)} for name, count, path in members},
        }
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                copied = [each for each in slides if _add(archive, each, each.relative_to(instance))]
                for name, _, path in members:
                    archive.add(path, f"tables/{name}.jsonl")
                manifest["files"] = len(copied)
                head = Path(folder) / "manifest.json"
                head.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
                archive.add(head, head.name)
            file.flush()
            os.fsync(file.fileno())
    db.session.rollback()
    part.replace(target)
    return Contents(made_at, revision, {name: count for name, count, _ in members}, len(copied))


def _add(archive: tarfile.TarFile, path: Path, name: Path) -> bool:
    try:
        archive.add(path, name.as_posix())
    except FileNotFoundError:
        return False
    return True


def restore(source: Path, instance: Path) -> Contents:
    """Puts a backup into an empty instance. Raises ``BackupRefused``; then nothing was changed."""
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        manifest = _unpacked(source, Path(folder))
        if _is_in_use():
            raise BackupRefused(
                "This instance is not empty: restore into a new one (another INSTANCE_DIR or DATABASE_URL)."
            )
        upgrade(revision=manifest["revision"])
        with db.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            for table in _tables(connection):
                _load(connection, table, Path(folder) / "tables" / f"{table.name}.jsonl")
            # What clients know of the numbers no longer holds.
            for slug in connection.execute(text("SELECT slug FROM streams")).scalars().all():
                values = {"epoch": str(uuid.uuid4()), "slug": slug}
                connection.execute(text("UPDATE streams SET epoch = :epoch WHERE slug = :slug"), values)
        pictures = Path(folder) / SLIDES
        if pictures.exists():
            (instance / SLIDES).parent.mkdir(parents=True, exist_ok=True)
            _move(pictures, instance / SLIDES)
    upgrade()
    for workshop in db.session.scalars(select(Workshop)):
        latest = seal.latest_version(workshop)
        if latest is not None:
            library.enter(workshop, latest)
    db.session.commit()
    rows = {name: int(each["rows"]) for name, each in manifest["tables"].items()}
    return Contents(int(manifest["made_at"]), str(manifest["revision"]), rows, int(manifest["files"]))


def _move(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


def _unpacked(source: Path, folder: Path) -> dict[str, Any]:
    """Unpacks a backup and holds that it is whole; its manifest."""
    try:
        with tarfile.open(source, mode="r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise BackupRefused(f"This is no backup, or it is damaged: {error}") from None
    if manifest.get("format") != BACKUP_FORMAT:
        raise BackupRefused("This is no backup of Facilitation.")
    known = {script.revision for script in ScriptDirectory.from_config(migrate.get_config()).walk_revisions()}
    if manifest["revision"] not in known:
        raise BackupRefused("This backup was made by a later release: install that one first.")
    for name, each in manifest["tables"].items():
        path = folder / "tables" / f"{PurePosixPath(name).name}.jsonl"
        if not path.exists() or _digest(path) != each["sha256"]:
            raise BackupRefused(f"This backup is damaged: the table {name} is not as it was written.")
    return manifest


def _is_in_use() -> bool:
    """Whether anybody has stored anything here."""
    names = inspect(db.engine).get_table_names()
    with db.engine.connect() as connection:
        return any(
            connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() is not None  # noqa: S608 - names of our own
            for name in ("streams", "accounts")
            if name in names
        )


def _revision(connection: Connection) -> str:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        raise BackupRefused("There is no database here yet.")
    return str(found)


def _tables(connection: Connection) -> list[Table]:
    """The tables as the database has them, each behind those that it refers to."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: not name.startswith(_DERIVED))
    return found.sorted_tables


def _dump(connection: Connection, table: Table, folder: Path) -> tuple[str, int, Path]:
    """Writes a table's rows, one as JSON a line: its name, how many, where."""
    path, count = folder / f"{table.name}.jsonl", 0
    keys = list(table.primary_key.columns)
    with path.open("w", encoding="utf-8") as file:
        rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table).order_by(*keys))
        for row in rows.mappings():
            file.write(json.dumps(dict(row), ensure_ascii=False, default=date.isoformat) + "\n")
            count += 1
    return table.name, count, path


def _load(connection: Connection, table: Table, path: Path) -> None:
    """Puts a table's rows in, each behind those of the same table that it refers to."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        rows = [_typed(table, json.loads(line)) for line in file]
    rows = list(_parents_first(table, rows))
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(table.insert(), rows[begin : begin + ROWS_AT_ONCE])
    if connection.dialect.name == "postgresql" and rows:
        for column in table.primary_key:
            sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
            if sequence is not None:
                connection.execute(select(func.setval(sequence, max(row[column.name] for row in rows))))


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in row.items():
        kind = table.columns[name].type
        if value is not None and isinstance(kind, Date):
            value = date.fromisoformat(value)
        elif value is not None and isinstance(kind, Boolean):
            value = bool(value)
        found[name] = value
    return found


def _parents_first(table: Table, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    own = [key for key in table.foreign_keys if key.column.table is table]
    waiting, there = rows, set[Any]()
    while waiting:
        later = []
        for row in waiting:
            if all(row[key.parent.name] is None or row[key.parent.name] in there for key in own):
                yield row
                there.update(row[key.column.name] for key in own)
            else:
                later.append(row)
        if len(later) == len(waiting):
            raise BackupRefused(f"This backup is damaged: rows of {table.name} refer to others that are not there.")
        waiting = later


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Backup and restore: nothing acknowledged is missing, a damaged file is refused, and the engine may be another one."""

import gzip
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade

from facilitation import create_app
from facilitation.activities.slides import Deck
from facilitation.config import Settings, settings_from
from facilitation.extensions import db
from facilitation.meeting.acts import load_workshop
from facilitation.operating.backup import BackupRefused, back_up, restore
from facilitation.plan import Plan
from facilitation.plan.storing import import_plan
from tests.conftest import Meeting, csrf_token
from tests.engines import PostgreSQL


def instance_of(app: Flask) -> Path:
    settings: Settings = app.config["SETTINGS"]
    return settings.instance_dir


def empty(folder: Path, database: str | None = None) -> Flask:
    """An application on an empty instance."""
    environment = {"INSTANCE_DIR": str(folder), "ASYNC_MODE": "threading", "SECRET_KEY": "s" * 40}
    settings = settings_from({**environment, **({"DATABASE_URL": database} if database else {})})
    return create_app(replace(settings, commands_burst=1_000_000))


@pytest.fixture(scope="module")
def backup(played: Meeting, reference_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of an instance with the reference meeting, its record published, and another one with slides."""
    file = tmp_path_factory.mktemp("backups") / "facilitation.backup"
    for folder in ("0123456789ab", "in-no-meeting"):
        picture = instance_of(played.app) / "slides" / folder / "1.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(b"\x89PNG a page")
    with played.app.app_context():
        import_plan(replace(reference_plan, slug="with-slides"))
        item = load_workshop(Meeting(played.app, "with-slides").stream_id).agenda[0]
        db.session.add(Deck(id="0123456789ab", workshop_id=item.workshop_id, item_id=item.id, texts=["A page"]))
        db.session.commit()
        back_up(file, instance_of(played.app))
    return file


def state_in(app: Flask, link: str, slug: str) -> dict[str, Any]:
    """The meeting as somebody sees it who signs in there with the link they had."""
    client = app.test_client()
    client.post(link, data={"csrf_token": csrf_token(client.get(link).text)})
    state: dict[str, Any] = client.get(f"/w/{slug}/state.json").get_json()
    return state


def assert_is_the_same(app: Flask, played: Meeting) -> None:
    """The restored meeting answers as the one that was backed up, and its record is found and verified."""
    link = played.link("organiser")
    assert state_in(app, link, played.slug) == played.as_("organiser").state()
    record = app.test_client().get(f"/records/{played.slug}?lang=mk")
    assert record.status_code == 200
    assert (
        record.text.partition("<article")[2]
        == (played.app.test_client().get(f"/records/{played.slug}?lang=mk").text.partition("<article")[2])
    )
    assert "<mark>" in app.test_client().get("/records/?q=rehabilitation").text
    assert app.test_cli_runner().invoke(args=["workshop", "verify", played.slug, "--json"]).exit_code == 0


def test_a_restored_instance_is_the_one_that_was_backed_up(played: Meeting, backup: Path, tmp_path: Path) -> None:
    link = played.link("organiser")
    fresh = backup.with_name("with-the-link")
    with played.app.app_context():
        back_up(fresh, instance_of(played.app))
    app = empty(tmp_path / "restored")
    with app.app_context():
        contents = restore(fresh, instance_of(app))
    assert contents.files >= 1 and contents.rows["contributions"] > 30
    assert (instance_of(app) / "slides" / "0123456789ab" / "1.png").read_bytes() == b"\x89PNG a page"
    assert not (instance_of(app) / "slides" / "in-no-meeting").exists()
    assert link and oct(fresh.stat().st_mode)[-3:] == "600"
    assert_is_the_same(app, played)


def test_clients_are_told_that_what_they_know_no_longer_holds(played: Meeting, backup: Path, tmp_path: Path) -> None:
    app = empty(tmp_path / "restored")
    with app.app_context():
        restore(backup, instance_of(app))
        there = set(db.session.execute(db.text("SELECT epoch FROM streams")).scalars())
    with played.app.app_context():
        assert there.isdisjoint(db.session.execute(db.text("SELECT epoch FROM streams")).scalars())


def test_what_was_on_sqlite_goes_on_on_postgresql(played: Meeting, postgresql: PostgreSQL, tmp_path: Path) -> None:
    played.link("organiser")
    file = tmp_path / "facilitation.backup"
    with played.app.app_context():
        back_up(file, instance_of(played.app))
    app = empty(tmp_path / "moved", postgresql.new_database("moved"))
    with app.app_context():
        restore(file, instance_of(app))
        assert_is_the_same(app, played)
        # New rows get numbers of their own.
        made = app.test_cli_runner().invoke(
            args=["user", "create", "new@example.org", "--password", "a long password", "--json"]
        )
        assert made.exit_code == 0, made.output
        back_up(tmp_path / "back", instance_of(app))
    again = empty(tmp_path / "and-back")
    with again.app_context():
        restore(tmp_path / "back", instance_of(again))
        assert_is_the_same(again, played)


def test_one_command_moves_the_reference_meeting_after_it_was_played(
    played: Meeting, backup: Path, postgresql: PostgreSQL
) -> None:
    played.link("organiser")
    url = postgresql.new_database("moved_to")
    runner = played.app.test_cli_runner()
    moved = runner.invoke(args=["move-to", url, "--json"])
    assert moved.exit_code == 0, moved.output
    counted = json.loads(moved.stdout)
    assert counted["rows"]["contributions"] > 30 and counted["files"] >= 1
    app = empty(instance_of(played.app), url)
    with app.app_context():
        assert_is_the_same(app, played)
    assert (instance_of(played.app) / "slides" / "0123456789ab" / "1.png").read_bytes() == b"\x89PNG a page"
    again = runner.invoke(args=["move-to", url, "--json"])
    assert again.exit_code == 1 and "not empty" in json.loads(again.stdout)["error"]
    nowhere = runner.invoke(args=["move-to", "postgresql://facilitation@127.0.0.1:1/nowhere", "--json"])
    assert nowhere.exit_code == 1 and json.loads(nowhere.stdout)["error"]


def test_an_instance_that_is_in_use_is_left_alone(played: Meeting, backup: Path) -> None:
    with played.app.app_context(), pytest.raises(BackupRefused, match="not empty"):
        restore(backup, instance_of(played.app))


def unpack(backup: Path, folder: Path) -> dict[str, Any]:
    with tarfile.open(backup) as archive:
        archive.extractall(folder, filter="data")
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


def pack(folder: Path, file: Path) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, path.relative_to(folder), recursive=False)
    return file


def cut(backup: Path, folder: Path) -> Path:
    file = folder / "cut"
    file.write_bytes(backup.read_bytes()[:-2000])
    return file


def changed(backup: Path, folder: Path) -> Path:
    unpack(backup, folder / "there")
    table = folder / "there" / "tables" / "contributions.jsonl"
    table.write_text(table.read_text().replace('"state": "shown"', '"state": "hidden"', 1))
    return pack(folder / "there", folder / "changed")


def later(backup: Path, folder: Path) -> Path:
    manifest = unpack(backup, folder / "there")
    (folder / "there" / "manifest.json").write_text(json.dumps({**manifest, "revision": "9999"}))
    return pack(folder / "there", folder / "later")


def foreign(_backup: Path, folder: Path) -> Path:
    file = folder / "foreign"
    file.write_bytes(gzip.compress(b"something else"))
    return file


def escaping(backup: Path, folder: Path) -> Path:
    file = folder / "escaping"
    unpack(backup, folder / "there")
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder / "there" / "manifest.json", "../../outside")
    return file


@pytest.mark.parametrize("harm", [cut, changed, later, foreign, escaping])
def test_what_is_no_whole_backup_is_refused_and_nothing_is_stored(harm: Any, backup: Path, tmp_path: Path) -> None:
    harmed = harm(backup, tmp_path)
    app = empty(tmp_path / "instance")
    with app.app_context(), pytest.raises(BackupRefused):
        restore(harmed, instance_of(app))
    assert not (tmp_path.parent / "outside").exists()
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["restore", str(harmed), "--json"])
    assert refused.exit_code == 1 and json.loads(refused.stdout)["ok"] is False
    assert runner.invoke(args=["restore", str(backup), "--json"]).exit_code == 0


def test_a_backup_of_an_earlier_release_is_put_back_and_migrated(tmp_path: Path) -> None:
    earlier, app = empty(tmp_path / "earlier"), empty(tmp_path / "instance")
    with earlier.app_context():
        upgrade(revision="0010")
        db.session.execute(db.text("INSERT INTO accounts (email, password_hash) VALUES ('olga@example.org', 'x')"))
        db.session.commit()
        assert back_up(tmp_path / "file", instance_of(earlier)).revision == "0010"
    with app.app_context():
        restore(tmp_path / "file", instance_of(app))
        assert db.session.execute(db.text("SELECT email, totp_step FROM accounts")).all() == [("olga@example.org", 0)]
    assert app.test_client().get("/readyz").status_code == 200


def test_a_backup_that_cannot_be_written_leaves_the_one_before(played: Meeting, tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_bytes(b"the one before")
    (tmp_path / "there.part").mkdir()
    refused = played.app.test_cli_runner().invoke(args=["backup", str(target), "--json"])
    assert refused.exit_code == 1 and target.read_bytes() == b"the one before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["there", "there.part"]

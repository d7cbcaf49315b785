"""The command line; see the contract, section 1. With ``--json`` standard output is JSON and nothing else."""

import json
import sys
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import upgrade
from requests.exceptions import RequestException
from socketio.exceptions import SocketIOError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from facilitation import play as playing
from facilitation import rehearsal as rehearsing
from facilitation.config import REFERENCE_PLAN, unsafe_settings
from facilitation.extensions import db
from facilitation.live import commands as live
from facilitation.live.journal import Stream
from facilitation.meeting import owning, passwords, second_factor, signing_in
from facilitation.meeting.acts import SYSTEM
from facilitation.meeting.models import Account, Person, Workshop
from facilitation.operating.backup import BackupRefused, Contents, back_up
from facilitation.operating.backup import restore as put_back
from facilitation.operating.moving import move
from facilitation.operating.privacy import held_on
from facilitation.operating.purging import purge as purge_all
from facilitation.operating.purging import wipe
from facilitation.plan import PlanRefused, read_plan
from facilitation.plan.storing import import_plan
from facilitation.record import exports, seal
from facilitation.record.writing import WritingFailed

workshop = AppGroup("workshop", help="Meetings.")
user = AppGroup("user", help="Accounts of organisers who create meetings.")

as_json = click.option("--json", "json_only", is_flag=True, help="Print JSON and nothing else.")


def register(app: Flask) -> None:
    """Adds the commands to the application's command line."""
    app.cli.add_command(workshop)
    app.cli.add_command(user)
    for command in (list_commands, check_config, prepare, backup, restore, move_to, purge):
        app.cli.add_command(command)


def _say(value: Any, json_only: bool, words: str) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2) if json_only else words)


def _refuse(value: dict[str, Any], json_only: bool, words: str) -> NoReturn:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2) if json_only else words, err=not json_only)
    sys.exit(1)


@workshop.command("import")
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def import_(plan: Path, json_only: bool) -> None:
    """Creates or updates a meeting from a plan."""
    try:
        slug = import_plan(read_plan(plan.read_bytes()))
    except PlanRefused as refused:
        errors = [{"path": error.path, "message": str(error.message)} for error in refused.errors]
        _refuse({"ok": False, "errors": errors}, json_only, "\n".join(str(error) for error in refused.errors))
    days = find_workshop(slug).rules.get("retention_days")
    if not json_only:
        kept = f"erased {days} days after the last day" if days else "kept until somebody erases them"
        click.echo(f"People's data are {kept} (rules.retention_days).", err=True)
    _say({"slug": slug, "retention_days": days}, json_only, slug)


def make_links(slug: str, keys: list[str] | None = None) -> list[dict[str, Any]]:
    """A new link for everybody of the meeting, or for these people: key, name, role, delegation, url."""
    args: dict[str, Any] = {"people": keys} if keys else {}
    answer = live.run(slug, SYSTEM, str(uuid.uuid4()), "make_links", args)
    if not answer["ok"]:
        raise click.ClickException(str(answer["error"]["message"]))
    found = find_workshop(slug)
    urls = answer["result"]["urls"]
    return [_row(found, person, urls[person.key]) for person in found.people if person.key in urls]


def _row(found: Workshop, person: Person, url: str) -> dict[str, Any]:
    return {
        "key": person.key,
        "name": str(found.say(person.name, found.default_language)),
        "role": person.role,
        "delegation": person.delegation.code if person.delegation else None,
        "url": url,
    }


def find_workshop(slug: str) -> Workshop:
    """The meeting with this slug, or an error for the command line."""
    found: Workshop | None = db.session.scalar(
        select(Workshop).join(Stream, Stream.id == Workshop.id).where(Stream.slug == slug)
    )
    if found is None:
        raise click.ClickException(f"there is no meeting “{slug}”")
    return found


@workshop.command("links")
@click.argument("slug")
@as_json
def links(slug: str, json_only: bool) -> None:
    """Prints a new sign-in link for every person of the meeting."""
    rows = make_links(slug)
    words = "\n".join(f"{row['role']:12} {row['delegation'] or '':4} {row['key']:16} {row['url']}" for row in rows)
    _say(rows, json_only, words)


@workshop.command("play")
@click.argument("slug")
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="The running server; the one that the settings name when not given.")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), help="An item takes its planned minutes / N.")
@as_json
def play(slug: str, script: Path, url: str | None, speed: float | None, json_only: bool) -> None:
    """Sends a script's steps as those people over real sockets to the running server; reports each refusal."""
    try:
        steps = playing.read_script(script)
        known = {person.key for person in find_workshop(slug).people if person.revoked_at is None}
        links = make_links(slug, sorted({step.who for step in steps} & known))
        outcome = playing.play(
            slug,
            steps,
            url or current_app.config["BASE_URL"],
            {row["key"]: row["url"] for row in links},
            {item.key: item.minutes for item in find_workshop(slug).agenda},
            speed,
            lambda line: click.echo(line, err=True),
        )
    except (playing.ScriptError, TimeoutError, RequestException, SocketIOError) as error:
        _refuse({"ok": False, "error": str(error)}, json_only, str(error))
    value = {"steps": outcome.steps, "refused": outcome.refused, "saved": outcome.saved}
    words = f"{outcome.steps} steps, {len(outcome.refused)} refused"
    if outcome.refused:
        _refuse(value, json_only, words)
    _say(value, json_only, words)


@workshop.command("rehearse")
@click.argument("slug")
@click.option("--speed", type=click.FloatRange(min=1), default=600.0, show_default=True, help="Times faster than life.")
@click.option("--participants", type=click.IntRange(min=1), help="How many take part; all when not given.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Writes the report there, as JSON.")
@click.option("--overrun", multiple=True, metavar="ITEM=MINUTES", help="An item that takes so much longer.")
@as_json
def rehearse(
    slug: str, speed: float, participants: int | None, output: Path | None, overrun: tuple[str, ...], json_only: bool
) -> None:
    """Plays the meeting with simulated delegations on a copy of it, and reports what would have gone wrong."""
    found = find_workshop(slug)
    keys = {item.key for item in found.agenda}
    overruns = dict(each.partition("=")[::2] for each in overrun)
    if not all(key in keys and minutes.isdigit() for key, minutes in overruns.items()):
        _refuse({"ok": False, "error": "overrun"}, json_only, "An overrun is ITEM=MINUTES, with the key of an item.")
    longer = {key: int(minutes) for key, minutes in overruns.items()}
    try:
        report = rehearsing.rehearse(found, speed, participants, longer, lambda line: click.echo(line, err=True))
    except (rehearsing.RehearsalFailed, RequestException, SocketIOError, TimeoutError) as error:
        _write_report(output, {"error": str(error)})
        _refuse({"ok": False, "error": str(error)}, json_only, str(error))
    _write_report(output, report.plain())
    words = [" ".join(f"{name}: {value}" for name, value in finding.items()) for finding in report.findings]
    _say(report.plain(), json_only, "\n".join(words) or "Nothing would have gone wrong.")


def _write_report(output: Path | None, report: dict[str, Any]) -> None:
    if output is not None:
        part = output.with_suffix(".part")
        part.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
        part.replace(output)
        output.with_suffix(".running").unlink(missing_ok=True)


@workshop.command("export")
@click.argument("slug")
@click.argument("document")
@click.option("--format", "format_", required=True, help="html md docx pdf json ics csv xlsx, as the document has it.")
@click.option("--lang", required=True, help="A language of the meeting.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@as_json
def export(slug: str, document: str, format_: str, lang: str, output: Path, json_only: bool) -> None:
    """Writes the record, the minutes, the agenda, the contributions or the participants to a file."""
    try:
        content, _, _ = exports.export(find_workshop(slug), document, format_, lang)
        output.write_bytes(content)
    except (exports.ExportRefused, WritingFailed, OSError) as error:
        _refuse({"ok": False, "error": str(error)}, json_only, str(error))
    _say({"output": str(output), "bytes": len(content)}, json_only, f"{output}: {len(content)} bytes")


@workshop.command("verify")
@click.argument("slug")
@as_json
def verify(slug: str, json_only: bool) -> None:
    """Says whether every published version of the record is there and unchanged, or what differs."""
    found = find_workshop(slug)
    findings = [asdict(finding) for finding in seal.verify(found)]
    if not findings:
        _refuse({"ok": False, "findings": []}, json_only, "Nothing has been published.")
    words = "\n".join(" ".join(f"{name}: {value}" for name, value in finding.items() if value) for finding in findings)
    if not seal.holds(found):
        _refuse({"ok": False, "findings": findings}, json_only, words)
    _say({"ok": True, "findings": findings}, json_only, words)


@user.command("create")
@click.argument("email")
@click.password_option(help="At least 12 characters, and none of the passwords that are tried first.")
@as_json
def create(email: str, password: str, json_only: bool) -> None:
    """Creates an account for an organiser who creates meetings, or gives it a new password, which ends its sign-ins."""
    email = email.strip().lower()
    if "@" not in email:
        _refuse({"ok": False}, json_only, "An account needs an e-mail address.")
    wrong = passwords.complaint(password, email)
    if wrong is not None:
        _refuse({"ok": False, "error": str(wrong)}, json_only, str(wrong))
    account = db.session.scalar(select(Account).where(Account.email == email)) or Account(email=email)
    account.password_hash = signing_in.hash_password(password)
    second_factor.forgive(account)
    db.session.add(account)
    db.session.commit()
    signing_in.end_sign_ins(account)
    _say({"email": email}, json_only, email)


@user.command("remove")
@click.argument("email")
@as_json
def remove(email: str, json_only: bool) -> None:
    """Removes an account, its address and its sign-ins. The meetings stay; it no longer opens them."""
    account = db.session.scalar(select(Account).where(Account.email == email.strip().lower()))
    if account is None:
        _refuse({"ok": False}, json_only, "There is no account with this address.")
    slugs = owning.meetings_of(account)
    db.session.delete(account)
    db.session.commit()
    wipe()
    words = "".join(f"\n{slug}: has lost its organiser's account" for slug in slugs)
    _say({"ok": True, "meetings": slugs}, json_only, f"Removed.{words}")


@user.command("reset-second-factor")
@click.argument("email")
@as_json
def reset_second_factor(email: str, json_only: bool) -> None:
    """Turns the second factor of an account off, for somebody who has lost both device and recovery codes; ends its sign-ins."""
    account = _account(email, json_only)
    second_factor.turn_off(account)
    db.session.commit()
    signing_in.end_sign_ins(account)
    _say({"email": account.email}, json_only, account.email)


@user.command("sign-out")
@click.argument("email")
@as_json
def sign_out(email: str, json_only: bool) -> None:
    """Ends every sign-in of an account, and within a second its open pages; for a browser in the wrong hands."""
    account = _account(email, json_only)
    signing_in.end_sign_ins(account)
    _say({"email": account.email}, json_only, account.email)


def _account(email: str, json_only: bool) -> Account:
    found: Account | None = db.session.scalar(select(Account).where(Account.email == email.strip().lower()))
    if found is None:
        _refuse({"ok": False}, json_only, "There is no account with this address.")
    return found


@click.command("commands")
@as_json
def list_commands(json_only: bool) -> None:
    """Lists every live command: name, who, when, JSON schema of its arguments."""
    rows = [
        {"name": found.name, "by": list(found.by), "during": list(found.during), "arguments": found.schema()}
        for found in live.COMMANDS.values()
        if not found.internal
    ]
    words = "\n".join(f"{row['name']:28} {' '.join(row['by']):36} {' '.join(row['during'])}" for row in rows)
    _say(rows, json_only, words)


@click.command("check-config")
@as_json
def check_config(json_only: bool) -> None:
    """Names each unsafe setting."""
    found = unsafe_settings(current_app.config["SETTINGS"])
    if found:
        _refuse({"ok": False, "unsafe": found}, json_only, "\n".join(found))
    _say({"ok": True}, json_only, "All settings are safe.")


@click.command("backup")
@with_appcontext
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def backup(file: Path, json_only: bool) -> None:
    """Writes everything that is stored into one file, while the server runs. The secret key is not in it."""
    try:
        contents = back_up(file, current_app.config["SETTINGS"].instance_dir)
    except (BackupRefused, OSError, SQLAlchemyError) as error:
        _refuse({"ok": False, "error": str(error)}, json_only, str(error))
    _say({"file": str(file), **asdict(contents)}, json_only, f"{file}: {_counted(contents)}")


@click.command("restore")
@with_appcontext
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def restore(file: Path, json_only: bool) -> None:
    """Puts a backup into an empty instance, of the same engine or of the other."""
    try:
        contents = put_back(file, current_app.config["SETTINGS"].instance_dir)
    except (BackupRefused, OSError, SQLAlchemyError) as error:
        _refuse({"ok": False, "error": str(error)}, json_only, str(error))
    _say({"file": str(file), **asdict(contents)}, json_only, f"{file}: {_counted(contents)}")


@click.command("move-to")
@with_appcontext
@click.argument("url")
@as_json
def move_to(url: str, json_only: bool) -> None:
    """Copies everything into the empty database at URL, of the same engine or of the other. To be run while no process serves;
    afterwards DATABASE_URL is set to it."""
    try:
        contents = move(url, current_app.config["SETTINGS"])
    except (BackupRefused, OSError, SQLAlchemyError) as error:
        _refuse({"ok": False, "error": str(error)}, json_only, str(error))
    _say(asdict(contents), json_only, f"{_counted(contents)}. Set DATABASE_URL to it and start.")


@click.command("purge")
@with_appcontext
@as_json
def purge(json_only: bool) -> None:
    """Erases the people of every meeting whose time is over, and wipes what was erased since the last time. To be run daily."""
    try:
        done = purge_all()
    except (OSError, SQLAlchemyError) as error:
        _refuse({"ok": False, "error": str(error)}, json_only, str(error))
    if done.refused:
        words = "\n".join(f"{slug}: not erased ({code})" for slug, code in done.refused.items())
        _refuse({"ok": False, "purged": done.slugs, "refused": done.refused}, json_only, words)
    _say({"purged": done.slugs}, json_only, "\n".join(done.slugs) or "No meeting's time is over.")


@workshop.command("erase")
@click.argument("slug")
@click.argument("person")
@as_json
def erase(slug: str, person: str, json_only: bool) -> None:
    """Erases a person of a meeting, by key: name and own words, wherever they are kept."""
    answer = live.run(slug, SYSTEM, str(uuid.uuid4()), "erase_person", {"person": person})
    if not answer["ok"]:
        _refuse(answer, json_only, str(answer["error"]["message"]))
    wipe()
    _say({"ok": True}, json_only, "Erased.")


@workshop.command("own")
@click.argument("slug")
@click.argument("person")
@click.argument("email")
@as_json
def own(slug: str, person: str, email: str, json_only: bool) -> None:
    """Gives the place of an organiser, by key, to an account: whoever signs in with it is that organiser."""
    whose = find_workshop(slug).person(person)
    account = db.session.scalar(select(Account).where(Account.email == email.strip().lower()))
    if whose is None or whose.role != "organiser" or whose.revoked_at is not None:
        _refuse({"ok": False}, json_only, f"there is no organiser with the key “{person}”")
    if account is None:
        _refuse({"ok": False}, json_only, f"there is no account “{email}”")
    owning.give(whose, account)
    _say({"ok": True, "person": person, "email": account.email}, json_only, f"{account.email} is “{person}”.")


@workshop.command("held")
@click.argument("slug")
@click.argument("person")
@as_json
def held(slug: str, person: str, json_only: bool) -> None:
    """Prints everything that is kept of a person of a meeting, by key; always as JSON."""
    found = find_workshop(slug)
    whose = found.person(person)
    if whose is None:
        _refuse({"ok": False}, json_only, f"there is nobody with the key “{person}”")
    _say(held_on(found, whose), True, "")


def _counted(contents: Contents) -> str:
    return f"{sum(contents.rows.values())} rows of {len(contents.rows)} tables, {contents.files} files"


@click.command("prepare")
def prepare() -> None:
    """Brings the database up to date; an empty one gets the reference meeting as a demonstration. Prints a link per role."""
    upgrade()
    if db.session.scalar(select(Stream.id).limit(1)) is None:
        import_plan(read_plan(REFERENCE_PLAN.read_bytes()))
    slug = read_plan(REFERENCE_PLAN.read_bytes()).slug
    if db.session.scalar(select(Stream.id).where(Stream.slug == slug)) is None:
        return
    one_per_role: dict[str, Person] = {}
    for person in find_workshop(slug).people:
        if person.revoked_at is None:
            one_per_role.setdefault(person.role, person)
    workshop = find_workshop(slug)
    said = {
        person.key: ", ".join(
            str(workshop.say(texts, "en"))
            for texts in (person.name, person.delegation.name if person.delegation else None)
            if texts
        )
        for person in one_per_role.values()
    }
    click.echo(f"\nThe demonstration meeting “{slug}”; one sign-in link per role:\n")
    for row in make_links(slug, list(said)):
        click.echo(f"  {row['role']:12} {row['url']}  ({said[row['key']]})")
    click.echo("")

"""The one door for writes: one command = one transaction = one journal entry.

A command is a function marked ``@command``; its keyword arguments, with their types, are what clients may send. ``run``
takes the stream's next number (that row is the lock), returns the first answer for an id seen before, checks who and
when, validates the arguments, lets the function change the tables, writes the entry and commits. A refusal rolls back,
so that numbers have no gaps and nothing is half done.
"""

import hashlib
import inspect
import json
import logging
import re
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from facilitation import measures
from facilitation.extensions import LOCK_PATIENCE, Done, db, now_ms, patiently
from facilitation.live import draining, journal, regions, steps
from facilitation.live.journal import Number, next_number
from facilitation.live.kept import KeptSession, forget_changes, meeting_changed

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024
"""The largest command, as JSON, that is looked at."""


CHANGED_MEANWHILE = _l("It was changed meanwhile. Your text is kept; compare and send it again.")
"""Why a text is not stored that was made of an earlier version."""


class Refusal(Exception):
    """A command that is not carried out: why, for people, and a code for programs (see the contract)."""

    def __init__(self, code: str, message: Any, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.field, self.retry_after = code, message, field, retry_after

    def answer(self) -> dict[str, Any]:
        """The refusal as clients get it, in the language in force."""
        error: dict[str, Any] = {"code": self.code, "message": str(self.message)}
        if self.field:
            error["field"] = self.field
        if self.retry_after is not None:
            error["retry_after"] = self.retry_after
        return {"ok": False, "error": error}


@dataclass
class Act:
    """A command being carried out: who, when, and what its entry will say. ``meeting.acts`` gives it its actor."""

    stream: Number
    command_id: str
    now: int
    meeting: Any = None
    actor_id: int | None = None
    capacities: frozenset[str] = frozenset()
    phase: str = ""
    touched: dict[str, None] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)
    at: int = 0
    changes_sight: bool = False

    def touch(self, *touched: str) -> None:
        """Says that these regions look different from now on (DOM ids; ``*`` for any)."""
        self.touched.update(dict.fromkeys(touched))
        if "*" in touched:
            # Named one by one as well, so that those which will be gone are taken off the pages.
            self.touched.update(dict.fromkeys(regions.all_ids_there_are(self.meeting)))

    def concerns(self, *topics: str) -> None:
        """Says that every region which listens to one of these topics looks different from now on.

        That holds for the regions there are now and for those there will be when the command is done: say it before
        deleting anything.
        """
        self.topics.update(topics)
        self.touch(*regions.listening_to(set(topics), self.meeting))

    def forget_the_actor(self, at: int) -> None:
        """The entry will say nobody, at a time too coarse to tell: for anonymous contributions."""
        self.actor_id, self.at = None, at


@dataclass(frozen=True)
class Command:
    """A live command: its name, who may give it, in which phases, and the model of its arguments."""

    name: str
    entry: str
    by: tuple[str, ...]
    during: tuple[str, ...]
    arguments: type[BaseModel]
    function: Callable[..., Mapping[str, Any] | None]
    unstored: Callable[..., Mapping[str, Any]] | None
    internal: bool
    undoable: Any
    """What it does, as a noun for people, if it can be undone."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return self.arguments.model_json_schema()


_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it, and not a backslash that somebody typed before ``u0000``."""

COMMANDS: dict[str, Command] = {}
ANY_PHASE = ("prepared", "open", "closed", "adopted", "published")


def _not_wired(*_: Any) -> Any:
    raise LookupError("facilitation.meeting is not imported")


open_act: Callable[[Number, Any, str, int], Act] = _not_wired
"""Set by ``meeting``: finds the actor, fresh from the database, and makes the act. Raises ``Refusal`` for a stranger."""


def command(
    entry: str,
    *,
    by: str,
    during: str,
    unstored: Callable[..., Mapping[str, Any]] | None = None,
    internal: bool = False,
    undoable: Any = None,
) -> Callable[[Callable[..., Mapping[str, Any] | None]], Callable[..., Mapping[str, Any] | None]]:
    """Makes a function ``(act, *, …) -> result`` a live command.

    ``entry``: its name in the journal, past tense. ``by``: capacities, any of which suffices. ``during``: phases, or
    ``any``. ``unstored``: makes the part of the answer that must not be at rest (a link), again for a repeated id.
    ``internal``: only the system gives it. ``undoable``: what it does, as a noun for people; then it can be undone.
    """

    def register(function: Callable[..., Mapping[str, Any] | None]) -> Callable[..., Mapping[str, Any] | None]:
        name = function.__name__
        phases = ANY_PHASE if during == "any" else tuple(during.split())
        COMMANDS[name] = Command(
            name, entry, tuple(by.split()), phases, _arguments(name, function), function, unstored, internal, undoable
        )
        return function

    return register


def _arguments(name: str, function: Callable[..., Any]) -> type[BaseModel]:
    hints = typing.get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        parameter.name: (hints[parameter.name], ... if parameter.default is parameter.empty else parameter.default)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def run(
    slug: str, actor: Any, command_id: Any, name: Any, args: Any, patience: float = LOCK_PATIENCE
) -> dict[str, Any]:
    """Carries out one command of ``actor`` and answers as the contract says; never raises a refusal.

    ``patience``: seconds that it waits for a locked database. The answer's words are in the language in force. Raises
    nothing but programming errors.
    """
    try:
        found, body = _check_form(command_id, name, args)
        with draining.in_hand():
            if draining.closing.is_set():
                message = _l("The server is about to restart. Your text is kept; it will be sent again in a moment.")
                raise Refusal("unavailable", message, retry_after=draining.RETURN_AFTER)
            return _alone(slug, lambda: _run_once(slug, actor, command_id, found, args, body), patience)
    except Refusal as refusal:
        db.session.rollback()
        return refusal.answer()
    except (DataError, OverflowError):
        # A number that the database, or the calendar, does not hold.
        db.session.rollback()
        return Refusal("invalid", _l("This value does not fit here.")).answer()
    except OperationalError:
        log.warning("database busy", extra={"command": name})
        message = _l("The server is busy. Your text is kept; it will be sent again in a moment.")
        return Refusal("unavailable", message, retry_after=1).answer()
    except BaseException:
        db.session.rollback()
        raise


def _check_form(command_id: Any, name: Any, args: Any) -> tuple[Command, str]:
    if not isinstance(command_id, str) or not _is_uuid(command_id):
        raise Refusal("invalid", _l("The command has no valid id."), field="id")
    if not isinstance(name, str) or name not in COMMANDS:
        raise Refusal("invalid", _l("There is no such command."), field="name")
    if not isinstance(args, dict):
        raise Refusal("invalid", _l("The command's arguments are not an object."), field="args")
    try:
        body = json.dumps([name, args], sort_keys=True, ensure_ascii=False, allow_nan=False)
        size = len(body.encode())
    except (ValueError, TypeError, RecursionError):
        raise Refusal("invalid", _l("The text has characters that cannot be stored."), field="args") from None
    if _NUL.search(body):
        raise Refusal("invalid", _l("The text has characters that cannot be stored."), field="args")
    if size > MAX_BYTES:
        message = _l("This is too long: at most %(limit)s KB can be sent at once.", limit=MAX_BYTES // 1024)
        raise Refusal("too_large", message)
    return COMMANDS[name], body


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def hash_of(*parts: str) -> str:
    """SHA-256 over the parts, as hex; what is kept of ids and tokens instead of them."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


_writers: dict[str, KeptSession] = {}
"""Stream → the session that its commands are carried out in; one at a time, as the stream's lock has it anyway."""


def _alone(slug: str, write: Callable[[], Done], patience: float = LOCK_PATIENCE) -> Done:
    def once() -> Done:
        with _writers.setdefault(slug, KeptSession()).in_use():
            return write()

    return patiently(once, patience)


def _begin(slug: str) -> Number | None:
    forget_changes()
    steps.stop_watching()
    with measures.LOCK_WAITS.labels("meeting").time():
        number = next_number(slug)
    if number is not None:
        _writers[slug].is_of(number.meeting_seq)
    return number


def _run_once(
    slug: str, actor: Any, command_id: str, found: Command, args: dict[str, Any], body: str
) -> dict[str, Any]:
    stream = _begin(slug)
    if stream is None:
        raise Refusal("not_found", _l("There is no such meeting."))
    act = open_act(stream, actor, command_id, now_ms())
    who = "" if act.actor_id is None else str(act.actor_id)
    id_hash, body_hash = hash_of(command_id.lower()), hash_of(command_id.lower(), who, body)
    earlier = journal.receipt(stream.id, id_hash)
    if earlier is not None:
        if earlier.body_hash != body_hash:
            raise Refusal("conflict", _l("This id was used for something else."), field="id")
        answer = {"ok": True, "seq": earlier.seq, "result": _whole_result(found, act, earlier.result)}
        db.session.rollback()
        return answer
    _check_right(found, act)
    seq = stream.seq
    if found.undoable:
        steps.watch()
    result = dict(found.function(act, **_validated(found, args)) or {})
    if found.undoable:
        _remember_step(found, act)
    journal.acknowledge(stream_id=stream.id, id_hash=id_hash, body_hash=body_hash, seq=seq, result=result)
    answer = {"ok": True, "seq": seq, "result": _whole_result(found, act, result)}
    _enter(act, found.entry)
    return answer


def _remember_step(found: Command, act: Act) -> None:
    db.session.flush()
    changes = steps.watched()
    if changes:
        topics, touched = sorted(act.topics), list(act.touched)
        act.concerns("steps")
        db.session.add(
            steps.Step(
                stream_id=act.stream.id,
                seq=act.stream.seq,
                name=found.name,
                topics=topics,
                regions=touched,
                changes=changes,
            )
        )


def write(slug: str, entry: str, change: Callable[[Any], None], make: Callable[[], None]) -> int:
    """A change that the system itself makes and that is no message of anybody: same lock, same entry, same patch.

    ``make`` creates the stream when it is not there yet. Returns the entry's number. What ``change`` raises rolls back.
    """

    def once() -> int:
        stream = _begin(slug)
        if stream is None:
            make()
            stream = _begin(slug)
        if stream is None:
            raise LookupError(slug)
        act = open_act(stream, "system", str(uuid.uuid4()), now_ms())
        seq = stream.seq
        change(act)
        _enter(act, entry)
        return seq

    try:
        return _alone(slug, once)
    except BaseException:
        db.session.rollback()
        raise


def _enter(act: Act, entry: str) -> None:
    """Writes the act's entry, commits, and says so."""
    stream_id, seq = act.stream.id, act.stream.seq
    try:
        for follow in entering:
            follow(act, entry)
        touched = _touched(act)
        journal.enter(
            stream_id=stream_id,
            seq=seq,
            name=entry,
            actor_id=act.actor_id,
            at=act.at or act.now,
            regions=touched,
            facts=act.facts,
            changes_sight=act.changes_sight,
            changes_meeting=meeting_changed(),
        )
        db.session.commit()
    except IntegrityError:
        raise Refusal("conflict", _l("Somebody else has just done the same.")) from None
    for tell in committed:
        tell(stream_id, seq)


def _touched(act: Act) -> list[str]:
    db.session.flush()
    if act.topics:
        # What the function knew of who listens may be of before it changed anything.
        db.session.expire_all()
    listening = regions.listening_to({*act.topics, regions.EVERYTHING}, act.meeting)
    return list(dict.fromkeys((*act.touched, *listening)))


entering: list[Callable[[Any, str], None]] = []
"""What else follows from an act, in its transaction: called with the act and its entry's name, before the entry is written."""
committed: list[Callable[[int, int], None]] = []
"""Who wants to know that a stream has a new number: called with the stream's id and the number, after the commit."""


def _whole_result(found: Command, act: Act, result: Mapping[str, Any]) -> dict[str, Any]:
    return {**result, **(found.unstored(act, result) if found.unstored else {})}


def _check_right(found: Command, act: Act) -> None:
    if not act.capacities.intersection(found.by):
        raise Refusal("forbidden", _l("This is not yours to do."))
    if act.phase not in found.during:
        raise Refusal("not_now", _l("This cannot be done in the present phase of the meeting."))


def _validated(found: Command, args: dict[str, Any]) -> dict[str, Any]:
    try:
        model = found.arguments.model_validate(args)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise Refusal("invalid", _complaint(first), field=path) from None
    return {name: getattr(model, name) for name in found.arguments.model_fields}


def too_long(most: int) -> Any:
    """What is wrong with a text of more than so many characters, in words for people."""
    return lazy_ngettext(
        "This is too long: at most %(num)s character.", "This is too long: at most %(num)s characters.", most
    )


def _complaint(error: Any) -> Any:
    """What is wrong with an argument, in words for people."""
    match error["type"]:
        case "missing":
            return _l("Something is missing here.")
        case "extra_forbidden":
            return _l("This field is not known.")
        case "string_too_long" | "too_long":
            return too_long(error["ctx"]["max_length"])
        case "string_too_short" | "too_short":
            return _l("Something is missing here.")
        case "literal_error" | "enum":
            return _l("This is none of the choices: %(choices)s.", choices=error["ctx"]["expected"])
        case "value_error":
            return error["ctx"]["error"].args[0]
    return _l("This value does not fit here.")

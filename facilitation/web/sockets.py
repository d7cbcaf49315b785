"""The live protocol: join, command, catch_up, signal (see the contract, section 4).

A socket's session is a copy from the time it connected, so that every event asks the database who it is.
"""

import functools
import logging
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import current_app, request, session
from flask_babel import lazy_gettext as _l
from flask_socketio import ConnectionRefusedError
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from facilitation import logs, measures
from facilitation.activities.practice import MAX_LENGTH
from facilitation.extensions import db, now_ms, socketio
from facilitation.live import broadcast, commands, journal, lines, neighbours
from facilitation.live.broadcast import Viewer
from facilitation.live.commands import Refusal
from facilitation.live.regions import VIEWS
from facilitation.meeting import people, signing_in
from facilitation.meeting.acts import SYSTEM, may_open, tags_of
from facilitation.meeting.models import Person, Workshop
from facilitation.meeting.texts import canonical, is_language
from facilitation.record.minutes_page import document_language
from facilitation.web import door, limits
from facilitation.web.language import language_label

log = logging.getLogger(__name__)

Handler = Callable[[Any], dict[str, Any] | None]


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]


def _answering(handler: Handler) -> Callable[..., dict[str, Any] | None]:
    """Whatever arrives, it is answered: a malformed message as ``invalid``, a fault of ours as ``unavailable``."""

    @functools.wraps(handler)
    def answer(*messages: Any) -> dict[str, Any] | None:
        try:
            if len(messages) != 1 or not isinstance(messages[0], dict):
                raise Refusal("invalid", _l("This message cannot be understood."))
            return handler(messages[0])
        except Refusal as refusal:
            db.session.rollback()
            if refusal.code != "invalid":
                logs.audit("refused", refusal.code, what=handler.__name__)
            return refusal.answer()
        except OperationalError as error:
            log.warning("the database cannot be reached: %s", type(error.orig).__name__)
            db.session.rollback()
            message = _l("The server is busy. Your text is kept; it will be sent again in a moment.")
            return Refusal("unavailable", message, retry_after=1).answer()
        except Exception:
            measures.FAULTS.inc()
            log.exception("a message could not be handled", extra={"event": handler.__name__})
            db.session.rollback()
            message = _l("Something went wrong on our side. Your text is kept; it will be sent again.")
            return Refusal("unavailable", message, retry_after=2).answer()

    return answer


@socketio.on("connect")
def connect(_auth: Any = None) -> None:
    """Lets in whoever has a browser secret; who they are is asked at every event."""
    if not session.get("browser") or not signing_in.meetings_of(_browser()):
        logs.audit("refused", "unauthenticated", what="connect")
        raise ConnectionRefusedError("unauthenticated")


@socketio.on("disconnect")
def disconnect(_reason: Any = None) -> None:
    """Forgets the socket."""
    found = broadcast.viewer_of(_sid())
    broadcast.leave(_sid())
    if found is not None:
        broadcast.tell_presence(found[0])


def _browser() -> str:
    return signing_in.browser_hash(session.get("browser", ""))


def _workshop(slug: Any) -> Workshop:
    if not isinstance(slug, str) or not slug.isascii() or not slug.isprintable():
        raise Refusal("invalid", _l("This message cannot be understood."), field="workshop")
    found: Workshop | None = db.session.scalar(
        select(Workshop).join(journal.Stream, journal.Stream.id == Workshop.id).where(journal.Stream.slug == slug)
    )
    if found is None:
        raise Refusal("not_found", _l("There is no such meeting."), field="workshop")
    return found


def _person_id(workshop_id: int, expected: Any = None) -> int:
    """Who is signed in; refused also when that is not whom the window expects, who opened it before somebody else signed in."""
    signing_in.note_use(_browser())
    person_id = signing_in.person_id_in(workshop_id, _browser())
    if person_id is None or (expected is not None and person_id != expected):
        raise Refusal("unauthenticated", _l("You are not signed in to this meeting any more. Your text is kept."))
    return person_id


def _since(message: dict[str, Any]) -> int | None:
    since = message.get("since")
    if since is not None and (not isinstance(since, int) or isinstance(since, bool) or since < 0):
        raise Refusal("invalid", _l("This message cannot be understood."), field="since")
    return since


ATTENDANCE_PATIENCE = 0.2
"""Seconds that a message waits for the database in order to note attendance."""
ATTENDANCE_EVERY = 2.0
"""Seconds after which it is looked at again whether everybody's attendance is noted who is in the room."""
_attendance_looked_at: dict[int, int] = {}
"""Person → the hour in which their presence in an open meeting was last looked at; so that it is not asked all the time."""
_rooms_looked_at: dict[int, float] = {}
"""Stream → when its room was last looked at."""


def _hour() -> int:
    return now_ms() // 3_600_000


def _not_looked_at(person_ids: Iterable[int]) -> list[int]:
    return [person_id for person_id in sorted(set(person_ids)) if _attendance_looked_at.get(person_id) != _hour()]


def _note_attendance(slug: str, person_ids: list[int]) -> None:
    """Notes that people are there on this day, once the meeting is open: measured by their browsers' being there, and never
    by what they write, so that nothing stands beside an anonymous contribution because of who wrote it.

    While somebody else holds the database it is not noted; nobody waits for that, and it is tried again.
    """
    is_open = select(Workshop).join(journal.Stream, journal.Stream.id == Workshop.id)
    workshop = db.session.scalar(is_open.where(journal.Stream.slug == slug, Workshop.phase == "open"))
    if workshop is None:
        return
    new = select(Person.key).where(Person.workshop_id == workshop.id, Person.id.in_(person_ids))
    keys = list(db.session.scalars(new.where(Person.id.not_in(people.attending(workshop, now_ms())))))
    if keys:
        answer = commands.run(slug, SYSTEM, str(uuid.uuid4()), "attend", {"people": keys}, patience=ATTENDANCE_PATIENCE)
        if not answer["ok"]:
            return
    _attendance_looked_at.update(dict.fromkeys(person_ids, _hour()))


def note_who_is_in_the_room(channel: broadcast.Channel) -> None:
    """Notes the attendance of everybody who has joined, and was there before the meeting was opened or its day began."""
    if time.monotonic() - _rooms_looked_at.get(channel.stream_id, 0.0) < ATTENDANCE_EVERY:
        return
    _rooms_looked_at[channel.stream_id] = time.monotonic()
    waiting = _not_looked_at(viewer.person_id for viewer in list(channel.viewers.values()))
    if waiting:
        _note_attendance(channel.slug, waiting)


broadcast.rounds.append(note_who_is_in_the_room)


def _knows_another_server(message: dict[str, Any], epoch: str) -> bool:
    """Whether the client's page is of another epoch or release, so that it needs every region anew."""
    release = current_app.config["RELEASE"]
    return bool(message.get("epoch", epoch) != epoch or message.get("release", release) != release)


def _take_allowance(person_id: int) -> None:
    """Joining and catching up cost as much as commands do, and are limited like them."""
    wait = current_app.extensions["asking"].take(person_id)
    if wait:
        raise Refusal(
            "too_fast", _l("That is very much at once. Your text is kept and sent in a moment."), retry_after=wait
        )


def _viewed() -> tuple[broadcast.Channel, Viewer]:
    found = broadcast.viewer_of(_sid())
    if found is None:
        raise Refusal("invalid", _l("Join a meeting first."))
    return found


@socketio.on("join")
@_answering
def join(message: dict[str, Any]) -> dict[str, Any]:
    """``{workshop, view?, since?, lang?, epoch?, release?, person?}``: the regions to begin with; what comes later is patched."""
    view, lang, since = message.get("view", "room"), message.get("lang"), _since(message)
    if view not in VIEWS:
        raise Refusal("invalid", _l("There is no such view."), field="view")
    if lang is not None and (not isinstance(lang, str) or not is_language(lang)):
        raise Refusal("invalid", _l("This language is not known."), field="lang")
    workshop = _workshop(message.get("workshop"))
    person_id = _person_id(workshop.id, message.get("person"))
    _take_allowance(person_id)
    if not may_open(db.session.get_one(Person, person_id), view):
        raise Refusal("forbidden", _l("This view is not yours to open."), field="view")
    stream_id, slug, epoch = workshop.id, workshop.slug, workshop.stream.epoch
    if broadcast.sockets_of(stream_id, person_id) >= limits.MAX_SOCKETS:
        raise Refusal("too_fast", _l("This meeting is open in too many windows. Close some of them."), retry_after=10)
    if _knows_another_server(message, epoch):
        since = None
    _note_attendance(slug, _not_looked_at([person_id]))
    person = db.session.get_one(Person, person_id)
    viewer = Viewer(person.id, _browser(), view, canonical(lang) if lang else person.language, tags_of(person))
    broadcast.leave(_sid())
    measures.RESYNCS.labels("everything" if since is None else "changes").inc()
    seq, regions = broadcast.join(stream_id, slug, _sid(), viewer, since)
    broadcast.tell_presence(broadcast.channel_of(stream_id))
    return broadcast.standing(seq, regions, epoch, current_app.config["RELEASE"])


@socketio.on("catch_up")
@_answering
def catch_up(message: dict[str, Any]) -> dict[str, Any]:
    """``{since, epoch?, release?}``: the regions that changed after that number, as they are now."""
    channel, viewer = _viewed()
    if lines.is_clogged(_sid()):
        # It asks and does not take the answers.
        broadcast.hang_up(channel, _sid())
        raise Refusal("too_fast", _l("The earlier answers have not been taken."), retry_after=10)
    _person_id(channel.stream_id)
    _take_allowance(viewer.person_id)
    since = _since(message)
    epoch = db.session.get_one(journal.Stream, channel.stream_id).epoch
    if _knows_another_server(message, epoch):
        since = None
    measures.RESYNCS.labels("everything" if since is None else "changes").inc()
    seq, regions = broadcast.caught_up(channel, since, viewer)
    return broadcast.standing(seq, regions, epoch, current_app.config["RELEASE"])


@socketio.on("command")
@_answering
def command(message: dict[str, Any]) -> dict[str, Any]:
    """``{id, name, args}``: carried out once, acknowledged when committed."""
    channel, viewer = _viewed()
    person_id = _person_id(channel.stream_id)
    answer = door.receive(channel.slug, person_id, viewer.lang, message)
    if answer["ok"]:
        broadcast.wrote(channel, _sid(), answer["seq"])
    return answer


@socketio.on("*")
def anything_else(_event: str, *_messages: Any) -> dict[str, Any]:
    """An event that there is not, or a packet that nobody can read."""
    return Refusal("invalid", _l("This message cannot be understood.")).answer()


@socketio.on("signal")
@_answering
def signal(message: dict[str, Any]) -> None:
    """``{kind, …}``: ephemeral; never stored, never answered."""
    found = broadcast.viewer_of(_sid())
    if found is None:
        return
    channel, viewer = found
    match message.get("kind"):
        case "seen":
            _seen(channel, viewer, message.get("seq"))
        case "help":
            _help(channel, viewer)
        case "practice":
            _practice(viewer, message.get("text"))
        case "typing":
            _typing(channel, viewer, message.get("field"))


def _seen(channel: broadcast.Channel, viewer: Viewer, seq: Any) -> None:
    if isinstance(seq, int) and not isinstance(seq, bool):
        broadcast.seen(channel, _sid(), viewer, seq)
        if _not_looked_at([viewer.person_id]):
            _note_attendance(channel.slug, [_person_id(channel.stream_id)])


def _help(channel: broadcast.Channel, viewer: Viewer) -> None:
    """Somebody asks for help: tells the consoles, and them alone, whom; and the asker whether anybody is there to see it."""
    person = db.session.get_one(Person, _person_id(channel.stream_id))
    _take_allowance(person.id)
    _show_help(channel, person)
    neighbours.tell("help", stream=channel.stream_id, person_id=person.id)
    broadcast.signal([_sid()], {"kind": "help_heard", "count": len(channel.at_consoles())})


@neighbours.heard("help")
def _help_elsewhere(process: str, stream: int, person_id: int) -> None:
    if stream in broadcast.channels:
        _show_help(broadcast.channels[stream], db.session.get_one(Person, person_id))


def _show_help(channel: broadcast.Channel, person: Person) -> None:
    for sid, each in list(channel.viewers.items()):
        if each.view == "console":
            said = [
                str(person.workshop.say(texts, each.lang)) for texts in (person.name, _delegation_name(person)) if texts
            ]
            broadcast.signal([sid], {"kind": "help", "person": person.key, "name": ", ".join(said)})


def _delegation_name(person: Person) -> dict[str, str]:
    return person.delegation.name if person.delegation is not None else {}


def _practice(viewer: Viewer, text: Any) -> None:
    """A practice card: comes back to where it came from, and nothing of it is kept."""
    if isinstance(text, str) and len(text) <= MAX_LENGTH:
        _take_allowance(viewer.person_id)
        broadcast.signal([_sid()], {"kind": "practice", "text": text})


def _typing(channel: broadcast.Channel, viewer: Viewer, field: Any) -> None:
    """Somebody edits a paragraph of the minutes (``field`` is its form's DOM id): tells the others who can and are there."""
    if not _edits_minutes(viewer) or not isinstance(field, str) or len(field) > MAX_LENGTH:
        return
    person = db.session.get_one(Person, _person_id(channel.stream_id))
    _take_allowance(person.id)
    lang = document_language(person.workshop, viewer.lang)
    _show_typing(channel, person, field, lang)
    neighbours.tell("typing", stream=channel.stream_id, person_id=person.id, field=field, lang=lang)


@neighbours.heard("typing")
def _typing_elsewhere(process: str, stream: int, person_id: int, field: str, lang: str) -> None:
    if stream in broadcast.channels:
        _show_typing(broadcast.channels[stream], db.session.get_one(Person, person_id), field, lang)


def _show_typing(channel: broadcast.Channel, person: Person, field: str, lang: str) -> None:
    for sid, each in list(channel.viewers.items()):
        if _edits_minutes(each) and each.person_id != person.id:
            name = str(person.workshop.say(person.name, each.lang))
            said = {"person": person.key, "name": name, "field": field, "language": language_label(lang, each.lang)}
            broadcast.signal([sid], {"kind": "typing", **said})


def _edits_minutes(viewer: Viewer) -> bool:
    return viewer.view == "minutes" and "rapporteur" in viewer.tags

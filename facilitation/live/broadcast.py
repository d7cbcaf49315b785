"""From commits to pages: who looks at what, what they get on arrival, and one patch for every change.

The journal says which regions changed; this module renders them once per language and tells every joined socket of this
process. It reads the journal, not the notices: a lost notice costs half a second, never a change. It alone emits state.
"""

import functools
import json
import logging
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from flask import Flask, current_app
from sqlalchemy.exc import OperationalError

from facilitation import measures
from facilitation.extensions import db, now_ms, snapshot, socketio
from facilitation.live import journal, lines, neighbours, regions
from facilitation.live.journal import Number
from facilitation.live.kept import KeptSession, one_view

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""How long a change waits for its readers when its notice was lost. Who is revoked is let go of within a second, also then."""
RECEIPTS_FOLLOWED = 500
"""Numbers per meeting whose authors are told how many have seen them."""
CACHE_SIZE = 20_000
"""Rendered regions kept per meeting and process."""
MOST_LEARNED = 1000
"""Entries that are read to find out what has changed; beyond, nothing that was kept is believed."""
SAY_WHO_IS_HERE_EVERY = 5.0
"""Seconds after which neighbours are told again who is here; after three times that, what one told is not believed any more."""
NEIGHBOURS_ANSWER_WITHIN = 0.3
"""Seconds that neighbours have to say who is connected to them, when somebody asks."""
LOOK_AT_LINES_EVERY = 0.5
"""Seconds between two looks at whether everybody takes what they are sent."""


class Meeting(Protocol):
    """What regions are loaded from."""

    @property
    def id(self) -> int:
        """The stream's id."""


@dataclass(frozen=True)
class Viewer:
    """A joined socket: whose it is, the view and the language it looks with, and what its bearer may see."""

    person_id: int
    browser_hash: str
    view: str
    lang: str
    tags: frozenset[str]


def _not_wired(*_: Any) -> Any:
    raise LookupError("facilitation.meeting is not imported")


load_meeting: Callable[[int], Meeting] = _not_wired
"""Set by ``meeting``: the meeting of a stream, fresh from the database."""
tags_of: Callable[[int, str, str], frozenset[str] | None] = _not_wired
"""Set by ``meeting``: what a person in a browser may see now with a view; ``None`` when that is nothing any more."""
still_in: Callable[[set[tuple[str, int]]], set[tuple[str, int]]] = _not_wired
"""Set by ``meeting``: which of these browsers are still signed in as these people."""


@dataclass(frozen=True)
class Connection:
    """A joined socket as operators see it."""

    person_id: int
    view: str
    transport: str
    """``websocket`` or ``polling``."""
    seen: int | None
    """The last number that the person is known to have seen; ``None`` when none has been reported."""
    waiting: int
    """Messages that have not left for it yet."""


@dataclass
class Neighbour:
    """What another process told last of a meeting's people there."""

    told_at: float
    people: frozenset[int] = frozenset()
    consoles: frozenset[int] = frozenset()
    """Who of them is at a console."""
    connections: tuple[Connection, ...] = ()


@dataclass
class Channel:
    """One meeting in this process: its joined sockets, the last number they were told, and what is kept to tell them more.

    All reading for them goes through one kept session.
    """

    stream_id: int
    slug: str = ""
    seq: int = 0
    viewers: dict[str, Viewer] = field(default_factory=dict)
    kept: KeptSession = field(default_factory=KeptSession)
    lines_seen_at: float = 0.0
    woken: threading.Event = field(default_factory=threading.Event)
    running: bool = False
    rendered: OrderedDict[tuple[str, str], tuple[int, str]] = field(default_factory=OrderedDict)
    changed: dict[str, int] = field(default_factory=dict)
    known: int | None = None
    seen_by: dict[int, int] = field(default_factory=dict)
    """Person → the last number they have seen. Like ``authors`` ephemeral, in memory alone."""
    authors: OrderedDict[int, str] = field(default_factory=OrderedDict)
    """Number → the socket that made it, for receipts."""
    elsewhere: dict[str, Neighbour] = field(default_factory=dict)
    said_who_is_here_at: float = 0.0
    sign_ins_seen_at: float = 0.0

    def people(self) -> set[int]:
        """Who is in the room, here and at neighbours."""
        here = {viewer.person_id for viewer in list(self.viewers.values())}
        return here.union(*(each.people for each in self.believed()))

    def at_consoles(self) -> set[int]:
        """Who looks at a console, here and at neighbours."""
        here = {viewer.person_id for viewer in list(self.viewers.values()) if viewer.view == "console"}
        return here.union(*(each.consoles for each in self.believed()))

    def believed(self) -> list[Neighbour]:
        """The neighbours that have told something not long ago."""
        oldest = time.monotonic() - 3 * SAY_WHO_IS_HERE_EVERY
        return [each for each in list(self.elsewhere.values()) if each.told_at > oldest]

    def told_by(self, process: str) -> Neighbour:
        """The neighbour of this name, which tells something at this moment."""
        told = self.elsewhere.setdefault(process, Neighbour(0))
        told.told_at = time.monotonic()
        return told

    def learn(self, number: Number) -> None:
        """Forgets what has changed up to this number, of what was rendered and of the meeting's own rows."""
        self.kept.is_of(number.meeting_seq)
        if self.known is None or not 0 <= number.seq - self.known <= MOST_LEARNED:
            self.rendered.clear()
            self.changed.clear()
        elif number.seq > self.known:
            for entry in journal.since(self.stream_id, self.known):
                if "*" in entry.regions:
                    self.rendered.clear()
                    self.changed.clear()
                self.changed.update(dict.fromkeys(entry.regions, entry.seq))
        self.known = number.seq

    def forget(self) -> None:
        """Nobody looks any more: lets go of everything that was kept for them."""
        self.running, self.known = False, None
        for memory in (self.rendered, self.changed, self.seen_by, self.authors, self.elsewhere):
            memory.clear()


channels: dict[int, Channel] = {}
_channels_lock = threading.Lock()


def channel_of(stream_id: int) -> Channel:
    """The process's channel for a meeting; made on first use."""
    with _channels_lock:
        return channels.setdefault(stream_id, Channel(stream_id))


def notice(stream_id: int, _seq: int) -> None:
    """The stream has a new number: wakes its broadcaster, if anybody here is looking, and those of neighbours."""
    _wake(stream_id)
    neighbours.tell("number", stream=stream_id)


def _wake(stream_id: int) -> None:
    channel = channels.get(stream_id)
    if channel is not None:
        channel.woken.set()


@neighbours.heard("number")
def _number_elsewhere(process: str, stream: int) -> None:
    _wake(stream)


def all_regions(stream_id: int, viewer: Viewer) -> tuple[int, dict[str, str]]:
    """The number that the state has now, and every region that the viewer sees in that state."""
    channel = channel_of(stream_id)
    with _having(channel) as (seq, meeting):
        ids = regions.all_ids(meeting, viewer)
        rendered = _render_all(channel, meeting, ids, viewer.lang, seq)
        return seq, {dom_id: html for dom_id, html in rendered.items() if html}


def regions_since(stream_id: int, since: int | None, viewer: Viewer) -> tuple[int, dict[str, str]]:
    """The number that the state has now, and the regions changed after ``since`` as they are now (all of them if ``None``)."""
    channel = channel_of(stream_id)
    with _having(channel) as (seq, meeting):
        if since is None or since > seq:
            return all_regions(stream_id, viewer)
        entries = journal.since(stream_id, since)
        changed = dict.fromkeys(dom_id for entry in entries for dom_id in entry.regions)
        if "*" in changed or any(entry.changes_sight for entry in entries):
            seq, everything = all_regions(stream_id, viewer)
            there_are = (*regions.places(meeting, viewer.view), *regions.audiences(changed, viewer.view))
            may_be_there = [dom_id for dom_id, _ in there_are]
            return seq, {**dict.fromkeys(may_be_there, ""), **everything}
        shown = [dom_id for dom_id, audience in regions.audiences(changed, viewer.view) if audience in viewer.tags]
        return seq, _render_all(channel, meeting, shown, viewer.lang, seq)


def caught_up(channel: Channel, since: int | None, viewer: Viewer) -> tuple[int, dict[str, str]]:
    """What a joined viewer asks for who has missed something: as ``regions_since``, and in step with the patches to come."""
    with _having(channel):
        tell(channel)
        return regions_since(channel.stream_id, since, viewer)


@contextmanager
def _having(channel: Channel) -> Iterator[tuple[int, Meeting]]:
    """The channel for oneself and one consistent view of the database: the number that the state has in it, and the meeting."""
    with channel.kept.in_use():
        if not db.session().in_transaction():
            snapshot()
        with one_view():
            number = journal.current_number(channel.stream_id)
            channel.learn(number)
            yield number.seq, load_meeting(channel.stream_id)


def join(stream_id: int, slug: str, sid: str, viewer: Viewer, since: int | None) -> tuple[int, dict[str, str]]:
    """Joins a socket. From the number returned on, it is told every number exactly once and in order."""
    channel = channel_of(stream_id)
    channel.slug = slug
    with _having(channel):
        if not lines.is_there(sid):
            # It hung up before its turn came.
            return channel.seq, {}
        seq, current = regions_since(stream_id, since, viewer)
        if channel.viewers:
            # The others must not lag behind the number from which this one is told: all in the same view of the database.
            tell(channel)
        channel.seq = seq
        channel.viewers[sid] = viewer
        if not lines.is_there(sid):
            # It hung up while it was joining: nobody would ever take it off the list.
            leave(sid)
        if not channel.running:
            channel.running = True
            neighbours.tell("who_is_here", stream=stream_id)
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            socketio.start_background_task(_keep_telling, app, channel)
        return channel.seq, current


def leave(sid: str) -> None:
    """Forgets a socket."""
    for channel in list(channels.values()):
        channel.viewers.pop(sid, None)


def sockets_of(stream_id: int, person_id: int) -> int:
    """How many sockets of this process a person has joined a meeting with."""
    return sum(viewer.person_id == person_id for viewer in list(channel_of(stream_id).viewers.values()))


def viewer_of(sid: str) -> tuple[Channel, Viewer] | None:
    """The channel that a socket has joined and how it looks at it."""
    for channel in list(channels.values()):
        viewer = channel.viewers.get(sid)
        if viewer is not None:
            return channel, viewer
    return None


rounds: list[Callable[[Channel], None]] = []
"""What else is to be done while somebody is looking, at least once a second: called with the channel."""


def _keep_telling(app: Flask, channel: Channel) -> None:
    while True:
        channel.woken.wait(POLL_SECONDS)
        channel.woken.clear()
        with app.app_context():
            try:
                with channel.kept.in_use():
                    if not channel.viewers:
                        # While nobody can join: whoever does next begins a new one of these.
                        channel.forget()
                        break
                    tell(channel)
                    _let_go_of_who_is_out(channel)
                    if neighbours.are_there() and _is_time_to_say_who_is_here(channel):
                        _tell_all_of_here(channel)
                for each in rounds:
                    each(channel)
            except OperationalError as error:
                log.warning("the database cannot be reached: %s", type(error.orig).__name__)
            except Exception:
                log.exception("telling the pages failed; trying again", extra={"stream": channel.stream_id})
    channel.kept.close()


def tell(channel: Channel) -> None:
    """Tells every joined socket what happened since the last time."""
    with _having(channel) as (last, meeting):
        _let_go_of_the_clogged(channel)
        if last > channel.seq:
            _tell(channel, meeting, last)


def _tell(channel: Channel, meeting: Meeting, last: int) -> None:
    first, entries = channel.seq + 1, journal.since(channel.stream_id, channel.seq)
    changed = list(dict.fromkeys(dom_id for entry in entries for dom_id in entry.regions))
    everything = "*" in changed
    before = dict(channel.viewers)
    sight_changed = everything or any(entry.changes_sight for entry in entries)
    now = _look_again(channel) if sight_changed else before
    changed_in = functools.cache(lambda view: regions.audiences(changed, view))
    there_are_in = functools.cache(lambda view: regions.places(meeting, view))
    # In JSON, each only once, since many patches share most of their regions.
    region = functools.cache(
        lambda dom_id, lang: f"{json.dumps(dom_id)}:{json.dumps(_render(channel, meeting, dom_id, lang, last))}"
    )
    alike: dict[tuple[str, frozenset[str], frozenset[str]], list[str]] = defaultdict(list)
    for sid, viewer in now.items():
        shown = {dom_id for dom_id, audience in changed_in(viewer.view) if audience in viewer.tags}
        gone: set[str] = set()
        earlier = before[sid].tags
        if everything or viewer.tags != earlier:
            for dom_id, audience in there_are_in(viewer.view):
                if audience in viewer.tags:
                    shown.add(dom_id)
                elif audience in earlier:
                    gone.add(dom_id)
        alike[viewer.lang, frozenset(shown), frozenset(gone)].append(sid)
    for lang in {lang for lang, _, _ in alike}:
        _read_ahead(channel, meeting, set().union(*(shown for of, shown, _ in alike if of == lang)), lang)
    patches = []
    for (lang, shown_to_them, gone_for_them), sids in alike.items():
        patch = [region(dom_id, lang) for dom_id in sorted(shown_to_them)]
        patch += [f'{json.dumps(dom_id)}:""' for dom_id in sorted(gone_for_them)]
        patches.append((sids, f'{{"from":{first},"seq":{last},"regions":{{{",".join(patch)}}}}}'))
    # All are written before the first is sent: should the database go away meanwhile, nobody has been told anything.
    channel.viewers.update({sid: viewer for sid, viewer in now.items() if sid in channel.viewers})
    for sids, message in patches:
        lines.tell(sids, "patch", message)
    channel.seq = last


def _look_again(channel: Channel) -> dict[str, Viewer]:
    """Everybody as they may see now; those who may see nothing any more are let go of."""
    found = {}
    for sid, viewer in list(channel.viewers.items()):
        tags = tags_of(viewer.person_id, viewer.browser_hash, viewer.view)
        if tags is None:
            _let_go(channel, sid, "revoked")
        else:
            found[sid] = replace(viewer, tags=tags)
    return found


def _let_go(channel: Channel, sid: str, reason: str, **more: Any) -> None:
    channel.viewers.pop(sid, None)
    lines.tell([sid], "leave", json.dumps({"reason": reason, **more}))
    socketio.server.disconnect(sid)


def _let_go_of_who_is_out(channel: Channel) -> None:
    """Sign-ins end in many places and processes: whether or not that was told, it is looked at every second. Who is out comes
    back and is told so; who has a new secret by now stays."""
    now = time.monotonic()
    if now - channel.sign_ins_seen_at < POLL_SECONDS:
        return
    channel.sign_ins_seen_at = now
    viewers = list(channel.viewers.items())
    there = still_in({(viewer.browser_hash, viewer.person_id) for _, viewer in viewers})
    for sid, viewer in viewers:
        if (viewer.browser_hash, viewer.person_id) not in there:
            _let_go(channel, sid, "draining", retry_after=0)


def _let_go_of_the_clogged(channel: Channel) -> None:
    now = time.monotonic()
    if now - channel.lines_seen_at < LOOK_AT_LINES_EVERY:
        return
    channel.lines_seen_at = now
    for sid in list(channel.viewers):
        if lines.is_clogged(sid):
            hang_up(channel, sid)


def hang_up(channel: Channel, sid: str) -> None:
    """Lets go of a client that does not take what it is sent."""
    log.warning("a client that does not read is let go", extra={"stream": channel.stream_id})
    measures.EVICTIONS.inc()
    channel.viewers.pop(sid, None)
    lines.hang_up(sid)


def dismiss(browser_hash: str, reason: str) -> None:
    """Lets go of all sockets of a browser that signed out, or that holds a new secret and may come back at once."""
    _dismiss(browser_hash, reason)
    neighbours.tell("dismissed", browser_hash=browser_hash, reason=reason)


@neighbours.heard("dismissed")
def _dismissed_elsewhere(process: str, browser_hash: str, reason: str) -> None:
    _dismiss(browser_hash, reason)


def _dismiss(browser_hash: str, reason: str) -> None:
    for channel in list(channels.values()):
        for sid, viewer in list(channel.viewers.items()):
            if viewer.browser_hash == browser_hash:
                _let_go(channel, sid, reason, **({"retry_after": 0} if reason == "draining" else {}))


def dismiss_all(reason: str, retry_after: float) -> None:
    """Lets go of every socket of this process; they may come back after so many seconds."""
    for channel in list(channels.values()):
        for sid in list(channel.viewers):
            _let_go(channel, sid, reason, retry_after=retry_after)


def _render_all(channel: Channel, meeting: Meeting, dom_ids: list[str], lang: str, seq: int) -> dict[str, str]:
    _read_ahead(channel, meeting, dom_ids, lang)
    return {dom_id: _render(channel, meeting, dom_id, lang, seq) for dom_id in dom_ids}


def _read_ahead(channel: Channel, meeting: Meeting, dom_ids: Iterable[str], lang: str) -> None:
    regions.read_ahead(meeting, [dom_id for dom_id in dom_ids if _kept(channel, dom_id, lang) is None])


def _kept(channel: Channel, dom_id: str, lang: str) -> str | None:
    kept = channel.rendered.get((dom_id, lang))
    return kept[1] if kept is not None and kept[0] >= channel.changed.get(dom_id, 0) else None


def _render(channel: Channel, meeting: Meeting, dom_id: str, lang: str, seq: int) -> str:
    """The region, from memory where it has not changed since it was rendered."""
    kept = _kept(channel, dom_id, lang)
    if kept is not None:
        channel.rendered.move_to_end((dom_id, lang))
        return kept
    try:
        html = regions.render(meeting, dom_id, lang)
    except OperationalError:
        # The database is away: that is no region's fault, and all of it is tried again.
        raise
    except Exception:
        # One broken region must not stop all the others; it shows nothing and is tried again the next time.
        log.exception("a region could not be rendered", extra={"region": dom_id})
        db.session.rollback()
        return regions.nothing_at(dom_id)
    if channel.known is not None and seq >= channel.known:
        # A view of the database from before the last change must not be kept for those after it.
        channel.rendered[dom_id, lang] = (seq, html)
        if len(channel.rendered) > CACHE_SIZE:
            channel.rendered.popitem(last=False)
    return html


def seen(channel: Channel, sid: str, viewer: Viewer, seq: int) -> None:
    """A person has seen everything up to ``seq``: tells the authors of what was written up to there, in this process, how
    many of the others have."""
    if sid not in channel.viewers or not 0 < seq <= channel.seq:
        return
    if _has_seen(channel, viewer.person_id, seq):
        neighbours.tell("seen", stream=channel.stream_id, person_id=viewer.person_id, seq=seq)


@neighbours.heard("seen")
def _seen_elsewhere(process: str, stream: int, person_id: int, seq: int) -> None:
    channel = channels.get(stream)
    if channel is not None:
        _has_seen(channel, person_id, seq)


def _has_seen(channel: Channel, person_id: int, seq: int) -> bool:
    """Tells the authors of this process how many have seen theirs; whether that is news."""
    before = channel.seen_by.get(person_id, 0)
    if seq <= before:
        return False
    channel.seen_by[person_id] = seq
    there = channel.people()
    for made, author_sid in list(channel.authors.items()):
        author = channel.viewers.get(author_sid)
        if author is not None and before < made <= seq and author.person_id != person_id:
            others = there - {author.person_id}
            count = sum(channel.seen_by.get(other, 0) >= made for other in others)
            signal([author_sid], {"kind": "seen", "seq": made, "count": count, "of": len(others)})
    return True


def _is_time_to_say_who_is_here(channel: Channel) -> bool:
    return time.monotonic() - channel.said_who_is_here_at > SAY_WHO_IS_HERE_EVERY


def tell_presence(channel: Channel) -> None:
    """Tells the consoles, which alone show it, how many people are in the room; and neighbours, who of them is here."""
    viewers = list(channel.viewers.values())
    people = {viewer.person_id for viewer in viewers}
    consoles = {viewer.person_id for viewer in viewers if viewer.view == "console"}
    channel.said_who_is_here_at = time.monotonic()
    neighbours.tell("here", stream=channel.stream_id, people=sorted(people), consoles=sorted(consoles))
    _show_presence(channel)


@neighbours.heard("here")
def _here_elsewhere(process: str, stream: int, people: list[int], consoles: list[int]) -> None:
    channel = channels.get(stream)
    if channel is None:
        return
    before = channel.people()
    told = channel.told_by(process)
    told.people, told.consoles = frozenset(people), frozenset(consoles)
    told.connections = tuple(each for each in told.connections if each.person_id in told.people)
    if channel.people() != before:
        _show_presence(channel)


@neighbours.heard("who_is_here")
def _asked_who_is_here(process: str, stream: int) -> None:
    channel = channels.get(stream)
    if channel is not None and channel.viewers:
        _tell_all_of_here(channel)


def _tell_all_of_here(channel: Channel) -> None:
    tell_presence(channel)
    # A kind of its own, which a neighbour of an earlier release does not know and leaves alone.
    here = [[each.person_id, each.view, each.transport, each.seen, each.waiting] for each in _connections_here(channel)]
    neighbours.tell("connections", stream=channel.stream_id, connections=here)


@neighbours.heard("connections")
def _connections_elsewhere(process: str, stream: int, connections: list[Any]) -> None:
    channel = channels.get(stream)
    if channel is not None:
        channel.told_by(process).connections = tuple(Connection(*each) for each in connections)


def _show_presence(channel: Channel) -> None:
    consoles = [sid for sid, viewer in list(channel.viewers.items()) if viewer.view == "console"]
    signal(consoles, {"kind": "presence", "count": len(channel.people())})


def wrote(channel: Channel, sid: str, seq: int) -> None:
    """Remembers, in memory and for a while, which socket to tell how far number ``seq`` has come."""
    channel.authors[seq] = sid
    while len(channel.authors) > RECEIPTS_FOLLOWED:
        channel.authors.popitem(last=False)


def connections_of(stream_id: int) -> list[Connection]:
    """The sockets that have joined a meeting, here and at neighbours, who are asked and given a moment to answer."""
    channel = channel_of(stream_id)
    if neighbours.are_there():
        neighbours.tell("who_is_here", stream=stream_id)
        socketio.sleep(NEIGHBOURS_ANSWER_WITHIN)
    return _connections_here(channel) + [each for told in channel.believed() for each in told.connections]


def _connections_here(channel: Channel) -> list[Connection]:
    return [
        Connection(
            viewer.person_id,
            viewer.view,
            lines.transport(sid),
            channel.seen_by.get(viewer.person_id),
            lines.waiting(sid),
        )
        for sid, viewer in list(channel.viewers.items())
    ]


def signal(sids: Iterable[str], message: dict[str, Any]) -> None:
    """Sends something ephemeral to sockets; nothing is kept of it."""
    to = list(sids)
    if to:
        lines.tell(to, "signal", json.dumps(message))


def standing(seq: int, current: dict[str, str], epoch: str, release: str) -> dict[str, Any]:
    """The answer to ``join`` and ``catch_up``."""
    return {"ok": True, "seq": seq, "regions": current, "epoch": epoch, "release": release, "now": now_ms()}

"""Sessions that keep the meeting's own rows from one use to the next: nearly everything needs them, and they seldom change.

Whether they have changed is asked of the stream, whose ``meeting_seq`` is the number of the last command that did it.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask_sqlalchemy.session import Session
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm import Session as AnySession

from facilitation.extensions import db

MEETING_TABLES: set[type[Any]] = set()
"""Set by ``meeting``: the tables whose rows are kept."""
_CHANGED = "meeting changed"
_ANSWERS = "answers"

Asking = ParamSpec("Asking")
Answer = TypeVar("Answer")


class Turns:
    """A lock that goes to whoever has waited longest. An ordinary one may go again and again to a thread that lets go of it
    and takes it at once, as the one that tells the pages does while everybody writes: nobody could join."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            mine.acquire()
        except BaseException:
            # Killed while waiting, or just when it was handed over.
            with self._guard:
                still_waiting = mine in self._waiting
                if still_waiting:
                    self._waiting.remove(mine)
            if not still_waiting:
                self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class KeptSession:
    """A database session for one user at a time, who finds in it what the one before left: the meeting's own rows."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._session: Session | None = None
        self._holder = 0
        self._rows: set[Any] = set()
        """What would vanish from the session as soon as nobody speaks of it: while in use, all that was read."""
        self._as_of: int | None = None

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """This session in the place of the one in use, which gives its connection back before it waits; used again inside, it
        is the same. What has not been committed by the end is rolled back, and then nothing is kept."""
        if self._holder == threading.get_ident():
            yield
            return
        other = db.session()
        other.rollback()
        with self._turns:
            self._holder = threading.get_ident()
            if self._session is None:
                self._session = db.session.session_factory(expire_on_commit=False)
                event.listen(self._session, "loaded_as_persistent", self._hold)
            db.session.registry.set(self._session)
            try:
                yield
                self._keep_the_meeting(self._session)
            except BaseException:
                self._session.rollback()
                self._session.expunge_all()
                self._rows.clear()
                self._as_of = None
                raise
            finally:
                self._holder = 0
                db.session.registry.set(other)

    def is_of(self, meeting_seq: int) -> None:
        """Says that the meeting's own rows changed last at this number: what was kept from before is forgotten."""
        if self._as_of != meeting_seq:
            db.session.expire_all()
            self._as_of = meeting_seq

    def close(self) -> None:
        """Forgets everything."""
        with self._turns:
            if self._session is not None:
                self._session.close()
            self._session, self._as_of = None, None
            self._rows.clear()

    def _hold(self, _session: AnySession, row: Any) -> None:
        self._rows.add(row)

    def _keep_the_meeting(self, session: Session) -> None:
        for row in list(session.identity_map.values()):
            if type(row) not in MEETING_TABLES:
                session.expunge(row)
                self._rows.discard(row)
        session.commit()


@contextmanager
def one_view() -> Iterator[None]:
    """While the session in use only reads, and from one consistent view of the database: what is ``asked_once`` is not asked
    again."""
    info = db.session().info
    before = info.get(_ANSWERS)
    info[_ANSWERS] = {} if before is None else before
    try:
        yield
    finally:
        if before is None:
            del info[_ANSWERS]


def asked_once(ask: Callable[Asking, Answer]) -> Callable[Asking, Answer]:
    """Has a function that asks the database remember its answers, by its arguments, for the time of ``one_view``. Nobody may
    change what it returns."""

    @wraps(ask)
    def answer(*args: Asking.args, **named: Asking.kwargs) -> Answer:
        known = db.session().info.get(_ANSWERS)
        if known is None:
            return ask(*args, **named)
        question = (ask, args, *named.items())
        if question not in known:
            known[question] = ask(*args, **named)
        found: Answer = known[question]
        return found

    return answer


def know(ask: Callable[..., Answer], *args: Hashable, answer: Answer) -> None:
    """Says what a function that is ``asked_once`` would find out: where the answers to many questions were read at once."""
    known = db.session().info.get(_ANSWERS)
    if known is not None:
        known[ask.__wrapped__, args] = answer  # type: ignore[attr-defined]


@event.listens_for(db.session, "before_flush")
def _notice_rows(session: AnySession, _context: object, _objects: object) -> None:
    if any(type(row) in MEETING_TABLES for row in (*session.new, *session.dirty, *session.deleted)):
        session.info[_CHANGED] = True


@event.listens_for(db.session, "do_orm_execute")
def _notice_statements(state: ORMExecuteState) -> None:
    writes = state.is_update or state.is_delete or state.is_insert
    if writes and state.bind_mapper is not None and state.bind_mapper.class_ in MEETING_TABLES:
        state.session.info[_CHANGED] = True


def meeting_changed() -> bool:
    """Whether the session in use has changed rows of the meeting's own since ``forget_changes``."""
    return bool(db.session().info.get(_CHANGED))


def forget_changes() -> None:
    """A new transaction begins."""
    db.session().info.pop(_CHANGED, None)

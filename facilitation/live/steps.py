"""Steps: what a command that can be undone has changed, row by row, so that it can be taken back and done again.

A step is taken back by its number, and only where everything it changed is still as it left it: whatever somebody did
there since is not lost by it.
"""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ForeignKey, String, event, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from facilitation.extensions import db

_WATCHED = "rows watched for a step"
Change = dict[str, Any]
"""``table``, ``key`` (the primary key), ``was`` and ``now``: columns with their values; ``was`` is null for a row made by it."""


class Step(db.Model):  # type: ignore[name-defined, misc]
    """What one command has changed."""

    __tablename__ = "steps"
    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The number of the command."""
    name: Mapped[str] = mapped_column(String(64))
    topics: Mapped[list[str]] = mapped_column(JSON)
    regions: Mapped[list[str]] = mapped_column(JSON)
    changes: Mapped[list[Change]] = mapped_column(JSON)
    undone: Mapped[bool] = mapped_column(default=False)


class Overtaken(Exception):
    """Something that the step changed is not as it left it any more."""


def watch() -> None:
    """From now on, in this session, what happens to rows is remembered, until ``watched``."""
    db.session().info[_WATCHED] = {}


def watched() -> list[Change]:
    """What has happened to rows since ``watch``; call it when all is flushed."""
    rows: dict[Any, dict[str, Any] | None] = db.session().info.pop(_WATCHED, {})
    changes = []
    for row, was in rows.items():
        names = _columns(row) if was is None else list(was)
        now = {name: getattr(row, name) for name in names}
        if was != now:
            key = list(inspect(row).identity)
            changes.append({"table": row.__tablename__, "key": key, "was": was, "now": now})
    return changes


def stop_watching() -> None:
    """Forgets what has happened to rows."""
    db.session().info.pop(_WATCHED, None)


@event.listens_for(db.session, "before_flush")
def _remember(session: Session, _context: object, _objects: object) -> None:
    rows = session.info.get(_WATCHED)
    if rows is None:
        return
    for row in session.new:
        rows.setdefault(row, None)
    for row in session.dirty:
        was = rows.setdefault(row, {})
        if was is None:
            continue
        for name in _columns(row):
            history = inspect(row).attrs[name].history
            if history.deleted:
                was.setdefault(name, history.deleted[0])


def _columns(row: Any) -> list[str]:
    return [attribute.key for attribute in inspect(type(row)).column_attrs]


def take_back(step: Step) -> None:
    """Makes everything as it was before the step. Raises ``Overtaken`` when something has been changed since."""
    made = [change for change in step.changes if change["was"] is None]
    for change in step.changes:
        if change["was"] is not None:
            _put(change, change["now"], change["was"])
    _flush()
    for change in made:
        row = _row(change)
        _check(row, change["now"])
        db.session.delete(row)
    _flush()
    step.undone = True


def do_again(step: Step) -> None:
    """Makes everything as it was after the step. Raises ``Overtaken`` when something has been changed since."""
    for change in step.changes:
        if change["was"] is None:
            db.session.add(_table(change)(**change["now"]))
    _flush()
    for change in step.changes:
        if change["was"] is not None:
            _put(change, change["was"], change["now"])
    _flush()
    step.undone = False


def _put(change: Change, expected: dict[str, Any], wanted: dict[str, Any]) -> None:
    row = _row(change)
    _check(row, expected)
    for name, value in wanted.items():
        setattr(row, name, value)


def _table(change: Change) -> Any:
    mappers = inspect(Step).registry.mappers
    return next(each.class_ for each in mappers if each.class_.__tablename__ == change["table"])


def _row(change: Change) -> Any:
    row = db.session.get(_table(change), tuple(change["key"]))
    if row is None:
        raise Overtaken
    return row


def _check(row: Any, expected: dict[str, Any]) -> None:
    if any(getattr(row, name) != value for name, value in expected.items()):
        raise Overtaken


def _flush() -> None:
    try:
        db.session.flush()
    except IntegrityError:
        # Something made since rests on it.
        raise Overtaken from None


OVERTAKEN = _l("Something has been changed there since. Nothing was undone; mend it by hand.")

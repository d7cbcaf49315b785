"""What a join and a patch ask of the database: as much in a full room as in an empty one.

Over a network, or beside others who write, every question is a wait; on SQLite one does not notice.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from facilitation.extensions import db
from tests.conftest import Meeting

FEW, MANY = 3, 40
ONE_OR_MORE = re.compile(r"(\?|%\(\w+\)s(::\w+)?)(, (\?|%\(\w+\)s(::\w+)?))*")
"""What stands for values in SQLite's statements and in PostgreSQL's."""


@contextmanager
def questions(meeting: Meeting) -> Iterator[Counter[str]]:
    """What is asked of the database meanwhile, by its words; not by the broadcaster, which looks every second in any case."""
    asked: Counter[str] = Counter()
    asking = threading.get_ident()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == asking:
            asked[ONE_OR_MORE.sub("?", statement)] += 1

    with meeting.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("key", "view"),
    [("al-1", "room"), ("facilitator", "console"), ("facilitator", "screen"), ("interpreter-mk", "desk")],
)
def test_who_joins_a_full_room_asks_no_more_questions_than_who_joins_an_empty_one(
    unwatched: Meeting, key: str, view: str
) -> None:
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("facilitator").do("start_item", item="round")
    counts = []
    # In a language that nobody reads yet, so that everything must be made.
    for number, lang in ((FEW, "bs"), (MANY, "mk")):
        for each in range(number):
            who = ("al-1", "mk-1", "rs-1")[each % 3]
            unwatched.as_(who).do(
                "add_contribution", item="round", kind="challenge", lang="en", text=f"Concern {each}", anonymity="named"
            )
        with questions(unwatched) as asked:
            unwatched.observe(key, view, lang)
        assert asked
        counts.append(asked)
    more = counts[1] - counts[0]
    assert sum(more.values()) < FEW, "\n".join(f"{number} more: {words}" for words, number in more.most_common(8))

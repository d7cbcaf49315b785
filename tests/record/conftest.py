"""Meetings at the stages that minutes and records are made in, and documents as tests read them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from facilitation.extensions import snapshot
from facilitation.meeting.acts import load_workshop
from facilitation.meeting.models import Workshop
from facilitation.record.document import Bullets, Document, Heading, Paragraph, Runs, Table
from tests.conftest import Meeting

# Each audience of the page of the minutes, in two languages, and those whose other pages change with the phase.
WATCHERS = (
    ("al-1", "minutes", "en"),
    ("ba-1", "minutes", "mk"),
    ("al-2", "minutes", "mk"),
    ("rapporteur", "minutes", "mk"),
    ("facilitator", "minutes", "en"),
    ("organiser", "minutes", "en"),
    ("organiser", "console", "mk"),
    ("observer", "room", "en"),
)


@contextmanager
def rows_of(meeting: Meeting) -> Iterator[Workshop]:
    """The meeting's rows, fresh from the database."""
    with meeting.app.app_context():
        snapshot()
        yield load_workshop(meeting.stream_id)


def text(runs: Runs) -> str:
    """Runs as they are printed, without marks."""
    return " ".join(run.text for run in runs)


def words(document: Document) -> str:
    """Everything that a document prints but its marks, one block a line."""
    lines = [document.title.text, *(f"{label.text}: {value.text}" for label, value in document.facts)]
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                lines.append(text(block.runs))
            case Bullets():
                lines += [text(item) for item in block.items]
            case Table():
                lines += [" | ".join(text(cell) for cell in row) for row in (block.header, *block.rows)]
    return "\n".join([*lines, *(text(line) for line in document.small_print)])


def paragraphs(document: Document) -> dict[str, Paragraph]:
    """Key → paragraph."""
    return {block.key: block for block in document.blocks if isinstance(block, Paragraph)}


def hold(meeting: Meeting) -> None:
    """Runs a meeting with a note and a contribution, and closes it."""
    meeting.as_("organiser").do("open_workshop")
    ana = meeting.as_("facilitator")
    ana.do("start_item", item="welcome")
    meeting.as_("rapporteur").do("write_note", item="welcome", lang="en", text="He welcomed everybody.")
    ana.do("start_item", item="presentation-al")
    said = {"item": "presentation-al", "kind": "challenge", "lang": "sq", "text": "Kemi pak raste."}
    meeting.as_("al-1").do("add_contribution", **said, anonymity="delegation")
    ana.do("finish_item", item="presentation-al")
    meeting.as_("organiser").do("close_workshop")


def agree(meeting: Meeting, text: str = "We meet again in May.") -> str:
    """Puts a conclusion to the delegations of a closed meeting, and all of them agree; its id."""
    ana = meeting.as_("facilitator")
    made: str = ana.do("draft_conclusion", item="agreement", text={"en": text})["id"]
    ana.do("put_conclusion", conclusion=made)
    for code in ("AL", "BA", "XK", "ME", "MK", "RS"):
        ana.do("take_position", conclusion=made, stance="agree", on_behalf_of=code)
    return made


def circulate(meeting: Meeting) -> None:
    """Drafts and circulates the minutes of a closed meeting."""
    meeting.as_("rapporteur").do("draft_minutes")
    meeting.as_("rapporteur").do("circulate_minutes")


@pytest.fixture
def closed(unwatched: Meeting) -> Meeting:
    """A meeting that was held and is closed; nobody looks on."""
    hold(unwatched)
    return unwatched


@pytest.fixture
def circulated(closed: Meeting) -> Meeting:
    """A closed meeting with circulated minutes; nobody looks on."""
    circulate(closed)
    return closed


@pytest.fixture
def watched(closed: Meeting) -> Meeting:
    """A closed meeting; everybody whom minutes concern looks on."""
    for key, view, lang in WATCHERS:
        closed.observe(key, view, lang)
    return closed

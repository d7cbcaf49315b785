"""Amendments: lines of the event record that were put right after the minutes had been adopted, which stay as they are."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from facilitation.extensions import db
from facilitation.meeting.models import Model, Workshop
from facilitation.record.document import Block, Bullets, Document, Paragraph, Runs
from facilitation.record.edits import edited_runs
from facilitation.record.wording import Wording

AS_TAKEN = "conclusion"
"""What the keys of blocks begin with that say what was concluded and where each delegation stands: nobody words that anew."""


class Amendment(Model):
    """A line of the record as it was put right, in one language."""

    __tablename__ = "record_amendments"
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), primary_key=True)
    paragraph: Mapped[str] = mapped_column(String(160), primary_key=True)
    """The key of the paragraph; of an item of a list with its place in it: ``framework:list[0]``."""
    lang: Mapped[str] = mapped_column(String(35), primary_key=True)
    text: Mapped[str]
    replaced: Mapped[str] = mapped_column(String(64))
    """The digest of the text that it stands instead of."""
    seq: Mapped[int]
    """The number of the change of this line that it has caught up with, see ``meeting.versions``."""


def amendments_of(workshop: Workshop) -> dict[str, dict[str, Amendment]]:
    """Line → language → what it says instead."""
    found: dict[str, dict[str, Amendment]] = {}
    for row in db.session.scalars(select(Amendment).where(Amendment.workshop_id == workshop.id)):
        found.setdefault(row.paragraph, {})[row.lang] = row
    return found


def lines_of(document: Document) -> Iterator[tuple[str, Runs]]:
    """The lines of a record that can be put right: its paragraphs and the items of its lists, each with its key."""
    for block in document.blocks:
        if block.key.startswith(AS_TAKEN):
            continue
        if isinstance(block, Paragraph):
            yield block.key, block.runs
        elif isinstance(block, Bullets):
            yield from ((f"{block.key}[{n}]", item) for n, item in enumerate(block.items))


def amended(w: Wording, document: Document) -> Document:
    """The record with what was put right in it."""
    amendments = amendments_of(w.workshop)
    if not amendments:
        return document
    now = {
        key: edited_runs(w, runs, amendments[key]) if key in amendments else runs for key, runs in lines_of(document)
    }
    return replace(document, blocks=tuple(_with(block, now) for block in document.blocks))


def _with(block: Block, now: dict[str, Runs]) -> Block:
    if isinstance(block, Paragraph):
        return replace(block, runs=now.get(block.key, block.runs))
    if isinstance(block, Bullets):
        items = (now.get(f"{block.key}[{n}]", item) for n, item in enumerate(block.items))
        return replace(block, items=tuple(items))
    return block

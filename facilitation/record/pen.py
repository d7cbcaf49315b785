"""What minutes are written with: blocks one after another, paragraphs numbered, numbers referred to."""

import re
from collections.abc import Iterable
from dataclasses import replace

from facilitation.meeting import clock
from facilitation.meeting.models import AgendaItem, Workshop
from facilitation.meeting.texts import join_list
from facilitation.record.document import Block, Bullets, Heading, Paragraph, Run, Runs, Table, Trail
from facilitation.record.material import Material
from facilitation.record.wording import Wording, gettext

_REFERENCE = re.compile("\x04([0-9a-f]+)\x05")
"""What stands for the number of the paragraph with a contribution until all paragraphs have their numbers."""
_TOLD = re.compile("(contribution|theme|element|conclusion|parked):([^:]+)")
"""The keys of paragraphs that tell of one thing made in the meeting, or that it was put aside."""


class Pen:
    """Writes the blocks of minutes one after another and numbers the paragraphs."""

    def __init__(self, wording: Wording, material: Material) -> None:
        self.w, self.m = wording, material
        self.blocks: list[Block] = []
        self._number = 0
        self._numbers: dict[str, str] = {}

    def heading(self, level: int, runs: Runs, key: str) -> None:
        """A heading; 1 is the highest level."""
        self.blocks.append(Heading(level, runs, key))

    def paragraph(self, key: str, runs: Runs, sources: Iterable[str] = (), rests_on: str = "") -> None:
        """A numbered paragraph. ``rests_on``: what it rests on that no paragraph tells of, in words."""
        self._number += 1
        trails = (Trail(self.w.label(rests_on), ()),) if rests_on else ()
        self.blocks.append(Paragraph(runs, key, f"{self._number}.", tuple(sources), trails))

    def contribution(self, contribution_id: str, runs: Runs) -> None:
        """A numbered paragraph with a contribution, which others can refer to."""
        self.paragraph(f"contribution:{contribution_id}", runs, (contribution_id,))
        self._numbers[contribution_id] = str(self._number)

    def line(self, key: str, runs: Runs) -> None:
        """A line without a number."""
        self.blocks.append(Paragraph(runs, key))

    def table(self, key: str, caption: Runs, header: tuple[Runs, ...], rows: Iterable[tuple[Runs, ...]]) -> None:
        """A table."""
        self.blocks.append(Table(caption, header, tuple(rows), key))

    def bullets(self, key: str, items: Iterable[Runs]) -> None:
        """A list without numbers."""
        self.blocks.append(Bullets(tuple(items), key))

    def number_of(self, key: str) -> str:
        """The number of the paragraph with this key, without its point; empty where there is none."""
        numbers = (each.number for each in self.blocks if isinstance(each, Paragraph) and each.key == key)
        return next(numbers, "").rstrip(".")

    def references(self, contribution_ids: list[str]) -> str:
        """``paragraphs 4, 7 and 9``, for a message: where these contributions are printed."""
        numbers = join_list([f"\x04{each}\x05" for each in contribution_ids], self.w.spoken)
        if len(contribution_ids) == 1:
            return gettext("paragraph %(number)s", number=numbers)
        return gettext("paragraphs %(numbers)s", numbers=numbers)

    def finished(self) -> tuple[Block, ...]:
        """The blocks, with every reference in its place, and with the trails between what rests on what."""
        numbered = [block for block in self.blocks if isinstance(block, Paragraph)]
        telling = [(block, found) for block in numbered if (found := _TOLD.fullmatch(block.key))]
        told = {found[2]: block for block, found in telling if found[1] != "parked"}
        behind: dict[str, list[Paragraph]] = {}
        ahead: dict[str, list[Paragraph]] = {}
        for block, _ in telling:
            for source in (told[each] for each in block.sources if each in told):
                if source is not block:
                    behind.setdefault(block.key, []).append(source)
                    ahead.setdefault(source.key, []).append(block)
        return tuple(
            replace(
                block,
                runs=tuple(self._resolved(run) for run in block.runs),
                trails=(
                    *block.trails,
                    *(
                        self._trail(label, found[block.key])
                        for label, found in ((gettext("Rests on:"), behind), (gettext("Taken up in:"), ahead))
                        if block.key in found
                    ),
                ),
            )
            if isinstance(block, Paragraph)
            else block
            for block in self.blocks
        )

    def _trail(self, label: str, to: list[Paragraph]) -> Trail:
        return Trail(self.w.label(label), tuple((each.key, each.number.rstrip(".")) for each in to))

    def _resolved(self, run: Run) -> Run:
        if "\x04" not in run.text:
            return run
        return replace(run, text=_REFERENCE.sub(lambda match: self._numbers.get(match[1], "?"), run.text))


def planned_time(workshop: Workshop, item: AgendaItem) -> str:
    """``10:00–10:10``, as the plan has it."""
    start = clock.planned_start(workshop, item)
    return f"{wall(workshop, start)}–{wall(workshop, start + 60_000 * item.minutes)}"


def wall(workshop: Workshop, instant: int) -> str:
    """``10:00``: an instant in the meeting's time zone."""
    return clock.wall_time(workshop, instant).strftime("%H:%M")

"""Pictures of tables: SVG drawn from a table's own cells, so that a picture never says anything that its table does not.

What is large or small is said by length or by darkness and, in each case, by the number itself.
"""

import math
import re
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape

from facilitation.record.document import Runs, Table

WIDTH = 640
"""Units across; a picture is as wide as the text around it."""
LABEL, LINE, LABEL_CHARS, HEAD_CHARS = 210, 15, 28, 11
MOST_COLUMNS = 12
"""A matrix with more columns than this cannot be read."""
MOST_HEIGHT = 430
"""Units down of one picture, half a page: a higher one would leave the page before it empty."""
_COLOUR, _FONT = "#1d5a8c", "Libertinus Serif, Charter, Cambria, Noto Serif, Georgia, serif"

Values = Sequence[float | None]
Row = tuple[tuple[Runs, ...], Values]
"""A row's cells, and the numbers in them."""


def pictures_of(table: Table, lang: str) -> list[str]:
    """The table as pictures for a document in ``lang``, one below the other; none where it is not to be drawn, or nothing in
    it is more than nothing."""
    values = [[_value(cell) for cell in row[1:]] for row in table.rows]
    most = max((value for row in values for value in row if value is not None), default=0)
    columns = len(table.header) - 1
    if not table.chart or not most or not columns or (table.chart == "matrix" and columns > MOST_COLUMNS):
        return []
    drawing = (_Matrix if table.chart == "matrix" else _Bars)(table, lang, most)
    return [drawing.picture(rows) for rows in drawing.parted(list(zip(table.rows, values, strict=True)))]


class _Drawing(ABC):
    """What pictures of both kinds have."""

    def __init__(self, table: Table, lang: str, most: float) -> None:
        self.table, self.lang, self.most = table, lang, most
        self.columns = len(table.header) - 1
        self.top = self._head()[0]

    def picture(self, rows: Sequence[Row]) -> str:
        """Some of the rows below the head."""
        (y, parts), title = self._head(), " ".join(_told(self.table.caption))
        for cells, values in rows:
            parts += self._row(cells, values, y)
            y += self._high(cells)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {y + 2}" width="{WIDTH}" height="{y + 2}"'
            f' font-family="{_FONT}" font-size="12" fill="currentColor"><title>{escape(title)}</title>{"".join(parts)}</svg>'
        )

    def parted(self, rows: Sequence[Row]) -> list[Sequence[Row]]:
        """The rows in as few pictures as a page bears, of as many rows as one another."""
        for size in range(len(rows), 0, -1):
            some = [rows[n : n + size] for n in range(0, len(rows), size)]
            if all(self.top + sum(self._high(cells) for cells, _ in part) <= MOST_HEIGHT for part in some):
                size = math.ceil(len(rows) / len(some))
                return [rows[n : n + size] for n in range(0, len(rows), size)]
        return [[row] for row in rows]

    @abstractmethod
    def _head(self) -> tuple[int, list[str]]: ...

    @abstractmethod
    def _row(self, cells: tuple[Runs, ...], values: Values, y: int) -> list[str]: ...

    @abstractmethod
    def _high(self, cells: tuple[Runs, ...]) -> int: ...

    def _label(self, cells: tuple[Runs, ...]) -> list[str]:
        return _wrapped(cells[0], LABEL_CHARS, 3)

    def _lines(self, runs: Runs, lines: Sequence[str], x: float, y: float, anchor: str = "start") -> str:
        spans = "".join(
            f'<tspan x="{x:.1f}" y="{y + LINE * n:.1f}">{escape(line)}</tspan>' for n, line in enumerate(lines)
        )
        other = next((run.lang for run in runs if run.lang not in (self.lang, "und")), "")
        lang = f' lang="{escape(other)}"' if other else ""
        return f'<text text-anchor="{anchor}"{lang}>{spans}</text>'


class _Matrix(_Drawing):
    """Rows against columns; the darker a cell, the more."""

    @property
    def _wide(self) -> float:
        return (WIDTH - LABEL) / self.columns

    def _head(self) -> tuple[int, list[str]]:
        cells = self.table.header[1:]
        heads = [_wrapped(cell, max(HEAD_CHARS, int(self._wide / 6)), 6) for cell in cells]
        y = 8 + LINE * max(map(len, heads))
        return y, [
            self._lines(cell, lines, LABEL + self._wide * (n + 0.5), y - LINE * (len(lines) - 1) - 4, "middle")
            for n, (cell, lines) in enumerate(zip(cells, heads, strict=True))
        ]

    def _high(self, cells: tuple[Runs, ...]) -> int:
        return max(28, LINE * len(self._label(cells)) + 10)

    def _row(self, cells: tuple[Runs, ...], values: Values, y: int) -> list[str]:
        label, high, wide = self._label(cells), self._high(cells), self._wide
        parts = [self._lines(cells[0], label, 0, y + (high - LINE * len(label)) / 2 + 11)]
        for n, number in enumerate(values):
            x, share = LABEL + wide * n, 0 if number is None else number / self.most
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{y + 1}" width="{wide - 2:.1f}" height="{high - 2}" rx="3" fill="{_COLOUR}"'
                f' fill-opacity="{0.45 * share:.2f}" stroke="{_COLOUR}" stroke-opacity=".35"/>'
            )
            parts.append(self._lines((), _told(cells[n + 1]), x + wide / 2, y + high / 2 + 4, "middle"))
        return parts


class _Bars(_Drawing):
    """A bar for each number of a row: the last column filled, those before it as outlines."""

    def _head(self) -> tuple[int, list[str]]:
        y, parts = 4, list[str]()
        if self.columns > 1:
            for n, cell in enumerate(self.table.header[1:]):
                parts.append(_bar(LABEL + n * 200, y + 2, 22, 10, n == self.columns - 1))
                parts.append(self._lines(cell, [" ".join(_told(cell))], LABEL + n * 200 + 28, y + 11))
            y += LINE + 8
        return y, parts

    def _high(self, cells: tuple[Runs, ...]) -> int:
        return max(16 * self.columns + 6, LINE * len(self._label(cells)) + 6)

    def _row(self, cells: tuple[Runs, ...], values: Values, y: int) -> list[str]:
        room = WIDTH - LABEL - 60
        parts = [self._lines(cells[0], self._label(cells), 0, y + 12)]
        for n, number in enumerate(values):
            length = room * (number or 0) / self.most
            parts.append(_bar(LABEL, y + 2 + 16 * n, length, 12, n == self.columns - 1))
            parts.append(self._lines((), _told(cells[n + 1]), LABEL + length + 6, y + 12 + 16 * n))
        return parts


def _wrapped(runs: Runs, width: int, most: int) -> list[str]:
    """A label in lines; its marks stay when its words are cut."""
    words, *marks = _told(runs)
    lines = textwrap.wrap(words, width, max_lines=most, placeholder="…")
    return [*lines, *(line for mark in marks for line in textwrap.wrap(mark, width))]


def _told(runs: Runs) -> list[str]:
    """What a cell says, then how it is marked."""
    return [_text(runs), *dict.fromkeys(f"[{run.note}]" for run in runs if run.note)]


def _bar(x: float, y: float, length: float, high: int, is_filled: bool) -> str:
    look = f'fill="{_COLOUR}" fill-opacity="{".75" if is_filled else "0"}" stroke="{_COLOUR}"'
    return f'<rect x="{x}" y="{y}" width="{length:.1f}" height="{high}" {look}/>'


def _text(runs: Runs) -> str:
    return " ".join(run.text for run in runs)


def _value(runs: Runs) -> float | None:
    """The number that a cell holds, a time as its seconds; ``None`` for anything else."""
    text = _text(runs)
    if time := re.fullmatch(r"(\d+):(\d\d)", text):
        return 60 * int(time[1]) + int(time[2])
    return float(text) if re.fullmatch(r"\d+", text) else None

"""Pictures of tables: SVG drawn from a table's own cells, so that a picture never says anything that its table does not.

What is large or small is said by length or by darkness and, in each case, by the number itself.
"""

import re
import textwrap
from collections.abc import Iterable, Sequence
from html import escape

from facilitation.record.document import Runs, Table

WIDTH = 640
"""Units across; a picture is as wide as the text around it."""
LABEL, LINE, LABEL_CHARS, HEAD_CHARS = 210, 15, 28, 11
MOST_COLUMNS = 12
"""A matrix with more columns than this cannot be read as a picture; its table can."""
_COLOUR, _FONT = "#1d5a8c", "Libertinus Serif, Charter, Cambria, Noto Serif, Georgia, serif"


def svg_of(table: Table) -> str:
    """The table as a picture; empty where it is not to be drawn, or nothing in it is more than nothing."""
    values = [[_value(cell) for cell in row[1:]] for row in table.rows]
    most = max((value for row in values for value in row if value is not None), default=0)
    columns = len(table.header) - 1
    if not table.chart or not most or not columns or (table.chart == "matrix" and columns > MOST_COLUMNS):
        return ""
    height, parts = (_matrix if table.chart == "matrix" else _bars)(table, values, most)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' font-family="{_FONT}" font-size="12" fill="currentColor">'
        f"<title>{escape(_text(table.caption))}</title>{''.join(parts)}</svg>"
    )


def _matrix(table: Table, values: Sequence[Sequence[float | None]], most: float) -> tuple[int, list[str]]:
    """Rows against columns; the darker a cell, the more."""
    wide = (WIDTH - LABEL) / (len(table.header) - 1)
    heads = [textwrap.wrap(_text(cell), max(HEAD_CHARS, int(wide / 6))) for cell in table.header[1:]]
    y = 8 + LINE * max(map(len, heads))
    parts = [
        _lines(lines, LABEL + wide * (n + 0.5), y - LINE * (len(lines) - 1) - 4, "middle")
        for n, lines in enumerate(heads)
    ]
    for row, numbers in zip(table.rows, values, strict=True):
        label = _label(row[0])
        high = max(28, LINE * len(label) + 10)
        parts.append(_lines(label, 0, y + (high - LINE * len(label)) / 2 + 11))
        for n, number in enumerate(numbers):
            x, share = LABEL + wide * n, 0 if number is None else number / most
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{y + 1}" width="{wide - 2:.1f}" height="{high - 2}" rx="3" fill="{_COLOUR}"'
                f' fill-opacity="{0.45 * share:.2f}" stroke="{_COLOUR}" stroke-opacity=".35"/>'
            )
            parts.append(_lines([_text(row[n + 1])], x + wide / 2, y + high / 2 + 4, "middle"))
        y += high
    return y + 2, parts


def _bars(table: Table, values: Sequence[Sequence[float | None]], most: float) -> tuple[int, list[str]]:
    """A bar for each number of a row: the last column filled, those before it as outlines."""
    columns, room, y, parts = len(table.header) - 1, WIDTH - LABEL - 60, 4, list[str]()
    if columns > 1:
        for n, cell in enumerate(table.header[1:]):
            parts.append(_bar(LABEL + n * 200, y + 2, 22, 10, n == columns - 1))
            parts.append(_lines([_text(cell)], LABEL + n * 200 + 28, y + 11))
        y += LINE + 8
    for row, numbers in zip(table.rows, values, strict=True):
        label = _label(row[0])
        high = max(16 * columns + 6, LINE * len(label) + 6)
        parts.append(_lines(label, 0, y + 12))
        for n, number in enumerate(numbers):
            length = room * (number or 0) / most
            parts.append(_bar(LABEL, y + 2 + 16 * n, length, 12, n == columns - 1))
            parts.append(_lines([_text(row[n + 1])], LABEL + length + 6, y + 12 + 16 * n))
        y += high
    return y + 2, parts


def _label(runs: Runs) -> list[str]:
    return textwrap.wrap(_text(runs), LABEL_CHARS, max_lines=3, placeholder="…")


def _bar(x: float, y: float, length: float, high: int, is_filled: bool) -> str:
    look = f'fill="{_COLOUR}" fill-opacity="{".75" if is_filled else "0"}" stroke="{_COLOUR}"'
    return f'<rect x="{x}" y="{y}" width="{length:.1f}" height="{high}" {look}/>'


def _lines(lines: Iterable[str], x: float, y: float, anchor: str = "start") -> str:
    spans = "".join(f'<tspan x="{x:.1f}" y="{y + LINE * n:.1f}">{escape(line)}</tspan>' for n, line in enumerate(lines))
    return f'<text text-anchor="{anchor}">{spans}</text>'


def _text(runs: Runs) -> str:
    return " ".join(run.text for run in runs)


def _value(runs: Runs) -> float | None:
    """The number that a cell holds, a time as its seconds; ``None`` for anything else."""
    text = _text(runs)
    if time := re.fullmatch(r"(\d+):(\d\d)", text):
        return 60 * int(time[1]) + int(time[2])
    return float(text) if re.fullmatch(r"\d+", text) else None

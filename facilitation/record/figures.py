"""The meeting in figures, at the end of its minutes: tables that are drawn as pictures, too."""

import math
import textwrap
from collections import Counter
from dataclasses import replace
from itertools import takewhile

from facilitation.activities.agreement import STANCES, positions_of
from facilitation.activities.floor import seconds_by_delegation
from facilitation.activities.themes import Theme, themes_of
from facilitation.record import passages
from facilitation.record.charts import MOST_COLUMNS
from facilitation.record.document import Run, Runs, Table
from facilitation.record.passages import STANCE_NAMES
from facilitation.record.pen import Pen
from facilitation.record.wording import Wording, gettext

OPENING, SAME_WORDS = 60, 4
"""Characters by which a conclusion is recognised, and words that are left out where all of them begin with these."""

Rows = list[tuple[Runs, ...]]


def write_figures(pen: Pen) -> None:
    """Which delegations face which themes, planned and held time, the floor, the positions; what there is of it."""
    tables = [table for table in (*_themes(pen), _times(pen), _floor(pen), _positions(pen)) if table.rows]
    if tables:
        pen.heading(1, (pen.w.label(gettext("Appendix 3: The meeting in figures")),), "appendix:figures")
        pen.blocks += tables


def _themes(pen: Pen) -> list[Table]:
    """Contributions and endorsements of each delegation in each theme, as far as delegations may be named."""
    w, delegations = pen.w, pen.w.workshop.delegations
    counts = [(theme, _counted(pen, theme)) for theme in themes_of(w.workshop)]
    themes = [(theme, by_delegation) for theme, by_delegation in counts if by_delegation]
    caption = gettext("Contributions and endorsements by theme and delegation, where delegations are named")
    if len(delegations) > MOST_COLUMNS and len(delegations) > len(themes):
        header = ((w.label(gettext("Delegation")),), *((w.own(theme.title),) for theme, _ in themes))
        rows: Rows = [
            ((w.own(each.name),), *((w.label(by_delegation[each.id]),) for _, by_delegation in themes))
            for each in delegations
            if themes
        ]
    else:
        header = ((w.label(gettext("Theme")),), *((w.own(each.name),) for each in delegations))
        rows = [
            ((w.own(theme.title),), *((w.label(by_delegation[each.id]),) for each in delegations))
            for theme, by_delegation in themes
        ]
    return _narrow(w, caption, header, rows, "appendix:figures:themes")


def _counted(pen: Pen, theme: Theme) -> Counter[int]:
    """Delegation's id → in how many of the theme's contributions it is named."""
    counts: Counter[int] = Counter()
    for contribution in pen.m.contributions_by_theme[theme.id]:
        own = pen.m.delegation_of(contribution)
        named = {*([own] if own else []), *pen.m.endorsed_by(contribution)}
        counts.update(delegation.id for delegation in named)
    return counts


def _narrow(w: Wording, caption: str, header: tuple[Runs, ...], rows: Rows, key: str) -> list[Table]:
    """A matrix as one table, or as several next to one another where it has more columns than a page bears."""
    parts = math.ceil((len(header) - 1) / MOST_COLUMNS)
    if parts <= 1:
        return [Table((w.label(caption),), header, tuple(rows), key, chart="matrix")]
    wide = math.ceil((len(header) - 1) / parts)

    def some(cells: tuple[Runs, ...], part: int) -> tuple[Runs, ...]:
        return (cells[0], *cells[1 + part * wide : 1 + (part + 1) * wide])

    return [
        Table(
            (w.label(gettext("%(caption)s (%(number)s of %(all)s)", caption=caption, number=part + 1, all=parts)),),
            some(header, part),
            tuple(some(row, part) for row in rows),
            f"{key}:{part + 1}" if part else key,
            chart="matrix",
        )
        for part in range(parts)
    ]


def _times(pen: Pen) -> Table:
    """Minutes planned and held, of every item that was held."""
    w = pen.w
    rows = tuple(
        (
            (w.own(item.title),),
            (w.label(item.minutes),),
            (w.label(round((item.finished_at - item.started_at) / 60_000)),),
        )
        for item in w.workshop.agenda
        if item.started_at is not None and item.finished_at is not None
    )
    header = passages.header(w, gettext("Item"), gettext("Planned, minutes"), gettext("Held, minutes"))
    caption = (w.label(gettext("Planned and held time")),)
    return Table(caption, header, rows, "appendix:figures:times", chart="bars")


def _floor(pen: Pen) -> Table:
    """How long each delegation has had the floor by raising its hand."""
    w, seconds = pen.w, seconds_by_delegation(pen.w.workshop)
    rows = tuple(
        ((w.own(each.name),), (w.label("{}:{:02}".format(*divmod(seconds[each.id], 60))),))
        for each in w.workshop.delegations
        if any(seconds.values())
    )
    header = passages.header(w, gettext("Delegation"), gettext("Minutes and seconds"))
    caption = (w.label(gettext("Time with the floor, given to raised hands")),)
    return Table(caption, header, rows, "appendix:figures:floor", chart="bars")


def _positions(pen: Pen) -> Table:
    """How many delegations stand where on each conclusion that was put."""
    w, rows, put = pen.w, Rows(), pen.m.conclusions
    for conclusion, words in zip(put, _openings([passages.words_of(w, pen.m, each) for each in put]), strict=True):
        counts = Counter(position.stance for position in positions_of(conclusion).values())
        without = len(w.workshop.delegations) - counts.total()
        numbers = [*(counts[stance] for stance in STANCES), without]
        where = gettext("paragraph %(number)s", number=pen.number_of(f"conclusion:{conclusion.id}"))
        rows.append(((w.label(f"{where}:"), words), *((w.label(number),) for number in numbers)))
    names = (*(STANCE_NAMES[stance] for stance in STANCES), gettext("no position"))
    header = passages.header(w, gettext("Conclusion"), *names)
    caption = (w.label(gettext("Positions on the conclusions: numbers of delegations")),)
    return Table(caption, header, tuple(rows), "appendix:figures:positions", chart="matrix")


def _openings(conclusions: list[Run]) -> list[Run]:
    """How each conclusion begins; where several begin with the same words, how they go on after these."""
    words = [run.text.split() for run in conclusions]
    same = len(list(takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False)))) if len(words) > 1 else 0
    left_out = same if same >= SAME_WORDS else 0
    return [
        replace(
            run,
            text=("… " if left_out else "")
            + textwrap.shorten(" ".join(each[left_out:]) or run.text, OPENING, placeholder="…"),
        )
        for run, each in zip(conclusions, words, strict=True)
    ]

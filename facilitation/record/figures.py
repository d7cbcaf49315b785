"""The meeting in figures, at the end of its minutes: tables that are drawn as pictures, too."""

from collections import Counter

from facilitation.activities.agreement import STANCES, conclusions_of, positions_of
from facilitation.activities.floor import seconds_by_delegation
from facilitation.activities.themes import themes_of
from facilitation.record import passages
from facilitation.record.document import Runs, Table
from facilitation.record.passages import STANCE_NAMES
from facilitation.record.pen import Pen
from facilitation.record.wording import gettext

Rows = list[tuple[Runs, ...]]


def write_figures(pen: Pen) -> None:
    """Which delegations face which themes, planned and held time, the floor, the positions; what there is of it."""
    tables = [table for table in (_themes(pen), _times(pen), _floor(pen), _positions(pen)) if table.rows]
    if tables:
        pen.heading(1, (pen.w.label(gettext("Appendix 3: The meeting in figures")),), "appendix:figures")
        pen.blocks += tables


def _themes(pen: Pen) -> Table:
    """Contributions and endorsements of each delegation in each theme, as far as delegations may be named."""
    w, rows = pen.w, Rows()
    for theme in themes_of(w.workshop):
        counts: Counter[int] = Counter()
        for contribution in pen.m.contributions_by_theme[theme.id]:
            own = pen.m.delegation_of(contribution)
            named = {*([own] if own else []), *pen.m.endorsed_by(contribution)}
            counts.update(delegation.id for delegation in named)
        if counts:
            numbers = ((w.label(counts[delegation.id]),) for delegation in w.workshop.delegations)
            rows.append(((w.own(theme.title),), *numbers))
    header = ((w.label(gettext("Theme")),), *((w.own(each.name),) for each in w.workshop.delegations))
    caption = gettext("Contributions and endorsements by theme and delegation, where delegations are named")
    return Table((w.label(caption),), header, tuple(rows), "appendix:figures:themes", chart="matrix")


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
    w, rows = pen.w, Rows()
    for conclusion in conclusions_of(w.workshop):
        if conclusion.state != "draft":
            counts = Counter(position.stance for position in positions_of(conclusion).values())
            without = len(w.workshop.delegations) - counts.total()
            numbers = [*(counts[stance] for stance in STANCES), without]
            where = gettext("paragraph %(number)s", number=pen.number_of(f"conclusion:{conclusion.id}"))
            rows.append(((w.label(where),), *((w.label(number),) for number in numbers)))
    names = (*(STANCE_NAMES[stance] for stance in STANCES), gettext("no position"))
    header = passages.header(w, gettext("Conclusion"), *names)
    caption = (w.label(gettext("Positions on the conclusions: numbers of delegations")),)
    return Table(caption, header, tuple(rows), "appendix:figures:positions", chart="matrix")

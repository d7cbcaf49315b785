"""What minutes say of an agenda item: when it was on, who spoke, what was said, written, grouped, voted and agreed."""

from flask_babel import lazy_gettext as _l

from facilitation.activities.agreement import Conclusion
from facilitation.activities.framework import Element
from facilitation.activities.sources import sources_of
from facilitation.activities.themes import Theme
from facilitation.meeting import clock
from facilitation.meeting.models import AgendaItem, Delegation
from facilitation.meeting.texts import UNDETERMINED, join_list, long_date
from facilitation.record import passages
from facilitation.record.document import Run, Runs
from facilitation.record.pen import Pen, planned_time, wall
from facilitation.record.wording import gettext, ngettext

_JUST_A_LINE = ("lobby", "break")

_CONCLUSION_LABELS = {
    "put": _l("Conclusion, put to the delegations and still open:"),
    "closed": _l("Conclusion:"),
}


_A_NOTE = _l("Rests on a note")
_NOTES_BY = {
    "rapporteur": _l("Rests on a note of the rapporteur"),
    "interpreter": _l("Rests on a note of an interpreter"),
    "facilitator": _l("Rests on a note of a facilitator"),
    "organiser": _l("Rests on a note of the organiser"),
}


def write_item(pen: Pen, item: AgendaItem) -> None:
    """Everything about an item that has begun or was skipped."""
    w, key = pen.w, f"item:{item.key}"
    if item.kind in _JUST_A_LINE:
        pen.line(key, (w.own(item.title, strong=True), *w.sentence(_time_of(pen, item))))
        _contributions(pen, item)
        return
    pen.heading(2, (w.own(item.title),), key)
    if item.state == "skipped":
        reason = w.read({item.skip_lang or UNDETERMINED: item.skip_reason or ""})
        pen.paragraph(f"{key}:skipped", (*w.sentence(gettext("This item was skipped:")), reason))
        return
    pen.paragraph(f"{key}:time", w.sentence(_time_of(pen, item)))
    if item.speaker is not None:
        pen.paragraph(f"{key}:speaker", _speaker(pen, item))
    if notes := pen.m.notes.get(item.id):
        _note(pen, item, w.read(notes))
    _floor(pen, item)
    if item.kind == "presentation" and item.delegation is not None:
        _programmes(pen, item, item.delegation)
    _contributions(pen, item)
    for theme in pen.m.grouped_in(item):
        _theme(pen, theme)
    if item.kind == "vote":
        _votes(pen, item)
    if item is _last(pen, "framework"):
        for element in pen.m.elements:
            _element(pen, element)
    for conclusion in pen.m.conclusions:
        if conclusion.item_id == item.id:
            _conclusion(pen, conclusion)


def _note(pen: Pen, item: AgendaItem, said: Run) -> None:
    writer = pen.m.writer_of_note(item, said.lang)
    rests_on = _NOTES_BY.get(writer.role if writer is not None else "", _A_NOTE)
    pen.paragraph(f"item:{item.key}:note", (said,), rests_on=str(rests_on))


def write_leftovers(pen: Pen) -> None:
    """What belongs to no item that has begun; the open questions; what nobody came back to."""
    w, m = pen.w, pen.m
    held = {item.id for item in m.held}
    elements = m.elements if _last(pen, "framework") is None else []
    conclusions = [conclusion for conclusion in m.conclusions if conclusion.item_id not in held]
    if m.homeless_themes or elements or conclusions:
        pen.heading(1, (w.label(gettext("Worked out besides the agenda")),), "besides")
        for theme in m.homeless_themes:
            _theme(pen, theme)
        for element in elements:
            _element(pen, element)
        for conclusion in conclusions:
            _conclusion(pen, conclusion)
    _parked(pen)
    _never_taken_up(pen)


def _parked(pen: Pen) -> None:
    w, m = pen.w, pen.m
    emptied = [each for each in m.redacted if f"parked:{each.id}" in m.emptied]
    parked = [contribution for contribution in m.contributions if contribution.parked] + emptied
    if not parked:
        return
    pen.heading(1, (w.label(gettext("Open questions")),), "parked")
    for contribution in sorted(parked, key=lambda each: each.seq):
        runs: Runs = ()
        if contribution not in emptied:
            put_aside = w.sentence(gettext("Put aside as an open question:"))
            runs = (*put_aside, *w.said(m.words_of(contribution), contribution.lang, m.translated(contribution.id)))
        pen.paragraph(f"parked:{contribution.id}", runs, (contribution.id,))


def _never_taken_up(pen: Pen) -> None:
    lines = (*pen.m.elements, *pen.m.conclusions)
    used = {source.id for line in lines for source in sources_of(pen.w.workshop, line.sources)}
    not_used = [each for each in pen.m.contributions if not each.parked and each.id not in used]
    left = [each.id for each in not_used if each.theme_id is None]
    only_grouped = [each.id for each in not_used if each.theme_id is not None and each.theme_id not in used]
    if left or only_grouped:
        pen.heading(1, (pen.w.label(gettext("Written and not taken up")),), "left")
    if left:
        sentence = gettext(
            "What is in %(paragraphs)s was written during the meeting and is in no theme, conclusion or open question.",
            paragraphs=pen.references(left),
        )
        pen.paragraph("left:list", pen.w.sentence(sentence), left)
    if only_grouped:
        sentence = gettext(
            "What is in %(paragraphs)s was put into a theme on which no conclusion and no element of the framework rests.",
            paragraphs=pen.references(only_grouped),
        )
        pen.paragraph("left:grouped", pen.w.sentence(sentence), only_grouped)


def _last(pen: Pen, kind: str) -> AgendaItem | None:
    return next((item for item in reversed(pen.m.held) if item.kind == kind), None)


def _time_of(pen: Pen, item: AgendaItem) -> str:
    """When an item was meant to be and when it was; with the date where that is another one than planned."""
    workshop = pen.w.workshop
    planned = planned_time(workshop, item)
    if item.state == "skipped" or item.started_at is None:
        return gettext("Planned for %(planned)s; skipped.", planned=planned)
    start = wall(workshop, item.started_at)
    day = clock.wall_time(workshop, item.started_at).date()
    another_day = day != clock.wall_time(workshop, clock.planned_start(workshop, item)).date()
    date = long_date(day, pen.w.spoken)
    if item.finished_at is None:
        if another_day:
            return gettext(
                "Planned for %(planned)s; on since %(start)s on %(date)s.", planned=planned, start=start, date=date
            )
        return gettext("Planned for %(planned)s; on since %(start)s.", planned=planned, start=start)
    actual = f"{start}–{wall(workshop, item.finished_at)}"
    if another_day:
        return gettext(
            "Planned for %(planned)s; held on %(date)s, %(actual)s.", planned=planned, date=date, actual=actual
        )
    return gettext("Planned for %(planned)s; held %(actual)s.", planned=planned, actual=actual)


def _speaker(pen: Pen, item: AgendaItem) -> Runs:
    assert item.speaker is not None
    w = pen.w
    name = w.put(w.own(item.speaker.name))
    if not item.speaker.title:
        return w.sentence(gettext("Speaker: %(name)s.", name=name))
    title = w.put(w.own(item.speaker.title))
    return w.sentence(gettext("Speaker: %(name)s, %(title)s.", name=name, title=title))


def _floor(pen: Pen, item: AgendaItem) -> None:
    seconds = pen.m.seconds_spoken.get(item.id)
    if not seconds:
        return
    w = pen.w
    spoke = [
        gettext("%(delegation)s (%(time)s)", delegation=w.put(w.own(each.name)), time=_length(seconds[each.id]))
        if seconds[each.id]
        else w.put(w.own(each.name))
        for each in w.workshop.delegations
        if each.id in seconds
    ]
    sentence = gettext("The floor was taken by %(delegations)s.", delegations=join_list(spoke, w.spoken))
    pen.paragraph(f"item:{item.key}:floor", w.sentence(sentence), rests_on=gettext("Rests on the floor, as measured"))


def _length(seconds: int) -> str:
    """``3 min 20 s``."""
    minutes, rest = divmod(seconds, 60)
    return (
        gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest)
        if minutes
        else gettext("%(seconds)s s", seconds=rest)
    )


def _programmes(pen: Pen, item: AgendaItem, delegation: Delegation) -> None:
    w = pen.w
    programmes = [programme for programme in pen.m.programmes if programme.delegation_id == delegation.id]
    if not programmes:
        return
    sentence = gettext("%(delegation)s presented these programmes:", delegation=w.put(w.own(delegation.name)))
    pen.paragraph(
        f"item:{item.key}:programmes",
        w.sentence(sentence),
        [programme.id for programme in programmes],
        gettext("Rests on what the delegation said of its programmes"),
    )
    for programme in programmes:
        status = gettext("%(status)s:", status=str(passages.STATUS_NAMES[programme.status]))
        runs = (w.label(status, strong=True), w.own(programme.title))
        summary = (w.own(programme.summary),) if programme.summary else ()
        pen.paragraph(f"programme:{programme.id}", (*runs, *summary), (programme.id,))


def _contributions(pen: Pen, item: AgendaItem) -> None:
    emptied = [
        each for each in pen.m.redacted if each.item_id == item.id and f"contribution:{each.id}" in pen.m.emptied
    ]
    for said in sorted((*pen.m.contributions_by_item.get(item.id, ()), *emptied), key=lambda each: each.seq):
        pen.contribution(said.id, () if said in emptied else passages.contribution(pen.w, pen.m, said))


def _theme(pen: Pen, theme: Theme) -> None:
    w, inside = pen.w, pen.m.contributions_by_theme[theme.id]
    label = gettext("Theme (%(kind)s):", kind=str(passages.KIND_NAMES[theme.kind]))
    runs: Runs = (w.label(label, strong=True), w.own(theme.title))
    if not inside:
        nothing = w.sentence(gettext("Nothing was grouped here."))
        pen.paragraph(f"theme:{theme.id}", (*runs, *nothing, *passages.named_before(w, theme)))
        return
    ids = [contribution.id for contribution in inside]
    count = ngettext("%(num)s contribution", "%(num)s contributions", len(ids))
    delegations = [w.own(delegation.name) for delegation in pen.m.delegations_in(theme)]
    values = {"count": count, "delegations": w.listed(delegations)}
    if not delegations:
        sentence = f"{count}."
    elif all(pen.m.delegation_of(contribution) for contribution in inside):
        sentence = gettext("%(count)s, from or endorsed by %(delegations)s.", **values)
    else:
        sentence = gettext(
            "%(count)s; of those who wrote or endorsed them these are named: %(delegations)s.",
            **values,
        )
    said = w.sentence("– " + sentence)
    pen.paragraph(f"theme:{theme.id}", (*runs, *said, *passages.named_before(w, theme)), ids)


def _votes(pen: Pen, item: AgendaItem) -> None:
    w, results = pen.w, pen.m.votes_in(item)
    if not results:
        return
    count = sum(votes for _, votes in results)
    sentence = ngettext("%(num)s vote was cast.", "%(num)s votes were cast.", count)
    ids = [theme.id for theme, _ in results]
    pen.paragraph(f"item:{item.key}:votes", w.sentence(sentence), ids, gettext("Rests on the votes as they were cast"))
    pen.table(
        f"item:{item.key}:votes:table",
        (w.label(gettext("Votes by theme")),),
        passages.header(w, gettext("Theme"), gettext("Votes")),
        (((w.own(theme.title),), (w.label(votes),)) for theme, votes in results),
    )


def _element(pen: Pen, element: Element) -> None:
    w, sources = pen.w, sources_of(pen.w.workshop, element.sources)
    title = w.put(w.own(element.title))
    runs = w.sentence(gettext("Element of the framework: “%(title)s”.", title=title))
    body = (w.own(element.text),) if element.text else ()
    pen.paragraph(f"element:{element.id}", (*runs, *body), [source.id for source in sources])


def _conclusion(pen: Pen, conclusion: Conclusion) -> None:
    w, m, key = pen.w, pen.m, f"conclusion:{conclusion.id}"
    sources = sources_of(w.workshop, conclusion.sources)
    label = w.label(_CONCLUSION_LABELS[conclusion.state], strong=True)
    pen.paragraph(key, (label, passages.words_of(w, m, conclusion)), [source.id for source in sources])
    count, earlier = passages.reworded(w, m, conclusion)
    if earlier:
        pen.paragraph(f"{key}:reworded", count, (conclusion.id,))
        pen.bullets(f"{key}:reworded:list", earlier)
    if deadline := passages.deadline(w, conclusion):
        pen.paragraph(f"{key}:deadline", deadline, (conclusion.id,))
    pen.paragraph(f"{key}:tally", passages.tally(w, conclusion), (conclusion.id,))
    pen.table(
        f"{key}:positions",
        (w.label(gettext("Positions")),),
        passages.header(w, gettext("Delegation"), gettext("Position")),
        passages.position_rows(w, conclusion),
    )
    for delegation, sentence in passages.reservations(w, m, conclusion):
        pen.paragraph(f"{key}:{delegation.code}", sentence, (conclusion.id,))
    if missing := passages.without_position(w, conclusion):
        pen.paragraph(f"{key}:missing", missing, (conclusion.id,))
    if late := passages.taken_afterwards(w, conclusion):
        pen.paragraph(f"{key}:afterwards", late, (conclusion.id,))

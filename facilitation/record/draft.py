"""The minutes as they write themselves: from the agenda, the journal's rows and people's notes, in any language.

What there is to say does not depend on the language, so that a paragraph has the same number and the same key in each.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from facilitation.meeting.models import AgendaItem, Person, Workshop
from facilitation.meeting.texts import date_range, long_date
from facilitation.record import passages
from facilitation.record.document import Document, Run, Runs, Table
from facilitation.record.figures import write_figures
from facilitation.record.items import write_item, write_leftovers
from facilitation.record.material import Material
from facilitation.record.pen import Pen, planned_time, wall
from facilitation.record.wording import Wording, gettext, ngettext, speaking


def drafts_of(workshop: Workshop, emptied: frozenset[str] = frozenset()) -> dict[str, Document]:
    """The minutes in every language of the meeting, see ``draft_of``. ``emptied``: the paragraphs that stay without text."""
    material = Material(workshop, emptied=emptied)
    return {lang: draft_of(workshop, lang, material) for lang in workshop.languages}


def draft_of(workshop: Workshop, lang: str, material: Material | None = None) -> Document:
    """The minutes in ``lang``, as the meeting's rows tell them now, without people's edits and without the approval."""
    with speaking(lang):
        w, m = Wording(workshop, lang), material or Material(workshop)
        pen = Pen(w, m)
        _principles(pen)
        _series(pen)
        for day in sorted({item.day for item in workshop.agenda if item.state != "planned"}):
            _day(pen, day)
        write_leftovers(pen)
        _attendance(pen)
        pen.heading(1, (w.label(gettext("Appendix 2: Agenda, planned and held")),), "appendix:agenda")
        pen.blocks.append(agenda_table(w))
        write_figures(pen)
        return Document(
            kind="minutes",
            slug=workshop.slug,
            lang=lang,
            title=w.own(workshop.title),
            facts=tuple(_facts(w, m)),
            blocks=pen.finished(),
            small_print=passages.small_print(w),
            contents=gettext("Contents"),
            footnotes=passages.footnotes(w),
        )


def _facts(w: Wording, m: Material) -> Iterable[tuple[Run, Run]]:
    workshop = w.workshop
    yield w.label(gettext("Document")), w.label(gettext("Minutes"))
    yield w.label(gettext("Date")), Run(date_range(workshop.starts_on, workshop.ends_on, w.lang), w.lang)
    for label, texts in (
        (gettext("Place"), workshop.venue),
        (gettext("Organiser"), workshop.organiser),
        (gettext("Programme"), workshop.programme),
    ):
        if any(texts.values()):
            yield w.label(label), w.own(texts)
    participants = [person for person in workshop.people if person.role == "participant"]
    parts = [
        passages.counted_delegations(workshop),
        ngettext("%(num)s participant on the list", "%(num)s participants on the list", len(participants)),
    ]
    if m.attendance:
        there = sum(person.id in m.attendance for person in participants)
        parts.append(
            ngettext("%(num)s of them in the room, as measured", "%(num)s of them in the room, as measured", there)
        )
    yield w.label(gettext("Participants")), w.label("; ".join(parts))


def _principles(pen: Pen) -> None:
    principles = pen.w.workshop.principles
    if principles:
        pen.paragraph("principles", pen.w.sentence(gettext("These principles were before the meeting throughout:")))
        pen.bullets("principles:list", ((pen.w.own(principle["text"]),) for principle in principles))


def _series(pen: Pen) -> None:
    w = pen.w
    followed = passages.followed(w)
    if not followed:
        return
    pen.heading(1, (w.label(gettext("Earlier meetings")),), "series")
    pen.paragraph("series:followed", followed)
    for told, fate in passages.fates(w):
        words = w.put(w.read(told.words))
        pen.paragraph(
            f"fate:{told.conclusion.id}",
            (*w.sentence(gettext("What became of the conclusion “%(conclusion)s”:", conclusion=words)), *fate),
        )


def _day(pen: Pen, day: int) -> None:
    workshop, w = pen.w.workshop, pen.w
    planned = long_date(workshop.starts_on + timedelta(days=day - 1), w.spoken)
    pen.heading(1, (w.label(gettext("Day %(number)s, %(date)s", number=day, date=planned)),), f"day:{day}")
    for item in workshop.agenda:
        if item.day == day and item.state != "planned":
            write_item(pen, item)


_ROLES = (
    ("organiser", _l("Organisers")),
    ("facilitator", _l("Facilitators")),
    ("rapporteur", _l("Rapporteurs")),
    ("interpreter", _l("Interpreters")),
    ("speaker", _l("Speakers")),
    ("observer", _l("Observers")),
)


def _attendance(pen: Pen) -> None:
    """Who was invited and who was there: counted, and by name."""
    w, m = pen.w, pen.m
    days, groups = sorted(set().union(*m.attendance.values())), _groups(w)
    rows = [
        (
            (name,),
            (w.label(len(people)),),
            *((w.label(sum(day in m.attendance.get(p.id, ()) for p in people)),) for day in days),
        )
        for name, people in groups
        if people
    ]
    pen.heading(1, (w.label(gettext("Appendix 1: Participants")),), "appendix:attendance")
    pen.table(
        "appendix:attendance:table",
        (w.label(gettext("People on the list, and people whose browser was in the room on each day")),),
        passages.header(
            w, gettext("Delegation or role"), gettext("On the list"), *(long_date(day, w.spoken) for day in days)
        ),
        rows,
    )
    for name, people in groups:
        listed = [person for person in people if person.id in m.attendance or person.revoked_at is None]
        if listed:
            pen.line(f"participants:{people[0].delegation_id or people[0].role}", (replace(name, strong=True),))
            for person in sorted(listed, key=lambda person: not person.is_head):
                pen.paragraph(f"participant:{person.id}", _participant(pen, person))


def _groups(w: Wording) -> list[tuple[Run, list[Person]]]:
    """The delegations, and the roles of those who are in none: how each is called, and its people as the plan has them."""
    workshop = w.workshop
    groups = [
        (w.own(delegation.name), [p for p in workshop.people if p.delegation_id == delegation.id])
        for delegation in workshop.delegations
    ]
    return groups + [
        (w.label(label), [p for p in workshop.people if p.delegation_id is None and p.role == role])
        for role, label in _ROLES
    ]


def _participant(pen: Pen, person: Person) -> Runs:
    """Somebody's name, title, and whether they were there, as measured, or only on the list."""
    w = pen.w
    details = [w.put(w.own(person.title))] if any(person.title.values()) else []
    if person.is_head:
        details.append(gettext("head of delegation"))
    details.append(gettext("in the room") if person.id in pen.m.attendance else gettext("on the list"))
    return w.sentence(gettext("%(name)s (%(details)s)", name=w.put(w.own(person.name)), details="; ".join(details)))


def agenda_table(w: Wording) -> Table:
    """The agenda as a table: planned and held times, and titles."""
    rows = (
        (
            (w.label(item.day),),
            (w.label(planned_time(w.workshop, item)),),
            (w.label(_held(w, item)),),
            (w.own(item.title),),
        )
        for item in w.workshop.agenda
    )
    header = passages.header(w, gettext("Day"), gettext("Planned"), gettext("Held"), gettext("Item"))
    return Table((w.label(gettext("Agenda")),), header, tuple(rows), "appendix:agenda:table", names_rows=False)


def _held(w: Wording, item: AgendaItem) -> str:
    if item.state == "skipped":
        return gettext("skipped")
    if item.started_at is None:
        return "–"
    end = wall(w.workshop, item.finished_at) if item.finished_at else ""
    return f"{wall(w.workshop, item.started_at)}–{end}"

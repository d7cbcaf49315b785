"""Exports: the files that people take out of a meeting, each in the formats they really use."""

import csv
import io
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from hashlib import sha256
from typing import Any

from flask_babel import lazy_gettext as _l
from icalendar import Alarm, Calendar, Event, vText
from openpyxl import Workbook
from sqlalchemy import select

from facilitation.activities.capture import Contribution
from facilitation.activities.themes import themes_of
from facilitation.extensions import catalog_language, db, now_ms
from facilitation.live.journal import Entry
from facilitation.meeting import clock
from facilitation.meeting.acts import DOCUMENTS, PAGES
from facilitation.meeting.models import Person, Workshop
from facilitation.meeting.scripts import kept_in
from facilitation.meeting.texts import date_range, in_script_of, language_name, long_date
from facilitation.record import passages, seal
from facilitation.record.document import Document, Run, to_json
from facilitation.record.draft import agenda_table
from facilitation.record.event_record import record_of
from facilitation.record.material import Material
from facilitation.record.minutes import minutes_of
from facilitation.record.script import in_script
from facilitation.record.seal import RecordVersion
from facilitation.record.wording import Wording, gettext, speaking
from facilitation.record.writers import WRITERS

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ICS_TYPE = "text/calendar; charset=utf-8"
JSON_TYPE = "application/json"

TIMES_ROUNDED_TO = 15 * 60_000
"""Milliseconds, in the audit trail."""
FIRST_REMINDER_MINUTES, REMINDER_MINUTES = 15, 5
"""How long before a day's first item, and before the others, calendars remind people."""

_READERS = {
    "member": _l("For members of this meeting"),
    "organiser": _l("For organisers of this meeting"),
}
"""Capacity that a list is for → how the list says so."""

# What spreadsheets take for a formula at the start of a cell, and what could hide one.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

Rows = list[dict[str, Any]]


class ExportRefused(Exception):
    """A file that there is not; the message is for people."""

    def __init__(self, message: Any, reason: str) -> None:
        super().__init__(str(message))
        self.message, self.reason = message, reason
        """``reason``: ``document``, ``format`` or ``lang``, whichever is unknown."""


def export(workshop: Workshop, document: str, format: str, lang: str) -> tuple[bytes, str, str]:
    """The file's bytes, its type and its name. Raises ``ExportRefused`` for a document, format or language there is not."""
    if document not in EXPORTS:
        message = _l(
            "There is no document “%(document)s”; there are: %(all)s.", document=document, all=", ".join(EXPORTS)
        )
        raise ExportRefused(message, "document")
    if format not in EXPORTS[document]:
        message = _l(
            "There is no format “%(format)s” for it; there are: %(all)s.",
            format=format,
            all=", ".join(EXPORTS[document]),
        )
        raise ExportRefused(message, "format")
    if kept_in(workshop.languages, lang) is None:
        message = _l(
            "“%(lang)s” is no language of this meeting; its languages are: %(all)s.",
            lang=lang,
            all=", ".join(workshop.languages),
        )
        raise ExportRefused(message, "lang")
    content, mimetype = EXPORTS[document][format](workshop, lang)
    return content, mimetype, f"{workshop.slug}-{document}-{lang}.{format}"


def written(document: Document, format: str) -> tuple[bytes, str]:
    """A document as a file of one of the writers' formats, and the file's type."""
    # Some writers take seconds in a process of their own: nobody must wait for our connection meanwhile.
    db.session.rollback()
    return WRITERS[format].write(document), WRITERS[format].mimetype


def written_once(document: Document, format: str) -> tuple[bytes, str]:
    """As ``written``; what was written lately is not made again, so that strangers cannot have one file made for ever. It is
    kept by what is in it: after an erasure it is another document."""
    words = json.dumps(to_json(document), sort_keys=True, ensure_ascii=False)
    key = (sha256(words.encode()).hexdigest(), format)
    with _kept_lock:
        being_made = _being_made.setdefault(key, threading.Lock())
    # Nobody must wait for our connection while we wait for somebody who makes the same.
    db.session.rollback()
    try:
        with being_made:
            with _kept_lock:
                found = _kept.pop(key, None)
            made = written(document, format) if found is None else found
            with _kept_lock:
                _kept[key] = made
                while len(_kept) > MOST_KEPT:
                    _kept.popitem(last=False)
            return made
    finally:
        _being_made.pop(key, None)


MOST_KEPT = 200
"""Files of public records that are kept in memory, some 50 KB each: those asked for last."""
_kept: OrderedDict[tuple[str, str], tuple[bytes, str]] = OrderedDict()
_being_made: dict[tuple[str, str], threading.Lock] = {}
_kept_lock = threading.Lock()


def current_record(workshop: Workshop, lang: str) -> Document:
    """The record: as it was sealed, while it is published; else as it would be now, and marked so."""
    version = seal.published_version(workshop)
    if version is not None and kept_in(seal.languages_of(version)[0], lang):
        return public_record(workshop, version, lang)
    return _in_language(_unpublished_record)(workshop, lang)


def _unpublished_record(workshop: Workshop, lang: str) -> Document:
    with speaking(lang):
        readers, state = passages.who_may_read(workshop, "record"), gettext("Draft, not published")
        return replace(record_of(workshop, lang), marking=f"{readers} · {state}")


def _minutes_file(workshop: Workshop, lang: str) -> Document:
    """The minutes as a file: on paper, the number of the last change tells one version from the next."""
    document = minutes_of(workshop, lang)
    with speaking(lang):
        return replace(document, marking=f"{document.marking} · {_as_of(workshop)}")


def _as_of(workshop: Workshop) -> str:
    """Which version of a growing document this is."""
    return gettext("as of entry %(number)s of the journal", number=workshop.stream.seq)


def public_record(workshop: Workshop, version: RecordVersion, lang: str) -> Document:
    """A published version as a file has it: which version it is stands on every page."""
    kept = kept_in(seal.languages_of(version)[0], lang)
    assert kept is not None, lang
    with speaking(kept):
        day = long_date(clock.wall_time(workshop, version.published_at).date(), kept)
        marking = gettext("Public · version %(number)s of %(date)s", number=version.version, date=day)
        if kept != lang:
            sealed_in = gettext("sealed in: %(language)s", language=language_name(kept, catalog_language(kept)))
            marking = f"{marking} · {sealed_in}"
    return in_script(replace(seal.document_of(version, kept), marking=marking), lang)


def _marking(workshop: Workshop, document: str) -> str:
    """Who may have a list, and which version it is."""
    by_rule = document in DOCUMENTS
    readers = passages.who_may_read(workshop, document) if by_rule else _READERS[PAGES[f"export-{document}"][0]]
    return f"{readers} · {_as_of(workshop)}"


Write = Callable[[Workshop, str], tuple[bytes, str]]


def _in_language(make: Callable[[Workshop, str], Document]) -> Callable[[Workshop, str], Document]:
    """Makes the document in a language of the meeting, and then shows it in the script that was asked for."""

    def made(workshop: Workshop, lang: str) -> Document:
        kept = kept_in(workshop.languages, lang)
        assert kept is not None, lang
        return in_script(make(workshop, kept), lang)

    return made


def _writing(make: Callable[[Workshop, str], Document], format: str) -> Write:
    return lambda workshop, lang: written(make(workshop, lang), format)


def _agenda_document(workshop: Workshop, lang: str) -> Document:
    with speaking(lang):
        w = Wording(workshop, lang)
        facts = [(w.label(gettext("Date")), Run(date_range(workshop.starts_on, workshop.ends_on, lang), lang))]
        if place := passages.place_of(w):
            facts.append((w.label(gettext("Place")), place))
        facts.append((w.label(gettext("Times")), w.label(gettext("in the time zone %(zone)s", zone=workshop.timezone))))
        return Document(
            "minutes",
            workshop.slug,
            lang,
            w.own(workshop.title),
            tuple(facts),
            (agenda_table(w),),
            marking=_marking(workshop, "agenda"),
        )


def _agenda_rows(workshop: Workshop, lang: str) -> Rows:
    return [
        {
            "key": item.key,
            "kind": item.kind,
            "day": item.day,
            "title": str(workshop.say(item.title, lang)),
            "planned_start": clock.planned_start(workshop, item),
            "planned_minutes": item.minutes,
            "state": item.state,
            "started_at": item.started_at,
            "finished_at": item.finished_at,
            "speaker": str(workshop.say(item.speaker.name, lang)) if item.speaker else None,
            "delegation": item.delegation.code if item.delegation else None,
        }
        for item in workshop.agenda
    ]


def _calendar(workshop: Workshop, lang: str) -> tuple[bytes, str]:
    """One event an item, at its planned time in the meeting's time zone, with a reminder: early before the first of a day,
    shortly before the others, none before breaks."""
    calendar, (number, changed_at) = Calendar(), _last_change(workshop)
    calendar.add("prodid", "-//Facilitation//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", vText(str(workshop.say(workshop.title, lang))))
    days_begun = set[int]()
    for item in workshop.agenda:
        start = clock.planned_start(workshop, item)
        event = Event()
        event.add("uid", f"{item.key}@{workshop.slug}.facilitation")
        event.add("dtstamp", clock.wall_time(workshop, changed_at).astimezone(UTC))
        event.add("sequence", number)
        event.add("dtstart", clock.wall_time(workshop, start))
        event.add("dtend", clock.wall_time(workshop, start + 60_000 * item.minutes))
        event.add("summary", str(workshop.say(item.title, lang)))
        event.add("description", str(workshop.say(workshop.title, lang)))
        if any(workshop.venue.values()):
            event.add("location", str(workshop.say(workshop.venue, lang)))
        if workshop.video_url:
            event.add("url", workshop.video_url)
        if item.state == "skipped":
            event.add("status", "CANCELLED")
        elif item.kind != "break":
            minutes = REMINDER_MINUTES if item.day in days_begun else FIRST_REMINDER_MINUTES
            event.add_component(_alarm(str(workshop.say(item.title, lang)), minutes))
        days_begun.add(item.day)
        calendar.add_component(event)
    calendar.add_missing_timezones(workshop.starts_on - timedelta(days=1), workshop.ends_on + timedelta(days=1))
    return calendar.to_ical(), ICS_TYPE


def _last_change(workshop: Workshop) -> tuple[int, int]:
    """The number and the time of the last entry that changed the meeting's own rows, its agenda among them: by these
    calendars tell which of two files is the later one."""
    number = workshop.stream.meeting_seq
    at = db.session.scalar(select(Entry.at).filter_by(stream_id=workshop.id, seq=number))
    return number, now_ms() if at is None else at


def _alarm(text: str, minutes: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", timedelta(minutes=-minutes))
    return alarm


def _contribution_rows(workshop: Workshop, lang: str) -> Rows:
    """What everybody may see, with as much of who said it as documents may print."""
    m = Material(workshop)
    themes = {theme.id: str(workshop.say(theme.title, lang)) for theme in themes_of(workshop)}
    rows = []
    for said in m.contributions:
        words, delegation, author = m.words_of(said), m.delegation_of(said), m.author_of(said)
        original = in_script_of(said.text, said.lang, lang)
        shown = (in_script_of(words.get(tag, ""), tag, lang) for tag in workshop.languages)
        translated = {each.lang: each.text for each in shown}
        rows.append(
            {
                "id": said.id,
                "item": said.item.key,
                "kind": said.kind,
                "lang": original.lang,
                "text": original.text,
                **{f"text_{tag}": text for tag, text in translated.items()},
                "delegation": delegation.code if delegation else "",
                "author": str(workshop.say(author.name, lang)) if author else "",
                "on_behalf": said.on_behalf,
                "theme": themes.get(said.theme_id or "", ""),
                "endorsed_by": ", ".join(each.code for each in m.endorsed_by(said)),
                "open_question": said.parked,
            }
        )
    return rows


def _participant_rows(workshop: Workshop, lang: str) -> Rows:
    attendance = Material(workshop).attendance

    def row(person: Person) -> dict[str, Any]:
        return {
            "key": person.key,
            "name": str(workshop.say(person.name, lang)),
            "title": str(workshop.say(person.title, lang)),
            "role": person.role,
            "delegation": person.delegation.code if person.delegation else "",
            "head_of_delegation": person.is_head,
            "language": person.language,
            "attended": ", ".join(day.isoformat() for day in sorted(attendance.get(person.id, ()))),
        }

    return [row(person) for person in workshop.people if person.revoked_at is None]


_WRITERS_OWN = ("contribution_added", "contribution_edited", "contribution_withdrawn")
"""Entries whose actor is who wrote the contribution."""
_DELEGATIONS_OWN = ("contribution_endorsed", "endorsement_withdrawn")


def _journal_rows(workshop: Workshop, _lang: str) -> Rows:
    """The audit trail: what was done, in order, by whom; nobody where the journal says nobody, nor where the pages name nobody:
    beside a contribution that is not named, and beside an endorsement, which is a delegation's. Times are rounded down, so
    that entries around an anonymous one do not tell when it was written."""
    keys = {person.id: person.key for person in workshop.people}
    own = select(Contribution.id).where(Contribution.workshop_id == workshop.id)
    named = set(db.session.scalars(own.where((Contribution.anonymity == "named") | Contribution.on_behalf)))

    def who(entry: Entry) -> str:
        if entry.name in _WRITERS_OWN and entry.facts.get("contribution") not in named:
            return ""
        return "" if entry.name in _DELEGATIONS_OWN else keys.get(entry.actor_id or 0, "")

    entries = db.session.scalars(select(Entry).filter_by(stream_id=workshop.id).order_by(Entry.seq))
    return [
        {
            "number": entry.seq,
            "at": clock.wall_time(workshop, entry.at - entry.at % TIMES_ROUNDED_TO).isoformat(timespec="minutes"),
            "entry": entry.name,
            "who": who(entry),
            "facts": json.dumps(entry.facts, ensure_ascii=False, sort_keys=True),
        }
        for entry in entries
    ]


def safe_cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _header_of(rows: Rows) -> list[str]:
    return list(rows[0]) if rows else []


def _as_csv(rows: Rows) -> tuple[bytes, str]:
    """With a byte order mark: without it, Excel takes Cyrillic letters for something else."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_header_of(rows))
    writer.writerows([safe_cell(value) for value in row.values()] for row in rows)
    return out.getvalue().encode("utf-8-sig"), CSV_TYPE


def _as_xlsx(rows: Rows, title: str, marking: str) -> tuple[bytes, str]:
    """On every page that is printed: who may read it, which version it is, its title and the page's number."""
    book = Workbook(write_only=True)
    book.properties.title, book.properties.subject, book.properties.creator = title, marking, ""
    sheet = book.create_sheet("facilitation")
    sheet.oddHeader.right.text = marking.replace("&", "&&")
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = title.replace("&", "&&"), "&P / &N"
    sheet.append(_header_of(rows))
    for row in rows:
        sheet.append([_storable(safe_cell(value)) for value in row.values()])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), XLSX_TYPE


def _storable(value: Any) -> Any:
    """Without the control characters that a spreadsheet cannot hold."""
    return "".join(c for c in value if c >= " " or c in "\t\n") if isinstance(value, str) else value


def _as_json(rows: Rows) -> tuple[bytes, str]:
    return json.dumps(rows, ensure_ascii=False, indent=2).encode(), JSON_TYPE


def _table_of(document: str, make: Callable[[Workshop, str], Rows]) -> dict[str, Write]:
    def xlsx(workshop: Workshop, lang: str) -> tuple[bytes, str]:
        with speaking(lang):
            title, marking = str(workshop.say(workshop.title, lang)), _marking(workshop, document)
        return _as_xlsx(make(workshop, lang), title, marking)

    return {
        "csv": lambda workshop, lang: _as_csv(make(workshop, lang)),
        "xlsx": xlsx,
        "json": lambda workshop, lang: _as_json(make(workshop, lang)),
    }


EXPORTS: dict[str, dict[str, Write]] = {
    "record": {format: _writing(current_record, format) for format in WRITERS},
    "minutes": {format: _writing(_in_language(_minutes_file), format) for format in WRITERS},
    "agenda": {
        "html": _writing(_in_language(_agenda_document), "html"),
        "ics": _calendar,
        "json": lambda workshop, lang: _as_json(_agenda_rows(workshop, lang)),
    },
    "contributions": _table_of("contributions", _contribution_rows),
    "participants": _table_of("participants", _participant_rows),
    "journal": _table_of("journal", _journal_rows),
}
"""Document → format → what makes the file."""
LIST_NAMES = {
    "agenda": _l("Agenda"),
    "contributions": _l("Contributions"),
    "participants": _l("Participants"),
    "journal": _l("Audit trail"),
}
"""Those of the documents that nobody writes, and what people call them."""


def files_of(slug: str, document: str, lang: str) -> list[tuple[str, str]]:
    """The format and the address of each file that a document can be had as."""
    return [(format, f"/w/{slug}/export/{document}.{format}?lang={lang}") for format in EXPORTS[document]]

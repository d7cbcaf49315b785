"""Published event records, for everybody: what is shown is the sealed version, not the meeting's rows."""

from datetime import date
from itertools import pairwise
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request
from markupsafe import Markup
from sqlalchemy import select

from facilitation.activities import series
from facilitation.activities.themes import Theme, themes_of
from facilitation.extensions import db, snapshot
from facilitation.meeting import clock
from facilitation.meeting.models import Workshop
from facilitation.meeting.scripts import kept_in
from facilitation.meeting.texts import Text, pick_to_read
from facilitation.record import library, seal
from facilitation.record.changes import Changed, changed_lines
from facilitation.record.exports import public_record, written_once
from facilitation.record.seal import RecordVersion
from facilitation.record.writers import WRITERS, html
from facilitation.web.access import route, workshop_or_404
from facilitation.web.downloads import as_file
from facilitation.web.language import in_readers_script, reader_language

pages = Blueprint("records", __name__)

MOST_WORDS = 200
"""Characters that can be looked for."""


def published_workshops() -> list[Workshop]:
    """Meetings whose record is published, latest first."""
    return list(db.session.scalars(select(Workshop).filter_by(phase="published").order_by(Workshop.starts_on.desc())))


@route(pages, "/records/", "public")
def records() -> str:
    """All public records, or those that say what is looked for."""
    words = request.args.get("q", "").strip()[:MOST_WORDS]
    found = library.search(words, reader_language()) if words else []
    return render_template("pages/records.html", records=published_workshops(), words=words, found=found)


@route(pages, "/records/<slug>", "public")
def record(slug: str) -> str:
    """A public record as it was sealed, in one of its languages or in the other script of one."""
    workshop, version = _published(slug)
    languages, lang = _language(version)
    g.workshop = workshop
    return render_template(
        "pages/record.html",
        record=workshop,
        article=Markup(html.fragment(seal.document_of(version, lang))),  # noqa: S704 - the writer has escaped every text
        lang=lang,
        languages=in_readers_script(languages, lang),
        sealed_in=kept_in(languages, lang),
        formats=tuple(WRITERS),
        version=version,
        published_on=clock.wall_time(workshop, version.published_at).date(),
        earlier=_earlier(workshop, version, lang),
        since=_since(workshop, lang),
    )


def _since(workshop: Workshop, lang: str) -> dict[str, Any]:
    """What public meetings that followed this one know of it: its conclusions' fates, and what they named again."""
    later = series.later_meetings(workshop)
    told = [each for each in series.fates_of(workshop, later) if each.fate is not None]

    def to_read(texts: dict[str, str]) -> Text:
        return pick_to_read(texts, lang, workshop.default_language)

    return {
        "meetings": later,
        "fates": [(each, to_read(each.words), to_read(each.note) if each.note else None) for each in told],
        "fate_names": series.FATE_NAMES,
        "named": [
            (theme, again)
            for theme in themes_of(workshop)
            if (again := [(each, found) for each in later for found in _again(each, theme)])
        ],
    }


def _again(later: Workshop, theme: Theme) -> list[Theme]:
    """The later meeting's themes in which this one was recognised."""
    before = ((found, series.named_before(later, found)) for found in themes_of(later, theme.kind))
    return [found for found, named in before if any(earlier.id == theme.id for _, earlier in named)]


def _earlier(workshop: Workshop, version: RecordVersion, lang: str) -> list[tuple[RecordVersion, date, list[Changed]]]:
    """The versions before, the latest first: with the day of each, and what the next one says differently."""
    found = []
    for each, following in pairwise(seal.versions_of(workshop)):
        known = all(kept_in(seal.languages_of(version)[0], lang) for version in (each, following))
        changed = changed_lines(seal.document_of(each, lang), seal.document_of(following, lang)) if known else []
        found.append((each, clock.wall_time(workshop, each.published_at).date(), changed))
    return found[::-1]


@route(pages, "/records/<slug>/record.<format>", "public")
def record_file(slug: str, format: str) -> Response:
    """A public record as a file."""
    workshop, version = _published(slug)
    if format not in WRITERS:
        abort(404)
    _, lang = _language(version)
    content, mimetype = written_once(public_record(workshop, version, lang), format)
    return as_file(content, mimetype, f"{workshop.slug}-record-{lang}.{format}")


def _published(slug: str) -> tuple[Workshop, RecordVersion]:
    """The meeting and its public version, or a 404 that does not tell whether there is such a meeting."""
    snapshot()
    workshop = workshop_or_404(slug)
    version = seal.published_version(workshop)
    if version is None:
        abort(404)
    return workshop, version


def _language(version: RecordVersion) -> tuple[list[str], str]:
    """The version's languages, and the one asked for; a language that it is not in is an error, not another language."""
    languages, default = seal.languages_of(version)
    asked: Any = request.args.get("lang")
    if asked is None:
        reader = reader_language()
        return languages, reader if kept_in(languages, reader) else default
    if kept_in(languages, asked) is None:
        abort(400)
    return languages, str(asked)

"""What templates can say besides plain values: names of roles, kinds and states, dates, times, texts in languages."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from flask import Flask, g, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from facilitation.extensions import catalog_language
from facilitation.meeting import clock
from facilitation.meeting.differences import changed_words
from facilitation.meeting.models import Workshop
from facilitation.meeting.scripts import other_script
from facilitation.meeting.texts import (
    Text,
    date_range,
    in_script_of,
    join_list,
    language_name,
    locale_of,
    long_date,
    understands,
)
from facilitation.record.minutes_page import document_language, shown_language
from facilitation.web.language import (
    in_readers_script,
    language_label,
    languages_to_choose,
    reader_language,
    say,
    script_to_choose,
)

ROLE_NAMES = {
    "organiser": _l("organiser"),
    "facilitator": _l("facilitator"),
    "rapporteur": _l("rapporteur"),
    "interpreter": _l("interpreter"),
    "speaker": _l("speaker"),
    "participant": _l("participant"),
    "observer": _l("observer"),
}
ITEM_KIND_NAMES = {
    "lobby": _l("lobby"),
    "address": _l("address"),
    "briefing": _l("briefing"),
    "round": _l("tour de table"),
    "presentation": _l("presentation"),
    "discussion": _l("discussion"),
    "capture": _l("silent writing"),
    "cluster": _l("grouping"),
    "vote": _l("vote"),
    "framework": _l("framework"),
    "agreement": _l("agreement"),
    "break": _l("break"),
    "recap": _l("recap"),
    "closing": _l("closing"),
}
CONTRIBUTION_KIND_NAMES = {
    "challenge": _l("Challenge"),
    "positive": _l("Positive aspect"),
    "question": _l("Question"),
    "idea": _l("Idea"),
}
PHASE_NAMES = {
    "prepared": _l("Prepared"),
    "open": _l("Open"),
    "closed": _l("Closed"),
    "adopted": _l("Adopted"),
    "published": _l("Published"),
}
STATE_NAMES = {"planned": _l("planned"), "running": _l("on now"), "done": _l("done"), "skipped": _l("skipped")}
PROGRAMME_STATUS_NAMES = {"in_development": _l("In development"), "in_use": _l("In use")}
STANCE_NAMES = {
    "agree": _l("agrees"),
    "accept": _l("can accept"),
    "reserve": _l("has a reservation"),
    "object": _l("objects"),
    "abstain": _l("abstains"),
}

# By whether it is known who made or confirmed it, whether it is confirmed, and whether a machine suggested it.
_TRANSLATION_MARKS = {
    (True, True, False): _l("Translated from %(language)s by %(name)s, confirmed"),
    (True, False, False): _l("Translated from %(language)s by %(name)s, not confirmed yet"),
    (True, True, True): _l("Translated from %(language)s by a machine, confirmed by %(name)s"),
    (False, True, False): _l("Translated from %(language)s, confirmed"),
    (False, False, False): _l("Translated from %(language)s, not confirmed yet"),
    (False, True, True): _l("Translated from %(language)s by a machine, confirmed"),
}


def reading_of(
    meeting: Workshop, reader: str, text: str, original: str, translations: dict[str, Any], version: int
) -> tuple[Text, Any]:
    """What a reader gets of a text, and the translation that it is, if it is one: their own language, one that they understand
    (the original first), the working language, the original."""
    found = _translation_for(reader, original, translations, version, meeting.default_language)
    if found is None:
        return in_script_of(text, original, reader), None
    return in_script_of(found.text, found.lang, reader), found


def _translation_for(reader: str, original: str, translations: dict[str, Any], version: int, working: str) -> Any:
    own = (reader, other_script(reader))
    if original in own:
        return None
    found = next((translations[tag] for tag in own if tag in translations), None)
    if understands(reader, original):
        return found if found is not None and found.of_version == version else None
    readable = (row for tag, row in translations.items() if understands(reader, tag))
    return found or next(readable, None) or translations.get(working)


def translation_mark(meeting: Workshop, row: Any, original: str, lang: str) -> str:
    """Which language a translation is from, who made it, and whether it is confirmed."""
    translator = meeting.person_by_id(row.translator_id) if row.translator_id is not None else None
    return str(_TRANSLATION_MARKS[translator is not None, row.confirmed, row.machine]) % {
        "language": language_label(original, lang),
        "name": say(meeting, translator.name, lang).striptags() if translator is not None else "",
    }


def day_of(meeting: Workshop, day: int, lang: str) -> str:
    """The planned date of a day of the meeting, in the language of the interface around it."""
    planned: date = meeting.starts_on + timedelta(days=day - 1)
    return long_date(planned, catalog_language(lang))


def wall_clock(meeting: Workshop, instant: int) -> Markup:
    """An instant as people in the meeting's time zone read it off the wall."""
    at = clock.wall_time(meeting, instant)
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), at.strftime("%H:%M"))


def date_and_time(meeting: Workshop, instant: int, lang: str) -> Markup:
    """An instant with its date, as people in the meeting's time zone say it: ``10 June 2020, 18:00``."""
    at = clock.wall_time(meeting, instant)
    day = long_date(at.date(), catalog_language(lang))
    return Markup('<time datetime="{}">{}, {}</time>').format(at.isoformat(), day, at.strftime("%H:%M"))


def zone_name(meeting: Workshop, lang: str) -> str:
    """The meeting's time zone as people call it: ``Central European Time``."""
    return get_timezone_name(ZoneInfo(meeting.timezone), locale=locale_of(catalog_language(lang)))


def meeting_pages(meeting: Workshop) -> list[tuple[str, str, str]]:
    """Page, address and label of each page of a meeting, in the order of the navigation."""
    slug = meeting.slug
    return [
        ("room", url_for("rooms.room", slug=slug), gettext("Room")),
        ("console", url_for("rooms.console", slug=slug), gettext("Console")),
        ("screen", url_for("rooms.screen", slug=slug), gettext("Big screen")),
        ("desk", url_for("rooms.desk", slug=slug), gettext("Desk")),
        ("delegation", url_for("rooms.delegation", slug=slug), gettext("Our delegation")),
        ("minutes", url_for("rooms.minutes", slug=slug), gettext("Minutes")),
        ("settings", url_for("settings.settings", slug=slug), gettext("Settings")),
    ]


def register(app: Flask) -> None:
    """Makes all of this known to templates."""

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=app.config["RELEASE"])

    # Lazy texts call themselves safe HTML although they may hold what people wrote: as plain strings they are escaped.
    app.jinja_env.finalize = lambda value: str(value) if isinstance(value, LazyString) else value
    app.add_template_global(asset, "asset")
    app.context_processor(lambda: {"html_lang": catalog_language(reader_language())})
    app.add_template_global(lambda: g.get("nonce", ""), "nonce")
    app.add_template_global(lambda: app.extensions["machine"] is not None, "machine_suggests")
    for function in (
        say, reader_language, languages_to_choose, language_label, reading_of, translation_mark,
        day_of, wall_clock, date_and_time, zone_name,
        meeting_pages, script_to_choose, in_readers_script, document_language, shown_language,
        date_range, long_date, language_name, ngettext, in_script_of, changed_words,
    ):  # fmt: skip
        app.add_template_global(function)
    app.add_template_global(lambda parts, lang: join_list(parts, catalog_language(lang)), "list_of")
    app.add_template_filter(language_label, "language_label")
    for name, names in (
        ("role_name", ROLE_NAMES),
        ("kind_name", ITEM_KIND_NAMES),
        ("kind_of_contribution", CONTRIBUTION_KIND_NAMES),
        ("phase_name", PHASE_NAMES),
        ("state_name", STATE_NAMES),
        ("status_name", PROGRAMME_STATUS_NAMES),
        ("stance_name", STANCE_NAMES),
    ):
        app.add_template_global(names.__getitem__, name)

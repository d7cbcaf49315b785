"""In which language a request is answered."""

from typing import Any

from babel import Locale
from flask import g, has_request_context, request, session
from flask_babel import gettext
from markupsafe import Markup

from facilitation.extensions import catalog_language, interface_languages
from facilitation.meeting.scripts import other_script
from facilitation.meeting.texts import UNDETERMINED, Text, is_language, language_name, locale_of, pick


def reader_language() -> str:
    """The language tag of whoever asks: chosen on a page, else the person's own, else the browser's."""
    if not has_request_context():
        return "en"
    chosen = session.get("lang")
    if isinstance(chosen, str) and is_language(chosen):
        return chosen
    me = getattr(g, "me", None)
    if me is not None:
        return str(me.language)
    return request.accept_languages.best_match(interface_languages()) or "en"


def interface_locale() -> Locale:
    """The locale for Flask-Babel."""
    return locale_of(reader_language())


def languages_to_choose() -> list[tuple[str, str]]:
    """Tag and own name of each language that the reader may choose; one that is written in two scripts in both."""
    workshop = getattr(g, "workshop", None)
    tags = list(workshop.languages if workshop is not None else interface_languages())
    for tag in tuple(tags):
        other = other_script(tag)
        if other is not None and other not in tags:
            tags.insert(tags.index(tag) + 1, other)
    return [(tag, language_name(tag, tag)) for tag in tags]


def in_readers_script(tags: list[str], lang: str) -> list[str]:
    """These languages, the reader's own in the script that they read it in."""
    return [lang if other_script(tag) == lang else tag for tag in tags]


_SCRIPT_NAMES = {"Cyrl": "Ћирилица", "Latn": "Latinica"}
"""How each script calls itself, for whoever reads it."""


def script_to_choose(lang: str) -> tuple[str, str] | None:
    """The other script of a language: its tag, and its own name for itself in it; ``None`` where there is one script only."""
    other = other_script(lang)
    if other is None:
        return None
    if other == "mk":
        return other, "Кирилица"
    return other, _SCRIPT_NAMES["Cyrl" if "Cyrl" in other else "Latn"]


def marked(text: Text, lang: str) -> Markup:
    """A text for a page in ``lang``: with its own language said where that is another one."""
    if text.lang in (lang, UNDETERMINED) or not text.text:
        return Markup("{}").format(text.text)
    return Markup('<span lang="{}">{}</span>').format(text.lang, text.text)


def say(meeting: Any, texts: dict[str, str], lang: str, page: str = "") -> Markup:
    """What the meeting calls something in ``lang``, for a page in that language or in another one, ``page``; see ``marked``."""
    return marked(pick(texts, lang, meeting.default_language), page or lang)


def language_label(tag: str, lang: str) -> str:
    """The name of a language as said in another one."""
    return gettext("no particular language") if tag == UNDETERMINED else language_name(tag, catalog_language(lang))

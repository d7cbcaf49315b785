"""Texts in languages: maps from BCP 47 tag to text, which one a reader gets, and dates in the form each language has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list

from facilitation.meeting.scripts import other_script, transliterated

Texts = Mapping[str, str]
"""Language tag → text. The key ``und`` holds a text of no particular language (a plain string in a plan)."""

UNDETERMINED = "und"

# English dates are those of the institutions ("9 June 2020"). Montenegrin has no locale data of its own. Serbian without a
# script is in Cyrillic.
_LOCALE_OF = {
    "en": "en_GB",
    "cnr": "sr_Latn_ME",
    "cnr-Latn": "sr_Latn_ME",
    "cnr-Cyrl": "sr_Cyrl_ME",
    "sr": "sr_Cyrl",
    # There is no locale data of Macedonian in Latin either.
    "mk-Latn": "mk",
}

_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-[a-z0-9]{5,8})*", re.IGNORECASE)

# Readers of any of these, in whatever script and region, read the others without a translation.
_READ_ONE_ANOTHER = ("bs", "hr", "sr", "cnr")


@dataclass(frozen=True)
class Text:
    """A piece of text and the language it is really in (``und``: none in particular)."""

    text: str
    lang: str

    def __str__(self) -> str:
        return self.text


def locale_of(tag: str) -> Locale:
    """The Babel locale of a language tag. Raises ``ValueError`` for a tag that Babel does not know."""
    try:
        return Locale.parse(_LOCALE_OF.get(tag, tag.replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise ValueError(tag) from error


def tag_of(locale: str) -> str:
    """The language tag that a catalog's folder is named for: ``cnr`` for ``sr_Latn_ME``."""
    return next(
        (tag for tag, name in _LOCALE_OF.items() if name == locale and tag not in ("sr", "mk-Latn")),
        locale.replace("_", "-"),
    )


def is_language(tag: str) -> bool:
    """Whether Babel knows the tag: what a delegation, a person or a contribution may be written in."""
    if not _TAG.fullmatch(tag):
        return False
    try:
        locale_of(tag)
    except ValueError:
        return False
    return True


def canonical(tag: str) -> str:
    """The one right spelling of a language tag (``SR-latn`` is ``sr-Latn``), so that no language is there twice."""
    first, *others = tag.split("-")
    spelling = {4: str.title, 2: str.upper}
    return "-".join((first.lower(), *(spelling.get(len(part), str.lower)(part) for part in others)))


def in_either_script(tag: str) -> tuple[str, ...]:
    """The tag, and that of the same language in its other script where it has one."""
    other = other_script(tag)
    return (tag,) if other is None else (tag, other)


def language_name(tag: str, lang: str) -> str:
    """The name of language ``tag``, said in language ``lang``: ``македонски`` for ``mk`` in ``mk``."""
    if tag.split("-")[0] == "cnr":
        return _in_script(_montenegrin(lang), tag, lang)
    if tag == "mk-Latn":
        return _in_script(language_name("mk", lang), tag, lang)
    name = Locale.parse(tag.replace("-", "_")).get_display_name(locale_of(lang)) or tag
    return transliterated(name, "mk") if lang == "mk-Latn" else name


def _montenegrin(lang: str) -> str:
    """Babel has no name for it."""
    in_cyrillic = other_script(lang) is not None and (locale_of(lang).script == "Cyrl" or lang == "mk")
    return {"sq": "malazezisht", "en": "Montenegrin"}.get(lang, "црногорски" if in_cyrillic else "crnogorski")


def _in_script(name: str, tag: str, lang: str) -> str:
    """A language's name with the script in which ``tag`` has it, where that is said: ``Serbian (Cyrillic)``."""
    script = next((part for part in tag.split("-")[1:] if len(part) == 4), "")
    said = locale_of(lang).scripts.get(script)
    if not said:
        return name
    return f"{name} ({transliterated(said, 'mk') if lang == 'mk-Latn' else said})"


def pick(texts: Texts, lang: str, default: str) -> Text:
    """The text a reader of ``lang`` gets: in that language, in the default language, or in whatever there is.

    A sister language never stands in: boilerplate and names are printed as given or in the default language. The same
    language in its other script is no sister: it is transliterated.
    """
    own = texts.get(lang) or _from_other_script(texts, lang)
    if own:
        return Text(own, lang)
    for tag in (UNDETERMINED, default):
        if texts.get(tag):
            return Text(texts[tag], tag)
    for tag, text in texts.items():
        if text:
            return Text(text, tag)
    return Text("", lang)


def _from_other_script(texts: Texts, lang: str) -> str | None:
    other = other_script(lang)
    return transliterated(texts[other], other) if other and texts.get(other) else None


def original_language(texts: Texts, default: str) -> str:
    """The language that the others translate: the default language if the text is there in it, else the first it has."""
    return default if texts.get(default) else next((tag for tag, text in texts.items() if text), UNDETERMINED)


def in_script_of(text: str, tag: str, lang: str) -> Text:
    """A text in language ``tag`` for a reader of ``lang``: in the other script where that is the only difference."""
    return Text(transliterated(text, tag), lang) if tag != lang and other_script(tag) == lang else Text(text, tag)


def pick_to_read(texts: Texts, lang: str, default: str) -> Text:
    """As ``pick``, for what people write in the meeting: a language the reader understands, the first of ``texts``, comes
    before the default."""
    own = texts.get(lang) or _from_other_script(texts, lang)
    if own:
        return Text(own, lang)
    for tag, text in texts.items():
        if text and tag != UNDETERMINED and understands(lang, tag):
            return Text(text, tag)
    return pick(texts, lang, default)


def understands(reader: str, tag: str) -> bool:
    """Whether a reader of ``reader`` needs no translation of a text in ``tag``."""
    one, other = reader.partition("-")[0], tag.partition("-")[0]
    return tag == UNDETERMINED or one == other or {one, other} <= {*_READ_ONE_ANOTHER}


def join_list(parts: list[str], lang: str) -> str:
    """``a, b and c`` in the language asked for."""
    return str(format_list(parts, locale=locale_of(lang)))


def long_date(day: date, lang: str) -> str:
    """``9 June 2020``: day, full month in the form it has beside a day, year, without a suffix."""
    return _strip_suffix(format_date(day, _pattern(lang), locale=locale_of(lang)))


def date_range(first: date, last: date, lang: str) -> str:
    """``9–10 June 2020``; as much of the first date as differs, an en dash, the last date in full.

    CLDR has no interval pattern with the full month, so the parts are put together from the locale's own long pattern.
    """
    if first == last:
        return long_date(last, lang)
    locale, pattern = locale_of(lang), _pattern(lang)
    end = long_date(last, lang)
    month_first = pattern.find("M") < pattern.find("d")
    if first.year != last.year or month_first:
        return f"{long_date(first, lang)} – {end}"
    if first.month != last.month:
        without_year = pattern.split("y")[0].rstrip(" ,/.") if pattern.find("d") < pattern.find("y") else pattern
        ends_with_dot = "." if "d." in pattern and without_year.endswith("d") else ""
        return f"{format_date(first, without_year + ends_with_dot, locale=locale)} – {end}"
    day = "d." if "d." in pattern else "d"
    return (
        f"{format_date(first, day, locale=locale)}–{end}"
        if pattern.startswith("d")
        else f"{long_date(first, lang)} – {end}"
    )


def _pattern(lang: str) -> str:
    """The locale's own long date pattern, without the era or year suffix that a record does not carry (``г.``)."""
    pattern = str(locale_of(lang).date_formats["long"].pattern)
    return pattern.replace("'г'.", "").replace(" 'г'", "").replace("y.", "y").strip()


def _strip_suffix(text: str) -> str:
    return text.removesuffix(" г.").rstrip()

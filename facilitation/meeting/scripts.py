"""Cyrillic and Latin: the same words in the other script, where a language is written in both.

``python -m facilitation.meeting.scripts FROM.po TO.po`` makes the Cyrillic catalog of a language from its Latin one.
"""

import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po, write_po
from cyrtranslit.mapping import TRANSLIT_DICT

# Language tag → the tag in the other script, and whether that is Cyrillic.
_OTHER_SCRIPT = {
    "sr": ("sr-Latn", False),
    "sr-Cyrl": ("sr-Latn", False),
    "sr-Latn": ("sr-Cyrl", True),
    "bs": ("bs-Cyrl", True),
    "bs-Cyrl": ("bs", False),
    "cnr": ("cnr-Cyrl", True),
    "cnr-Cyrl": ("cnr", False),
    "mk": ("mk-Latn", False),
    "mk-Latn": ("mk", True),
}

# The catalogs in Latin that one in Cyrillic is made from, by the names of their folders.
_TAG_OF_CATALOG = {"sr_Latn": "sr-Latn", "sr_Latn_ME": "cnr", "bs": "bs"}

# What is not a word of the language: placeholders, elements, addresses, words with foreign letters, abbreviations that are
# written in Latin everywhere, names of formats and of this program.
_KEPT = re.compile(
    r"%\(\w+\)[sd]|%%|\{\w+\}|</?\w[^>]*>|&\w+;|https?://\S*|\S+@\S+|\b\w*[qwxyQWXY]\w*\b|\b[a-z][-–][a-z]\b|\b[A-Z][-–][A-Z]\b"
    r"|\b(?:Facilitation|AL|BA|Europe/\w+|PDF|CSV|YAML|JSON|DOCX|XLSX|HTML|ICS|Ctrl|Enter|KB|MB|UTF|true|false|sr-Latn|Latn)\b"
)
# Two letters that are not one sound: the second stem begins at the second letter.
_APART = re.compile(
    r"(d)(?:(?<=\b[nN]ad)|(?<=\b[pP]od)|(?<=\b[oO]d))(ž)|(n)(?<=[iI]n)(j)(?=ek[ct])|(n)(?<=[ko]on)(j)(?=u[nk])"
)
_BETWEEN = "\u200d"
# One letter of Cyrillic that is two in Latin, in a word that is all capitals.
_IN_CAPITALS = re.compile(r"(?:Lj|Nj|Dž)(?=[A-ZČĆŠŽĐ])|(?<=[A-ZČĆŠŽĐ])(?:Lj|Nj|Dž)(?![a-zčćšžđ])")
_PAIR = re.compile("[LNln]j|[Dd][žz]")
_CAPITAL_PAIR = re.compile("LJ|NJ|DŽ")


def other_script(tag: str) -> str | None:
    """The tag of the same language in the other script; ``None`` where it is written in one only."""
    found = _OTHER_SCRIPT.get(tag)
    return found[0] if found else None


def kept_in(tags: Iterable[str], asked: str) -> str | None:
    """Which of these languages a reader of ``asked`` reads as it is or in its other script; ``None`` for none of them."""
    there = list(tags)
    if asked in there:
        return asked
    return next((tag for tag in there if other_script(tag) == asked or other_script(asked) == tag), None)


def transliterated(text: str, tag: str) -> str:
    """A text in language ``tag`` in the other script. Raises ``KeyError`` where the language is written in one only."""
    _, to_cyrillic = _OTHER_SCRIPT[tag]
    language = {"bs": "sr", "cnr": "me"}.get(tag.split("-")[0], tag.split("-")[0])
    if not to_cyrillic:
        return _IN_CAPITALS.sub(lambda found: found.group().upper(), text.translate(_letters(language, "tolatin")))
    made, at = [], 0
    for kept in _KEPT.finditer(text):
        made += [_in_cyrillic(text[at : kept.start()], language), kept.group()]
        at = kept.end()
    return "".join([*made, _in_cyrillic(text[at:], language)])


def _in_cyrillic(text: str, language: str) -> str:
    pairs = _CAPITAL_PAIR.sub(lambda found: found.group().title(), text)
    apart = _APART.sub(lambda found: _BETWEEN.join(letter for letter in found.groups() if letter), pairs)
    letters = _letters(language, "tocyrillic")
    paired = _PAIR.sub(lambda found: TRANSLIT_DICT[language]["tocyrillic"].get(found.group(), found.group()), apart)
    return paired.translate(letters).replace(_BETWEEN, "")


@cache
def _letters(language: str, way: str) -> dict[int, str]:
    """The letters of one script as those of the other, for ``str.translate``: cyrtranslit's own loop takes ten times as long,
    and whole documents are transliterated while a meeting waits."""
    return str.maketrans({letter: other for letter, other in TRANSLIT_DICT[language][way].items() if len(letter) == 1})


def in_every_script(text: str) -> set[str]:
    """The text as it stands and as it may be printed in another script, whichever language it is in."""
    return {text, *(transliterated(text, tag) for tag in _OTHER_SCRIPT)}


def transliterate_catalog(source: Path, target: Path) -> None:
    """Makes the Cyrillic catalog ``target`` from ``source``, the Latin one. Their folders are named for the locales."""
    tag = _TAG_OF_CATALOG[source.parts[-3]]
    with source.open("rb") as file:
        catalog = read_po(file)
    for message in catalog:
        if not message.id:
            continue
        forms = message.string
        if isinstance(forms, str):
            message.string = transliterated(forms, tag)
        else:
            message.string = tuple(transliterated(form, tag) for form in forms or ())
    catalog.locale = target.parts[-3]
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        write_po(file, catalog, width=120, sort_output=True)


if __name__ == "__main__":
    transliterate_catalog(Path(sys.argv[1]), Path(sys.argv[2]))

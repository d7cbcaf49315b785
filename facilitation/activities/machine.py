"""A machine's suggestion for a translation: optional, asked for by an interpreter, seen by no reader until one has confirmed it.

What it is asked for leaves this server for the one that the operator has named; boilerplate never does, because it is no subject.
"""

from dataclasses import dataclass
from typing import Protocol

import requests

from facilitation.meeting.texts import UNDETERMINED, in_script_of

TIMEOUT_S = 15


class NoSuggestion(Exception):
    """The machine has nothing to say, for whatever reason."""


class Machine(Protocol):
    """What makes suggestions."""

    def suggest(self, text: str, source: str, target: str) -> str:
        """The text in another language; ``source`` and ``target`` are language tags. Raises ``NoSuggestion``."""
        ...


@dataclass(frozen=True)
class LibreTranslate:
    """A server that speaks the HTTP API of LibreTranslate (docs.libretranslate.com)."""

    url: str
    api_key: str | None = None

    def suggest(self, text: str, source: str, target: str) -> str:
        """The text as the server translates it, in the script of the language asked for."""
        (source_code, written), (target_code, answered) = _code(source), _code(target)
        given = str(in_script_of(text, source, written))
        wanted = {"q": given, "source": source_code, "target": target_code, "format": "text"}
        if self.api_key:
            wanted["api_key"] = self.api_key
        try:
            answer = requests.post(f"{self.url}/translate", json=wanted, timeout=TIMEOUT_S, allow_redirects=False)
            if answer.status_code != 200:  # a redirection would take the text to another server
                raise NoSuggestion
            found = answer.json()["translatedText"]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise NoSuggestion from error
        if not isinstance(found, str) or not found.strip():
            raise NoSuggestion
        return str(in_script_of(found.strip(), answered, target))


# What the API calls a language, and the tag of the script that it writes it in: Serbian in Cyrillic, Bosnian in Latin, and no
# Montenegrin, whose nearest it is.
_CODES = {
    "sr": ("sr", "sr-Cyrl"),
    "sr-Cyrl": ("sr", "sr-Cyrl"),
    "sr-Latn": ("sr", "sr-Cyrl"),
    "bs-Cyrl": ("bs", "bs"),
    "cnr": ("bs", "cnr"),
    "cnr-Cyrl": ("bs", "cnr"),
    "mk-Latn": ("mk", "mk"),
}


def _code(tag: str) -> tuple[str, str]:
    """The language as the API names it, without script and region, and the tag in whose script it reads and writes."""
    if tag == UNDETERMINED:
        return "auto", tag
    return _CODES.get(tag, (tag.partition("-")[0], tag))

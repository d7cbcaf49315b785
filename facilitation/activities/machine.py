"""A machine's suggestion for a translation: optional, asked for by an interpreter, seen by nobody else until saved.

What it is asked for leaves this server for the one that the operator has named; boilerplate never does, because it is no subject.
"""

from dataclasses import dataclass
from typing import Protocol

import requests

from facilitation.meeting.texts import UNDETERMINED

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
        """The text as the server translates it."""
        wanted = {"q": text, "source": _code(source), "target": _code(target), "format": "text"}
        if self.api_key:
            wanted["api_key"] = self.api_key
        try:
            answer = requests.post(f"{self.url}/translate", json=wanted, timeout=TIMEOUT_S)
            answer.raise_for_status()
            found = answer.json()["translatedText"]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise NoSuggestion from error
        if not isinstance(found, str) or not found.strip():
            raise NoSuggestion
        return found.strip()


def _code(tag: str) -> str:
    """The language as the API names it: without script and region."""
    return "auto" if tag == UNDETERMINED else tag.partition("-")[0]

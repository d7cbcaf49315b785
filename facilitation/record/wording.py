"""Words for documents: which text of several a document prints and how it is marked, and sentences around such texts.

What people and plans wrote is printed in the document's language where it is there in it, else in another one and marked
so. Sentences that we make ourselves are in the language of the interface's catalog: English where there is none.
"""

import re
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

import flask_babel
from flask_babel import force_locale

from facilitation.activities.translation import Translation
from facilitation.extensions import catalog_language
from facilitation.meeting.models import Workshop
from facilitation.meeting.scripts import other_script
from facilitation.meeting.texts import (
    UNDETERMINED,
    Text,
    Texts,
    join_list,
    language_name,
    locale_of,
    original_language,
    pick,
    pick_to_read,
    understands,
)
from facilitation.record.document import Run, Runs

Translations = Mapping[str, Translation]
"""Language → translation."""

# What stands for a run while a sentence is put together: no text that people send can hold such characters and be printed.
_STANDS_FOR = re.compile("\x02(\\d+)\x03")


def gettext(message: str, **values: object) -> str:
    """The message in the language in force; as Flask-Babel's, typed."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The message for this number in the language in force; as Flask-Babel's, typed."""
    return str(flask_babel.ngettext(singular, plural, num, **values))


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Within this, ``gettext`` speaks the language that a document in ``lang`` has its own sentences in."""
    with force_locale(locale_of(catalog_language(lang))):
        yield


def language_mark(tag: str, lang: str) -> str:
    """How a text in language ``tag`` is marked in a document in ``lang``: ``in Albanian``, in the document's language.

    Empty where no mark is needed. Where we have no sentences in the document's language: just the language's name.
    """
    if tag in (lang, UNDETERMINED):
        return ""
    name = language_name(tag, lang)
    return gettext("in %(language)s", language=name) if catalog_language(lang) == lang else name


def run_of(texts: Texts, lang: str, default: str) -> Run:
    """The meeting's own wording (names, titles, boilerplate) for a document: never a sister language's, marked if foreign."""
    return _marked(pick(texts, lang, default), lang)


def run_to_read(texts: Texts, lang: str, default: str) -> Run:
    """What people wrote in the meeting, for a document: a language that its readers understand comes first."""
    return _marked(pick_to_read(texts, lang, default), lang)


def _marked(text: Text, lang: str) -> Run:
    return Run(text.text, text.lang, language_mark(text.lang, lang))


class Wording:
    """The words of one document. Use it within ``speaking``."""

    def __init__(self, workshop: Workshop, lang: str) -> None:
        self.workshop, self.lang, self.default = workshop, lang, workshop.default_language
        self.spoken = catalog_language(lang)
        """The language of the sentences that we make."""
        self._mark = language_mark(self.spoken, lang)
        self._marks: dict[str, str] = {}
        self._runs: list[Run] = []

    def own(self, texts: Texts, strong: bool = False) -> Run:
        """The meeting's own wording; see ``run_of``."""
        return self._with_mark(pick(texts, self.lang, self.default), strong)

    def read(self, texts: Texts, translations: Translations = MappingProxyType({})) -> Run:
        """What people wrote in the meeting, or a translation of it; see ``run_to_read``."""
        found = {**texts, **{lang: row.text for lang, row in translations.items() if not texts.get(lang)}}
        shown = pick_to_read(found, self.lang, self.default)
        return self._read(shown, original_language(texts, self.default), translations, texts)

    def said(self, texts: Texts, original: str, translations: Translations = MappingProxyType({})) -> Runs:
        """What somebody wrote: in the document's language; where that is lacking, the original, and the working language
        beside it, each marked. ``translations``: who made those that are among the texts."""
        shown = pick_to_read(texts, self.lang, self.default)
        run = self._read(shown, original, translations, (original,))
        if shown.lang == original or understands(self.lang, shown.lang):
            return (run,)
        return self._with_mark(Text(texts[original], original), False), run

    def _read(self, shown: Text, original: str, translations: Translations, own: Container[str]) -> Run:
        """A text as it is printed: one that is not in the language of its writers says what it was translated from."""
        other = other_script(shown.lang)
        row = translations.get(shown.lang) or translations.get(other or "")
        if row is None or shown.lang in own or other in own:
            return self._with_mark(shown, False)
        marks = (language_mark(shown.lang, self.lang), self._translated_from(original, shown.lang, row.confirmed))
        return Run(shown.text, shown.lang, "; ".join(mark for mark in marks if mark))

    def _translated_from(self, original: str, lang: str, confirmed: bool) -> str:
        if original == UNDETERMINED:
            return ""
        name = language_name(original, self.lang)
        if self.spoken != self.lang:
            return f"{name} → {language_name(lang, self.lang)}"
        if confirmed:
            return gettext("translated from %(language)s", language=name)
        return gettext("translated from %(language)s, not confirmed", language=name)

    def label(self, text: object, strong: bool = False) -> Run:
        """A word or two of our own, for labels and cells: its language is said to machines only."""
        return Run(str(text), self.spoken, strong=strong)

    def put(self, run: Run) -> str:
        """What stands for the run in a message, until ``sentence`` has the whole."""
        self._runs.append(run)
        return f"\x02{len(self._runs) - 1}\x03"

    def listed(self, runs: list[Run]) -> str:
        """``a, b and c``, for a message."""
        return join_list([self.put(run) for run in runs], self.spoken)

    def sentence(self, text: str) -> Runs:
        """A message with its runs in their places, split only where the language changes.

        Signs that touch a run (quotation marks, a comma) stay with it.
        """
        found: list[Run] = []
        for word in text.split(" "):
            inside = [self._runs[int(number)] for number in _STANDS_FOR.findall(word)]
            foreign = next((run for run in inside if self._says_so(run)), None)
            whole = _STANDS_FOR.sub(lambda match: self._runs[int(match[1])].text, word)
            kind = Run("", self.spoken) if foreign is None else replace(foreign, text="")
            if found and replace(found[-1], text="") == kind:
                found[-1] = replace(found[-1], text=f"{found[-1].text} {whole}")
            else:
                found.append(replace(kind, text=whole))
        return self._mark_own(found)

    def _says_so(self, run: Run) -> bool:
        """Whether a run is in another language than the sentence around it, or translated into this one."""
        return run.lang not in (self.spoken, UNDETERMINED) or (run.lang == self.lang and run.note != "")

    def _mark_own(self, runs: list[Run]) -> Runs:
        """Where our sentences are not in the document's language, the longest stretch of each says so."""
        own = [n for n, run in enumerate(runs) if run.lang == self.spoken and not run.note]
        if own and self._mark:
            longest = max(own, key=lambda n: len(runs[n].text))
            runs[longest] = replace(runs[longest], note=self._mark)
        return tuple(runs)

    def _with_mark(self, text: Text, strong: bool) -> Run:
        if text.lang not in self._marks:
            self._marks[text.lang] = language_mark(text.lang, self.lang)
        return Run(text.text, text.lang, self._marks[text.lang], strong)

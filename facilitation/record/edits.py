"""Paragraphs as people wrote them: how they are printed instead of the generated text, and whether they are still about it.

An edit wins over what a document would say by itself, and is never overwritten. But where what it replaced has become another
text since, or another language was changed after it, it is printed with a note that says so.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from facilitation.meeting.texts import language_name, understands
from facilitation.meeting.versions import Version, saying_the_latest
from facilitation.record.document import Block, Paragraph, Run, Runs, plain
from facilitation.record.wording import Wording, gettext


class Rewritten(Version, Protocol):
    """A text that somebody wrote in the place of a generated one, in one language."""

    replaced: Any
    """The digest of the generated text; ``None`` where it was not kept yet."""


Versions = Mapping[str, Rewritten]
"""Language → what somebody wrote in it, see ``meeting.versions``."""


def digest_of(runs: Runs) -> str:
    """What tells one text from another without keeping it: SHA-256, as hex."""
    return hashlib.sha256(plain(runs).encode()).hexdigest()


def is_outdated(edit: Rewritten, generated: Runs) -> bool:
    """Whether what the edit stands instead of has become another text."""
    return edit.replaced is not None and edit.replaced != digest_of(generated)


def edited(w: Wording, block: Block, edits: Mapping[str, Versions]) -> Block:
    """The block with what people wrote instead; ``edits``: by the paragraph's key."""
    if not isinstance(block, Paragraph):
        return block
    if not block.runs:
        return replace(block, runs=w.sentence(gettext("This text was removed.")))
    return replace(block, runs=edited_runs(w, block.runs, edits.get(block.key, {})))


def edited_runs(w: Wording, generated: Runs, versions: Versions) -> Runs:
    """What people wrote instead, in this language or in one of its family; else the generated text. Marked where it is not up
    to date."""
    own, latest = versions.get(w.lang), saying_the_latest(versions)
    if w.lang not in latest and any(understands(w.lang, lang) for lang in latest):
        return (w.read({lang: each.text for lang, each in latest.items()}),)
    newer = [tag for tag, each in versions.items() if own is None or (each.seq or 0) > (own.seq or 0)]
    notes = []
    if own is not None and is_outdated(own, generated):
        notes.append(gettext("what this rests on has changed since it was edited"))
    if newer:
        languages = ", ".join(language_name(tag, w.spoken) for tag in newer)
        notes.append(gettext("changed since in: %(languages)s", languages=languages))
    runs = generated if own is None else in_languages(own.text, w.lang, generated)
    if not notes:
        return runs
    last = runs[-1]
    return (*runs[:-1], replace(last, note="; ".join(filter(None, (last.note, *notes)))))


def in_languages(text: str, lang: str, generated: Runs) -> Runs:
    """A text that was made of the generated one: what stands in it unchanged keeps its language and its mark, the rest is in
    ``lang``."""
    found: list[Run] = []
    begin = 0
    for run in generated:
        if not run.text.strip() or run == Run(run.text, lang):
            continue
        place = _stands(run.text).search(text, begin)
        if place is not None:
            found += (Run(text[begin : place.start()].strip(), lang), replace(run, text=place[0]))
            begin = place.end()
    return tuple(run for run in (*found, Run(text[begin:].strip(), lang)) if run.text)


def _stands(text: str) -> re.Pattern[str]:
    """A text as a whole, with the signs that touch it and whatever white space between its words."""
    words = r"\s+".join(map(re.escape, text.split()))
    return re.compile(rf"(?<!\S)[^\w\s]*{words}[^\w\s]*(?!\S)")

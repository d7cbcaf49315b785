"""A document in the other script of the language that it is in: a rendering of the same text, never another text."""

from dataclasses import replace
from typing import Any

from facilitation.extensions import catalog_language
from facilitation.meeting.scripts import transliterated
from facilitation.record.document import Document, from_json, to_json


def in_script(document: Document, lang: str) -> Document:
    """The document as a reader of ``lang`` reads it, the other script of its language: what is in that language is
    transliterated and says so in its tag; what is in another one stays as it was written."""
    kept = document.lang
    if lang == kept:
        return document

    def rendered(value: Any) -> Any:
        match value:
            case {"text": text, "lang": tag, "note": note, **others}:
                mine = (
                    {"text": transliterated(text, kept), "lang": lang} if tag == kept else {"text": text, "lang": tag}
                )
                # Marks are in the document's language, whatever they mark.
                return {**others, **mine, "note": transliterated(note, kept)}
            case dict():
                return {key: rendered(each) for key, each in value.items()}
            case list() | tuple():
                return [rendered(each) for each in value]
        return value

    made = replace(from_json(rendered(to_json(document))), lang=lang)
    if catalog_language(kept) != kept:
        return made
    return replace(
        made, marking=transliterated(document.marking, kept), contents=transliterated(document.contents, kept)
    )

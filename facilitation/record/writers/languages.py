"""Languages in a PDF: Typst writes two or three letters for each, so that Serbian in Latin and in Cyrillic letters would be one.

What is ambiguous goes through Typst under a code for private use, and the finished file is told the whole tags.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from string import ascii_lowercase
from typing import Any

from facilitation.record.document import Document, to_json
from facilitation.record.writers.tidy import language

_PRIVATE = [f"qa{letter}" for letter in ascii_lowercase]
_CODE = re.compile("[a-z]{2,3}")
_OBJECT = re.compile(rb"(?s)(\d+ 0 obj\n<<.*?)/Length (\d+)(.*?>>\nstream\n)(.*)(\nendstream\nendobj\n+)")
_ENTRY = re.compile(rb"(\d{10}) (\d{5} [nf]\r\n)")


def codes_of(document: Document) -> dict[str, str]:
    """Each language tag in the document → what Typst is told: its first part, or where another tag has taken that, a code of
    nobody's."""
    found: dict[str, str] = {}
    private = iter(_PRIVATE)
    for tag in dict.fromkeys((document.lang, *_tags(to_json(document)))):
        code = language(tag).partition("-")[0].lower()
        if _CODE.fullmatch(code):
            found[tag] = code if code not in found.values() else next(private, code)
    return found


def _tags(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "lang" in value:
            yield value["lang"]
        for each in value.values():
            yield from _tags(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tags(each)


def with_tags(pdf: bytes, codes: Mapping[str, str]) -> bytes:
    """The file with the whole tag wherever it says the code for it: in its catalog, its metadata and its tagged text."""
    tags = {code.encode(): tag.encode() for tag, code in codes.items() if tag != code}
    if not tags:
        return pdf
    table = pdf.rindex(b"\nxref\n") + 1
    entries = _ENTRY.findall(pdf, table)
    places = {int(offset): number for number, (offset, kind) in enumerate(entries) if kind.endswith(b"n\r\n")}
    begins = sorted(places)
    made, moved = bytearray(pdf[: begins[0]]), dict[int, int]()
    for begin, end in zip(begins, [*begins[1:], table], strict=True):
        moved[places[begin]] = len(made)
        made += _retold(pdf[begin:end], tags)
    lines = (b"%010d %s" % (moved.get(number, int(offset)), kind) for number, (offset, kind) in enumerate(entries))
    trailer = pdf[pdf.index(b"trailer", table) : pdf.rindex(b"startxref")]
    return (
        bytes(made) + b"xref\n0 %d\n" % len(entries) + b"".join(lines) + trailer + b"startxref\n%d\n%%%%EOF" % len(made)
    )


def _retold(thing: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """One object of the file, its stream included."""
    found = _OBJECT.fullmatch(thing)
    if found is None:
        return _said(thing, tags)
    begin, _, middle, stream, end = found.groups()
    if b"/Subtype/XML" in begin + middle:
        stream = re.sub(rb"(?<=<dc:language><rdf:Bag><rdf:li>)\w+", lambda code: tags.get(code[0], code[0]), stream)
    elif b"/Filter/FlateDecode" in middle and b"/Subtype" not in begin + middle:
        plain = zlib.decompress(stream)
        said = _said(plain, tags)
        stream = zlib.compress(said) if said != plain else stream
    return begin + b"/Length %d" % len(stream) + middle + stream + end


def _said(text: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    return re.sub(rb"(?<=/Lang\()\w+(?=\))", lambda code: tags.get(code[0], code[0]), text)

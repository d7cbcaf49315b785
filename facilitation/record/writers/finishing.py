"""What a finished PDF is told that Typst cannot say: whole language tags, and which cells name their rows.

Typst writes two or three letters for a language, so that Serbian in Latin and in Cyrillic letters would be one. What is
ambiguous goes through it under a code for private use.
"""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase
from typing import Any

from facilitation.record.document import Document, to_json
from facilitation.record.writers.tidy import language

_PRIVATE = [f"qa{letter}" for letter in ascii_lowercase]
_CODE = re.compile("[a-z]{2,3}")
_OBJECT = re.compile(rb"(?s)(\d+ 0 obj\n<<.*?)/Length (\d+)(.*?>>\nstream\n)(.*)(\nendstream\nendobj\n+)")
_CELL = re.compile(
    rb"\d+ 0 obj\n<</Type/StructElem/S/(?P<kind>TD)(?P<between>/[^\n]*?)/O/Table/Headers\[\(U(?P<table>\d+)x(?P<column>\d+)y0\)\]"
)
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


def finished(pdf: bytes, codes: Mapping[str, str], names_rows: Sequence[bool]) -> bytes:
    """The file with the whole tag wherever it says the code for it (in its catalog, its metadata and its tagged text), and the
    first cell of a row as its head in those of its tables that have such, in their order."""
    tags = {code.encode(): tag.encode() for tag, code in codes.items() if tag != code}
    tables = {b"%d" % number for number, names in enumerate(names_rows, start=1) if names}
    table = pdf.rindex(b"\nxref\n") + 1
    entries = _ENTRY.findall(pdf, table)
    places = {int(offset): number for number, (offset, kind) in enumerate(entries) if kind.endswith(b"n\r\n")}
    begins = sorted(places)
    made, moved = bytearray(pdf[: begins[0]]), dict[int, int]()
    for begin, end in zip(begins, [*begins[1:], table], strict=True):
        moved[places[begin]] = len(made)
        made += _named(_retold(pdf[begin:end], tags), tables)
    lines = (b"%010d %s" % (moved.get(number, int(offset)), kind) for number, (offset, kind) in enumerate(entries))
    trailer = pdf[pdf.index(b"trailer", table) : pdf.rindex(b"startxref")]
    return (
        bytes(made) + b"xref\n0 %d\n" % len(entries) + b"".join(lines) + trailer + b"startxref\n%d\n%%%%EOF" % len(made)
    )


def _named(thing: bytes, tables: set[bytes]) -> bytes:
    """A cell of one of these tables finds its heads by their scopes, no longer by a list of columns' heads alone."""
    found = _CELL.match(thing)
    if found is None or found["table"] not in tables:
        return thing
    begin, end = thing[: found.start("kind")], thing[found.end() :]
    if found["column"] == b"0":
        return begin + b"TH" + found["between"] + b"/O/Table/Scope/Row" + end
    return begin + b"TD" + found["between"] + b"/O/Table" + end


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

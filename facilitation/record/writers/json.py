"""The document as data: canonical JSON, from which ``document.from_json`` makes an equal document."""

import json

from facilitation.record.document import Document, to_json
from facilitation.record.writers.tidy import without_surrogates


def write(document: Document) -> bytes:
    """The document as UTF-8 JSON; equal documents give equal bytes."""
    text = json.dumps(to_json(document), ensure_ascii=False, sort_keys=True, indent=2)
    return without_surrogates(text).encode() + b"\n"

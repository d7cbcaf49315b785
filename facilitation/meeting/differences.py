"""What has changed between two wordings of a text, word by word."""

import re
from difflib import SequenceMatcher
from typing import Literal

Change = Literal["same", "gone", "new"]

_WORDS = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


def changed_words(before: str, after: str) -> list[tuple[Change, str]]:
    """Both texts in one: the pieces that are in both, those that are gone and those that are new, in reading order."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    found: list[tuple[Change, str]] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(old[i:j])))
            continue
        if i < j:
            found.append(("gone", "".join(old[i:j])))
        if k < m:
            found.append(("new", "".join(new[k:m])))
    return found

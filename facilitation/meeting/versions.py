"""One text in several languages, changed in one after the other: which of them say the same.

Every change has a number, that of the command which made it. A text carries the number of the last change that it has caught
up with; those with the highest one say what is meant now, the others still say what was meant before.
"""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar


class Version(Protocol):
    """A text in one language."""

    text: Any
    seq: Any
    """The number of the change that it has caught up with; ``None`` where it was not kept yet."""


AnyVersion = TypeVar("AnyVersion", bound=Version)


def latest_change(versions: Mapping[str, Version]) -> int:
    """The number of the last change; ``versions``: by language."""
    return max((each.seq or 0 for each in versions.values()), default=0)


def saying_the_latest(versions: Mapping[str, AnyVersion]) -> dict[str, AnyVersion]:
    """Those that have caught up with the last change, by language."""
    latest = latest_change(versions)
    return {lang: each for lang, each in versions.items() if (each.seq or 0) == latest}


def change_of(versions: Mapping[str, Version], lang: str, seq: int, follows: bool | None = None) -> int:
    """The number of the change that a text written now in ``lang`` is part of.

    That of the last change where it ``follows`` it, which is taken for so, where nobody says, in a language that has not
    caught up with it yet; else this is a change of its own, ``seq``, which the others have to catch up with.
    """
    latest = latest_change(versions)
    if follows is None:
        follows = lang not in saying_the_latest(versions)
    return latest if versions and follows else max(seq, latest)

"""Sources: what a line that was worked out can rest on, and the lines that rest on something."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from facilitation.live.commands import Refusal
from facilitation.meeting.acts import MeetingAct
from facilitation.meeting.models import Workshop

SOURCE_NAMES = {
    "theme": _l("theme"),
    "contribution": _l("contribution"),
    "conclusion": _l("conclusion"),
    "element": _l("element of the framework"),
}


@dataclass(frozen=True)
class Source:
    """Something that a line rests on."""

    id: str
    kind: str
    """A key of ``SOURCE_NAMES``."""
    texts: dict[str, str]
    """Empty when not everybody may read it (now)."""
    contribution_kind: str = ""

    @property
    def region(self) -> str:
        """The DOM id of the region that shows it."""
        return f"{'card' if self.kind == 'contribution' else self.kind}-{self.id}"


FindSource = Callable[[Workshop, str], Source | None]

Lines = Callable[[Workshop], Iterator[tuple[Source, list[str]]]]
"""The lines that everybody may read, each with the ids that it was given to rest on."""

_finders: list[FindSource] = []
_citing: list[Lines] = []


def citable(find: FindSource) -> None:
    """An activity says how to find something of its own that a line can rest on, by id."""
    _finders.append(find)


def citing(lines: Lines) -> None:
    """An activity says which lines of its own rest on something."""
    _citing.append(lines)


def source_of(workshop: Workshop, source_id: str) -> Source | None:
    """What has this id; a theme that was merged into another one stands for that one."""
    return next((found for find in _finders if (found := find(workshop, source_id)) is not None), None)


def sources_of(workshop: Workshop, ids: Iterable[str]) -> list[Source]:
    """What these ids stand for, each once, as far as it is still there."""
    found = [source_of(workshop, source_id) for source_id in ids]
    return list({source.id: source for source in found if source is not None}.values())


def cite(act: MeetingAct, ids: Iterable[str], kinds: Iterable[str]) -> list[str]:
    """The ids, each once, when everybody can read what they stand for and it is of these kinds; else a refusal."""
    wanted = list(dict.fromkeys(ids))
    for source_id in wanted:
        source = source_of(act.workshop, source_id)
        if source is None or source.id != source_id or not source.texts or source.kind not in kinds:
            raise Refusal("not_found", _l("One of the sources is no longer there."), field="sources")
    return wanted


def uses_of(workshop: Workshop, source_id: str) -> list[Source]:
    """The lines that rest on what has this id: where it went."""
    return [
        line
        for lines in _citing
        for line, ids in lines(workshop)
        if any(source.id == source_id for source in sources_of(workshop, ids))
    ]

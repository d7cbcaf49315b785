"""A page as the contract has clients keep it: regions on joining, patches from then on, gaps caught up, repetitions ignored."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Page:
    """Regions, and the number that they are up to."""

    seq: int | None = None
    epoch: str = ""
    release: str = ""
    regions: dict[str, str] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    """Patches that a line which loses and repeats nothing should not have brought."""
    _overlapping: int = 0
    """Up to here an answer of ``catch_up`` may have overtaken patches."""
    _early: list[dict[str, Any]] = field(default_factory=list)
    _awaiting: bool = False

    @property
    def made(self) -> dict[str, Any]:
        """What it is made of, for the server to tell what is missing."""
        if self.seq is None:
            return {}
        return {"since": self.seq, "epoch": self.epoch, "release": self.release}

    @property
    def gap(self) -> bool:
        """Whether a number is missing that nobody has been asked for."""
        return bool(self._early) and not self._awaiting

    def awaits(self) -> None:
        """An answer is asked for; until it is here, patches are kept."""
        self._awaiting = True

    def answered(self, answer: dict[str, Any], joining: bool) -> None:
        """The answer of ``join``, after which every number comes exactly once, or else of ``catch_up``."""
        anew = (
            self.seq is None
            or (self.epoch, self.release) != (answer["epoch"], answer["release"])
            or answer["seq"] < self.seq
        )
        if anew:
            self.regions.clear()
        self.seq, self.epoch, self.release = answer["seq"], answer["epoch"], answer["release"]
        self._overlapping = 0 if joining else answer["seq"]
        self._put(answer["regions"])
        self._awaiting = False
        self._apply()

    def receive(self, patch: dict[str, Any]) -> None:
        """A patch."""
        missing = self.seq is not None and patch["from"] > self.seq + 1
        repeated = self.seq is not None and self._overlapping < patch["from"] <= self.seq
        if not self._awaiting and (missing or repeated):
            self.surprises.append(f"{self.seq} is followed by {patch['from']}–{patch['seq']}")
        self._early.append(patch)
        if not self._awaiting:
            self._apply()

    def cut(self) -> None:
        """The line is cut: what it brought too early means nothing on the next one."""
        self._early.clear()
        self._awaiting = False

    def _apply(self) -> None:
        assert self.seq is not None
        self._early.sort(key=lambda patch: (patch["from"], patch["seq"]))
        while self._early and self._early[0]["from"] <= self.seq + 1:
            patch = self._early.pop(0)
            if patch["seq"] > self.seq:
                self._put(patch["regions"])
                self.seq = patch["seq"]

    def _put(self, regions: dict[str, str]) -> None:
        for dom_id, html in regions.items():
            if html:
                self.regions[dom_id] = html
            else:
                self.regions.pop(dom_id, None)

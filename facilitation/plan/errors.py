"""What is wrong with a plan, and where."""

from dataclasses import dataclass
from typing import Any, Never

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

MOST_ERRORS = 1000


@dataclass(frozen=True)
class PlanError:
    """One error: ``path`` as ``agenda[3].delegation`` (empty: the plan as a whole), and what is wrong there.

    The message is translated when it is shown; outside an application it is English.
    """

    path: str
    message: LazyString

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else str(self.message)


class PlanRefused(Exception):
    """The plan has errors and nothing of it is used."""

    def __init__(self, errors: tuple[PlanError, ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


class Errors:
    """The errors found so far."""

    def __init__(self) -> None:
        self._found: list[PlanError] = []

    def add(self, path: str, message: LazyString) -> None:
        """Note an error and go on. Raises ``PlanRefused`` when nobody would read any more of them."""
        if len(self._found) == MOST_ERRORS:
            self.stop("", _l("There are more errors; these are the first %(count)s.", count=MOST_ERRORS))
        self._found.append(PlanError(path, message))

    def stop(self, path: str, message: LazyString) -> Never:
        """Note an error after which reading on makes no sense. Raises ``PlanRefused``."""
        raise PlanRefused((*self._found, PlanError(path, message)))

    def refuse(self) -> None:
        """Raises ``PlanRefused`` if there was any error."""
        if self._found:
            raise PlanRefused(tuple(self._found))


class _Unread:
    """Falsy, so that a check of an optional value passes over it as over an absent one."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return "?"


UNREAD: Any = _Unread()
"""Stands where a value could not be read, its error noted: the rest of the plan is checked around it."""


@dataclass(frozen=True)
class Place:
    """Where in the plan something is read, and who hears about its errors."""

    path: str
    errors: Errors

    def field(self, name: str) -> "Place":
        """The place of a field of the map that is here."""
        return Place(f"{self.path}.{shown(name)}" if self.path else shown(name), self.errors)

    def entry(self, index: int) -> "Place":
        """The place of an entry of the list that is here."""
        return Place(f"{self.path}[{index}]", self.errors)

    def note(self, message: LazyString) -> None:
        """Note an error about this place."""
        self.errors.add(self.path, message)


def shown(text: str) -> str:
    """A piece of the plan as an error quotes it: one line, and short however long the piece is."""
    line = "".join(character if character.isprintable() else "�" for character in text[:61])
    return line if len(line) <= 60 else line[:59] + "…"

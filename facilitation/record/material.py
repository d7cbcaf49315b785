"""What documents are made from: everything of a meeting that they print, read from the database in a few queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from facilitation.activities import agreement, floor, framework, vote
from facilitation.activities.agreement import Conclusion
from facilitation.activities.capture import Contribution, named_author, named_delegation
from facilitation.activities.framework import Element
from facilitation.activities.notes import Note
from facilitation.activities.presentation import Programme, programmes_of
from facilitation.activities.themes import Theme, themes_of
from facilitation.activities.translation import PUBLISHED, Translation
from facilitation.extensions import db
from facilitation.meeting.models import AgendaItem, Attendance, Delegation, Person, Workshop

GROUPING = ("cluster", "vote")
"""Kinds of items in which contributions are grouped into themes."""


@dataclass
class Material:
    """A meeting's rows, found by what they belong to. Holds only what everybody of the meeting may see."""

    workshop: Workshop
    hidden_too: bool = False
    """Whether to hold contributions, too, that are hidden or not shown yet: for facilitators, never for documents."""
    author_id: int | None = None
    """Whose own contributions to hold as well, whatever their state."""
    emptied: frozenset[str] = frozenset()
    """The keys of paragraphs that stay, without text, because what they print was redacted when they had been circulated."""
    _named: dict[int, Delegation | None] = field(default_factory=dict)

    @cached_property
    def contributions(self) -> list[Contribution]:
        """What everybody may see, in the order it was made."""
        states = ("shown", "waiting", "hidden")
        query = (
            select(Contribution)
            .where(Contribution.workshop_id == self.workshop.id, Contribution.state.in_(states))
            .options(selectinload(Contribution.endorsements))
            .order_by(Contribution.seq)
        )
        return [each for each in db.session.scalars(query).unique() if self._holds(each)]

    def _holds(self, contribution: Contribution) -> bool:
        own = self.author_id is not None and contribution.author_id == self.author_id
        return self.hidden_too or own or contribution.visible

    @cached_property
    def contributions_by_item(self) -> dict[int, list[Contribution]]:
        """Agenda item's id → its contributions."""
        found: dict[int, list[Contribution]] = defaultdict(list)
        for contribution in self.contributions:
            found[contribution.item_id].append(contribution)
        return found

    @cached_property
    def redacted(self) -> list[Contribution]:
        """The contributions whose paragraphs stay without text."""
        ids = {key.partition(":")[2] for key in self.emptied}
        if not ids:
            return []
        query = select(Contribution).where(Contribution.workshop_id == self.workshop.id, Contribution.id.in_(ids))
        return list(db.session.scalars(query))

    @cached_property
    def contributions_by_theme(self) -> dict[str, list[Contribution]]:
        """Theme's id → its contributions."""
        found: dict[str, list[Contribution]] = defaultdict(list)
        for contribution in self.contributions:
            if contribution.theme_id is not None:
                found[contribution.theme_id].append(contribution)
        return found

    @cached_property
    def _translations(self) -> dict[str, list[Translation]]:
        found: dict[str, list[Translation]] = defaultdict(list)
        query = select(Translation).where(Translation.workshop_id == self.workshop.id, PUBLISHED)
        for row in db.session.scalars(query):
            found[row.subject].append(row)
        return found

    def translated(self, subject: str, version: int | None = None) -> dict[str, Translation]:
        """Language → translation, with who made it; with ``version``: of just this version of the text, as documents print it
        (that of an earlier wording would say something else)."""
        rows = self._translations.get(subject, ())
        return {row.lang: row for row in rows if version in (None, row.of_version)}

    def translations_of(self, subject: str, version: int | None = None) -> dict[str, str]:
        """Language → translation; see ``translated``."""
        return {lang: row.text for lang, row in self.translated(subject, version).items()}

    def words_of(self, contribution: Contribution) -> dict[str, str]:
        """Language → the contribution's text: the original and its translations."""
        translations = self.translations_of(contribution.id, contribution.version)
        return {contribution.lang: contribution.text} | {
            lang: text for lang, text in translations.items() if lang != contribution.lang
        }

    def shown_delegation(self, contribution: Contribution) -> Delegation | None:
        """The delegation as everybody sees it beside the contribution: asked once a delegation, not once a contribution."""
        if contribution.delegation_id is None:
            return None
        if contribution.delegation_id not in self._named:
            self._named[contribution.delegation_id] = named_delegation(self.workshop, contribution)
        return self._named[contribution.delegation_id]

    def delegation_of(self, contribution: Contribution) -> Delegation | None:
        """The delegation as a document may name it: as everybody sees it, unless the rules say to name nobody."""
        return None if self.workshop.rules.get("attribution") == "anonymous" else self.shown_delegation(contribution)

    def author_of(self, contribution: Contribution) -> Person | None:
        """The author as a document may name them: only where they chose it and the rules allow names."""
        return named_author(contribution) if self.workshop.rules.get("attribution") == "named" else None

    def delegations_in(self, theme: Theme) -> list[Delegation]:
        """The delegations that contributed to the theme or endorsed something in it, as far as they may be named."""
        found: dict[int, Delegation] = {}
        for contribution in self.contributions_by_theme[theme.id]:
            own = self.delegation_of(contribution)
            for delegation in (*([own] if own else []), *self.endorsed_by(contribution)):
                found[delegation.id] = delegation
        return sorted(found.values(), key=lambda delegation: delegation.place)

    def endorsed_by(self, contribution: Contribution) -> list[Delegation]:
        """The delegations that face the same, as far as the rules allow to name delegations."""
        if self.workshop.rules.get("attribution") == "anonymous":
            return []
        return sorted((each.delegation for each in contribution.endorsements), key=lambda each: each.place)

    @cached_property
    def notes(self) -> dict[int, dict[str, str]]:
        """Agenda item's id → language → what was said in it."""
        return {item: {lang: note.text for lang, note in notes.items()} for item, notes in self._notes.items()}

    def writer_of_note(self, item: AgendaItem, lang: str) -> Person | None:
        """Who wrote down in this language what was said in an item; nobody where that is not known any more."""
        note = self._notes[item.id].get(lang)
        return self.workshop.person_by_id(note.writer_id) if note is not None and note.writer_id is not None else None

    @cached_property
    def _notes(self) -> dict[int, dict[str, Note]]:
        found: dict[int, dict[str, Note]] = defaultdict(dict)
        query = select(Note).join(AgendaItem).where(AgendaItem.workshop_id == self.workshop.id)
        for note in db.session.scalars(query.order_by(Note.lang)):
            found[note.item_id][note.lang] = note
        return found

    @cached_property
    def programmes(self) -> list[Programme]:
        """All programmes, by delegation."""
        return programmes_of(self.workshop)

    @cached_property
    def themes(self) -> list[Theme]:
        """All themes, in the order they were made."""
        return themes_of(self.workshop)

    @cached_property
    def votes(self) -> dict[str, int]:
        """Theme's id → the votes it got, in all items together."""
        found: dict[str, int] = defaultdict(int)
        for item in self.held:
            for theme, votes in self.votes_in(item) if item.kind == "vote" else ():
                found[theme.id] += votes
        return found

    def votes_in(self, item: AgendaItem) -> list[tuple[Theme, int]]:
        """Themes and the votes they got in an item."""
        return vote.results(self.workshop, item)

    @cached_property
    def elements(self) -> list[Element]:
        """The elements of the framework."""
        return framework.elements_of(self.workshop)

    @cached_property
    def conclusions(self) -> list[Conclusion]:
        """The conclusions that were put to the delegations."""
        return [conclusion for conclusion in agreement.conclusions_of(self.workshop) if conclusion.state != "draft"]

    @cached_property
    def seconds_spoken(self) -> dict[int, dict[int, int]]:
        """Agenda item's id → delegation's id → seconds that it had the floor for, as far as it has given it back."""
        found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for request in floor.requests_of(self.workshop):
            person = request.person
            if person.delegation_id is None or request.given_at is None or request.ended_at is None:
                continue
            found[request.item_id][person.delegation_id] += round((request.ended_at - request.given_at) / 1000)
        return found

    @cached_property
    def attendance(self) -> dict[int, set[date]]:
        """Person's id → days on which they were there, as measured."""
        found: dict[int, set[date]] = defaultdict(set)
        query = select(Attendance).join(Person).where(Person.workshop_id == self.workshop.id)
        for row in db.session.scalars(query):
            found[row.person_id].add(row.day)
        return found

    @cached_property
    def held(self) -> list[AgendaItem]:
        """The agenda items that have begun, in order."""
        return [item for item in self.workshop.agenda if item.state in ("running", "done")]

    def grouped_in(self, item: AgendaItem) -> list[Theme]:
        """The themes that a document tells of under this item: those of its kind, at the last item that groups them."""
        return [theme for theme in self.themes if self._home_of(theme) is item]

    @property
    def homeless_themes(self) -> list[Theme]:
        """Themes of which no item that has begun tells."""
        return [theme for theme in self.themes if self._home_of(theme) is None]

    def _home_of(self, theme: Theme) -> AgendaItem | None:
        places = [item for item in self.held if item.kind in GROUPING and item.works_on in (theme.kind, None)]
        exact = [item for item in places if item.works_on == theme.kind]
        return next(iter(reversed(exact or places)), None)

"""Who acts in a meeting: roles and what they may do, in one place for pages, commands, sockets and downloads alike."""

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, BeforeValidator, Field, NaiveDatetime, StringConstraints
from sqlalchemy.orm import joinedload, selectinload

from facilitation.extensions import db
from facilitation.live import broadcast, commands, kept
from facilitation.live.commands import Act, Refusal, too_long
from facilitation.live.journal import Number
from facilitation.meeting.models import AgendaItem, Delegation, Person, Workshop
from facilitation.meeting.texts import UNDETERMINED, canonical, is_language

# What each role may do includes what the roles listed after it may do.
_CAPACITIES = {
    "organiser": ("organiser", "facilitator", "rapporteur"),
    "facilitator": ("facilitator", "rapporteur"),
    "rapporteur": ("rapporteur",),
    "interpreter": ("interpreter",),
    "speaker": ("speaker", "contributor"),
    "participant": ("participant", "contributor"),
    "observer": ("observer",),
}

READERS: dict[str, tuple[str, ...]] = {
    "members": ("member",),
    "delegations": ("delegate", "rapporteur", "interpreter"),
    "heads": ("head", "rapporteur", "interpreter"),
    "staff": ("rapporteur", "interpreter"),
}
"""Who may read a document, from the widest circle to the narrowest; those who make it always may."""
DOCUMENTS = {"minutes": "members", "record": "members", "contributions": "staff"}
"""The documents whose readers the meeting's rules decide, each with who they are unless the rules say otherwise."""

# Who may open which page, join with which view, and download which document, as far as no rule decides it.
PAGES: dict[str, tuple[str, ...]] = {
    "room": ("member",),
    "console": ("facilitator",),
    "screen": ("facilitator",),
    "desk": ("interpreter",),
    "delegation": ("delegate",),
    "minutes-approval": ("rapporteur",),
    "settings": ("organiser",),
    "state": ("member",),
    "export-agenda": ("member",),
    "export-participants": ("organiser",),
    "export-journal": ("organiser",),
}

Found = TypeVar("Found")

SYSTEM = "system"
"""The actor of what the command line and the server itself do."""


def capacities_of(person: Person) -> frozenset[str]:
    """What the person may act as: their role, what it includes, ``head``, ``delegate`` and ``member``."""
    found = {"member", *_CAPACITIES[person.role]}
    if person.delegation_id is not None:
        found.add("delegate")
    if person.is_head:
        found.add("head")
    return frozenset(found)


def readers_of(workshop: Workshop, document: str) -> str:
    """Who may read one of ``DOCUMENTS``: a key of ``READERS``."""
    return str(workshop.rules.get("readers", {}).get(document, DOCUMENTS[document]))


def is_page(page: str) -> bool:
    """Whether there is a page, a view or a download of this name."""
    return page in PAGES or page.removeprefix("export-") in DOCUMENTS


def may_open(person: Person, page: str) -> bool:
    """Whether the person may open a page, join with a view or download a document (``export-`` and its name)."""
    document = page.removeprefix("export-")
    if document not in DOCUMENTS:
        return not capacities_of(person).isdisjoint(PAGES[page])
    if document == "record" and person.workshop.phase == "published":
        return True
    return not capacities_of(person).isdisjoint(READERS[readers_of(person.workshop, document)])


def tags_of(person: Person) -> frozenset[str]:
    """The audiences that the person belongs to: each capacity, the delegation, the person, and everybody."""
    found = {"all", f"person-{person.id}", *capacities_of(person)}
    if person.delegation is not None:
        found.add(f"delegation-{person.delegation.code}")
        if person.is_head:
            found.add(f"head-{person.delegation.code}")
    return frozenset(found)


@dataclass
class MeetingAct(Act):
    """A command being carried out in a meeting."""

    person: Person | None = None

    @property
    def workshop(self) -> Workshop:
        """The meeting that the command is about."""
        found: Workshop = self.meeting
        return found

    @property
    def me(self) -> Person:
        """The acting person; for commands that the system never gives."""
        if self.person is None:
            raise Refusal("forbidden", _l("This is not yours to do."))
        return self.person

    def written_in(self, lang: str | None) -> str:
        """The language of a text of the acting person's: the one that they say, else their own."""
        return lang or self.me.language

    def item(self, key: str) -> AgendaItem:
        """The agenda item with this key, or a refusal."""
        return _found(self.workshop.item(key), "item", _l("There is no agenda item “%(key)s”.", key=key))

    def running(self, key: str) -> AgendaItem:
        """The agenda item with this key, which must be on now, or a refusal."""
        item = self.item(key)
        if item.state != "running":
            raise Refusal("not_now", _l("This agenda item is not on now. Your text is kept."), field="item")
        return item

    def delegation(self, code: str) -> Delegation:
        """The delegation with this code, or a refusal."""
        return _found(self.workshop.delegation(code), "delegation", _l("There is no delegation “%(code)s”.", code=code))

    def member(self, key: str) -> Person:
        """The person with this key, or a refusal."""
        return _found(self.workshop.person(key), "person", _l("There is nobody with the key “%(key)s”.", key=key))

    def made(self, table: type[Any], made_id: str, field: str) -> Any:
        """The row of ``table`` with the id that its making command returned, in this meeting, or a refusal."""
        row = db.session.get(table, made_id)
        if row is not None and row.workshop_id != self.workshop.id:
            row = None
        return _found(row, field, _l("This is no longer there."))


def _found(value: Found | None, field: str, message: Any) -> Found:
    if value is None:
        raise Refusal("not_found", message, field=field)
    return value


def load_workshop(stream_id: int) -> Workshop:
    """The meeting with all that its pages always need, in a few queries."""
    return db.session.get_one(
        Workshop,
        stream_id,
        options=[
            joinedload(Workshop.stream),
            selectinload(Workshop.delegations),
            selectinload(Workshop.people),
            selectinload(Workshop.agenda),
        ],
    )


def open_act(stream: Number, actor: Any, command_id: str, now: int) -> MeetingAct:
    """Finds who acts, fresh from the database: ``actor`` is a person's id or ``SYSTEM``."""
    workshop = db.session.get_one(Workshop, stream.id)
    act = MeetingAct(stream, command_id, now, meeting=workshop, phase=workshop.phase)
    if actor == SYSTEM:
        act.capacities = frozenset({"system", *_CAPACITIES})
        return act
    person = db.session.get(Person, actor)
    if person is None or person.workshop_id != workshop.id or person.revoked_at is not None:
        raise Refusal("unauthenticated", _l("You are not signed in to this meeting any more. Your text is kept."))
    act.person, act.actor_id, act.capacities = person, person.id, capacities_of(person)
    return act


kept.MEETING_TABLES |= {Workshop, Delegation, Person, AgendaItem}
commands.open_act = open_act
commands.committed.append(broadcast.notice)
broadcast.load_meeting = load_workshop


# The types of arguments that many commands share.


def _check_language(tag: str) -> str:
    if not is_language(tag):
        raise ValueError(_l("“%(tag)s” is not a language that we know.", tag=tag))
    return canonical(tag)


def _as_texts(given: object) -> object:
    return {"und": given} if isinstance(given, str) else given


def _check_texts(texts: dict[str, str]) -> dict[str, str]:
    cleaned = {}
    for tag, text in texts.items():
        if text.strip():
            cleaned[tag if tag == UNDETERMINED else _check_language(tag)] = _check_words(text.strip())
        if len(text) > MAX_WORDS:
            raise ValueError(too_long(MAX_WORDS))
    if not cleaned:
        raise ValueError(_l("Something is missing here."))
    return cleaned


def _check_words(text: str) -> str:
    """Refuses what nobody can see or store; whether a sign is one of those is its Unicode category."""
    categories = [unicodedata.category(letter) for letter in text]
    if any(kind in ("Cc", "Cs") and letter not in "\n\r\t" for kind, letter in zip(categories, text, strict=True)):
        raise ValueError(_l("The text has characters that cannot be stored."))
    if all(kind in ("Cf", "Zs", "Zl", "Zp", "Cc") for kind in categories):
        raise ValueError(_l("Something is missing here."))
    return text


MAX_WORDS = 5000
"""Characters in one text that people write."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_WORDS), AfterValidator(_check_words)
]
WallTime = Annotated[NaiveDatetime, Field(description="2020-06-10T18:00, as read off the wall")]
Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_check_language)]
TextsArgument = Annotated[
    dict[str, str],
    BeforeValidator(_as_texts, json_schema_input_type=dict[str, str] | str),
    AfterValidator(_check_texts),
]
"""Texts by language; a plain string is a text of no particular language."""

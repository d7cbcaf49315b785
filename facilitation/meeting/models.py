"""The tables that every meeting has: the workshop, its delegations, people and their links, the agenda."""

import secrets
from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from facilitation.extensions import db
from facilitation.live.journal import Stream
from facilitation.meeting.texts import Text, pick

ROLES = ("organiser", "facilitator", "rapporteur", "interpreter", "speaker", "participant", "observer")
# fmt: off
ITEM_KINDS = (
    "lobby", "address", "briefing", "round", "presentation", "discussion", "capture", "cluster", "vote", "framework",
    "agreement", "break", "recap", "closing",
)
# fmt: on


class Model(db.Model):  # type: ignore[name-defined, misc]
    """The base of the meeting's tables; for the type checker's sake."""

    __abstract__ = True


def new_id() -> str:
    """A new random id for something made in a meeting: it says nothing about when or by whom it was made."""
    return secrets.token_hex(6)


class Workshop(Model):
    """A meeting. Shares its id with the stream of its commands."""

    __tablename__ = "workshops"
    id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    phase: Mapped[str] = mapped_column(String(16), default="prepared")
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    headline: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    timezone: Mapped[str] = mapped_column(String(64))
    venue: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    video_url: Mapped[str | None] = mapped_column(String(2000))
    languages: Mapped[list[str]] = mapped_column(JSON)
    default_language: Mapped[str] = mapped_column(String(35))
    organiser: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    programme: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    funding: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    disclaimer: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    copyright: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    notice: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """The organiser's data protection notice: who is responsible, whom to ask, what for, on which ground."""
    footnotes: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    principles: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """``{"key", "text"}`` each: pinned for the whole meeting."""
    rules: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    accounts_demanded: Mapped[bool] = mapped_column(default=False)
    """Whether organisers must sign in with an account: their personal links open nothing."""
    code: Mapped[str] = mapped_column(String(8), unique=True)
    """The short code for the room; whoever has it may ask to be admitted."""
    plan: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, deferred=True)
    """The plan that was imported last, as plain values; what a changed plan is compared with."""

    stream: Mapped[Stream] = relationship()
    delegations: Mapped[list["Delegation"]] = relationship(order_by="Delegation.place", back_populates="workshop")
    people: Mapped[list["Person"]] = relationship(order_by="Person.place", back_populates="workshop")
    agenda: Mapped[list["AgendaItem"]] = relationship(
        order_by="AgendaItem.day, AgendaItem.place", back_populates="workshop"
    )

    @property
    def slug(self) -> str:
        """The meeting's name in addresses."""
        return self.stream.slug

    @property
    def minimum_contributors(self) -> int:
        """How many people of a delegation must have contributed before it is named beside a contribution."""
        return int(self.rules.get("minimum_contributors_to_name_a_delegation", 3))

    def say(self, texts: dict[str, str], lang: str) -> Text:
        """The text a reader of ``lang`` gets of the meeting's own wording (names, titles, boilerplate)."""
        return pick(texts, lang, self.default_language)

    def running_item(self) -> "AgendaItem | None":
        """The item that is on now."""
        return next((item for item in self.agenda if item.state == "running"), None)

    def item(self, key: str) -> "AgendaItem | None":
        """The agenda item with this key."""
        return next((item for item in self.agenda if item.key == key), None)

    def delegation(self, code: str) -> "Delegation | None":
        """The delegation with this code."""
        return next((delegation for delegation in self.delegations if delegation.code == code), None)

    def delegation_by_id(self, delegation_id: int | None) -> "Delegation | None":
        """The delegation with this id."""
        return next((delegation for delegation in self.delegations if delegation.id == delegation_id), None)

    def person(self, key: str) -> "Person | None":
        """The person with this key."""
        return next((person for person in self.people if person.key == key), None)

    def person_by_id(self, person_id: int | None) -> "Person | None":
        """The person with this id."""
        return next((person for person in self.people if person.id == person_id), None)


class Delegation(Model):
    """A delegation: the people of one beneficiary."""

    __tablename__ = "delegations"
    __table_args__ = (UniqueConstraint("workshop_id", "code"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(16))
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    footnote: Mapped[str | None] = mapped_column(String(64))
    """The key of the workshop's footnote that goes with the mark in the name."""
    place: Mapped[int]
    contributors: Mapped[int] = mapped_column(default=0)
    """How many people have contributed under its name."""
    workshop: Mapped[Workshop] = relationship(back_populates="delegations")


class Person(Model):
    """Somebody in a meeting, with one role in it."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("workshop_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    title: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    role: Mapped[str] = mapped_column(String(16))
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegations.id"))
    language: Mapped[str] = mapped_column(String(35))
    is_head: Mapped[bool] = mapped_column(default=False)
    interprets: Mapped[list[str]] = mapped_column(JSON, default=list)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    place: Mapped[int]
    has_contributed: Mapped[bool] = mapped_column(default=False)
    """Whether they have contributed under their own or their delegation's name."""
    contributed_for: Mapped[int | None] = mapped_column()
    """The delegation among whose contributors they were counted last."""
    former_names: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """What they were called before their name was corrected: it may still stand in minutes, and goes when they are erased."""
    workshop: Mapped[Workshop] = relationship(back_populates="people")
    delegation: Mapped[Delegation | None] = relationship(lazy="joined")

    @property
    def all_names(self) -> set[str]:
        """The name in every language, and as it was before it was corrected."""
        return {text for texts in (self.name, *self.former_names) for text in texts.values()}

    def rename(self, name: dict[str, str]) -> None:
        """Gives the person another name and remembers the one before."""
        if self.name != name and self.name not in self.former_names:
            self.former_names = [*self.former_names, self.name]
        self.name = name


class Account(Model):
    """An organiser who creates meetings."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    """argon2id."""
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    """Base 32; with it, codes are asked for when signing in."""
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The step of time of the last code that was taken: none is taken twice."""
    wrong_codes: Mapped[int] = mapped_column(default=0)
    """Wrong codes in a row, each after the right password."""
    codes_refused_until: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Model):
    """A code that stands in once for a lost device."""

    __tablename__ = "recovery_codes"
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))


class Link(Model):
    """A personal sign-in link. Only a hash of its token is kept."""

    __tablename__ = "links"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    person: Mapped[Person] = relationship()


class SignIn(Model):
    """A browser that is signed in: as a person of a meeting, or with an account. The browser holds the secret, we its hash."""

    __tablename__ = "sign_ins"
    id: Mapped[int] = mapped_column(primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    made_at: Mapped[int | None] = mapped_column(BigInteger)
    """Of an account's: when it was made; ``None``: by the release before, or by a link."""
    seen_at: Mapped[int | None] = mapped_column(BigInteger)
    """Of an account's: when it was last used, to some minutes."""
    person: Mapped[Person | None] = relationship()
    account: Mapped[Account | None] = relationship()


class Ownership(Model):
    """An account's meeting: whose browser signs in with it is this person there."""

    __tablename__ = "ownerships"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    person: Mapped[Person] = relationship()


class Admission(Model):
    """Somebody with the short code who waits at the door until a facilitator lets them in."""

    __tablename__ = "admissions"
    id: Mapped[str] = mapped_column(String(12), primary_key=True, default=new_id)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"), index=True)
    browser_hash: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(35))
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegations.id"))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """``waiting``, ``admitted`` or ``turned_away``."""
    asked_at: Mapped[int] = mapped_column(BigInteger)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """Whom they were let in as."""
    delegation: Mapped[Delegation | None] = relationship()


class AgendaItem(Model):
    """An item of the agenda: what is planned, and what became of it."""

    __tablename__ = "agenda_items"
    __table_args__ = (UniqueConstraint("workshop_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    day: Mapped[int]
    place: Mapped[int]
    """Decides the order within the day."""
    start: Mapped[str] = mapped_column(String(5))
    """Planned, ``HH:MM`` in the workshop's time zone."""
    minutes: Mapped[int]
    """Planned."""
    extra_minutes: Mapped[int] = mapped_column(default=0)
    """Added while the item ran."""
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    speaker_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegations.id"))
    collects: Mapped[str | None] = mapped_column(String(16))
    works_on: Mapped[str | None] = mapped_column(String(16))
    votes_each: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default="planned")
    """``planned``, ``running``, ``done`` or ``skipped``."""
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    skip_reason: Mapped[str | None]
    skip_lang: Mapped[str | None] = mapped_column(String(35))
    """The language that the reason is in; ``None`` where nobody said."""
    revealed_at: Mapped[int | None] = mapped_column(BigInteger)
    """When the cards of a silent-writing item were shown."""
    workshop: Mapped[Workshop] = relationship(back_populates="agenda")
    speaker: Mapped[Person | None] = relationship()
    delegation: Mapped[Delegation | None] = relationship()

    @property
    def seconds(self) -> int:
        """Planned and added length, in seconds."""
        return 60 * (self.minutes + self.extra_minutes)

    @property
    def hides_cards(self) -> bool:
        """Whether what is written in this item stays hidden for the time being (silent writing)."""
        return self.kind == "capture" and self.revealed_at is None


class Attendance(Model):
    """Somebody was there on this day of the open meeting: measured when their browser joined."""

    __tablename__ = "attendance"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    """The calendar day in the workshop's time zone."""

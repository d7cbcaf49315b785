"""Who a browser is: personal links, accounts, and the sign-ins that follow from them.

A browser holds one random secret in its session cookie; the database holds a hash of it beside the people it is signed
in as, one per meeting. Revoking deletes rows, so that it works at once and everywhere.
"""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, delete, or_, select, update

from facilitation.extensions import db, patiently
from facilitation.live import broadcast
from facilitation.live.commands import hash_of
from facilitation.meeting.acts import may_open, tags_of
from facilitation.meeting.models import Account, Admission, Link, Ownership, Person, SignIn, Workshop
from facilitation.meeting.people import replace_sign_in, token_hash

_hasher = PasswordHasher()


def browser_hash(secret: str) -> str:
    """What is kept of a browser's secret."""
    return hash_of("browser", secret)


def new_browser_secret() -> str:
    """A new secret for a browser to hold."""
    return secrets.token_urlsafe(32)


def link_of(token: str) -> Link | None:
    """The valid link with this token, of a person who still belongs to the meeting."""
    link: Link | None = db.session.scalar(select(Link).where(Link.token_hash == token_hash(token)))
    if link is None or link.revoked_at is not None or link.person.revoked_at is not None:
        return None
    return link


def needs_account(person: Person) -> bool:
    """Whether the meeting demands that this person sign in with an account: their link opens nothing."""
    return person.role == "organiser" and person.workshop.accounts_demanded


def sign_in_person(person: Person, old_secret: str | None) -> str:
    """Signs a browser in as the person; its new secret. What it was in other meetings stays, under the new secret."""
    person_id, workshop_id, secret = person.id, person.workshop_id, new_browser_secret()

    def write() -> None:
        _move(old_secret, secret)
        replace_sign_in(browser_hash(secret), person_id, workshop_id)
        db.session.commit()

    patiently(write)
    _let_old_windows_come_back(old_secret)
    return secret


def sign_in_account(account: Account, old_secret: str | None) -> str:
    """Signs a browser in with the account; its new secret."""
    account_id, secret = account.id, new_browser_secret()

    def write() -> None:
        _move(old_secret, secret)
        hashed = browser_hash(secret)
        db.session.execute(delete(SignIn).where(SignIn.browser_hash == hashed, SignIn.account_id.is_not(None)))
        db.session.add(SignIn(browser_hash=hashed, account_id=account_id))
        db.session.commit()

    patiently(write)
    _let_old_windows_come_back(old_secret)
    return secret


def _let_old_windows_come_back(old_secret: str | None) -> None:
    """Open windows of this browser still hold the old secret: they connect anew, with the new one."""
    if old_secret:
        broadcast.dismiss(browser_hash(old_secret), "draining")


def _move(old_secret: str | None, new_secret: str) -> None:
    """Takes what the browser was under its old secret over to the new one."""
    old, new = browser_hash(old_secret or ""), browser_hash(new_secret)
    for table in (SignIn, Admission):
        db.session.execute(update(table).where(table.browser_hash == old).values(browser_hash=new))


def sign_out(secret: str) -> None:
    """Forgets everything that the browser was signed in as, here and in its open pages."""
    hashed = browser_hash(secret)

    def write() -> None:
        db.session.execute(delete(SignIn).where(SignIn.browser_hash == hashed))
        db.session.execute(delete(Admission).where(Admission.browser_hash == hashed, Admission.state != "waiting"))
        db.session.commit()

    patiently(write)
    broadcast.dismiss(hashed, "signed_out")


# A meeting may demand an account of its organisers.
_may_be_own = or_(Person.role != "organiser", Workshop.accounts_demanded.is_(False))
_own = (
    select(SignIn.person_id)
    .join(Person, Person.id == SignIn.person_id)
    .join(Workshop, Workshop.id == Person.workshop_id)
    .where(SignIn.browser_hash == bindparam("browser"), _may_be_own)
)
_by_account = (
    select(Ownership.person_id)
    .join(SignIn, SignIn.account_id == Ownership.account_id)
    .where(SignIn.browser_hash == bindparam("browser"))
)
# Asked for every message of every socket, so it is put together once and answered without the mapper.
_there = (Person.workshop_id == bindparam("workshop"), Person.revoked_at.is_(None))
_WHO_OWN, _WHO_BY_ACCOUNT = (select(Person.id).where(Person.id.in_(ids), *_there) for ids in (_own, _by_account))


def person_id_in(workshop_id: int, hashed: str) -> int | None:
    """Who the browser is in the meeting: by its own sign-in, or as the owner of an account that it is signed in with."""
    asked, ask = {"workshop": workshop_id, "browser": hashed}, db.session.connection().execute
    found: int | None = ask(_WHO_OWN, asked).scalar() or ask(_WHO_BY_ACCOUNT, asked).scalar()
    return found


def person_in(workshop_id: int, hashed: str) -> Person | None:
    """The person that the browser is in the meeting."""
    person_id = person_id_in(workshop_id, hashed)
    return None if person_id is None else db.session.get(Person, person_id)


def account_in(hashed: str) -> Account | None:
    """The account that the browser is signed in with."""
    return db.session.scalars(
        select(Account).join(SignIn, SignIn.account_id == Account.id).where(SignIn.browser_hash == hashed)
    ).first()


def meetings_of(hashed: str) -> list[Person]:
    """Who the browser is in each of its meetings, latest meeting first."""
    query = (
        select(Person)
        .join(Workshop, Workshop.id == Person.workshop_id)
        .where(or_(Person.id.in_(_own), Person.id.in_(_by_account)), Person.revoked_at.is_(None))
        .order_by(Workshop.starts_on.desc())
    )
    return list(db.session.scalars(query, {"browser": hashed}))


def hash_password(password: str) -> str:
    """The password's argon2id hash."""
    return _hasher.hash(password)


def account_for(email: str, password: str) -> Account | None:
    """The account with this address and password. Takes as long for an unknown address as for a wrong password."""
    account = db.session.scalar(select(Account).where(Account.email == email.strip().lower()))
    try:
        _hasher.verify(account.password_hash if account else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return account


_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def _tags_now(person_id: int, hashed: str, view: str) -> frozenset[str] | None:
    person = db.session.get(Person, person_id)
    if person is None or person_id_in(person.workshop_id, hashed) != person_id or not may_open(person, view):
        return None
    return tags_of(person)


broadcast.tags_of = _tags_now

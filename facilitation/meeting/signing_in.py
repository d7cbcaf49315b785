"""Who a browser is: personal links, accounts, and the sign-ins that follow from them.

A browser holds one random secret in its session cookie; the database holds a hash of it beside the people it is signed
in as, one per meeting. Revoking deletes rows, so that it works at once and everywhere.
"""

import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import and_, bindparam, delete, func, not_, or_, select, union_all, update
from sqlalchemy.exc import OperationalError

from facilitation.extensions import db, now_ms, patiently
from facilitation.live import broadcast
from facilitation.live.commands import hash_of
from facilitation.meeting.acts import may_open, tags_of
from facilitation.meeting.models import Account, Admission, Link, Ownership, Person, SignIn, Workshop
from facilitation.meeting.people import replace_sign_in, token_hash

IDLE_HOURS, OLDEST_DAYS = 12, 30
"""A sign-in with an account opens nothing any more when it has not been used for so long, or is so old. Those by a link last."""
NOTED_EVERY = 10 * 60 * 1000
"""Milliseconds between two notes that a sign-in is used."""
NOTING_PATIENCE = 0.2
"""Seconds that somebody waits for that note; the next message tries again."""
_HOUR = 3_600_000

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


def renew(old_secret: str | None) -> str:
    """A new secret for a browser that asks to be let in: what it was stays; whoever knew the old secret is left behind."""
    secret = new_browser_secret()
    if old_secret:

        def write() -> None:
            _move(old_secret, secret)
            db.session.commit()

        patiently(write)
        _let_old_windows_come_back(old_secret)
    return secret


def sign_in_account(account: Account, old_secret: str | None) -> str:
    """Signs a browser in with the account; its new secret."""
    account_id, secret = account.id, new_browser_secret()

    def write() -> None:
        _move(old_secret, secret)
        hashed, now = browser_hash(secret), now_ms()
        before = or_(SignIn.browser_hash == hashed, and_(SignIn.account_id == account_id, not_(_lasts)))
        db.session.execute(
            delete(SignIn).where(SignIn.account_id.is_not(None), before),
            _asked(hashed),
            execution_options={"synchronize_session": False},
        )
        db.session.add(SignIn(browser_hash=hashed, account_id=account_id, made_at=now, seen_at=now))
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


def end_sign_ins(account: Account, but: str = "", only: int | None = None) -> None:
    """Ends the account's sign-ins: all but that of one browser (its hash), or only the one with this number. Their sockets
    everywhere end within a second, because the broadcasters look."""
    account_id = account.id

    def write() -> None:
        chosen = SignIn.browser_hash != but if only is None else SignIn.id == only
        db.session.execute(delete(SignIn).where(SignIn.account_id == account_id, chosen))
        db.session.commit()

    patiently(write)


def sign_ins_of(account: Account) -> list[SignIn]:
    """The account's sign-ins that open something, the latest used first."""
    query = select(SignIn).where(SignIn.account_id == account.id, _lasts).order_by(SignIn.seen_at.desc())
    return list(db.session.scalars(query, _asked("")))


_noted: dict[str, int] = {}
"""Browser → when it was last noted that its sign-in is used."""
MOST_NOTED = 10_000


def note_use(hashed: str) -> None:
    """Notes that a browser's sign-in with an account is in use, every ten minutes at most; what has ended stays so."""
    now = now_ms()
    if abs(now - _noted.get(hashed, 0)) < NOTED_EVERY:
        return
    if len(_noted) >= MOST_NOTED:
        _noted.clear()
    account_there = (SignIn.browser_hash == hashed, SignIn.account_id.is_not(None), _lasts)
    if db.session.scalar(select(SignIn.id).where(*account_there), _asked(hashed)) is not None:

        def write() -> None:
            db.session.execute(
                update(SignIn).where(*account_there).values(seen_at=now, made_at=func.coalesce(SignIn.made_at, now)),
                _asked(hashed),
                execution_options={"synchronize_session": False},
            )
            db.session.commit()

        try:
            patiently(write, NOTING_PATIENCE)
        except OperationalError:
            return
    _noted[hashed] = now


_lasts = and_(
    or_(SignIn.seen_at.is_(None), SignIn.seen_at > bindparam("used_after")),
    or_(SignIn.made_at.is_(None), SignIn.made_at > bindparam("made_after")),
)


def _asked(hashed: str) -> dict[str, Any]:
    """What the questions below are asked with."""
    now = now_ms()
    return {
        "browser": hashed,
        "used_after": now - IDLE_HOURS * _HOUR,
        "made_after": now - OLDEST_DAYS * 24 * _HOUR,
    }


# A meeting may demand an account of its organisers.
_may_be_own = or_(Person.role != "organiser", Workshop.accounts_demanded.is_(False))
_EACH_OWN = (
    select(SignIn.browser_hash, Person.id)
    .join(Person, Person.id == SignIn.person_id)
    .join(Workshop, Workshop.id == Person.workshop_id)
    .where(_may_be_own, Person.revoked_at.is_(None))
)
_EACH_BY_ACCOUNT = (
    select(SignIn.browser_hash, Ownership.person_id)
    .join(Ownership, Ownership.account_id == SignIn.account_id)
    .join(Person, Person.id == Ownership.person_id)
    .where(_lasts, Person.revoked_at.is_(None))
)
_own = _EACH_OWN.with_only_columns(Person.id).where(SignIn.browser_hash == bindparam("browser"))
_by_account = _EACH_BY_ACCOUNT.with_only_columns(Ownership.person_id).where(SignIn.browser_hash == bindparam("browser"))
# Asked for every message of every socket, so it is put together once and answered without the mapper.
_there = (Person.workshop_id == bindparam("workshop"), Person.revoked_at.is_(None))
_WHO_OWN, _WHO_BY_ACCOUNT = (select(Person.id).where(Person.id.in_(ids), *_there) for ids in (_own, _by_account))


def person_id_in(workshop_id: int, hashed: str) -> int | None:
    """Who the browser is in the meeting: by its own sign-in, or as the owner of an account that it is signed in with."""
    asked, ask = {"workshop": workshop_id, **_asked(hashed)}, db.session.connection().execute
    found: int | None = ask(_WHO_OWN, asked).scalar() or ask(_WHO_BY_ACCOUNT, asked).scalar()
    return found


def person_in(workshop_id: int, hashed: str) -> Person | None:
    """The person that the browser is in the meeting."""
    person_id = person_id_in(workshop_id, hashed)
    return None if person_id is None else db.session.get(Person, person_id)


def account_in(hashed: str) -> Account | None:
    """The account that the browser is signed in with."""
    return db.session.scalars(
        select(Account).join(SignIn, SignIn.account_id == Account.id).where(SignIn.browser_hash == hashed, _lasts),
        _asked(hashed),
    ).first()


def meetings_of(hashed: str) -> list[Person]:
    """Who the browser is in each of its meetings, latest meeting first."""
    query = (
        select(Person)
        .join(Workshop, Workshop.id == Person.workshop_id)
        .where(or_(Person.id.in_(_own), Person.id.in_(_by_account)), Person.revoked_at.is_(None))
        .order_by(Workshop.starts_on.desc())
    )
    return list(db.session.scalars(query, _asked(hashed)))


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
    if account is not None and _hasher.check_needs_rehash(account.password_hash):
        set_password(account, password)
    return account


def set_password(account: Account, password: str) -> None:
    """Gives the account this password, whatever it is worth; kept with the parameters that are good today."""
    account_id, hashed = account.id, hash_password(password)

    def write() -> None:
        db.session.execute(update(Account).where(Account.id == account_id).values(password_hash=hashed))
        db.session.commit()

    patiently(write)


_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def _tags_now(person_id: int, hashed: str, view: str) -> frozenset[str] | None:
    person = db.session.get(Person, person_id)
    if person is None or person_id_in(person.workshop_id, hashed) != person_id or not may_open(person, view):
        return None
    return tags_of(person)


def _still_in(viewers: set[tuple[str, int]]) -> set[tuple[str, int]]:
    browsers = sorted({hashed for hashed, _ in viewers})
    both = union_all(*(each.where(SignIn.browser_hash.in_(browsers)) for each in (_EACH_OWN, _EACH_BY_ACCOUNT)))
    return {(row[0], row[1]) for row in db.session.connection().execute(both, _asked(""))}


broadcast.tags_of = _tags_now
broadcast.still_in = _still_in

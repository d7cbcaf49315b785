"""Whose account a meeting belongs to, and meetings that demand an account of their organisers.

A personal link is the organiser to whoever holds it. An account has a password and, if its owner wishes, a second factor.
"""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from facilitation.extensions import db
from facilitation.live.commands import Refusal, command
from facilitation.live.journal import Stream
from facilitation.meeting.acts import MeetingAct
from facilitation.meeting.models import Account, Ownership, Person


@command("accounts_demanded", by="organiser", during="any")
def demand_accounts(act: MeetingAct, *, demanded: bool) -> None:
    """Says whether organisers must sign in with an account; then their personal links open nothing, here and at once."""
    if demanded and not (act.person and is_owner(act.person)):
        raise Refusal(
            "not_now", _l("Your place in this meeting is not linked to any account: you would lock yourself out.")
        )
    act.workshop.accounts_demanded = demanded
    act.facts["demanded"] = demanded
    # Who is in by a link only is out now.
    act.changes_sight = True


def is_owner(person: Person) -> bool:
    """Whether somebody can be this person by signing in with an account."""
    return db.session.scalars(select(Ownership.account_id).filter_by(person_id=person.id)).first() is not None


def meetings_of(account: Account) -> list[str]:
    """The meetings that the account opens, by their names in addresses."""
    own = select(Stream.slug).join(Person, Person.workshop_id == Stream.id).join(Ownership)
    return list(db.session.scalars(own.where(Ownership.account_id == account.id).order_by(Stream.slug)))


def give(person: Person, account: Account) -> None:
    """Whoever signs in with the account is this person from now on."""
    if db.session.get(Ownership, (account.id, person.id)) is None:
        db.session.add(Ownership(account_id=account.id, person_id=person.id))
        db.session.commit()

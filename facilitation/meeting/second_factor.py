"""The second factor of an account: codes by time (RFC 6238) from a device, and recovery codes for when that is lost."""

import secrets
import time

import pyotp
from sqlalchemy import delete

from facilitation.extensions import db
from facilitation.live.commands import hash_of
from facilitation.meeting.models import Account, RecoveryCode

STEP = 30
"""Seconds for which a code is the present one."""
ALSO = (0, -1, 1)
"""Steps around the present one whose codes are taken, because clocks differ."""
RECOVERY_CODES = 8
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A secret for a device, base 32."""
    return pyotp.random_base32()


def address_of(email: str, secret: str) -> str:
    """What a device reads as a picture: ``otpauth://…``."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Facilitation")


def set_up(account: Account, secret: str, code: str) -> list[str] | None:
    """Asks for codes of this device from now on, if the code is one of it; the recovery codes, which are shown once. The caller
    commits."""
    step = _step_of(secret, code)
    if step is None:
        return None
    account.totp_secret, account.totp_step = secret, step
    _forget_recovery_codes(account)
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3)) for _ in range(RECOVERY_CODES)
    ]
    db.session.add_all(RecoveryCode(code_hash=_hash(account, each), account_id=account.id) for each in codes)
    return codes


def turn_off(account: Account) -> None:
    """Asks for no more codes. The caller commits."""
    account.totp_secret = None
    _forget_recovery_codes(account)


def passes(account: Account, code: str) -> bool:
    """Whether the code lets the account in; true where none is asked for. A code is taken once. The caller commits."""
    if account.totp_secret is None:
        return True
    step = _step_of(account.totp_secret, code)
    if step is not None and step > account.totp_step:
        account.totp_step = step
        return True
    recovery = db.session.get(RecoveryCode, _hash(account, code.strip().lower()))
    if recovery is None or recovery.account_id != account.id:
        return False
    db.session.delete(recovery)
    return True


def _step_of(secret: str, code: str) -> int | None:
    """The step of time that the code belongs to, around the present one."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    now = int(time.time()) // STEP
    try:
        totp = pyotp.TOTP(secret)
        return next((now + also for also in ALSO if secrets.compare_digest(totp.at((now + also) * STEP), digits)), None)
    except ValueError:
        return None


def _hash(account: Account, code: str) -> str:
    return hash_of("recovery", str(account.id), code)


def _forget_recovery_codes(account: Account) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))

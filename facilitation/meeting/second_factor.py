"""The second factor of an account: codes by time (RFC 6238) from a device, and recovery codes for when that is lost."""

import secrets
import time

import pyotp
from sqlalchemy import delete

from facilitation.extensions import db, now_ms
from facilitation.live.commands import hash_of
from facilitation.meeting.models import Account, RecoveryCode

STEP = 30
"""Seconds for which a code is the present one."""
ALSO = (0, -1, 1)
"""Steps around the present one whose codes are taken, because clocks differ."""
RECOVERY_CODES = 8
GROUPS, LETTERS_EACH = 5, 5
"""Of a recovery code: 123 bits."""
WRONG_CODES = 10
"""Wrong codes in a row, after the right password, that cost nothing; each further one doubles the wait."""
FIRST_WAIT, LONGEST_WAIT = 60, 3600
"""Seconds."""
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
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(code_hash=_hash(account, each), account_id=account.id) for each in codes)
    return codes


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(LETTERS_EACH)) for _ in range(GROUPS))


def turn_off(account: Account) -> None:
    """Asks for no more codes. The caller commits."""
    account.totp_secret = None
    forgive(account)
    _forget_recovery_codes(account)


def wait_of(account: Account) -> int:
    """Seconds for which no code of this account is looked at, because too many were wrong; 0 as a rule."""
    return max(0, -((now_ms() - (account.codes_refused_until or 0)) // 1000))


def forgive(account: Account) -> None:
    """Forgets the wrong codes. The caller commits."""
    account.wrong_codes, account.codes_refused_until = 0, None


def passes(account: Account, code: str) -> bool:
    """Whether the code lets the account in; true where none is asked for. A code is taken once. Wrong ones are counted: only
    somebody who knows the password gets here, so nobody can keep a stranger out. The caller has locked the row, and commits."""
    if account.totp_secret is None:
        return True
    if wait_of(account):
        return False
    if not _is_right(account, account.totp_secret, code):
        account.wrong_codes += 1
        beyond = account.wrong_codes - WRONG_CODES
        if beyond >= 0:
            account.codes_refused_until = now_ms() + 1000 * min(FIRST_WAIT * 2 ** min(beyond, 10), LONGEST_WAIT)
        return False
    forgive(account)
    return True


def _is_right(account: Account, secret: str, code: str) -> bool:
    step = _step_of(secret, code)
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

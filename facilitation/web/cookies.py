"""The session cookie: signed, and never too old or too young. The database decides who is signed in, not the cookie's age."""

import hashlib
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimestampSigner, URLSafeTimedSerializer


class AgelessSigner(TimestampSigner):
    """A signer that reads a signature of any date: a server's clock that was set back must not sign everybody out."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        """The value, if its signature is ours; ``max_age`` is not looked at. Raises ``BadSignature``."""
        return super().unsign(signed_value, None, return_timestamp)  # type: ignore[call-overload]


class AgelessSessions(SecureCookieSessionInterface):
    """Flask's sessions in signed cookies, without their age."""

    digest_method = staticmethod(hashlib.sha256)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The serializer of cookies; ``None`` without a secret."""
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = AgelessSigner
            # Cookies of the release before, so that an upgrade signs nobody out. To go with the release after this one.
            serializer.fallback_signers = [{"key_derivation": self.key_derivation, "digest_method": hashlib.sha1}]
        return serializer

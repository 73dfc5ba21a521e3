"""Tokens with which programs read figures: shown once, kept as a hash. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model import Role

_SHAPE = re.compile(r"laps_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")

MAY: Mapping[Role, frozenset[str]] = {
    Role.LND: frozenset({"digests"}),
    Role.ADMIN: frozenset({"digests"}),
}
"""What the tokens of a role may be used for; for other roles there are none."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: `digest` is the SHA-256 of its secret, from which nobody makes it again.

    The secret has 256 random bits, so that a fast hash of it is as good as a slow one.
    """

    id: str
    role: Role
    name: str
    digest: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def may(self, what: str, now: datetime) -> bool:
        """Say whether it may be used for something."""
        is_good = self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
        return is_good and what in MAY.get(self.role, frozenset())


def make(role: Role, name: str, now: datetime, expires_at: datetime | None = None) -> tuple[str, Token]:
    """Make a token: the text for whoever uses it, which is said this once, and what is kept."""
    key, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return f"laps_{key}_{secret}", Token(key, role, name, _digest(secret), now, expires_at)


def parts(text: str) -> tuple[str, str] | None:
    """Return id and secret of a token's text; None where it is none."""
    found = _SHAPE.fullmatch(text)
    return (found[1], found[2]) if found else None


def is_secret_of(token: Token, secret: str) -> bool:
    """Say whether a secret is the token's, in a time that tells nothing of it."""
    return hmac.compare_digest(token.digest, _digest(secret))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

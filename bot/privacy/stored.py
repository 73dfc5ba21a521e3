"""What the store keeps for privacy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from bot.privacy.audit import Entry, Note
from bot.privacy.tokens import Token


class PrivacyStore(Protocol):
    """The part of the store that sees to who may see what, and who did.

    Raises:
        StorageUnavailable: from any method, where the database does not answer.
    """

    async def note(self, note: Note) -> Entry:
        """Append to the audit log."""

    def audit_log(self, after: int) -> AsyncIterator[Entry]:
        """Yield the entries of the audit log after a number, in their order."""

    async def add_token(self, token: Token) -> None:
        """Keep a token."""

    async def tokens(self) -> Sequence[Token]:
        """Return every token, the newest first."""

    async def token(self, name: str) -> Token | None:
        """Return a token by its id."""

    async def revoke_token(self, name: str, at: datetime) -> bool:
        """Take a token back; False where there is none of the id that is not revoked yet."""

"""Microsoft's signing keys, fetched off the event loop, kept while their source is down."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from adapters.teams.wire import Wire, read_object
from bot.ports import Clock

logger = logging.getLogger(__name__)

FRESH = timedelta(hours=24)
"""How long keys are used without asking for newer ones: what the Bot Framework documentation recommends."""

ROTATION = timedelta(minutes=5)
"""The shortest time between two fetches because of an unknown key, so that forgers cannot make us fetch."""

RECOVERY = timedelta(seconds=10)
"""The shortest time between two fetches while there are no keys at all."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key and the channels it may sign for; no endorsements means any."""

    public: RSAPublicKey
    endorsements: frozenset[str]


class Keys:
    """The keys of one OpenID metadata document, by key id."""

    def __init__(self, url: str, wire: Wire, clock: Clock) -> None:
        self._url = url
        self._wire = wire
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._tried_at: datetime | None = None
        self._fetched_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> SigningKey | None:
        """Return the key of that id; None where Microsoft does not publish it (or cannot be asked)."""
        if self._is_due(kid):
            async with self._lock:
                if self._is_due(kid):
                    await self._refresh()
        return self._keys.get(kid)

    async def fetch(self) -> int:
        """Fetch the keys now and return how many there are.

        Raises:
            OSError, aiohttp.ClientError, TimeoutError: nobody answers.
            ValueError: what came is no key set.
        """
        try:
            metadata = await self._get(self._url)
            keys = _read_keys(await self._get(str(metadata.get("jwks_uri"))))
        finally:
            self._tried_at = self._clock()  # only now: until then, others wait for this fetch
        if not keys:
            raise ValueError("no RSA key in the key set")
        self._keys, self._fetched_at = keys, self._clock()
        return len(keys)

    def _is_due(self, kid: str) -> bool:
        if self._tried_at is None:
            return True
        since = self._clock() - self._tried_at
        if not self._keys:
            return since >= RECOVERY
        stale = self._fetched_at is None or self._clock() - self._fetched_at >= FRESH
        return (stale or kid not in self._keys) and since >= ROTATION

    async def _refresh(self) -> None:
        try:
            await self.fetch()
        except (OSError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            kept = len(self._keys)
            logger.warning(
                "signing keys not fetched, %d kept: %r", kept, error, extra={"action": "keys_unread"}
            )

    async def _get(self, url: str) -> dict[str, object]:
        async with self._wire.session.get(url) as response:
            response.raise_for_status()
            found = read_object(await response.read())
        if found is None:
            raise ValueError(f"{url} is no JSON object")
        return found


def _read_keys(found: dict[str, object]) -> dict[str, SigningKey]:
    """Read a JSON Web Key Set; keys that are not RSA, or broken, are left out."""
    listed = found.get("keys")
    keys: dict[str, SigningKey] = {}
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict) or not isinstance(kid := entry.get("kid"), str):
            continue
        try:
            public = RSAAlgorithm.from_jwk(entry)
        except (jwt.InvalidKeyError, ValueError, KeyError, TypeError):
            continue
        if isinstance(public, RSAPublicKey):
            endorsements = entry.get("endorsements")
            listed_for = endorsements if isinstance(endorsements, list) else []
            keys[kid] = SigningKey(public, frozenset(c for c in listed_for if isinstance(c, str)))
    return keys

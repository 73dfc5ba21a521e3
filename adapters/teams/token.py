"""The bot's own access token: fetched once, shared by every send, renewed before it ends."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import aiohttp

from adapters.teams.config import TeamsConfig
from adapters.teams.wire import Wire, read_object
from bot.errors import BadCredentials, Unavailable
from bot.ports import Clock

SCOPE = "https://api.botframework.com/.default"
EARLY = timedelta(minutes=5)
"""How long before its end a token is renewed."""

SETTLED = timedelta(minutes=1)
"""A token older than this that is refused may have been revoked; a younger one will not get better."""


class Token:
    """The client-credentials token of a single-tenant bot."""

    def __init__(self, config: TeamsConfig, wire: Wire, clock: Clock) -> None:
        self._config = config
        self._wire = wire
        self._clock = clock
        self._value = ""
        self._fetched_at: datetime | None = None
        self._renew_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """Return a valid token; one fetch serves everybody who waits for it.

        Raises:
            BadCredentials: Microsoft refuses the app id, the password or the tenant.
            Unavailable: Microsoft cannot be asked.
        """
        if self._is_due():
            async with self._lock:
                if self._is_due():
                    await self._fetch()
        return self._value

    def refused(self) -> bool:
        """Forget the token, which was just refused; say whether a new one may do better."""
        was_old = self._fetched_at is not None and self._clock() - self._fetched_at >= SETTLED
        if was_old:
            self._renew_at = None
        return was_old

    def _is_due(self) -> bool:
        return self._renew_at is None or self._clock() >= self._renew_at

    async def _fetch(self) -> None:
        status, answer = await self._ask()
        value, lifetime = answer.get("access_token"), answer.get("expires_in")
        if status in (400, 401):
            raise BadCredentials(_reason(answer) or str(status))
        if status != 200 or not isinstance(value, str):
            raise Unavailable(f"token endpoint: {status} {_reason(answer)}".strip())
        self._fetched_at = self._clock()
        seconds = int(lifetime) if isinstance(lifetime, int | str) and str(lifetime).isdigit() else 3600
        self._renew_at = self._fetched_at + max(timedelta(seconds=seconds) - EARLY, timedelta(seconds=30))
        self._value = value

    async def _ask(self) -> tuple[int, dict[str, object]]:
        url = f"{self._config.login_url.rstrip('/')}/{self._config.tenant_id}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": self._config.app_id or "",
            "client_secret": self._config.app_password or "",
            "scope": SCOPE,
        }
        try:
            async with self._wire.session.post(url, data=form, allow_redirects=False) as response:
                return response.status, read_object(await response.read()) or {}
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(f"token endpoint: {error!r}") from error


def _reason(answer: dict[str, object]) -> str:
    """Give Microsoft's own code for what is wrong, which names no secret ("invalid_client")."""
    code = answer.get("error")
    return code if isinstance(code, str) else ""

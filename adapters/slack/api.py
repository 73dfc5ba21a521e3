"""Slack's Web API, as little of it as Laps calls: one pooled session, no retries, errors through one table.

Nothing is sent twice from here: slack_sdk's default client posts again after a lost reply, so retrying is
left to the outbox, which knows what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import orjson

from bot.errors import (
    BadCredentials,
    ChannelError,
    RateLimited,
    Rejected,
    ReplyLost,
    Unavailable,
    Unreachable,
)

Json = dict[str, object]

TIMEOUT = 10.0
"""Seconds for one request; shorter than the margin that the outbox leaves of a lease."""

_UNREACHABLE = (
    "account_inactive_user",
    "cannot_dm_bot",
    "channel_not_found",
    "is_archived",
    "messages_tab_disabled",
    "not_in_channel",
    "user_disabled",
    "user_not_found",
    "user_not_visible",
)
_CREDENTIALS = (
    "access_denied",
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "token_expired",
    "token_revoked",
)
_PASSING = (
    "fatal_error",
    "hash_conflict",
    "internal_error",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
)


def error_of(code: str, retry_after: float = 30.0) -> ChannelError:
    """Turn Slack's error code into ours; what is not in the table is a refusal of this very message."""
    if code in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        return RateLimited(retry_after)
    if code in _PASSING:
        return Unavailable(code)
    if code in _UNREACHABLE:
        return Unreachable(code)
    if code in _CREDENTIALS:
        return BadCredentials(code)
    return Rejected(code)


class SlackApi:
    """Calls the Web API with one token."""

    def __init__(self, base_url: str, token: str | None) -> None:
        """Call methods under `base_url` (it ends in a slash)."""
        self._base = base_url if base_url.endswith("/") else f"{base_url}/"
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self, method: str, body: Mapping[str, object] | None = None, token: str | None = None
    ) -> Json:
        """Call a method and return its answer.

        Raises:
            ChannelError: as `error_of` has it; RateLimited, Unavailable and ReplyLost from the wire.
        """
        answer, _ = await self.call_with_scopes(method, body, token)
        return answer

    async def call_with_scopes(
        self, method: str, body: Mapping[str, object] | None = None, token: str | None = None
    ) -> tuple[Json, frozenset[str]]:
        """Call a method and return its answer with the scopes that the token holds."""
        used = token or self._token
        if not used:
            raise BadCredentials("no token is set")
        headers = {"Authorization": f"Bearer {used}", "Content-Type": "application/json; charset=utf-8"}
        status, raw, received = await self._post(self._base + method, orjson.dumps(body or {}), headers)
        answer = _parse(status, raw, received)
        if not answer.get("ok"):
            raise error_of(str(answer.get("error")), _seconds(received))
        scopes = received.get("x-oauth-scopes", "")
        return answer, frozenset(s.strip() for s in scopes.split(",") if s.strip())

    async def respond(self, url: str, body: Mapping[str, object]) -> None:
        """Answer through a `response_url`.

        Raises:
            Rejected: it has expired or is used up.
            ChannelError: RateLimited, Unavailable and ReplyLost as ever.
        """
        headers = {"Content-Type": "application/json; charset=utf-8"}
        status, raw, received = await self._post(url, orjson.dumps(body), headers)
        if status == 429:
            raise RateLimited(_seconds(received))
        if status >= 500:
            raise Unavailable(f"HTTP {status}")
        if status != 200 or (raw.strip() not in (b"ok", b"") and not raw.startswith(b'{"ok":true')):
            raise Rejected(f"response_url: HTTP {status} {raw[:80].decode(errors='replace')}")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return response.status, await response.read(), response.headers
        except aiohttp.ClientConnectorError as error:
            raise Unavailable(str(error)) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise ReplyLost(f"{type(error).__name__}: {error}") from error


def _parse(status: int, raw: bytes, headers: Mapping[str, str]) -> Json:
    if status == 429:
        raise RateLimited(_seconds(headers))
    if status >= 500:
        raise Unavailable(f"HTTP {status}")
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Unavailable(f"HTTP {status} without JSON") from error
    if not isinstance(answer, dict):
        raise Unavailable(f"HTTP {status} without an object")
    return answer


def _seconds(headers: Mapping[str, str]) -> float:
    """Read `Retry-After`; 30 where Slack names no number."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 30.0

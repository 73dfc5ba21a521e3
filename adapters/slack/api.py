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

CONNECT = 5.0
"""Seconds of it for the connection, after which certainly nothing was sent."""

PAUSE = 30.0
"""Seconds to wait where Slack limits us and names no number."""

_FORMS_ONLY = frozenset({"users.info", "dnd.teamInfo"})
"""Methods that read JSON as no arguments at all (https://docs.slack.dev/apis/web-api#methods_supporting_json)."""

_JSON = "application/json; charset=utf-8"

_MEANINGS: Mapping[type[ChannelError], tuple[str, ...]] = {
    Unavailable: (
        "hash_conflict",
        "request_timeout",  # the request came in cut short
        "service_unavailable",
        "team_added_to_org",
    ),
    # Of these two Slack says that some of it may have been done.
    ReplyLost: ("fatal_error", "internal_error"),
    Unreachable: (
        "account_inactive_user",
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
    ),
    BadCredentials: (
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    ),
}
_KINDS = {code: kind for kind, codes in _MEANINGS.items() for code in codes}
_LIMITED = ("message_limit_exceeded", "rate_limited", "ratelimited")


_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


def error_of(code: str, retry_after: float = PAUSE, said: str = "") -> ChannelError:
    """Turn Slack's error code into ours; what is not in the table is a refusal of this very message.

    Args:
        code: the `error` of an answer.
        retry_after: seconds that Slack asks to wait.
        said: what else Slack said of it, for the log.
    """
    if code in _LIMITED:
        return RateLimited(retry_after)
    return _KINDS.get(code, Rejected)(f"{code} ({said})" if said else code)


class SlackApi:
    """Calls the Web API with one token."""

    def __init__(self, base_url: str, token: str | None) -> None:
        """Call methods under `base_url`, with or without a slash at its end."""
        self.base = base_url if base_url.endswith("/") else f"{base_url}/"
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
        data = _encode(method, body or {})
        headers = {"Authorization": f"Bearer {used}"}
        status, raw, received = await self._post(self.base + method, data, headers)
        answer = _parse(status, raw, received)
        if not answer.get("ok"):
            raise error_of(str(answer.get("error")), _seconds(received), _said(answer))
        scopes = received.get("x-oauth-scopes", "")
        return answer, frozenset(s.strip() for s in scopes.split(",") if s.strip())

    async def respond(self, url: str, body: Mapping[str, object]) -> None:
        """Answer through a `response_url`.

        Raises:
            Rejected: it has expired or is used up, or the message is refused.
            ChannelError: RateLimited, Unavailable and ReplyLost as ever.
        """
        status, raw, received = await self._post(url, _encode("", body), {})
        _refuse_trouble(status, received)
        if status != 200 or (raw.strip() not in (b"ok", b"") and not raw.startswith(b'{"ok":true')):
            raise Rejected(f"response_url: HTTP {status} {raw[:80].decode(errors='replace')}")

    async def download(self, url: str, most: int) -> bytes:
        """Read a file of ours at Slack, and little more of it than `most` bytes.

        Raises:
            BadCredentials: Slack asks us to sign in, as it does where the scope files:read is missing.
            Rejected: the file is not there any more.
            ChannelError: RateLimited and Unavailable as ever.
        """
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with self._opened().get(url, headers=headers, allow_redirects=False) as response:
                _refuse_download(response)
                content = bytearray()
                async for part in response.content.iter_any():
                    content += part
                    if len(content) > most:
                        break
                return bytes(content)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close the connections; a call after this opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(
        self, url: str, data: aiohttp.payload.Payload, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        try:
            async with self._opened().post(
                url, data=data, headers=headers, allow_redirects=False
            ) as response:
                return response.status, await response.read(), response.headers
        except _NOT_SENT as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise ReplyLost(f"{type(error).__name__}: {error}") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT, connect=CONNECT)
            # A company's proxy is named by the environment, as slack_sdk has it, too.
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
        return self._session


def _encode(method: str, body: Mapping[str, object]) -> aiohttp.payload.Payload:
    if method in _FORMS_ONLY:
        return aiohttp.FormData([(name, str(value)) for name, value in body.items()])()
    return aiohttp.payload.BytesPayload(orjson.dumps(body), content_type=_JSON)


def _parse(status: int, raw: bytes, headers: Mapping[str, str]) -> Json:
    _refuse_trouble(status, headers)
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, dict):
        return answer
    # With 200 it may be done; with anything else it was somebody on the way who answered.
    unclear = ReplyLost if status == 200 else Unavailable
    raise unclear(f"HTTP {status} without an answer of Slack's")


def _refuse_trouble(status: int, headers: Mapping[str, str]) -> None:
    """Raise what a status alone says: 503 is said before the work, other 5xx may come in the midst of it."""
    if status == 429:
        raise RateLimited(_seconds(headers))
    if status == 503:
        raise Unavailable(f"HTTP {status}")
    if status >= 500:
        raise ReplyLost(f"HTTP {status}")


def _refuse_download(response: aiohttp.ClientResponse) -> None:
    """Raise what stands in the way of a file; without the scope its address leads to a page to sign in."""
    _refuse_trouble(response.status, response.headers)
    is_page = response.content_type == "text/html"
    if response.status in (401, 403) or 300 <= response.status < 400 or (response.ok and is_page):
        raise BadCredentials("Slack wants a sign-in for the file: is the scope files:read granted?")
    if not response.ok:
        raise Rejected(f"file: HTTP {response.status}")


def _said(answer: Json) -> str:
    """Collect what Slack says besides the code: the scope that is missing, the block that is wrong."""
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    needed = [f"needs {answer['needed']}"] if answer.get("needed") else []
    return "; ".join([*needed, *map(str, messages if isinstance(messages, list) else [])])[:500]


def _seconds(headers: Mapping[str, str]) -> float:
    """Read `Retry-After`; `PAUSE` where Slack names no number."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else PAUSE

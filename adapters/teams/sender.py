"""Our own client of the Bot Connector API: one pool, one token, and one table of what its errors mean.

botbuilder's connector opens a connection for each send, asks for a token each turn, retries what it should
not and loses the status of an HTML error page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
from yarl import URL

from adapters.teams.config import TeamsConfig
from adapters.teams.token import Token
from adapters.teams.wire import ASK, Wire, read_object
from bot.errors import (
    BadCredentials,
    ChannelError,
    RateLimited,
    Rejected,
    ReplyLost,
    Unavailable,
    Unreachable,
)
from bot.loopback import is_loopback
from bot.ports import Clock

Body = dict[str, object]

_MEANING: dict[int, Callable[[str], ChannelError]] = {
    403: Unreachable,  # blocked, muted or uninstalled: the status is the same, the text varies
    404: Unreachable,
    408: ReplyLost,
    412: Unavailable,
    500: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: ReplyLost,  # the gateway gave up waiting: what stands behind it may still have taken the message
}
"""What a status means; others below 500 are Rejected, above Unavailable. 401 and 429 are looked at closer."""

RETRY_AFTER = 5.0
"""Seconds to wait where a 429 does not say."""


class Connector:
    """Speaks to the conversations of one service URL or another, as the bot."""

    def __init__(self, config: TeamsConfig, wire: Wire, clock: Clock) -> None:
        self._config = config
        self._wire = wire
        self._clock = clock
        self._within = aiohttp.ClientTimeout(total=config.send_within, connect=ASK.connect)
        self.token = Token(config, wire, clock)

    async def open(self, service_url: str, person: str, tenant: str) -> str:
        """Open the one-to-one conversation with a person (29:…) and return its id; it is the same each time.

        Raises:
            ChannelError: as `bot.ports.Channel.deliver` says.
        """
        body: Body = {
            "bot": {"id": self._config.bot_id},
            "members": [{"id": person}],
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
            "isGroup": False,
        }
        found = await self._send("POST", service_url, "v3/conversations", body, ASK)
        conversation = found.get("id")
        if not isinstance(conversation, str):
            raise Unavailable("a conversation without an id")
        return conversation

    async def post(self, service_url: str, conversation: str, activity: Body) -> str | None:
        """Post an activity and return the id Teams gives it, None where it gives none.

        Raises:
            ChannelError: as `bot.ports.Channel.deliver` says.
        """
        path = f"v3/conversations/{_quoted(conversation)}/activities"
        found = await self._send(
            "POST", service_url, path, self._from_bot(activity, conversation), self._within
        )
        posted = found.get("id")
        return posted if isinstance(posted, str) else None

    async def update(self, service_url: str, conversation: str, posted: str, activity: Body) -> None:
        """Put an activity in the place of one that was posted.

        Raises:
            ChannelError: as `bot.ports.Channel.deliver` says; Rejected where the message is gone.
        """
        path = f"v3/conversations/{_quoted(conversation)}/activities/{_quoted(posted)}"
        body = self._from_bot(activity, conversation) | {"id": posted}
        await self._send("PUT", service_url, path, body, self._within)

    def _from_bot(self, activity: Body, conversation: str) -> Body:
        return activity | {"from": {"id": self._config.bot_id}, "conversation": {"id": conversation}}

    async def _send(
        self, method: str, service_url: str, path: str, body: Body, within: aiohttp.ClientTimeout
    ) -> Body:
        url = self._url(service_url, path)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if not self._config.anonymous:
            headers["Authorization"] = f"Bearer {await self.token.get()}"
        try:
            async with self._wire.session.request(
                method, url, data=orjson.dumps(body), headers=headers, timeout=within, allow_redirects=False
            ) as response:
                content = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable(repr(error)) from error
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise ReplyLost(repr(error)) from error
        answer = read_object(content)
        if not 200 <= response.status < 300:
            raise self._error(method, response, answer or {})
        if answer is None:
            raise ReplyLost(f"{response.status} with {response.content_type}")
        return answer

    def _url(self, service_url: str, path: str) -> URL:
        """Refuse to send the token, or in anonymous mode anything, where it could be overheard."""
        parts = urlsplit(service_url)
        here = is_loopback(parts.hostname)
        if not (here or (parts.scheme == "https" and not self._config.anonymous)):
            raise Rejected(f"service URL {service_url!r} is neither https nor this machine")
        return URL(f"{service_url.rstrip('/')}/{path}", encoded=True)

    def _error(self, method: str, response: aiohttp.ClientResponse, answer: Body) -> ChannelError:
        status, detail = response.status, _detail(response.status, answer)
        wait = self._wait(response.headers.get("Retry-After"))
        if status == 401:
            return Unavailable("token refused") if self.token.refused() else BadCredentials(detail)
        if status == 429:
            return RateLimited(RETRY_AFTER if wait is None else wait)
        if status == 404 and method == "PUT":
            return Rejected(detail)
        meaning = _MEANING.get(status, Rejected if status < 500 else Unavailable)
        return RateLimited(wait) if meaning is Unavailable and wait is not None else meaning(detail)

    def _wait(self, header: str | None) -> float | None:
        """Read Retry-After: seconds, or a date; None where it is neither."""
        if header is None:
            return None
        try:
            return min(max(0.0, float(header)), 3600.0)
        except ValueError:
            pass
        try:
            until = parsedate_to_datetime(header)
        except ValueError:
            return None
        aware: datetime = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(0.0, (aware - self._clock()).total_seconds()), 3600.0)


def _detail(status: int, answer: Body) -> str:
    error = answer.get("error")
    if not isinstance(error, dict):
        return str(status)
    return f"{status} {error.get('code')}: {str(error.get('message'))[:200]}"


def _quoted(part: str) -> str:
    return quote(part, safe="")

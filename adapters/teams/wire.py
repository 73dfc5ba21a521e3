"""The one pooled HTTP client of the Teams adapter."""

from __future__ import annotations

import aiohttp
import orjson

ASK = aiohttp.ClientTimeout(total=3.5, connect=2)
"""Seconds for what comes before a send: a token, keys, a conversation."""


class Wire:
    """Holds the client session that keys, token and sender share; it is made at first use, on their loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session, open."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(timeout=ASK, connector=connector)
        return self._session

    async def close(self) -> None:
        """Close every connection; the next use opens anew."""
        if self._session is not None:
            await self._session.close()


def read_object(content: bytes) -> dict[str, object] | None:
    """Read a JSON object; nothing at all is an empty one, anything else (an HTML page) is None."""
    try:
        found = orjson.loads(content) if content.strip() else {}
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None

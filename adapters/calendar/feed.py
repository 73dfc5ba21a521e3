"""Reads a calendar from the address that somebody gave, and goes nowhere that this could be misused for.

Whoever connects a calendar chooses an address that this server then asks. So it goes to public addresses
only, over https, whatever a name or a redirection leads to; hosts of the organization's own network are named
by a setting.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from contextlib import suppress

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

from bot.errors import CalendarRefused, Unavailable

TIMEOUT = 15.0
"""Seconds for one calendar, redirections included."""

MOST_BYTES = 5_000_000
"""Of one calendar; ten years of a full one are about two."""

MOST_HOPS = 3
"""Redirections that are followed."""

LONGEST = 2000
"""Of an address, in characters."""

_TEMPORARY = (408, 425, 429)
_REDIRECTIONS = (301, 302, 303, 307, 308)


class FeedReader:
    """One pooled session for every calendar; see `bot.ports.CalendarSource`."""

    def __init__(self, own_hosts: Collection[str] = ()) -> None:
        """Read from public addresses, and from the organization's `own_hosts`, also without https."""
        self._own = frozenset(own_hosts)
        self._session: aiohttp.ClientSession | None = None

    async def read(self, url: str) -> bytes:
        """Read a calendar once; see `bot.ports.CalendarSource`."""
        try:
            async with self._opened() as session:
                return await self._follow(session, url)
        except _Private as error:
            raise CalendarRefused("The address leads into a private network.") from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            if isinstance(error.__cause__, _Private):
                raise CalendarRefused("The address leads into a private network.") from error
            raise Unavailable(type(error).__name__) from error

    async def _follow(self, session: aiohttp.ClientSession, url: str) -> bytes:
        at = self._checked(url)
        for _ in range(MOST_HOPS + 1):
            async with session.get(at, allow_redirects=False) as response:
                following = response.headers.get("Location") if response.status in _REDIRECTIONS else None
                if following is None:
                    _refuse(response.status)
                    return await _body(response)
            at = self._checked(str(at.join(URL(following))))
        raise CalendarRefused("The address leads from one to the next without an end.")

    def _checked(self, url: str) -> URL:
        at = address_of(url)
        if at.host in self._own:
            return at
        if at.scheme != "https":
            raise CalendarRefused("Laps reads calendars over https only.")
        if _is_private(at.host or ""):
            raise CalendarRefused("The address leads into a private network.")
        return at

    def _opened(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(resolver=_PublicOnly(self._own), force_close=True)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        return aiohttp.ClientSession(connector=connector, timeout=timeout)


def address_of(url: str) -> URL:
    """Read the address of a calendar.

    Raises:
        CalendarRefused: it is none.
    """
    text = url.strip()
    if text.lower().startswith("webcal://"):
        text = f"https{text[6:]}"
    with suppress(ValueError):
        at = URL(text) if len(text) <= LONGEST else URL()
        if at.scheme in ("https", "http") and at.host and at.port is not None and at.user is None:
            return at
    raise CalendarRefused("That is no address of a calendar. It begins with https:// or webcal://.")


async def _body(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for part in response.content.iter_any():
        content += part
        if len(content) > MOST_BYTES:
            raise CalendarRefused(f"The calendar is larger than {MOST_BYTES // 1_000_000} MB.")
    return bytes(content)


def _refuse(status: int) -> None:
    if status in _TEMPORARY or status >= 500:
        raise Unavailable(f"HTTP {status}")
    if status != 200:
        raise CalendarRefused(f"There is no calendar at this address (HTTP {status}).")


class _Private(OSError):
    """A name that leads to an address that is not public."""


class _PublicOnly(AbstractResolver):
    """Resolves names, and leaves out what is not public; what it gave is what is connected to."""

    def __init__(self, own: Collection[str]) -> None:
        self._own = own
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve a name."""
        found = await self._resolver.resolve(host, port, family)
        if host in self._own:
            return found
        public = [each for each in found if not _is_private(each["host"])]
        if not public:
            raise _Private(host)
        return public

    async def close(self) -> None:
        """Close the resolver."""
        await self._resolver.close()


def _is_private(host: str) -> bool:
    """Say whether a host is written as an address that is not public."""
    try:
        return not ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

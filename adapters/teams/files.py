"""Files that people send in a personal chat: kept in their OneDrive, handed over by an address of minutes.

The address itself is the permission, so no token of ours goes there.
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
"""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
from yarl import URL

from adapters.teams.wire import Wire
from bot.errors import FileRefused, Rejected, Unavailable
from bot.loopback import is_loopback
from bot.model import FileRef

WITHIN = aiohttp.ClientTimeout(total=6, connect=2)
"""Seconds for a file, so that what is said of it comes before Teams stops waiting."""


class Files:
    """Reads files from where Microsoft keeps them."""

    def __init__(self, hosts: Sequence[str], wire: Wire) -> None:
        """Read from these hosts only; see `TeamsConfig.file_hosts`."""
        self._hosts = hosts
        self._wire = wire

    async def fetch(self, file: FileRef, most: int) -> bytes:
        """Read a file; see `bot.ports.FileSource`."""
        url = _url(file.address)
        if url is None or not self._is_ours(url):
            hint = "Attach it in our personal chat, from your device or your OneDrive."
            raise FileRefused(f"“{file.name[:80]}” is not kept where Teams keeps files.", hint)
        try:
            async with self._wire.session.get(url, timeout=WITHIN, allow_redirects=False) as response:
                _refuse(response.status)
                content = bytearray()
                async for part in response.content.iter_any():
                    content += part
                    if len(content) > most:
                        break
                return bytes(content)
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(repr(error)) from error

    def _is_ours(self, url: URL) -> bool:
        host = url.host or ""
        named = any(host == each or (each[:1] == "." and host.endswith(each)) for each in self._hosts)
        return named and (url.scheme == "https" or is_loopback(host)) and url.user is None


def _url(address: str) -> URL | None:
    """Read an address as it is: it is signed, and another spelling of it is refused."""
    try:
        return URL(address, encoded=True)
    except ValueError:
        return None


def _refuse(status: int) -> None:
    if status >= 500 or status == 429:
        raise Unavailable(f"file: HTTP {status}")
    if status != 200:
        raise Rejected(f"file: HTTP {status}; its address is good for some minutes")

"""What reaches an open page by itself: updates from elsewhere, kept for a while where no page is open."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

MOST_WAITING = 50
"""Updates kept for a page that is slow or closed; older ones give way."""

MOST_ABSENT = 1000
"""People for whom updates are kept while no page of theirs is open."""


class Streams:
    """The open pages, by account."""

    def __init__(self) -> None:
        self._open: dict[str, set[asyncio.Queue[str]]] = {}
        self._missed: dict[str, deque[str]] = {}

    def push(self, account: str, line: str) -> None:
        """Send a line to every open page of an account, or keep it for the next one."""
        queues = self._open.get(account)
        if not queues:
            self._keep(account, line)
            return
        for queue in queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(line)

    def close(self) -> None:
        """End every open page's stream, by an empty line."""
        for account in self._open:
            self.push(account, "")

    @contextmanager
    def listen(self, account: str) -> Iterator[asyncio.Queue[str]]:
        """Open a stream: first what was missed, then what comes; an empty line is its end."""
        queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        for line in self._missed.pop(account, ()):
            queue.put_nowait(line)
        self._open.setdefault(account, set()).add(queue)
        try:
            yield queue
        finally:
            pages = self._open[account]
            pages.discard(queue)
            if not pages:
                del self._open[account]

    def _keep(self, account: str, line: str) -> None:
        missed = self._missed.setdefault(account, deque(maxlen=MOST_WAITING))
        missed.append(line)
        if len(self._missed) > MOST_ABSENT:
            del self._missed[next(iter(self._missed))]

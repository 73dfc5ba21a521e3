"""Work beside the requests: kept so that it is neither lost nor left running."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress

log = logging.getLogger("laps.slack.background")


class Background:
    """Tasks of one adapter: some are finished at the end, some are watches that end with it."""

    def __init__(self) -> None:
        self._short: set[asyncio.Task[None]] = set()
        self._endless: set[asyncio.Task[None]] = set()
        self._busy = 0
        self._idle = asyncio.Event()

    def run(self, work: Coroutine[object, object, None]) -> None:
        """Start something that is finished at the end."""
        _start(work, self._short)

    def watch(self, work: Coroutine[object, object, None]) -> None:
        """Start something that goes on, or waits, until the end."""
        _start(work, self._endless)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Have the end wait for what is done in here, whoever runs it."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    async def idle(self) -> None:
        """Wait until nothing is under way but watches."""
        while self._busy or self._short:
            if self._short:
                await asyncio.wait(set(self._short))
            else:
                self._idle.clear()
                await self._idle.wait()

    async def stop(self, patience: float = 3.0) -> None:
        """Finish what is under way, for at most `patience` seconds, and end everything."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.idle()
        left = [*self._short, *self._endless]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _start(work: Coroutine[object, object, None], kept: set[asyncio.Task[None]]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    kept.add(task)
    task.add_done_callback(kept.discard)
    task.add_done_callback(_say_what_broke)


def _say_what_broke(task: asyncio.Task[None]) -> None:
    """Log what nobody awaits, at once and not when the task is collected."""
    if not task.cancelled() and (error := task.exception()):
        log.error("work beside the requests broke", exc_info=error, extra={"action": "bug"})

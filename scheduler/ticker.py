"""The metronome: wakes the outbox and the forgetting of what is past its time. The only APScheduler import.

APScheduler keeps no state here: jobs live in memory, everything that is due lives in the database.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import StorageError

log = logging.getLogger("laps.ticker")

Work = Callable[[], Awaitable[object]]


class Ticker:
    """Runs each piece of work every so often, never twice at once, and once after a stall."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # The default grace of 1 s drops a run after a longer stall; see docs/decisions.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def every(self, period: timedelta, name: str, work: Work) -> None:
        """Do `work` every `period`; a failing database is logged and the next tick tries again."""

        async def tick() -> None:
            try:
                await work()
            except StorageError as error:
                log.warning("%s waits for the database: %s", name, error, extra={"action": "tick_failed"})

        self._scheduler.add_job(tick, "interval", seconds=period.total_seconds(), id=name, name=name)

    def start(self) -> None:
        """Start ticking; needs a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more; work under way is not waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

"""An event loop whose time goes by only while everybody waits, so that an hour of waiting takes seconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)

_LOOK = 0.5
"""Real seconds after which it is looked anew whether work in threads has ended."""


class VirtualClock:
    """The time that the loop and everything on it share."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._at_work = 0

    def __call__(self) -> datetime:
        """Say what time it is."""
        return BEGIN + timedelta(seconds=self.seconds)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Let no time go by, since a thread does something that is waited for."""
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1

    @property
    def stands_still(self) -> bool:
        """Say whether a thread is at work."""
        return self._at_work > 0


class _Selector(selectors.DefaultSelector):
    """Moves the clock on instead of waiting."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait in earnest for threads; else give what is there, or let the time go by."""
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self._clock.stands_still:
            return super().select(_LOOK)
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits, and nothing is to come")
            self._clock.seconds += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; nothing on it may wait for the outer world but within `VirtualClock.standing_still`."""

    def __init__(self, clock: VirtualClock) -> None:
        self._virtual = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        """Say what time it is, in seconds since the beginning."""
        return self._virtual.seconds


@contextmanager
def virtual_time(clock: VirtualClock) -> Iterator[asyncio.Runner]:
    """Give a runner on such a loop; at its end the clock stands still, for the loop waits for threads."""
    runner = asyncio.Runner(loop_factory=lambda: VirtualLoop(clock))
    try:
        yield runner
    finally:
        with clock.standing_still():
            runner.close()

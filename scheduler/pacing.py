"""Keeps to the platforms' rate limits: sliding windows, per lane, in this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ports import Clock, Lane

LONGEST_CLOSE = timedelta(hours=1)
"""No platform is obeyed longer at once: it is asked again then. Of what seems longer, a clock went back."""


class Pacer:
    """Says how long to wait before a message may go out, and remembers the ones that went."""

    def __init__(self) -> None:
        self._sent: dict[str, deque[datetime]] = {}
        self._closed_until: dict[str, datetime] = {}

    def wait(self, lanes: Sequence[Lane], now: datetime) -> timedelta:
        """Return how long every lane's windows ask to wait from `now`; zero when one may go at once."""
        return max((self._wait(lane, now) for lane in lanes), default=timedelta(0))

    def note(self, lanes: Sequence[Lane], now: datetime) -> None:
        """Count one message against the lanes."""
        for lane in lanes:
            longest = max((window.limit for window in lane.windows), default=0)
            sent = self._sent.get(lane.key)
            if sent is None or sent.maxlen != longest:
                sent = self._sent[lane.key] = deque(sent or (), maxlen=longest)
            sent.append(now)

    def close(self, lane: Lane, until: datetime) -> None:
        """Let nothing through until the platform's own `Retry-After` is over."""
        self._closed_until[lane.key] = until

    def forget(self, now: datetime) -> None:
        """Drop what no window can still count, so that conversations of the past take no memory."""
        hour = timedelta(hours=1)
        self._sent = {key: sent for key, sent in self._sent.items() if sent and now - sent[-1] < hour}
        self._closed_until = {key: until for key, until in self._closed_until.items() if until > now}

    def _wait(self, lane: Lane, now: datetime) -> timedelta:
        sent = self._sent.get(lane.key, deque())
        if sent and sent[-1] > now:  # the clock went back: what was sent counts from now on
            sent = self._sent[lane.key] = deque((min(at, now) for at in sent), maxlen=sent.maxlen)
        waits = [
            sent[-window.limit] + timedelta(seconds=window.seconds) - now
            for window in lane.windows
            if len(sent) >= window.limit
        ]
        closed = self._closed_until.get(lane.key, now) - now
        return max(timedelta(0), closed if closed <= LONGEST_CLOSE else timedelta(0), *waits)


@dataclass(slots=True, eq=False)
class _Waiter:
    lanes: Sequence[Lane]
    priority: int


_BLINK = 0.001
"""Seconds that one who could go gives to a more urgent one who can, too."""


class Turns:
    """Gives out turns: at the platforms' pace, and to the more urgent first where two could go."""

    def __init__(self, clock: Clock, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Wire it to the time."""
        self.pacer = Pacer()
        self._clock = clock
        self._sleep = sleep
        self._waiters: list[_Waiter] = []

    async def take(
        self, lanes: Sequence[Lane], priority: int, until: datetime, gives_way: Callable[[], bool]
    ) -> timedelta | None:
        """Wait for a turn, and count it.

        Args:
            lanes: the limits that it counts against.
            priority: the lower, the more urgent.
            until: when it must have gone out at the latest.
            gives_way: says whether it is not to wait any longer, for something more urgent waits for it.

        Returns:
            None once it may go out; else how long it would have to wait still.
        """
        waiter = _Waiter(lanes, priority)
        self._waiters.append(waiter)
        try:
            while True:
                now = self._clock()
                wait = self.pacer.wait(lanes, now)
                if now + wait > until or gives_way():
                    return wait
                if not wait and not self._yields(waiter, now):
                    self.pacer.note(lanes, now)
                    return None
                if not wait:
                    await asyncio.sleep(0)
                await self._sleep(wait.total_seconds() or _BLINK)
        finally:
            self._waiters.remove(waiter)

    def _yields(self, waiter: _Waiter, now: datetime) -> bool:
        """Say whether somebody more urgent waits for the same, and may go."""
        keys = {lane.key for lane in waiter.lanes}
        return any(
            other.priority < waiter.priority
            and any(lane.key in keys for lane in other.lanes)
            and not self.pacer.wait(other.lanes, now)
            for other in self._waiters
        )

"""Keeps to the platforms' rate limits: sliding windows, per lane, in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.ports import Lane


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
            longest = max(window.limit for window in lane.windows)
            sent = self._sent.get(lane.key)
            if sent is None or sent.maxlen != longest:
                sent = self._sent[lane.key] = deque(sent or (), maxlen=longest)
            sent.append(now)

    def close(self, lanes: Sequence[Lane], until: datetime) -> None:
        """Let nothing through until the platform's own `Retry-After` is over."""
        for lane in lanes:
            self._closed_until[lane.key] = until

    def forget(self, now: datetime) -> None:
        """Drop what no window can still count, so that conversations of the past take no memory."""
        hour = timedelta(hours=1)
        self._sent = {key: sent for key, sent in self._sent.items() if sent and now - sent[-1] < hour}
        self._closed_until = {key: until for key, until in self._closed_until.items() if until > now}

    def _wait(self, lane: Lane, now: datetime) -> timedelta:
        sent = self._sent.get(lane.key, ())
        waits = [
            sent[-window.limit] + timedelta(seconds=window.seconds) - now
            for window in lane.windows
            if len(sent) >= window.limit
        ]
        return max(timedelta(0), self._closed_until.get(lane.key, now) - now, *waits)

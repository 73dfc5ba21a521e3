"""Reads the calendars that people connected, one after the other when each is due, and keeps what matches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import CalendarRefused, ChannelError
from bot.facts import zone_named
from bot.model import Changes, Feed, Meeting
from bot.nudging.meetings import meetings_of
from bot.ports import CalendarSource, Clock, Store
from lessons.catalogue import Catalogue
from lessons.moments import MeetingTrigger

log = logging.getLogger("laps.calendars")

EVERY = timedelta(minutes=30)
"""How often a calendar is read."""

LONGEST_WAIT = timedelta(days=1)
"""How long a calendar that cannot be read is left alone at most: each failure doubles the wait."""

AHEAD = timedelta(days=8)
"""How far ahead meetings are looked for: longer than a calendar is left alone."""

BATCH = 20
"""Calendars read at once."""


class Calendars:
    """The reader of calendars; the ticker wakes it."""

    def __init__(
        self, store: Store, source: CalendarSource, catalogue: Callable[[], Catalogue], clock: Clock
    ) -> None:
        """Wire it.

        Args:
            store: where feeds and meetings are.
            source: reads a calendar by its address.
            catalogue: gives the catalogue that is live.
            clock: says the time.
        """
        self._store = store
        self._source = source
        self._catalogue = catalogue
        self._clock = clock

    async def read_due(self) -> int:
        """Read every calendar that is due; return how many.

        Raises:
            StorageUnavailable: the store cannot be asked now; what is due stays due.
        """
        count = 0
        while True:
            now = self._clock()
            due = await self._store.feeds_due(now, BATCH)
            changes = await asyncio.gather(*(self._read(feed, now) for feed in due))
            for change in changes:
                await self._store.apply(change)
            count += len(due)
            if len(due) < BATCH:
                return count

    async def _read(self, feed: Feed, now: datetime) -> Changes:
        moments = [each for each in self._catalogue().moments if isinstance(each.when, MeetingTrigger)]
        try:
            data = await self._source.read(feed.url)
            zone = zone_named(feed.time_zone or (await self._store.organization()).time_zone)
            # In a thread, for a large calendar takes a second.
            found = await asyncio.to_thread(meetings_of, data, moments, now, now + AHEAD, zone)
        except (CalendarRefused, ChannelError) as error:
            why = str(error) if isinstance(error, CalendarRefused) else "It does not answer at the moment."
            log.info("a calendar was not read: %s", error, extra={"action": "calendar_unread"})
            return _failed(feed, why, now)
        return _read(feed, found, now)


def _read(feed: Feed, found: tuple[Meeting, ...], now: datetime) -> Changes:
    read = replace(feed, read_at=now, look_at=now + EVERY, failures=0, why=None)
    return Changes(feed_read=(read, found), look_by=(feed.learner, now) if found else None)


def _failed(feed: Feed, why: str, now: datetime) -> Changes:
    """Keep what is known, wait longer each time, and say why where the person can see it."""
    wait = min(LONGEST_WAIT, EVERY * 2 ** min(feed.failures, 10))
    return Changes(feed_read=(replace(feed, look_at=now + wait, failures=feed.failures + 1, why=why), None))

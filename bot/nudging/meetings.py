"""Meetings in a calendar that a moment is about, by their titles: pure, of the calendar's bytes.

Nothing but the moment and the time leaves this module.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from itertools import chain, islice
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, Event

from bot.errors import CalendarRefused
from bot.model import Meeting
from lessons.moments import MeetingTrigger, Moment, titles

MOST_SERIES = 500
"""Entries of a calendar, single or repeated, whose titles match; those after them are left out."""

MOST_CHANGED = 200
"""Changed repetitions of one series that are looked at."""

MOST_MEETINGS = 200
"""Meetings that are kept of one calendar."""

OLDEST = timedelta(days=3653)
"""How long ago something that repeats may have begun: all repetitions since then are counted through."""

_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
"""What no meeting repeats by, and a calendar made to do harm would."""


def meetings_of(
    data: bytes, moments: Sequence[Moment], since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[Meeting, ...]:
    """Find the meetings that begin from `since` to before `until`, in the order of time.

    All-day entries, cancelled ones and those that repeat within a day are passed over.

    Args:
        data: the calendar (RFC 5545).
        moments: those with a meeting for a trigger say which titles; others are passed over.
        since: aware.
        until: aware.
        zone: of times that name none.

    Raises:
        CalendarRefused: it is no calendar.
    """
    wanted = {
        moment.id: [re.compile(translate(_plain(title))) for title in titles(moment.when)]
        for moment in moments
        if isinstance(moment.when, MeetingTrigger)
    }
    calendar = _read(data)
    found = chain.from_iterable(
        _occurrences(calendar, series, since, until)
        for series in _of_interest(calendar.subcomponents, wanted, (since - OLDEST).year)
    )
    made = {
        Meeting(moment, starts_at)
        for event in found
        if (starts_at := _begins(event, zone)) is not None and since <= starts_at < until
        for moment in _matching(event, wanted)
    }
    return tuple(sorted(made, key=lambda each: (each.starts_at, each.moment)))[:MOST_MEETINGS]


_Titles = Mapping[str, Sequence[re.Pattern[str]]]


def _read(data: bytes) -> Component:
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper() != b"BEGIN:VCALENDAR":
        raise CalendarRefused("What is at this address is no calendar.")
    try:
        return Calendar.from_ical(data)
    except Exception as error:
        raise CalendarRefused("The calendar cannot be read.") from error


def _of_interest(entries: Iterable[Component], wanted: _Titles, oldest: int) -> Iterator[Sequence[Component]]:
    """Give the series with an entry that matches, each with its changed repetitions."""
    by_series: dict[str, list[Component]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry, Event) and not _is_excessive(entry, oldest):
            by_series[str(entry.get("UID"))].append(entry)
    matching = (each for each in by_series.values() if any(any(_matching(entry, wanted)) for entry in each))
    yield from islice(matching, MOST_SERIES)


def _occurrences(
    calendar: Component, series: Sequence[Component], since: datetime, until: datetime
) -> Sequence[Component]:
    """Give one series' meetings; one that cannot be read has none, and takes nothing from the others."""
    alone = Calendar(calendar)
    alone.subcomponents = [*series[:MOST_CHANGED]]
    try:
        found: Sequence[Component] = recurring_ical_events.of(alone).between(since, until)
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes do to the library
        return ()
    return found


def _is_excessive(event: Event, oldest: int) -> bool:
    """Say whether something repeats more often, or since longer ago, than meetings do."""
    rules = event.get("RRULE")
    for rule in rules if isinstance(rules, list) else [rules]:
        if rule is None:
            continue
        often = {str(each).upper() for each in rule.get("FREQ", [])} & _TOO_OFTEN
        times = max(1, len(rule.get("BYHOUR", []))) * max(1, len(rule.get("BYMINUTE", [])))
        start = getattr(event.get("DTSTART"), "dt", None)
        if often or times > 1 or "BYSECOND" in rule or getattr(start, "year", 0) < oldest:
            return True
    return False


def _matching(event: Component, wanted: _Titles) -> Iterator[str]:
    title = _plain(str(event.get("SUMMARY", "")))
    yield from (moment for moment, patterns in wanted.items() if any(p.match(title) for p in patterns))


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def _begins(event: Component, zone: ZoneInfo) -> datetime | None:
    """Return when it begins; None for what lasts all day or does not take place."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start = getattr(event.get("DTSTART"), "dt", None)
    if not isinstance(start, datetime):
        return None
    try:
        return (start if start.tzinfo else start.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):  # in the first or the last year that there is
        return None

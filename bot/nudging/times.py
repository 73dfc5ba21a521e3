"""Local time, computed anew each time from UTC and the zone: when a trigger is next due, who is at work.

A time that daylight saving leaves out moves to the first instant after the gap; of a time that comes twice
the first counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from cronsim import CronSim

from lessons.moments import (
    WEEKDAYS,
    CronTrigger,
    MonthDayTrigger,
    Nudges,
    Ritual,
    WeekdayTrigger,
    WorkingDayTrigger,
    hours,
)

A_YEAR = 366
"""Days that are looked ahead: a trigger that does not come within them does not come."""

_SECOND = timedelta(seconds=1)
_WIDEST_GAP = timedelta(hours=3)
"""Clock times of so long before may still come: those that a gap puts off. A day left out comes as one."""


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which clocks in a zone show a time of a day.

    Args:
        day: the local day.
        at: the local time, without a zone.
        zone: where the clocks are.
    """
    local = datetime.combine(day, at, zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    before, after = local.replace(fold=1).astimezone(UTC), found  # on both sides of the gap
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Week:
    """When a person works: days, hours and the holidays of their country, in their own zone.

    `days` counts Monday as 0. `country` is ISO 3166-1, None where no holidays are kept.
    """

    zone: ZoneInfo
    days: frozenset[int]
    begin: time
    end: time
    country: str | None = None

    @classmethod
    def of(cls, nudges: Nudges, zone: ZoneInfo, country: str | None = None) -> Week:
        """Take the organization's hours and days, in somebody's zone; their own country comes before its."""
        begin, end = hours(nudges.hours)
        return cls(
            zone, frozenset(WEEKDAYS.index(day) for day in nudges.days), begin, end, country or nudges.country
        )

    def day_of(self, now: datetime) -> date:
        """Return the person's local day of an instant."""
        return now.astimezone(self.zone).date()

    def is_working_day(self, day: date) -> bool:
        """Say whether the person works on a local day."""
        return day.weekday() in self.days and not is_holiday(self.country, day)

    def is_at_work(self, now: datetime) -> bool:
        """Say whether an instant is within working hours; the end is not."""
        local = now.astimezone(self.zone)
        return self.is_working_day(local.date()) and self.begin <= local.time() < self.end

    def end_of(self, now: datetime) -> datetime:
        """Return when the working hours of an instant's day end."""
        return instant(self.day_of(now), self.end, self.zone)

    def next_start(self, now: datetime) -> datetime | None:
        """Return the first instant from `now` on that is within working hours; None within no year."""
        if self.is_at_work(now):
            return now
        today = now.astimezone(self.zone).date()
        for ahead in range(A_YEAR):
            day = today + timedelta(days=ahead)
            if self.is_working_day(day) and (start := instant(day, self.begin, self.zone)) >= now:
                return start
        return None


@lru_cache(maxsize=512)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:  # a country that the package does not know
        return frozenset()


def is_holiday(country: str | None, day: date) -> bool:
    """Say whether a day is a public holiday of a whole country; of an unknown one no day is."""
    return country is not None and day in _holidays(country, day.year)


def next_due(trigger: Ritual, after: datetime, week: Week) -> datetime | None:
    """Return when a ritual comes next, strictly after an instant; None where it does not within a year."""
    if isinstance(trigger, CronTrigger):
        return _first(_by_cron(trigger.cron, after, week.zone), after)
    at, is_day = time.fromisoformat(trigger.at), _days(trigger, week)
    return _first(_by_day(is_day, at, after, week.zone), after)


def _first(found: Iterator[datetime], after: datetime) -> datetime | None:
    return next((each for each in found if each > after), None)


def _by_day(is_day: Callable[[date], bool], at: time, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    first = after.astimezone(zone).date() - timedelta(days=1)
    days = (first + timedelta(days=ahead) for ahead in range(A_YEAR + 2))
    return (instant(day, at, zone) for day in days if is_day(day))


def _by_cron(expression: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Have cronsim count in clock time, and find the instants of that ourselves."""
    local = after.astimezone(zone).replace(tzinfo=None) - _WIDEST_GAP
    last = local + timedelta(days=A_YEAR + 2)
    for found in CronSim(expression, local):
        if found > last:
            return
        yield instant(found.date(), found.time(), zone)


def _days(
    trigger: WeekdayTrigger | MonthDayTrigger | WorkingDayTrigger, week: Week
) -> Callable[[date], bool]:
    match trigger:
        case WeekdayTrigger(weekday=str() as name):
            return lambda day: WEEKDAYS[day.weekday()] == name
        case WeekdayTrigger(weekday=names):
            return lambda day: WEEKDAYS[day.weekday()] in names
        case MonthDayTrigger(day_of_month=number):
            return lambda day: number in (day.day, day.day - _days_in(day) - 1)
        case WorkingDayTrigger(working_day_of_month=number):
            return lambda day: day == _working_day(day, number, week)


def _days_in(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _working_day(day: date, number: int, week: Week) -> date | None:
    """Return the nth working day of a day's month, counted from its end where below zero."""
    working = _working_days(week, day.replace(day=1))
    index = number - 1 if number > 0 else number
    return working[index] if number and -len(working) <= index < len(working) else None


@lru_cache(maxsize=1024)
def _working_days(week: Week, first: date) -> tuple[date, ...]:
    """Return the working days of the month that begins with a day."""
    days = (first.replace(day=each) for each in range(1, _days_in(first) + 1))
    return tuple(each for each in days if week.is_working_day(each))

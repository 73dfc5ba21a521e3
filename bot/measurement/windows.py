"""The days that figures are counted over: the weeks since the exposure day, and ISO weeks.

Day n is the n-th day after the exposure day, which itself is day 0 and belongs to no window. Only whole days
are counted, so neither a leap day nor the end of a year is anything special.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(days=7)

WEEKS = 4
"""How many weeks up to a horizon adoption is looked for in."""

LEAST_DAYS = 7 * WEEKS
"""The shortest horizon: with a shorter one the four weeks would begin before the exposure day."""

_KEY = re.compile(r"([0-9]{4})-W([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first_on` to `last_on`, both included."""

    first_on: date
    last_on: date

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on

    def __len__(self) -> int:
        return max(0, (self.last_on - self.first_on).days + 1)

    def __iter__(self) -> Iterator[date]:
        return (self.first_on + timedelta(days=n) for n in range(len(self)))


def day(exposed_on: date, number: int) -> date:
    """Return day `number`: as many days after the exposure day."""
    return exposed_on + timedelta(days=number)


def days_to(exposed_on: date, horizon: int) -> Days:
    """Return days 1 to `horizon`."""
    return Days(day(exposed_on, 1), day(exposed_on, horizon))


def four_weeks(exposed_on: date, horizon: int) -> tuple[Days, ...]:
    """Return the four weeks that end on day `horizon`, the earliest first.

    They are days H-27 to H-21, H-20 to H-14, H-13 to H-7, and H-6 to H.

    Raises:
        ValueError: the horizon is so short that they would begin before the exposure day.
    """
    if horizon < LEAST_DAYS:
        raise ValueError(f"{horizon} days do not hold four weeks; {LEAST_DAYS} do")
    lasts = (horizon - 7 * back for back in reversed(range(WEEKS)))
    return tuple(Days(day(exposed_on, last - 6), day(exposed_on, last)) for last in lasts)


def weeks_after(exposed_on: date, through: date) -> tuple[Days, ...]:
    """Return the whole weeks counted from the exposure day that are over by the end of `through`.

    They are days 1 to 7, 8 to 14, and so on.
    """
    number = max(0, (through - exposed_on).days) // 7
    return tuple(Days(day(exposed_on, 7 * n + 1), day(exposed_on, 7 * n + 7)) for n in range(number))


def iso_week(on: date) -> Days:
    """Return the Monday to Sunday that hold a day."""
    monday = on - timedelta(days=on.weekday())
    return Days(monday, monday + timedelta(days=6))


def iso_weeks(on: date, number: int) -> tuple[Days, ...]:
    """Return as many ISO weeks, the last of which holds the day, the earliest first."""
    return tuple(iso_week(on - back * WEEK) for back in reversed(range(number)))


def week_key(on: date) -> str:
    """Name the ISO week of a day: `2026-W53` for 2026-12-28 to 2027-01-03."""
    year, week, _ = on.isocalendar()
    return f"{year:04}-W{week:02}"


def week_named(key: str) -> Days:
    """Return the Monday to Sunday of a week's name.

    Raises:
        ValueError: with a one-line reason, where it names no week.
    """
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"{key!r} is no week; write it like 2026-W46")
    try:
        return iso_week(date.fromisocalendar(int(found[1]), int(found[2]), 1))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"there is no week {key}") from error

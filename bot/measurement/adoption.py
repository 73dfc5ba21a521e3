"""Tried, adopted, habitual, and the first week of real use: what a person's uses amount to.

`exposed_on` is t0, the exposure day; `through` is T, the day through which the tool's figures are complete.
Whether a person is counted at all is not asked here: see `eligibility`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.measurement import metrics
from bot.measurement.usage import Usage
from bot.measurement.windows import days_to, four_weeks, iso_weeks, weeks_after

HORIZONS = (30, 60, 90)
"""At how many days after the exposure day adoption is looked at."""

TIMES = 2
"""How many uses make a week a week of use."""

WEEKS_OF_USE = 3
"""How many weeks of use among four are adoption."""

HABIT_WEEKS, HABIT_LEAST = 12, 9
"""Habit: use in 9 of 12 weeks (Microsoft's definition of a habitual user of Copilot)."""

POWER_ACTIONS = 15
"""Power: habit, and as many actions in the mean of the 12 weeks (Microsoft's definition)."""


def tried(usage: Usage, exposed_on: date, horizon: int) -> bool:
    """Say whether the tool was used at all on days 1 to `horizon`."""
    return usage.serving(metrics.TRIED).any_in(days_to(exposed_on, horizon), after=exposed_on)


def adopted(usage: Usage, exposed_on: date, horizon: int, times: int = TIMES) -> bool:
    """Say whether at least 3 of the four weeks that end on day `horizon` have at least `times` uses each.

    Raises:
        ValueError: the horizon does not hold four weeks.
    """
    known = usage.serving(metrics.ADOPTED)
    weeks = four_weeks(exposed_on, horizon)
    return sum(known.in_week(week, after=exposed_on) >= times for week in weeks) >= WEEKS_OF_USE


def habitual(usage: Usage, on: date) -> bool:
    """Say whether the habit is there: use in 9 of the 12 ISO weeks, the last of which holds `on`."""
    known = usage.serving(metrics.HABITUAL)
    return sum(known.in_week(week) > 0 for week in iso_weeks(on, HABIT_WEEKS)) >= HABIT_LEAST


def power(usage: Usage, on: date) -> bool:
    """Say whether the habit is there with 15 uses a week in the mean of all 12 ISO weeks up to `on`."""
    known = usage.serving(metrics.POWER)
    actions = sum(known.in_week(week) for week in iso_weeks(on, HABIT_WEEKS))
    return habitual(usage, on) and actions >= POWER_ACTIONS * HABIT_WEEKS


@dataclass(frozen=True, slots=True)
class Waited:
    """How many days after t0 something came; where it has not come, how long it has not: then censored."""

    days: int
    reached: bool


def qualifying_weeks(usage: Usage, exposed_on: date, through: date, times: int = TIMES) -> tuple[date, ...]:
    """Return the last days of the weeks counted from t0, over by T, that have at least `times` uses."""
    known = usage.serving(metrics.FIRST_QUALIFYING_WEEK)
    weeks = weeks_after(exposed_on, through)
    return tuple(week.last_on for week in weeks if known.in_week(week) >= times)


def first_qualifying_week(usage: Usage, exposed_on: date, through: date, times: int = TIMES) -> Waited:
    """Say after how many days the first week of use ended, or for how many there has been none."""
    weeks = qualifying_weeks(usage, exposed_on, through, times)
    until = weeks[0] if weeks else max(through, exposed_on)
    return Waited((until - exposed_on).days, bool(weeks))

"""Windows: day numbers and weeks, around leap days and the ends of years."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.measurement.windows import (
    LEAST_DAYS,
    Days,
    day,
    days_to,
    four_weeks,
    iso_week,
    iso_weeks,
    week_key,
    week_named,
    weeks_after,
)
from tests.measured import T0, starts

days = st.dates(date(1999, 1, 1), date(2101, 1, 1))
horizons = st.integers(LEAST_DAYS, 400)


def follow(weeks: tuple[Days, ...]) -> bool:
    """Say whether each of some weeks has seven days and begins the day after the one before."""
    apart = [later.first_on - earlier.last_on for earlier, later in pairwise(weeks)]
    return all(len(week) == 7 for week in weeks) and set(apart) <= {timedelta(days=1)}


def test_the_four_weeks_to_day_thirty() -> None:
    """H = 30: days 30-27 = 3 to 9, 10 to 16, 17 to 23, and 24 to 30; from 2 November to 2 December."""
    found = [((w.first_on - T0).days, (w.last_on - T0).days) for w in four_weeks(T0, 30)]
    assert found == [(3, 9), (10, 16), (17, 23), (24, 30)]
    assert four_weeks(T0, 30)[-1].last_on == date(2026, 12, 2)


def test_a_leap_day_is_a_day() -> None:
    """From 1 February, day 28 is 29 February in 2024 and 1 March in 2023; a year on is day 366 or 365."""
    assert day(date(2024, 2, 1), 28) == date(2024, 2, 29)
    assert day(date(2023, 2, 1), 28) == date(2023, 3, 1)
    assert day(date(2024, 2, 29), 366) == date(2025, 3, 1)
    assert day(date(2025, 2, 1), 365) == date(2026, 2, 1)


@given(starts, horizons)
def test_the_four_weeks_tile(start: date, horizon: int) -> None:
    """The four weeks follow each other without gap or overlap, end on day H, and begin after day 0."""
    weeks = four_weeks(start, horizon)
    assert len(weeks) == 4 and follow(weeks)
    assert weeks[-1].last_on == day(start, horizon) and weeks[0].first_on == day(start, horizon - 27) > start
    assert all(on in days_to(start, horizon) for week in weeks for on in week)


@given(starts, st.integers(-5, LEAST_DAYS - 1))
def test_a_horizon_that_reaches_back_before_t0_is_refused(start: date, horizon: int) -> None:
    """Under 28 days there are no four weeks after the exposure day, which is said and not papered over."""
    with pytest.raises(ValueError, match="do not hold four weeks; 28 do"):
        four_weeks(start, horizon)


@given(starts, st.integers(-30, 400))
def test_the_weeks_from_t0_tile(start: date, ahead: int) -> None:
    """The weeks since t0 begin with day 1, follow each other, and only those over by T are there."""
    through = day(start, ahead)
    weeks = weeks_after(start, through)
    assert follow(weeks) and len(weeks) == max(0, ahead) // 7
    if weeks:
        assert weeks[0].first_on == day(start, 1) and weeks[-1].last_on <= through
        assert through - weeks[-1].last_on < timedelta(days=7)


@given(days, st.integers(1, 60))
def test_iso_weeks_tile(on: date, number: int) -> None:
    """ISO weeks run from Monday to Sunday, follow each other, and the last holds the day."""
    weeks = iso_weeks(on, number)
    assert len(weeks) == number and follow(weeks) and on in weeks[-1]
    assert {week.first_on.weekday() for week in weeks} == {0}
    assert len({week_key(week.first_on) for week in weeks}) == number


@given(days)
def test_a_week_is_found_by_its_name(on: date) -> None:
    """The name of a day's week is the calendar's, the same for all of its days, and leads back to them."""
    key = week_key(on)
    assert key == on.strftime("%G-W%V")
    assert week_named(key) == iso_week(on) and on in week_named(key)
    assert {week_key(each) for each in iso_week(on)} == {key}


def test_the_year_has_a_week_fifty_three() -> None:
    """2026-12-28 to 2027-01-03 is 2026-W53, and the twelve weeks to it begin with 2026-W42."""
    assert week_named("2026-W53") == Days(date(2026, 12, 28), date(2027, 1, 3))
    assert week_key(date(2027, 1, 3)) == "2026-W53" and week_key(date(2027, 1, 4)) == "2027-W01"
    assert week_key(iso_weeks(date(2027, 1, 3), 12)[0].first_on) == "2026-W42"


@pytest.mark.parametrize(
    "key",
    ["2025-W53", "2026-W00", "2026-W54", "2026-46", "W46", "2026-W4", "2026-w46", "٢٠٢٦-W46", "", "0000-W01"],
)
def test_what_names_no_week_is_refused(key: str) -> None:
    """A week that the year does not have, or another spelling, is refused with one line."""
    with pytest.raises(ValueError, match="week"):
        week_named(key)


def test_days_that_end_before_they_begin_are_none() -> None:
    """A window that is over holds no day."""
    empty = Days(T0, T0 - timedelta(days=3))
    assert len(empty) == 0 and [*empty] == [] and T0 not in empty

"""Local time: daylight saving, midnight, moved zones, 29 February, working days, holidays."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nudging.times import Week, instant, is_holiday, next_due
from lessons.moments import (
    WEEKDAYS,
    CronTrigger,
    MonthDayTrigger,
    Nudges,
    WeekdayTrigger,
    WorkingDayTrigger,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "America/Havana",
    "Asia/Kathmandu",
    "UTC",
]
EPOCH = datetime(2005, 1, 1, tzinfo=UTC)
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(2005, 1, 1), date(2035, 12, 31))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
moments = st.integers(0, 30 * 365 * 24 * 60).map(lambda n: EPOCH + timedelta(minutes=n))


def utc(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def week(zone: str = "Europe/Berlin", **changes: object) -> Week:
    """A usual week in a zone."""
    return Week.of(Nudges(**changes), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("day", "at", "zone", "found"),
    [
        ("2026-03-29", "02:30", "Europe/Berlin", "2026-03-29 01:00"),  # the gap: 03:00 is the first there is
        ("2026-10-25", "02:30", "Europe/Berlin", "2026-10-25 00:30"),  # twice: the first
        ("2018-11-04", "00:00", "America/Sao_Paulo", "2018-11-04 03:00"),  # midnight was left out
        ("2011-12-30", "12:00", "Pacific/Apia", "2011-12-30 10:00"),  # a whole day was left out
        ("2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-03 15:30"),  # half an hour was
        ("2028-02-29", "09:30", "Europe/Berlin", "2028-02-29 08:30"),
        ("2026-06-01", "09:30", "Asia/Kolkata", "2026-06-01 04:00"),
    ],
)
def test_instants(day: str, at: str, zone: str, found: str) -> None:
    """Written cases of gaps, folds, midnight and a day that never was."""
    assert instant(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone)) == utc(found)


@given(days, times, zones)
def test_an_instant_shows_its_time_or_is_the_end_of_a_gap(day: date, at: time, zone: ZoneInfo) -> None:
    """Clocks show the time then; where they never do, they have just jumped over it."""
    found = instant(day, at, zone)
    wanted = datetime.combine(day, at)
    shown = found.astimezone(zone).replace(tzinfo=None)
    before = (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    assert shown == wanted or before < wanted < shown
    again = (found - timedelta(hours=1)).astimezone(zone).replace(tzinfo=None)
    assert again != wanted, "of two the first counts"


@given(moments, zones, st.sampled_from(["00:00", "02:30", "09:30", "23:59"]), st.integers(0, 6))
def test_a_weekly_time_comes_once_a_week(now: datetime, zone: ZoneInfo, at: str, number: int) -> None:
    """Each is later than the last, on its day of the week, and a week on (an hour more or less)."""
    trigger = WeekdayTrigger(weekday=WEEKDAYS[number], at=at)
    here = Week.of(Nudges(), zone)
    first = next_due(trigger, now, here)
    assert first is not None and first > now
    second = next_due(trigger, first, here)
    assert second is not None
    assert timedelta(days=6, hours=22) <= second - first <= timedelta(days=8, hours=2)


@pytest.mark.parametrize(
    ("trigger", "after", "found"),
    [
        (WeekdayTrigger(weekday="thursday", at="15:00"), "2026-11-05 13:59", "2026-11-05 14:00"),
        (WeekdayTrigger(weekday="thursday", at="15:00"), "2026-11-05 14:00", "2026-11-12 14:00"),
        (WeekdayTrigger(weekday=("monday", "friday"), at="09:00"), "2026-11-03 00:00", "2026-11-06 08:00"),
        (MonthDayTrigger(day_of_month=31, at="09:00"), "2026-11-01 00:00", "2026-12-31 08:00"),
        (MonthDayTrigger(day_of_month=-1, at="09:00"), "2028-02-01 00:00", "2028-02-29 08:00"),
        (MonthDayTrigger(day_of_month=-31, at="09:00"), "2026-11-02 00:00", "2026-12-01 08:00"),
        # November 2026 ends on a Monday: its last working days are the 30th and the 27th
        (WorkingDayTrigger(working_day_of_month=-2, at="09:30"), "2026-11-02 00:00", "2026-11-27 08:30"),
        # 1 January is a holiday, 2027 begins on a Friday
        (WorkingDayTrigger(working_day_of_month=1, at="09:30"), "2026-12-31 12:00", "2027-01-04 08:30"),
        # in May 2026 the 1st, 14th and 25th are holidays in Germany
        (WorkingDayTrigger(working_day_of_month=-4, at="09:30"), "2026-05-02 00:00", "2026-05-26 07:30"),
        (CronTrigger(cron="0 15 * * 4"), "2026-11-05 14:00", "2026-11-12 14:00"),
        (CronTrigger(cron="30 2 * * *"), "2026-03-28 12:00", "2026-03-29 01:00"),
        (CronTrigger(cron="30 2 * * *"), "2026-10-25 00:30", "2026-10-26 01:30"),
        (CronTrigger(cron="0 9 29 2 *"), "2026-11-05 00:00", None),
        (CronTrigger(cron="0 9 29 2 *"), "2027-03-05 00:00", "2028-02-29 08:00"),
    ],
)
def test_triggers_of_time(trigger: WeekdayTrigger, after: str, found: str | None) -> None:
    """Written cases: the day itself, months that are too short, working days, holidays, daylight saving."""
    due = next_due(trigger, utc(after), week(country="DE"))
    assert due == (utc(found) if found else None)


@pytest.mark.parametrize(("number", "month"), [(23, "2026-02"), (-23, "2026-02"), (0, "2026-01")])
def test_a_month_without_that_many_working_days_is_passed_over(number: int, month: str) -> None:
    """A working day that a month does not have does not come in it."""
    due = next_due(
        WorkingDayTrigger(working_day_of_month=number, at="09:30"), utc(f"{month}-01 00:00"), week()
    )
    assert due is None or f"{due:%Y-%m}" > month


@given(moments, zones)
def test_the_start_of_work_is_at_work(now: datetime, zone: ZoneInfo) -> None:
    """The next start is not before now, and within the hours of a working day."""
    here = Week.of(Nudges(country="US"), zone)
    start = here.next_start(now)
    assert start is not None and start >= now and here.is_at_work(start)
    if not here.is_at_work(now):
        assert not here.is_at_work(start - timedelta(minutes=1))
    end = here.end_of(start)
    assert end > start and not here.is_at_work(end)
    assert here.is_at_work(end - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("now", "at_work"),
    [
        ("2026-11-05 07:59", False),
        ("2026-11-05 08:00", True),
        ("2026-11-05 15:59", True),
        ("2026-11-05 16:00", False),
        ("2026-11-07 10:00", False),  # a Saturday
        ("2026-12-25 10:00", False),  # a holiday, on a Friday
    ],
)
def test_hours_of_work(now: str, at_work: bool) -> None:
    """From nine to five on working days in Berlin, and on no holiday."""
    assert week(country="DE").is_at_work(utc(now)) is at_work


def test_nobody_works_on_no_day() -> None:
    """Where every day is off, there is no next start."""
    always_off = Week(BERLIN, frozenset(), time(9), time(17))
    assert always_off.next_start(utc("2026-11-05 10:00")) is None


def test_holidays_are_the_countrys() -> None:
    """3 October is one in Germany and not in France; an unknown country has none."""
    day = date(2026, 10, 3)
    assert is_holiday("DE", day) and not is_holiday("FR", day)
    assert not is_holiday("XX", day) and not is_holiday(None, day)

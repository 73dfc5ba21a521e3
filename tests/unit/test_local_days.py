"""Days as people mean them: where they are, around midnight, and where clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import joining
from bot.errors import InvalidInput
from bot.events import EventType
from bot.facts import Facts
from bot.model import (
    ChannelName,
    Draw,
    Learner,
    LearnerId,
    Organization,
    OrganizationId,
    Snapshot,
    Status,
    Workspace,
    WorkspaceId,
)
from bot.typed import read_day
from tests.world import make_catalogue

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Havana",  # clocks go back at one, so midnight comes twice
    "Africa/Cairo",  # clocks go forward at midnight, so midnight does not come
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/St_Johns",
]
ACME = Organization(OrganizationId("o1"), "Acme", "Europe/Berlin", b"s" * 32)
ROOM = Workspace(WorkspaceId("w1"), ACME.id, ChannelName.WEB, "web")
DRAW = Draw(ACME.salt, "a", "b")
CATALOGUE = make_catalogue()

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
zones = st.sampled_from(ZONES)
moments = st.integers(0, 12 * 366 * 24 * 60).map(lambda minutes: SINCE + timedelta(minutes=minutes))
days = st.dates(date(2024, 1, 1), date(2100, 1, 1))


def of(zone: str | None) -> Snapshot:
    """Make the snapshot of an active learner somewhere."""
    learner = Learner(LearnerId("a"), ACME.id, 3, Status.ACTIVE, "finance", ("copilot",), zone, 50)
    return Snapshot(ACME, ROOM, learner=learner)


def paused_until(zone: str, typed: str, now: datetime) -> datetime:
    """Pause, and give the end of the pause."""
    decision = joining.pause(of(zone), joining.Pause(typed), CATALOGUE, now, DRAW)
    learner = decision.changes.learner
    assert learner is not None and learner.paused_until is not None
    assert learner.is_paused(now) and learner.is_paused(learner.paused_until - timedelta(microseconds=1))
    assert not learner.is_paused(learner.paused_until)
    return learner.paused_until


@given(zones, moments, st.integers(1, 366))
def test_a_pause_ends_with_the_first_moment_of_its_day(zone: str, now: datetime, ahead: int) -> None:
    """Wherever clocks change, quiet until a day lasts until that day begins where the learner is."""
    place = ZoneInfo(zone)
    day = now.astimezone(place).date() + timedelta(days=ahead)
    until = paused_until(zone, day.isoformat(), now)
    assert until.astimezone(place).date() == day
    assert (until - timedelta(microseconds=1)).astimezone(place).date() < day
    assert until > now


@given(days, st.sampled_from(["monday", "Friday", "next sunday", "until thursday"]))
def test_a_weekday_is_the_next_one(today: date, typed: str) -> None:
    """A weekday is one to seven days away, never today."""
    day = read_day(typed, today)
    assert 1 <= (day - today).days <= 7
    assert f"{day:%A}".lower() == typed.lower().split()[-1]


@given(days, st.integers(0, 400), st.sampled_from(["day", "days", "week", "weeks"]))
def test_a_number_of_days_or_weeks_is_counted(today: date, number: int, unit: str) -> None:
    """Days and weeks are counted from today, up to a year; more, and none, is refused."""
    ahead = number * (7 if unit.startswith("week") else 1)
    if 1 <= ahead <= 366:
        assert read_day(f"for {number} {unit}", today) == today + timedelta(days=ahead)
    else:
        with pytest.raises(InvalidInput):
            read_day(f"for {number} {unit}", today)


@given(days, days)
def test_a_date_is_taken_within_the_coming_year_only(today: date, day: date) -> None:
    """A date that is past, is today, or is over a year away is refused; every other is itself."""
    if timedelta(0) < day - today <= timedelta(days=366):
        assert read_day(f"until {day.isoformat()}", today) == day
    else:
        with pytest.raises(InvalidInput):
            read_day(day.isoformat(), today)


@given(
    days,
    st.one_of(
        st.text(max_size=30),
        st.lists(st.sampled_from(["next", "for", "9", "a", "day", "week", "x"])).map(" ".join),
    ),
)
def test_nonsense_is_refused_with_an_example(today: date, typed: str) -> None:
    """Whatever is typed gives a day of the coming year or a refusal that says how to say it."""
    try:
        ahead = read_day(typed, today) - today
    except InvalidInput as refusal:
        ahead = timedelta(days=len(refusal.problems["until"]) > 0)
    assert timedelta(0) < ahead <= timedelta(days=366)


def test_the_29th_of_february_is_a_day_in_leap_years_only() -> None:
    """The 29th of February is taken where the year has one."""
    assert read_day("2028-02-29", date(2027, 12, 1)) == date(2028, 2, 29)
    with pytest.raises(InvalidInput):
        read_day("2027-02-29", date(2026, 12, 1))


@given(zones, moments)
def test_an_event_is_of_the_learners_own_day(zone: str, now: datetime) -> None:
    """An event's local day is the calendar's day where the learner is at that moment."""
    event = Facts(of(zone), now, DRAW)(EventType.HELP_SHOWN)
    assert event.local_date == now.astimezone(ZoneInfo(zone)).date()
    assert event.occurred_at == now


@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        ("Europe/Berlin", "2026-10-24T21:59:59", "2026-10-24"),
        ("Europe/Berlin", "2026-10-24T22:00:00", "2026-10-25"),  # still summer time
        ("Europe/Berlin", "2026-10-25T22:30:00", "2026-10-25"),  # winter time since the morning
        ("Europe/Berlin", "2026-10-25T23:00:00", "2026-10-26"),
        ("Pacific/Kiritimati", "2026-10-25T10:00:00", "2026-10-26"),
        (None, "2026-10-25T23:00:00", "2026-10-26"),  # the organization's
        ("Mars/Olympus", "2026-10-25T23:00:00", "2026-10-25"),
    ],
)
def test_midnight_is_where_the_learner_is(zone: str | None, now: str, day: str) -> None:
    """The day changes at local midnight, also on the days on which clocks change; no zone is none's own."""
    event = Facts(of(zone), datetime.fromisoformat(now).replace(tzinfo=UTC), DRAW)(EventType.HELP_SHOWN)
    assert event.local_date.isoformat() == day

"""Meetings in a calendar: which match, when they begin, and what a calendar made to do harm comes to."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CalendarRefused
from bot.model import Meeting
from bot.nudging.meetings import MOST_MEETINGS, meetings_of
from lessons.moments import Moment
from tests.calendars import calendar, event

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # a Monday
UNTIL = NOW + timedelta(days=8)
ZONE = """\
BEGIN:VTIMEZONE
TZID:New York
BEGIN:STANDARD
DTSTART:20261101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
""".replace("\n", "\r\n")


def moment(*titles: str, name: str = "review") -> Moment:
    """A moment before meetings of some titles."""
    when = {"meeting": titles, "minutes_before": 30}
    return Moment.model_validate({"id": name, "kind": "apply", "when": when, "offer": {"lesson": "next"}})


def found(data: bytes, *titles: str) -> list[datetime]:
    """Give when the meetings of some titles begin."""
    made = meetings_of(data, [moment(*(titles or ("pipeline review",)))], NOW, UNTIL, BERLIN)
    return [meeting.starts_at for meeting in made]


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "begins"),
    [
        (":20261105T140000Z", utc(5, 14)),
        (";TZID=Europe/Berlin:20261105T140000", utc(5, 13)),
        (";TZID=New York:20261105T090000", utc(5, 14)),
        (":20261105T140000", utc(5, 13)),  # no zone: the person's own
    ],
)
def test_when_a_meeting_begins(start: str, begins: datetime) -> None:
    """In UTC, in a zone that is known or that the calendar brings, or in the person's own."""
    assert found(calendar(ZONE, event("Pipeline review", start))) == [begins]


@pytest.mark.parametrize(
    ("title", "pattern", "matches"),
    [
        ("Pipeline review", "pipeline review", True),
        ("PIPELINE   Review", "Pipeline review", True),
        ("Pipeline review DACH", "pipeline review", False),
        ("Pipeline review DACH", "pipeline review*", True),
        ("Weekly: pipeline review (call)", "*pipeline review*", True),
        ("Forecast", "pipeline*", False),
        ("Straße prüfen", "STRASSE PRÜFEN", True),
        ("1:1 [Ana]", "1:1 [[]ana]", True),
    ],
)
def test_titles_match_as_a_whole(title: str, pattern: str, matches: bool) -> None:
    """Capitals and spaces make no difference; a star stands for anything."""
    assert bool(found(calendar(event(title, ":20261105T140000Z")), pattern)) is matches


def test_a_series_comes_again_and_its_exceptions_are_kept() -> None:
    """Every weekday at nine; Wednesday is left out, Thursday is an hour later, Friday is called off."""
    series = event(
        "Stand-up",
        ";TZID=Europe/Berlin:20261001T090000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "EXDATE;TZID=Europe/Berlin:20261104T090000",
        uid="s",
    )
    moved = event(
        "Stand-up (late)",
        ";TZID=Europe/Berlin:20261105T100000",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261105T090000",
        uid="s",
    )
    off = event(
        "Stand-up",
        ";TZID=Europe/Berlin:20261106T090000",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261106T090000",
        "STATUS:CANCELLED",
        uid="s",
    )
    assert found(calendar(series, moved, off), "stand-up*") == [utc(2, 8), utc(3, 8), utc(5, 9), utc(9, 8)]


def test_daylight_saving_is_the_calendars() -> None:
    """A series at nine in Berlin begins at seven UTC in summer and at eight in winter."""
    series = event("Stand-up", ";TZID=Europe/Berlin:20261001T090000", "RRULE:FREQ=DAILY")
    summer = datetime(2026, 10, 24, tzinfo=UTC)
    made = meetings_of(calendar(series), [moment("stand-up")], summer, summer + timedelta(days=2), BERLIN)
    assert [each.starts_at.hour for each in made] == [7, 8]


@pytest.mark.parametrize(
    "entry",
    [
        event("Pipeline review", ";VALUE=DATE:20261105"),
        event("Pipeline review", ":20261105T140000Z", "STATUS:CANCELLED"),
        event("Pipeline review", ":20261101T140000Z"),
        event("Pipeline review", ":20261211T140000Z"),
        event("", ":20261105T140000Z"),
        "BEGIN:VEVENT\r\nUID:x\r\nSUMMARY:Pipeline review\r\nEND:VEVENT\r\n",
        "BEGIN:VTODO\r\nUID:x\r\nSUMMARY:Pipeline review\r\nDUE:20261105T140000Z\r\nEND:VTODO\r\n",
    ],
)
def test_what_is_no_meeting_to_come_is_passed_over(entry: str) -> None:
    """All day, cancelled, over, far ahead, without a title or a time, or a task."""
    assert found(calendar(entry)) == []


def test_one_meeting_may_be_of_two_moments() -> None:
    """Each moment has it under its own name, in the order of time."""
    data = calendar(event("Forecast review", ":20261105T140000Z"), event("Forecast", ":20261104T140000Z"))
    made = meetings_of(data, [moment("forecast*", name="a"), moment("*review", name="b")], NOW, UNTIL, BERLIN)
    assert made == (Meeting("a", utc(4, 14)), Meeting("a", utc(5, 14)), Meeting("b", utc(5, 14)))


def test_other_moments_want_no_meetings() -> None:
    """A moment of another trigger finds nothing, and so does none at all."""
    ritual = Moment.model_validate(
        {
            "id": "r",
            "kind": "apply",
            "when": {"weekday": "monday", "at": "09:00"},
            "offer": {"lesson": "next"},
        }
    )
    data = calendar(event("Pipeline review", ":20261105T140000Z"))
    assert meetings_of(data, [ritual], NOW, UNTIL, BERLIN) == meetings_of(data, [], NOW, UNTIL, BERLIN) == ()


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=2",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYSECOND=0,1,2,3,4,5",
        "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,10,20",
    ],
)
def test_what_repeats_within_a_day_is_no_meeting(rule: str) -> None:
    """A calendar made to keep a server busy comes to nothing, and the other entries stay."""
    data = calendar(
        event("Pipeline review", ":20260101T000000Z", f"RRULE:{rule}", uid="x"),
        event("Pipeline review", ":20261105T140000Z"),
    )
    assert found(data) == [utc(5, 14)]


def test_a_series_of_two_thousand_years_is_not_counted_through() -> None:
    """What began before ten years ago is left out."""
    old = event("Pipeline review", ":00010101T140000Z", "RRULE:FREQ=DAILY")
    assert found(calendar(old)) == []


def test_of_thousands_of_meetings_few_are_kept() -> None:
    """A calendar full of the same meeting gives so many and no more."""
    entries = (
        event("Pipeline review", f":2026110{3 + n % 6}T{n % 24:02}{n % 60:02}00Z", uid=str(n))
        for n in range(2000)
    )
    assert len(found(calendar(*entries))) <= MOST_MEETINGS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>Sign in</html>",
        b"BEGIN:VCALENDAR",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
        b"\xff\xfeB\x00E\x00",
        b"BEGIN:VCARD\r\nEND:VCARD\r\n",
    ],
)
def test_what_is_no_calendar_is_said(data: bytes) -> None:
    """A sign-in page, half a file, another kind of file."""
    with pytest.raises(CalendarRefused):
        meetings_of(data, [moment("x")], NOW, UNTIL, BERLIN)


@given(
    st.binary(max_size=300),
    st.sampled_from(["SUMMARY", "DTSTART", "RRULE", "EXDATE", "UID", "RECURRENCE-ID"]),
)
def test_no_bytes_break_it(rubbish: bytes, name: str) -> None:
    """Whatever stands in a property: meetings, or that it is no calendar."""
    good = event("Pipeline review", ":20261105T140000Z").encode()
    bad = good.replace(b"END:VEVENT", name.encode() + b":" + rubbish.replace(b"\n", b"") + b"\r\nEND:VEVENT")
    data = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + bad + b"END:VCALENDAR\r\n"
    try:
        made = meetings_of(data, [moment("*")], NOW, UNTIL, BERLIN)
    except CalendarRefused:
        return
    assert all(NOW <= each.starts_at < UNTIL for each in made)

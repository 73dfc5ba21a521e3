"""A calendar, from the form in which it is connected to the message before the meeting, on every channel."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.calendar.feed import FeedReader
from bot.app import Server
from scheduler.calendars import Calendars
from tests import teams_house
from tests.calendars import CalendarServer, calendar, calendar_server, event
from tests.commands import CATALOGUE
from tests.drivers import Driver
from tests.scenario.test_nudges import NO_HOLD, join
from tests.slack.house import house
from tests.web_house import Clock, room

MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # nine o'clock in Berlin
READ = MONDAY + timedelta(minutes=1)
"""When a calendar is read first: what was said before took its seconds."""

MOMENTS = """
moments:
  - {id: before-review, kind: apply, when: {meeting: ["*pipeline review*", forecast], minutes_before: 30},
     offer: {lesson: next}, say: Half an hour to your review.}
"""
REVIEW = event("Pipeline review (DACH)", ";TZID=Europe/Berlin:20261130T140000", "DESCRIPTION:with Ann and Bo")


@pytest.fixture
async def outlook() -> AsyncIterator[CalendarServer]:
    """Give a server with a calendar in which a review stands at two in the afternoon."""
    async with calendar_server() as server:
        server.gives(calendar(REVIEW, event("Dentist", ":20261130T100000Z")))
        yield server


def with_moments(folder: Path, moments: str = MOMENTS) -> Path:
    """Write a catalogue with a moment before meetings, and give its root."""
    place = folder / "catalogue"
    shutil.copytree(CATALOGUE.parent, place)
    root = place / "lessons.yaml"
    text = root.read_text()
    (old,) = [line for line in text.splitlines() if line.startswith("organization:")]
    root.write_text(text.replace(old, NO_HOLD) + moments)
    return root


class Office:
    """Somebody in Slack who has joined, and a server that may read calendars on this machine."""

    def __init__(self, server: Server, person: Driver, clock: Clock) -> None:
        self.server, self.person, self.clock = server, person, clock

    async def connect(self, url: str) -> None:
        """Connect a calendar, and let it be read."""
        await self.person.say("calendar")
        await self.person.fill("Connect a calendar", url=url)
        self.clock.now = READ
        await self.server.calendars.read_due()

    async def at(self, when: datetime) -> int:
        """Let the time come, and give how many messages went out."""
        self.clock.now = when
        said = await self.server.nudges.look()
        await self.server.outbox.idle()
        return said


@asynccontextmanager
async def opened(folder: Path, moments: str = MOMENTS) -> AsyncIterator[Office]:
    """Serve it."""
    root = with_moments(folder, moments)
    async with house(LAPS_LESSONS=str(root), LAPS_CALENDAR_HOSTS="127.0.0.1") as here:
        here.clock.now = MONDAY
        person = here.person()
        await join(person)
        yield Office(here.server, person, here.clock)
        assert here.slack.complaints == []


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Give somebody who agreed, on the morning of a Monday."""
    async with opened(tmp_path) as made:
        yield made


async def test_a_meeting_brings_its_message(office: Office, outlook: CalendarServer) -> None:
    """Half an hour before it, with the reason; of the calendar only the time was kept."""
    await office.connect(outlook.url)
    await office.person.press("What was found")
    assert "one in the next days" in office.person.shown() and "Monday, 14:00" in office.person.shown()
    assert await office.at(MONDAY + timedelta(hours=4, minutes=29)) == 0
    assert await office.at(MONDAY + timedelta(hours=4, minutes=30)) == 1
    assert "Half an hour to your review." in office.person.shown()
    await office.person.press("Why am I getting this?")
    assert "because your calendar has a meeting of this kind at 14:00" in office.person.shown()
    async for said, _ in office.server.store.export_events(None):
        assert "DACH" not in str(said) and "secret.ics" not in str(said)


async def test_after_it_has_begun_nothing_is_said(office: Office, outlook: CalendarServer) -> None:
    """With the server away until two o'clock the moment has passed."""
    await office.connect(outlook.url)
    assert await office.at(MONDAY + timedelta(hours=5, minutes=1)) == 0


async def test_a_meeting_that_moves_takes_its_message_along(office: Office, outlook: CalendarServer) -> None:
    """Read again half an hour later, it stands at four: the message comes at half past three, once."""
    await office.connect(outlook.url)
    outlook.gives(calendar(event("Forecast", ";TZID=Europe/Berlin:20261130T160000")))
    office.clock.now = READ + timedelta(minutes=30)
    assert await office.server.calendars.read_due() == 1
    assert await office.at(MONDAY + timedelta(hours=4, minutes=30)) == 0
    assert await office.at(MONDAY + timedelta(hours=6, minutes=30)) == 1


async def test_disconnected_nothing_is_left(office: Office, outlook: CalendarServer) -> None:
    """No address, no meeting, no message, and the server of the calendar is not asked again."""
    await office.connect(outlook.url)
    await office.person.press("Disconnect")
    assert "deleted" in office.person.shown()
    assert await office.at(MONDAY + timedelta(hours=4, minutes=30)) == 0
    asked = len(outlook.asked)
    assert await office.server.calendars.read_due() == 0 and len(outlook.asked) == asked
    await office.person.say("calendar")
    assert "Connect a calendar" in office.person.shown()


async def test_after_stop_no_calendar_is_read(office: Office, outlook: CalendarServer) -> None:
    """Whoever left is left alone, and so is their calendar."""
    await office.connect(outlook.url)
    await office.person.say("stop")
    office.clock.now = MONDAY + timedelta(hours=2)
    assert await office.server.calendars.read_due() == 0


@pytest.mark.parametrize(
    ("status", "data", "why"),
    [
        (404, b"", "There is no calendar at this address (HTTP 404)."),
        (200, b"<html>Sign in</html>", "What is at this address is no calendar."),
        (503, b"", "It does not answer at the moment."),
    ],
)
async def test_what_is_wrong_is_said_where_it_is_looked_for(
    office: Office, outlook: CalendarServer, status: int, data: bytes, why: str
) -> None:
    """The page says why; the calendar is left alone longer each time, and read again once it is mended."""
    good = outlook.answer
    outlook.gives(data, status)
    await office.connect(outlook.url)
    await office.person.say("calendar")
    assert f"It could not be read. {why}" in office.person.shown()
    for minutes, reads in ((29, 0), (30, 1), (89, 0), (90, 1)):
        office.clock.now = READ + timedelta(minutes=minutes)
        assert await office.server.calendars.read_due() == reads, minutes
    outlook.answer = good
    office.clock.now = READ + timedelta(hours=3, minutes=30)
    assert await office.server.calendars.read_due() == 1
    await office.person.say("calendar")
    assert "It could not be read." not in office.person.shown() and "one in" in office.person.shown()


@pytest.mark.parametrize("said", ["no address", "ftp://example.com/a.ics", "https://exam ple.com/a"])
async def test_what_is_no_address_is_told_at_its_field(office: Office, said: str) -> None:
    """Nothing is kept, and the form says what an address looks like."""
    await office.person.say("calendar")
    await office.person.fill("Connect a calendar", url=said)
    assert await office.server.calendars.read_due() == 0


async def test_a_private_address_is_not_asked(tmp_path: Path, outlook: CalendarServer) -> None:
    """Without the setting this server goes nowhere in its own network."""
    async with house(LAPS_LESSONS=str(with_moments(tmp_path))) as here:
        here.clock.now = MONDAY
        person = here.person()
        await join(person)
        await Office(here.server, person, here.clock).connect(outlook.url)
        await person.say("calendar")
        assert "It could not be read." in person.shown() and outlook.asked == []


async def test_without_meetings_in_the_catalogue_there_is_nothing_to_connect(tmp_path: Path) -> None:
    """The page says so, and has no form."""
    async with opened(tmp_path, "") as office:
        await office.person.say("calendar")
        assert "listed no meetings" in office.person.shown()
        assert "Connect a calendar" not in office.person.shown()


async def connect(person: Driver, url: str, calendars: Calendars) -> None:
    """Connect a calendar and have it read."""
    await person.say("calendar")
    assert "*pipeline review*, forecast" in person.shown()
    await person.fill("Connect a calendar", url=url)
    assert "Connected." in person.shown()
    assert await calendars.read_due() == 1
    await person.press("What was found")
    assert "one in the next days" in person.shown()


async def test_in_teams(tmp_path: Path, outlook: CalendarServer) -> None:
    """The address is typed into the card."""
    async with teams_house.laps(with_moments(tmp_path)) as here:
        here.clock.now = MONDAY
        person = here.person()
        await join(person)
        calendars = Calendars(here.store, FeedReader(["127.0.0.1"]), lambda: here.live.now, here.clock)
        await connect(person, outlook.url, calendars)
        assert here.microsoft.complaints == []


async def test_in_the_practice_room(tmp_path: Path, outlook: CalendarServer) -> None:
    """The address is typed into the page."""
    root = with_moments(tmp_path)
    async with room(LAPS_LESSONS=str(root), LAPS_CALENDAR_HOSTS="127.0.0.1") as here, here.person() as person:
        here.clock.now = MONDAY
        await join(person)
        await connect(person, outlook.url, here.server.calendars)

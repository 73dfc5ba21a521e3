"""Reading a calendar by its address: what is followed, what is refused, and where Laps does not go."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from adapters.calendar.feed import MOST_BYTES, FeedReader, address_of
from bot.errors import CalendarRefused, Unavailable
from tests.calendars import CalendarServer, calendar, calendar_server


@pytest.fixture
async def server() -> AsyncIterator[CalendarServer]:
    """Give a server of calendars on this machine."""
    async with calendar_server() as running:
        yield running


OWN = FeedReader(["127.0.0.1"])


async def test_a_calendar_is_read(server: CalendarServer) -> None:
    """From a host of the organization's own, also without https."""
    assert await OWN.read(server.url) == calendar()


async def test_nobody_sends_this_server_into_its_own_network(server: CalendarServer) -> None:
    """Without the setting an address on this machine is not asked at all."""
    for address in (
        server.url,
        server.url.replace("http:", "https:"),
        server.url.replace("127.0.0.1", "localhost"),
    ):
        with pytest.raises(CalendarRefused):
            await FeedReader().read(address)
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "https://10.0.0.1/a.ics",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.ics",
        "https://[fd00::1]/a.ics",
        "https://192.168.1.1/a.ics",
        "https://0.0.0.0/a.ics",
        "https://localhost/a.ics",
        "https://metadata.localhost/a.ics",
    ],
)
async def test_private_addresses_are_refused(address: str) -> None:
    """However they are written."""
    with pytest.raises(CalendarRefused, match="private network"):
        await FeedReader().read(address)


async def test_a_name_that_leads_into_the_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is where a name leads, at the time when it is asked."""

    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        return [{"hostname": host, "host": "10.0.0.7", "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr("adapters.calendar.feed.DefaultResolver.resolve", resolve)
    with pytest.raises(CalendarRefused, match="private network"):
        await FeedReader().read("https://calendar.example.com/a.ics")


async def test_a_redirection_is_followed_and_looked_at(server: CalendarServer) -> None:
    """One to the same host is followed; one to where Laps does not go is refused; a circle ends."""

    def answer(path: str) -> web.Response:
        if path == "/secret.ics":
            return web.Response(status=302, headers={"Location": "/moved.ics"})
        return web.Response(body=calendar())

    server.answer = answer
    assert await OWN.read(server.url) == calendar()
    server.gives(b"", 302, Location="http://10.0.0.1/")
    with pytest.raises(CalendarRefused, match="https only"):
        await OWN.read(server.url)
    server.gives(b"", 302, Location="https://10.0.0.1/")
    with pytest.raises(CalendarRefused, match="private network"):
        await OWN.read(server.url)
    server.gives(b"", 301, Location="/secret.ics")
    with pytest.raises(CalendarRefused, match="without an end"):
        await OWN.read(server.url)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, CalendarRefused), (403, CalendarRefused), (429, Unavailable), (503, Unavailable)],
)
async def test_what_is_not_there_is_told_from_what_is_down(
    server: CalendarServer, status: int, kind: type[Exception]
) -> None:
    """A calendar that is gone is said; a server in trouble is asked again."""
    server.gives(b"", status)
    with pytest.raises(kind):
        await OWN.read(server.url)


async def test_five_megabytes_are_the_most(server: CalendarServer) -> None:
    """What is larger is not read to its end."""
    server.gives(b"x" * (MOST_BYTES + 1))
    with pytest.raises(CalendarRefused, match="larger than 5 MB"):
        await OWN.read(server.url)


async def test_a_server_that_is_gone_is_asked_again() -> None:
    """A refused connection is no verdict on the calendar."""
    async with calendar_server() as stopped:
        address = stopped.url
    with pytest.raises(Unavailable):
        await OWN.read(address)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("webcal://calendar.example.com/a.ics", "https://calendar.example.com/a.ics"),
        ("  https://calendar.example.com/a.ics ", "https://calendar.example.com/a.ics"),
    ],
)
def test_addresses_are_read(said: str, address: str) -> None:
    """As calendars give them out."""
    assert str(address_of(said)) == address


@pytest.mark.parametrize(
    "said",
    [
        "",
        "calendar.example.com",
        "ftp://example.com/a",
        "https://",
        "https://u:p@example.com/",
        "https://[",
        "file:///etc/passwd",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_what_is_no_address_is_refused(said: str) -> None:
    """Nothing but https and what stands for it."""
    with pytest.raises(CalendarRefused):
        address_of(said)

"""Calendars for tests: their text, and a loopback server that gives them out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


def event(title: str, start: str, *more: str, uid: str = "") -> str:
    """Write an entry that lasts an hour; `start` is all that follows DTSTART."""
    lines = (f"UID:{uid or title}", "DTSTAMP:20261101T000000Z", f"SUMMARY:{title}", f"DTSTART{start}", *more)
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", *lines, "END:VEVENT"))


def calendar(*parts: str) -> bytes:
    """Write a calendar of some entries."""
    return "".join((HEAD, *parts, TAIL)).encode()


class CalendarServer:
    """Gives out what `answer` makes for each request, at `url`."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.answer: Callable[[str], web.Response] = lambda path: web.Response(body=calendar())

    def gives(self, data: bytes, status: int = 200, **headers: str) -> None:
        """Answer everything with this."""
        self.answer = lambda path: web.Response(body=data, status=status, headers=headers)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer."""
        self.asked.append(request.path)
        return self.answer(request.path)


@asynccontextmanager
async def calendar_server() -> AsyncIterator[CalendarServer]:
    """Run a server of calendars."""
    server = CalendarServer()
    application = web.Application()
    application.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/secret.ics"
        yield server
    finally:
        await runner.cleanup()

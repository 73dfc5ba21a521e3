"""The whole of Laps behind the practice room, on a database in memory, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.app import Server, build
from bot.model import ChannelName
from bot.settings import Settings
from storage import open_store
from tests.web_driver import WebDriver
from tests.world import NOW

CATALOGUE = Path(__file__).parent / "catalogue" / "lessons.yaml"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time go by that is to be waited for."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Room:
    """A running practice room."""

    url: str
    server: Server
    clock: Clock

    @asynccontextmanager
    async def person(self) -> AsyncIterator[WebDriver]:
        """Open the page as somebody new."""
        driver = WebDriver(self.url)
        try:
            await driver.open()
            yield driver
        finally:
            await driver.close()


def make_settings(**changes: object) -> Settings:
    """Make settings that no environment and no .env file touches."""
    values = {"LAPS_LESSONS": str(CATALOGUE), "LAPS_DATABASE_URL": "sqlite+aiosqlite://", **changes}
    return Settings.model_validate(values)


@asynccontextmanager
async def room(port: int = 0, **changes: object) -> AsyncIterator[Room]:
    """Serve Laps on a port of this machine, by itself a free one."""
    clock = Clock()
    settings = make_settings(**changes)
    store = await open_store(settings.database_url, "Acme", "Europe/Berlin", clock)
    server = await build(settings, clock=clock, store=store, sleep=clock.sleep)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, port = runner.addresses[0][:2]
        yield Room(f"http://{host}:{port}", server, clock)
    finally:
        await runner.cleanup()


def adapter_names(server: Server) -> set[ChannelName]:
    """Give the names of the channels that a server has."""
    return {adapter.channel.name for adapter in server.adapters}

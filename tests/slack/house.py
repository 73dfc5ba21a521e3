"""The whole of Laps behind the Slack adapter, with a loopback Slack in front of it, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from adapters.slack.app import SlackAdapter
from bot.app import Server, build
from storage import open_store
from tests.slack.driver import SlackDriver
from tests.slack.server import APP_TOKEN, SECRET, SOCKET, TOKEN, SlackServer, slack_server
from tests.web_house import Clock, make_settings

LAPS = {"SLACK_SIGNING_SECRET": SECRET, "SLACK_BOT_TOKEN": TOKEN}


@dataclass
class House:
    """A running Laps, its Slack, and the people there."""

    slack: SlackServer
    server: Server
    bot: str
    clock: Clock

    def person(self, name: str = "U1") -> SlackDriver:
        """A person at a client, who waits until Laps has said what it had to say."""
        return SlackDriver(self.slack, self.bot, name, self.server.outbox.idle)

    @property
    def adapter(self) -> SlackAdapter:
        """The Slack adapter."""
        return next(adapter for adapter in self.server.adapters if isinstance(adapter, SlackAdapter))

    async def events(self) -> list[str]:
        """List the types of all adoption events."""
        return [event.type.value async for event, _ in self.server.store.export_events(None)]


@asynccontextmanager
async def house(**changes: object) -> AsyncIterator[House]:
    """Serve Laps, set up for a loopback Slack, on a free port of this machine."""
    clock = Clock()
    async with slack_server(clock) as slack, laps(slack, clock, **changes) as here:
        yield here


@asynccontextmanager
async def socket_house(**changes: object) -> AsyncIterator[House]:
    """Serve Laps in Socket Mode, once it is connected."""
    async with house(SLACK_APP_TOKEN=APP_TOKEN, SLACK_SIGNING_SECRET=None, **changes) as here:
        await here.slack.until(lambda: bool(here.slack.sockets))
        yield replace(here, bot=SOCKET)


@asynccontextmanager
async def laps(slack: SlackServer, clock: Clock, **changes: object) -> AsyncIterator[House]:
    """Serve Laps for a Slack that is there already."""
    settings = make_settings(**{"SLACK_API_URL": f"{slack.url}/api/", **LAPS, **changes})
    store = await open_store(settings.database_url, "Acme", "Europe/Berlin", clock)
    server = await build(settings, clock=clock, store=store, sleep=clock.sleep)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield House(slack, server, f"http://{host}:{port}/slack/events", clock)
    finally:
        await runner.cleanup()

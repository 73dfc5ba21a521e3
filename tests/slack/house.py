"""The whole of Laps behind the Slack adapter, with a loopback Slack in front of it, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from bot.app import Server, build
from storage import open_store
from tests.slack.driver import SlackDriver
from tests.slack.server import SECRET, TOKEN, SlackServer, slack_server
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

    async def events(self) -> list[str]:
        """List the types of all adoption events."""
        return [event.type.value async for event, _ in self.server.store.export_events(None)]


@asynccontextmanager
async def house(**changes: object) -> AsyncIterator[House]:
    """Serve Laps, set up for a loopback Slack, on a free port of this machine."""
    clock = Clock()
    async with slack_server(clock) as slack:
        settings = make_settings(SLACK_API_URL=f"{slack.url}/api/", **{**LAPS, **changes})
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

"""The servers under test, each in a process of its own: `python -m benchmarks.servers NAME FOLDER`.

A server writes its port to FOLDER/port, and what was seeded to FOLDER/learners.json.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import orjson
from aiohttp import web

from adapters.slack.app import SlackAdapter, SlackConfig
from adapters.slack.render import render
from adapters.teams.app import TeamsAdapter, TeamsConfig
from adapters.teams.render import activity
from benchmarks.traffic import SECRET, TEAM, TENANT
from bot.app import keep_what_is_loaded
from bot.dispatch import Dispatcher
from bot.errors import RateLimited
from bot.messages import Limits, Message
from bot.model import ChannelName, Delivery, Incoming, Operation, Sender, Sent, WorkspaceRef
from bot.ports import Channel, Lane, Store
from lessons.loading import load
from scheduler.outbox import Outbox
from scheduler.pacing import Pacer
from storage import open_store

LEARNERS = 512


def now() -> datetime:
    """Say what time it is."""
    return datetime.now(UTC)


class Sink:
    """A channel that draws every message and enforces the platform's own pace, but sends nothing.

    Teams' limit per app and tenant (50 a second) is left out: with it no machine could be measured.
    """

    def __init__(self, real: Channel, draw: Callable[[Message], object], tenant_wide: bool) -> None:
        self.name: ChannelName = real.name
        self.limits: Limits = real.limits
        self._real, self._draw, self._tenant_wide = real, draw, tenant_wide
        self._pacer = Pacer()
        self.taken = 0

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Give the real channel's limits."""
        lanes = self._real.lanes(delivery)
        return lanes if self._tenant_wide else lanes[:1]

    async def deliver(self, delivery: Delivery) -> Sent:
        """Draw it, and refuse what overruns a limit."""
        lanes, moment = self.lanes(delivery), now()
        if self._pacer.wait(lanes, moment):
            raise RateLimited(1)
        self._pacer.note(lanes, moment)
        self._draw(delivery.message)
        self.taken += 1
        return Sent(external=f"1.{self.taken}" if delivery.operation is Operation.POST else None)

    async def find(self, delivery: Delivery) -> Sent | None:
        """Say that nothing is lost here."""
        return None


async def _seed(desk: Dispatcher, store: Store, ref: WorkspaceRef) -> list[tuple[str, str]]:
    """Bring learners to the first practice of a lesson, through the core."""
    seeded = []
    steps: list[tuple[str, dict[str, str]]] = [
        ("arrive", {}),
        ("agree", {}),
        ("set", {"k": "job_family", "x": "finance"}),
        ("set", {"k": "tools", "x": "copilot"}),
        ("set", {"k": "time_zone", "x": "Europe/Berlin"}),
        ("set", {"k": "confidence", "x": "50"}),
        ("next", {}),
    ]

    async def one(number: int) -> tuple[str, str]:
        user = f"U{number}"
        sender = Sender(user, service_url="http://127.0.0.1:9/teams/")
        direct = f"a:{user}" if ref.channel is ChannelName.TEAMS else f"D{user}"
        for step, (verb, args) in enumerate(steps):
            await desk.handle(
                Incoming(
                    f"seed-{number}-{step}", ref, sender, direct, verb, args, by_platform=verb == "arrive"
                )
            )
        learner = await store.find_person(f"{ref.channel}:{user}")
        return user, str(learner.current)

    for start in range(0, LEARNERS, 64):
        seeded += await asyncio.gather(*(one(n) for n in range(start, start + 64)))
    return seeded


class _NoOutlet:
    def take(self, deliveries: object) -> None:
        """Send nothing while seeding."""


async def ours(folder: Path, channel: ChannelName) -> web.Application:
    """Laps on SQLite, with the channel's real adapter in front and a sink behind."""
    found = load(Path("lessons.yaml"), now().date())
    catalogue, findings = found.catalogue, found.findings
    if catalogue is None:
        raise SystemExit("\n".join(map(str, findings)))
    store = await open_store(f"sqlite+aiosqlite:///{folder / 'bench.db'}", "Acme", "Europe/Berlin")
    ref = WorkspaceRef(channel, TEAM if channel is ChannelName.SLACK else TENANT)
    seeded = await _seed(Dispatcher(store, lambda: catalogue, _NoOutlet(), now), store, ref)
    (folder / "learners.json").write_bytes(orjson.dumps(seeded))
    channels: dict[ChannelName, Channel] = {}
    outbox = Outbox(store, channels, now)
    desk = Dispatcher(store, lambda: catalogue, outbox, now)
    if channel is ChannelName.SLACK:
        slack = SlackAdapter(SlackConfig(SECRET, None, None, "http://127.0.0.1:9/api/"), desk, now)
        sink, routes = Sink(slack.channel, render, tenant_wide=True), slack.routes()
    else:
        teams = TeamsAdapter(TeamsConfig(anonymous=True), desk, now)
        sink, routes = Sink(teams.channel, activity, tenant_wide=False), teams.routes()
    channels[channel] = sink

    async def settled(request: web.Request) -> web.Response:
        await outbox.idle()
        return web.json_response({"taken": sink.taken})

    application = web.Application(client_max_size=1_000_000)
    application.add_routes([*routes, web.get("/settled", settled)])
    return application


async def stock_bolt(folder: Path) -> web.Application:
    """Bolt as its documentation mounts it on aiohttp: it verifies, acknowledges, and does nothing."""
    import re

    from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.authorization import AuthorizeResult

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_token="xoxb-x", bot_user_id="U0"
        )

    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize)

    async def acknowledge(ack: Callable[[], Awaitable[object]]) -> None:
        await ack()

    bolt.action(re.compile(".*"))(acknowledge)

    async def receive(request: web.Request) -> web.Response:
        answer = await bolt.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    application = web.Application()
    application.add_routes([web.post("/slack/events", receive)])
    return application


async def stock_cloud_adapter(folder: Path) -> web.Application:
    """Botbuilder's CloudAdapter as its samples mount it: an echo."""
    from botbuilder.core import ActivityHandler, TurnContext
    from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication

    class Settings:
        APP_ID = ""
        APP_PASSWORD = ""
        APP_TYPE = "MultiTenant"
        APP_TENANTID = ""

    class Echo(ActivityHandler):  # type: ignore[misc]
        async def on_message_activity(self, turn_context: TurnContext) -> None:
            await turn_context.send_activity(f"You said {turn_context.activity.text}")

    adapter, bot = CloudAdapter(ConfigurationBotFrameworkAuthentication(Settings())), Echo()

    async def receive(request: web.Request) -> web.StreamResponse:
        answer: web.StreamResponse = await adapter.process(request, bot)
        return answer

    application = web.Application()
    application.add_routes([web.post("/api/messages", receive)])
    return application


async def connector(folder: Path) -> web.Application:
    """A loopback Bot Connector that takes everything."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"id": "1"}, status=201)

    application = web.Application(client_max_size=1_000_000)
    application.add_routes([web.post("/teams/v3/conversations/{c}/activities", take)])
    application.add_routes([web.post("/teams/v3/conversations/{c}/activities/{a}", take)])
    return application


OURS = ("slack", "teams")
SERVERS: dict[str, Callable[[Path], Awaitable[web.Application]]] = {
    "slack": lambda folder: ours(folder, ChannelName.SLACK),
    "teams": lambda folder: ours(folder, ChannelName.TEAMS),
    "stock-bolt": stock_bolt,
    "stock-cloud-adapter": stock_cloud_adapter,
    "connector": connector,
}


async def serve(name: str, folder: Path) -> None:
    """Serve until told to stop; with PROFILE set, the profile's top rows go to FOLDER/profile.txt."""
    runner = web.AppRunner(await SERVERS[name](folder), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    if name in OURS:  # as `laps run` does
        keep_what_is_loaded()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (folder / "port.new").write_text(str(runner.addresses[0][1]))
    (folder / "port.new").rename(folder / "port")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    profile = cProfile.Profile() if os.environ.get("LAPS_PROFILE") else None
    if profile:
        profile.enable()
    await stop.wait()
    await runner.cleanup()
    if profile:
        profile.disable()
        text = StringIO()
        pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(25)
        (folder / "profile.txt").write_text(text.getvalue())


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))

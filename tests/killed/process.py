"""Laps in a process of its own, which is told where on the way of an interaction to kill itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from adapters.slack.app import SlackAdapter
from adapters.teams.app import TeamsAdapter, TeamsConfig
from bot import app
from bot.model import Changes, ChannelName, Delivery, Sent, SessionId, Snapshot, Workspace
from bot.ports import Clock, Desk, Needs, Settlement
from bot.settings import Settings
from storage.sqlite import SqliteStore
from tests.web_house import make_settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Deliver = Callable[[Delivery], Coroutine[object, object, Sent]]


class Point(Enum):
    """Where a process can die between the receipt of an interaction and the settlement of its reply."""

    RECEIVED = "received, nothing read"
    DECIDED = "decided, nothing handed to the store"
    WRITTEN = "written, not committed"
    COMMITTED = "committed, neither answered nor sent"
    UNANSWERED = "committed and sent, not answered"
    ANSWERED = "answered, not sent"
    SENT = "answered and sent, not settled"
    SETTLING = "settlement written, not committed"
    SETTLED = "settled"


LAST_STATEMENTS = {
    Point.WRITTEN: "INSERT INTO delivery",
    Point.SETTLING: "WITH wanted(id, state, settled_at",
}
"""How the statement begins that writes the last of a change, and the one that settles a delivery."""


@dataclass(frozen=True)
class Orders:
    """How a process is to run.

    Attributes:
        database: the SQLite file.
        clock: the file whose time of change says what time it is.
        settings: by their names in the environment.
        teams: Teams with the addresses of a loopback Microsoft, for which there is no setting.
    """

    database: Path
    clock: Path
    settings: dict[str, str]
    teams: TeamsConfig | None = None


class SharedClock:
    """A clock that several processes read: it stands still until one of them moves it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self._file.stat().st_mtime, UTC)

    def set(self, now: datetime) -> None:
        """Set it."""
        if not self._file.exists():
            self._file.touch()
        os.utime(self._file, (now.timestamp(), now.timestamp()))

    def pass_by(self, **units: float) -> None:
        """Let time go by, in the units of a timedelta."""
        self.set(self() + timedelta(**units))

    async def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.pass_by(seconds=seconds)


class Doom:
    """Kills the process where the test has said; the test also says when the platform has its answer."""

    def __init__(self, pipe: Connection) -> None:
        self.point: Point | None = None
        self._pipe = pipe
        self._answered = asyncio.Event()
        self._written = False

    async def listen(self, quiet: Callable[[], Awaitable[None]]) -> None:
        """Hear what the test says; a point counts from when nothing of earlier interactions is under way."""
        words: asyncio.Queue[Point | None] = asyncio.Queue()
        pipe = self._pipe
        asyncio.get_running_loop().add_reader(pipe.fileno(), lambda: words.put_nowait(pipe.recv()))
        while True:
            word = await words.get()
            if word is None:
                self._answered.set()
                continue
            await quiet()
            self.point = word
            self._pipe.send("armed")

    def at(self, point: Point) -> None:
        """Come to a point; where it is the one, this is the end."""
        if self.point is point:
            self._pipe.send(point)
            os.kill(os.getpid(), signal.SIGKILL)

    def trace(self, statement: str) -> None:
        """Be told of each statement just before the writer's connection runs it."""
        if self.point in LAST_STATEMENTS and statement.startswith(LAST_STATEMENTS[self.point]):
            self._written = True
        if statement == "COMMIT" and self._written and self.point is not None:
            self.at(self.point)

    async def answered(self, *points: Point) -> None:
        """Wait until the platform has its answer, where the end comes after that."""
        if self.point in points:
            await self._answered.wait()


class DoomedStore(SqliteStore):
    """The store in SQLite, with points on its way."""

    doom: Doom

    def meet(self, doom: Doom) -> None:
        """Let the doom in, also between the statements of the writer's thread."""
        self.doom = doom
        self._writer._connection.set_trace_callback(doom.trace)

    async def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, needs: Needs, now: datetime
    ) -> Snapshot:
        self.doom.at(Point.RECEIVED)
        return await super().snapshot(workspace, account, session, needs, now)

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        self.doom.at(Point.DECIDED)
        await super().apply(changes, deadline)
        self.doom.at(Point.COMMITTED)

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        await super().settle(settlements)
        self.doom.at(Point.SETTLED)


def doomed(deliver: Deliver, doom: Doom) -> Deliver:
    """Put points before and after what a channel sends."""

    async def delivered(delivery: Delivery) -> Sent:
        await doom.answered(Point.ANSWERED)
        doom.at(Point.ANSWERED)
        sent = await deliver(delivery)
        doom.at(Point.UNANSWERED)
        await doom.answered(Point.SENT, Point.SETTLING, Point.SETTLED)
        doom.at(Point.SENT)
        return sent

    return delivered


def withholding(doom: Doom) -> Middleware:
    """Keep the HTTP answer back where the end is to come before it, but after the reply."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if doom.point is Point.UNANSWERED:
            await asyncio.Event().wait()
        return response

    return middleware


def live(orders: Orders, pipe: Connection) -> None:
    """Serve until told to stop or killed; says its port once what an earlier process left is sent."""
    asyncio.run(_live(orders, pipe))


async def _live(orders: Orders, pipe: Connection) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    doom = Doom(pipe)
    server = await _build(orders, doom)
    application = server.application()
    application.middlewares.append(withholding(doom))
    application.on_shutdown.insert(0, partial(_say_stopping, pipe))
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        while await server.outbox.drain():
            await server.outbox.idle()
        listening = asyncio.create_task(doom.listen(partial(_quiet, server)))
        pipe.send(runner.addresses[0][1])
        await stop.wait()
        listening.cancel()
    finally:
        await runner.cleanup()


async def _say_stopping(pipe: Connection, application: web.Application) -> None:
    pipe.send("stopping")


async def _quiet(server: app.Server) -> None:
    """Wait until nothing is under way."""
    for adapter in server.adapters:
        if isinstance(adapter, SlackAdapter):
            await adapter._background.idle()
    await server.outbox.idle()


async def _build(orders: Orders, doom: Doom) -> app.Server:
    """Put Laps together as its command does, but for the clock and the points."""
    clock = SharedClock(orders.clock)
    store = await DoomedStore.open(orders.database, "Acme", "Europe/Berlin", clock)
    assert isinstance(store, DoomedStore)
    store.meet(doom)
    if orders.teams is not None:
        app._MAKERS = {**app._MAKERS, ChannelName.TEAMS: _teams(orders.teams)}
    settings = make_settings(**orders.settings)
    server = await app.build(settings, clock=clock, store=store, sleep=clock.sleep)
    for channel in (adapter.channel for adapter in server.adapters):
        channel.deliver = doomed(channel.deliver, doom)  # type: ignore[assignment, method-assign]
    return server


def _teams(config: TeamsConfig) -> Callable[[Settings, Desk, Clock], TeamsAdapter]:
    return lambda settings, desk, clock: TeamsAdapter(config, desk, clock)

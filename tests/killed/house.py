"""Laps in one process after the other, on one file and one clock."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from adapters.teams.app import TeamsConfig
from bot.events import EventType
from bot.model import Session, WorkspaceRef
from bot.ports import Needs
from storage import open_store
from tests.killed.process import Orders, Point, SharedClock, live
from tests.world import NOW

PATIENCE = 30.0
"""Seconds that anything may take on a busy machine."""

NURSERY = multiprocessing.get_context("forkserver")
"""Each process is forked from one that has imported everything and done nothing, which saves a second."""
NURSERY.set_forkserver_preload(["tests.killed.process"])


class Life:
    """One process, from its start to its end."""

    def __init__(self, orders: Orders) -> None:
        self._pipe, theirs = NURSERY.Pipe()
        self._process = NURSERY.Process(target=live, args=(orders, theirs), daemon=True)
        self._process.start()
        theirs.close()

    async def says(self) -> object:
        """Wait for what the process says next."""
        if not await asyncio.to_thread(self._pipe.poll, PATIENCE):
            raise TimeoutError("the process says nothing")
        return self._pipe.recv()

    async def arm(self, point: Point) -> None:
        """Let the process die at a point of what comes in next."""
        self._pipe.send(point)
        assert await self.says() == "armed"

    def answered(self) -> None:
        """Tell the process that the platform has its HTTP answer."""
        self._pipe.send(None)

    async def killed(self, point: Point) -> None:
        """Wait until the process has killed itself at a point."""
        assert await self.says() is point
        assert await self._ends() == -signal.SIGKILL

    async def is_told_to_stop(self) -> None:
        """Tell the process to stop, as an operator does, and wait until it has begun to."""
        self._process.terminate()
        assert await self.says() == "stopping"

    async def stops(self) -> None:
        """Wait until the process has ended well."""
        assert await self._ends() == 0

    async def stop(self) -> None:
        """Have the process stop."""
        await self.is_told_to_stop()
        await self.stops()

    async def _ends(self) -> int | None:
        await asyncio.to_thread(self._process.join, PATIENCE)
        return self._process.exitcode

    def bury(self) -> None:
        """Kill it if it lives still, and leave nothing of it behind."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()


@dataclass(frozen=True)
class Stored:
    """What the database says of the one person in it: sessions, events, and how much is left to be sent."""

    sessions: Sequence[Session]
    events: Sequence[EventType]
    unsettled: int

    @property
    def version(self) -> int:
        """How often the newest session has changed; 0 before there is one."""
        return self.sessions[0].version if self.sessions else 0


class House:
    """A database and a clock, and the processes that live on them."""

    def __init__(
        self, folder: Path, clock: SharedClock, settings: Mapping[str, str], teams: TeamsConfig | None = None
    ) -> None:
        self.clock = clock
        self.settings = {"LAPS_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'laps.db'}", **settings}
        self.database = folder / "laps.db"
        self._orders = Orders(self.database, folder / "clock", self.settings, teams)
        self._lives: list[Life] = []

    async def start(self) -> tuple[Life, str]:
        """Start a process and give it with its address, once it has sent what an earlier one left."""
        life = Life(self._orders)
        self._lives.append(life)
        port = await life.says()
        return life, f"http://127.0.0.1:{port}"

    async def stored(self, workspace: WorkspaceRef, account: str) -> Stored:
        """Read what is stored of a person."""
        store = await open_store(self.settings["LAPS_DATABASE_URL"], "Acme", "Europe/Berlin", self.clock)
        try:
            here = await store.workspace(workspace)
            seen = await store.snapshot(here, account, None, Needs(history=True), self.clock())
            events = [event async for event, _ in store.export_events(None)]
        finally:
            await store.close()
        with closing(sqlite3.connect(self.database)) as file:
            (count,) = file.execute("SELECT count(*) FROM delivery WHERE due_at IS NOT NULL").fetchone()
        return Stored(seen.history, [event.type for event in events], count)

    def close(self) -> None:
        """Leave no process behind."""
        for life in self._lives:
            life.bury()


def shared_clock(folder: Path) -> SharedClock:
    """Make a clock that stands at the time of every test."""
    clock = SharedClock(folder / "clock")
    clock.set(NOW)
    return clock

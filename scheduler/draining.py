"""Drains workspaces: claims what is due, no more at once than can be on its way, until nothing is left.

One process drains a workspace, so that it alone keeps the pace there; the store leases it the workspace with
every claim, and another process takes over when that lease is over.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from bot.errors import StorageError
from bot.model import Delivery, DeliveryId, DeliveryState, Workspace, WorkspaceId
from bot.ports import Clock, Store

log = logging.getLogger("laps.outbox")

LEASE = timedelta(seconds=30)
"""How long a claimed delivery, and the workspace it is in, is this process's own."""

ROOM = 32
"""Deliveries of one workspace that are under way at once: at Teams' 40 a second, answers may take 0.8 s."""


class _Drain:
    """One workspace, and what of it is under way."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.under_way: set[DeliveryId] = set()
        self.changed = asyncio.Event()
        self.again = False
        self.task: asyncio.Task[None] | None = None


class Drainer:
    """This process as one that drains workspaces."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        start: Callable[[Sequence[Delivery]], None],
        observe: Callable[[Delivery, DeliveryState], None],
        is_closed: Callable[[Workspace], bool],
    ) -> None:
        """Wire it.

        Args:
            store: where deliveries are claimed.
            clock: says the time.
            start: starts sending what was claimed.
            observe: is told of what ended instead of going out.
            is_closed: says whether a workspace's platform wants to hear nothing now.
        """
        self._store = store
        self._clock = clock
        self._start = start
        self._observe = observe
        self._is_closed = is_closed
        self._holder = secrets.token_hex(8)
        self._drains: dict[WorkspaceId, _Drain] = {}
        self._open = True

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """Return what is at work."""
        return {drain.task for drain in self._drains.values() if drain.task is not None}

    def wake(self, workspace: Workspace) -> None:
        """Have a workspace drained, without waiting for it."""
        drain = self._of(workspace)
        drain.again = True
        drain.changed.set()
        self._go_on(drain)

    async def begin(self, workspace: Workspace) -> int:
        """Claim what is due in a workspace and begin to drain it; return how much was claimed at first.

        Raises:
            StorageUnavailable: the store cannot be asked now.
        """
        drain = self._of(workspace)
        if drain.task is not None:
            return 0
        before = len(drain.under_way)
        if await self._claim(drain):
            self._go_on(drain)
        return len(drain.under_way) - before

    def ended(self, delivery: Delivery) -> None:
        """Take note that a delivery is not under way any more."""
        drain = self._drains.get(delivery.workspace.id)
        if drain is not None:
            drain.under_way.discard(delivery.id)
            drain.changed.set()

    def close(self) -> None:
        """Claim nothing more."""
        self._open = False
        for drain in self._drains.values():
            drain.changed.set()

    async def release(self) -> None:
        """Let others drain at once what this process had."""
        if self._drains:
            with suppress(StorageError):  # then they wait for the lease
                await self._store.release(self._holder)

    def _of(self, workspace: Workspace) -> _Drain:
        return self._drains.setdefault(workspace.id, _Drain(workspace))

    def _go_on(self, drain: _Drain) -> None:
        if drain.task is None and self._open:
            drain.task = asyncio.get_running_loop().create_task(self._drain(drain))

    async def _drain(self, drain: _Drain) -> None:
        try:
            while self._open and not self._is_closed(drain.workspace):
                await self._until(drain, ROOM // 2)
                drain.again = False
                if await self._claim(drain):
                    continue
                if drain.under_way:  # what is done may have held up something else
                    await self._until(drain, len(drain.under_way) - 1)
                elif not drain.again:
                    return
        except StorageError as error:
            log.warning("the outbox waits for the database: %s", error, extra={"action": "tick_failed"})
        finally:
            drain.task = None

    async def _until(self, drain: _Drain, most: int) -> None:
        """Wait until no more than so many are under way, or there is something new."""
        while self._open and len(drain.under_way) > most and not drain.again:
            drain.changed.clear()
            await drain.changed.wait()

    async def _claim(self, drain: _Drain) -> int:
        """Claim what there is room for; return how much that was, with what ended instead."""
        room = ROOM - len(drain.under_way)
        if room <= 0:
            return 0
        now = self._clock()
        claimed = await self._store.claim(drain.workspace, self._holder, now, now + LEASE, room)
        drain.under_way.update(delivery.id for delivery in claimed.deliveries)
        for delivery, state in claimed.ended:
            self._observe(delivery, state)
        self._start(claimed.deliveries)
        return len(claimed.deliveries) + len(claimed.ended)

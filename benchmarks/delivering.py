"""Delivering to many conversations of several workspaces, beside what their platforms permit.

The clock is virtual, and shared by the outbox with a platform that counts what arrives and refuses what is
too much. On the way each message takes a little longer or shorter than the one before it.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from adapters.slack.api import SlackApi
from adapters.slack.channel import SlackChannel
from adapters.teams.app import TeamsAdapter, TeamsConfig
from benchmarks.virtual import VirtualClock, virtual_time
from bot.errors import RateLimited
from bot.messages import Limits, say
from bot.model import (
    Answer,
    Changes,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Incoming,
    Operation,
    Sent,
    Workspace,
    WorkspaceRef,
)
from bot.ports import Channel, Lane, Settlement
from scheduler.outbox import Outbox
from storage.sql import Steps
from storage.sqlite import SqliteStore

T = TypeVar("T")

MESSAGES = 100_000
EACH = 5
"""Messages to one conversation."""

SLACK_SPACES, TEAMS_TENANTS = 4, 2
SLACK_RATE, TEAMS_RATE = 525 / 60, 40.0
"""A second and workspace. Slack's cap is not published, one vendor works at this; of Teams' 50, which older
pages give as 30, this is what Laps is to keep under."""

_THREAD = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
_THERE, _BACK = (0.02, 0.06), (0.05, 0.2)
"""Seconds that a request and its answer are on their way, from and to."""


class Platform:
    """A platform that counts what arrives and refuses what is too much; the pace is the real channel's."""

    def __init__(self, real: Channel, clock: VirtualClock) -> None:
        self.name: ChannelName = real.name
        self.limits: Limits = real.limits
        self._real, self._clock = real, clock
        self._arrived: defaultdict[str, deque[float]] = defaultdict(deque)
        self._chance = random.Random(7)
        self.taken = self.refused = 0
        self.last = 0.0

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Give the real channel's pace."""
        return self._real.lanes(delivery)

    async def deliver(self, delivery: Delivery) -> Sent:
        """Take it once it has arrived, or refuse it."""
        await asyncio.sleep(self._chance.uniform(*_THERE))
        now = self._clock.seconds
        limits = list(_limits(delivery))
        if any(self._is_full(key, most, seconds, now) for key, most, seconds in limits):
            self.refused += 1
            raise RateLimited(1)
        for key in {key for key, _, _ in limits}:
            self._arrived[key].append(now)
        self.taken, self.last = self.taken + 1, now
        await asyncio.sleep(self._chance.uniform(*_BACK))
        return Sent(external=f"{self.taken}")

    async def find(self, delivery: Delivery) -> Sent | None:
        """Say that nothing is lost here."""
        return None

    def _is_full(self, key: str, most: int, seconds: float, now: float) -> bool:
        arrived = self._arrived[key]
        return sum(1 for at in list(arrived)[-most:] if at > now - seconds) >= most


def _limits(delivery: Delivery) -> Iterable[tuple[str, int, float]]:
    """Give the limits that a platform enforces: what counts, the most, and in how many seconds."""
    space, thread = delivery.workspace.id, delivery.lane
    if delivery.workspace.channel is ChannelName.SLACK:
        return ((thread, 1, 1.0), (space, 525, 60.0))
    return (*((thread, most, seconds) for most, seconds in _THREAD), (space, 50, 1.0))


class TimedStore(SqliteStore):
    """The store in SQLite, whose thread takes no time."""

    virtual: VirtualClock

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        """Write a change."""
        with self.virtual.standing_still():
            await super().apply(changes, deadline)

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        """Record how deliveries ended."""
        with self.virtual.standing_still():
            await super().settle(settlements)

    async def _write(self, steps: Callable[[], Steps[T]]) -> T:
        with self.virtual.standing_still():
            return await super()._write(steps)

    async def _write_deliveries(self, steps: Callable[[], Steps[T]]) -> T:
        with self.virtual.standing_still():
            return await super()._write_deliveries(steps)


class _NoDesk:
    async def handle(self, incoming: Incoming) -> Answer:
        """Take nothing in: this only sends."""
        return Answer()


@dataclass(frozen=True)
class Delivered:
    """What was delivered in how many seconds, how much was refused, and what is permitted a second."""

    messages: int
    seconds: float
    refused: int
    permitted: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def deliver_all(messages: int) -> Delivered:
    """Deliver so many messages on a virtual clock."""
    clock = VirtualClock()
    with virtual_time(clock) as runner:
        return runner.run(_deliver_all(messages, clock))


async def _deliver_all(messages: int, clock: VirtualClock) -> Delivered:
    with clock.standing_still():
        store = await TimedStore.open(None, "Acme", "Europe/Berlin", clock)
    assert isinstance(store, TimedStore)
    store.virtual = clock
    slack = Platform(SlackChannel(SlackApi("http://127.0.0.1:9/", "x"), clock), clock)
    adapter = TeamsAdapter(TeamsConfig(anonymous=True), _NoDesk(), clock)
    teams = Platform(adapter.channel, clock)
    permitted = await _store_messages(store, messages, clock)
    begin = clock.seconds
    outbox = Outbox(store, {ChannelName.SLACK: slack, ChannelName.TEAMS: teams}, clock)
    while slack.taken + teams.taken < messages:
        await outbox.drain()
        await asyncio.sleep(1)
    await outbox.stop()
    with clock.standing_still():
        await store.close()
        await adapter.stop()
    took = max(slack.last, teams.last) - begin
    return Delivered(messages, took, slack.refused + teams.refused, permitted)


async def _store_messages(store: TimedStore, messages: int, clock: VirtualClock) -> float:
    """Store what is to be delivered, to each workspace as much as its rate allows; return the rate of all."""
    refs = [(WorkspaceRef(ChannelName.SLACK, f"T{n}"), SLACK_RATE) for n in range(SLACK_SPACES)]
    refs += [(WorkspaceRef(ChannelName.TEAMS, f"tenant{n}"), TEAMS_RATE) for n in range(TEAMS_TENANTS)]
    rates = [(await store.workspace(ref), rate) for ref, rate in refs]
    permitted = sum(rate for _, rate in rates)
    chance = random.Random(11)
    chosen = chance.choices([space for space, _ in rates], [rate for _, rate in rates], k=messages)
    for start in range(0, messages, 1000):
        made = [
            _digest(number, chosen[number], chance.randrange(messages // EACH), clock)
            for number in range(start, min(start + 1000, messages))
        ]
        await store.apply(Changes(deliveries=tuple(made)))
    return permitted


def _digest(number: int, workspace: Workspace, conversation: int, clock: VirtualClock) -> Delivery:
    now = clock()
    return Delivery(
        id=DeliveryId(f"{number:026x}"),
        organization=workspace.organization,
        workspace=workspace,
        key=f"digest:{number}",
        kind=DeliveryKind.DIGEST,
        operation=Operation.POST,
        account=f"U{conversation}",
        conversation=f"C{conversation}",
        message=say("The week in figures."),
        created_at=now,
        lease_until=now,
        due_at=now,
    )

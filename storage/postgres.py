"""The store in PostgreSQL, for any number of processes: one short transaction a change, on a pool.

Rows that a change rests on are locked before they are judged; what two processes insert at once is decided by
unique keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import asyncpg
from sqlalchemy import URL

from bot.errors import LapsError, StorageError, StorageUnavailable
from bot.model import Changes, Organization, SessionId, Snapshot, Workspace
from bot.ports import Clock, Needs, Settlement
from storage import deliveries
from storage.archive import PORTION
from storage.community import read_all
from storage.pg import LOST_RACES, SETTINGS, address_of, begin_reading, prepare, refusal, run
from storage.rows import micros
from storage.sql import Call, Rows, Steps
from storage.store import CommonStore, taken
from storage.writing import Verdict, write_changes

T = TypeVar("T")

PATIENCE = 1.5
"""Seconds that a change or a read waits for a connection and its answer; Slack gives up after 3."""

CONNECTIONS = 10
"""The most connections of one process."""

TRIES = 3
"""How often steps are run that lose a race to another process."""

_IMPORT_LOCK = 0x6C617074
"""The number of the advisory lock of an import of the roster: one more than that of the migrations."""

_ALONE = Needs()
_ONE_VIEW = {"isolation": "repeatable_read", "readonly": True}


class PostgresStore(CommonStore):
    """The store in a PostgreSQL database; see `bot.ports.Store`."""

    def __init__(self, pool: asyncpg.Pool, organization: Organization, clock: Clock) -> None:
        """Work on a database that is prepared."""
        super().__init__(organization, clock)
        self._pool = pool
        self._closed = False
        self._at_work = 0
        self._idle = asyncio.Event()

    @classmethod
    async def open(cls, url: URL, name: str, time_zone: str, clock: Clock) -> PostgresStore:
        """Open a database, its tables made and brought up to date where needed.

        Raises:
            ConfigError: the server refuses us, or has no such database.
            StorageUnavailable: the server cannot be reached.
        """
        address = address_of(url)
        organization = await prepare(address, name, time_zone, micros(clock()))
        pool = await asyncpg.create_pool(
            address, min_size=1, max_size=CONNECTIONS, statement_cache_size=1024, server_settings=SETTINGS
        )
        return cls(pool, organization, clock)

    async def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, needs: Needs, now: datetime
    ) -> Snapshot:
        """Read what a handler may know of the person behind `account`."""
        steps = read_all(self._organization, workspace, account, session, needs, now)
        seen = await (self._read(steps) if needs == _ALONE else self._read_together(steps))
        if seen.session is None:
            return seen
        return replace(seen, lesson=await self.lesson(seen.session.lesson_version))

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        """Write everything in one atomic step, or nothing."""
        patience = PATIENCE
        if deadline is not None:
            patience = min(patience, (deadline - self._clock()).total_seconds())
        (verdict,) = await self._transact(lambda: self._judged(changes), patience)
        if verdict is not None:
            raise verdict
        self._keep(changes)

    def _judged(self, changes: Changes) -> Steps[list[Verdict]]:
        return write_changes([changes], self._organization, micros(self._clock()), self._lessons)

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        """Record how deliveries ended."""
        ended = tuple(settlements)
        if ended:
            await self._write(lambda: deliveries.settle(ended))

    async def close(self) -> None:
        """Wait for what is under way and close."""
        if not self._closed:
            self._closed = True
            if self._at_work:
                await self._idle.wait()
            await self._pool.close()

    @asynccontextmanager
    async def importing(self) -> AsyncGenerator[None, None]:
        """Keep other imports of the roster out; the lock ends with its connection.

        Raises:
            StorageUnavailable: another one is under way for too long, or the server is gone.
        """
        try:
            lock = await self._pool.acquire(timeout=PATIENCE)
        except Exception as error:
            raise refusal(error) from error
        try:
            await taken(lambda: lock.fetchval("SELECT pg_try_advisory_lock($1)", _IMPORT_LOCK))
            yield
        finally:
            await self._pool.release(lock)  # which lets go of the lock, too

    async def _read(self, steps: Steps[T]) -> T:
        async with self._connection(PATIENCE) as connection:
            return await run(connection, steps)

    async def _read_together(self, steps: Steps[T]) -> T:
        async with self._connection(PATIENCE) as connection, connection.transaction(**_ONE_VIEW):
            return await run(connection, steps)

    async def _write(self, steps: Callable[[], Steps[T]]) -> T:
        for _ in range(TRIES - 1):
            try:
                return await self._transact(steps, PATIENCE)
            except StorageError as error:
                if not isinstance(error.__cause__, LOST_RACES):
                    raise
        return await self._transact(steps, PATIENCE)

    async def _transact(self, steps: Callable[[], Steps[T]], patience: float) -> T:
        async with self._connection(patience) as connection, connection.transaction():
            return await run(connection, steps())

    @asynccontextmanager
    async def _connection(self, patience: float) -> AsyncGenerator[asyncpg.Connection, None]:
        """Lend a connection for `patience` seconds at most, and translate what goes wrong.

        Raises:
            StorageError: see `storage.pg.refusal`.
        """
        if self._closed:
            raise StorageUnavailable("closed")
        if patience <= 0:
            raise StorageUnavailable("there was no room before the deadline")
        self._at_work += 1
        try:
            async with asyncio.timeout(patience), self._pool.acquire() as connection:
                yield connection
        except LapsError:
            raise
        except Exception as error:
            raise refusal(error) from error
        finally:
            self._leave()

    def _leave(self) -> None:
        self._at_work -= 1
        if self._closed and not self._at_work:
            self._idle.set()

    async def _pages(self, call: Call) -> AsyncIterator[Rows]:
        if self._closed:
            raise StorageUnavailable("closed")
        try:
            async with self._pool.acquire() as connection, connection.transaction(**_ONE_VIEW):
                text, arguments = begin_reading(call)
                cursor = await connection.cursor(text, *arguments)
                while page := await cursor.fetch(PORTION):
                    yield [tuple(record) for record in page]
        except LapsError:
            raise
        except Exception as error:
            raise refusal(error) from error

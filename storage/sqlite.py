"""The store in a SQLite file, for one process: reads on the event loop, writes in one thread beside it.

A read takes a tenth of the time that a hop to another thread costs, and in WAL mode it never waits for the
writer; so it is done where it is asked for.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.errors import StorageUnavailable
from bot.model import Changes, Organization, SessionId, Snapshot, Workspace
from bot.ports import Clock, Needs, Settlement
from storage.archive import PORTION
from storage.community import read_all
from storage.known import Known
from storage.lite import begin_reading, connect, prepare, run
from storage.rows import micros
from storage.snapshot import NOTHING_MORE
from storage.sql import Call, Rows, Steps
from storage.store import CommonStore, taken
from storage.writer import Writer

T = TypeVar("T")


class SqliteStore(CommonStore):
    """The store in one SQLite file; see `bot.ports.Store`."""

    def __init__(
        self,
        path: Path,
        organization: Organization,
        clock: Clock,
        folder: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        """Open a file that is prepared; a `folder` it is in goes when the store is closed."""
        super().__init__(organization, clock)
        self._path = path
        self._folder = folder
        self._reader = connect(path)
        self._reader.execute("PRAGMA query_only = ON")
        self._known = Known(organization)
        self._writer = Writer(
            connect(path, durable=folder is None),
            organization=organization,
            clock=clock,
            stored=self._lessons,
            known=self._known,
        )
        self._closed = False

    @classmethod
    async def open(cls, path: Path | None, name: str, time_zone: str, clock: Clock) -> SqliteStore:
        """Open a file, made and brought up to date where needed; without one, what is stored goes at the end.

        Raises:
            ConfigError: the file cannot be used.
            StorageUnavailable: it is locked.
        """
        folder = None
        if path is None:
            folder = tempfile.TemporaryDirectory(prefix="laps-")
            path = Path(folder.name) / "laps.db"
        organization = await asyncio.to_thread(prepare, path, name, time_zone, micros(clock()))
        return cls(path, organization, clock, folder)

    async def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, needs: Needs, now: datetime
    ) -> Snapshot:
        """Read what a handler may know of the person behind `account`."""
        if needs == NOTHING_MORE:
            known = self._known.snapshot(workspace, account, session, self._lessons)
            if known is not None:
                return known
        seen = self._look(read_all(self._organization, workspace, account, session, needs, now))
        self._known.read(seen)
        if seen.session is None:
            return seen
        return replace(seen, lesson=await self.lesson(seen.session.lesson_version))

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        """Write everything in one atomic step, or nothing."""
        await self._writer.submit(changes, deadline)
        if changes.lesson is not None or changes.workspace is not None:
            self._keep(changes)

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        """Record how deliveries ended, in the next group of changes."""
        ended = tuple(settlements)
        if ended:
            await self._writer.submit(ended)

    @asynccontextmanager
    async def importing(self) -> AsyncGenerator[None, None]:
        """Keep other imports of the roster out; the lock ends with its process.

        Raises:
            StorageUnavailable: another one is under way for too long.
        """
        path = self._path.with_name(f"{self._path.name}.import")
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
            await taken(lambda: self._is_taken(lock))
            yield

    async def _is_taken(self, lock: sqlite3.Connection) -> bool:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        return True

    async def close(self) -> None:
        """Write what waits and close; what a temporary store held is gone."""
        if not self._closed:
            self._closed = True
            await self._writer.close()
            self._reader.close()
            if self._folder is not None:
                self._folder.cleanup()

    def _look(self, steps: Steps[T]) -> T:
        if self._closed:
            raise StorageUnavailable("closed")
        try:
            self._reader.execute("BEGIN")
            try:
                return run(self._reader, steps)
            finally:
                self._reader.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageUnavailable(str(error)) from error

    async def _read(self, steps: Steps[T]) -> T:
        return self._look(steps)

    async def _write(self, steps: Callable[[], Steps[T]]) -> T:
        return await self._writer.submit(steps)

    async def _write_deliveries(self, steps: Callable[[], Steps[T]]) -> T:
        return await self._writer.submit(steps, is_aside=True)

    async def _pages(self, call: Call) -> AsyncIterator[Rows]:
        if self._closed:
            raise StorageUnavailable("closed")
        connection = connect(self._path)
        try:
            cursor = await asyncio.to_thread(begin_reading, connection, call)
            while page := await asyncio.to_thread(cursor.fetchmany, PORTION):
                yield page
        except sqlite3.Error as error:
            raise StorageUnavailable(str(error)) from error
        finally:
            connection.close()

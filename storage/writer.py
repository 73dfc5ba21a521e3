"""SQLite's one writer: a thread that commits all waiting changes together.

A commit waits for the disk, and each hop between threads costs more than a statement. So a whole change is
handed over, all that wait share one transaction, and the event loop is woken once for all of them.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, cast

from bot.errors import Conflict, Duplicate, LapsError, StorageUnavailable
from bot.model import Changes, Organization
from bot.ports import Clock, Settlement
from storage.deliveries import settle
from storage.known import Known, Work
from storage.lite import run
from storage.rows import micros
from storage.sql import Steps
from storage.writing import Verdict, write_changes

T = TypeVar("T")

PATIENCE = 1.5
"""Seconds that a change waits for a database that somebody else has locked; Slack gives up after 3."""

_MOST = 256
"""The most changes that share one transaction."""

PAUSE = 0.002
"""Seconds to let more changes gather where several came together, for a commit costs more than a change."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Job:
    """Something to be written, and the future of whoever waits for it.

    A change or settlements share a transaction with others; steps have one to themselves. `is_aside`: they
    change nothing that is kept of people.
    """

    work: Work
    future: asyncio.Future[object]
    deadline: datetime | None = None
    is_aside: bool = False
    since: float = field(default_factory=time.monotonic)


Result = tuple[object, LapsError | None]
"""What a job ended in: its steps' result, or why it was refused."""

Outcome = tuple[Job, Result]


class Writer:
    """Writes what it is handed, in a thread of its own.

    Args:
        connection: to the database; the writer's alone, and closed by it.
        organization: whose changes are written.
        clock: for deadlines, and for when an incoming id was handled.
        stored: lessons, by version, that are known to be stored.
        known: is told what was committed, and when another process wrote to the file.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        organization: Organization,
        clock: Clock,
        stored: Container[str],
        known: Known,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._organization = organization
        self._clock = clock
        self._stored = stored
        self._known = known
        self._seen = self._data_version()
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closed = False
        self._is_busy = False
        self._thread = threading.Thread(target=self._serve, name="laps-sqlite-writer", daemon=True)
        self._thread.start()

    def submit(
        self,
        work: Changes | Sequence[Settlement] | Callable[[], Steps[T]],
        deadline: datetime | None = None,
        is_aside: bool = False,
    ) -> asyncio.Future[T]:
        """Hand over work; the future is done once it is committed or refused.

        Raises:
            StorageUnavailable: the writer is closed.
        """
        if self._closed:
            raise StorageUnavailable("closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Job(work, cast("asyncio.Future[object]", future), deadline, is_aside))
        return future

    async def close(self) -> None:
        """Write what waits, then end."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # The rest runs in the writer's thread.

    def _serve(self) -> None:
        is_open = True
        while is_open:
            jobs, is_open = self._collect()
            shared = [job for job in jobs if not callable(job.work)]
            self._is_busy = len(shared) > 1
            for group in ([shared] if shared else []) + [[job] for job in jobs if callable(job.work)]:
                self._answer(self._write(group))
        self._connection.close()

    def _collect(self) -> tuple[list[Job], bool]:
        """Wait for work, and take what else waits by then; False says that no more will come."""
        jobs: list[Job] = []
        job = self._queue.get()
        if self._is_busy:
            time.sleep(PAUSE)
        while job is not None:
            jobs.append(job)
            if len(jobs) == _MOST:
                return jobs, True
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return jobs, True
        return jobs, False

    def _write(self, jobs: list[Job]) -> list[Outcome]:
        """Write jobs in one transaction; where one of them is at fault, each in its own."""
        try:
            jobs = self._begin(jobs)
            if not jobs:
                return []
            results = run(self._connection, self._steps(jobs))
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, and the thread must go on
            self._roll_back()
            if len(jobs) == 1 or _is_of_database(error):
                return [(job, (None, _refusal(error))) for job in jobs]
            return [outcome for job in jobs for outcome in self._write([job])]
        return list(zip(jobs, results, strict=True))

    def _begin(self, jobs: list[Job]) -> list[Job]:
        """Begin a transaction, as long as anybody waits for it, and return the jobs of those who do."""
        while jobs := self._wanted(jobs):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                limit = time.monotonic() - PATIENCE
                self._refuse([job for job in jobs if job.since <= limit], "the database is locked")
                jobs = [job for job in jobs if job.since > limit]
            else:
                # It may have taken long: who gave up meanwhile must not find the change written.
                jobs = self._wanted(jobs)
                if not jobs:
                    self._roll_back()
                return jobs
        return []

    def _others_wrote(self) -> bool:
        """Say whether another connection committed since the last look; what was read before may be old."""
        before, self._seen = self._seen, self._data_version()
        return self._seen != before

    def _data_version(self) -> int:
        row: tuple[int] = self._connection.execute("PRAGMA data_version").fetchone()
        return row[0]

    def _wanted(self, jobs: list[Job]) -> list[Job]:
        """Return the jobs that somebody still waits for, and refuse those that are past their deadline."""
        now = self._clock()
        late = [job for job in jobs if job.deadline is not None and now >= job.deadline]
        self._refuse(late, "there was no room before the deadline")
        return [job for job in jobs if job not in late and not job.future.cancelled()]

    def _steps(self, jobs: list[Job]) -> Steps[list[Result]]:
        """Write jobs, and return the result of each."""
        first = jobs[0].work
        if callable(first):
            return [((yield from first()), None)]
        batch = [job.work for job in jobs if isinstance(job.work, Changes)]
        verdicts: list[Verdict] = []
        if self._others_wrote() and self._known.distrust():
            verdicts = [Conflict("another process wrote to the file") for _ in batch]
        elif batch:
            now = micros(self._clock())
            verdicts = yield from write_changes(batch, self._organization, now, self._stored)
        yield from settle([ended for job in jobs if isinstance(job.work, Sequence) for ended in job.work])
        left = iter(verdicts)
        return [(None, next(left) if isinstance(job.work, Changes) else None) for job in jobs]

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            _LOG.exception("a transaction could not be rolled back", extra={"action": "rollback_failed"})

    def _refuse(self, jobs: list[Job], reason: str) -> None:
        if jobs:
            self._answer([(job, (None, StorageUnavailable(reason))) for job in jobs])

    def _answer(self, outcomes: list[Outcome]) -> None:
        """Wake the event loop once, for all of them."""
        try:
            self._loop.call_soon_threadsafe(self._resolve, outcomes)
        except RuntimeError:
            _LOG.warning("nobody waits any more: the event loop is closed", extra={"action": "loop_closed"})

    # And this in the event loop again.

    def _resolve(self, outcomes: Iterable[Outcome]) -> None:
        for job, (result, error) in outcomes:
            if not job.is_aside:
                self._known.ended(job.work, error)
            if job.future.done():
                continue
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)


def _is_of_database(error: Exception) -> bool:
    """Say whether the database itself failed, and not what it was given."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _refusal(error: Exception) -> LapsError:
    """Say in our own words why one job was not written."""
    if isinstance(error, LapsError):
        return error
    if isinstance(error, sqlite3.IntegrityError):
        is_repeat = any(f"{name}." in str(error) for name in ("incoming", "delivery"))
        return Duplicate(str(error)) if is_repeat else Conflict(str(error))
    if not isinstance(error, sqlite3.Error):
        _LOG.error("a change could not be written", exc_info=error, extra={"action": "write_refused"})
    return StorageUnavailable(str(error))

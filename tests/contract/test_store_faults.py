"""When the database is locked, full, slow or gone: a clear error in time, and nothing half written."""

import asyncio
import contextlib
import resource
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bot.errors import StorageUnavailable
from bot.model import Changes, Learner
from storage import writer
from storage.known import Known
from storage.lite import connect
from tests.contract.crashing import CLIENTS
from tests.stores import LEASE, Place, Town, verdicts

SLACK_GIVES_UP = 3.0
"""Seconds."""


@pytest.fixture
async def lite(sqlite_place: Place) -> AsyncIterator[Town]:
    """A store in a SQLite file."""
    store = await sqlite_place.open()
    yield await Town.found(store, sqlite_place.clock)
    await store.close()


@pytest.fixture
def file(sqlite_place: Place) -> Path:
    """The SQLite file."""
    return Path(sqlite_place.url.removeprefix("sqlite+aiosqlite:///"))


@contextlib.contextmanager
def locked(file: Path) -> Iterator[sqlite3.Connection]:
    """Lock the file as another process would."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


async def test_a_locked_file_is_answered_before_slack_gives_up(lite: Town, file: Path) -> None:
    """All who wait are told in time, nothing is written, and afterwards all is well."""
    learner = await lite.move_in()
    started = time.monotonic()
    with locked(file):
        results = await asyncio.gather(
            *(lite.store.apply(Changes(events=(lite.event(learner),))) for _ in range(5)),
            lite.store.apply(Changes(learner=learner)),
            return_exceptions=True,
        )
    assert verdicts(results) == ["StorageUnavailable"] * 6
    assert time.monotonic() - started < SLACK_GIVES_UP
    assert await lite.exported() == []
    await lite.store.apply(Changes(learner=learner))
    seen = await lite.see()
    assert seen.learner == replace(learner, version=2)


async def test_reading_goes_on_while_somebody_else_writes(lite: Town, file: Path) -> None:
    """A lock for writing keeps nobody from reading."""
    learner = await lite.move_in()
    with locked(file):
        assert (await lite.see()).learner == learner
        assert await lite.claim() == []


async def test_a_lock_that_goes_in_time_is_waited_for(lite: Town, file: Path) -> None:
    """A change that meets a short lock is written."""
    learner = await lite.move_in()
    with locked(file):
        waiting = asyncio.ensure_future(lite.store.apply(Changes(learner=learner)))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
    await waiting
    assert (await lite.see()).learner == replace(learner, version=2)


async def test_each_waits_its_own_patience_for_a_lock(
    lite: Town, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes while the database is locked is not turned away with those who waited long."""
    monkeypatch.setattr(writer, "PATIENCE", 0.5)
    learner = await lite.move_in()
    with locked(file):
        early = asyncio.ensure_future(lite.store.apply(Changes(learner=learner)))
        await asyncio.wait([early], timeout=0.3)
        late = asyncio.ensure_future(lite.store.apply(Changes(learner=learner)))
        with pytest.raises(StorageUnavailable):
            await early
        assert not late.done()
    await late


async def test_a_deadline_that_comes_while_waiting_for_a_lock_is_kept(lite: Town, file: Path) -> None:
    """A change is refused at its deadline, before its patience is at its end."""
    learner = await lite.move_in()
    with locked(file):
        waiting = asyncio.ensure_future(
            lite.store.apply(Changes(learner=learner), deadline=lite.clock.now + LEASE)
        )
        await asyncio.wait([waiting], timeout=0.05)
        lite.wait(seconds=30)
        started = time.monotonic()
        with pytest.raises(StorageUnavailable, match="deadline"):
            await waiting
        assert time.monotonic() - started < writer.PATIENCE
    assert (await lite.see()).learner == learner


async def test_a_change_nobody_waits_for_any_more_is_not_written(lite: Town, file: Path) -> None:
    """Who was cancelled before the commit began has changed nothing."""
    learner = await lite.move_in()
    with locked(file):
        waiting = asyncio.ensure_future(lite.store.apply(Changes(learner=learner)))
        await asyncio.wait([waiting], timeout=0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await lite.store.apply(Changes(events=(lite.event(learner),)))
    assert (await lite.see()).learner == learner


async def test_a_full_database_refuses_and_recovers(lite: Town, file: Path) -> None:
    """With no page left a change is refused whole; with room again the next one is written."""
    learner = await lite.move_in()
    connection = connect(file)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    known = Known(lite.organization)
    small = writer.Writer(
        connection, organization=lite.organization, clock=lite.clock, stored=(), known=known
    )
    big = Changes(learner=learner, events=tuple(lite.event(learner, tool="x" * 500) for _ in range(300)))
    with pytest.raises(StorageUnavailable, match="full"):
        await small.submit(big)
    assert await lite.exported() == []
    assert (await lite.see()).learner == learner
    await small.submit(Changes(learner=learner))
    await small.close()
    await lite.store.apply(replace(big, learner=replace(learner, version=2)))
    assert len(await lite.exported()) == 300


async def test_a_disk_that_takes_nothing_more_refuses_and_recovers(lite: Town) -> None:
    """When the operating system refuses to let a file grow, the change is refused whole."""
    learner = await lite.move_in()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    change = Changes(learner=learner, events=tuple(lite.event(learner, tool="x" * 500) for _ in range(100)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        with pytest.raises(StorageUnavailable):
            await lite.store.apply(change)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (await lite.see()).learner == learner
    assert await lite.exported() == []
    await lite.store.apply(change)
    assert len(await lite.exported()) == 100


async def test_another_process_on_the_same_file_is_heard(lite: Town, sqlite_place: Place) -> None:
    """The command line works on the file of a running server: both see both, and neither loses anything."""
    other = replace(lite, store=await sqlite_place.open())
    learner = await lite.move_in()
    results = await asyncio.gather(
        *(who.store.apply(Changes(events=(lite.event(learner),))) for who in (lite, other) * 50),
        lite.store.apply(Changes(learner=learner)),
        other.store.apply(Changes(learner=learner)),
        return_exceptions=True,
    )
    assert verdicts(results) == ["Conflict"] + ["written"] * 101
    assert len(await lite.exported()) == len(await other.exported()) == 100
    await other.store.close()


# ---------------------------------------------------------------- kill -9


async def test_a_killed_process_loses_nothing_it_acknowledged(place: Place) -> None:
    """After kill -9 in the middle of many changes, each is there whole or not at all."""
    program = (sys.executable, "-m", "tests.contract.crashing", place.url)
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    acknowledged = [(await process.stdout.readline()).decode().strip() for _ in range(300)]
    process.kill()
    acknowledged += [line.decode().strip() async for line in process.stdout if line.endswith(b"\n")]
    await process.wait()
    town = await Town.found(await place.open(), place.clock)
    events = [event.id for event, _ in await town.exported()]
    changes = {event.split("/")[0] for event in events}
    assert len(events) == 3 * len(changes)
    assert set(acknowledged) <= changes
    town.wait(minutes=1)
    sent: list[str] = []
    while claimed := await town.claim():
        sent += claimed
    assert sorted(sent) == sorted(changes)
    for number in range(CLIENTS):
        await _is_whole(town, number, {name for name in changes if name.startswith(f"{number}-")})
    await town.store.close()


async def _is_whole(town: Town, number: int, changes: set[str]) -> None:
    """Check that a learner's rows tell the same story."""
    seen = await town.see(f"U{number}")
    assert seen.learner is not None
    assert changes == {f"{number}-{version + 1}" for version in range(len(changes))}
    assert (seen.learner.version, seen.learner.confidence) == (len(changes) + 1, len(changes))
    assert [session.version for session in seen.history] == ([len(changes) + 1] if changes else [])
    for name in changes:
        assert await town.store.handled(town.workspace, name)


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture
async def grand(postgresql_place: Place) -> AsyncIterator[Town]:
    """A store in PostgreSQL."""
    store = await postgresql_place.open()
    yield await Town.found(store, postgresql_place.clock)
    await store.close()


@pytest.fixture
async def beside(empty_postgresql: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's connection to the same database."""
    connection = await asyncpg.connect(empty_postgresql.replace("+asyncpg", ""))
    yield connection
    await connection.close()


@pytest.mark.peer("postgresql")
async def test_a_locked_table_is_answered_before_slack_gives_up(
    grand: Town, beside: asyncpg.Connection
) -> None:
    """A change that waits for somebody else's lock is refused in time and leaves nothing."""
    learner = await grand.move_in()
    started = time.monotonic()
    async with beside.transaction():
        await beside.execute("LOCK TABLE learner IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StorageUnavailable):
            await grand.store.apply(Changes(learner=learner))
    assert time.monotonic() - started < SLACK_GIVES_UP
    assert (await grand.see()).learner == learner


@pytest.mark.peer("postgresql")
async def test_cut_connections_are_made_again(grand: Town, beside: asyncpg.Connection) -> None:
    """After the server threw everybody out, the store comes back by itself."""
    learner: Learner = await grand.move_in()
    await beside.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'laps' AND datname = current_database()"
    )
    results = [
        (await asyncio.gather(grand.store.apply(Changes(learner=learner)), return_exceptions=True))[0]
        for _ in range(2)
    ]
    assert "written" in verdicts(results)
    assert (await grand.see()).learner == replace(learner, version=2)


@pytest.mark.peer("postgresql")
async def test_two_processes_share_one_database(grand: Town, postgresql_place: Place) -> None:
    """Of two changes of one learner by two processes at once, one is written."""
    other = await postgresql_place.open()
    learner = await grand.move_in()
    for version in range(1, 11):
        change = Changes(learner=replace(learner, version=version))
        results = await asyncio.gather(grand.store.apply(change), other.apply(change), return_exceptions=True)
        assert verdicts(results) == ["Conflict", "written"]
    await other.close()

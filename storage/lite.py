"""A SQLite file: how it is opened, how steps run on it, and how it is made or brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

from bot.errors import ConfigError, LapsError, StorageUnavailable
from bot.model import Organization
from storage.migrating import migrate
from storage.migrations import HEAD
from storage.people import settle_in
from storage.sql import SQLITE, BulkCall, Call, Compiler, Rows, Steps

T = TypeVar("T")

OLDEST = (3, 35)
"""The first SQLite that has UPDATE … FROM and RETURNING."""

ATTEMPT = 0.1
"""Seconds of one attempt at a locked database."""

_MIGRATION = 60.0
"""Seconds that a start waits for another one that brings the same database up to date."""

_TEXTS = Compiler(SQLITE)


def connect(path: Path, *, durable: bool = True) -> sqlite3.Connection:
    """Open a database; where it is `durable`, what is committed survives a loss of power."""
    connection = sqlite3.connect(
        path, timeout=ATTEMPT, isolation_level=None, check_same_thread=False, cached_statements=1024
    )
    try:
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16384")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def run(connection: sqlite3.Connection, steps: Steps[T]) -> T:
    """Run steps to their end and return what they end in."""
    try:
        call = next(steps)
        while True:
            call = steps.send(_answer(connection, call))
    except StopIteration as end:
        result: T = end.value
        return result


def _answer(connection: sqlite3.Connection, call: Call | BulkCall) -> Rows:
    if isinstance(call, Call):
        found = _TEXTS.text(call)
        return connection.execute(*found).fetchall() if found else ()
    rows: Rows = ()
    for text, arguments in _TEXTS.texts(call):
        rows = [*rows, *connection.execute(text, arguments)]
    return rows


def begin_reading(connection: sqlite3.Connection, call: Call) -> sqlite3.Cursor:
    """Run one statement and return a cursor over its rows."""
    found = _TEXTS.text(call)
    if found is None:
        raise ValueError("this statement is not for SQLite")
    return connection.execute(*found)


# ---------------------------------------------------------------- making


def prepare(path: Path, name: str, time_zone: str, now: int) -> Organization:
    """Make the file and its tables where they are missing, and return the organization they are for.

    Raises:
        ConfigError: the file cannot be used.
        StorageUnavailable: it is locked.
    """
    _check_version()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            return _up_to_date(path, name, time_zone, now)
    except LapsError:
        raise
    except (OSError, sqlite3.Error) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise StorageUnavailable(f"{path}: {error}") from error
        hint = "Name a file in a folder that this user may write to."
        raise ConfigError("LAPS_DATABASE_URL", f"{path}: {error}", hint) from error


def _check_version() -> None:
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        problem = f"this Python comes with SQLite {sqlite3.sqlite_version}, and Laps needs {oldest} or newer"
        raise ConfigError("LAPS_DATABASE_URL", problem, "Use a newer Python, or PostgreSQL.")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other starts out; a lock of SQLite's own ends with its process on every system."""
    with closing(sqlite3.connect(f"{path}.lock", timeout=_MIGRATION, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def _up_to_date(path: Path, name: str, time_zone: str, now: int) -> Organization:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        if _revision(connection) != HEAD:
            _migrate(path)
        connection.execute("BEGIN IMMEDIATE")
        organization = run(connection, settle_in(name, time_zone, now))
        connection.execute("COMMIT")
        return organization


def _revision(connection: sqlite3.Connection) -> str | None:
    named = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
    if not connection.execute(named).fetchone()[0]:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _migrate(path: Path) -> None:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    # Python's driver would commit before each change of a table; so a failed step leaves nothing half done.
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            migrate(connection)
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")

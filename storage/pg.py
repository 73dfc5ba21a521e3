"""A PostgreSQL database: its address, how steps run on a connection, and how it is brought up to date."""

from __future__ import annotations

import logging
from typing import TypeVar

import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import ConfigError, Conflict, Duplicate, LapsError, StorageError, StorageUnavailable
from bot.model import Organization
from storage.migrating import migrate
from storage.migrations import HEAD
from storage.people import settle_in
from storage.sql import POSTGRES, BulkCall, Call, Compiler, Row, Rows, Steps, Value

T = TypeVar("T")

SETTINGS = {
    "application_name": "laps",
    "lock_timeout": "1500",
    "idle_in_transaction_session_timeout": "60000",
}
"""What each session asks of the server, in milliseconds."""

LOST_RACES = (
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)
"""What the server says to the second of two that cannot both be."""

_REPEATS = {"incoming", "delivery"}
"""The tables in which a second row of the same key says that it was handled before."""

_UNAVAILABLE = (
    OSError,  # TimeoutError is one
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidTransactionStateError,
    asyncpg.ReadOnlySQLTransactionError,
)

_REFUSED = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError, ValueError)
"""What a wrong address, user or password leads to."""

_MIGRATION_LOCK = 0x6C617073
"""The number of the advisory lock under which tables are changed: "laps" in ASCII."""

_TEXTS = Compiler(POSTGRES)
_LOG = logging.getLogger(__name__)


def address_of(url: URL) -> str:
    """Return the address as asyncpg reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


async def run(connection: asyncpg.Connection, steps: Steps[T]) -> T:
    """Run steps to their end on a connection and return what they end in."""
    try:
        call = next(steps)
        while True:
            call = steps.send(await _answer(connection, call))
    except StopIteration as end:
        result: T = end.value
        return result


async def _answer(connection: asyncpg.Connection, call: Call | BulkCall) -> Rows:
    if isinstance(call, Call):
        found = _TEXTS.text(call)
        return await _rows(connection, *found) if found else ()
    rows: list[Row] = []
    for text, arguments in _TEXTS.texts(call):
        rows += await _rows(connection, text, arguments)
    return rows


async def _rows(connection: asyncpg.Connection, text: str, arguments: Row) -> list[Row]:
    return [tuple(record) for record in await connection.fetch(text, *map(_storable, arguments))]


def _storable(value: Value) -> Value:
    """Replace the one character that PostgreSQL's text cannot hold."""
    return (
        value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        if isinstance(value, str) and "\0" in value
        else value
    )


def begin_reading(call: Call) -> tuple[str, Row]:
    """Return the text and arguments of one statement, for a cursor."""
    found = _TEXTS.text(call)
    if found is None:
        raise ValueError("this statement is not for PostgreSQL")
    return found


def refusal(error: Exception) -> StorageError:
    """Say in our own words why the database did not take or give something."""
    if isinstance(error, asyncpg.UniqueViolationError) and error.table_name in _REPEATS:
        return Duplicate(str(error))
    if isinstance(error, LOST_RACES):
        return Conflict(str(error))
    if not isinstance(error, _UNAVAILABLE):
        text = "the database refused what it was given"
        _LOG.error(text, exc_info=error, extra={"action": "write_refused"})
    return StorageUnavailable(str(error) or type(error).__name__)


# ---------------------------------------------------------------- making


async def prepare(address: str, name: str, time_zone: str, now: int) -> Organization:
    """Make the tables where they are missing, and return the organization they are for.

    Raises:
        ConfigError: the server refuses us, or has no such database.
        StorageUnavailable: the server cannot be reached.
    """
    connection = await connect(address)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        if await _revision(connection) != HEAD:
            await _migrate(address)
        async with connection.transaction():
            return await run(connection, settle_in(name, time_zone, now))
    except LapsError:
        raise
    except (asyncpg.PostgresError, OSError) as error:
        raise refusal(error) from error
    finally:
        await connection.close()


async def connect(address: str) -> asyncpg.Connection:
    """Open one connection.

    Raises:
        ConfigError: the server refuses us, or has no such database.
        StorageUnavailable: the server cannot be reached.
    """
    try:
        return await asyncpg.connect(
            address, server_settings=SETTINGS | {"lock_timeout": "60000"}, timeout=10
        )
    except _REFUSED as error:
        hint = "Check the user, the password and the name of the database."
        raise ConfigError("LAPS_DATABASE_URL", str(error), hint) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StorageUnavailable(str(error) or type(error).__name__) from error


async def _revision(connection: asyncpg.Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return revision


async def _migrate(address: str) -> None:
    async def creator() -> asyncpg.Connection:
        return await connect(address)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=creator, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()

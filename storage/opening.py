"""The way into the store: a database URL becomes a store, ready for use."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import ConfigError
from bot.ports import Clock, Store
from storage.postgres import PostgresStore
from storage.sqlite import SqliteStore


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def open_store(url: str, organization_name: str, time_zone: str, clock: Clock = _utc_now) -> Store:
    """Open the database that `url` names, made and brought up to date where needed.

    Args:
        url: `sqlite+aiosqlite:///var/laps.db` (a relative path; an absolute one has four slashes; without a
            path nothing is kept after `close`) or `postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE`.
        organization_name: what the organization is called now; its data stays when that changes. "" where
            nobody can say: it keeps its name and time zone.
        time_zone: where it is, as an IANA name.
        clock: what time it is; deadlines and the age of handled ids are told by it.

    Raises:
        ConfigError: the URL is of no use, or a newer Laps wrote the database.
        StorageUnavailable: the database is locked or gone.
    """
    hint = "Use sqlite+aiosqlite:///var/laps.db or postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE."
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("LAPS_DATABASE_URL", "this is no database URL", hint) from error
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database) if parsed.database not in (None, "", ":memory:") else None
        return await SqliteStore.open(path, organization_name, time_zone, clock)
    if parsed.get_backend_name() == "postgresql":
        return await PostgresStore.open(parsed, organization_name, time_zone, clock)
    raise ConfigError("LAPS_DATABASE_URL", f"Laps has no store on {parsed.drivername}", hint)

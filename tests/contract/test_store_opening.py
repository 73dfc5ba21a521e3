"""Opening a database: made, brought up to date, or refused with a mend."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import ConfigError, StorageUnavailable
from bot.model import DeliveryKind
from storage import migrating, open_store
from storage.migrations import HEAD
from storage.tables import METADATA
from tests.stores import NOW, Place, Town


def configuration() -> Config:
    """Where the steps are."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    return config


async def on_connection(place: Place, call: Callable[[Connection], object]) -> object:
    """Run something on a SQLAlchemy connection to a database."""
    if place.url.startswith("sqlite"):
        engine = create_engine(place.url.replace("+aiosqlite", ""), poolclass=pool.NullPool)
        with engine.begin() as connection:
            return call(connection)
    served = create_async_engine(place.url, poolclass=pool.NullPool)
    async with served.begin() as connection:
        return await connection.run_sync(call)


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Leave out what finds words, which each database has in its own way and SQLAlchemy cannot describe."""
    return name is None or not name.startswith("share_words")


async def test_the_steps_lead_to_the_tables_of_the_code(place: Place) -> None:
    """A migrated database has exactly the tables, columns, keys and indexes that the statements rely on."""
    await (await place.open()).close()

    def differences(connection: Connection) -> object:
        return compare_metadata(
            MigrationContext.configure(connection, opts={"include_name": is_ours}), METADATA
        )

    assert await on_connection(place, differences) == []


async def test_the_steps_lead_back_to_nothing(place: Place) -> None:
    """Every step can be taken back."""
    await (await place.open()).close()

    def back(connection: Connection) -> list[str]:
        migrating.take_back(connection)
        return inspect(connection).get_table_names()

    assert await on_connection(place, back) == ["alembic_version"]


async def test_what_waited_in_an_older_laps_waits_still(place: Place) -> None:
    """Deliveries of before are taken over with their priority; a nudge on its way then may have gone out."""
    store = await place.open()
    town = await Town.found(store, place.clock)
    nudge = {"kind": DeliveryKind.NUDGE, "conversation": "D2"}
    await town.send(town.delivery("reply"), town.delivery("nudge", **nudge))
    await store.close()

    def through_older(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        command.upgrade(config, "head")

    await on_connection(place, through_older)
    again = await Town.found(await place.open(), place.clock)
    again.wait(minutes=1)
    claimed = {each.message.fallback: each for each in await again.claimed()}
    assert {text: each.in_doubt for text, each in claimed.items()} == {"reply": True, "nudge": True}
    assert claimed["reply"].planned_at == NOW
    assert [each.kind for each in await again.store.outgoing(False, 2)] == [
        DeliveryKind.NUDGE,
        DeliveryKind.REPLY,
    ]
    await again.store.close()


def test_the_newest_step_is_the_one_that_a_start_looks_for() -> None:
    """A database at HEAD is opened without a look at the steps, so HEAD has to be the newest."""
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


async def test_a_database_of_a_newer_laps_is_refused(place: Place) -> None:
    """An older Laps does not write into tables that it does not know."""
    await (await place.open()).close()
    await on_connection(
        place, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )
    with pytest.raises(ConfigError, match="newer Laps wrote this database") as refused:
        await place.open()
    assert "9999" in str(refused.value)
    assert refused.value.hint


async def test_two_first_starts_at_once_make_one_organization(place: Place) -> None:
    """The tables are made once, and both processes work for the same organization."""
    stores = await asyncio.gather(*(place.open() for _ in range(4)))
    assert len({(await store.organization()).salt for store in stores}) == 1
    for store in stores:
        await store.close()


async def test_opening_makes_the_folder(tmp_path: Path) -> None:
    """A fresh machine needs no preparation."""
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path}/a/b/laps.db", "Acme", "UTC")
    await store.close()
    assert (tmp_path / "a/b/laps.db").is_file()


async def test_a_path_may_hold_any_characters(tmp_path: Path) -> None:
    """Spaces, percent signs and umlauts in a folder's name are no obstacle."""
    file = tmp_path / "my 100% ünïcode# folder" / "laps.db"
    store = await open_store(f"sqlite+aiosqlite:///{file}", "Acme", "UTC")
    await store.close()
    assert file.is_file()


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:", "sqlite://"])
async def test_without_a_path_nothing_is_kept(url: str) -> None:
    """A database for trying things is gone when it is closed."""
    first = await open_store(url, "Acme", "UTC")
    second = await open_store(url, "Acme", "UTC")
    assert (await first.organization()).salt != (await second.organization()).salt
    await first.close()
    await second.close()


@pytest.mark.parametrize(
    "url", ["", "laps.db", "mysql://localhost/laps", "sqlite+aiosqlite:////dev/null/laps.db"]
)
async def test_a_url_of_no_use_is_refused_with_a_mend(url: str) -> None:
    """What cannot be opened is said in the setting's name."""
    with pytest.raises(ConfigError, match="LAPS_DATABASE_URL") as refused:
        await open_store(url, "Acme", "UTC")
    assert refused.value.hint


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file is left as it is."""
    file = tmp_path / "laps.db"
    file.write_text("not a database, but a letter to a friend " * 100)
    with pytest.raises(ConfigError, match="not a database"):
        await open_store(f"sqlite+aiosqlite:///{file}", "Acme", "UTC")
    assert file.read_text().startswith("not a database")


async def test_a_locked_file_cannot_be_opened(sqlite_place: Place) -> None:
    """A start while somebody else holds the file says that it is locked."""
    await (await sqlite_place.open()).close()
    other = sqlite3.connect(sqlite_place.url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageUnavailable, match="locked"):
        await sqlite_place.open()
    other.close()


@pytest.mark.peer("postgresql")
async def test_a_database_that_is_not_there_is_refused(empty_postgresql: str) -> None:
    """A mistyped name of a database is said."""
    with pytest.raises(ConfigError, match="does not exist"):
        await open_store(empty_postgresql.replace("/laps_", "/no_such_"), "Acme", "UTC")


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    """A server that cannot be reached may be back later."""
    with pytest.raises(StorageUnavailable):
        await open_store(f"postgresql+asyncpg://u:p@127.0.0.1:{unused_tcp_port}/laps", "Acme", "UTC")


@pytest.mark.peer("postgresql")
async def test_a_password_does_not_show_in_an_error(empty_postgresql: str) -> None:
    """What is logged of a failed start does not tell the password."""
    url = empty_postgresql.replace("postgres:@", "nobody:s3cret@")
    with pytest.raises(ConfigError) as refused:
        await open_store(url, "Acme", "UTC")
    assert "s3cret" not in str(refused.value)

"""Brings a database to the tables of this Laps, by the steps in `storage.migrations`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.errors import ConfigError

_STEPS = Path(__file__).parent / "migrations"


def migrate(connection: Connection) -> None:
    """Run the steps that are missing; the caller sees to it that nobody else does at the same time.

    Raises:
        ConfigError: a newer Laps wrote this database.
    """
    config = _configuration(connection)
    _refuse_newer(set(MigrationContext.configure(connection).get_current_heads()), config)
    command.upgrade(config, "head")


def take_back(connection: Connection) -> None:
    """Take all steps back, until no table is left."""
    command.downgrade(_configuration(connection), "base")


def _configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _refuse_newer(found: set[str], config: Config) -> None:
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if unknown := found - known:
        raise ConfigError(
            "LAPS_DATABASE_URL",
            f"a newer Laps wrote this database (revision {', '.join(sorted(unknown))})",
            "Start that newer Laps, or name another database.",
        )

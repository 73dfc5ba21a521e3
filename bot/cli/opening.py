"""Opens the store that the settings name, and saves lessons, for commands beside the server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app import read_catalogue
from bot.errors import CatalogueError, ConfigError
from bot.ports import Store
from bot.settings import Settings
from lessons.writing import put_files
from storage import open_store


def save(folder: Path, files: Mapping[str, bytes], gone: Collection[str] = ()) -> None:
    """Put files of the catalogue in place.

    Raises:
        ConfigError: they cannot be written; none was changed.
    """
    try:
        put_files(folder, files, gone)
    except OSError as error:
        reason = f"cannot be written ({(error.strerror or str(error)).lower()})"
        hint = "Nothing was changed. Give this user the right to write there, or run it where the files are."
        raise ConfigError(str(error.filename or folder), reason, hint) from error


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Open the store; a catalogue with errors does not keep one from the database that could mend it."""
    name, zone = "", "UTC"
    try:
        organization = read_catalogue(settings).organization
        name, zone = organization.name, organization.time_zone
    except CatalogueError:
        pass  # the organization keeps the name it has in the database
    store = await open_store(settings.database_url, name, zone)
    try:
        yield store
    finally:
        await store.close()

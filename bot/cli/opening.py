"""Opens the store that the settings name, for commands beside the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app import read_catalogue
from bot.errors import CatalogueError
from bot.ports import Store
from bot.settings import Settings
from storage import open_store


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

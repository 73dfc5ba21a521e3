"""`laps role`, `laps events`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from bot.app import read_catalogue
from bot.errors import LapsError
from bot.events import AdoptionEvent, from_line, to_line
from bot.model import Role
from bot.ports import Store
from bot.settings import Settings
from storage import open_store

BATCH = 1000


class BadLines(LapsError):
    """A file of events has lines that are none; nothing of it was imported."""

    hint = "Mend the lines and import the file again: what is there already is not counted twice."

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("nothing was imported\n" + "\n".join(problems[:20]))


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[Store]:
    organization = read_catalogue(settings).organization
    store = await open_store(settings.database_url, organization.name, organization.time_zone)
    try:
        yield store
    finally:
        await store.close()


async def set_role(settings: Settings, person: str, role: Role, held: bool) -> int:
    """Grant or revoke a role.

    Raises:
        UnknownPerson: nobody matches, or several do.
    """
    async with _store(settings) as store:
        learner = await store.find_person(person)
        await store.set_role(learner, role, held)
    print(f"{person} is {'now' if held else 'no longer'} {role.value} (learner {learner.id}).")
    return 0


async def export_events(settings: Settings, since: date | None, pseudonymous: bool) -> int:
    """Write every adoption event to stdout, oldest first."""
    async with _store(settings) as store:
        async for event, person in store.export_events(since):
            sys.stdout.write(to_line(event, None if pseudonymous else person) + "\n")
    return 0


async def import_events(settings: Settings, file: Path) -> int:
    """Append the events of a file that are not there yet; a file with a bad line changes nothing.

    Raises:
        BadLines: names each bad line.
    """
    events = list(_events(file))
    async with _store(settings) as store:
        added = 0
        for start in range(0, len(events), BATCH):
            added += await store.import_events(events[start : start + BATCH])
    print(f"{added} events added, {len(events) - added} were there already.")
    return 0


def _events(file: Path) -> Iterator[AdoptionEvent]:
    problems: list[str] = []
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadLines([f"{file}: {error}"]) from error
    events = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            events.append(from_line(line))
        except ValueError as error:
            problems.append(f"{file}:{number}: {error}")
    if problems:
        raise BadLines(problems)
    yield from events

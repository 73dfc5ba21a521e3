"""`laps usage import`: real use of AI tools, as their reports tell it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from adapters.usage.generic import LARGEST
from adapters.usage.reports import REPORTS, Terms
from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.files import copied
from bot.cli.opening import opened
from bot.cli.printing import count
from bot.errors import BadLines, FutureDay, UnknownTool
from bot.facts import zone_named
from bot.measurement.intake import Taken, take_in
from bot.settings import Settings
from lessons.loading import load

SHOWN = 20
"""People whom nobody knows that are named in text; JSON has all that were kept apart."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be taken in; `tool` and `day` are None where the report says them, or they are usual."""

    source: str
    tool: str | None = None
    day: date | None = None
    complete_through: date | None = None


async def import_usage(settings: Settings, file: Path, asked: Asked, form: str) -> int:
    """Take in a file of real use; one bad line keeps all of it out.

    Args:
        settings: where the database and the catalogue are.
        file: its path, or - for standard input; it may be packed by gzip.
        asked: of which kind it is, and what it does not say itself.
        form: text or json.

    Raises:
        BadLines: names each bad line.
        FutureDay: figures cannot be complete through a day to come.
        UnknownTool: lessons.yaml has no such tool.
    """
    now = now_utc()
    catalogue = good(load(settings.lessons, now.date(), CHANNEL_LIMITS))
    zone = zone_named(catalogue.organization.time_zone)
    today = now.astimezone(zone).date()
    if asked.complete_through is not None and asked.complete_through > today:
        raise FutureDay(asked.complete_through, today)
    report = REPORTS[asked.source]
    tool = asked.tool or report.tool
    if tool and tool not in catalogue.tools:
        raise UnknownTool(tool, [*catalogue.tools])
    terms = Terms(tool, catalogue.tools, today, zone, asked.day)
    with copied(file, LARGEST) as copy:
        try:
            async with opened(settings) as store:
                with _progress() as tell:
                    read = (lambda: report.read(copy, terms), asked.complete_through, tell)
                    taken = await take_in(store, asked.source, *read)
        except BadLines as error:
            raise BadLines([f"{file}:{each}" for each in error.problems]) from error
    if form == "json":
        print(json.dumps(_data(taken), indent=2, ensure_ascii=False))
    else:
        _print(taken, str(file))
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show in a terminal how far it is; on stderr, so that a pipe stays clean."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("records", total=None)
        yield lambda done: bar.advance(task, done)


def _print(taken: Taken, file: str) -> None:
    for name, times in taken.strangers.most_common(SHOWN):
        print(f"nobody knows {name}: {count(times, 'record')} left out")
    if len(taken.strangers) > SHOWN:
        print(f"and {len(taken.strangers) - SHOWN:,} more whom nobody knows")
    days = f", {taken.first_on} to {taken.last_on}" if taken.first_on else ""
    left = taken.strangers.total()
    print(
        f"{file}: {count(taken.records, 'record')}{days}: {taken.new:,} new, {taken.known:,} known before, "
        f"{left:,} of people whom nobody knows."
    )


def _data(taken: Taken) -> dict[str, object]:
    return {
        "records": taken.records,
        "new": taken.new,
        "known": taken.known,
        "from": taken.first_on.isoformat() if taken.first_on else None,
        "to": taken.last_on.isoformat() if taken.last_on else None,
        "unmatched": dict(taken.strangers),
    }

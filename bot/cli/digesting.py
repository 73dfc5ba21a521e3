"""`laps digest`: the week's adoption figures for a group."""

from __future__ import annotations

import json

from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.opening import opened
from bot.cli.printing import make_console, print_columns
from bot.facts import zone_named
from bot.measurement.digest import Digest
from bot.measurement.digesting import digest_of, group_named, week_of
from bot.measurement.telling import headline, sections
from bot.settings import Settings
from lessons.catalogue import Catalogue
from lessons.loading import load
from scheduler.settling import Settling


async def digest(settings: Settings, week: str | None, group: str, form: str, definitions: bool) -> int:
    """Print a digest.

    Args:
        settings: where the database and the catalogue are.
        week: its name, None for the last one that is over.
        group: `all` or kind:value.
        form: text or json.
        definitions: says what each figure means, too; JSON says it always.

    Raises:
        UnknownWeek, UnknownGroup: there is none of the name.
    """
    now = now_utc()
    catalogue = good(load(settings.lessons, now.date(), CHANNEL_LIMITS))
    today = now.astimezone(zone_named(catalogue.organization.time_zone)).date()
    wanted, days = group_named(group), week_of(week, today)
    async with opened(settings) as store:
        await Settling(store, lambda: catalogue).work()
        made = await digest_of(store, catalogue, days, wanted)
    if form == "json":
        print(json.dumps(made.data(), indent=2, ensure_ascii=False))
        return 0
    _print(made, catalogue, definitions)
    return 0


def _print(made: Digest, catalogue: Catalogue, definitions: bool) -> None:
    console = make_console()
    tools = {name: tool.name for name, tool in catalogue.tools.items()}
    title = f"{catalogue.organization.name}, {made.week}, {made.first_on} to {made.last_on}: {made.group}"
    console.print(title, style="bold", soft_wrap=True)
    console.print(headline(made, tools), soft_wrap=True)
    for heading, rows in sections(made, tools):
        console.print(f"\n{heading}", style="bold")
        print_columns(console, rows, head=True)
    if made.notes:
        console.print("\nWhat is not known, and why", style="bold")
        for note in made.notes:
            console.print(note, soft_wrap=True)
    if definitions:
        console.print("\nWhat the figures mean", style="bold")
        print_columns(console, [[name, said] for name, said in made.definitions.items()])

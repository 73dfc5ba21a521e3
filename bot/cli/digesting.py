"""`laps digest`: the week's adoption figures for a group."""

from __future__ import annotations

import json

from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.opening import opened
from bot.cli.printing import make_console, print_columns
from bot.measurement.digest import Digest
from bot.measurement.digesting import Issuer, group_named
from bot.digests.telling import headline, sections
from bot.settings import Settings
from lessons.catalogue import Catalogue
from lessons.loading import load
from scheduler.settling import Settling


async def digest(
    settings: Settings, week: str | None, group: str, form: str, definitions: bool, corrects: bool
) -> int:
    """Print a digest.

    Args:
        settings: where the database and the catalogue are.
        week: its name, None for the last one that is over.
        group: `all` or kind:value.
        form: text or json.
        corrects: make it anew, with what came late.
        definitions: says what each figure means, too; JSON says it always.

    Raises:
        UnknownWeek, UnknownGroup: there is none of the name.
    """
    catalogue = good(load(settings.lessons, now_utc().date(), CHANNEL_LIMITS))
    async with opened(settings) as store:
        issuer = Issuer(store, lambda: catalogue, now_utc, Settling(store, lambda: catalogue).work)
        wanted, days = group_named(group), issuer.week(week)
        if corrects:
            await issuer.correct(days, wanted.kind)
        made = await issuer.digest(days, wanted)
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

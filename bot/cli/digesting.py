"""`laps digest`: the week's adoption figures for a group."""

from __future__ import annotations

import sys

from bot.app import CHANNEL_LIMITS, good, now_utc, reader_of
from bot.cli.opening import opened
from bot.digests.forms import FORMS
from bot.digests.telling import as_text
from bot.measurement.digesting import Issuer, group_named
from bot.privacy.audit import OPERATOR
from bot.settings import Settings
from lessons.loading import load
from scheduler.settling import Settling


async def digest(
    settings: Settings, week: str | None, group: str, form: str, definitions: bool, corrects: bool
) -> int:
    """Print a digest, as it was issued; the first time it is made.

    Args:
        settings: where the database and the catalogue are.
        week: its name, None for the last one that is over.
        group: `all` or kind:value.
        form: a name of `FORMS`.
        definitions: says in text what each figure means, too; the other forms say it always.
        corrects: make it anew, with what came late.

    Raises:
        UnknownWeek, UnknownGroup: there is none of the name.
    """
    wanted = FORMS[form]
    if not wanted.is_text and sys.stdout.isatty():
        print(f"laps: a terminal cannot show {form}: laps digest … > digest.{form}", file=sys.stderr)
        return 2
    catalogue = good(load(settings.lessons, now_utc().date(), CHANNEL_LIMITS))
    async with opened(settings) as store:
        issuer = Issuer(store, lambda: catalogue, now_utc, Settling(store, lambda: catalogue).work)
        of, days = group_named(group), issuer.week(week)
        if corrects:
            await issuer.correct(days, of.kind, OPERATOR)
        made = await issuer.read(days, of, OPERATOR, form)
    reader = reader_of(catalogue)
    if form == "text" and definitions:
        sys.stdout.write(as_text(made, reader, definitions=True))
        return 0
    body = wanted.write(made, reader)
    if wanted.is_text:
        sys.stdout.write(body.decode("utf-8"))
    else:
        sys.stdout.buffer.write(body)
    return 0

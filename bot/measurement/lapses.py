"""Lapse and return: that use stopped after it had been adopted, and that it began again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

from bot.measurement import metrics
from bot.measurement.adoption import HORIZONS, adopted
from bot.measurement.usage import Usage
from bot.measurement.windows import day

QUIET_DAYS = 14
"""After how many days without use somebody who had adopted has lapsed."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """A time without use after adoption.

    Attributes:
        last_used_on: the last day of use before it.
        from_on: the first day at the end of which the person had lapsed.
        returned_on: the next day of use; None where there has been none by T.
    """

    last_used_on: date
    from_on: date
    returned_on: date | None


def lapses(
    usage: Usage,
    exposed_on: date,
    through: date,
    quiet: int = QUIET_DAYS,
    horizons: Collection[int] = HORIZONS,
) -> tuple[Lapse, ...]:
    """Return every lapse by T, the earliest first.

    A horizon H is settled once T has come to t0 + H: only then can somebody have adopted, and lapse. What
    happened after T is not looked at, so that the answer for a past T stays the same; who is to be spoken to
    today is asked about with today's T, and not where there is a use after it.

    Args:
        usage: of one tool.
        exposed_on: t0.
        through: T.
        quiet: after how many days without use it is a lapse.
        horizons: at which days after t0 adoption is looked at.
    """
    known = usage.serving(metrics.LAPSED)
    settled = (h for h in sorted(horizons) if day(exposed_on, h) <= through)
    adopted_at = next((h for h in settled if adopted(known, exposed_on, h)), None)
    if adopted_at is None:
        return ()
    used = sorted(on for on in known.days if exposed_on < on <= through)
    spells = (
        Lapse(last, max(last + timedelta(days=quiet), day(exposed_on, adopted_at)), following)
        for last, following in zip_longest(used, used[1:])
    )
    return tuple(each for each in spells if _came_about(each, through))


def _came_about(lapse: Lapse, through: date) -> bool:
    return lapse.from_on <= through if lapse.returned_on is None else lapse.from_on < lapse.returned_on


def lapsed(usage: Usage, exposed_on: date, through: date, quiet: int = QUIET_DAYS) -> bool:
    """Say whether a person had adopted and has not used the tool in the last `quiet` days to T."""
    found = lapses(usage, exposed_on, through, quiet)
    return bool(found) and found[-1].returned_on is None


def returned(usage: Usage, exposed_on: date, through: date, quiet: int = QUIET_DAYS) -> bool:
    """Say whether a person has used the tool after a lapse, by T; they may have lapsed again since."""
    return any(each.returned_on for each in lapses(usage, exposed_on, through, quiet))

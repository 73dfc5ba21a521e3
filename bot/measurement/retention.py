"""Who still uses the tool some weeks after they began, by the month in which that was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.measurement import metrics
from bot.measurement.usage import Usage
from bot.measurement.windows import Days, day

WEEKS = (4, 8, 12)
"""In which weeks after the exposure day use is looked for."""


def kept(usage: Usage, exposed_on: date, week: int) -> bool:
    """Say whether there was any use in the n-th week counted from the exposure day."""
    days = Days(day(exposed_on, 7 * week - 6), day(exposed_on, 7 * week))
    return usage.serving(metrics.RETAINED).in_week(days, after=exposed_on) > 0


@dataclass(frozen=True, slots=True)
class Kept:
    """Of those who began in a month (`2026-11`) and whose week is over, how many used the tool in it."""

    month: str
    week: int
    begun: int
    seen: int
    kept: int


def retention(people: Iterable[tuple[date, Sequence[bool | None]]]) -> tuple[Kept, ...]:
    """Count by the month of the exposure day; a week that is not over for somebody is not counted for them.

    Args:
        people: each one's exposure day, and for each of `WEEKS` whether there was use, None where it is open.
    """
    found: dict[tuple[str, int], list[int]] = {}
    for exposed_on, answers in people:
        for week, answer in zip(WEEKS, answers, strict=True):
            row = found.setdefault((f"{exposed_on:%Y-%m}", week), [0, 0, 0])
            row[0] += 1
            row[1] += answer is not None
            row[2] += bool(answer)
    return tuple(Kept(month, week, *row) for (month, week), row in sorted(found.items()))

"""One person's use of one tool by one evidence, laid out by day so that windows can be counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from bot.events import Evidence
from bot.measurement.metrics import Metric
from bot.measurement.uses import Detail, Use, is_task
from bot.measurement.windows import Days


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of one person's use of one tool by one evidence.

    Where two sources tell of the same days the larger figure is taken, never the sum: they may be telling of
    the same uses. Evidence cannot be blended, since a `Usage` holds only one.

    Attributes:
        events: uses by day, from sources that know uses.
        days: uses by day, from these and from sources that know days only; none of them is 0.
        coarse: what is known for several days together: weeks and months.
    """

    events: Mapping[date, int] = field(default_factory=dict)
    days: Mapping[date, int] = field(default_factory=dict)
    coarse: tuple[Use, ...] = ()

    def serving(self, metric: Metric) -> Usage:
        """Return the part of it that tells finely enough for a metric."""
        coarse = tuple(use for use in self.coarse if metric.needs is None or use.detail >= metric.needs)
        days = self.events if metric.needs is Detail.EVENT else self.days
        return replace(self, days=days, coarse=coarse)

    def in_week(self, week: Days, after: date | None = None) -> int:
        """Count the uses of a week.

        What a source tells of several days counts in the week that holds the last of them, unless they
        began on `after` or before.
        """
        by_day = sum(self.days.get(day, 0) for day in week)
        return max([by_day, *(use.value for use in self.coarse if _ends_in(use, week, after))])

    def any_in(self, days: Days, after: date | None = None) -> bool:
        """Say whether there was any use in some days; what a source tells of several days as in `in_week`."""
        return any(day in days for day in self.days) or any(_ends_in(use, days, after) for use in self.coarse)


NO_USE = Usage()
"""Of whom no source tells anything."""


def usages(
    uses: Iterable[Use], tool: str, evidence: Evidence = Evidence.MEASURED, task: str | None = None
) -> dict[str, Usage]:
    """Lay out the use of a tool person by person, by one evidence and, where given, for one task.

    Uses whose source knows no tasks count for every task. Who has no use is left out: see `NO_USE`.
    """
    found: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        if use.value and use.tool == tool and use.evidence is evidence and is_task(use.task, task):
            found[use.person].append(use)
    return {person: _laid_out(theirs) for person, theirs in found.items()}


def usage_of(
    person: str,
    uses: Iterable[Use],
    tool: str,
    evidence: Evidence = Evidence.MEASURED,
    task: str | None = None,
) -> Usage:
    """Lay out one person's use of a tool; other people's uses are passed over."""
    return usages((use for use in uses if use.person == person), tool, evidence, task).get(person, NO_USE)


def _laid_out(uses: Iterable[Use]) -> Usage:
    counted: dict[tuple[str, date], int] = defaultdict(int)
    active: dict[date, int] = {}
    coarse = []
    for use in uses:
        if use.detail is Detail.EVENT:
            counted[use.source, use.on] += use.value
        elif use.detail is Detail.DAY:
            active[use.on] = use.value
        else:
            coarse.append(use)
    events: dict[date, int] = {}
    for (_, on), count in counted.items():
        events[on] = max(count, events.get(on, 0))
    return Usage(events, {**active, **events}, tuple(coarse))


def _ends_in(use: Use, days: Days, after: date | None) -> bool:
    return use.on in days and (after is None or use.first_on > after)

"""What a person's uses amount to, once for all: dated facts from which every week's figures are counted.

Each fact carries the day from which it holds, so that the figures of any week, this one or last year's, are a
count of what was so by its T. What a fact says rests only on uses up to its day: later uses never change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.events import Evidence
from bot.measurement import metrics
from bot.measurement.adoption import (
    HABIT_LEAST,
    HABIT_WEEKS,
    HORIZONS,
    adopted,
    habitual,
    power,
    qualifying_weeks,
    tried,
)
from bot.measurement.answers import Answer, Said, held
from bot.measurement.lapses import Lapse, lapses
from bot.measurement.metrics import Metric
from bot.measurement.retention import WEEKS, kept
from bot.measurement.targets import met
from bot.measurement.usage import Usage, usages
from bot.measurement.uses import Detail, Use
from bot.measurement.windows import WEEK, Days, day, iso_week
from lessons.programs import Target

BREADTH_DAYS = 28
"""Over so many days up to a week's Sunday different tasks are counted."""

LINGERS = HABIT_WEEKS - HABIT_LEAST
"""For so many weeks after the last use a habit of 9 in 12 weeks may still be there."""

TASKS_LINGER = BREADTH_DAYS // 7 - 1
"""For so many weeks after the last use a task is still within the 28 days."""


@dataclass(frozen=True, slots=True)
class Course:
    """A program as it concerns one person: t0, and the targets that are counted in it."""

    program: str
    exposed_on: date
    targets: Sequence[Target] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """That a person met a metric: at H days, in a week, or a target; `on` is the day that settles it.

    `name` is the metric's, with its days, weeks or the target's id: `adopted 30`, `target variance-80`.
    """

    program: str
    tool: str
    evidence: Evidence
    name: str
    on: date


@dataclass(frozen=True, slots=True)
class Active:
    """One ISO week of a person's use of a tool: its Monday, days and uses in it, and what had grown by it."""

    monday: date
    tool: str
    evidence: Evidence
    days: int
    uses: int
    habitual: bool
    power: bool
    tasks: int


@dataclass(frozen=True, slots=True)
class Spell:
    """A time without use after a tool had been adopted in a program."""

    program: str
    tool: str
    evidence: Evidence
    lapse: Lapse


@dataclass(frozen=True, slots=True)
class Standings:
    """All that is counted of a person; `exposed` is t0 by program."""

    exposed: Mapping[str, date]
    reached: tuple[Reached, ...] = ()
    active: tuple[Active, ...] = ()
    spells: tuple[Spell, ...] = ()
    said: tuple[Said, ...] = ()


def standings(
    uses: Sequence[Use],
    courses: Sequence[Course],
    answers: Sequence[Answer] = (),
    begun_on: date | None = None,
) -> Standings:
    """Say what one person's uses amount to in each program, by each tool and evidence, and what they say.

    `begun_on` is the day on which they first completed any lesson.
    """
    reached: list[Reached] = []
    active: list[Active] = []
    spells: list[Spell] = []
    for tool, evidence in sorted({(use.tool, use.evidence) for use in uses if use.value}):
        ours = [use for use in uses if use.tool == tool and use.evidence is evidence]
        usage = _laid_out(ours, tool, evidence)
        active += _weeks(ours, usage, tool, evidence)
        for course in courses:
            made = _met(usage, ours, course.exposed_on, course.targets)
            reached += (Reached(course.program, tool, evidence, name, on) for name, on in made)
            found = lapses(usage, course.exposed_on, FOREVER)
            spells += (Spell(course.program, tool, evidence, each) for each in found)
    exposed = {course.program: course.exposed_on for course in courses}
    return Standings(exposed, tuple(reached), tuple(active), tuple(spells), held(answers, begun_on))


FOREVER = date(9000, 1, 1)
"""Through which nothing that is known is left out."""


def named(metric: Metric, number: int) -> str:
    """Name what is met at so many days, or in such a week."""
    return f"{metric.name} {number}"


def for_target(target: str) -> str:
    """Name that a target is met."""
    return f"target {target}"


BASELINE = "baseline"
"""Names use before t0: at least 2 uses in each of at least 3 of the four weeks before it."""


def _met(
    usage: Usage, uses: Sequence[Use], t0: date, targets: Sequence[Target]
) -> Iterator[tuple[str, date]]:
    for horizon in HORIZONS:
        if tried(usage, t0, horizon):
            yield named(metrics.TRIED, horizon), day(t0, horizon)
        if adopted(usage, t0, horizon):
            yield named(metrics.ADOPTED, horizon), day(t0, horizon)
    # The four weeks before t0, seen as the last of 28 days that began one day before them.
    if adopted(usage, day(t0, -29), 28):
        yield BASELINE, t0
    for week in WEEKS:
        if kept(usage, t0, week):
            yield named(metrics.RETAINED, week), day(t0, 7 * week)
    last = max((use.on for use in uses), default=t0)
    for first in qualifying_weeks(usage, t0, last + WEEK)[:1]:
        yield metrics.FIRST_QUALIFYING_WEEK.name, first
    for target in targets:
        if uses and target.tool == uses[0].tool:
            ours = _laid_out(uses, target.tool, uses[0].evidence, target.task)
            if met(target, ours, t0):
                yield for_target(target.id), day(t0, target.within_days)


def _weeks(uses: Sequence[Use], usage: Usage, tool: str, evidence: Evidence) -> Iterator[Active]:
    """Give each week in which there was use, or in which a habit or a task is still counted."""
    mondays: set[date] = set()
    for use in uses:
        first = iso_week(use.on).first_on
        mondays.update(first + n * WEEK for n in range(max(LINGERS, TASKS_LINGER) + 1))
    tasks: defaultdict[str, set[date]] = defaultdict(set)
    for use in uses:
        if use.task and use.detail >= Detail.DAY:
            tasks[" ".join(use.task.casefold().split())].add(use.on)
    by_day = usage.serving(metrics.ACTIVE_DAYS)
    for monday in sorted(mondays):
        week = iso_week(monday)
        days = sum(by_day.days.get(on, 0) > 0 for on in week)
        wide = Days(week.last_on - timedelta(days=BREADTH_DAYS - 1), week.last_on)
        made = Active(
            monday,
            tool,
            evidence,
            days,
            usage.in_week(week),
            habitual(usage, monday),
            power(usage, monday),
            sum(any(on in wide for on in used) for used in tasks.values()),
        )
        if made.uses or made.habitual or made.tasks:
            yield made


def _laid_out(uses: Sequence[Use], tool: str, evidence: Evidence, task: str | None = None) -> Usage:
    """Lay out one person's uses."""
    return next(iter(usages(uses, tool, evidence, task).values()), Usage())

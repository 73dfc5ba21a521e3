"""Targets: whether a group has shown that it reached one, and what a person still has to do for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.events import Evidence
from bot.measurement import metrics
from bot.measurement.adoption import WEEKS_OF_USE, adopted
from bot.measurement.eligibility import Trained, counted
from bot.measurement.uncertainty import Interval, wilson
from bot.measurement.usage import NO_USE, Usage, usage_of, usages
from bot.measurement.uses import Use
from bot.measurement.windows import Days, days_to, four_weeks
from lessons.programs import Target


class Verdict(StrEnum):
    """What the figures show of a target; never more than the interval allows."""

    REACHED = "reached"  # the lower bound is at or over the goal
    BELOW = "below"  # the upper bound is under it
    NOT_SHOWN = "not_shown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A target of a group: how many met it of those eligible. `interval` is None where nobody is."""

    eligible: int
    too_young: int
    met: int
    interval: Interval | None
    verdict: Verdict

    @property
    def share(self) -> float | None:
        """The fraction of the eligible who met it; None where nobody is eligible."""
        return self.met / self.eligible if self.eligible else None


def verdict(interval: Interval | None, goal: float) -> Verdict:
    """Say what an interval shows of a goal, a fraction; nothing, where there is no interval."""
    if interval is None:
        return Verdict.NOT_SHOWN
    if interval.low >= goal:
        return Verdict.REACHED
    return Verdict.BELOW if interval.high < goal else Verdict.NOT_SHOWN


def met(target: Target, usage: Usage, exposed_on: date) -> bool:
    """Say whether a person met a target; `usage` is of its tool and, where it names one, its task."""
    return adopted(usage.serving(metrics.TARGET), exposed_on, target.within_days, target.times_per_week)


def outcome(
    target: Target,
    people: Iterable[Trained],
    uses: Iterable[Use],
    through: date,
    evidence: Evidence = Evidence.MEASURED,
) -> Outcome:
    """Judge a target for a group, by one evidence, by what is complete through T."""
    group = counted(people, target.within_days, through)
    known = usages(uses, target.tool, evidence, target.task)
    number = sum(met(target, known.get(each.person, NO_USE), each.exposed_on) for each in group.eligible)
    interval = wilson(number, len(group.eligible))
    return Outcome(len(group.eligible), group.too_young, number, interval, verdict(interval, target.share))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one person is with a target on a day, as far as is known then.

    Attributes:
        met: nothing is missing any more.
        weeks: the uses so far in each of the four weeks that count.
        missing: with how many further uses, at the least, it would be met; None where none would do.
        missing_this_week: how many make the present week one that counts; 0 before the four weeks, after
            them, and once the target is met.
        days_left: to the last day that counts, today included; 0 after it.
        days_left_this_week: of the present one of the four weeks, today included; 0 before and after them.
    """

    met: bool
    weeks: tuple[int, ...]
    missing: int | None
    missing_this_week: int
    days_left: int
    days_left_this_week: int

    @property
    def below(self) -> bool:
        """Whether the target is not met and can still be: the one time when a word about it helps."""
        return bool(self.missing)


def progress(
    target: Target,
    person: Trained,
    uses: Iterable[Use],
    today: date,
    evidence: Evidence = Evidence.MEASURED,
    one_a_day: bool = False,
) -> Progress:
    """Say how far a person is with a target, what is missing, and how many days are left.

    Only uses up to `today` are looked at. Where a source is behind, more is missing here than in truth: who
    tells people so asks first whether figures are complete through yesterday.

    Args:
        target: the target.
        person: whose progress; their exposure day in the target's program.
        uses: of this person at least; others' are passed over.
        today: the person's local day.
        evidence: by which the uses are known.
        one_a_day: the tool's source knows days and no single uses, so that a day gives one use at most.
    """
    known = (use for use in uses if use.on <= today)
    usage = usage_of(person.person, known, target.tool, evidence, target.task).serving(metrics.TARGET)
    weeks = four_weeks(person.exposed_on, target.within_days)
    counts = tuple(usage.in_week(week, after=person.exposed_on) for week in weeks)
    short = [max(0, target.times_per_week - count) for count in counts]
    left = [_left(week, today) for week in weeks]
    room = [_room(each, usage, today) if one_a_day else _ANY * len(each) for each in left]
    missing = _missing(short, room)
    done = missing == 0
    now = next((n for n, week in enumerate(weeks) if today in week), None)
    return Progress(
        met=done,
        weeks=counts,
        missing=missing,
        missing_this_week=0 if done or now is None else short[now],
        days_left=len(_left(days_to(person.exposed_on, target.within_days), today)),
        days_left_this_week=0 if now is None else len(left[now]),
    )


_ANY = 1_000_000
"""How often a tool may be used on one day."""


def _left(days: Days, today: date) -> Days:
    return Days(max(days.first_on, today), days.last_on)


def _room(left: Days, usage: Usage, today: date) -> int:
    return len(left) - (today in left and today in usage.days)


def _missing(short: Sequence[int], room: Sequence[int]) -> int | None:
    """Add up what the weeks lack that can most easily still become weeks of use; None where too few can."""
    possible = sorted(lacks for lacks, free in zip(short, room, strict=True) if lacks <= free)
    return sum(possible[:WEEKS_OF_USE]) if len(possible) >= WEEKS_OF_USE else None

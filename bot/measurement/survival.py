"""How long it takes until something comes, also where it has not come yet: Kaplan and Meier's estimate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.measurement.adoption import Waited

ROUNDING = 1e-9
"""What a product of shares may be off by: half is half."""


@dataclass(frozen=True, slots=True)
class Step:
    """A day on which it came to somebody.

    `waiting` had not had it before, `came` had it then, and `without` is the share that has not had it by the
    end of the day.
    """

    days: int
    waiting: int
    came: int
    without: float


def kaplan_meier(waits: Iterable[Waited]) -> tuple[Step, ...]:
    """Return S(t) = prod(1 - d_j/n_j) at each day on which it came to somebody, the earliest first.

    Who was looked at for too short a time is counted for as long as that: doi 10.1080/01621459.1958.10501452.
    """
    came: Counter[int] = Counter()
    left: Counter[int] = Counter()
    for wait in waits:
        (came if wait.reached else left)[wait.days] += 1
    waiting, without = came.total() + left.total(), 1.0
    steps = []
    for days in sorted(came | left):
        if came[days]:
            without *= 1 - came[days] / waiting
            steps.append(Step(days, waiting, came[days], without))
        waiting -= came[days] + left[days]
    return tuple(steps)


def median_wait(steps: Iterable[Step]) -> int | None:
    """Return after how many days half of all had it; None where that was not seen."""
    return next((step.days for step in steps if step.without <= 0.5 + ROUNDING), None)

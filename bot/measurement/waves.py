"""What a program changed where people began in waves: each wave beside those who had not begun yet.

ATT(g,t) = E[Y_t - Y_(g-1) | begun in g] - E[Y_t - Y_(g-1) | not begun by t], after Callaway and Sant'Anna
2021, doi 10.1016/j.jeconom.2020.12.001. Where nobody is left who has not begun, there is nothing to compare
with, and what is seen is a change and no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 1000
"""How often waves are dealt out anew for the test."""

SEED = 20261101
"""The same for all, so that a figure does not depend on when it was made."""

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Course:
    """One person's weeks: `begun` is the index of their first week in the program, None: there is none.

    `weeks` are all weeks that are looked at, the same for everybody: days of use, or whatever is compared.
    """

    person: str
    begun: int | None
    weeks: Sequence[float]


@dataclass(frozen=True, slots=True)
class Waves:
    """What the waves show.

    Attributes:
        by_wave: ATT(g,t) by the first week of a wave and the week looked at.
        overall: their mean, by how many people each is of; None where there is nobody to compare with.
        p_value: how often waves dealt out by chance differ as much; None with `overall`.
        people: how many people it rests on, and `waiting` how many of them served for comparison at first.
    """

    by_wave: Mapping[tuple[int, int], float]
    overall: float | None
    p_value: float | None
    people: int
    waiting: int


def compare_waves(courses: Sequence[Course]) -> Waves:
    """Compare each wave with those who had not begun, week by week, and test it by permutation.

    A wave that began in the first week looked at has no week before it, and is left out.
    """
    known = [each for each in courses if each.begun is None or each.begun > 0]
    if not known:
        return Waves({}, None, None, 0, 0)
    table = np.array([list(each.weeks) for each in known], dtype=np.float64)
    never = table.shape[1]
    begun = np.array([never if each.begun is None else each.begun for each in known])
    cells = _cells(table, begun)
    overall = _mean(cells)
    first = min((g for g, _ in cells), default=never)
    waiting = int((begun > first).sum())
    by_wave = {key: effect for key, (effect, _) in cells.items()}
    if overall is None:
        return Waves(by_wave, None, None, len(known), waiting)
    return Waves(by_wave, overall, _p_value(table, begun, overall), len(known), waiting)


def _cells(table: Numbers, begun: Numbers) -> dict[tuple[int, int], tuple[float, int]]:
    """Compute each ATT(g,t) with the number of people in wave g."""
    count = table.shape[1]
    found: dict[tuple[int, int], tuple[float, int]] = {}
    for wave in (int(each) for each in np.unique(begun) if each < count):
        ours = begun == wave
        for week in range(wave, count):
            others = begun > week
            if not others.any():
                break
            change = table[:, week] - table[:, wave - 1]
            found[wave, week] = float(change[ours].mean() - change[others].mean()), int(ours.sum())
    return found


def _mean(cells: Mapping[tuple[int, int], tuple[float, int]]) -> float | None:
    weight = sum(people for _, people in cells.values())
    return sum(effect * people for effect, people in cells.values()) / weight if weight else None


def _p_value(table: Numbers, begun: Numbers, overall: float) -> float:
    """Say how often the overall effect is as large where the waves are dealt out anew among the people."""
    chance = np.random.default_rng(SEED)
    extreme = 0
    for _ in range(DRAWS):
        dealt = _mean(_cells(table, chance.permutation(begun)))
        extreme += dealt is not None and abs(dealt) >= abs(overall) - 1e-12
    return (1 + extreme) / (1 + DRAWS)

"""What nudging causes: the use that followed messages that were sent, beside those held back at random.

A decision is one case, not a person: each time that somebody could be spoken to, chance decided. Decisions in
which chance had no part (nobody available, a message that was asked for) say nothing and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from bot.measurement.uncertainty import Interval

FOLLOWS = timedelta(hours=72)
"""So long after a decision a use counts as one that followed."""

DRAWS = 2000
"""How often people are drawn anew for the interval."""

SEED = 20261101
"""The same for all, so that a figure does not depend on when it was made."""


@dataclass(frozen=True, slots=True)
class Case:
    """A decision that chance made: `probability` is that with which it would have been sent.

    `count` says how many such there are of the person.
    """

    person: str
    sent: bool
    used: bool
    probability: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Caused:
    """Among how many, and what share of them used the tool within 72 hours; shares are fractions.

    `difference` is the share of those sent less that of those held; `interval` is None where one of the two
    kinds is missing, or comes from fewer than two people.
    """

    sent: int
    held: int
    used_sent: float | None
    used_held: float | None
    difference: float | None
    interval: Interval | None


def caused(cases: Iterable[Case]) -> Caused:
    """Compare what followed messages that were sent and that were held back.

    Each case weighs as much as it was unlikely, so that a share held that was changed meanwhile misleads
    nobody (Hájek's estimate). The interval is the middle 95 % of the differences among people drawn anew with
    replacement: what one person does is one piece of news, however often they were decided of (Efron and
    Tibshirani 1993, doi 10.1201/9780429246593).
    """
    known = [each for each in cases if 0 < each.probability < 1]
    people = {person: number for number, person in enumerate(sorted({each.person for each in known}))}
    table = np.zeros((len(people), 4))
    for each in known:
        weight = each.count / (each.probability if each.sent else 1 - each.probability)
        column = 0 if each.sent else 2
        table[people[each.person], column] += weight
        table[people[each.person], column + 1] += weight * each.used
    sent = sum(each.count for each in known if each.sent)
    decisions = sum(each.count for each in known)
    whole = table.sum(axis=0)
    of_sent, of_held = _share(whole[1], whole[0]), _share(whole[3], whole[2])
    if of_sent is None or of_held is None:
        return Caused(sent, decisions - sent, of_sent, of_held, None, None)
    return Caused(sent, decisions - sent, of_sent, of_held, of_sent - of_held, _interval(table))


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _interval(table: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Interval | None:
    count = len(table)
    if count < 2:
        return None
    chance = np.random.default_rng(SEED)
    found = []
    for _ in range(DRAWS):
        # How often each person is drawn is all that a sum over the drawn needs.
        sums = np.bincount(chance.integers(count, size=count), minlength=count) @ table
        if sums[0] and sums[2]:
            found.append(sums[1] / sums[0] - sums[3] / sums[2])
    if not found:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return Interval(float(low), float(high))

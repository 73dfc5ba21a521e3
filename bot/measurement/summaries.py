"""What the middle of some answers is, how sure it is, and what those who did not answer could change."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bot.measurement.uncertainty import Interval

CONFIDENCE = 0.95
"""Of an interval, at the least: in so many of 100 cases it holds the truth."""


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The middle half of some values, in their own unit."""

    q1: float
    median: float
    q3: float


def quartiles(values: Sequence[float]) -> Quartiles | None:
    """Return the median and the quartiles, interpolated between neighbours; None of no values.

    Hyndman and Fan's type 7, doi 10.1080/00031305.1996.10473566: what spreadsheets and NumPy say.
    """
    if len(values) < 2:
        return Quartiles(values[0], values[0], values[0]) if values else None
    return Quartiles(*statistics.quantiles(values, n=4, method="inclusive"))


@dataclass(frozen=True, slots=True)
class Change:
    """The median of paired changes, in the unit of the answers; `interval` is None for too few pairs."""

    median: float
    interval: Interval | None


def paired_change(before: Sequence[float], after: Sequence[float]) -> Change | None:
    """Say by how much the same people's answers changed, in the middle; None of nobody.

    The interval lies between two of the changes, ordered: exact whatever their distribution is, by the sign
    test (Thompson 1936, doi 10.1214/aoms/1177732502). Fewer than six pairs cannot give one of 95 %.

    Raises:
        ValueError: the answers are not in pairs.
    """
    changes = sorted(y - x for x, y in zip(before, after, strict=True))
    if not changes:
        return None
    count = len(changes)
    rank, beyond = 0, 0.0
    # As many as possible are left out at each end, while what they take away stays within 2.5 %.
    while (beyond := beyond + math.comb(count, rank) / 2**count) <= (1 - CONFIDENCE) / 2:
        rank += 1
    interval = Interval(changes[rank - 1], changes[count - rank]) if rank else None
    return Change(statistics.median(changes), interval)


def with_silence(share: float, answered: int, asked: int) -> Interval | None:
    """Say between which shares all who were asked would lie, whatever those who were silent think.

    [r·p, r·p + (1-r)] with the response rate r: Manski 1989, doi 10.2307/145818.

    Returns:
        None where nobody was asked.

    Raises:
        ValueError: more answered than were asked, or a share is none.
    """
    if not 0 <= answered <= asked or not 0 <= share <= 1:
        raise ValueError(f"a share of {share} among {answered} of {asked} asked is impossible")
    if asked == 0:
        return None
    rate = answered / asked
    return Interval(rate * share, rate * share + (1 - rate))

"""How far a share can be trusted: Wilson's interval, and Newcombe's for the difference of two shares."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.96
"""Of an interval that holds the truth in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Between which shares, or differences of shares, the truth lies: fractions, not per cent."""

    low: float
    high: float


def wilson(part: int, whole: int) -> Interval | None:
    """Say between which shares the true one lies, where `part` of `whole` people were found.

    (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n): Wilson 1927, doi 10.1080/01621459.1927.10502953.

    Returns:
        None where there is nobody: then nothing is known.

    Raises:
        ValueError: the part is more than the whole, or one is negative.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return None
    share, spread = part / whole, Z * Z / whole
    centre = share + spread / 2
    half = Z * sqrt(share * (1 - share) / whole + spread / (4 * whole))
    low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
    # Rounding must not take away that none and all are within reach.
    return Interval(low if part else 0.0, high if part < whole else 1.0)


def newcombe(part: int, whole: int, other_part: int, other_whole: int) -> Interval | None:
    """Say between which values the first share less the other lies.

    The hybrid of the two Wilson intervals without correction: method 10 of Newcombe 1998,
    doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Returns:
        None where one group has nobody.

    Raises:
        ValueError: a part is more than its whole, or one is negative.
    """
    one, other = wilson(part, whole), wilson(other_part, other_whole)
    if one is None or other is None:
        return None
    share, other_share = part / whole, other_part / other_whole
    below = sqrt((share - one.low) ** 2 + (other.high - other_share) ** 2)
    above = sqrt((one.high - share) ** 2 + (other_share - other.low) ** 2)
    difference = share - other_share
    return Interval(max(-1.0, difference - below), min(1.0, difference + above))

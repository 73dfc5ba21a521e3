"""Intervals: the published values, and what every interval promises."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.measurement.uncertainty import Interval, Z, newcombe, wilson


def known(interval: Interval | None) -> Interval:
    """Take an interval that is there."""
    assert interval is not None
    return interval


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    """Draw a part and its whole, which has somebody."""
    whole = draw(st.integers(1, 2000))
    return draw(st.integers(0, whole)), whole


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(7, 10, 39.7, 89.2), (8, 10, 49.0, 94.3), (10, 10, 72.2, 100.0), (80, 100, 71.1, 86.7)],
)
def test_wilsons_interval_has_the_published_values(part: int, whole: int, low: float, high: float) -> None:
    """The check values of the definitions come out, to a tenth of a per cent."""
    found = known(wilson(part, whole))
    assert (round(100 * found.low, 1), round(100 * found.high, 1)) == (low, high)


def test_sixteen_of_sixteen_are_the_least_that_show_four_fifths() -> None:
    """All n of n give n / (n + 1.96²) as lower bound: 12 give 75.75 %, 15 give 79.61 %, 16 give 80.64 %."""
    lows = {n: known(wilson(n, n)).low for n in range(1, 30)}
    assert [round(100 * lows[n], 2) for n in (12, 15, 16)] == [75.75, 79.61, 80.64]
    assert min(n for n, low in lows.items() if low >= 0.8) == 16
    assert all(low == pytest.approx(n / (n + Z * Z)) for n, low in lows.items())


@given(shares())
def test_wilsons_bounds_solve_the_score_equation(share: tuple[int, int]) -> None:
    """At a bound b the share found is just 1.96 standard errors of b away: |p - b| = z·sqrt(b(1-b)/n)."""
    part, whole = share
    found = known(wilson(part, whole))
    for bound in (found.low, found.high):
        assert abs(part / whole - bound) == pytest.approx(
            Z * sqrt(bound * (1 - bound) / whole), rel=1e-6, abs=1e-6
        )


@given(shares())
def test_wilsons_interval_holds_the_share(share: tuple[int, int]) -> None:
    """The bounds are shares with the found one between, and the other part's are the same from the top."""
    part, whole = share
    found, mirrored = known(wilson(part, whole)), known(wilson(whole - part, whole))
    assert 0 <= found.low <= part / whole <= found.high <= 1
    assert (found.low == 0) is (part == 0) and (found.high == 1) is (part == whole)
    assert mirrored.low == pytest.approx(1 - found.high) and mirrored.high == pytest.approx(1 - found.low)


@given(shares(), st.integers(2, 9))
def test_more_people_make_the_interval_narrower(share: tuple[int, int], more: int) -> None:
    """The same share of more people is known better."""
    part, whole = share
    one, other = known(wilson(part, whole)), known(wilson(part * more, whole * more))
    assert other.high - other.low < one.high - one.low


def test_of_nobody_nothing_is_known() -> None:
    """An empty group has no interval, alone or beside another."""
    assert wilson(0, 0) is None
    assert newcombe(0, 0, 3, 4) is None and newcombe(3, 4, 0, 0) is None


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 3), (1, 0), (-1, -1)])
def test_what_is_no_share_is_refused(part: int, whole: int) -> None:
    """More than all, and fewer than none, is a fault of whoever counted."""
    with pytest.raises(ValueError, match="is no share"):
        wilson(part, whole)
    with pytest.raises(ValueError, match="is no share"):
        newcombe(1, 2, part, whole)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombes_interval_has_the_published_values(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """The eight examples of table II of Newcombe 1998, method 10, come out, to the four places printed."""
    found = known(newcombe(*counts))
    assert found.low == pytest.approx(low, abs=6e-5) and found.high == pytest.approx(high, abs=6e-5)


@given(shares(), shares())
def test_newcombes_interval_holds_the_difference(one: tuple[int, int], other: tuple[int, int]) -> None:
    """The difference lies within, the bounds are differences, and the other way round they change sign."""
    found, turned = known(newcombe(*one, *other)), known(newcombe(*other, *one))
    difference = one[0] / one[1] - other[0] / other[1]
    assert -1 <= found.low <= difference <= found.high <= 1
    assert turned.low == pytest.approx(-found.high) and turned.high == pytest.approx(-found.low)

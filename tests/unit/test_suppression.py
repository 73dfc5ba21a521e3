"""What is held back: whatever is taken from whatever, nothing is learned of fewer than five people."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.privacy.suppression import LARGE, Cell, hidden, hidden_counts, may_show

LEAST = 5
cells = st.integers(0, 60).flatmap(lambda whole: st.builds(Cell, st.just(whole), st.integers(0, whole)))
siblings = st.lists(cells, min_size=1, max_size=7).map(lambda found: dict(enumerate(found)))


@pytest.mark.parametrize(
    ("whole", "part", "shown"),
    [
        (4, 2, False),
        (5, 2, True),
        (5, 0, False),
        (5, 5, False),
        (19, 19, False),
        (20, 20, True),
        (20, 0, True),
    ],
)
def test_a_share_is_shown_of_five_and_none_or_all_of_twenty(whole: int, part: int, shown: bool) -> None:
    """The bounds are themselves shown."""
    assert may_show(Cell(whole, part), LEAST) is shown


def test_a_larger_least_holds_for_all_of_it() -> None:
    """Where an organization wants thirty, none of twenty tells too much."""
    assert not may_show(Cell(25, 0), 30)
    assert may_show(Cell(30, 0), 30)


@settings(max_examples=500)
@given(siblings)
def test_no_difference_of_shown_figures_tells_of_few(groups: dict[int, Cell]) -> None:
    """The total less any of the siblings that are shown leaves only what could be shown itself."""
    out = hidden(groups, LEAST)
    shown = [group for group in groups if group not in out and groups[group].whole]
    assert all(may_show(groups[group], LEAST) for group in shown)
    rest = [groups[group] for group in out]
    total = sum(groups.values(), Cell(0))
    if not rest or not may_show(total, LEAST):  # with the total held back nothing can be taken from it
        return
    if len(rest) == len([each for each in groups.values() if each.whole]):
        return  # all that is known is the total
    left = sum(rest, Cell(0))
    assert len(rest) > 1 and may_show(left, LEAST)
    for size in range(len(shown) + 1):
        for taken in combinations(shown, size):
            assert total.whole - sum(groups[group].whole for group in taken) >= LEAST


@given(siblings)
def test_nothing_is_held_back_without_need(groups: dict[int, Cell]) -> None:
    """Where every figure could be shown, every figure is."""
    if all(may_show(cell, LEAST) for cell in groups.values() if cell.whole):
        assert hidden(groups, LEAST) == frozenset()


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 60), min_size=1))
def test_plain_numbers_are_held_back_alike(groups: dict[int, int]) -> None:
    """Fewer than five are never shown, nor what would tell how many they are; none is none."""
    out = hidden_counts(groups, LEAST)
    assert all(count == 0 or count >= LEAST for group, count in groups.items() if group not in out)
    shown = [group for group, count in groups.items() if count and group not in out]
    if out and shown:
        assert len(out) > 1 and sum(groups[group] for group in out) >= LEAST
    assert all(groups[group] for group in out)


def test_the_smallest_siblings_go_first() -> None:
    """As little as possible is held back with the figure of a small group."""
    groups = {"a": Cell(3, 1), "b": Cell(30, 10), "c": Cell(8, 4), "d": Cell(50, 20)}
    assert hidden(groups, LEAST) == {"a", "c"}
    assert LARGE == 20

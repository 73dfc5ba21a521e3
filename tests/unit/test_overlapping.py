"""Groups of different kinds that would tell of few together."""

from __future__ import annotations

from datetime import date
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.overlapping import Overlaps, Placed, isolating

KINDS = ("job_family", "wave")
SOME = st.lists(
    st.tuples(
        st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from(["", "x", "y"])), st.integers(1, 9)
    ),
    max_size=12,
)


@given(SOME)
def test_no_two_that_are_shown_differ_by_few(people: list[tuple[tuple[str, str], int]]) -> None:
    """Of any two groups of different kinds one is held back, where fewer than five are in one alone."""
    out = isolating(people, KINDS, 5)
    everybody = [(number, n, values) for number, (values, many) in enumerate(people) for n in range(many)]
    groups = {("", ""): {*everybody}}
    for number, kind in enumerate(KINDS):
        for value in {values[number] for values, _ in people} - {""}:
            groups[kind, value] = {each for each in everybody if each[2][number] == value}
    for (one, ours), (other, theirs) in combinations(groups.items(), 2):
        if one[0] != other[0] and not {one, other} & out:
            assert not 0 < len(ours ^ theirs) < 5 or not ours & theirs


def test_the_more_important_kind_is_shown() -> None:
    """A wave of 19 of the 20 of a job family is held back, and the job family is not."""
    people = [(("finance", "one"), 19), (("finance", ""), 1), (("sales", "two"), 30)]
    assert isolating(people, KINDS, 5) == {("wave", "one")}


def test_the_same_people_may_be_shown_twice() -> None:
    """Two names of one group tell nothing more."""
    assert isolating([(("finance", "one"), 19), (("sales", ""), 9)], KINDS, 5) == frozenset()


def test_each_figure_has_its_own_people() -> None:
    """Who is eligible by a day, of a program, from a month."""
    early, late = date(2026, 9, 1), date(2026, 10, 1)
    people = [
        Placed(("finance", "one"), "all", early, 8),
        Placed(("finance", ""), "all", early, 2),
        Placed(("finance", ""), "all", late, 6),
        Placed(("sales", ""), "all", early, 20),
    ]
    waves = Overlaps(people, KINDS, "wave", 5)
    assert waves.among("all", early) == {"one"}
    assert waves.among("all", late) == frozenset()
    assert waves.among("all", late, "2026-10") == frozenset()
    assert waves.among("all", late, "2026-09") == {"one"}
    assert waves.among("other", late) == frozenset()

"""The figures' statistics, each beside SciPy's, statsmodels' or NumPy's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from bot.measurement.adoption import Waited
from bot.measurement.nudged import Case, caused
from bot.measurement.summaries import paired_change, quartiles, with_silence
from bot.measurement.survival import kaplan_meier, median_wait
from bot.measurement.uncertainty import Z, newcombe, wilson
from bot.measurement.waves import Course, compare_waves

ALPHA = 2 * stats.norm.sf(Z)
"""What 1.96 leaves outside, which is not quite 5 %."""

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
answers = st.lists(st.integers(0, 10).map(lambda n: n * 10), min_size=1, max_size=60)


@given(counts)
def test_wilson_is_statsmodels(count: tuple[int, int]) -> None:
    """The interval of a share is theirs."""
    ours = wilson(*count)
    low, high = proportion_confint(*count, alpha=ALPHA, method="wilson")
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-9)


@given(counts, counts)
def test_newcombe_is_statsmodels(one: tuple[int, int], other: tuple[int, int]) -> None:
    """The interval of a difference is theirs."""
    ours = newcombe(*one, *other)
    low, high = confint_proportions_2indep(*one, *other, alpha=ALPHA, method="newcomb")
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-9)


@given(answers)
def test_quartiles_are_numpys(values: list[int]) -> None:
    """The middle half is what a spreadsheet says."""
    ours = quartiles(values)
    assert ours is not None
    assert (ours.q1, ours.median, ours.q3) == pytest.approx(tuple(np.percentile(values, [25, 50, 75])))


def test_of_no_answers_there_is_no_middle() -> None:
    """Nothing is made up."""
    assert quartiles([]) is None
    assert paired_change([], []) is None


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=80))
def test_a_paired_change_is_scipys(pairs: list[tuple[int, int]]) -> None:
    """The interval is that of SciPy's exact test of a quantile, and there is none where it finds none."""
    before, after = [x for x, _ in pairs], [y for _, y in pairs]
    ours = paired_change(before, after)
    changes = [y - x for x, y in pairs]
    assert ours is not None
    assert ours.median == np.median(changes)
    # SciPy's types say that this is one number.
    low, high = cast("tuple[float, float]", stats.quantile_test(changes, p=0.5).confidence_interval(0.95))
    if np.isnan(low) or np.isnan(high):
        assert ours.interval is None and len(pairs) < 6
    else:
        assert ours.interval is not None
        assert (ours.interval.low, ours.interval.high) == (low, high)


@pytest.mark.parametrize("pairs", [1, 5])
def test_five_pairs_give_no_interval(pairs: int) -> None:
    """Of five, even all of them rising happens by chance in one of 16 cases."""
    change = paired_change([0] * pairs, [10] * pairs)
    assert change is not None and change.interval is None


def test_answers_that_are_not_in_pairs_are_refused() -> None:
    """A change is one person's."""
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        paired_change([1, 2], [1])


@pytest.mark.parametrize(
    ("share", "answered", "asked", "low", "high"),
    [(0.8, 10, 10, 0.8, 0.8), (0.5, 4, 8, 0.25, 0.75), (1.0, 1, 10, 0.1, 1.0), (0.0, 0, 3, 0.0, 1.0)],
)
def test_silence_is_counted_both_ways(
    share: float, answered: int, asked: int, low: float, high: float
) -> None:
    """Whoever did not answer may think either."""
    found = with_silence(share, answered, asked)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high))


def test_of_nobody_asked_nothing_is_known() -> None:
    """And what cannot be is refused."""
    assert with_silence(0.5, 0, 0) is None
    for wrong in ((0.5, 3, 2), (1.5, 1, 2)):
        with pytest.raises(ValueError, match="impossible"):
            with_silence(*wrong)


# ---------------------------------------------------------------- how long it takes


@given(st.lists(st.builds(Waited, st.integers(0, 60).map(lambda n: n * 7), st.booleans()), min_size=1))
def test_the_wait_is_statsmodels(waits: list[Waited]) -> None:
    """Each step of the curve is theirs, and so is the median."""
    steps = kaplan_meier(waits)
    if not any(each.reached for each in waits):
        assert steps == () and median_wait(steps) is None
        return
    # statsmodels leaves out what comes on day 0, which ours never does: a first week ends on day 7.
    theirs = SurvfuncRight([each.days + 1 for each in waits], [int(each.reached) for each in waits])
    assert [step.days + 1 for step in steps] == list(theirs.surv_times)
    assert [step.waiting for step in steps] == list(theirs.n_risk)
    assert [step.came for step in steps] == list(theirs.n_events)
    assert [step.without for step in steps] == pytest.approx(list(theirs.surv_prob))
    half = [day for day, left in zip(theirs.surv_times, theirs.surv_prob, strict=True) if left <= 0.5 + 1e-9]
    assert median_wait(steps) == (half[0] - 1 if half else None)


# ---------------------------------------------------------------- what nudging causes


def cases(people: int, each: int, sent: float, held: float, seed: int = 1) -> list[Case]:
    """Make decisions of so many people, after which so large a share used the tool."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(people):
        for _ in range(each):
            is_sent = bool(chance.random() < 0.9)
            used = bool(chance.random() < (sent if is_sent else held))
            made.append(Case(f"p{number}", is_sent, used, 0.9))
    return made


def test_a_difference_is_found_where_there_is_one() -> None:
    """With its interval over nought; and without one, around it."""
    real = caused(cases(300, 8, 0.5, 0.3))
    assert real.interval is not None and real.difference is not None
    assert real.interval.low > 0 and 0.1 < real.difference < 0.3
    none = caused(cases(300, 8, 0.4, 0.4))
    assert none.interval is not None
    assert none.interval.low < 0 < none.interval.high


def test_the_interval_is_what_scipys_bootstrap_says() -> None:
    """People are drawn anew, not decisions: the same as SciPy's over people."""
    known = cases(120, 5, 0.6, 0.3)
    ours = caused(known)
    people = sorted({each.person for each in known})
    rows = np.array(
        [
            [sum(c.sent for c in theirs), sum(c.sent and c.used for c in theirs),
             sum(not c.sent for c in theirs), sum(not c.sent and c.used for c in theirs)]
            for theirs in ([c for c in known if c.person == person] for person in people)
        ]
    )  # fmt: skip

    def difference(a: Sequence[float], b: Sequence[float], c: Sequence[float], d: Sequence[float]) -> float:
        return float(np.sum(b) / np.sum(a) - np.sum(d) / np.sum(c))

    theirs = stats.bootstrap(
        tuple(rows.T), difference, paired=True, vectorized=False, method="percentile", n_resamples=4000, rng=3
    ).confidence_interval
    assert ours.interval is not None
    assert ours.difference == pytest.approx(difference(*rows.T))
    assert (ours.interval.low, ours.interval.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_the_same_decisions_give_the_same_interval() -> None:
    """Whatever the order in which they are read."""
    known = cases(40, 4, 0.5, 0.3)
    assert caused(known) == caused(known) == caused(reversed(known))


def test_decisions_without_chance_say_nothing() -> None:
    """What was asked for, or could not be said, is no comparison."""
    sure = [Case("a", True, True, 1.0), Case("b", False, True, 0.0)]
    assert caused(sure) == caused([])
    assert caused([*cases(30, 4, 0.5, 0.3), *sure]) == caused(cases(30, 4, 0.5, 0.3))


def test_one_kind_alone_is_no_comparison() -> None:
    """Where nothing was held there is a share and no difference; one person gives no interval."""
    only = caused([Case("a", True, True, 0.9), Case("b", True, False, 0.9)])
    assert (only.used_sent, only.used_held, only.difference, only.interval) == (0.5, None, None, None)
    alone = caused([Case("a", True, True, 0.9), Case("a", False, False, 0.9)])
    assert (alone.difference, alone.interval) == (1.0, None)


def test_a_share_that_was_changed_misleads_nobody() -> None:
    """Where more was held in weeks of much use, plain shares would show an effect that is not there."""
    busy = [Case(f"b{n}", n % 2 == 0, True, 0.5) for n in range(200)]
    quiet = [Case(f"q{n}", n % 10 != 0, False, 0.9) for n in range(200)]
    found = caused([*busy, *quiet])
    assert found.difference == pytest.approx(0.0, abs=1e-9)


# ---------------------------------------------------------------- waves


def by_hand(courses: Sequence[Course], wave: int, week: int) -> float:
    """Compute one ATT(g,t) as it is written."""

    def change(who: list[Course]) -> float:
        return sum(each.weeks[week] - each.weeks[wave - 1] for each in who) / len(who)

    return change([c for c in courses if c.begun == wave]) - change(
        [c for c in courses if c.begun is None or c.begun > week]
    )


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2, 3, None]), st.lists(st.integers(0, 7), min_size=5, max_size=5)),
        min_size=2,
        max_size=12,
    )
)
def test_each_wave_is_beside_those_who_had_not_begun(rows: list[tuple[int | None, list[int]]]) -> None:
    """Each figure is what the formula gives, and there is none without anybody to compare with."""
    courses = [Course(str(n), begun, weeks) for n, (begun, weeks) in enumerate(rows)]
    found = compare_waves(courses)
    wanted = {
        (wave, week): by_hand(courses, wave, week)
        for wave in {c.begun for c in courses if c.begun is not None}
        for week in range(wave, 5)
        if any(c.begun is None or c.begun > week for c in courses)
    }
    assert found.by_wave == pytest.approx(wanted)
    assert (found.overall is None) is (not wanted)


def some_waves(effect: float, seed: int = 5) -> list[Course]:
    """Make three waves of 30 whose use rises by `effect` days a week when they begin, on a rising tide."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(90):
        begun = (2, 4, None)[number % 3]
        weeks = [
            float(chance.poisson(2) + week * 0.3 + (effect if begun is not None and week >= begun else 0))
            for week in range(6)
        ]
        made.append(Course(f"p{number}", begun, weeks))
    return made


def test_an_effect_of_waves_is_found_and_a_rising_tide_is_none() -> None:
    """What everybody does more of anyway is no effect."""
    real, none = compare_waves(some_waves(2.0)), compare_waves(some_waves(0.0))
    assert real.overall is not None and none.overall is not None
    assert 1.3 < real.overall < 2.7 and real.p_value == pytest.approx(1 / 1001)
    assert abs(none.overall) < 0.7 and none.p_value is not None and none.p_value > 0.05
    assert (real.people, real.waiting) == (90, 60)


def test_without_anybody_to_compare_with_there_is_no_effect() -> None:
    """One wave alone, a wave from the first week on, and nobody at all."""
    alone = compare_waves([Course("a", 1, [0, 5]), Course("b", 1, [0, 5])])
    assert (alone.overall, alone.p_value) == (None, None)
    assert compare_waves([Course("a", 0, [1, 2])]) == compare_waves([])

"""Tried, adopted, habitual, first qualifying week: written cases, and properties against a second reading."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import Evidence
from bot.measurement.adoption import (
    Waited,
    adopted,
    first_qualifying_week,
    habitual,
    power,
    qualifying_weeks,
    tried,
)
from bot.measurement.uses import Detail, Grain, Use
from tests.measured import (
    T0,
    active,
    at,
    drawn,
    events,
    laid_out,
    month_to,
    period,
    starts,
    use,
    week_to,
    worlds,
)

horizons = st.integers(28, 100)


def is_adopted(uses: list[Use], horizon: int = 30) -> bool:
    """Ask of one person's measured uses."""
    return adopted(laid_out(uses), T0, horizon)


# ---------------------------------------------------------------- written cases


def test_two_uses_in_three_of_four_weeks_are_adoption() -> None:
    """H = 30, weeks 3-9, 10-16, 17-23, 24-30: uses on 3, 9, 12, 12, 24, 30 make 2, 2, 0, 2: adopted."""
    assert is_adopted(events(3, 9, 12, 12, 24, 30))


def test_one_use_less_is_not() -> None:
    """Without the second use of day 12 the weeks have 2, 1, 0, 2: two weeks of use, not three."""
    assert not is_adopted(events(3, 9, 12, 24, 30))


def test_many_uses_in_two_weeks_are_not() -> None:
    """Twenty uses in weeks 10-16 and 17-23, and one in each other week, are two weeks of use."""
    assert not is_adopted(events(*[12, 20] * 10, 3, 30))


def test_the_window_ends_with_day_h_and_reaches_28_days_back() -> None:
    """H = 30: days 1, 2 and 31 lie outside, so that 2, 2 and 2 uses on 1-2, 10-11 and 31 leave one week."""
    assert not is_adopted(events(1, 2, 10, 11, 31, 31, 17, 18))
    assert is_adopted(events(3, 4, 10, 11, 30, 30))


def test_each_horizon_has_its_own_four_weeks() -> None:
    """Uses on days 3, 4, 10, 11, 17, 18 are adoption at 30 and not at 60, whose weeks are days 33 to 60."""
    uses = events(3, 4, 10, 11, 17, 18)
    assert [is_adopted(uses, horizon) for horizon in (30, 60, 90)] == [True, False, False]
    later = events(33, 39, 40, 46, 47, 53)
    assert [is_adopted(later, horizon) for horizon in (30, 60, 90)] == [False, True, False]


def test_the_exposure_day_counts_for_nothing() -> None:
    """Uses on t0 and before, however many, are neither tried nor adopted; one on day 1 is tried."""
    before = events(0, 0, -1, -1, -7, -8)
    assert not tried(laid_out(before), T0, 30) and not is_adopted(before, 28)
    assert tried(laid_out([*before, use(1)]), T0, 30)


def test_tried_ends_with_day_h() -> None:
    """A use on day 30 is tried at 30, one on day 31 only at 60."""
    assert tried(laid_out(events(30)), T0, 30)
    assert [tried(laid_out(events(31)), T0, horizon) for horizon in (30, 60)] == [False, True]


def test_an_active_day_is_one_use() -> None:
    """Day 3 with 50 prompts and day 4 with 1 are two uses, where a source knows days; day 3 alone is one."""
    days = [active(3, 50), active(4), active(10), active(11), active(17), active(18)]
    assert is_adopted(days) and not is_adopted([active(3, 50), active(10, 50), active(17, 50)])


def test_weekly_snapshots_can_show_adoption() -> None:
    """Seven days to 9, 16 and 23 with 2, 3 and 2 active days make 2, 3, 2, 0: adopted at 30."""
    weeks = [week_to(9, 2), week_to(16, 3), week_to(23, 2)]
    assert is_adopted(weeks) and not is_adopted([*weeks[:2], week_to(23, 1)])
    assert is_adopted([period(3, 9, 2), period(10, 16, 2), period(17, 23, 2)])


def test_the_weekly_snapshot_over_t0_shows_nothing() -> None:
    """H = 28: the snapshot to day 6 holds t0 and is left out, so that 5, 2, 2 are two weeks of use."""
    others = [week_to(14, 2), week_to(21, 2)]
    assert not is_adopted([week_to(6, 5), *others], 28)
    assert is_adopted([week_to(7, 5), *others], 28)


def test_a_monthly_figure_shows_that_it_was_tried_and_no_more() -> None:
    """Days 3 to 30 with 20 active are tried, not adopted; days 1 to 28 are tried, and 0 to 27 hold t0."""
    usage = laid_out([month_to(30)])
    assert tried(usage, T0, 30) and not adopted(usage, T0, 30)
    assert tried(laid_out([month_to(28)]), T0, 30) and not tried(laid_out([month_to(27)]), T0, 30)


def test_a_habit_is_nine_of_twelve_weeks() -> None:
    """Of the 12 ISO weeks to 2026-W53 nine with a use are a habit, eight are not; a 13th is not asked."""
    sunday = date(2027, 1, 3)
    weekly = [Use("ada", "copilot", sunday - timedelta(days=7 * n), Evidence.MEASURED) for n in range(14)]
    assert habitual(laid_out(weekly[:9]), sunday)
    assert not habitual(laid_out(weekly[:8]), sunday)
    assert not habitual(laid_out([*weekly[:8], weekly[12]]), sunday)
    assert habitual(laid_out([*weekly[:8], weekly[11]]), date(2026, 12, 28)), "any day of the week names it"


def test_power_is_a_habit_of_fifteen_a_week() -> None:
    """Nine weeks of 20 uses are 180 = 12 · 15: power; 179 are not, and 180 in eight weeks are no habit."""
    sunday = date(2027, 1, 3)

    def worked(*counts: int) -> list[Use]:
        return [
            Use("ada", "copilot", sunday - timedelta(days=7 * week), Evidence.MEASURED, count=count)
            for week, count in enumerate(counts)
        ]

    assert power(laid_out(worked(*[20] * 9)), sunday)
    assert not power(laid_out(worked(*[20] * 8, 19)), sunday)
    assert not power(laid_out(worked(*[30] * 6, 0, 0)), sunday)


def test_days_show_a_habit_and_no_power() -> None:
    """Days and weeks of 500 prompts are habit: their sources cannot say how many uses there were."""
    for uses in ([active(7 * n, 500) for n in range(12)], [week_to(7 * n, count=500) for n in range(12)]):
        assert habitual(laid_out(uses), at(77)) and not power(laid_out(uses), at(77))


def test_the_first_qualifying_week_is_dated_at_its_last_day() -> None:
    """Uses on 6 and 8, and 13: weeks 1-7, 8-14 have 1 and 2, so it is week two: day 14."""
    usage = laid_out(events(6, 8, 13, 20, 21))
    assert first_qualifying_week(usage, T0, at(30)) == Waited(14, True)
    assert qualifying_weeks(usage, T0, at(30)) == (at(14), at(21))


def test_a_week_that_is_not_over_has_not_qualified() -> None:
    """With T on day 13 week two is under way: censored after 13 days; with T on day 14 it is reached."""
    usage = laid_out(events(8, 9))
    assert first_qualifying_week(usage, T0, at(13)) == Waited(13, False)
    assert first_qualifying_week(usage, T0, at(14)) == Waited(14, True)


def test_who_was_never_seen_is_censored_at_once() -> None:
    """Where figures end before the exposure day nothing was waited for: 0 days, not reached."""
    assert first_qualifying_week(laid_out(events(1, 2)), T0, at(-9)) == Waited(0, False)


def test_snapshots_show_no_first_week() -> None:
    """Weekly snapshots do not say on which days since t0 there was use."""
    assert first_qualifying_week(laid_out([week_to(7, 5), week_to(14, 5)]), T0, at(30)) == Waited(30, False)


# ---------------------------------------------------------------- a second reading of the definitions


def number_of(on: date, start: date) -> int:
    """Give the day's number."""
    return (on - start).days


def uses_between(uses: list[Use], start: date, first: int, last: int) -> int:
    """Count by the words of the definitions, day by day, for the first person's measured Copilot."""
    ours = [x for x in uses if (x.person, x.tool, x.evidence) == ("ada", "copilot", Evidence.MEASURED)]
    total = 0
    for number in range(first, last + 1):
        day = [x for x in ours if number_of(x.on, start) == number]
        single = sum(x.count for x in day if x.grain is Grain.EVENT)
        total += max(single, int(any(x.grain is Grain.DAY and x.count for x in day)))
    weeks = [
        x.count if x.active_days is None else x.active_days
        for x in ours
        if x.detail is Detail.WEEK
        and first <= number_of(x.on, start) <= last
        and not number_of(x.first_on, start) <= 0 <= number_of(x.on, start)
    ]
    return max([total, *weeks])


@given(st.data(), starts, horizons, st.integers(1, 3))
def test_adopted_is_what_the_definition_says(
    data: st.DataObject, start: date, horizon: int, times: int
) -> None:
    """Counted day by day in H-27 to H-21, H-20 to H-14, H-13 to H-7 and H-6 to H it comes out the same."""
    uses = data.draw(worlds(start))
    weeks = [(horizon - 27, horizon - 21), (horizon - 20, horizon - 14), (horizon - 13, horizon - 7)]
    weeks += [(horizon - 6, horizon)]
    said = sum(uses_between(uses, start, first, last) >= times for first, last in weeks) >= 3
    assert adopted(laid_out(uses), start, horizon, times) is said


@given(st.data(), starts, st.integers(1, 100))
def test_tried_is_what_the_definition_says(data: st.DataObject, start: date, horizon: int) -> None:
    """Any use on days 1 to H, a month of a source being one only where all of it lies there."""
    uses = data.draw(worlds(start))
    months = [
        x
        for x in uses
        if (x.person, x.tool, x.evidence, x.detail) == ("ada", "copilot", Evidence.MEASURED, Detail.MONTH)
        and x.value
        and number_of(x.first_on, start) >= 1
        and number_of(x.on, start) <= horizon
    ]
    said = uses_between(uses, start, 1, horizon) > 0 or bool(months)
    assert tried(laid_out(uses), start, horizon) is said


# ---------------------------------------------------------------- properties

FIGURES: list[Callable[[list[Use], date], object]] = [
    lambda uses, start: tried(laid_out(uses), start, 30),
    lambda uses, start: adopted(laid_out(uses), start, 30),
    lambda uses, start: adopted(laid_out(uses), start, 60),
    lambda uses, start: habitual(laid_out(uses), start + timedelta(days=90)),
    lambda uses, start: power(laid_out(uses), start + timedelta(days=90)),
    lambda uses, start: first_qualifying_week(laid_out(uses), start, start + timedelta(days=90)),
]


@given(st.data(), starts)
def test_the_order_of_uses_makes_no_difference(data: st.DataObject, start: date) -> None:
    """However late a use came in, every figure is the same."""
    uses = data.draw(worlds(start))
    shuffled = data.draw(st.permutations(uses))
    assert [each(uses, start) for each in FIGURES] == [each(shuffled, start) for each in FIGURES]


@given(st.data(), starts)
def test_more_uses_never_take_adoption_away(data: st.DataObject, start: date) -> None:
    """With further uses who tried, adopted or has a habit still does, and nobody waits longer."""
    uses = data.draw(worlds(start, evidence=Evidence.MEASURED))
    more = [*uses, *data.draw(st.lists(drawn(start), min_size=1, max_size=9))]
    for figure in FIGURES[:5]:
        assert figure(uses, start) <= figure(more, start)  # type: ignore[operator]  # all of them are bools
    before, after = (first_qualifying_week(laid_out(x), start, at(90, start)) for x in (uses, more))
    assert after.days <= before.days and after.reached >= before.reached


@given(st.data(), starts, horizons)
def test_a_day_before_t0_never_counts(data: st.DataObject, start: date, horizon: int) -> None:
    """Use on t0 and before, or in a source's days that hold t0, changes nothing that is counted from t0."""
    uses = data.draw(worlds(start))
    kept = [each for each in uses if each.first_on > start]
    for figure in (tried, adopted):
        assert figure(laid_out(uses), start, horizon) is figure(laid_out(kept), start, horizon)
    through = at(horizon, start)
    assert qualifying_weeks(laid_out(uses), start, through) == qualifying_weeks(
        laid_out(kept), start, through
    )


@given(st.data(), starts)
def test_self_report_and_measured_are_never_blended(data: st.DataObject, start: date) -> None:
    """A figure by one evidence is the same with all other evidence taken away."""
    uses = data.draw(worlds(start))
    for evidence in Evidence:
        alone = [each for each in uses if each.evidence is evidence]
        for figure in (tried, adopted):
            assert figure(laid_out(uses, evidence), start, 30) is figure(laid_out(alone, evidence), start, 30)


@given(st.data(), horizons, st.integers(-3000, 3000))
def test_the_calendar_makes_no_difference(data: st.DataObject, horizon: int, moved: int) -> None:
    """Moved by any number of days, over leap days and years, the same uses are the same adoption."""
    uses = [use(n) for n in data.draw(st.lists(st.integers(-9, 100), max_size=40))]
    there = T0 + timedelta(days=moved)
    others = [use(number_of(each.on, T0), start=there) for each in uses]
    assert adopted(laid_out(uses), T0, horizon) is adopted(laid_out(others), there, horizon)
    assert tried(laid_out(uses), T0, horizon) is tried(laid_out(others), there, horizon)


@pytest.mark.parametrize("horizon", [0, 14, 27])
def test_adoption_is_not_asked_at_a_horizon_without_four_weeks(horizon: int) -> None:
    """Under 28 days nobody could be told from one who did not adopt: that is refused."""
    with pytest.raises(ValueError, match="do not hold four weeks"):
        is_adopted(events(1, 2, 8, 9), horizon)

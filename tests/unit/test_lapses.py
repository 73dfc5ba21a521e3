"""Lapse and return: written cases, and properties against a second reading, day by day."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.events import Evidence
from bot.measurement.adoption import HORIZONS, adopted
from bot.measurement.lapses import Lapse, lapsed, lapses, returned
from bot.measurement.usage import Usage
from bot.measurement.uses import Detail, Use
from bot.measurement.windows import LEAST_DAYS
from tests.measured import T0, active, at, events, laid_out, starts, week_to, worlds

ADOPTED = events(3, 4, 10, 11, 24, 25)
"""Adopted at 30, by weeks of 2, 2, 0 and 2 uses; last used on day 25."""


def test_fourteen_days_without_use_after_adopting_are_a_lapse() -> None:
    """Last used on day 25: on day 38 the last 14 days are 25 to 38, no lapse; on day 39 they are 26 to 39."""
    usage = laid_out(ADOPTED)
    assert [lapsed(usage, T0, at(day)) for day in (38, 39, 60)] == [False, True, True]
    assert lapses(usage, T0, at(60)) == (Lapse(at(25), at(39), None),)


def test_nobody_lapses_before_the_horizon_is_settled() -> None:
    """Adopted at 28 and last used on day 15: with 10 days for quiet lapsed not from 25, but from 28."""
    usage = laid_out(events(1, 2, 8, 9, 15, 15))
    found = [lapses(usage, T0, at(day), quiet=10, horizons=(28,)) for day in (25, 27, 28)]
    assert found == [(), (), (Lapse(at(15), at(28), None),)]
    assert lapses(usage, T0, at(60), horizons=(28,)) == (Lapse(at(15), at(29), None),)


def test_who_never_adopted_does_not_lapse() -> None:
    """Two weeks of use and silence are no lapse: there was no habit to lose."""
    usage = laid_out(events(3, 4, 10, 11, 12))
    assert not lapsed(usage, T0, at(90)) and not returned(usage, T0, at(90))


def test_adopting_late_counts_from_the_horizon_that_shows_it() -> None:
    """Weeks 33-39, 40-46, 47-53 with 2 uses are adopted at 60; silent since day 53, lapsed from day 67."""
    usage = laid_out(events(33, 34, 40, 41, 47, 53))
    assert lapses(usage, T0, at(90)) == (Lapse(at(53), at(67), None),)
    assert not lapsed(usage, T0, at(66)) and lapsed(usage, T0, at(67))


def test_a_use_after_a_lapse_is_a_return() -> None:
    """Last used on 25, then on 45: lapsed from 39 to 44, returned on 45; quiet since, lapsed again on 59."""
    usage = laid_out([*ADOPTED, *events(45)])
    states = {
        day: (lapsed(usage, T0, at(day)), returned(usage, T0, at(day))) for day in (38, 39, 44, 45, 58, 59)
    }
    assert states == {
        38: (False, False),
        39: (True, False),
        44: (True, False),
        45: (False, True),
        58: (False, True),
        59: (True, True),
    }
    assert lapses(usage, T0, at(59)) == (Lapse(at(25), at(39), at(45)), Lapse(at(45), at(59), None))


def test_the_first_horizon_that_shows_adoption_counts() -> None:
    """Adopted at 30 and, after a lapse from day 39 to 45, at 60 too: the lapse stays."""
    usage = laid_out([*ADOPTED, *events(45, 46, 47, 48, 54, 55)])
    assert adopted(usage, T0, 30) and adopted(usage, T0, 60)
    for horizons in ((30, 60, 90), (90, 60, 30)):
        assert lapses(usage, T0, at(60), horizons=horizons) == (Lapse(at(25), at(39), at(45)),)


def test_a_use_on_the_day_that_would_have_been_the_fourteenth_is_no_return() -> None:
    """Used on 25 and 39: between lie the 13 days 26 to 38, so that nothing lapsed and nobody returned."""
    assert not returned(laid_out([*ADOPTED, *events(39)]), T0, at(39))
    assert returned(laid_out([*ADOPTED, *events(40)]), T0, at(40))


def test_what_came_after_t_is_not_looked_at() -> None:
    """Asked for day 44 after a use on day 45 is known, the answer is what it was."""
    for uses in (ADOPTED, [*ADOPTED, *events(45)]):
        assert lapsed(laid_out(uses), T0, at(44)) and not returned(laid_out(uses), T0, at(44))


def test_how_long_is_quiet_can_be_set() -> None:
    """With 21 days last used on day 25 lapses on day 46, with 7 days on day 32."""
    usage = laid_out(ADOPTED)
    for quiet, day in ((21, 46), (7, 32)):
        assert not lapsed(usage, T0, at(day - 1), quiet) and lapsed(usage, T0, at(day), quiet)


def test_a_source_of_weeks_shows_no_lapse() -> None:
    """Snapshots of weeks show adoption, but not on which days there was none: nobody is said to lapse."""
    usage = laid_out([week_to(9, 3), week_to(16, 3), week_to(23, 3)])
    assert adopted(usage, T0, 30) and not lapsed(usage, T0, at(90))
    assert not lapsed(laid_out([week_to(9, 3), week_to(16, 3), week_to(23, 3), active(12)]), T0, at(90))
    assert lapsed(laid_out([active(day) for day in (3, 4, 10, 11, 24, 25)]), T0, at(90))


# ---------------------------------------------------------------- a second reading


def lapsed_by_words(uses: list[Use], start: date, through: date) -> bool:
    """Adopted at any settled H and no use in the last 14 days to T, as it is written."""
    usage = by_day(uses)
    settled = [h for h in HORIZONS if start + timedelta(days=h) <= through]
    last = {through - timedelta(days=back) for back in range(14)}
    return any(adopted(usage, start, h) for h in settled) and not last & {*usage.days}


def by_day(uses: list[Use]) -> Usage:
    """Lay out what is known by the day at least."""
    return laid_out([each for each in uses if each.detail >= Detail.DAY])


@given(st.data(), starts, st.integers(-5, 130))
def test_lapse_and_return_are_what_the_definition_says(data: st.DataObject, start: date, ahead: int) -> None:
    """Asked anew for every day up to T it comes out the same: lapsed today, or used after a lapse."""
    uses = data.draw(worlds(start, evidence=Evidence.MEASURED))
    through = at(ahead, start)
    days = [at(n, start) for n in range(LEAST_DAYS, ahead + 1)]
    states = [lapsed_by_words(uses, start, day) for day in days]
    used = [day in by_day(uses).days for day in days]
    assert lapsed(laid_out(uses), start, through) is lapsed_by_words(uses, start, through)
    came_back = any(states[n] and used[n + 1] for n in range(len(days) - 1))
    assert returned(laid_out(uses), start, through) is came_back


@given(st.data(), starts, st.integers(28, 130), st.integers(1, 40))
def test_lapses_follow_each_other(data: st.DataObject, start: date, ahead: int, quiet: int) -> None:
    """Each lapse ends with a return before the next begins, only the last may be open, and all lie by T."""
    usage = laid_out(data.draw(worlds(start, evidence=Evidence.MEASURED)))
    through = at(ahead, start)
    found = lapses(usage, start, through, quiet)
    for each in found:
        assert start < each.last_used_on < each.from_on <= through
        assert (each.from_on - each.last_used_on).days >= quiet
    for earlier, later in pairwise(found):
        assert earlier.returned_on is not None
        assert earlier.from_on < earlier.returned_on <= later.last_used_on


@given(st.data(), starts, st.integers(28, 100), st.integers(0, 30))
def test_the_past_stays_as_it_was(data: st.DataObject, start: date, ahead: int, more: int) -> None:
    """The lapses by a day are the same when asked later, but that an open one may have ended since."""
    usage = laid_out(data.draw(worlds(start, evidence=Evidence.MEASURED)))
    then = lapses(usage, start, at(ahead, start))
    since = lapses(usage, start, at(ahead + more, start))
    assert [each.from_on for each in then] == [each.from_on for each in since][: len(then)]
    assert [each.returned_on for each in then[:-1]] == [each.returned_on for each in since][: len(then[:-1])]

"""Uses of tools for tests of what counts as adoption: written ones by day number, and drawn ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import strategies as st

from bot.events import Evidence
from bot.measurement.usage import Usage, usage_of
from bot.measurement.uses import Grain, Use

T0 = date(2026, 11, 2)
"""A Monday: day 7 is the next one, and the days 1 to 7 run from Tuesday to Monday."""

STARTS = (
    T0,
    date(2024, 2, 1),  # 29 February is day 28
    date(2023, 2, 1),  # and here 1 March is
    date(2024, 2, 29),
    date(2026, 12, 1),  # the year, and its week 53, end under way
    date(2027, 1, 3),  # the last day of 2026-W53
)
"""Exposure days around which the calendar is odd."""


def at(number: int, start: date = T0) -> date:
    """Return day `number`."""
    return start + timedelta(days=number)


def use(
    number: int,
    *,
    person: str = "ada",
    tool: str = "copilot",
    evidence: Evidence = Evidence.MEASURED,
    task: str | None = None,
    start: date = T0,
) -> Use:
    """Make one use on day `number`."""
    return Use(person, tool, at(number, start), evidence, task)


def active(number: int, count: int = 1) -> Use:
    """Make a day of use, from a source that knows only days."""
    return Use("ada", "copilot", at(number), Evidence.MEASURED, grain=Grain.DAY, count=count)


def week_to(number: int, active_days: int | None = None, count: int = 1) -> Use:
    """Make the snapshot of the seven days to day `number`."""
    return Use(
        "ada",
        "copilot",
        at(number),
        Evidence.MEASURED,
        grain=Grain.ROLLING_7D,
        count=count,
        active_days=active_days,
    )


def month_to(number: int) -> Use:
    """Make the snapshot of the 28 days to day `number`."""
    return Use("ada", "copilot", at(number), Evidence.MEASURED, grain=Grain.ROLLING_28D, active_days=20)


def period(first: int, last: int, count: int = 1) -> Use:
    """Make a period of a source from one day to another."""
    return Use(
        "ada",
        "copilot",
        at(last),
        Evidence.MEASURED,
        grain=Grain.PERIOD,
        count=count,
        from_on=at(first),
    )


def events(*numbers: int) -> list[Use]:
    """Make one use on each of these days; a day that comes twice has two."""
    return [use(number) for number in numbers]


def laid_out(uses: Iterable[Use], evidence: Evidence = Evidence.MEASURED) -> Usage:
    """Lay out one person's use of the one tool."""
    return usage_of("ada", uses, "copilot", evidence)


starts = st.one_of(st.sampled_from(STARTS), st.dates(date(1999, 1, 1), date(2101, 1, 1)))
numbers = st.integers(-45, 130)
evidences = st.sampled_from(Evidence)
tasks = st.sampled_from([None, "Variance analysis", "variance  Analysis", "Forecast"])


@st.composite
def drawn(draw: st.DrawFn, start: date = T0, *, evidence: Evidence | None = None) -> Use:
    """Draw a use of any grain around an exposure day."""
    grain = draw(st.sampled_from(Grain))
    on = at(draw(numbers), start)
    several = grain not in (Grain.EVENT, Grain.DAY)
    return Use(
        draw(st.sampled_from(["ada", "bo"])),
        draw(st.sampled_from(["copilot", "copilot", "chatgpt"])),
        on,
        evidence or draw(evidences),
        draw(tasks),
        grain,
        draw(st.integers(0, 4)),
        draw(st.none() | st.integers(0, 7)) if several else None,
        on - timedelta(days=draw(st.sampled_from([0, 5, 6, 6, 7, 29]))) if grain is Grain.PERIOD else None,
    )


def worlds(start: date = T0, *, evidence: Evidence | None = None) -> st.SearchStrategy[list[Use]]:
    """Draw many uses; of people who adopt, too, which chance alone would hardly find."""
    steady = st.builds(
        lambda gap, last, by: [
            Use("ada", "copilot", at(n, start), by, None, grain)
            for n in range(1, last, gap)
            for grain in (Grain.EVENT, Grain.DAY)
        ],
        st.integers(1, 5),
        st.integers(2, 130),
        st.just(evidence) if evidence else evidences,
    )
    some = st.lists(drawn(start, evidence=evidence), max_size=30)
    return st.builds(lambda one, other: one + other, some, st.one_of(st.just(list[Use]()), steady))

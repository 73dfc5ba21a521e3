"""Targets: a group's verdict, and what one person has still to do."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import Evidence
from bot.measurement.eligibility import Trained
from bot.measurement.targets import Progress, Verdict, met, outcome, progress, verdict
from bot.measurement.uncertainty import Interval, wilson
from bot.measurement.usage import usage_of
from bot.measurement.uses import Use
from lessons.programs import Target
from tests.measured import T0, active, at, events, use, week_to, worlds

TARGET = Target(id="variance-80", tool="copilot", share=0.8, task="variance analysis")
ADA = Trained("ada", T0)


def changed(**said: object) -> Target:
    """Make another target of it."""
    return Target.model_validate({**TARGET.model_dump(), **said})


USED = (3, 4, 10, 11, 17, 18)
"""Adopted at 30: two uses in each of the weeks 3-9, 10-16 and 17-23."""


def group(size: int, users: int) -> tuple[list[Trained], list[Use]]:
    """Make people of one exposure day, so many of whom adopt."""
    people = [Trained(f"p{n}", T0) for n in range(size)]
    return people, [use(day, person=f"p{n}") for n in range(users) for day in USED]


# ---------------------------------------------------------------- a group


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (16, 16, Verdict.REACHED),  # 80.6 to 100 %
        (12, 12, Verdict.NOT_SHOWN),  # 75.8 to 100 %
        (80, 100, Verdict.NOT_SHOWN),  # 71.1 to 86.7 %
        (90, 100, Verdict.REACHED),  # 82.6 to 94.5 %
        (7, 10, Verdict.NOT_SHOWN),  # 39.7 to 89.2 %
        (4, 10, Verdict.BELOW),  # 16.8 to 68.7 %
        (0, 0, Verdict.NOT_SHOWN),
    ],
)
def test_a_verdict_says_no_more_than_the_interval(part: int, whole: int, said: Verdict) -> None:
    """Of a goal of 80 %: reached by a lower bound of 80 %, below by an upper one under it, else not shown."""
    assert verdict(wilson(part, whole), 0.8) is said


def test_a_bound_at_the_goal() -> None:
    """A lower bound at the goal itself has reached it, and an upper one there is not below it."""
    assert verdict(Interval(0.8, 0.9), 0.8) is Verdict.REACHED
    assert verdict(Interval(0.7, 0.8), 0.8) is Verdict.NOT_SHOWN


def test_a_group_reaches_its_target() -> None:
    """All 16 of 16 met it, 80.6 to 100 %: reached; a day earlier all are too young, and nothing is shown."""
    people, uses = group(16, 16)
    found = outcome(TARGET, people, uses, at(30))
    assert (found.eligible, found.too_young, found.met, found.share) == (16, 0, 16, 1.0)
    assert found.verdict is Verdict.REACHED
    young = outcome(TARGET, people, uses, at(29))
    assert (young.eligible, young.too_young, young.met, young.share) == (0, 16, 0, None)
    assert young.interval is None and young.verdict is Verdict.NOT_SHOWN


def test_who_is_not_eligible_is_not_counted() -> None:
    """Of 5 who met it and 5 who did not, a leaver, one opted out and one too young go: 4 of 7 or fewer."""
    people, uses = group(10, 5)
    people[0] = replace(people[0], employed=False)
    people[9] = replace(people[9], measured=False)
    people[8] = replace(people[8], exposed_on=at(1))
    found = outcome(TARGET, people, uses, at(30))
    assert (found.eligible, found.too_young, found.met) == (7, 1, 4)


def test_only_the_targets_own_task_counts_where_it_is_known() -> None:
    """Uses for a forecast do not count, those of the task however written do, and those of no known task."""
    people = [Trained(name, T0) for name in ("ada", "bo", "cy")]
    tasks = {"ada": "Forecast", "bo": "Variance  Analysis", "cy": None}
    uses = [use(day, person=name, task=task) for name, task in tasks.items() for day in USED]
    assert outcome(TARGET, people, uses, at(30)).met == 2
    assert outcome(changed(task=None), people, uses, at(30)).met == 3


def test_another_tool_or_evidence_does_not_count() -> None:
    """A target is judged by its tool alone, and by one evidence at a time."""
    people, uses = group(1, 1)
    others = [replace(each, tool="chatgpt") for each in uses]
    said = [replace(each, evidence=Evidence.SELF_REPORT) for each in uses]
    assert outcome(TARGET, people, others, at(30)).met == 0
    assert outcome(TARGET, people, said, at(30)).met == 0
    assert outcome(TARGET, people, said, at(30), Evidence.SELF_REPORT).met == 1


def test_how_often_is_the_targets() -> None:
    """With 3 times a week for 2, weeks of 2, 2 and 2 uses are not enough, and weeks of 3 are."""
    often = changed(times_per_week=3)
    assert not met(often, usage_of("ada", events(*USED), "copilot"), T0)
    assert met(often, usage_of("ada", events(*USED, 5, 12, 19), "copilot"), T0)


@pytest.mark.parametrize(
    "wrong",
    [{"times_per_week": 0}, {"within_days": 27}, {"share": 0.0}, {"share": 1.01}, {"share": float("nan")}],
)
def test_a_target_that_says_nothing_is_refused(wrong: dict[str, object]) -> None:
    """Nobody could meet it, or everybody would: that is said when it is made."""
    with pytest.raises(ValueError, match=r"times_per_week|within_days|share"):
        changed(**wrong)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 1))
def test_a_verdict_is_what_the_bounds_say(one: int, other: int, goal: float) -> None:
    """Reached and below exclude each other, and each holds for the share itself too."""
    part, whole = min(one, other), max(one, other, 1)
    said = verdict(wilson(part, whole), goal)
    if said is Verdict.REACHED:
        assert part / whole >= goal
    if said is Verdict.BELOW:
        assert part / whole < goal


# ---------------------------------------------------------------- one person


def far(uses: list[Use], day: int, target: Target = TARGET, *, one_a_day: bool = False) -> Progress:
    """Ask how far the one person is on a day."""
    return progress(target, ADA, uses, at(day), one_a_day=one_a_day)


def test_what_is_missing_before_the_first_use() -> None:
    """On day 3 (weeks 3-9 to 24-30) three weeks of 2 are missing: 6 uses, 2 this week; 28 and 7 days left."""
    assert far([], 3) == Progress(False, (0, 0, 0, 0), 6, 2, 28, 7)
    assert far([], 3).below


def test_what_is_missing_half_way() -> None:
    """Weeks of 2 and 1, day 15: one more this week and 2 in a later one; 16 days left, 2 of this week."""
    found = far(events(3, 4, 10), 15)
    assert found == Progress(False, (2, 1, 0, 0), 3, 1, 16, 2)


def test_the_cheapest_weeks_are_counted() -> None:
    """Weeks of 1, 2, 0 and 0 on day 20: the first is over, so the two left are needed: 4 uses."""
    assert far(events(3, 10, 11), 20).missing == 4
    assert far(events(3, 3, 10, 11, 17), 20).missing == 1


def test_a_target_can_be_met_early() -> None:
    """With 2, 2, 2 by day 18 nothing is missing any more, nor in the fourth week, empty on day 25."""
    assert far(events(*USED), 18) == Progress(True, (2, 2, 2, 0), 0, 0, 13, 6)
    assert far(events(*USED), 25) == Progress(True, (2, 2, 2, 0), 0, 0, 6, 6)
    assert not far(events(*USED), 25).below


def test_a_target_can_be_out_of_reach() -> None:
    """With 0 and 0 in the weeks to day 16, two weeks are left and three needed: from day 17 nothing helps."""
    assert far([], 16).missing == 6
    lost = far([], 17)
    assert lost == Progress(False, (0, 0, 0, 0), None, 2, 14, 7) and not lost.below


def test_before_the_four_weeks_all_of_them_are_missing() -> None:
    """On t0 and on day 2 the weeks have not begun: 6 uses missing, none this week; 30 and 29 days left."""
    assert far([], 0) == Progress(False, (0, 0, 0, 0), 6, 0, 30, 0)
    assert far(events(1, 2), 2) == Progress(False, (0, 0, 0, 0), 6, 0, 29, 0)


def test_after_the_last_day_nothing_is_left() -> None:
    """On day 31 no day is left: what was not met is not met, and what was met stays so."""
    assert far(events(3, 4), 31) == Progress(False, (2, 0, 0, 0), None, 0, 0, 0)
    assert far(events(*USED), 31).met and not far(events(3, 4), 31).below


def test_the_last_day_counts() -> None:
    """On day 30 with 2, 2, 0, 1 one use is missing and one day is left, for sources of uses and of days."""
    for one_a_day in (False, True):
        assert far(events(3, 4, 10, 11, 25), 30, one_a_day=one_a_day) == Progress(
            False, (2, 2, 0, 1), 1, 1, 1, 1
        )


def test_a_day_gives_one_use_where_only_days_are_known() -> None:
    """On day 30 two are missing: in reach by uses, not by days; nor is one more where today has its use."""
    short = events(3, 4, 10, 11)
    assert far(short, 30).missing == 2 and far(short, 30, one_a_day=True).missing is None
    used = [*(active(day) for day in (3, 4, 10, 11)), active(30)]
    assert far(used, 30, one_a_day=True).missing is None
    assert far([*used[:-1], active(29)], 30, one_a_day=True).missing == 1


def test_weekly_snapshots_tell_how_far_somebody_is() -> None:
    """Seven days to day 9 with 3 active days are the first week's 3 uses; two weeks of 2 are missing."""
    assert far([week_to(9, 3)], 10) == Progress(False, (3, 0, 0, 0), 4, 2, 21, 7)


def test_what_is_to_come_is_not_looked_at() -> None:
    """Asked for day 10 the uses of later days, known by now, do not count."""
    assert far(events(*USED), 10) == far(events(3, 4, 10), 10)


def test_another_persons_uses_do_not_count() -> None:
    """Progress is of one person, whatever else is handed in."""
    assert far([use(day, person="bo") for day in USED], 18) == far([], 18)


@given(st.data(), st.integers(28, 80), st.integers(-5, 90), st.integers(1, 3), st.booleans())
def test_the_fewest_further_uses_are_what_is_missing(
    data: st.DataObject, horizon: int, day: int, times: int, one_a_day: bool
) -> None:
    """Of all ways to choose three weeks the one that needs least is told, and None where none can be."""
    target = changed(within_days=horizon, times_per_week=times, task=None)
    uses = [each for each in data.draw(worlds(evidence=Evidence.MEASURED)) if each.on <= at(day)]
    found = progress(target, ADA, uses, at(day), one_a_day=one_a_day)
    usage = usage_of("ada", uses, "copilot")
    free = [n for n in range(max(1, day), horizon + 1) if at(n) not in usage.days or not one_a_day]
    lacks = [max(0, times - count) for count in found.weeks]
    rooms = [sum(last - 6 <= n <= last for n in free) for last in range(horizon - 21, horizon + 1, 7)]
    can_be = [need <= room * (1 if one_a_day else 9) for need, room in zip(lacks, rooms, strict=True)]
    ways = [weeks for weeks in combinations(range(4), 3) if all(can_be[week] for week in weeks)]
    assert found.missing == min((sum(lacks[week] for week in weeks) for weeks in ways), default=None)
    assert found.met is (found.missing == 0) is met(target, usage, T0)
    assert not found.below or (found.missing and found.days_left > 0)


@given(st.data(), st.integers(28, 80), st.integers(-5, 90), st.integers(1, 3))
def test_a_target_in_reach_is_met_by_use_on_every_day_left(
    data: st.DataObject, horizon: int, day: int, times: int
) -> None:
    """Who uses the tool often enough on all days that are left meets what was in reach, and nothing else."""
    target = changed(within_days=horizon, times_per_week=times, task=None)
    uses = [each for each in data.draw(worlds(evidence=Evidence.MEASURED)) if each.on <= at(day)]
    further = [use(number) for number in range(max(1, day), horizon + 1) for _ in range(times)]
    then = met(target, usage_of("ada", [*uses, *further], "copilot"), T0)
    assert (progress(target, ADA, uses, at(day)).missing is not None) is then

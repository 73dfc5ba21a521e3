"""Uses: how events become uses, and what each grain counts as."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.metrics import METRICS, Metric
from bot.measurement.usage import NO_USE, usage_of, usages
from bot.measurement.uses import Detail, Grain, Use, detail_of, is_task, uses_of
from bot.measurement.windows import Days
from tests.measured import T0, active, at, events, laid_out, month_to, period, use, week_to, worlds

USED = AdoptionEvent(
    "e1",
    datetime(2026, 11, 3, 23, 30, tzinfo=UTC),
    date(2026, 11, 4),
    "ada",
    EventType.TOOL_USED,
    use_case="Variance analysis",
    tool="copilot",
    evidence=Evidence.SELF_REPORT,
)


def made(**properties: JsonValue) -> list[Use]:
    """Make the uses of one event with these properties."""
    return [*uses_of([replace(USED, properties=properties)])]


def test_an_event_is_a_use_on_its_local_day() -> None:
    """The use has the event's person, tool, task and evidence, and the person's day, not that of UTC."""
    assert made() == [
        Use("ada", "copilot", date(2026, 11, 4), Evidence.SELF_REPORT, "Variance analysis", Grain.EVENT)
    ]


@pytest.mark.parametrize(
    ("properties", "value", "detail"),
    [
        ({"grain": "event", "count": 40, "unit": "prompts"}, 1, Detail.EVENT),
        ({"grain": None, "count": None}, 1, Detail.EVENT),
        ({"grain": "day_utc", "count": 12}, 1, Detail.DAY),
        ({"grain": "rolling_7d", "count": 30, "active_days": 4}, 4, Detail.WEEK),
        ({"grain": "rolling_7d", "count": 30}, 30, Detail.WEEK),
        ({"grain": "rolling_28d", "active_days": 9}, 9, Detail.MONTH),
        ({"grain": "period", "from": "2026-10-29", "count": 6}, 6, Detail.WEEK),
        ({"grain": "period", "from": "2026-10-05", "count": 6}, 6, Detail.MONTH),
    ],
)
def test_each_grain_counts_as_the_definitions_say(
    properties: dict[str, JsonValue], value: int, detail: Detail
) -> None:
    """An event is one use, a day one, and of several days active days are taken, else the source's count."""
    (found,) = made(**properties)
    assert (found.value, found.detail) == (value, detail)


@pytest.mark.parametrize(
    "properties",
    [
        {"count": 0},
        {"count": -3},
        {"count": "3"},
        {"count": 2.5},
        {"count": True},
        {"grain": "hourly"},
        {"grain": "day_utc", "count": 0},
        {"grain": "rolling_7d", "active_days": 0, "count": 9},
        {"grain": "rolling_7d", "active_days": -1},
        {"grain": "period"},
        {"grain": "period", "from": "last week"},
        {"grain": "period", "from": "2026-11-05"},
        {"grain": ["event"]},
    ],
)
def test_what_cannot_be_counted_is_no_use(properties: dict[str, JsonValue]) -> None:
    """No use, and properties that nobody can read, are passed over instead of guessed at."""
    assert made(**properties) == []


@pytest.mark.parametrize(
    "event",
    [
        replace(USED, type=EventType.TOOL_NOT_USED),
        replace(USED, type=EventType.PRACTICE_SUBMITTED),
        replace(USED, tool=None),
        replace(USED, evidence=None),
    ],
)
def test_other_events_are_no_uses(event: AdoptionEvent) -> None:
    """Only a tool's use with a known tool and evidence counts."""
    assert [*uses_of([event])] == []


@pytest.mark.parametrize(("days", "detail"), [(1, Detail.MONTH), (6, Detail.MONTH), (7, Detail.WEEK)])
def test_only_a_period_of_seven_days_is_a_week(days: int, detail: Detail) -> None:
    """A period of another length serves no figure that is counted by the week."""
    assert detail_of(Grain.PERIOD, days) is detail
    assert detail_of(Grain.PERIOD, days + 24) is Detail.MONTH


def test_a_use_of_several_days_knows_the_first() -> None:
    """Seven days to day 10 begin on day 4, 28 days to day 30 on day 3, and a period where it says."""
    assert week_to(10).first_on == at(4) and month_to(30).first_on == at(3)
    assert period(-3, 3).first_on == at(-3) and use(5).first_on == active(5).first_on == at(5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": -1},
        {"active_days": -1},
        {"from_on": T0},
        {"grain": Grain.PERIOD},
        {"grain": Grain.PERIOD, "from_on": T0 + timedelta(days=9)},
    ],
)
def test_a_use_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    """Whoever makes a use with counts below nothing, or days that do not fit, is told at once."""
    with pytest.raises(ValueError, match=r"count|period"):
        replace(use(3), **wrong)  # type: ignore[arg-type]  # the faults come as they are


@pytest.mark.parametrize(
    ("known", "wanted", "counts"),
    [
        ("Variance analysis", "variance analysis", True),
        ("VARIANCE  Analysis ", "variance analysis", True),
        ("Forecast", "variance analysis", False),
        (None, "variance analysis", True),
        ("Forecast", None, True),
    ],
)
def test_a_task_is_asked_for_where_it_is_known(known: str | None, wanted: str | None, counts: bool) -> None:
    """A use counts for its own task whatever the capitals, and for every task where its source knows none."""
    assert is_task(known, wanted) is counts


def test_two_sources_that_tell_of_a_day_are_not_added_up() -> None:
    """Day 3 has 2 events and an active day: 2 uses; day 4 an active day twice: 1; the week has 3, not 5."""
    usage = laid_out([*events(3, 3), active(3), active(4), active(4, 9)])
    assert dict(usage.days) == {at(3): 2, at(4): 1} and dict(usage.events) == {at(3): 2}
    assert usage.in_week(Days(at(1), at(7))) == 3


def test_the_larger_figure_of_a_week_is_taken() -> None:
    """Beside 2 uses by day, two snapshots of 4 and 3 active days make a week of 4, not of 9."""
    usage = laid_out([*events(2, 3), week_to(7, active_days=4), week_to(6, active_days=3)])
    assert usage.in_week(Days(at(1), at(7))) == 4


def test_a_week_of_a_source_counts_where_its_last_day_is() -> None:
    """The seven days to day 10 belong to the week of days 8 to 14, and not to that of days 1 to 7."""
    usage = laid_out([week_to(10, active_days=3)])
    assert [usage.in_week(Days(at(n), at(n + 6))) for n in (1, 8, 15)] == [0, 3, 0]


def test_a_week_of_a_source_that_holds_t0_is_left_out() -> None:
    """The seven days to day 6 are days 0 to 6 and hold t0; those to day 7 begin on day 1 and count."""
    for last, counts in ((6, False), (7, True)):
        usage = laid_out([week_to(last, active_days=3)])
        assert (usage.in_week(Days(at(1), at(7)), after=T0) == 3) is counts
        assert usage.any_in(Days(at(1), at(7)), after=T0) is counts


def test_nobody_gets_anothers_uses() -> None:
    """Uses are laid out person by person, and who has none is not there."""
    uses = [use(1), use(2, person="bo"), use(3, person="bo", tool="chatgpt")]
    found = usages(uses, "copilot")
    assert {person: [*usage.days] for person, usage in found.items()} == {"ada": [at(1)], "bo": [at(2)]}
    assert usage_of("cy", uses, "copilot") == NO_USE == usage_of("ada", uses, "chatgpt")


@given(worlds(), worlds(), st.sampled_from(Evidence))
def test_evidence_is_never_blended(one: list[Use], other: list[Use], evidence: Evidence) -> None:
    """Whatever is known by other evidence changes nothing: not a day, not a count."""
    ours = [each for each in one if each.evidence is evidence]
    theirs = [each for each in other if each.evidence is not evidence]
    assert usages([*theirs, *ours], "copilot", evidence) == usages(ours, "copilot", evidence)


OF_USE = [metric for metric in METRICS.values() if metric.needs is not None]


@pytest.mark.parametrize("metric", OF_USE, ids=lambda metric: metric.name)
def test_a_metric_that_cannot_be_had_says_why(metric: Metric) -> None:
    """From sources that tell too coarsely, and from none, a metric cannot be had, and the reason is said."""
    assert metric.needs is not None
    for best in Detail:
        said = metric.missing([Detail.MONTH, best])
        assert (said is None) is (best >= metric.needs)
        assert said is None or (metric.needs.spoken in said and best.spoken in said)
    assert metric.missing([]) == f"“{metric.name}” is not known: no source tells of use."


@given(worlds(evidence=Evidence.MEASURED), st.sampled_from(OF_USE))
def test_a_metric_takes_what_tells_finely_enough(uses: list[Use], metric: Metric) -> None:
    """What a metric is served is the same as if the sources that are too coarse for it were not there."""
    assert metric.needs is not None
    fine = [each for each in uses if each.detail >= metric.needs]
    assert laid_out(uses).serving(metric) == laid_out(fine).serving(metric)
    assert metric.needs < Detail.DAY or not laid_out(uses).serving(metric).coarse

"""docs/measurement.md and the code say the same."""

import re
from dataclasses import replace

import pytest

from bot.events import Evidence
from bot.measurement import adoption, eligibility, lapses, windows
from bot.measurement.metrics import METRICS
from bot.measurement.targets import Verdict
from bot.measurement.uncertainty import Z, wilson
from bot.measurement.uses import Grain, Use, detail_of
from tests.measured import T0
from tests.repo.reading import coded, page, section, table

PAGE = page("docs/measurement.md")


def test_every_metric_is_on_the_page() -> None:
    """The table of metrics is the one in the program, word for word."""
    told = [[coded(row[0])[0], *row[1:]] for row in table(section(PAGE, "## The metrics"))]
    assert told == [
        [m.name, m.definition, m.unit, m.needs.spoken if m.needs else "no source of use"]
        for m in METRICS.values()
    ]


def test_a_definition_is_one_sentence() -> None:
    """What a metric means stands in one sentence, under the name by which it is found."""
    for name, metric in METRICS.items():
        assert name == metric.name and re.fullmatch(r"[A-Z][^.]+\.", metric.definition)


def test_the_numbers_of_the_definitions_are_those_of_the_code() -> None:
    """Twice in three of four weeks, 9 of 12, 15 a week, 14 days, and 30, 60 and 90 are counted by."""
    said = {name: re.findall(r"\d+", metric.definition) for name, metric in METRICS.items()}
    assert said["adopted"] == [str(adoption.TIMES), str(adoption.WEEKS_OF_USE)] and windows.WEEKS == 4
    assert said["habitual"] == ["1", str(adoption.HABIT_LEAST), str(adoption.HABIT_WEEKS)]
    assert said["power"] == [str(adoption.POWER_ACTIONS), str(adoption.HABIT_WEEKS)]
    assert said["lapsed"] == [str(lapses.QUIET_DAYS)]
    days = {row[0]: row[1] for row in table(section(PAGE, "## The days"))}
    assert re.findall(r"\d+", days["H, the horizon"]) == [
        *map(str, adoption.HORIZONS),
        str(windows.LEAST_DAYS),
    ]
    assert f"is {eligibility.SILENT_DAYS} days behind" in days["T, complete through"]


LENGTHS = {"rolling_7d": 7, "rolling_28d": 28, "period of seven days": 7, "period of any other length": 30}


@pytest.mark.parametrize("row", table(section(PAGE, "## What a use is")), ids=lambda row: row[0])
def test_a_grain_is_what_the_page_says(row: list[str]) -> None:
    """How finely a grain tells, and as how many uses a record of it counts, is as the table has it."""
    grain, days = Grain(coded(row[0])[0]), LENGTHS.get(row[0].replace("`", ""), 1)
    assert detail_of(grain, days).spoken == row[2]
    from_on = T0.replace(day=1) if grain is Grain.PERIOD else None
    use = Use("ada", "copilot", T0, Evidence.MEASURED, None, grain, 9 if days > 1 else 1, None, from_on)
    if days > 1:
        assert row[3] == "its active days, else its count"
        assert (use.value, replace(use, active_days=4).value) == (9, 4)
    else:
        assert row[3].startswith("1") and use.value == 1


def test_every_grain_is_on_the_page() -> None:
    """No grain is left out of the table, and none is made up."""
    told = [coded(row[0])[0] for row in table(section(PAGE, "## What a use is"))]
    assert list(dict.fromkeys(told)) == [grain.value for grain in Grain]


def test_every_evidence_and_verdict_is_on_the_page() -> None:
    """The page names each evidence, and has a row for each verdict."""
    assert all(f"`{evidence}`" in PAGE for evidence in Evidence)
    told = [coded(row[0])[0] for row in table(section(PAGE, "## Targets"))]
    assert told == [verdict.value for verdict in Verdict]


@pytest.mark.parametrize("row", table(section(PAGE, "## How sure a share is")), ids=lambda row: row[0])
def test_an_interval_of_the_page_comes_out(row: list[str]) -> None:
    """The share and bounds in the table are those of the code, to a tenth of a per cent."""
    assert f"z = {Z}:" in PAGE
    part, whole = map(int, re.findall(r"\d+", row[0]))
    found = wilson(part, whole)
    assert found is not None
    assert row[1:] == [f"{100 * share:.1f} %" for share in (part / whole, found.low, found.high)]

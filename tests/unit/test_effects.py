"""What messages reached and caused, and what waves show."""

from __future__ import annotations

import random
from datetime import date

import pytest

from bot.events import Evidence
from bot.measurement.asides import Asides, Known, Reach, Weeks
from bot.measurement.digest import ReachRow, UseCaseRow, WavesRow
from bot.measurement.effects import nudges, reach, use_cases, waves
from bot.measurement.nudged import Case, caused
from bot.measurement.tally import Use
from bot.measurement.waves import Course
from bot.privacy.suppression import Guard

GUARD = Guard(5)
COPILOT = Use("copilot", Evidence.MEASURED)


def test_cases_alike_are_counted_together() -> None:
    """Three of the same are three times one."""
    chance = random.Random(1)
    one = [Case(f"p{n % 9}", chance.random() < 0.8, chance.random() < 0.4, 0.8) for n in range(120)]
    alike = [Case(x.person, x.sent, x.used, x.probability, one.count(x)) for x in dict.fromkeys(one)]
    assert caused(alike) == caused(one)


def test_what_is_held_from_few_people_is_not_said() -> None:
    """What somebody did without a message would be told of four people."""
    sent = [Case(f"p{n}", True, n % 2 == 0, 0.9) for n in range(40)]
    few = [Case(f"p{n}", False, False, 0.9) for n in range(4)]
    row = nudges({"": Asides(cases=[*sent, *few])}, GUARD)[""]
    assert (row.decisions, row.sent, row.held, row.difference, row.suppressed) == (44, 40, 4, None, True)
    more = [Case(f"p{n}", False, n < 2, 0.9) for n in range(8)]
    row = nudges({"": Asides(cases=[*sent, *more])}, GUARD)[""]
    shares = [row.used_72h_sent, row.used_72h_held, row.difference]
    assert shares == [pytest.approx(x) for x in (0.5, 0.25, 0.25)]
    assert row.low is not None and row.high is not None and row.low < 0.25 < row.high
    four = nudges({"": Asides(cases=sent[:4])}, GUARD)[""]
    assert (four.decisions, four.suppressed) == (None, True)


def test_whom_messages_reached() -> None:
    """Messages, and people; that all or none are blocked is not said of few."""
    row = reach({"": Asides(reach=Reach(8, 20, 18, 6, 30, 2))}, GUARD)[""]
    assert row == ReachRow(20, 18, 28, None, 6, 2)
    few = reach({"": Asides(reach=Reach(3, 4, 4, 1, 12, 0))}, GUARD)[""]
    assert few == ReachRow(suppressed=True)


def test_what_is_shared_on_purpose_is_named() -> None:
    """Nothing of it is held back."""
    shared = Known("s1", "Variance analysis", "north", 2, True)
    assert use_cases(Asides(shares=[shared])) == (UseCaseRow("s1", "Variance analysis", "north", 2, True),)


def wave(name: str, people: int, begun: int | None, jump: float) -> list[Course]:
    """Make people who use a tool more from a week on."""
    chance = random.Random(name)
    weeks = [
        [
            chance.choice((0.0, 1.0)) + (jump if begun is not None and week >= begun else 0)
            for week in range(8)
        ]
        for _ in range(people)
    ]
    return [Course(f"{name}{number}", begun, each) for number, each in enumerate(weeks)]


def test_waves_are_compared_with_those_who_wait() -> None:
    """With somebody who waits it is an effect; without, a change."""
    first = date(2026, 9, 7)
    weeks = Weeks(
        first, {"one": wave("a", 12, 2, 2), "two": wave("b", 12, 5, 2), "three": wave("c", 4, None, 0)}
    )
    row = waves(COPILOT, weeks, GUARD)
    assert row is not None and row.overall is not None and row.p_value is not None
    assert (row.label, row.people, row.waiting, row.suppressed) == ("effect", 24, 12, True)
    assert 1.2 < row.overall < 2.8 and row.p_value < 0.05
    assert {(name, week) for name, week, _ in row.by_wave} == {("one", f"2026-W{n}") for n in (39, 40, 41)}
    together = Weeks(first, {"one": wave("a", 6, 2, 2), "two": wave("b", 6, 2, 2)})
    alone = waves(COPILOT, together, GUARD)
    assert alone is not None and (alone.label, alone.overall, alone.by_wave) == ("change", None, ())


def test_without_waves_nothing_is_said() -> None:
    """Of small ones it is said that they are small."""
    assert waves(COPILOT, Weeks(date(2026, 9, 7), {}), GUARD) is None
    small = Weeks(date(2026, 9, 7), {"one": wave("a", 4, 2, 2), "two": wave("b", 9, 5, 2)})
    assert waves(COPILOT, small, GUARD) == WavesRow("copilot", "change", suppressed=True)

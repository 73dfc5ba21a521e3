"""Eight weeks of a thousand learners, with faults: nobody is disturbed as they do not want to be."""

import logging

import pytest

from tests.simulation.run import simulate
from tests.stores import Place


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Let the log say nothing of faults that are meant."""
    logging.getLogger("laps").setLevel(logging.CRITICAL + 1)


@pytest.mark.timeout(400)
async def test_a_thousand_learners_through_eight_weeks() -> None:
    """On every message the laws hold, and all that can go wrong did."""
    outcome = await simulate(1000)
    assert outcome.broken == []
    happened = {name for name, number in outcome.figures.items() if number}
    assert {
        "clock jumps",
        "hours lost",
        "processes killed",
        "uninstalled or back",
        "blocked or back",
        "moved",
        "came back",
        "later",
        "pause",
        "stop",
        "kind",
        "less",
        "decided: held",
        "decided: silent",
        "fault: 429",
    } <= happened
    assert outcome.figures["arrived"] > 3000


@pytest.mark.peer("postgresql")
async def test_the_same_on_postgresql(postgresql_place: Place) -> None:
    """Fewer people and weeks, on the database of a fleet."""
    outcome = await simulate(40, days=14, url=postgresql_place.url)
    assert outcome.broken == []
    assert outcome.figures["arrived"] > 20

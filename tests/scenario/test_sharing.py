"""Cohorts, shared use cases and what is said unasked: the same scenario files on every channel."""

import shutil
from pathlib import Path

import pytest

from tests.scenario.parity import CATALOGUE, play_together, read_scenario
from tests.scenario.stages import STAGES

NO_HOLD = "organization: {name: Acme, time_zone: Europe/Berlin, nudges: {hold: 0.0, a_week: 5}}"
MOMENTS = """
moments:
  - {id: worked, kind: more, when: {event: use_case_worked}, offer: {use_case: own}}
  - {id: plan, kind: apply, when: {event: committed, after_days: 4, at: "14:00"}, offer: {plan: last}}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Make a catalogue in which Laps speaks first."""
    shutil.copytree(CATALOGUE.parent, tmp_path / "lessons")
    root = tmp_path / "lessons" / "lessons.yaml"
    text = root.read_text().replace("organization: {name: Acme, time_zone: Europe/Berlin}", NO_HOLD)
    root.write_text(text + MOMENTS)
    return root


@pytest.mark.parametrize("channel", STAGES)
async def test_a_use_case_is_shared_and_tried(channel: str) -> None:
    """A cohort gets its conversation; one shares, the other tries, saves, practises; it is taken back."""
    async with STAGES[channel](CATALOGUE) as stage:
        await play_together(stage, read_scenario("sharing.yaml"))


@pytest.mark.parametrize("channel", STAGES)
async def test_a_week_of_two_colleagues(channel: str, catalogue: Path) -> None:
    """What comes unasked, to whom and when: thanks, put off; the thread, a tap; the champion's card; news."""
    async with STAGES[channel](catalogue) as stage:
        await play_together(stage, read_scenario("week.yaml"))

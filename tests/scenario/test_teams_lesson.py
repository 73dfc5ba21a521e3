"""Laps behind Teams, from the first word to a lesson's end."""

from __future__ import annotations

import pytest

from tests.scenario.parity import play, read_scenario
from tests.teams_house import laps


@pytest.mark.parametrize("execute", [True, False], ids=["Action.Execute", "Action.Submit"])
async def test_a_learner_takes_a_lesson_in_teams(execute: bool) -> None:
    """The scenario of every channel plays in Teams, in clients of today and in older ones."""
    async with laps() as house:
        await play(house.person(execute=execute), read_scenario("first_lesson.yaml"))


async def test_a_lesson_is_still_there_when_the_chat_is_loaded_again() -> None:
    """What a press showed in place of a card is in the message too, so that it stays."""
    async with laps() as house:
        ann = house.person()
        await ann.install()
        await ann.press("Agree and start")
        shown = ann.shown()
        await ann.reload()
        assert ann.shown() == shown and "What is your job" in shown


async def test_installing_welcomes_once() -> None:
    """An installation is told twice and brings one welcome; without an answer nothing more."""
    async with laps() as house:
        ann = house.person()
        await ann.install()
        assert len(ann.messages()) == 1 and "[Agree and start]" in ann.shown()
        await ann.install()
        assert len(ann.messages()) == 1

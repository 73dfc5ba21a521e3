"""Laps behind Teams, from the first word to a lesson's end."""

from __future__ import annotations

import pytest

from tests.scenario.parity import play, read_scenario
from tests.teams_cards import elements
from tests.teams_driver import TeamsDriver, read
from tests.teams_house import laps
from tests.teams_server import TENANT, Trouble


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


async def test_a_mention_in_a_channel_is_answered_in_the_personal_chat() -> None:
    """A lesson asked for in a channel opens in the personal chat; the thread gets one line."""
    async with laps() as house:
        ann = house.person()
        await join(ann)
        thread = house.microsoft.thread("19:general@thread.tacv2;messageid=1")
        bot = ann.activity()["recipient"]
        mention = {
            "type": "message",
            "text": "<at>Laps</at> next",
            "conversation": {"id": thread.id, "conversationType": "channel", "tenantId": TENANT},
            "entities": [{"type": "mention", "mentioned": bot, "text": "<at>Laps</at>"}],
        }
        assert (await ann.post(mention))[0] == 200
        await house.outbox.idle()
        assert "Step 1 of 5" in ann.shown()
        (said,) = thread.messages
        assert "direct message" in read(said.card)


async def test_a_repeat_changes_nothing() -> None:
    """Teams sends an activity again where it got no answer: one effect, and one message."""
    async with laps() as house:
        ann = house.person()
        await ann.install()
        line = {"type": "message", "text": "hello", "id": "again"}
        for _ in range(3):
            assert (await ann.post(line))[0] == 200
        await house.outbox.idle()
        assert len(ann.messages()) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(429, retry_after="5", only="activities"),
        Trouble(500, only="activities"),
        Trouble(502, html=True, only="activities"),
        Trouble(reset=True, only="activities"),
        Trouble(503, only="oauth2"),
        Trouble(429, only="oauth2"),
    ],
    ids=str,
)
async def test_an_answer_that_teams_did_not_take_comes_later(trouble: Trouble) -> None:
    """Teams down, slow or answering nonsense costs time, never the answer."""
    async with laps() as house:
        ann = house.person()
        house.microsoft.trouble(trouble)
        await ann.install()
        assert ann.messages() == []
        house.clock.pass_by(minutes=2)
        await house.outbox.drain()
        await house.outbox.idle()
        assert "[Agree and start]" in ann.shown()


async def test_another_persons_button_is_refused() -> None:
    """A forwarded card's button belongs to the session it came from; nothing of it changes."""
    async with laps() as house:
        ann, bob = house.person("ann"), house.person("bob")
        await join(ann)
        await join(bob)
        await ann.say("next")
        card = house.microsoft.direct("29:ann").messages[-1].card
        stolen = next(a for a in elements(card) if a.get("verb") == "leave")
        value = {"action": {"type": "Action.Execute", "data": stolen["data"]}}
        press = {"type": "invoke", "name": "adaptiveCard/action", "value": value}
        _, answer = await bob.post(press)
        await house.outbox.idle()
        assert "somebody else" in read(answer["value"])
        assert "Step 1 of 5" in ann.shown()


async def join(person: TeamsDriver) -> None:
    """Agree and answer the first questions."""
    await person.install()
    await person.press("Agree and start")
    await person.press("Finance analyst")
    await person.press("I have all of them")
    await person.press("That is right")
    await person.press("30")

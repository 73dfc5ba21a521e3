"""What is done with a message that somebody else wrote: help with it, or sharing it, for one person alone."""

import pytest

from bot.model import Role
from tests import teams_house
from tests.scenario.stages import join
from tests.slack.house import house
from tests.slack.server import Trouble
from tests.teams_cards import elements
from tests.teams_driver import read

ASKED = "Please write me <b>why the quarter missed its plan</b> &amp; send it to <at>Cy</at> by noon"


def texts(card: object) -> str:
    """Read a card and its buttons."""
    assert isinstance(card, dict)
    titles = [node["title"] for node in elements(card) if node["type"] == "Action.Submit"]
    return "\n".join([read(card), *titles])


async def test_help_comes_where_the_message_is_and_to_one_person_alone_in_slack() -> None:
    """The nearest lesson, a prompt to begin with and what to check; a lesson begins in the direct message."""
    async with house() as here:
        ann = here.person("UANN")
        await join(ann)
        await ann.act_on("help_with_ai", "Why did the <@U2> quarter miss its plan?")
        [shown] = here.slack.room("C9")
        assert (shown.private, shown.to, shown.posted_by) == (True, "UANN", "response_url")
        there = ann.in_room("C9")
        assert "A prompt to begin with" in there.shown()
        assert "Use only the table below" in there.shown()
        await there.press("Say why the quarter missed plan (5 min)")
        assert "Step 1 of 5" in ann.shown()
        events = [event async for event, _ in here.server.store.export_events(None)]
        [asked] = [event for event in events if event.type == "help.asked"]
        assert (asked.lesson, asked.properties) == ("finance-variance", {"fits": True})
        assert not any("quarter miss" in str(event) for event in events)
        assert here.slack.complaints == []


async def test_a_stranger_is_welcomed_first() -> None:
    """Before they agree they get the welcome, once, in the direct message, and nothing else."""
    async with house() as here:
        eve = here.person("UEVE")
        for _ in range(2):
            await eve.act_on("help_with_ai", "Why did the quarter miss its plan?")
        assert len(eve.messages()) == 1
        assert "Agree and start" in eve.shown()
        assert here.slack.room("C9") == []


@pytest.mark.parametrize("text", ["", "  ", "x" * 40_000])
async def test_a_message_that_says_nothing_is_answered_too(text: str) -> None:
    """A file without a word asks what is to be done; endless text is cut, and gets what comes next."""
    async with house() as here:
        ann = here.person("UANN")
        await join(ann)
        await ann.act_on("help_with_ai", text)
        shown = ann.in_room("C9").shown()
        assert ("What is to be done?" if not text.strip() else "Nothing fits that closely") in shown


async def test_a_lost_answer_comes_another_way() -> None:
    """Where Slack does not take it through the press's own address, it is posted for that person alone."""
    async with house() as here:
        ann = here.person("UANN")
        await join(ann)
        here.slack.room("C9")
        here.slack.trouble(Trouble(status=404, only="response_url"))
        await ann.act_on("help_with_ai", "Why did the quarter miss its plan?")
        [shown] = here.slack.room("C9")
        assert (shown.to, shown.posted_by) == ("UANN", "chat.postEphemeral")


async def test_a_message_is_shared_as_a_use_case_in_slack() -> None:
    """The form opens with its text as the prompt; what is sent is shown to its author alone."""
    async with house() as here:
        ann = here.person("UANN")
        await join(ann)
        await ann.act_on("share_use_case", "List the accruals that miss")
        answer = await ann.submit(task="", check="Every amount")
        assert answer["response_action"] == "errors"
        await ann.submit(task="Close the month", check="Every amount")
        there = ann.in_room("C9")
        assert "Only you see this" in there.shown()
        assert "List the accruals that miss" in there.shown()
        await there.press("Post it")
        assert "It is on the shelf now" in there.shown()
        assert all(posted.private for posted in here.slack.room("C9"))


async def test_help_stands_in_a_dialog_in_teams() -> None:
    """The same in a dialog of the message; a lesson begins in the chat, and the dialog says so."""
    async with teams_house.laps() as here:
        ann = here.person("ann")
        await join(ann)
        task = await ann.act_on("help_with_ai", ASKED)
        card = task["value"]["card"]["content"]
        assert task["type"] == "continue"
        assert "Use only the table below" in texts(card)
        assert all(node["type"] != "Action.Execute" for node in elements(card))
        done = await ann.press_in_dialog(card, "Say why the quarter missed plan (5 min)")
        assert done == {"type": "message", "value": "It is in our direct message."}
        assert "Step 1 of 5" in ann.shown()


async def test_a_stranger_in_teams_is_sent_to_the_welcome() -> None:
    """The dialog says where it is; nothing else is posted."""
    async with teams_house.laps() as here:
        eve = here.person("eve")
        for _ in range(2):
            task = await eve.act_on("help_with_ai", ASKED)
            assert task["type"] == "message"
        assert len(eve.messages()) == 1
        assert "Agree and start" in eve.shown()


async def test_a_message_is_shared_as_a_use_case_in_teams() -> None:
    """Form, preview and the word that it is posted follow each other in the dialog."""
    async with teams_house.laps() as here:
        ann = here.person("ann")
        await join(ann)
        await here.store.set_role(await here.store.find_person("teams:29:ann"), Role.CHAMPION, held=True)
        task = await ann.act_on("share_use_case", "List the accruals")
        form = task["value"]["card"]["content"]
        values = {"task": "Close the month", "check": "Every amount", "prompt": "List the accruals"}
        again = await ann.press_in_dialog(form, "Show me how it looks", **{**values, "task": "  "})
        assert "Say in a few words what the task was." in texts(again["value"]["card"]["content"])
        preview = await ann.press_in_dialog(form, "Show me how it looks", **values)
        card = preview["value"]["card"]["content"]
        assert "Only you see this" in texts(card)
        posted = await ann.press_in_dialog(card, "Post it")
        assert "It is on the shelf now" in texts(posted["value"]["card"]["content"])
        await ann.say("usecases accruals")
        assert "Close the month" in ann.shown()


async def test_an_action_that_is_none_of_ours_is_no_error() -> None:
    """Other commands of an older or newer app are left alone."""
    async with teams_house.laps() as here:
        ann = here.person("ann")
        status, _ = await ann.post(
            {"type": "invoke", "name": "composeExtension/fetchTask", "value": {"commandId": "dance"}}
        )
        assert status == 501
    async with house() as slack:
        person = slack.person("UANN")
        await person.act_on("dance", "now")
        assert slack.slack.room("C9") == []

"""What becomes of messages when platforms fail, limit us or are gone, and of those nobody wants any more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import DeliveryState
from bot.ports import DeliveryRecord
from scheduler.nudges import Nudges
from scheduler.outbox import Outbox
from storage import standing
from storage.changes import UNINSTALLED
from tests import teams_house
from tests.scenario.test_nudges import MONDAY, NINE_THIRTY, Office, join, opened, with_moments
from tests.slack.server import SCOPES, Trouble
from tests.teams_server import Trouble as TeamsTrouble

SAID = "The day begins."


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Give somebody who agreed, on the morning of a Monday."""
    async with opened(tmp_path) as made:
        yield made


async def go_on(office: Office, **time: float) -> None:
    """Let time go by and send what is due then."""
    office.clock.now += timedelta(**time)
    while await office.server.outbox.drain():
        await office.server.outbox.idle()


def said(office: Office) -> int:
    """Count how often it was said."""
    return sum(SAID in text for text in office.here.person().messages())


async def newest(office: Office) -> DeliveryRecord:
    """Read the newest delivery."""
    return (await office.server.store.outgoing(False, 1))[0]


# ---------------------------------------------------------------- taken or not, nobody knows


TAKEN = Trouble(reset=True, taken=True, only="chat.postMessage")
NOT_TAKEN = Trouble(500, only="chat.postMessage")


@pytest.mark.parametrize("trouble", [TAKEN, NOT_TAKEN], ids=["taken", "not taken"])
async def test_with_the_scope_slack_is_asked(office: Office, trouble: Trouble) -> None:
    """What Slack has is found by its id and not sent again; what it does not have is sent."""
    office.here.slack.trouble(trouble)
    await office.at(NINE_THIRTY)
    assert (await newest(office)).state is DeliveryState.QUEUED
    await go_on(office, seconds=10)
    assert (await newest(office)).state is DeliveryState.SENT
    assert "conversations.history" in office.here.slack.calls
    assert said(office) == 1
    await office.here.person().press("Later")
    assert "When is better?" in office.here.person().shown()


@pytest.mark.parametrize(("trouble", "times"), [(TAKEN, 1), (NOT_TAKEN, 0)], ids=["taken", "not taken"])
async def test_without_the_scope_it_is_left_at_that(office: Office, trouble: Trouble, times: int) -> None:
    """Where history may not be read, nobody knows, and that stands in the record."""
    office.here.slack.scopes = SCOPES.replace("im:history,", "")
    office.here.slack.trouble(trouble)
    await office.at(NINE_THIRTY)
    await go_on(office, seconds=10)
    record = await newest(office)
    assert record.state is DeliveryState.UNKNOWN and "im:history" in record.reason
    await go_on(office, hours=1)
    assert said(office) == times


async def test_an_answer_that_is_there_is_not_sent_again(office: Office) -> None:
    """A lesson that Slack posted without saying so is found, and the person sees it once."""
    person = office.here.person()
    office.here.slack.trouble(TAKEN)
    await person.say("lesson finance-variance")
    await go_on(office, seconds=10)
    assert sum("Step 1 of 5" in text for text in person.messages()) == 1
    assert (await newest(office)).reason == "found where it was sent to"


async def test_a_conversation_full_of_others_says_nothing(office: Office) -> None:
    """Where more was written since than Slack tells of, nobody knows."""
    office.here.slack.trouble(TAKEN)
    await office.at(NINE_THIRTY)
    chat = office.here.slack.direct("U1")
    chat += [replace(chat[-1], body={"text": "x"}, ts=f"{chat[-1].ts}{n}") for n in range(20)]
    await go_on(office, seconds=10)
    assert (await newest(office)).state is DeliveryState.UNKNOWN


async def test_teams_cannot_be_asked(tmp_path: Path) -> None:
    """A card that Teams took or not stands as unknown; a lesson's card is sent again."""
    async with teams_house.laps(with_moments(tmp_path)) as here:
        person = here.person()
        here.clock.now = MONDAY - timedelta(days=3)
        await join(person)
        here.clock.now = NINE_THIRTY
        here.microsoft.trouble(TeamsTrouble(reset=True, when="after", only="activities"))
        nudges = Nudges(here.store, here.outbox, lambda: here.live.now, here.clock, {})
        assert await nudges.look() == 1
        await here.outbox.idle()
        here.clock.pass_by(seconds=10)
        await here.outbox.drain()
        await here.outbox.idle()
        (record,) = await here.store.outgoing(True, 10)
        assert record.state is DeliveryState.UNKNOWN
        assert record.reason == "sent or not, nobody knows: no answer: Teams does not say what was posted"
        assert sum(SAID in text for text in person.messages()) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        TeamsTrouble(429, retry_after="30", only="activities"),
        TeamsTrouble(502, html=True, only="activities"),
        TeamsTrouble(503, only="activities"),
    ],
    ids=["429", "html", "503"],
)
async def test_teams_comes_back_after_an_hour(tmp_path: Path, trouble: TeamsTrouble) -> None:
    """A card that Teams certainly did not take for an hour comes once, when it takes it."""
    async with teams_house.laps(with_moments(tmp_path)) as here:
        person = here.person()
        here.clock.now = MONDAY - timedelta(days=3)
        await join(person)
        here.clock.now = NINE_THIRTY
        here.microsoft.trouble(*[trouble] * 300)
        nudges = Nudges(here.store, here.outbox, lambda: here.live.now, here.clock, {})
        assert await nudges.look() == 1
        for minute in range(80):
            if minute == 60:
                here.microsoft.troubles.clear()
            here.clock.pass_by(minutes=1)
            await here.outbox.drain()
            await here.outbox.idle()
        assert sum(SAID in text for text in person.messages()) == 1
        assert (await here.store.outgoing(False, 1))[0].state is DeliveryState.SENT


# ---------------------------------------------------------------- an hour of trouble


HOUR = {
    "429": Trouble(429, retry_after=30, only="chat.postMessage"),
    "503": Trouble(503, only="chat.postMessage"),
    "500": Trouble(500, only="chat.postMessage"),
    "html": Trouble(502, html=True, only="chat.postMessage"),
    "timeout": Trouble(reset=True, only="chat.postMessage"),
    "timeout though taken": Trouble(reset=True, taken=True, only="chat.postMessage"),
}


@pytest.mark.parametrize("trouble", HOUR.values(), ids=HOUR)
async def test_after_an_hour_of_trouble_all_is_said_once(office: Office, trouble: Trouble) -> None:
    """An answer and a nudge outlast an hour in which Slack takes nothing, and come once each."""
    person = office.here.person()
    office.here.slack.trouble(*[trouble] * 500)
    await person.say("lesson finance-variance")
    await office.at(NINE_THIRTY)
    for _ in range(360):
        await go_on(office, seconds=10)
    office.here.slack.troubles.clear()
    for _ in range(4):
        await go_on(office, minutes=6)
    assert said(office) == 1
    assert sum("Step 1 of 5" in text for text in person.messages()) == 1
    states = [each.state for each in await office.server.store.outgoing(False, 2)]
    assert states == [DeliveryState.SENT] * 2


async def test_what_is_late_after_the_trouble_is_dropped(office: Office) -> None:
    """After three hours the morning's message is not said, and the record says why."""
    office.here.slack.trouble(*[HOUR["503"]] * 500)
    await office.at(NINE_THIRTY)
    for _ in range(30):
        await go_on(office, minutes=6)
    office.here.slack.troubles.clear()
    await go_on(office, minutes=6)
    assert said(office) == 0
    record = await newest(office)
    assert (record.state, record.reason) == (DeliveryState.DROPPED, standing.TOO_LATE)


@pytest.mark.parametrize(("minutes", "times"), [(29, 1), (31, 0)], ids=["before five", "after five"])
async def test_nothing_is_said_after_work(office: Office, minutes: int, times: int) -> None:
    """What was to be said at half past four and failed is said until five, when work ends, and not after."""
    root = office.server.live.loader.path
    root.write_text(root.read_text().replace('friday], at: "09:30"}', 'friday], at: "16:30"}'))
    await office.server.live.reload()
    looking = [task for task in asyncio.all_tasks() if task.get_name() == "look at everybody"]
    await asyncio.gather(*looking)
    office.here.slack.trouble(Trouble(503, only="chat.postMessage"))
    assert await office.at(MONDAY + timedelta(hours=7, minutes=30)) == 1
    await go_on(office, minutes=minutes)
    assert said(office) == times
    assert (await newest(office)).reason == ("" if times else standing.TOO_LATE)


# ---------------------------------------------------------------- a pause that the platform asks for


async def test_a_pause_holds_after_a_restart(office: Office) -> None:
    """What Slack asked one process to wait, the next one waits, answers included."""
    office.here.slack.trouble(Trouble(429, retry_after=120, only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    channels = {adapter.channel.name: adapter.channel for adapter in office.server.adapters}
    another = Outbox(office.server.store, channels, office.clock, office.clock.sleep)
    before = office.here.slack.calls.count("chat.postMessage")
    await office.server.outbox.stop()
    office.clock.now += timedelta(seconds=119)
    assert await another.drain() == 0
    assert office.here.slack.calls.count("chat.postMessage") == before
    office.clock.now += timedelta(seconds=1)
    assert await another.drain() == 1
    await another.idle()
    assert said(office) == 1


async def test_what_waits_of_a_kind_that_is_turned_off_is_dropped(office: Office) -> None:
    """It was decided before, and the platform was down; nothing of it comes afterwards."""
    await office.at(NINE_THIRTY)
    office.here.slack.trouble(Trouble(503, only="chat.postMessage"))
    await office.at(NINE_THIRTY + timedelta(days=1))
    await office.here.person().press("Why am I getting this?")
    await office.here.person().press("No more of this kind")
    record = next(x for x in await office.server.store.outgoing(True, 5) if x.kind == "nudge")
    assert record.reason == "the person wants no more of this kind"
    await go_on(office, hours=2)
    assert sum("The day begins." in each for each in office.here.person().messages()) == 0


# ---------------------------------------------------------------- nobody there any more


async def test_removed_while_messages_wait(office: Office) -> None:
    """When the app is removed what waits is dropped; installed again, the next message comes."""
    person = office.here.person()
    office.here.slack.trouble(Trouble(503, only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    await person.deliver(office.here.slack.event("app_uninstalled"))
    record = await newest(office)
    assert (record.state, record.reason) == (DeliveryState.DROPPED, UNINSTALLED)
    assert await office.at(NINE_THIRTY + timedelta(days=1)) == 0
    await person.say("hello")
    assert await office.at(NINE_THIRTY + timedelta(days=2)) == 1
    assert said(office) == 1


async def test_removed_between_the_claim_and_the_sending(office: Office) -> None:
    """A message on its way when the app is removed is refused by Slack, once, and the record says so."""
    office.here.slack.trouble(Trouble(error="account_inactive", only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    record = await newest(office)
    assert (record.state, record.reason) == (
        DeliveryState.FAILED,
        "credentials refused: account_inactive",
    )
    await go_on(office, hours=1)
    assert office.here.slack.calls.count("chat.postMessage") - len(office.here.slack.direct("U1")) == 1


async def test_whoever_blocked_laps_comes_back_by_writing(office: Office) -> None:
    """What waits for them is dropped; a word of theirs is enough, and the next message comes."""
    person = office.here.person()
    office.here.slack.trouble(Trouble(503, only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    person.me.blocked = True
    await person.say("lessons")
    reply, nudge = await office.server.store.outgoing(False, 2)
    assert (reply.state, nudge.state) == (DeliveryState.FAILED, DeliveryState.DROPPED)
    assert nudge.reason == standing.UNREACHABLE
    assert await office.at(NINE_THIRTY + timedelta(days=1)) == 0
    person.me.blocked = False
    await person.say("me")
    assert await office.at(NINE_THIRTY + timedelta(days=2)) == 1
    assert said(office) == 1


@pytest.mark.parametrize(
    ("word", "reason"), [("stop", standing.STOPPED), ("pause", standing.PAUSED)], ids=["stop", "pause"]
)
async def test_nothing_comes_after_a_word_of_quiet(office: Office, word: str, reason: str) -> None:
    """A message that waited while the person asked for quiet is dropped, and the word is answered."""
    person = office.here.person()
    office.here.slack.trouble(Trouble(503, only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    await person.say(word)
    await go_on(office, seconds=10)
    assert said(office) == 0
    lost = await office.server.store.outgoing(True, 1)
    assert [(each.state, each.reason) for each in lost] == [(DeliveryState.DROPPED, reason)]


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("jump", [timedelta(days=-2), timedelta(hours=-1), timedelta(minutes=20)], ids=str)
async def test_a_clock_that_jumps_says_nothing_twice(office: Office, jump: timedelta) -> None:
    """Back or ahead in the midst of a failing send: once the time is right again it was said once."""
    office.here.slack.trouble(Trouble(503, only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    office.clock.now += jump
    await office.server.nudges.look()
    await go_on(office, seconds=1)
    office.clock.now = NINE_THIRTY + timedelta(minutes=1)
    await office.server.nudges.look()
    await go_on(office, seconds=1)
    assert said(office) == 1

"""Kill -9 at every point between receipt and settlement, and gentler ends: nothing lost, one effect."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.events import EventType
from bot.model import ChannelName
from tests.killed.house import Life, Stored
from tests.killed.people import FIRST, Act, Client, SlackClient, client
from tests.killed.process import Point
from tests.slack.server import Trouble
from tests.web_house import CATALOGUE

BEFORE_COMMIT = (Point.RECEIVED, Point.DECIDED, Point.WRITTEN)
BEFORE_ANSWER = (*BEFORE_COMMIT, Point.COMMITTED, Point.UNANSWERED)
SENT_IN_VAIN = (Point.UNANSWERED, Point.SENT, Point.SETTLING)
"""Where the platform has the reply, and the database does not know it."""


@dataclass(frozen=True)
class Way:
    """One way in which something comes in and is answered.

    Attributes:
        channel: the platform.
        begins: brings a person to where it is to be done, and gives what is to be done.
        sees: what is read after it.
        effects: the adoption events of it.
        messages: how many messages it adds to the chat: an answer in the place of what was pressed adds none.
        then: what is pressed next, what is read after that, and its events.
    """

    channel: ChannelName
    begins: Callable[[Client], Awaitable[Act]]
    sees: str
    effects: Sequence[EventType]
    messages: int
    then: tuple[str, str, Sequence[EventType]]


async def typed(person: Client) -> Act:
    """Type the name of a lesson."""
    return person.typing("lesson finance-variance")


async def pressed(person: Client) -> Act:
    """Press a button of a practice step."""
    await person.presses(FIRST, "Step 1 of 5")
    return person.pressing("I did it")


async def pasted(person: Client) -> Act:
    """Send the form of a practice step, which is open."""
    assert isinstance(person, SlackClient)
    await person.presses(FIRST, "Step 1 of 5")
    return await person.pasting("Revenue was below plan")


E = EventType
STARTED, SUBMITTED, REVIEWED = (
    (E.LESSON_STARTED, E.STEP_SHOWN),
    (E.PRACTICE_SUBMITTED,),
    (E.PRACTICE_REVIEWED, E.STEP_SHOWN),
)
SUBMIT = ("I did it", "Read your result once more", SUBMITTED)
REVIEW = ("All of it holds", "Step 2 of 5", REVIEWED)

EVENT = Way(ChannelName.SLACK, typed, "Step 1 of 5", STARTED, 1, SUBMIT)
ACTION = Way(ChannelName.SLACK, pressed, "Read your result once more", SUBMITTED, 0, REVIEW)
FORM = Way(ChannelName.SLACK, pasted, "mentions revenue", SUBMITTED, 0, REVIEW)
MESSAGE = Way(ChannelName.TEAMS, typed, "Step 1 of 5", STARTED, 1, SUBMIT)
INVOKE = Way(ChannelName.TEAMS, pressed, "Read your result once more", SUBMITTED, 0, REVIEW)
WAYS = {
    "Slack event": EVENT,
    "Slack action": ACTION,
    "Slack form": FORM,
    "Teams message": MESSAGE,
    "Teams invoke": INVOKE,
}


async def starts(person: Client) -> Life:
    """Start Laps where the person reaches it, and have it send what was left behind."""
    life, address = await person.house.start()
    person.reach(address)
    return life


async def stored(person: Client) -> Stored:
    """Read what is stored of the person."""
    return await person.house.stored(person.workspace, person.account)


@asynccontextmanager
async def begun(way: Way, folder: Path) -> AsyncIterator[tuple[Client, Life, Act]]:
    """Give a person who is about to do something, in front of a running Laps."""
    async with client(way.channel, folder) as person:
        life = await starts(person)
        await person.joins()
        yield person, life, await way.begins(person)


async def killed(life: Life, point: Point, act: Act) -> None:
    """Do something of which Laps dies."""
    await life.arm(point)
    if point in BEFORE_ANSWER:
        with pytest.raises(aiohttp.ClientError):
            await act()
    else:
        await act()
        life.answered()
    await life.killed(point)


async def goes_on(way: Way, person: Client, life: Life, before: Stored) -> None:
    """Check that the right screen is shown, that the next press works, and that all had one effect."""
    await person.sees(way.sees)
    await person.reloads()
    await person.sees(way.sees)
    label, text, effects = way.then
    await person.presses(label, text)
    await life.stop()
    after = await stored(person)
    news = [kind for kind in after.events[len(before.events) :] if kind is not E.PRESS_STALE]
    assert news == [*way.effects, *effects]
    assert len(after.sessions) == 1
    assert after.version == before.version + 2
    assert after.unsettled == 0


@pytest.mark.parametrize("point", Point, ids=lambda point: point.name.lower())
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_killed_between_receipt_and_settlement(way: Way, point: Point, tmp_path: Path) -> None:
    """Wherever Laps is killed, what came in has one effect, and its answer is shown after the next start."""
    async with begun(way, tmp_path) as (person, life, act):
        before, messages = await stored(person), person.messages()
        await killed(life, point, act)
        left = await stored(person)
        assert (left.version > before.version) is (point not in BEFORE_COMMIT)

        person.house.clock.pass_by(minutes=1)
        after = await starts(person)
        if point in BEFORE_ANSWER:
            await act()
        await goes_on(way, person, after, before)
        more = person.messages() - messages
        assert more == way.messages or (more == 2 * way.messages and point in SENT_IN_VAIN)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_what_comes_again_before_the_lease_is_over(way: Way, tmp_path: Path) -> None:
    """Done again at once after a crash past its commit, a thing has one effect and is shown once."""
    async with begun(way, tmp_path) as (person, life, act):
        before, messages = await stored(person), person.messages()
        await killed(life, Point.COMMITTED, act)
        person.house.clock.pass_by(seconds=5)
        second = await starts(person)
        await act()
        await second.stop()
        person.house.clock.pass_by(minutes=1)
        await goes_on(way, person, await starts(person), before)
        assert person.messages() - messages == way.messages


# ---------------------------------------------------------------- SIGTERM


async def test_told_to_stop_while_slack_is_slow(tmp_path: Path) -> None:
    """What is on its way when Laps is told to stop arrives once, and is settled before the end."""
    async with begun(EVENT, tmp_path) as (person, life, act):
        assert isinstance(person, SlackClient)
        before, messages = await stored(person), person.messages()
        with person.slowly("chat.postMessage") as answers:
            await act()
            await person.asks("chat.postMessage")
            await life.is_told_to_stop()
            answers.set()
            await life.stops()
        assert (await stored(person)).unsettled == 0
        person.house.clock.pass_by(minutes=1)
        await goes_on(EVENT, person, await starts(person), before)
        assert person.messages() - messages == 1


async def test_told_to_stop_while_slack_hangs(tmp_path: Path) -> None:
    """The command ends well and soon though Slack never answers, and the next start sends what was left."""
    async with client(ChannelName.SLACK, tmp_path) as person:
        assert isinstance(person, SlackClient)
        person.house.clock.set(datetime.now(UTC))
        async with command(person) as process:
            person.reach(await address(process))
            await person.joins()
            before = await stored(person)
            person.server.trouble(Trouble(500, hang=True, only="chat.postMessage"))
            await person.typing("lesson finance-variance")()
            await person.asks("chat.postMessage")
            process.terminate()
            async with asyncio.timeout(15):
                assert await process.wait() == 0
        assert (await stored(person)).unsettled == 1
        person.house.clock.pass_by(minutes=1)
        await goes_on(EVENT, person, await starts(person), before)


# ---------------------------------------------------------------- two at once


@pytest.mark.parametrize(
    "way", [EVENT, ACTION, MESSAGE, INVOKE], ids=["event", "action", "message", "invoke"]
)
async def test_two_servers_on_one_file(way: Way, tmp_path: Path) -> None:
    """What reaches two servers of one file at the same time has one effect and is shown once."""
    async with begun(way, tmp_path) as (person, life, act):
        before, messages = await stored(person), person.messages()
        other, elsewhere = await person.house.start()
        here = person.address

        async def acts(at: str) -> None:
            person.reach(at)
            await act()

        await asyncio.gather(acts(here), acts(elsewhere))
        await person.sees(way.sees)
        await life.stop()
        await goes_on(way, person, other, before)
        assert person.messages() - messages == way.messages


async def test_a_second_command_is_refused_at_the_same_port(tmp_path: Path) -> None:
    """Where Laps listens already, a second start says so with a mend, and the first goes on undisturbed."""
    async with begun(EVENT, tmp_path) as (person, life, act):
        before = await stored(person)
        async with command(person, person.address.rpartition(":")[2]) as process:
            assert process.stderr is not None
            said = (await process.stderr.read()).decode()
            assert await process.wait() == 1
        assert "cannot be listened on" in said and "--port" in said
        assert "Traceback" not in said
        await act()
        await goes_on(EVENT, person, life, before)


@asynccontextmanager
async def command(person: Client, port: str = "0") -> AsyncIterator[Process]:
    """Run the command `laps run` on the house's database."""
    mine = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path.cwd()),
        "PYTHONUNBUFFERED": "1",
        "LAPS_LESSONS": str(CATALOGUE),
        **person.house.settings,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--port", port),
        stdout=PIPE,
        stderr=PIPE,
        cwd=CATALOGUE.parent,
        env=mine,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def address(process: Process) -> str:
    """Wait until the command says where it listens."""
    assert process.stdout is not None
    async for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line.decode()):
            return found[0]
    raise AssertionError("it does not listen")

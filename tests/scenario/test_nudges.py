"""Moments of need, through the whole server: what is said unasked, when, and what people do with it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from bot.app import Server
from bot.events import AdoptionEvent, EventType, Evidence
from bot.model import LearnerId, NudgeAction, NudgeDecision, Snapshot
from bot.nudging.standing import NEEDS
from scheduler.nudges import Nudges, reach
from tests import teams_house
from tests.commands import CATALOGUE
from tests.drivers import Driver
from tests.slack.house import House, house
from tests.slack.server import Trouble
from tests.web_house import Clock, room

MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # nine o'clock in Berlin
MOMENTS = """
moments:
  - {id: ritual, kind: more, when: {weekday: [monday, tuesday, wednesday, thursday, friday], at: "09:30"},
     offer: {lesson: finance-variance}, say: The day begins., every_days: 1}
  - {id: prompt, kind: apply, when: {weekday: friday, at: "09:30"},
     offer: {prompt: {title: Close the week, text: List what is open.}}}
  - {id: lapse, kind: change, when: {event: lapsed, after_days: 14, at: "16:00"}, offer: {lesson: next},
     say: It has been a while.}
  - {id: plan, kind: apply, when: {event: committed, after_days: 1, at: "14:00"}, offer: {plan: last}}
"""
NO_HOLD = "organization: {name: Acme, time_zone: Europe/Berlin, nudges: {hold: 0.0, a_week: 5}}"


@dataclass
class Office:
    """Somebody in Slack, and a server that may speak first."""

    here: House
    clock: Clock

    @property
    def server(self) -> Server:
        """The server."""
        return self.here.server

    async def at(self, when: datetime) -> int:
        """Let the time come, and give how many messages went out."""
        self.clock.now = when
        said = await self.server.nudges.look()
        await self.server.outbox.idle()
        return said

    async def learner(self) -> LearnerId:
        """The learner's key."""
        return (await self.server.store.find_person("slack:U1")).id

    async def seen(self) -> Snapshot:
        """What is known of them."""
        found = await reach(self.server.store, await self.learner(), self.clock.now)
        assert found is not None
        return found[0]

    async def decisions(self) -> list[NudgeDecision]:
        """What was decided of them, oldest first."""
        return list(reversed((await self.seen()).decisions))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Give somebody who agreed, on the morning of a Monday."""
    async with opened(tmp_path) as made:
        yield made


def with_moments(folder: Path, organization: str = NO_HOLD) -> Path:
    """Write a catalogue with moments, and give its root."""
    place = folder / "catalogue"
    shutil.copytree(CATALOGUE.parent, place)
    root = place / "lessons.yaml"
    text = root.read_text()
    (old,) = [line for line in text.splitlines() if line.startswith("organization:")]
    root.write_text(text.replace(old, organization) + MOMENTS)
    return root


async def join(person: Driver) -> None:
    """Agree and answer the first questions."""
    await person.say("hello")
    for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
        await person.press(label)


@asynccontextmanager
async def opened(folder: Path, organization: str = NO_HOLD) -> AsyncIterator[Office]:
    """Serve a catalogue with moments, and let one person join."""
    async with house(LAPS_LESSONS=str(with_moments(folder, organization))) as here:
        here.clock.now = MONDAY - timedelta(days=3)
        await join(here.person())
        office = Office(here, here.clock)
        await office.at(MONDAY)
        yield office
        assert here.slack.complaints == []


NINE_THIRTY = MONDAY + timedelta(minutes=30)


async def test_what_is_said_leads_into_the_lesson(office: Office) -> None:
    """At its time the message is there, with the ways out; pressing starts the lesson in its place."""
    person = office.here.person()
    assert await office.at(NINE_THIRTY - timedelta(seconds=1)) == 0
    assert await office.at(NINE_THIRTY) == 1
    assert "The day begins." in person.shown() and "Say why the quarter missed plan" in person.shown()
    assert "[Start] [Later] [Why am I getting this?]" in person.shown()
    count = len(person.messages())
    await person.press("Start")
    assert "Step 1 of 5" in person.shown() and len(person.messages()) == count
    (decision,) = [each for each in await office.decisions() if each.action is NudgeAction.SENT]
    assert decision.answered_at == NINE_THIRTY and decision.rule == "send"
    assert "nudge.sent" in await office.here.events()


async def test_nothing_is_said_twice(office: Office) -> None:
    """Two planners at the same time, and the same one again, say it once."""
    office.clock.now = NINE_THIRTY
    await office.server.nudges.look()
    await office.server.nudges.look()
    await office.server.outbox.idle()
    shown = [text for text in office.here.person().messages() if "The day begins." in text]
    assert len(shown) == 1
    assert len({each.subject for each in await office.decisions()}) == len(await office.decisions())


async def test_why_is_answered_truly(office: Office) -> None:
    """The reason is the one of the decision, with the rules that keep others away."""
    person = office.here.person()
    await office.at(NINE_THIRTY)
    await person.press("Why am I getting this?")
    assert "because it is Monday, 09:30, the time that your organization chose for it" in person.shown()
    assert "at most one message a day and 5 messages in seven days" in person.shown()


@pytest.mark.parametrize(
    ("wait", "quiet_at", "again"),
    [
        ("In an hour", timedelta(minutes=59), timedelta(hours=1)),
        ("Tomorrow", timedelta(hours=6), timedelta(days=1)),
        ("Next week", timedelta(days=4), timedelta(days=7)),
    ],
)
async def test_later_is_later(office: Office, wait: str, quiet_at: timedelta, again: timedelta) -> None:
    """Nothing comes before then, and then it comes again, once."""
    person = office.here.person()
    await office.at(NINE_THIRTY)
    await person.press("Later")
    await person.press(wait)
    assert "Quiet until" in person.shown()
    assert await office.at(NINE_THIRTY + quiet_at) == 0
    assert await office.at(NINE_THIRTY + again) == 1
    assert "The day begins." in person.shown()
    assert await office.at(NINE_THIRTY + again + timedelta(minutes=5)) == 0
    await person.press("Why am I getting this?")
    assert "because you asked for it later; it first came because it is Monday, 09:30" in person.shown()


async def test_after_stopping_nobody_is_spoken_to(office: Office) -> None:
    """Stop is for good; a way back is a word away."""
    person = office.here.person()
    await person.say("stop")
    assert await office.at(NINE_THIRTY) == 0
    assert [each.rule for each in await office.decisions()][-1:] == ["consent"]
    await person.say("resume")
    assert await office.at(NINE_THIRTY + timedelta(days=1)) == 1


async def test_a_kind_is_turned_off_and_on(office: Office) -> None:
    """No more of this kind is kept, shown under `nudges`, and taken back there."""
    person = office.here.person()
    await office.at(NINE_THIRTY)
    await person.press("Later")
    await person.press("No more of this kind")
    assert await office.at(NINE_THIRTY + timedelta(days=1)) == 0
    await person.say("nudges")
    assert "Turned off" in person.shown() and "ritual" in person.shown()
    await person.press("On again: ritual")
    assert await office.at(NINE_THIRTY + timedelta(days=2)) == 1


async def test_less_is_always_allowed(office: Office) -> None:
    """One a week is one a week, and none is none."""
    person = office.here.person()
    await person.say("nudges")
    await person.press("Fewer: one a week")
    assert [await office.at(NINE_THIRTY + timedelta(days=n)) for n in range(3)] == [1, 0, 0]
    await person.say("nudges")
    await person.press("None")
    assert await office.at(NINE_THIRTY + timedelta(days=7)) == 0
    assert "Step" not in person.shown()


async def test_the_organizations_budget_is_the_most(office: Office) -> None:
    """A button that asks for more than the organization allows gives what it allows."""
    person = office.here.person()
    await person.say("nudges")
    assert "[As usual]" not in person.shown()
    assert [await office.at(NINE_THIRTY + timedelta(hours=n)) for n in range(3)] == [1, 0, 0]


async def test_two_at_once_are_one(office: Office) -> None:
    """On Friday two moments are due: the first in the catalogue is said, of the other it is kept why not."""
    assert await office.at(NINE_THIRTY + timedelta(days=4)) == 1
    rules = {each.moment: each.rule for each in await office.decisions() if each.decided_on.weekday() == 4}
    assert rules == {"ritual": "send", "prompt": "a_day"}


@pytest.mark.parametrize(("answer", "uses"), [("Yes, and I used it", 1), ("Not yet", 0)])
async def test_a_plan_is_asked_after(office: Office, answer: str, uses: int) -> None:
    """The day after a plan was made it is asked after; yes is a use by the person's own word."""
    person = office.here.person()
    await person.say("lesson finance-variance")
    for label in ("I did it", "All of it holds", "Go on", "Be accurate", "Go on", "70", "20"):
        await person.press(label)
    for label in ("ChatGPT", "With ChatGPT"):
        await person.press(label)
    await office.at(NINE_THIRTY)
    await person.press("Later")
    await person.press("No more of this kind")
    before = (await office.here.events()).count("tool.used")
    assert await office.at(MONDAY + timedelta(days=1, hours=5)) == 1
    assert "You planned: When" in person.shown()
    await person.press(answer)
    assert (await office.here.events()).count("tool.used") == before + uses
    (asked,) = [each for each in await office.decisions() if each.moment == "plan"]
    assert asked.answered_at is not None


async def test_who_had_adopted_and_stopped_hears_of_it(office: Office) -> None:
    """Uses come in from elsewhere: two weeks after the last one the message comes, and says what is known."""
    who, began = await office.learner(), MONDAY - timedelta(days=44)
    lesson = AdoptionEvent("l", began, began.date(), who, EventType.LESSON_COMPLETED, lesson="finance-x")
    days = [began + timedelta(days=day) for day in (3, 4, 10, 11, 17, 18, 30)]
    used = AdoptionEvent(
        "u", began, began.date(), who, EventType.TOOL_USED, tool="copilot", evidence=Evidence.MEASURED
    )
    uses = [replace(used, id=f"u{day}", occurred_at=day, local_date=day.date()) for day in days]
    await office.server.store.import_events([lesson, *uses])
    assert await office.at(MONDAY + timedelta(hours=7)) == 1
    person = office.here.person()
    assert "It has been a while." in person.shown()
    await person.press("Why am I getting this?")
    assert "because Laps knows of no use of Copilot since 16 November" in person.shown()


async def test_whoever_blocked_the_bot_is_left_alone(office: Office) -> None:
    """The platform says so once; after that nothing is tried, and it is kept why."""
    office.here.slack.user("U1").blocked = True
    assert await office.at(NINE_THIRTY) == 1
    assert await office.at(NINE_THIRTY + timedelta(days=1)) == 0
    assert (await office.decisions())[-1].rule == "unreachable"


def ends(wait: timedelta) -> int:
    """Write a time after half past nine as Slack does."""
    return int((NINE_THIRTY + wait).timestamp())


async def test_who_does_not_want_to_be_disturbed_is_left_alone(office: Office) -> None:
    """What was due comes when it is over; Slack is asked once in an hour."""
    slack = office.here.slack
    slack.user("U1").dnd = (ends(-timedelta(hours=1)), ends(timedelta(minutes=40)))
    assert await office.at(NINE_THIRTY) == 0
    assert await office.at(NINE_THIRTY + timedelta(minutes=39)) == 0
    assert await office.at(NINE_THIRTY + timedelta(minutes=40)) == 1
    assert slack.calls.count("dnd.teamInfo") == 1


async def test_a_time_that_is_still_to_come_disturbs_nobody_now(office: Office) -> None:
    """Do not disturb from ten in the evening on: at half past nine in the morning the message comes."""
    office.here.slack.user("U1").dnd = (ends(timedelta(hours=12)), ends(timedelta(hours=20)))
    assert await office.at(NINE_THIRTY) == 1


@pytest.mark.parametrize(
    ("emoji", "until", "said"),
    [
        (":palm_tree:", 0, 0),
        (":face_with_thermometer:", ends(timedelta(hours=3)), 0),
        (":palm_tree:", ends(-timedelta(minutes=1)), 1),
        (":coffee:", 0, 1),
    ],
)
async def test_who_is_out_of_the_office_is_left_alone(
    office: Office, emoji: str, until: int, said: int
) -> None:
    """Slack's own statuses for holidays and sick days count while they last, others do not."""
    office.here.slack.user("U1").status = (emoji, until)
    assert await office.at(NINE_THIRTY) == said
    decisions = [each for each in await office.decisions() if each.action is NudgeAction.SILENT]
    assert [each.rule for each in decisions] == ([] if said else ["away"])


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(error="missing_scope", only="dnd"),
        Trouble(status=429, retry_after=30, only="dnd"),
        Trouble(status=500, html=True, only="dnd"),
        Trouble(error="user_not_found", only="users"),
    ],
)
async def test_of_whom_nothing_is_known_nothing_is_assumed(office: Office, trouble: Trouble) -> None:
    """Without the scope, or with Slack in trouble, the message comes as if nobody had been asked."""
    office.here.slack.trouble(trouble)
    assert await office.at(NINE_THIRTY) == 1


async def test_what_is_too_late_is_never_said(office: Office) -> None:
    """After an outage of half a day nothing stale comes."""
    assert await office.at(NINE_THIRTY + timedelta(hours=4)) == 0
    assert await office.at(NINE_THIRTY + timedelta(days=1, hours=1)) == 1


async def test_some_is_held_back(tmp_path: Path) -> None:
    """With half held at random, what was held is kept as such, with its probability."""
    half = "organization: {name: Acme, time_zone: Europe/Berlin, nudges: {hold: 0.5, a_week: 10}}"
    async with opened(tmp_path, half) as office:
        said = [await office.at(NINE_THIRTY + timedelta(days=7 * n + d)) for n in range(3) for d in range(5)]
        actions = [each for each in await office.decisions() if each.moment == "ritual"]
        assert 0 < sum(said) < 15
        assert {each.probability for each in actions if each.rule in ("send", "hold")} == {0.5}


async def test_other_moments_are_looked_at_at_once(office: Office) -> None:
    """After an edit of the moments everybody is looked at, and the new one comes at its time."""
    root = office.server.live.loader.path
    root.write_text(root.read_text().replace('at: "09:30"}', 'at: "09:10"}'))
    await office.server.live.reload()
    looking = [task for task in asyncio.all_tasks() if task.get_name() == "look at everybody"]
    await asyncio.gather(*looking)
    await office.at(MONDAY + timedelta(minutes=10))
    assert "The day begins." in office.here.person().shown()


async def test_slack_in_trouble_loses_nothing(office: Office) -> None:
    """A platform that is down gets the message once it is up, within its time."""
    office.here.slack.trouble(Trouble(status=503, only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    office.clock.now += timedelta(minutes=1)
    await office.server.outbox.drain()
    await office.server.outbox.idle()
    assert "The day begins." in office.here.person().shown()


async def test_what_may_have_arrived_is_not_sent_again(office: Office) -> None:
    """A connection that breaks after Slack took the message leaves one message, and no second one later."""
    office.here.slack.trouble(Trouble(reset=True, taken=True, only="chat.postMessage"))
    await office.at(NINE_THIRTY)
    for minutes in (1, 5, 30):
        office.clock.now = NINE_THIRTY + timedelta(minutes=minutes)
        await office.server.outbox.drain()
        await office.server.outbox.idle()
    said = [text for text in office.here.person().messages() if "The day begins." in text]
    assert len(said) == 1


async def test_the_welcome_says_that_laps_may_write_first(office: Office) -> None:
    """Whoever is asked to agree is told how often, and how to turn it off."""
    stranger = office.here.person("U2")
    await stranger.say("hello")
    assert "Laps may write first, at most 1 a day and 5 in seven days" in stranger.shown()


async def test_a_message_arrives_in_teams(tmp_path: Path) -> None:
    """The card comes unasked, is put off by pressing, and the lesson starts in its place the day after."""
    async with teams_house.laps(with_moments(tmp_path)) as here:
        person = here.person()
        here.clock.now = MONDAY - timedelta(days=3)
        await join(person)
        nudges = Nudges(here.store, here.outbox, lambda: here.live.now, here.clock, {})
        for day in (0, 1):
            here.clock.now = NINE_THIRTY + timedelta(days=day)
            assert await nudges.look() == 1
            await here.outbox.idle()
            assert "The day begins." in person.shown()
            for label in ("Later", "Tomorrow") if day == 0 else ("Start",):
                await person.press(label)
        assert "Step 1 of 5" in person.shown()
        assert here.microsoft.complaints == []


async def test_a_message_arrives_in_the_practice_room(tmp_path: Path) -> None:
    """It comes by itself to the open page, and its buttons work."""
    async with room(LAPS_LESSONS=str(with_moments(tmp_path))) as here, here.person() as person:
        here.clock.now = MONDAY - timedelta(days=3)
        await join(person)
        here.clock.now = NINE_THIRTY
        async with person.http.get(f"{here.url}/web/stream", headers=person.headers) as stream:
            assert await here.server.nudges.look() == 1
            lines = (line async for line in stream.content if line.startswith(b"data: {"))
            shown = orjson.loads((await anext(lines)).removeprefix(b"data: "))
        assert "The day begins." in shown["text"]
        assert "Why am I getting this?" in shown["html"]


def test_the_needs_are_all_that_a_decision_reads() -> None:
    """A decision reads everything that moments and policy look at."""
    assert NEEDS.nudging and NEEDS.commitments and NEEDS.recalls and NEEDS.uses and NEEDS.history

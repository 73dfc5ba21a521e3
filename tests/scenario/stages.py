"""Ann and Bob and the conversation that both read, on each channel, with everything that speaks unasked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from adapters.web.app import WebAdapter
from bot.app import Server
from bot.model import Role
from bot.ports import Store
from scheduler.announcements import Announcer
from scheduler.gatherings import Gatherings
from scheduler.nudges import Nudges
from scheduler.outbox import Outbox
from tests import teams_house, web_house
from tests.drivers import Driver
from tests.scenario.parity import CATALOGUE, Stage
from tests.slack.driver import SlackDriver
from tests.slack.house import House, house
from tests.teams_driver import TeamsDriver
from tests.web_driver import WebDriver

ROOM = "C1"
TEAMS_ROOM = "19:cohort@thread.tacv2"


async def join(driver: Driver) -> None:
    """Agree, and answer the first questions."""
    await driver.say("hello")
    await driver.press("Agree and start")
    await driver.press("Finance analyst")
    await driver.fill("Choose your tools", x="copilot")
    await driver.press("That is right")
    await driver.press("30")


async def make_admin(store: Store, person: str) -> None:
    """Have an admin."""
    await store.set_role(await store.find_person(person), Role.ADMIN, held=True)


@dataclass
class Time:
    """What speaks unasked, on a clock that the scenario moves."""

    clock: web_house.Clock | teams_house.Clock
    outbox: Outbox
    nudges: Nudges
    gatherings: Gatherings
    announcer: Announcer

    async def reach(self, at: datetime) -> None:
        """Let the time come, and have said what is to be said by then."""
        self.clock.now = at
        for look in (self.announcer.work, self.gatherings.look, self.nudges.look):
            await look()
        for _ in range(5):
            await self.outbox.drain()
            await self.outbox.idle()
            self.clock.now += timedelta(seconds=2)


def time_of(server: Server, clock: web_house.Clock) -> Time:
    """Give what speaks unasked of a whole server."""
    return Time(clock, server.outbox, server.nudges, server.gatherings, server.announcer)


@dataclass
class SlackStage:
    """Ann and Bob in Slack."""

    here: House
    people: dict[str, SlackDriver]

    def driver(self, who: str, where: str) -> SlackDriver:
        """Give one of them."""
        return self.people[who].in_room(ROOM) if where == "room" else self.people[who]

    async def reach(self, at: datetime) -> None:
        """Let the time come."""
        await time_of(self.here.server, self.here.clock).reach(at)


@asynccontextmanager
async def in_slack(catalogue: Path = CATALOGUE) -> AsyncIterator[SlackStage]:
    """Have Ann, an admin, and Bob take part in Slack."""
    async with house(LAPS_LESSONS=str(catalogue)) as here:
        people = {"ann": here.person("UANN"), "bob": here.person("UBOB")}
        here.slack.room(ROOM)
        for driver in people.values():
            await join(driver)
        await make_admin(here.server.store, "slack:UANN")
        yield SlackStage(here, people)
        assert here.slack.complaints == []


@dataclass
class TeamsStage:
    """Ann and Bob in Teams."""

    people: dict[str, TeamsDriver]
    time: Time

    def __post_init__(self) -> None:
        """Keep each one's client in the room."""
        self.rooms = {name: driver.in_room(TEAMS_ROOM) for name, driver in self.people.items()}

    def driver(self, who: str, where: str) -> TeamsDriver:
        """Give one of them."""
        return self.rooms[who] if where == "room" else self.people[who]

    async def reach(self, at: datetime) -> None:
        """Let the time come."""
        await self.time.reach(at)


@asynccontextmanager
async def in_teams(catalogue: Path = CATALOGUE) -> AsyncIterator[TeamsStage]:
    """Have Ann, an admin, and Bob take part in Teams, where the room is a channel of a team."""
    async with teams_house.laps(catalogue) as here:
        people = {"ann": here.person("ann"), "bob": here.person("bob")}
        here.microsoft.thread(TEAMS_ROOM)
        for driver in people.values():
            await join(driver)
        await make_admin(here.store, "teams:29:ann")
        parts = (here.store, here.outbox, lambda: here.live.now, here.clock)
        yield TeamsStage(
            people, Time(here.clock, here.outbox, Nudges(*parts, {}), Gatherings(*parts), Announcer(*parts))
        )
        assert here.microsoft.complaints == []


@dataclass
class WebStage:
    """Ann and Bob side by side in one browser, and the conversation that both read."""

    here: web_house.Room
    people: dict[str, WebDriver]
    account: str
    seen: dict[str, int] = field(default_factory=dict)

    def driver(self, who: str, where: str) -> WebDriver:
        """Give one of them, with what came by itself meanwhile."""
        seat = "1" if who == "ann" else "2"
        name = "room" if where == "room" else who
        driver = self.people[name]
        if name == "room":
            driver.seat = seat
        key = f"room-{self.account}" if name == "room" else f"{self.account}{'-2' if seat == '2' else ''}"
        streams = next(x for x in self.here.server.adapters if isinstance(x, WebAdapter)).streams
        events = streams.kept(key)
        for event in events[self.seen.get(name, 0) :]:
            driver.show(orjson.loads(event.data))
        self.seen[name] = len(events)
        return driver

    async def reach(self, at: datetime) -> None:
        """Let the time come."""
        await time_of(self.here.server, self.here.clock).reach(at)


@asynccontextmanager
async def in_the_practice_room(catalogue: Path = CATALOGUE) -> AsyncIterator[WebStage]:
    """Have Ann, an admin, and Bob take part side by side in a browser."""
    async with web_house.room(LAPS_LESSONS=str(catalogue)) as here, here.person() as ann:
        bob, both = WebDriver.beside(ann, "2"), WebDriver.beside(ann, "1", room=True)
        await bob.open()
        cookie = next(iter(ann.http.cookie_jar)).value
        for driver in (ann, bob):
            await join(driver)
        await make_admin(here.server.store, f"web:{cookie}")
        for driver in (ann, bob, both):
            driver.settle = here.server.outbox.idle
        yield WebStage(here, {"ann": ann, "bob": bob, "room": both}, cookie)


STAGES: dict[str, Callable[[Path], AbstractAsyncContextManager[Stage]]] = {
    "slack": in_slack,
    "teams": in_teams,
    "practice room": in_the_practice_room,
}
"""Every channel, by its name."""

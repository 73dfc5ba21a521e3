"""Cohorts and shared use cases, through the whole server: the same on every channel, and what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from adapters.web.app import WebAdapter
from adapters.web.streams import Streams
from bot.model import Role
from bot.ports import Store
from tests import teams_house, web_house
from tests.drivers import Driver
from tests.scenario.parity import play_together, read_scenario
from tests.slack.driver import SlackDriver
from tests.slack.house import House, house
from tests.teams_driver import TeamsDriver
from tests.web_driver import WebDriver

ROOM = "C1"


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
class SlackStage:
    """Ann and Bob in Slack."""

    here: House
    people: dict[str, SlackDriver]

    def driver(self, who: str, where: str) -> SlackDriver:
        """Give one of them."""
        return self.people[who].in_room(ROOM) if where == "room" else self.people[who]


@asynccontextmanager
async def in_slack() -> AsyncIterator[SlackStage]:
    """Have Ann, an admin, and Bob take part in Slack."""
    async with house() as here:
        people = {"ann": here.person("UANN"), "bob": here.person("UBOB")}
        here.slack.room(ROOM)
        for driver in people.values():
            await join(driver)
        await make_admin(here.server.store, "slack:UANN")
        yield SlackStage(here, people)
        assert here.slack.complaints == []


async def test_a_use_case_is_shared_and_tried_in_slack() -> None:
    """A cohort gets its conversation; one shares, the other tries, saves, practises; it is taken back."""
    async with in_slack() as stage:
        await play_together(stage, read_scenario("sharing.yaml"))


TEAMS_ROOM = "19:cohort@thread.tacv2"


@dataclass
class TeamsStage:
    """Ann and Bob in Teams."""

    people: dict[str, TeamsDriver]

    def __post_init__(self) -> None:
        """Keep each one's client in the room."""
        self.rooms = {name: driver.in_room(TEAMS_ROOM) for name, driver in self.people.items()}

    def driver(self, who: str, where: str) -> TeamsDriver:
        """Give one of them."""
        return self.rooms[who] if where == "room" else self.people[who]


async def test_a_use_case_is_shared_and_tried_in_teams() -> None:
    """The same in a channel of a team, where what is more than a sentence comes in the direct message."""
    async with teams_house.laps() as here:
        people = {"ann": here.person("ann"), "bob": here.person("bob")}
        here.microsoft.thread(TEAMS_ROOM)
        for driver in people.values():
            await join(driver)
        await make_admin(here.store, "teams:29:ann")
        await play_together(TeamsStage(people), read_scenario("sharing.yaml"))


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
        events = self.streams.kept(key)
        for event in events[self.seen.get(name, 0) :]:
            driver.show(orjson.loads(event.data))
        self.seen[name] = len(events)
        return driver

    @property
    def streams(self) -> Streams:
        """What reaches the pages by itself."""
        return next(x for x in self.here.server.adapters if isinstance(x, WebAdapter)).streams


async def test_a_use_case_is_shared_and_tried_in_the_practice_room() -> None:
    """The same side by side in a browser, where the room shows what only one of them sees as theirs."""
    async with web_house.room() as here, here.person() as ann:
        bob, both = WebDriver.beside(ann, "2"), WebDriver.beside(ann, "1", room=True)
        await bob.open()
        cookie = next(iter(ann.http.cookie_jar)).value
        for driver in (ann, bob):
            await join(driver)
        await make_admin(here.server.store, f"web:{cookie}")
        stage = WebStage(here, {"ann": ann, "bob": bob, "room": both}, cookie)
        for driver in (ann, bob, both):
            driver.settle = here.server.outbox.idle
        await play_together(stage, read_scenario("sharing.yaml"))

"""Cohorts and shared use cases, through the whole server: the same scenario on every channel, and what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.app import Server
from bot.model import Role
from tests.drivers import Driver
from tests.scenario.parity import play_together, read_scenario
from tests.slack.driver import SlackDriver
from tests.slack.house import House, house

ROOM = "C1"


async def join(driver: Driver) -> None:
    """Agree, and answer the first questions."""
    await driver.say("hello")
    await driver.press("Agree and start")
    await driver.press("Finance analyst")
    await driver.fill("Choose your tools", x="copilot")
    await driver.press("That is right")
    await driver.press("30")


async def make_admin(server: Server, person: str) -> None:
    """Have an admin."""
    await server.store.set_role(await server.store.find_person(person), Role.ADMIN, held=True)


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
        await make_admin(here.server, "slack:UANN")
        yield SlackStage(here, people)
        assert here.slack.complaints == []


async def test_a_use_case_is_shared_and_tried_in_slack() -> None:
    """A cohort gets its conversation; one shares, the other tries, saves, practises; it is taken back."""
    async with in_slack() as stage:
        await play_together(stage, read_scenario("sharing.yaml"))

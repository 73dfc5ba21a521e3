"""People of the roster in chat: through the whole server, from signed payloads to what they see."""

from datetime import date
from pathlib import Path

import pytest

from bot.cohorts.importing import Import, Terms
from bot.cohorts.roster import Line
from bot.model import Learner, Role
from bot.ports import Store
from tests import teams_house
from tests.scenario.test_editing import OFFICES, Office, place  # noqa: F401 - a fixture
from tests.slack.driver import SlackDriver
from tests.slack.house import house
from tests.teams_house import NOW

YEAR = date(2026, 1, 1)
KNOWN = {"job_family": "finance", "tools": "copilot", "time_zone": "Europe/Berlin"}


async def take_in(store: Store, **said: str) -> Learner:
    """Import a roster of one person, and give the learner whom it makes."""
    line = Line(2, "E-1", {**KNOWN, **said})
    await Import(store, Terms(YEAR, is_partial=True), NOW).run([line], {"E-1"}, [])
    return await store.find_person("E-1")


async def test_slack_tells_an_address_and_the_roster_the_rest() -> None:
    """Once somebody agreed, their profile is read, and what the roster knows is not asked any more."""
    async with house() as here:
        expected = await take_in(here.server.store, email="u1@example.com")
        ann = here.person()
        await ann.say("hello")
        await ann.press("Agree and start")
        await here.adapter._background.idle()
        found = await here.server.store.find_person("slack:U1")
        assert (await here.server.store.find_person("E-1")).id == found.id
        assert (found.job_family, found.tools) == ("finance", ("copilot",))
        assert expected.id != found.id, "who agreed in chat is the one who stays"
        await ann.say("next")
        assert "How confident are you" in ann.shown()


async def test_teams_tells_the_object_id_with_the_first_word() -> None:
    """Whoever installs the bot is the one whom the roster has for their object id."""
    async with teams_house.laps() as here:
        ann = here.person()
        expected = await take_in(here.store, teams_user=f"aad-{ann.person}")
        await ann.install()
        found = await here.store.find_person(f"teams:{ann.person}")
        assert found.id == expected.id
        await ann.press("Agree and start")
        assert "How confident are you" in ann.shown()


async def fills(office: Office, **said: str) -> str:
    """Press Change, send the form, and give what is shown, or what is wrong."""
    driver = office.driver
    await driver.press("Change")
    if isinstance(driver, SlackDriver):
        problems = (await driver.submit(**said)).get("errors", {})
        driver.me.modals.clear()
        return " ".join(problems.values()) or driver.shown()
    await driver.fill("Change", **said)
    return driver.shown()


@pytest.mark.parametrize("channel", OFFICES)
async def test_an_admin_looks_after_one_person(channel: str, place: Path) -> None:  # noqa: F811
    """What the roster says is shown, and changed from today on, on every channel."""
    async with OFFICES[channel](place) as office:
        await office.becomes_admin()
        before = await take_in(office.store, name="Ann Lee", cohort="Blue", role="admin")
        await office.driver.say("person ann")
        assert "Ann Lee" in office.driver.shown() and "Blue" in office.driver.shown()
        shown = await fills(office, cohort="Red", role="champion", ends_on="2027-03-31")
        assert "Red" in shown and "2027-04-01" in shown
        after = await office.store.find_person("E-1")
        assert after.left_on == date(2027, 4, 1) and after.job_family == before.job_family
        assert after.roles == {Role.CHAMPION, Role.ADMIN}, "what the form does not show stays"
        told = {span.from_on: span.facts["cohort"] async for span in office.store.roster(YEAR)}
        assert told == {YEAR: "Blue"}, "the past stays as it was"


async def test_a_field_says_what_is_wrong_with_it() -> None:
    """A day that is none and a formula change nothing, and are said at their fields."""
    async with house() as here:
        ann = here.person()
        await ann.say("hello")
        for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
            await ann.press(label)
        await here.server.store.set_role(await here.server.store.find_person("slack:U1"), Role.ADMIN, True)
        await take_in(here.server.store)
        await ann.say("person E-1")
        await ann.press("Change")
        errors = (await ann.submit(ends_on="31.3.2027", cohort="=1+1"))["errors"]
        assert errors["ends_on"].startswith("“31.3.2027” is no day") and "formula" in errors["cohort"]
        assert [span.facts["cohort"] async for span in here.server.store.roster(NOW.date())] == [""]


async def test_nobody_else_sees_the_roster() -> None:
    """Whoever is no admin is told who looks after it, typed or pressed."""
    async with teams_house.laps() as here:
        ann = here.person()
        await ann.install()
        for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
            await ann.press(label)
        await take_in(here.store, name="Bob")
        await ann.say("person bob")
        assert "The roster is seen by admins" in ann.shown() and "E-1" not in ann.shown()


async def test_several_people_of_a_name_are_listed() -> None:
    """Of several each is a button; of none that is said."""
    async with teams_house.laps() as here:
        ann = here.person()
        await ann.install()
        for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
            await ann.press(label)
        await here.store.set_role(await here.store.find_person("teams:29:ann"), Role.ADMIN, True)
        people = [Line(n, f"E-{n}", {"name": f"Bob {n}", "email": f"b{n}@b.de"}) for n in (1, 2)]
        await Import(here.store, Terms(YEAR), NOW).run(people, {"E-1", "E-2"}, [])
        await ann.say("person bob")
        assert "Several people" in ann.shown()
        await ann.press("E-2")
        assert "Bob 2" in ann.shown() and "b2@b.de" in ann.shown()
        await ann.say("person zoe")
        assert "nobody called “zoe”" in ann.shown()
        await ann.say("person")
        assert "Whom?" in ann.shown()

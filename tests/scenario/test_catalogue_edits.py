"""A lesson file is saved while people learn: through the whole server, its watcher and its channels."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.model import Role
from tests.commands import CATALOGUE
from tests.web_driver import WebDriver
from tests.web_house import Room, room

TITLE = "Say why the quarter missed plan"


@asynccontextmanager
async def edited_room(folder: Path) -> AsyncIterator[tuple[Room, Path]]:
    """Serve a catalogue that may be edited; give the room and a lesson's file."""
    place = folder / "catalogue"
    shutil.copytree(CATALOGUE.parent, place)
    async with room(LAPS_LESSONS=str(place / "lessons.yaml")) as here:
        yield here, place / "library" / "finance" / "variance.yaml"


@asynccontextmanager
async def changes(here: Room) -> AsyncIterator[AsyncIterator[str]]:
    """Listen to what an open preview is told."""
    async with aiohttp.ClientSession() as http, http.get(f"{here.url}/preview/changes") as stream:
        assert stream.status == 200 and (await stream.content.readline()).startswith(b"retry:")

        async def events() -> AsyncIterator[str]:
            async for line in stream.content:
                if line.startswith(b"event: "):
                    yield line.decode().removeprefix("event: ").strip()

        yield events()


def save(file: Path, old: str, new: str) -> None:
    """Save a file as editors do: a new one takes the old one's place."""
    text = file.read_text()
    assert old in text
    beside = file.with_name(".saving.yaml")
    beside.write_text(text.replace(old, new))
    beside.replace(file)


async def joined(driver: WebDriver) -> None:
    """Agree and answer the first questions."""
    for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
        await driver.press(label)


async def told(here: Room, driver: WebDriver) -> str:
    """Wait for the next message that comes by itself, and give it."""
    async with driver.http.get(f"{here.url}/web/stream", headers=driver.headers) as stream:
        async for line in stream.content:
            if line.startswith(b"data: {"):
                return line.decode()
    raise AssertionError("the stream ended")


async def test_a_saved_lesson_is_live_and_a_lesson_under_way_stays(tmp_path: Path) -> None:
    """New readers get the new wording; who is in the middle finishes in the old one."""
    async with edited_room(tmp_path) as (here, file), here.person() as first, here.person() as second:
        await joined(first)
        await joined(second)
        await first.say("lesson finance-variance")
        async with changes(here) as events:
            save(file, TITLE, "Say why it missed")
            assert await anext(events) == "catalogue"
        await second.say("lesson finance-variance")
        assert "Say why it missed" in second.shown()
        await first.press("I did it")
        assert TITLE in first.shown()
        newest = (await here.server.store.revisions(1))[0]
        assert (newest.number, newest.way) == (2, "file saved")


async def test_an_admin_is_told_of_a_bad_save_in_chat(tmp_path: Path) -> None:
    """Errors reach the admin's chat with line and mend, learners notice nothing, and the mend is told too."""
    async with edited_room(tmp_path) as (here, file), here.person() as admin, here.person() as learner:
        await joined(admin)
        await joined(learner)
        (account,) = {cookie.value for cookie in admin.http.cookie_jar if cookie.key.startswith("laps")}
        store = here.server.store
        await store.set_role(await store.find_person(f"web:{account}"), Role.ADMIN, True)
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(told(here, admin))
            async with changes(here) as events:
                save(file, "minutes: 5", "minutes: 19")
                assert await anext(events) == "refused"
        assert "The catalogue needs a look" in waiting.result() and "E210 19 minutes" in waiting.result()
        await learner.say("lesson finance-variance")
        assert TITLE in learner.shown()
        async with changes(here) as events:
            save(file, "minutes: 19", "minutes: 5")
            save(file, TITLE, "Say why it missed")
            assert await anext(events) == "catalogue"
        assert here.server.live.now.lessons["finance-variance"].title == "Say why it missed"


async def test_the_preview_is_for_this_machine_only(tmp_path: Path) -> None:
    """The pages keep to the loopback rule, know their lessons, and take nothing else for a file."""
    async with edited_room(tmp_path) as (here, _), aiohttp.ClientSession() as http:

        async def status(path: str, **headers: str) -> int:
            async with http.get(f"{here.url}{path}", headers=headers) as response:
                return response.status

        assert await status("/preview") == 200
        assert await status("/preview/finance-variance") == 200
        assert await status("/preview/nothing-here") == 404
        assert await status("/preview/static/preview.css") == 200
        assert await status("/preview/static/..%2Froutes.py") == 404
        assert await status("/preview", **{"X-Forwarded-For": "192.0.2.1"}) == 403
        assert await status("/preview/finance-variance", Origin="https://example.com") == 403

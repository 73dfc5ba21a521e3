"""An admin edits a lesson in the practice room, in a real browser: forms, and a file from the disk."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.editing.live import LiveCatalogue
from bot.model import Role
from tests.commands import CATALOGUE
from tests.peers.browser import PageDriver, browser, found_by_axe
from tests.web_house import room

PICTURES = Path("var/screenshots/editing")
TITLE, OTHER = "Say why the quarter missed plan", "Say why it missed"
LESSON = Path("library/finance/variance.yaml")

QUESTIONS = ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30")

PICTURES.mkdir(parents=True, exist_ok=True)

pytestmark = pytest.mark.peer("chromium", "axe-core")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[PageDriver, LiveCatalogue]]:
    """Open the practice room as an admin of a catalogue that may be edited."""
    place = folder / "catalogue"
    shutil.copytree(CATALOGUE.parent, place)
    async with room(LAPS_LESSONS=str(place / "lessons.yaml")) as here, browser() as chrome:
        context = await chrome.new_context(
            locale="en-GB", reduced_motion="reduce", viewport={"width": 390, "height": 900}
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        driver = PageDriver(page, PICTURES)
        await driver.open(here.url)
        for label in QUESTIONS:
            await driver.press(label)
        (account,) = {c["value"] for c in await context.cookies() if c["name"].startswith("laps")}
        store = here.server.store
        await store.set_role(await store.find_person(f"web:{account}"), Role.ADMIN, True)
        yield driver, here.server.live


async def choose(driver: PageDriver, file: Path) -> None:
    """Choose a file and send it."""
    form = driver.page.locator("form.form").last
    if not await form.is_visible():
        await driver.page.locator("summary").last.click()
    await form.locator("input[type=file]").set_input_files(file)
    async with driver.page.expect_response("**/web/act"):
        await form.locator("button[type=submit]").click()
    await expect(driver.page.locator("[aria-busy=true]")).to_have_count(0)


async def test_a_form_is_filled_in_and_published(tmp_path: Path) -> None:
    """By clicking from the lesson to the form to live, on a phone; axe-core finds nothing on any screen."""
    async with opened(tmp_path) as (driver, live):
        await driver.say("edit finance-variance")
        assert await found_by_axe(driver.page) == []
        await driver.press("Step 1, practice: the task")
        assert await found_by_axe(driver.page) == []
        await driver.fill("Edit", hint="Write to jo@acme.com.")
        wrong = driver.page.locator("textarea[name=hint] ~ .wrong")
        assert "e-mail address" in await wrong.inner_text()
        assert await driver.page.locator("textarea[name=hint]").input_value() == "Write to jo@acme.com."
        assert await found_by_axe(driver.page) == []
        await driver.fill("Edit", hint="Say that only the table counts.")
        assert "Not live yet" in driver.shown()
        assert await found_by_axe(driver.page) == []
        await driver.press("Edit more")
        await driver.press("Title and use case")
        await driver.fill("Edit", title=OTHER)
        await driver.press("Publish")
        assert "is live, as revision 2" in driver.shown()
        assert live.now.lessons["finance-variance"].title == OTHER
        assert "hint: Say that only the table counts." in (live.folder / LESSON).read_text()


async def test_a_file_from_the_disk_is_sent(tmp_path: Path) -> None:
    """The bytes come as they are, whatever their encoding, and findings name line and column."""
    async with opened(tmp_path) as (driver, live):
        page, text = driver.page, (live.folder / LESSON).read_text()
        await driver.say("edit")
        await page.locator("summary").last.click()
        await page.locator("form.form button[type=submit]").last.click()
        await expect(page.locator(".wrong:not([hidden])")).to_have_text("Choose a file first.")
        assert await found_by_axe(page) == []
        large = tmp_path / "large.yaml"
        large.write_bytes(b"x" * 1_000_001)
        await page.locator("input[type=file]").last.set_input_files(large)
        await page.locator("form.form button[type=submit]").last.click()
        await expect(page.locator(".wrong:not([hidden])")).to_have_text(
            "That file is too large: 1 MB at most."
        )
        latin = tmp_path / "latin.yaml"
        latin.write_bytes(text.replace(TITLE, "Résumé").encode("latin-1"))
        await choose(driver, latin)
        await expect(page.locator(".message").last).to_contain_text("not UTF-8")
        await driver.say("edit")
        good = tmp_path / "variance.yaml"
        good.write_bytes(b"\xef\xbb\xbf" + text.replace(TITLE, "Résumé für ü").encode())
        await choose(driver, good)
        await expect(page.locator(".message").last).to_contain_text("Not live yet")
        await driver.press("Publish")
        assert (live.folder / LESSON).read_bytes() == good.read_bytes()
        assert live.now.lessons["finance-variance"].title == "Résumé für ü"

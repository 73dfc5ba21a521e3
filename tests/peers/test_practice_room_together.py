"""Two people and a cohort's conversation side by side, in a real browser."""

from pathlib import Path

import pytest
from playwright.async_api import Frame, Page, expect

from bot.model import Role
from tests.peers.browser import browser, found_by_axe
from tests.web_house import room

PICTURES = Path("var/screenshots/practice-room")
PICTURES.mkdir(parents=True, exist_ok=True)

pytestmark = pytest.mark.peer("chromium")


def frame(page: Page, query: str) -> Frame:
    """Find one of the three pages."""
    return next(each for each in page.frames if each.url.endswith(query))


async def press(frame: Frame, label: str) -> None:
    """Press the newest button of that label."""
    button = frame.locator("#messages button").filter(has_text=label).last
    await button.scroll_into_view_if_needed()
    async with frame.page.expect_response("**/web/act"):
        await button.click()


async def say(frame: Frame, text: str) -> None:
    """Type a line."""
    await frame.locator("#say").fill(text)
    async with frame.page.expect_response("**/web/act"):
        await frame.locator("#say").press("Enter")


async def join(frame: Frame) -> None:
    """Agree, and answer the first questions."""
    await frame.locator(".message").first.wait_for()
    for label in ("Agree and start", "Finance analyst"):
        await press(frame, label)
    await frame.get_by_label("Copilot").check()
    for label in ("These are mine", "That is right", "30"):
        await press(frame, label)


async def test_one_shares_and_the_other_tries() -> None:
    """Both see the card, whoever acts is named, what is for one is marked, and a reload keeps it all."""
    async with room() as here, browser() as chromium:
        page = await chromium.new_page(viewport={"width": 1500, "height": 900})
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{here.url}/together")
        await page.wait_for_function("window.frames.length === 3")
        first, second, both = frame(page, "?seat=1"), frame(page, "?seat=2"), frame(page, "?room=1")
        await join(first)
        await join(second)
        cookie = (await page.context.cookies())[0]["value"]
        store = here.server.store
        await store.set_role(await store.find_person(f"web:{cookie}"), Role.ADMIN, held=True)
        await say(both, "Good morning")
        await expect(both.locator(".mine")).to_have_text("Person 1: Good morning")
        await say(both, "laps cohort north")
        await here.server.outbox.drain()
        await expect(
            both.get_by_role("heading", name="This is the conversation of the cohort")
        ).to_have_count(1)
        for who in ("Person 1", "Person 2"):
            await both.get_by_label(who).check()
            await press(both, "I am in this cohort")
        await expect(both.get_by_text("Only visible to Person 2")).to_have_count(1)
        await say(first, "share")
        form = first.locator("form", has_text="What was the task?")
        await form.get_by_label("What was the task?").fill("Close the month")
        await form.get_by_label("The prompt").fill("List the accruals that miss.")
        await form.get_by_label("What must one check before using it?").fill("Every amount")
        await press(first, "Show me how it looks")
        await press(first, "Post it")
        await expect(both.get_by_role("heading", name="Close the month")).to_have_count(1)
        await press(both, "Tried it")
        await expect(both.locator(".note", has_text="Tried by 1 colleague.")).to_have_count(1)
        await both.get_by_label("Yes, as it is").check()
        await press(both, "Send")
        await expect(both.locator(".note", has_text="it worked for 1.")).to_have_count(1)
        await expect(both.get_by_text("Noted. Thank you.")).to_have_count(1)
        await expect(both.locator("form", has_text="Did it work?")).to_have_count(0)
        await page.screenshot(path=PICTURES / "together.png")
        assert await found_by_axe(page) == []
        await page.reload()
        await page.wait_for_function("window.frames.length === 3")
        again = frame(page, "?room=1")
        await expect(again.locator(".note", has_text="it worked for 1.")).to_have_count(1)
        await expect(again.locator(".mine").first).to_have_text("Person 1: Good morning")
        await page.set_viewport_size({"width": 390, "height": 800})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        await page.screenshot(path=PICTURES / "together-narrow.png")
        assert complaints == []

"""The first three minutes of a learner, as README.md tells them, in pictures.

The pictures come to var/screenshots/first-minutes; those in docs/images were chosen from them, and the one of
Teams was cut out of what test_playground.py leaves in var/screenshots/teams.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import FloatRect, Page

from tests.peers.browser import PageDriver, browser
from tests.web_house import room

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "var" / "screenshots" / "first-minutes"

WIDTH, HEIGHT, MARGIN = 760, 2000, 16  # pixels

DRAFT = (
    "Q3 operating profit missed plan by EUR 48k. Revenue hurt most, 90 under plan: 1,800 fewer units at an "
    "unchanged price, with two distributor orders moved to October, amounts to follow; the smaller volume "
    "also took 44 out of cost of goods. Freight was 31 over plan, of which 27 is three August loads by air "
    "while the port was closed, and marketing 25 under plan, cause not in the data: to be confirmed."
)


class Camera:
    """Takes pictures of a page, each as high as what it shows."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._taken = 0
        PICTURES.mkdir(parents=True, exist_ok=True)

    async def take(self, name: str, first: str = ".message", last: str = ".message") -> None:
        """Take a picture of the newest message, or from one element in it to another."""
        self._taken += 1
        await self._page.mouse.move(0, 0)
        await self._page.evaluate("document.activeElement.blur()")
        upper = await self._page.locator(first).last.bounding_box()
        lower = await self._page.locator(last).last.bounding_box()
        assert upper and lower
        top = upper["y"] - MARGIN
        height = lower["y"] + lower["height"] + MARGIN - top
        clip: FloatRect = {"x": 0, "y": top, "width": WIDTH, "height": height}
        await self._page.screenshot(path=PICTURES / f"{self._taken}-{name}.png", clip=clip)


@pytest.mark.peer("chromium")
async def test_a_learners_first_three_minutes() -> None:
    """The first lesson for finance goes from welcome to plan, and a good draft passes all its checks."""
    async with room(LAPS_LESSONS=str(ROOT / "lessons.yaml")) as here, browser() as chrome:
        context = await chrome.new_context(
            locale="en-GB",
            timezone_id="Europe/Lisbon",
            reduced_motion="reduce",
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        driver, camera = PageDriver(page), Camera(page)
        await driver.open(here.url)
        await camera.take("welcome", "header")
        for label in ("Agree and start", "Finance analyst"):
            await driver.press(label)
        await camera.take("questions")
        for label in ("I have all of them", "That is right", "30"):
            await driver.press(label)
        await camera.take("because")
        await driver.say("lesson finance-variance-commentary")
        await camera.take("material", last="figure >> nth=0")
        await page.locator("textarea[name=text]").fill(DRAFT)
        await camera.take("result", "figure")
        await driver.fill("Paste the result", text=DRAFT)
        assert "Everything that can be checked is there." in driver.shown()
        await camera.take("checked")
        for label in ("All of it holds", "Go on", 'Write "cause not in the data" and ask the budget holder'):
            await driver.press(label)
        await camera.take("feedback")
        here.clock.now += timedelta(minutes=5)
        await driver.press("Go on")
        assert "the same idea elsewhere" in driver.shown()
        for label in ('Only these counts and notes; where they end, write "not known"', "Go on"):
            await driver.press(label)
        for label in ("60", "20", "Claude", "With Claude"):
            await driver.press(label)
        assert "When the month's P&L is final, I will use Claude" in driver.shown()
        await camera.take("plan")


def test_the_readme_shows_pictures_that_are_here() -> None:
    """Each picture of README.md is in docs/images, says in words what it shows, and loads fast."""
    shown = re.findall(
        r'<img src="([^"]+)" width="100%" alt="([^"]{40,})">', (ROOT / "README.md").read_text("utf-8")
    )
    assert {ROOT / source for source, _ in shown} == set((ROOT / "docs" / "images").glob("*.png"))
    assert all((ROOT / source).stat().st_size < 60_000 for source, _ in shown)

"""The preview page in a real browser: every screen on three channels, drawn by what draws them for people."""

import pytest
from playwright.async_api import Page

from bot.preview.page import FILES
from tests.peers.browser import browser
from tests.peers.found import package
from tests.web_house import room

AXE = """async () => {
  // The same screen stands there more than once, as it does in a lesson, and so do its landmarks.
  const options = {resultTypes: ['violations'], rules: {'landmark-unique': {enabled: false}}};
  const found = await axe.run(document, options);
  return found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', '));
}"""


async def opened(page: Page, url: str) -> list[str]:
    """Open a page; return what its console complains of."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    await page.goto(url)
    await page.locator("h1").wait_for()
    return complaints


@pytest.mark.peer("chromium", "adaptivecards", "axe-core")
async def test_a_lesson_is_drawn_on_three_channels() -> None:
    """Each screen stands in Slack, Teams and the practice room, with the same words and buttons."""
    async with room() as here, browser() as chrome:
        page = await chrome.new_page(viewport={"width": 1400, "height": 900})
        assert await opened(page, f"{here.url}/preview/finance-variance") == []
        screens = page.locator("section.screen")
        count = await screens.count()
        assert count > 8
        for number in range(count):
            columns = screens.nth(number).locator(".columns > .column")
            assert await columns.count() == 3
            for channel in ("slack", "teams", "web"):
                shown = screens.nth(number).locator(f".column.{channel}")
                assert len(await shown.inner_text()) > 60, (number, channel)
        first = screens.first
        for channel in ("slack", "teams", "web"):
            text = await first.locator(f".column.{channel}").inner_text()
            assert "Write three sentences on why the third quarter missed plan." in text
        assert await page.locator(".teams-message .ac-adaptiveCard").count() == count
        before = page.url
        await first.get_by_role("button", name="I did it").first.click()
        assert page.url == before and await screens.count() == count


@pytest.mark.peer("chromium", "adaptivecards", "axe-core")
async def test_the_page_fits_a_phone_and_offends_nobody() -> None:
    """Nothing is wider than the window, and axe-core finds no fault outside Microsoft's cards."""
    async with room() as here, browser() as chrome:
        page = await chrome.new_page(viewport={"width": 390, "height": 800})
        for path in ("/preview", "/preview/finance-variance"):
            assert await opened(page, f"{here.url}{path}") == []
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(wide) <= 0, path
            await page.evaluate("document.querySelectorAll('.teams-message').forEach(e => e.remove())")
            await page.evaluate((package("axe-core") / "axe.min.js").read_text())
            assert await page.evaluate(AXE) == [], path


@pytest.mark.peer("adaptivecards")
def test_the_renderer_kept_is_the_one_that_is_locked() -> None:
    """The file beside the preview is byte for byte the package's."""
    kept = FILES["adaptivecards.js"]
    assert kept.read_bytes() == (package("adaptivecards") / "dist" / "adaptivecards.min.js").read_bytes()

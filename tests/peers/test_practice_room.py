from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.peers.browser import PageDriver, browser
from tests.scenario.parity import play, read_scenario
from tests.web_house import room

PICTURES = Path("var/screenshots/practice-room")
PHONE: ViewportSize = {"width": 360, "height": 740}

PICTURES.mkdir(parents=True, exist_ok=True)

pytestmark = pytest.mark.peer("chromium")

CONTRAST = """
() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const worst = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.offsetParent || e.closest('.unseen,[aria-hidden]')) continue;
    const [a, b] = [lum(parse(getComputedStyle(e).color)), lum(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) worst.push(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
  }
  return worst;
}
"""

NAMELESS = """
() => [...document.querySelectorAll('button, input, textarea, pre[tabindex], progress')]
  .filter(e => !(e.getAttribute('aria-label') || e.innerText?.trim() || e.labels?.length
    || e.closest('label'))).map(e => e.outerHTML.slice(0, 120))
"""


class Seen:
    """What a page asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@asynccontextmanager
async def opened(
    pictures: Path | None = None, **context: object
) -> AsyncIterator[tuple[PageDriver, Seen, str]]:
    """Open the practice room in a new browser."""
    async with room() as here, browser() as chrome:
        page = await (await chrome.new_context(locale="en-GB", **context)).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(10_000)
        driver, seen = PageDriver(page, pictures), Seen(page)
        await driver.open(here.url)
        yield driver, seen, here.url


async def test_the_first_lesson_by_clicking() -> None:
    """The shared scenario plays by clicking, with no request elsewhere and no complaint in the console."""
    async with opened(PICTURES, viewport={"width": 1000, "height": 900}) as (driver, seen, url):
        await play(driver, read_scenario("first_lesson.yaml"))
        assert seen.complaints == []
        assert {request.split("/", 3)[2] for request in seen.requests} == {url.split("/")[2]}


async def test_the_first_screens_by_keyboard_alone() -> None:
    """Consent, the questions and a practice are done with Tab, Enter and Space only."""
    async with opened() as (driver, seen, _):
        for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
            await tab_to(driver.page, label)
            async with driver.page.expect_response("**/web/act"):
                await driver.page.keyboard.press("Enter")
            await expect(driver.page.locator("[aria-busy=true]")).to_have_count(0)
        await tab_to(driver.page, "Start the first lesson")
        async with driver.page.expect_response("**/web/act"):
            await driver.page.keyboard.press("Space")
        await driver.page.get_by_role("heading", name="List the accruals of the month").wait_for()
        assert seen.complaints == []


async def tab_to(page: Page, label: str) -> None:
    """Press Tab until the button of that label has the focus."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.innerText") == label:
            return
    raise AssertionError(f"Tab never comes to {label!r}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_everything_fits_and_can_be_read(scheme: str) -> None:
    """At 360 px nothing scrolls sideways, every text has contrast 4.5, every control a name."""
    async with opened(viewport=PHONE, color_scheme=scheme) as (driver, seen, _):
        for label in ("Agree and start", "Finance analyst"):
            await driver.press(label)
        await sound(driver.page)
        for label in ("I have all of them", "That is right", "30", "Start the first lesson"):
            await driver.press(label)
        await sound(driver.page)
        await driver.fill("Paste the result", text="nothing of what was asked for")
        await sound(driver.page)
        await driver.page.screenshot(path=PICTURES / f"phone-{scheme}.png")
        await driver.say("me")
        await sound(driver.page)
        assert seen.complaints == []


async def sound(page: Page) -> None:
    """Look at what a person with a small screen or poor sight would stumble over."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await page.evaluate(CONTRAST) == []
    assert await page.evaluate(NAMELESS) == []


async def test_a_reload_brings_the_conversation_back() -> None:
    """After a reload the conversation is there, and its buttons go on working."""
    async with opened() as (driver, _, _url):
        await driver.press("Agree and start")
        await driver.page.reload()
        await driver.page.get_by_role("button", name="Finance analyst").wait_for()
        await driver.press("Finance analyst")
        assert "Which AI tools" in driver.shown()


async def test_laps_gone_is_said_and_nothing_is_lost() -> None:
    """While the server is away a press says so; the same press works when it is back."""
    async with opened() as (driver, _, _url):
        await driver.page.route("**/web/act", lambda route: route.abort())
        await driver.page.get_by_role("button", name="Agree and start").click()
        trouble = driver.page.get_by_role("alert")
        await trouble.wait_for()
        assert "not running" in await trouble.inner_text()
        await driver.page.unroute("**/web/act")
        await driver.press("Agree and start")
        assert "What is your job" in driver.shown()
        assert not await trouble.is_visible()

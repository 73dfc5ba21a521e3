"""Whether people with other eyes and hands can use the practice room, by axe-core and by the page itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.peers.browser import PageDriver, browser, found_by_axe
from tests.web_house import room

QUESTIONS = ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30")
NARROW = 320  # CSS pixels, as WCAG 2.2 asks in 1.4.10 Reflow
THUMB = 44  # CSS pixels, as WCAG 2.2 asks in 2.5.5 Target Size

SMALL = """
(least) => [...document.querySelectorAll('button, summary, label.option, input[type=text], textarea')]
  .map(e => [e, e.getBoundingClientRect()]).filter(([_, box]) => box.height > 0 && box.height < least - .5)
  .map(([e, box]) => `${e.className} ${e.innerText} ${box.height}`)
"""

WIDE = """
() => [...document.querySelectorAll('body *')].filter(e => !e.closest('.unseen, .skip, pre, progress'))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))
"""


@asynccontextmanager
async def opened(**context: object) -> AsyncIterator[PageDriver]:
    """Open the practice room in a new browser that moves nothing by itself."""
    async with room() as here, browser() as chrome:
        made = await chrome.new_context(locale="en-GB", reduced_motion="reduce", **context)  # type: ignore[arg-type]
        page = await made.new_page()
        page.set_default_timeout(10_000)
        driver = PageDriver(page)
        await driver.open(here.url)
        yield driver


async def screens(driver: PageDriver) -> AsyncIterator[str]:
    """Go through the practice room from the first word to the last, and give the name of each screen."""
    yield "welcome"
    await driver.press("Agree and start")
    yield "job"
    await driver.press("Finance analyst")
    await driver.fill("Choose your tools", x="")
    yield "tools, with a problem"
    await driver.press("I have all of them")
    await driver.page.get_by_text("Another one").click()
    yield "time zone"
    await driver.press("That is right")
    yield "confidence"
    await driver.press("30")
    yield "ready"
    await driver.say("lesson finance-variance")
    await driver.press("I’m stuck")
    await driver.fill("Paste the result", text="")
    yield "practice, with a hint and a problem"
    await driver.fill("Paste the result", text="nothing of what was asked for")
    yield "not there yet"
    await driver.press("Let me try again")
    await driver.fill("Paste the result", text="Revenue was 90 below plan and nothing says why")
    yield "checked"
    await driver.press("All of it holds")
    yield "concept"
    await driver.press("Go on")
    yield "question"
    await driver.press("Be accurate")
    yield "wrong answer"
    for label in ("Go on", "70", "20"):
        await driver.press(label)
    yield "tool"
    await driver.press("ChatGPT")
    await driver.page.get_by_text("Say it in my words").click()
    yield "plan"
    await driver.press("No plan this time")
    yield "done"
    for word in ("lessons", "me", "help", "lesson finance-varience", "stop"):
        await driver.say(word)
        yield word
    await driver.page.route("**/web/act", lambda route: route.abort())
    await driver.page.get_by_role("button", name="Come back").click()
    await driver.page.get_by_role("alert").wait_for()
    yield "Laps away"


@pytest.mark.peer("chromium", "axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_fault_on_any_screen(scheme: str) -> None:
    """On every screen, light and dark, axe-core finds no violation of any of its rules."""
    async with opened(color_scheme=scheme, viewport={"width": 1000, "height": 2400}) as driver:
        async for name in screens(driver):
            assert await found_by_axe(driver.page) == [], name


@pytest.mark.peer("chromium")
@pytest.mark.parametrize(("width", "scale"), [(NARROW, 2), (640, 2)], ids=["narrow", "zoomed"])
async def test_nothing_scrolls_sideways(width: int, scale: int) -> None:
    """At 320 px, and twice as large on a desktop, every screen fits the width and thumbs have room."""
    shape = {"width": width, "height": 400}
    async with opened(viewport=shape, device_scale_factor=scale, has_touch=True, is_mobile=True) as driver:
        async for name in screens(driver):
            assert await driver.page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert await driver.page.evaluate(WIDE) == [], name
            assert await driver.page.evaluate(SMALL, THUMB) == [], name


@pytest.mark.peer("chromium")
async def test_with_forced_colours_buttons_keep_their_edges() -> None:
    """Where the system sets the colours, buttons and fields have an edge and progress is to be seen."""
    async with opened(forced_colors="active") as driver:
        await driver.press("Agree and start")
        edge = (
            "e => [getComputedStyle(e).borderTopStyle, parseFloat(getComputedStyle(e).borderTopWidth) >= 1]"
        )
        for button in await driver.page.locator("button:visible, textarea:visible").all():
            assert await button.evaluate(edge) == ["solid", True], await button.inner_text()
        bar = driver.page.locator("progress")
        assert "gradient" in await bar.evaluate("e => getComputedStyle(e).backgroundImage")


@pytest.mark.peer("chromium")
async def test_a_hint_comes_into_view_and_has_the_focus() -> None:
    """What is new in a step comes into view and gets the focus, instead of the step's beginning."""
    async with opened(viewport={"width": 390, "height": 700}) as driver:
        for label in QUESTIONS:
            await driver.press(label)
        await driver.say("lesson finance-variance")
        await driver.press("I’m stuck")
        hint = driver.page.get_by_text("Hint: ")
        await expect(hint).to_be_in_viewport(ratio=1)
        assert "Hint: " in await driver.page.evaluate("document.activeElement.innerText")
        await driver.fill("Paste the result", text="")
        await expect(driver.page.get_by_text("nothing to check yet")).to_be_in_viewport(ratio=1)


async def newest(page: Page) -> float:
    """Say how far the newest message begins below the top of the conversation."""
    return float(
        await page.evaluate("document.querySelector('#messages').lastElementChild.offsetTop - chat.scrollTop")
    )


@pytest.mark.peer("chromium")
async def test_the_newest_message_comes_into_view() -> None:
    """Whatever was typed, the beginning of its answer is to be seen."""
    async with opened(viewport={"width": 390, "height": 500}) as driver:
        for label in QUESTIONS:
            await driver.press(label)
        for word in ("lesson finance-variance", "me", "help", "lessons", "next"):
            await driver.say(word)
            assert 0 <= await newest(driver.page) < 300, word

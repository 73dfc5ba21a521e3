import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.peers.browser import PageDriver, browser
from tests.peers.found import node, package
from tests.scenario.parity import play, read_scenario
from tests.web_house import room

STATIC = Path(__file__).parents[2] / "adapters" / "web" / "static"

FOCUSED = """
() => {
  const e = document.activeElement;
  if (e.type === 'checkbox' || e.type === 'radio') return `${e.name}=${e.value}`;
  return e.name || e.innerText || e.tagName;
}
"""

SEEN = """
() => {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
}
"""


class KeysDriver(PageDriver):
    """A person who has a keyboard and nothing else."""

    async def say(self, text: str) -> None:
        """Go to the text field, type, and press Enter."""
        await self.tab_to("say")
        await self.page.keyboard.insert_text(text)
        await self._send("Enter", text)

    async def press(self, label: str) -> None:
        """Go to the newest button of that label and press it."""
        await self.tab_to(label)
        await self._send("Enter", label)

    async def fill(self, form_label: str, **values: str) -> None:
        """Go from field to field, fill each in, and send the form from its last button."""
        if await self.page.locator("summary").filter(has_text=form_label).count():
            await self.tab_to(form_label)
            await self.page.keyboard.press("Enter")
        for name, value in values.items():
            kind = await self.page.locator(f"[name={name}]").last.get_attribute("type")
            if kind == "checkbox":
                for one in value.split(","):
                    await self.tab_to(f"{name}={one}", back=False)
                    await self.page.keyboard.press("Space")
            elif kind == "radio":
                await self._choose(name, value)
            else:
                await self.tab_to(name, back=False)
                await self.page.keyboard.press("ControlOrMeta+a")
                await self.page.keyboard.insert_text(value)
        submit = self.page.locator("form.form button[type=submit]").last
        await self.tab_to(await submit.inner_text(), back=False)
        await self._send("Space", form_label)

    async def tab_to(self, wanted: str, back: bool | None = None) -> None:
        """Tab until what is wanted has the focus; from the text field backwards, where the newest is near."""
        focused = await self.page.evaluate(FOCUSED)
        key = "Shift+Tab" if back is not False and focused == "say" else "Tab"
        for _ in range(80):
            if focused.startswith(wanted) and (focused == wanted or focused[len(wanted) :].isspace()):
                assert await self.page.evaluate(SEEN), f"nobody sees that {wanted!r} has the focus"
                return
            await self.page.keyboard.press(key)
            focused = await self.page.evaluate(FOCUSED)
        raise AssertionError(f"{key} never comes to {wanted!r}")

    async def _choose(self, name: str, value: str) -> None:
        """Go to a group of which one is chosen, and through it with the arrows."""
        values = [await one.get_attribute("value") for one in await self.page.locator(f"[name={name}]").all()]
        for _ in range(20):
            focused = await self.page.evaluate(FOCUSED)
            if focused.startswith(f"{name}="):
                break
            await self.page.keyboard.press("Tab")
        for _ in values:
            if await self.page.evaluate(FOCUSED) == f"{name}={value}":
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no {value!r} among {values}")

    async def _send(self, key: str, doing: str) -> None:
        async with self.page.expect_response("**/web/act"):
            await self.page.keyboard.press(key)
        await self._look(doing)


@pytest.mark.peer("chromium")
async def test_the_first_lesson_by_keyboard_alone() -> None:
    """The shared scenario plays without a mouse, and the focus is always to be seen."""
    async with room() as here, browser() as chrome:
        driver = KeysDriver(await chrome.new_page())
        driver.page.set_default_timeout(10_000)
        await driver.open(here.url)
        await play(driver, read_scenario("first_lesson.yaml"))


@pytest.mark.peer("chromium")
async def test_who_presses_is_led_on_and_who_types_is_told() -> None:
    """After a press the answer has the focus; what answers typing is read out and the focus stays."""
    async with room() as here, browser() as chrome:
        page = await chrome.new_page()
        driver = PageDriver(page)
        await driver.open(here.url)
        await driver.press("Agree and start")
        await expect(page.get_by_role("article", name="What is your job?")).to_be_focused()
        await driver.say("help")
        await expect(page.locator("#say")).to_be_focused()
        await expect(page.get_by_role("status")).to_contain_text("Start the next lesson")


@pytest.mark.peer("chromium")
async def test_code_is_copied_whole() -> None:
    """The copy buttons put a text as it stands, or the prompt and what it is about, into the clipboard."""
    async with room() as here, browser() as chrome:
        context = await chrome.new_context(permissions=["clipboard-read", "clipboard-write"])
        driver = PageDriver(await context.new_page())
        await driver.open(here.url)
        await at_lesson(driver)
        await driver.page.get_by_role("button", name="Copy Material").click()
        await expect(driver.page.get_by_role("status")).to_have_text("Copied")
        copied = await driver.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("Line") and "Revenue  1,200" in copied
        await driver.page.get_by_role("button", name="Copy with material").click()
        await expect(driver.page.get_by_role("button", name="Copied")).to_have_count(2)
        both = await driver.page.evaluate("navigator.clipboard.readText()")
        assert both == f"Use only the table below.\nTable:\n\n{copied}"


@pytest.mark.peer("chromium")
async def test_whoever_wants_no_motion_gets_none() -> None:
    """With reduced motion nothing on the page moves by itself."""
    async with room() as here, browser() as chrome:
        context = await chrome.new_context(reduced_motion="reduce")
        driver = PageDriver(await context.new_page())
        await driver.open(here.url)
        await driver.press("Agree and start")
        assert await driver.page.evaluate("document.getAnimations().length") == 0
        assert await driver.page.evaluate("getComputedStyle(chat).scrollBehavior") == "auto"


@pytest.mark.peer("chromium")
async def test_a_verb_is_offered_once_its_first_letters_are_typed() -> None:
    """The words below the conversation follow what is typed, and pressing one says it."""
    async with room() as here, browser() as chrome:
        page = await chrome.new_page()
        driver = PageDriver(page)
        await driver.open(here.url)
        group = page.get_by_role("group", name="What you can type")
        assert await labels(page) == ["next", "lessons", "me", "help"]
        await page.locator("#say").fill("re")
        assert await labels(page) == ["restart", "recall", "resume"]
        await page.locator("#say").fill("something else")
        assert await labels(page) == ["next", "lessons", "me", "help"]
        await page.locator("#say").fill("")
        async with page.expect_response("**/web/act"):
            await group.get_by_role("button", name="help").click()
        await expect(page.locator(".mine").last).to_contain_text("help")


async def labels(page: Page) -> list[str]:
    """Give the words that are offered."""
    return [await chip.inner_text() for chip in await page.locator(".chip").all() if await chip.is_visible()]


async def at_lesson(driver: PageDriver) -> None:
    """Go to a lesson with material in columns."""
    for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
        await driver.press(label)
    await driver.say("lesson finance-variance")


@pytest.mark.peer("node", "typescript")
async def test_the_script_is_sound() -> None:
    """The TypeScript compiler finds no wrong name or type in the page's script."""
    compiler = package("typescript") / "bin" / "tsc"
    options = ["--noEmit", "--allowJs", "--checkJs", "--target", "es2023", "--lib", "es2023,dom,dom.iterable"]
    process = await asyncio.create_subprocess_exec(
        node(), compiler, *options, STATIC / "laps.js", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.decode()) == (0, "")

"""Headless Chromium for tests, and one more driver of the scenarios: a person at the practice room's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.peers.found import chromium, package

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def _checker() -> str:
    return (package("axe-core") / "axe.min.js").read_text(encoding="utf-8")


async def found_by_axe(page: Page) -> list[str]:
    """Have axe-core look at the page as it is, by all of its rules, and give what it finds."""
    if await page.evaluate("typeof axe === 'undefined'"):
        await page.evaluate(_checker())
    found = await page.evaluate("axe.run().then(all => all.violations)")
    return [f"{v['id']}: {n['html'][:160]} {n['failureSummary']}" for v in found for n in v["nodes"]]


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start Chromium."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=str(chromium()), args=FLAGS)
        try:
            yield started
        finally:
            await started.close()


class PageDriver:
    """A person who clicks on the practice room's page."""

    def __init__(self, page: Page, pictures: Path | None = None) -> None:
        self.page = page
        self._pictures = pictures
        self._taken = 0
        self._texts: list[str] = []

    async def open(self, url: str) -> None:
        """Open the page and wait for the welcome."""
        await self.page.goto(url)
        await self.page.locator(".message").first.wait_for()
        await self._look("welcome")

    async def say(self, text: str) -> None:
        """Type a line and press Enter."""
        await self.page.locator("#say").click()
        await self.page.keyboard.insert_text(text)
        async with self.page.expect_response("**/web/act"):
            await self.page.keyboard.press("Enter")
        await self._look(text)

    async def press(self, label: str) -> None:
        """Click the newest button of that label."""
        button = self.page.locator("button.press").filter(has_text=label)
        exact = [b for b in await button.all() if (await b.inner_text()).strip() == label]
        assert exact, f"no button {label!r} in\n{self.shown()}"
        async with self.page.expect_response("**/web/act"):
            await exact[-1].click()
        await self._look(label)

    async def fill(self, form_label: str, **values: str) -> None:
        """Fill in the newest form and send it."""
        form = self.page.locator("form.form").last
        if not await form.is_visible():
            await self.page.locator("summary").filter(has_text=form_label).last.click()
        for name, value in values.items():
            field = form.locator(f"[name={name}]")
            kind = await field.first.get_attribute("type")
            if kind == "radio":
                await form.locator(f"[name={name}][value={value}]").check()
            elif kind == "checkbox":
                for box in await field.all():
                    await box.set_checked(await box.get_attribute("value") in value.split(","))
            else:
                await field.fill(value)
        async with self.page.expect_response("**/web/act"):
            await form.locator("button[type=submit]").click()
        await self._look(form_label)

    def shown(self) -> str:
        """Give the message that changed last."""
        return self._texts[-1]

    def messages(self) -> list[str]:
        """Give every state that a message was seen in."""
        return list(self._texts)

    async def _look(self, doing: str) -> None:
        """Read the message last touched: the focused one after a press, else the newest."""
        await expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        focused = self.page.locator(".message:focus-within")
        message = focused if await focused.count() else self.page.locator(".message").last
        values = "e => [...e.querySelectorAll('input[type=text],textarea')].map(i => i.value).join('\\n')"
        self._texts.append(await message.inner_text() + "\n" + await message.evaluate(values))
        if self._pictures is not None:
            self._taken += 1
            name = "".join(c if c.isalnum() else "-" for c in doing.lower())[:30].strip("-")
            await self.page.screenshot(path=self._pictures / f"{self._taken:02}-{name}.png")

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.peers.browser import browser
from tests.web_house import Room, room

pytestmark = pytest.mark.peer("chromium")

QUESTIONS = ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30")
PASTED = "Revenue was 90 below plan, and nothing in the data says why."


@asynccontextmanager
async def person() -> AsyncIterator[tuple[Room, BrowserContext, Page]]:
    """Give a running Laps, a browser of one's own, and the practice room open in it."""
    async with room() as here, browser() as chrome:
        context = await chrome.new_context(timezone_id="Europe/Lisbon")
        context.set_default_timeout(10_000)
        yield here, context, await another_tab(context, here.url)


async def another_tab(context: BrowserContext, url: str) -> Page:
    """Open the practice room in one more tab."""
    page = await context.new_page()
    await page.goto(url)
    await page.locator(".message").first.wait_for()
    return page


def message(page: Page, text: str) -> Locator:
    """Find a text in a message of Laps."""
    return page.locator(".message").get_by_text(text)


async def press(page: Page, *labels: str) -> None:
    """Click the newest button of each label in turn."""
    for label in labels:
        async with page.expect_response("**/web/act"):
            await page.get_by_role("button", name=label, exact=True).last.click()
        await expect(page.locator("[aria-busy]")).to_have_count(0)


async def say(page: Page, text: str) -> None:
    """Type a line."""
    await page.locator("#say").fill(text)
    async with page.expect_response("**/web/act"):
        await page.locator("#say").press("Enter")
    await expect(page.locator("[aria-busy]")).to_have_count(0)


async def at_paste(page: Page) -> None:
    """Go to the first practice whose result is asked for."""
    await press(page, *QUESTIONS)
    await say(page, "lesson finance-variance")
    await page.get_by_role("heading", name="Say why the quarter missed plan").wait_for()


async def test_a_link_from_another_site_finds_the_same_learner() -> None:
    """A browser that comes by a link, when it hides its cookie from us, is not taken for somebody new."""
    async with person() as (here, _, page):
        await press(page, "Agree and start")
        elsewhere = web.Application()

        async def link(request: web.Request) -> web.Response:
            return web.Response(text=f'<a href="{here.url}/">Laps</a>', content_type="text/html")

        elsewhere.add_routes([web.get("/", link)])
        runner = web.AppRunner(elsewhere)
        await runner.setup()
        site = web.TCPSite(runner, "localhost", 0)
        await site.start()
        await page.goto(f"http://localhost:{runner.addresses[0][1]}/")
        await page.get_by_role("link", name="Laps").click()
        await press(page, "Finance analyst")
        await page.get_by_role("heading", name="Which AI tools").wait_for()
        await runner.cleanup()


async def test_what_is_pasted_outlives_a_hint_a_reload_and_a_second_try() -> None:
    """A result typed into its field stays there until it was good enough."""
    async with person() as (_, _, page):
        await at_paste(page)
        field = page.locator("textarea[name=text]")
        await field.fill(PASTED)
        await press(page, "I’m stuck")
        await expect(field).to_have_value(PASTED)
        await page.reload()
        await expect(field).to_have_value(PASTED)
        await press(page, "Check it", "Let me try again")
        await expect(field).to_have_value(PASTED)


async def test_a_long_paste_is_counted_not_cut() -> None:
    """What is too long stays whole in its field, is said to be too long, and goes when it was shortened."""
    async with person() as (_, _, page):
        await at_paste(page)
        field = page.locator("textarea[name=text]")
        await field.fill("word " * 700)
        await expect(page.get_by_text("3,500 of 3,000 characters")).to_be_visible()
        await page.get_by_role("button", name="Check it").click()
        await expect(page.get_by_text("500 characters too long")).to_be_visible()
        await expect(field).to_be_focused()
        await expect(field).to_have_attribute("aria-invalid", "true")
        assert len(await field.input_value()) == 3500
        await field.fill(PASTED)
        await press(page, "Check it")
        await message(page, "Read your result once more").wait_for()


async def test_a_field_is_told_what_is_wrong_with_it() -> None:
    """A form's problem stands at its field, is tied to it, and what was typed stays."""
    async with person() as (_, _, page):
        await press(page, *QUESTIONS[:3])
        await page.get_by_text("Another one").click()
        field = page.get_by_label("A city or a zone")
        await field.fill("Lisbn")
        await press(page, "Use this one")
        await expect(field).to_have_accessible_description(re.compile("no time zone"))
        await expect(field).to_be_focused()
        await expect(field).to_have_value("Lisbn")


async def test_two_tabs_are_one_conversation() -> None:
    """What is done in one tab shows in the other, and does not disturb what is being typed there."""
    async with person() as (here, context, page):
        await press(page, *QUESTIONS[:3])
        other = await another_tab(context, here.url)
        await other.get_by_text("Another one").click()
        await other.get_by_label("A city or a zone").fill("Lis")
        await say(page, "help")
        await other.locator(".mine", has_text="help").wait_for()
        await expect(other.get_by_label("A city or a zone")).to_have_value("Lis")
        await expect(other.get_by_label("A city or a zone")).to_be_focused()
        await press(page, "That is right")
        await other.get_by_role("heading", name="One number before you start").wait_for()


async def test_many_tabs_do_not_starve_each_other() -> None:
    """More tabs than a browser opens connections to one server all work."""
    async with person() as (here, context, page):
        tabs = [await another_tab(context, here.url) for _ in range(7)]
        await press(tabs[-1], "Agree and start")
        await page.get_by_role("heading", name="What is your job?").wait_for()


async def test_what_was_typed_while_laps_was_away_is_not_lost() -> None:
    """The words come back into the field, and count once when they are sent again."""
    async with person() as (here, _, page):
        await press(page, *QUESTIONS)
        await page.route("**/web/act", lambda route: route.abort())
        await page.locator("#say").fill("pause 2 weeks")
        await page.locator("#say").press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("not running")
        await expect(page.locator("#say")).to_have_value("pause 2 weeks")
        await page.unroute("**/web/act")
        await say(page, "pause 2 weeks")
        await message(page, "Quiet until").wait_for()
        types = [event.type.value async for event, _ in here.server.store.export_events(None)]
        assert types.count("learner.paused") == 1


async def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_name() -> None:
    """A press whose answer never came does its work once, however often it is pressed."""
    async with person() as (here, _, page):
        names: list[str] = []

        async def swallow(route: object) -> None:
            names.append(route.request.post_data_json["id"])  # type: ignore[attr-defined]
            await route.fetch()  # type: ignore[attr-defined]
            await route.abort()  # type: ignore[attr-defined]

        await page.route("**/web/act", swallow)
        for _ in range(2):
            await page.get_by_role("button", name="Agree and start").click()
            await expect(page.locator("[aria-busy]")).to_have_count(0)
        await page.unroute("**/web/act")
        await press(page, "Agree and start")
        await page.get_by_role("heading", name="What is your job?").wait_for()
        assert len(names) == 2 and len(set(names)) == 1
        types = [event.type.value async for event, _ in here.server.store.export_events(None)]
        assert types.count("learner.joined") == 1


async def test_a_lesson_that_goes_on_elsewhere_is_left_behind_inert() -> None:
    """Where the learner goes on in another browser, the message here says so by itself and has no buttons."""
    async with person() as (here, context, page):
        await press(page, *QUESTIONS)
        await press(page, "Start the first lesson")
        await say(page, "me")
        code = await page.locator("pre").last.inner_text()
        assert context.browser
        elsewhere = await another_tab(await context.browser.new_context(), here.url)
        await say(elsewhere, code)
        await say(elsewhere, "next")
        moved = message(page, "goes on")
        await moved.wait_for()
        assert await moved.locator("xpath=ancestor::article").get_by_role("button").count() == 0


async def test_a_page_that_slept_gets_what_it_missed() -> None:
    """What changes while no page is open is there when one opens, once."""
    async with person() as (here, context, page):
        await press(page, *QUESTIONS)
        await press(page, "Start the first lesson")
        await say(page, "me")
        code = await page.locator("pre").last.inner_text()
        await page.close()
        assert context.browser
        elsewhere = await another_tab(await context.browser.new_context(), here.url)
        await say(elsewhere, code)
        await say(elsewhere, "next")
        await here.server.outbox.idle()
        back = await another_tab(context, here.url)
        await message(back, "goes on").wait_for()
        await say(back, "next")
        await back.reload()
        await back.get_by_role("button", name="Leave for now").wait_for()
        await expect(message(back, "goes on")).to_have_count(1)


async def test_a_new_database_makes_a_new_start() -> None:
    """Laps away is said; when it is back without its database, the page begins anew and says why."""
    async with browser() as chrome:
        context = await chrome.new_context()
        async with room() as here:
            page = await another_tab(context, here.url)
            await press(page, "Agree and start")
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("not running", timeout=10_000)
        async with room(port=int(here.url.rpartition(":")[2])):
            await expect(alert).to_contain_text("does not know this browser any more", timeout=15_000)
            await expect(page.locator(".message")).to_have_count(1)
            await press(page, "Agree and start")
            await page.get_by_role("heading", name="What is your job?").wait_for()


async def test_a_restart_in_the_middle_of_a_practice_loses_nothing(tmp_path: Path) -> None:
    """Pressed while Laps is away, a paste is kept; once Laps is back the page says so and takes it."""
    kept = f"sqlite+aiosqlite:///{tmp_path}/laps.db"
    async with browser() as chrome:
        context = await chrome.new_context(timezone_id="Europe/Lisbon")
        async with room(LAPS_DATABASE_URL=kept) as here:
            page = await another_tab(context, here.url)
            await at_paste(page)
            await page.locator("textarea[name=text]").fill(PASTED)
        await page.get_by_role("button", name="Check it").click()
        alert = page.get_by_role("alert")
        await expect(alert).to_contain_text("not running")
        async with room(port=int(here.url.rpartition(":")[2]), LAPS_DATABASE_URL=kept):
            await expect(alert).to_contain_text("running again", timeout=15_000)
            await press(page, "Check it")
            await message(page, "Read your result once more").wait_for()
            await expect(alert).to_be_hidden()


async def test_a_page_whose_memory_was_wiped_shows_where_one_is() -> None:
    """Without what the browser kept, but with its cookie, the page shows the learner's home."""
    async with person() as (_, _, page):
        await press(page, *QUESTIONS)
        await page.evaluate("localStorage.clear()")
        await page.reload()
        await message(page, "Your first lesson").wait_for()
        await press(page, "My settings")
        await page.get_by_role("heading", name="You and Laps").wait_for()


async def test_going_back_returns_to_the_conversation() -> None:
    """Leaving the page and coming back by the back button shows it as it was, and it works."""
    async with person() as (here, _, page):
        await press(page, "Agree and start")
        await page.goto(f"{here.url}/healthz")
        await page.go_back()
        await press(page, "Finance analyst")
        await page.get_by_role("heading", name="Which AI tools").wait_for()

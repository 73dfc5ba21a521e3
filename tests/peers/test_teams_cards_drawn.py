from pathlib import Path

import orjson
import pytest
from playwright.async_api import async_playwright

from tests.peers.found import chromium, package
from tests.peers.playground import FLAGS

KEPT = sorted((Path(__file__).parents[1] / "golden" / "teams").glob("*.json"))
PICTURES = Path(__file__).parents[2] / "var" / "screenshots" / "cards"

DRAW = """card => {
  const context = new AdaptiveCards.SerializationContext();
  const drawn = new AdaptiveCards.AdaptiveCard();
  drawn.hostConfig = new AdaptiveCards.HostConfig({actions: {maxActions: 6}});  // as Teams has it
  drawn.parse(card, context);
  const events = [];
  for (let at = 0; at < context.eventCount; at++) events.push(context.getEventAt(at).message);
  for (const failure of drawn.validateProperties().validationEvents) events.push(failure.message);
  document.body.replaceChildren(drawn.render());
  return events;
}"""


@pytest.mark.peer("adaptivecards", "chromium")
async def test_microsofts_renderer_draws_every_kept_card() -> None:
    """Every kept card is read without complaint and drawn with all its buttons, and holds no link."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    script = package("adaptivecards") / "dist" / "adaptivecards.min.js"
    async with async_playwright() as library:
        browser = await library.chromium.launch(executable_path=str(chromium()), args=FLAGS)
        page = await browser.new_page(viewport={"width": 600, "height": 500})
        await page.set_content("<!doctype html><title>cards</title><body></body>")
        await page.add_script_tag(path=script)
        for path in KEPT:
            card = orjson.loads(path.read_bytes())
            assert await page.evaluate(DRAW, card) == [], path.name
            titles = [
                a["title"] for row in card["body"] if row["type"] == "ActionSet" for a in row["actions"]
            ]
            shown = await page.locator("body").inner_text()
            assert all(title in shown for title in titles), path.name
            assert await page.locator("a").count() == 0, path.name
            await page.screenshot(path=PICTURES / f"{path.stem}.png", full_page=True)
        await browser.close()
    assert KEPT

"""Microsoft's Agents Playground in a browser, as one more driver of the scenarios.

`python -m tests.peers.playground SCENARIO FOLDER` plays a scenario by clicking, against Laps started by its
own command, and leaves screenshots in FOLDER; `unasked` waits for a message that comes by itself, and with
`channel` a use case is shared in a channel and tried there. The playground listens on every address, so the
test starts this in a network of its own, where nobody else is.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shutil
import socket
import sqlite3
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from playwright.async_api import Locator, Page, async_playwright

from tests.peers.found import chromium, node, package
from tests.scenario.parity import CATALOGUE, play, read_scenario

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COMPOSER = "[role=textbox][contenteditable=true]"
CARD = ".ac-adaptiveCard"
INPUT = ".ac-input-container"

READ = "card => card.innerText.replaceAll('\\t', ': ')"
"""A card's text; the cells of its facts are joined as Name: value."""


class PlaygroundDriver:
    """A person at the playground's personal chat."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._taken = 0
        self._texts: list[str] = []

    async def open(self) -> None:
        """Wait for the chat, and for the welcome that installing brings."""
        await self._page.locator(COMPOSER).first.wait_for()
        await self._page.locator(CARD).first.wait_for()
        await self._look("opened")

    async def say(self, text: str) -> None:
        """Type a line and send it."""
        await self._page.locator(COMPOSER).first.click()
        await self._page.keyboard.type(text)
        await self._page.keyboard.press("Enter")
        await self._look(text)

    async def press(self, label: str) -> None:
        """Click the newest button of that label, or of that tooltip."""
        named = self._page.get_by_role("button", name=label, exact=True)
        await named.or_(self._page.locator(f"{CARD} button[title={_quoted(label)}]")).last.click()
        await self._look(label)

    async def fill(self, form_label: str, **values: str) -> None:
        """Fill in the last fields of the newest card that has any, in their order, and send them.

        A card in a browser tells neither the names of its fields nor the values of its choices, so every
        field of the form is given, and a choice by its label.
        """
        card = self._page.locator(CARD).filter(has=self._page.locator(INPUT)).last
        inputs = (await card.locator(INPUT).all())[-len(values) :]
        for field, value in zip(inputs, values.values(), strict=True):
            await _fill(field, value)
        sends = card.locator(f"{INPUT} >> xpath=following::button[1]").last
        await sends.click()
        await self._look(form_label)

    async def go_to(self, conversation: str) -> None:
        """Open another conversation, by its name at the side."""
        await self._page.get_by_text(conversation, exact=True).first.click()
        await self._page.locator(COMPOSER).first.wait_for()
        await self._look(conversation)

    async def post(self, text: str) -> None:
        """Begin a post in a channel that mentions the bot."""
        await self._page.locator(COMPOSER).first.click()
        await self._page.keyboard.type("@")
        await self._page.get_by_text("Test Bot", exact=True).last.click()
        await self._page.keyboard.type(f" {text}")
        await self._page.get_by_role("button", name="Post", exact=True).click()

    async def wait_for(self, text: str) -> None:
        """Wait for a card that comes by itself."""
        await self._page.locator(CARD).filter(has_text=text).first.wait_for(timeout=30_000)
        await self._look(text)

    def shown(self) -> str:
        """Give the newest card as it reads."""
        return self._texts[-1]

    def messages(self) -> list[str]:
        """Give every card of the chat as it reads."""
        return list(self._texts)

    async def _look(self, doing: str) -> None:
        """Read the cards once they have not changed for half a second, and take a picture."""
        still = 0
        for _ in range(100):
            await asyncio.sleep(0.1)
            texts = [await _read(card) for card in await self._page.locator(CARD).all()]
            still = still + 1 if texts == self._texts else 0
            self._texts = texts
            if still >= 5:
                break
        if self._texts:
            await self._page.locator(CARD).last.scroll_into_view_if_needed()
        self._taken += 1
        name = re.sub(r"\W+", "-", doing.lower()).strip("-")[:30]
        await self._page.screenshot(path=self._folder / f"{self._taken:02}-{name}.png")


async def _fill(field: Locator, value: str) -> None:
    """Type into a text field, or set the choices of the labels (in any case, joined by commas)."""
    text = field.locator("textarea, input:not([type=checkbox]):not([type=radio])")
    if await text.count():
        await text.first.fill(value)
        return
    wanted = {value.casefold(), *value.casefold().split(",")}
    for label in await field.locator("label").all():
        box = field.locator(f"[id='{await label.get_attribute('for')}']")
        if (await label.inner_text()).strip().casefold() in wanted:
            await box.check()
        elif await box.get_attribute("type") == "checkbox":
            await box.uncheck()


async def _read(card: Locator) -> str:
    text: str = await card.evaluate(READ)
    return text.replace("\N{NO-BREAK SPACE}", " ")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ---------------------------------------------------------------- what runs


@asynccontextmanager
async def running(*command: str | Path, until: str, **environment: str) -> AsyncIterator[re.Match[str]]:
    """Run a program in an empty folder until it says something, which is given; stop it at the end."""
    with TemporaryDirectory() as folder:
        everything = {**os.environ, **environment}
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=everything, stdout=PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said: list[str] = []
        try:
            async with asyncio.timeout(60):
                found = await _heard(process, until, said)
            drain = asyncio.create_task(_drain(process, said))
            yield found
            drain.cancel()
        except BaseException:
            sys.stderr.write("".join(said))
            raise
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _heard(process: Process, until: str, said: list[str]) -> re.Match[str]:
    assert process.stdout is not None
    async for line in process.stdout:
        said.append(line.decode(errors="replace"))
        if found := re.search(until, said[-1]):
            return found
    raise RuntimeError(f"ended with {await process.wait()}")


async def _drain(process: Process, said: list[str]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        said.append(line.decode(errors="replace"))


@asynccontextmanager
async def playground(
    folder: Path, catalogue: Path = CATALOGUE, database: Path = Path("laps.db"), port: int = 0
) -> AsyncIterator[PlaygroundDriver]:
    """Run Laps, the playground and a browser, and sit down at it."""
    port = port or free_port()
    laps = [sys.executable, "-m", "bot", "run", "--port", str(port)]
    settings = {
        "LAPS_TEAMS_ANONYMOUS": "1",
        "LAPS_LESSONS": str(catalogue),
        "LAPS_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONUNBUFFERED": "1",
    }
    cli = package("@microsoft/m365agentsplayground") / "cli.js"
    app = f"http://127.0.0.1:{port}/api/messages"
    own = str(free_port())
    start: list[str | Path] = [
        node(),
        cli,
        "start",
        "-e",
        app,
        "-c",
        "msteams",
        "-p",
        own,
        "--disable-telemetry",
    ]
    quiet = {"TEAMSAPPTESTER_BROWSER": "none", "TZ": "Europe/Berlin"}
    async with (
        running(*laps, until=rf"http://127\.0\.0\.1:{port}", **settings),
        running(*start, until=r"Listening on (\d+)", **quiet) as listening,
        async_playwright() as library,
    ):
        browser = await library.chromium.launch(executable_path=str(chromium()), args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(10_000)
        await page.goto(f"http://127.0.0.1:{listening[1]}/")
        driver = PlaygroundDriver(page, folder)
        await driver.open()
        yield driver
        await browser.close()


def free_port() -> int:
    """Find a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def bring_up_loopback() -> None:
    """Turn on the loopback interface, which a network of one's own has but does not use at first."""
    with socket.socket() as any_socket, suppress(PermissionError):
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


AT_ANY_TIME = """\
organization:
  name: Acme
  time_zone: Europe/Berlin
  nudges:
    hours: "00:00-23:59"
    days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
    hold: 0.0
"""
FIRST_DAY = """
moments:
  - id: first-day
    kind: new
    when: {event: joined, after_days: 0, at: "00:00"}
    offer: {prompt: {title: Ask before you write, text: Ask me three questions before you write anything.}}
    say: Something for your first day.
"""


async def be_spoken_to(folder: Path) -> None:
    """Agree, be spoken to unasked, put it off, and ask why it came."""
    with TemporaryDirectory() as place:
        root = Path(shutil.copytree(CATALOGUE.parent, Path(place) / "catalogue")) / "lessons.yaml"
        lines = root.read_text().splitlines(keepends=True)
        others = "".join(line for line in lines if not line.startswith("organization:"))
        root.write_text(AT_ANY_TIME + others + FIRST_DAY)
        async with playground(folder, root) as driver:
            await driver.say("hello")
            await driver.press("Agree and start")
            await driver.wait_for("Something for your first day.")
            await driver.press("Why am I getting this?")
            assert any("because you joined a short time ago" in card for card in driver.messages())
            await driver.press("Later")
            await driver.press("In an hour")
            assert any("Quiet until" in card for card in driver.messages()), driver.messages()


async def share_in_a_channel(folder: Path) -> None:
    """Have one share a use case in a channel, and the other try it there by clicking."""
    with TemporaryDirectory() as place:
        database, port = Path(place) / "laps.db", free_port()
        async with playground(folder, database=database, port=port) as driver:
            for label in ("Agree and start", "Finance analyst"):
                await driver.press(label)
            await driver.fill("Choose your tools", x="copilot")
            for label in ("That is right", "30"):
                await driver.press(label)
            ((alex, service_url),) = _rows(database, "SELECT external, service_url FROM account")
            await _grant(database, f"teams:{alex}")
            await driver.go_to("General")
            await driver.post("cohort north")
            await driver.wait_for("This is the conversation of the cohort “north” now.")
            await driver.press("I am in this cohort")
            megan = Colleague(f"http://127.0.0.1:{port}/api/messages", service_url)
            for verb, args in _JOINING:
                await megan.does(verb, args)
            await megan.does("describe", {"p": "share", "i": ""}, share=_SHARED)
            ((share,),) = _rows(database, "SELECT id FROM share")
            await megan.does("post", {"i": share})
            await driver.wait_for("List the accruals that miss.")
            await driver.press("Tried it")
            await driver.wait_for("Tried by 1 colleague.")
            await driver.go_to("Personal Chat")
            await driver.wait_for("Counted: you tried it.")
            await driver.fill("Did it work?", worked="Yes, as it is", changed="I named the ledger")
            await driver.wait_for("Noted. Thank you.")
            await driver.go_to("General")
            await driver.wait_for("Tried by 1 colleague; it worked for 1.")


_JOINING: tuple[tuple[str, dict[str, str]], ...] = (
    ("arrive", {}),
    ("agree", {}),
    ("set", {"k": "job_family", "n": "finance", "f": "1"}),
    ("set", {"k": "tools", "n": "copilot", "f": "1"}),
    ("join_cohort", {"n": "north"}),
)
_SHARED = {
    "task": "Close the month",
    "tool": "copilot",
    "prompt": "List the accruals that miss.",
    "check": "Every amount",
    "reach": "everyone",
}


def _rows(database: Path, query: str) -> list[tuple[str, ...]]:
    """Read from the running bot's database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


async def _grant(database: Path, person: str) -> None:
    """Make somebody an admin, as an operator does beside the running bot."""
    environment = {**os.environ, "LAPS_DATABASE_URL": f"sqlite+aiosqlite:///{database}"}
    command = [sys.executable, "-m", "bot", "role", "grant", person, "admin"]
    granted = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=Path(__file__).parents[2], stdout=PIPE
    )
    await granted.communicate()
    assert granted.returncode == 0


class Colleague:
    """Somebody else of the team, whose client is not seen: presses as Teams sends them."""

    def __init__(self, bot: str, service_url: str) -> None:
        self._bot = bot
        self._service_url = service_url
        self._count = 0

    async def does(self, verb: str, args: dict[str, str], **forms: dict[str, str]) -> None:
        """Press a button, or send a form."""
        self._count += 1
        fields = {f"{form}.{name}": text for form, said in forms.items() for name, text in said.items()}
        sent = {"f": next(iter(forms))} if forms else {}
        activity = {
            "type": "message",
            "id": f"megan-{self._count}",
            "channelId": "msteams",
            "serviceUrl": self._service_url,
            "from": {"id": "user-id-1", "name": "Megan Bowen"},
            "conversation": {"id": "megan-chat", "conversationType": "personal"},
            "recipient": {"id": "bot-id", "name": "Test Bot"},
            "value": {"v": verb, "a": args, **sent, **fields},
        }
        if verb == "arrive":
            activity |= {"type": "installationUpdate", "action": "add"}
        async with aiohttp.ClientSession() as http, http.post(self._bot, json=activity) as answer:
            assert answer.status == 200, await answer.text()


async def main(scenario: str, folder: Path) -> None:
    """Play a scenario in the playground, in pictures."""
    if scenario == "unasked":
        await be_spoken_to(folder)
        return
    if scenario == "channel":
        await share_in_a_channel(folder)
        return
    async with playground(folder) as driver:
        await play(driver, read_scenario(scenario))


if __name__ == "__main__":
    bring_up_loopback()
    pictures = Path(sys.argv[2])
    pictures.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(sys.argv[1], pictures))

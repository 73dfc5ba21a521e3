"""People at the clients of Slack and Teams, whose bot may die under their hands."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from itertools import count
from pathlib import Path

import orjson
from aiohttp import web

from bot.model import ChannelName, WorkspaceRef
from tests.killed.house import House, shared_clock
from tests.slack.driver import Json, SlackDriver
from tests.slack.house import LAPS
from tests.slack.server import TEAM, SlackServer, slack_server
from tests.teams_driver import TeamsDriver
from tests.teams_house import configured
from tests.teams_server import TENANT, TeamsServer, teams_server

Act = Callable[[], Awaitable[None]]
"""Something that reaches Laps in the same words each time it is done.

Raises:
    aiohttp.ClientError: nobody answered.
"""

WELCOME = "Agree and start"
JOINING = {
    WELCOME: "What is your job",
    "Finance analyst": "Which AI tools",
    "I have all of them": "When is your day",
    "That is right": "How confident",
    "30": "You are set",
}
FIRST = "Start the first lesson"


class Client(ABC):
    """One person at a client of a platform."""

    workspace: WorkspaceRef
    account: str

    def __init__(self, house: House, driver: SlackDriver | TeamsDriver) -> None:
        self.house = house
        self.driver = driver

    def reach(self, address: str) -> None:
        """Have the platform reach Laps at an address from now on."""
        self.address = address

    @abstractmethod
    async def sees(self, text: str) -> None:
        """Wait until the newest message says this."""

    @abstractmethod
    async def _arrive(self) -> None:
        """Meet Laps."""

    @abstractmethod
    def typing(self, text: str) -> Act:
        """Type a line, which the platform hands in again where it was not answered."""

    @abstractmethod
    def pressing(self, label: str) -> Act:
        """Press a button, and the same one again even where the message has changed since."""

    async def joins(self) -> None:
        """Agree and answer the first questions."""
        await self._arrive()
        await self.sees(WELCOME)
        for label, text in JOINING.items():
            await self.presses(label, text)

    async def presses(self, label: str, text: str) -> None:
        """Press a button of what is shown and wait for what comes of it."""
        await self.pressing(label)()
        await self.sees(text)

    @abstractmethod
    async def reloads(self) -> None:
        """Load the chat again: what only an answer put in place is gone."""

    def messages(self) -> int:
        """Count the messages in the chat."""
        return len(self.driver.messages())


class SlackClient(Client):
    """A person in Slack, which sends events again with the number of the retry, and presses never."""

    workspace = WorkspaceRef(ChannelName.SLACK, TEAM)
    account = "U1"

    def __init__(self, house: House, server: SlackServer) -> None:
        self.server = server
        self.slack = SlackDriver(server, "", self.account)
        super().__init__(house, self.slack)

    def reach(self, address: str) -> None:
        super().reach(address)
        self.slack.bot = f"{address}/slack/events"

    async def sees(self, text: str) -> None:
        await self.server.until(lambda: bool(self.slack.messages()) and text in self.slack.shown())

    async def reloads(self) -> None:
        """Do nothing: whatever Slack shows is stored there."""

    async def _arrive(self) -> None:
        await self.slack.open_home("messages")

    def typing(self, text: str) -> Act:
        message = {"channel": self.slack.channel, "channel_type": "im", "user": self.account, "text": text}
        body = orjson.dumps(self.server.event("message", **message, ts="1.1"))
        numbers = count()

        async def act() -> None:
            number = next(numbers)
            again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_error"} if number else {}
            headers = {**self.server.sign(body), "Content-Type": "application/json", **again}
            status, _, _ = await self.server.post(self.slack.bot, body, headers)
            assert status == 200

        return act

    def pressing(self, label: str) -> Act:
        posted, element = self.slack._find(label)
        return lambda: self.slack._press(posted, element)

    async def asks(self, method: str) -> None:
        """Wait until Laps calls a method of the Web API as the newest."""
        await self.server.until(lambda: self.server.calls[-1] == method)

    @contextmanager
    def slowly(self, slow: str) -> Iterator[asyncio.Event]:
        """Let Slack answer calls of a method only once it may."""
        answers, answer = asyncio.Event(), self.server._answer

        async def answer_late(method: str, request: web.Request) -> Json:
            if method == slow:
                await answers.wait()
            return await answer(method, request)

        self.server._answer = answer_late  # type: ignore[method-assign]
        yield answers
        self.server._answer = answer  # type: ignore[method-assign]

    async def pasting(self, text: str) -> Act:
        """Open the form for a result, to send it."""
        await self.pressing("Paste the result")()
        await self.server.until(lambda: bool(self.slack.me.modals))

        async def act() -> None:
            await self.slack.submit(text=text)

        return act


class TeamsClient(Client):
    """A person in Teams, whose client says that it went wrong where nobody answers."""

    workspace = WorkspaceRef(ChannelName.TEAMS, TENANT)
    account = "29:ann"

    def __init__(self, house: House, server: TeamsServer) -> None:
        self.server = server
        self.teams = TeamsDriver(server, "", self.account)
        super().__init__(house, self.teams)

    def reach(self, address: str) -> None:
        super().reach(address)
        self.teams._bot = f"{address}/api/messages"

    async def sees(self, text: str) -> None:
        await self.server.until(lambda: bool(self.teams.messages()) and text in self.teams.shown())

    async def reloads(self) -> None:
        await self.teams.reload()

    async def _arrive(self) -> None:
        await self.teams.install()

    def typing(self, text: str) -> Act:
        activity = {**self.teams.activity(), "type": "message", "text": text, "textFormat": "plain"}

        async def act() -> None:
            status, _ = await self.teams.post(activity)
            assert status == 200

        return act

    def pressing(self, label: str) -> Act:
        message, action = self.teams._find(label)
        return lambda: self.teams._send(message, action, {})


@asynccontextmanager
async def client(channel: ChannelName, folder: Path) -> AsyncIterator[Client]:
    """Give a person at a client of a platform, in front of a house in which nobody lives yet."""
    clock = shared_clock(folder)
    if channel is ChannelName.SLACK:
        async with slack_server(clock) as slack:
            with closing(House(folder, clock, {**LAPS, "SLACK_API_URL": f"{slack.url}/api/"})) as house:
                yield SlackClient(house, slack)
    else:
        async with teams_server(clock) as microsoft:
            with closing(House(folder, clock, {}, configured(microsoft))) as house:
                yield TeamsClient(house, microsoft)

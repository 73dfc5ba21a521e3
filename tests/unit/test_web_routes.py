from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from adapters.web.app import WebAdapter, WebConfig
from bot.errors import StorageUnavailable
from bot.messages import say
from bot.model import (
    Answer,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Incoming,
    Operation,
    OrganizationId,
    PostId,
    Source,
    Workspace,
    WorkspaceId,
)
from tests.web_driver import WebDriver
from tests.world import NOW


@dataclass
class NotingDesk:
    """A desk that notes what comes in, and fails or answers as it was told to."""

    answer: Answer = field(default_factory=lambda: Answer(message=say("Here you are.")))
    error: Exception | None = None
    taken: list[Incoming] = field(default_factory=list)

    async def handle(self, incoming: Incoming) -> Answer:
        """Note it, then fail or answer."""
        self.taken.append(incoming)
        if self.error:
            raise self.error
        return self.answer


@asynccontextmanager
async def served() -> AsyncIterator[tuple[NotingDesk, WebDriver, WebAdapter]]:
    """Serve the practice room alone, before a desk that notes, to a browser without a page."""
    desk = NotingDesk()
    adapter = WebAdapter(WebConfig(), desk, lambda: NOW)
    application = web.Application()
    application.add_routes(adapter.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await adapter.start()
    driver = WebDriver(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield desk, driver, adapter
    finally:
        await driver.close()
        await adapter.stop()
        await runner.cleanup()


async def test_a_press_is_answered_in_its_place() -> None:
    """The answer to a press has the element's own id, whatever the desk tracks it by."""
    async with served() as (desk, driver, _):
        desk.answer = Answer(message=say("Step two"), post=PostId("p2"))
        _, answer = await driver.act({"verb": "go", "args": {"s": "x"}, "source": "p1"})
        assert [(m["post"], m["updates"]) for m in answer["messages"]] == [("p1", True)]
        assert desk.taken[-1].source == Source("p1")


async def test_what_is_typed_is_answered_below() -> None:
    """What answers typing is a new element: of the tracked message's id, else of one that a repeat shares."""
    async with served() as (desk, driver, _):
        for _ in range(2):
            _, answer = await driver.act({"text": "help"}, "same-id-1")
            assert [(m["post"], m["updates"]) for m in answer["messages"]] == [("m-same-id-1", False)]
        desk.answer = Answer(message=say("A lesson"), post=PostId("p2"))
        _, answer = await driver.act({"text": "next"})
        assert answer["messages"][0]["post"] == "p2"


async def test_nothing_to_show_shows_nothing() -> None:
    """A bare answer is an empty one; problems of a form come by field."""
    async with served() as (desk, driver, _):
        desk.answer = Answer(problems={"x": "Please choose."})
        assert (await driver.act({"verb": "set", "form": True}))[1] == {
            "messages": [],
            "problems": {"x": "Please choose."},
        }


async def test_a_database_that_fails_is_said_and_the_same_press_works_later() -> None:
    """While storage fails a press is answered 503 with what to do; repeated, it keeps its name."""
    async with served() as (desk, driver, _):
        desk.error = StorageUnavailable("locked")
        status, answer = await driver.act({"verb": "go"}, "press-no-1")
        assert (status, list(answer)) == (503, ["trouble"])
        assert "Nothing was saved" in answer["trouble"] and "Press again" in answer["trouble"]
        desk.error = None
        assert (await driver.act({"verb": "go"}, "press-no-1"))[0] == 200
        assert [taken.id for taken in desk.taken] == ["press-no-1", "press-no-1"]


async def test_a_browser_keeps_its_account() -> None:
    """The first thing done makes the account, and everything after it comes from the same one."""
    async with served() as (desk, driver, _):
        for verb in ("arrive", "agree", "next"):
            await driver.act({"verb": verb})
        (account,) = {taken.sender.external for taken in desk.taken}
        assert len(account) >= 24
        async with aiohttp.ClientSession() as other:
            await WebDriver(driver.url, http=other).act({"verb": "arrive"})
        assert desk.taken[-1].sender.external != account


async def test_a_made_up_cookie_is_no_account() -> None:
    """A cookie that we never set so is replaced by one of ours."""
    async with served() as (desk, driver, _):
        headers = {**driver.headers, "Cookie": "laps_room=short"}
        body = {"id": "12345678", "verb": "arrive"}
        async with driver.http.post(f"{driver.url}/web/act", json=body, headers=headers) as response:
            assert response.cookies["laps_room"].value == desk.taken[-1].sender.external


def a_delivery(account: str, text: str, operation: Operation = Operation.UPDATE) -> Delivery:
    """Make a delivery to the practice room."""
    organization = OrganizationId("o")
    space = Workspace(WorkspaceId("w"), organization, ChannelName.WEB, "web")
    return Delivery(
        id=DeliveryId(f"d-{text}"),
        organization=organization,
        workspace=space,
        key=text,
        kind=DeliveryKind.REPLY,
        operation=operation,
        account=account,
        conversation=account,
        message=say(text),
        created_at=NOW,
        lease_until=NOW,
        target="p1" if operation is Operation.UPDATE else None,
    )


async def events(response: aiohttp.ClientResponse, number: int) -> list[dict[str, str]]:
    """Read so many events of a stream."""
    read: list[dict[str, str]] = [{}]
    while len(read) <= number:
        line = (await response.content.readline()).decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if line:
            read[-1][name] = value
        else:
            read.append({})
    return read[:number]


async def test_a_stream_goes_on_where_it_broke() -> None:
    """A browser that names the last event it saw gets what came after it, whichever way it names it."""
    async with served() as (desk, driver, adapter):
        await driver.act({"verb": "arrive"})
        account = desk.taken[0].sender.external
        for text in ("one", "two"):
            assert (await adapter.channel.deliver(a_delivery(account, text))).external == "p1"
        async with driver.http.get(f"{driver.url}/web/stream") as response:
            assert response.content_type == "text/event-stream"
            hello, one, two = await events(response, 3)
        assert (hello["event"], hello["retry"]) == ("hello", "1000")
        assert "one" in one["data"] and "two" in two["data"]
        seen = one["id"]
        for headers, query in (({"Last-Event-ID": seen}, {}), ({}, {"seen": seen})):
            async with driver.http.get(f"{driver.url}/web/stream", headers=headers, params=query) as response:
                assert [event["data"] for event in (await events(response, 2))[1:]] == [two["data"]]


async def test_a_new_message_has_an_id_to_be_updated_by() -> None:
    """What is posted tells its element's id; a home is one element, however often it is shown."""
    async with served() as (_, _, adapter):
        posted = await adapter.channel.deliver(a_delivery("ann", "x", Operation.POST))
        assert posted.external == "d-x"
        shown = await adapter.channel.deliver(a_delivery("ann", "y", Operation.HOME))
        assert shown.external == "home"


async def test_stopping_ends_the_streams() -> None:
    """A server that stops does not wait for pages to go away."""
    async with served() as (_, driver, adapter):
        await driver.act({"verb": "arrive"})
        async with driver.http.get(f"{driver.url}/web/stream") as response:
            await events(response, 1)
            await adapter.stop()
            assert await response.text() == ""

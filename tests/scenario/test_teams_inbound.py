"""Signed activities through the adapter to a desk that notes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.errors import (
    StorageUnavailable,
)
from bot.messages import Button, Choices, Form, Message, TextField, say
from bot.model import Answer, Incoming, Surface
from tests.teams_house import House, NotingDesk, a_delivery, a_press, house
from tests.teams_server import TENANT, SigningKey


@pytest.fixture
async def home() -> AsyncIterator[House]:
    """A bot with credentials."""
    async with house() as built:
        yield built


async def test_a_typed_line_comes_in_with_who_where_and_when(home: House) -> None:
    """A typed verb reaches the desk with the tenant, the person, the chat, the zone and the service URL."""
    await home.ann.say("next")
    taken = home.desk.taken[0]
    assert (taken.verb, taken.workspace.external, taken.sender.external) == ("next", TENANT, "29:ann")
    assert (taken.sender.name, taken.sender.time_zone) == ("Ann", "Europe/Berlin")
    assert (taken.conversation, taken.surface) == ("a:ann", Surface.DIRECT_MESSAGE)
    assert taken.sender.service_url == home.microsoft.service_url


async def test_a_press_is_answered_with_the_card_that_takes_its_place(home: House) -> None:
    """Action.Execute gets the next card in the HTTP answer, under Microsoft's content type."""
    status, answer = await home.ann.post(a_press())
    assert (status, answer["statusCode"]) == (200, 200)
    assert answer["type"] == "application/vnd.microsoft.card.adaptive"
    assert answer["value"]["type"] == "AdaptiveCard"
    taken = home.desk.taken[0]
    assert taken.takes_message and taken.source is not None and taken.source.external == "17"
    assert (taken.verb, taken.args) == ("go", {"s": "x"})


async def test_a_form_comes_in_with_its_fields(home: House) -> None:
    """The inputs of a form's button join its args; those of other forms do not."""
    await home.ann.post(a_press("paste", f="paste", **{"paste.text": "My draft", "plan.when": "never"}))
    assert home.desk.taken[0].args == {"s": "x", "text": "My draft"}


async def test_an_old_client_submits_the_same(home: House) -> None:
    """Action.Submit's message carries the same verb and args, and its card is updated by a delivery."""
    value = {"v": "go", "a": {"s": "x"}}
    status, _ = await home.ann.post({"type": "message", "value": value, "replyToId": "17"})
    taken = home.desk.taken[0]
    assert (status, taken.verb, taken.args, taken.takes_message) == (200, "go", {"s": "x"}, False)
    assert taken.source is not None and taken.source.external == "17"


async def test_installing_and_removing_arrive_and_depart(home: House) -> None:
    """Both activities of an installation arrive; a removal departs."""
    await home.ann.install()
    await home.ann.uninstall()
    assert [taken.verb for taken in home.desk.taken] == ["arrive", "arrive", "depart"]


async def test_problems_of_a_form_are_said_and_the_card_stays(home: House) -> None:
    """Where the desk answers problems only, the client keeps its card and what was typed into it."""
    home.desk.answer = Answer(problems={"text": "Too short.", "when": "Say when."})
    _, answer = await home.ann.post(a_press())
    assert answer["type"] == "application/vnd.microsoft.activity.message"
    assert answer["value"] == "Too short. Say when."


async def test_a_bare_answer_to_a_press_is_said_in_a_word(home: House) -> None:
    """An invoke without a body would show as a failure, so it gets a word."""
    home.desk.answer = Answer()
    _, answer = await home.ann.post(a_press())
    assert (answer["statusCode"], answer["value"]) == (200, "Done.")


async def test_storage_failing_lets_teams_send_messages_again(home: House) -> None:
    """A typed line that was not saved is answered 503."""
    home.desk.error = StorageUnavailable("locked")
    assert (await home.ann.post({"type": "message", "text": "next"}))[0] == 503


async def test_storage_failing_asks_the_presser_to_press_again(home: House) -> None:
    """A press that was not saved says so in the card's place, with status 200."""
    home.desk.error = StorageUnavailable("locked")
    status, answer = await home.ann.post(a_press())
    assert (status, answer["value"]) == (200, "Nothing was saved. Press again.")


class LateDesk(NotingDesk):
    """A desk that takes its time, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.finished = asyncio.Event(), asyncio.Event()

    async def handle(self, incoming: Incoming) -> Answer:
        """Wait, and say when it is done."""
        await self.go.wait()
        self.finished.set()
        return Answer()


async def test_a_late_desk_is_answered_within_teams_patience() -> None:
    """What takes too long is answered in time, and finished, not cut off."""
    desk = LateDesk()
    async with house(desk, answer_within=0.05) as home:
        _, answer = await home.ann.post(a_press())
        assert answer["value"].startswith("That takes too long.")
        assert (await home.ann.post({"type": "message", "text": "next"}))[0] == 503
        desk.go.set()
        await asyncio.wait_for(desk.finished.wait(), 5)


@pytest.mark.parametrize(
    ("activity", "status"),
    [
        ({"type": "typing"}, 200),
        ({"type": "messageReaction", "reactionsAdded": [{"type": "like"}]}, 200),
        ({"type": "event", "name": "x"}, 200),
        ({"type": "somethingNew"}, 200),
        ({"type": "message", "text": "x", "channelId": "directline"}, 200),
        ({"type": "message", "text": "x", "from": None}, 200),
        ({"type": "invoke", "name": "composeExtension/query"}, 501),
        ({"type": "invoke"}, 501),
    ],
)
async def test_what_laps_does_not_know_changes_nothing(
    home: House, activity: dict[str, Any], status: int
) -> None:
    """Unknown activities are taken quietly, unknown invokes refused as the protocol says; never a 500."""
    home.microsoft.keys = [SigningKey("key-1", home.microsoft.keys[0].private, ())]
    assert (await home.ann.post(activity))[0] == status
    assert home.desk.taken == []


async def test_another_tenant_is_not_served(home: House) -> None:
    """A single-tenant bot listens to its own tenant; elsewhere a press is told so."""
    elsewhere = {"channelData": {"tenant": {"id": "other"}}}
    assert (await home.ann.post({"type": "message", "text": "next", **elsewhere}))[0] == 200
    status, answer = await home.ann.post(a_press() | elsewhere)
    assert (status, answer["value"]) == (200, "Laps works in its own organization only.")
    assert home.desk.taken == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"{}", 400),
        (b'{"type": 5}', 400),
        (b"[" * 100_000, 400),
        (b"x" * 1_000_001, 413),
    ],
)
async def test_bad_bodies_are_refused(home: House, body: bytes, status: int) -> None:
    """What is no JSON object with a type is 400, what is too long 413; neither is read further."""
    headers = {"Authorization": f"Bearer {home.microsoft.sign()}"}
    async with aiohttp.ClientSession() as http, http.post(home.url, data=body, headers=headers) as response:
        assert response.status == status


async def test_a_body_that_hides_its_length_is_measured(home: House) -> None:
    """A chunked body is cut off at the limit all the same."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    headers = {"Authorization": f"Bearer {home.microsoft.sign()}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(home.url, data=chunks(), headers=headers) as response,
    ):
        assert response.status == 413


async def test_hostile_text_comes_in_as_it_is(home: House) -> None:
    """3,000 characters of emoji, right-to-left text and markup reach the desk unchanged."""
    text = ("🙂 שלום <!channel> <@U1> <at>Ann</at> [x](https://x) ```c``` " * 60)[:3000].strip()
    await home.ann.post(a_press("paste", f="paste", **{"paste.text": text}))
    assert home.desk.taken[0].args["text"] == text


async def test_the_page_that_the_app_refers_to_is_there(home: House) -> None:
    """Teams shows people who sees what, and the terms, before they install the app."""
    page = home.url.replace("/api/messages", "/about")
    async with aiohttp.ClientSession() as http, http.get(page) as response:
        text = await response.text()
    assert response.status == 200
    assert 'id="who-sees-what"' in text and 'id="terms"' in text


class WelcomingDesk(NotingDesk):
    """A desk that answers presses with a form, and forms with what was typed."""

    async def handle(self, incoming: Incoming) -> Answer:
        """Ask for a result, or show it."""
        self.taken.append(incoming)
        if incoming.verb == "paste":
            return Answer(message=say(f"You wrote: {incoming.args['text']}"))
        form = Form(
            "paste",
            "Paste",
            "Paste the result",
            "Check it",
            "paste",
            (TextField("text", "Your result", multiline=True, max_length=20),),
        )
        return Answer(message=Message("Paste", (form, Choices((Button("I’m stuck", "hint"),)))))


async def test_a_driver_presses_fills_and_reads() -> None:
    """The client used by the other tests keeps to Teams' rules: fields, required ones, cards in place."""
    async with house(WelcomingDesk()) as home:
        await home.adapter.channel.deliver(a_delivery())
        ann = home.ann
        assert ann.shown() == "Step two\n[Go on]"
        await ann.press("Go on")
        assert "Your result" in ann.shown() and "[Check it]" in ann.shown()
        with pytest.raises(AssertionError, match="does not send"):
            await ann.fill("Paste the result")
        await ann.fill("Paste the result", text="My draft")
        assert ann.shown() == "You wrote: My draft"
        await ann.reload()
        assert ann.shown() == "Step two\n[Go on]"

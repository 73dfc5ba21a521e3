from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.slack.api import SlackApi
from adapters.slack.channel import SlackChannel
from bot.errors import (
    BadCredentials,
    ChannelError,
    RateLimited,
    Rejected,
    ReplyLost,
    Unavailable,
    Unreachable,
)
from bot.messages import say
from bot.model import ChannelName, Delivery, Operation
from tests.scenario.test_slack_inbound import started
from tests.slack.house import House, house
from tests.slack.server import Trouble
from tests.unit.test_outbox import make_delivery
from tests.world import NOW


def deliver(here: House) -> Delivery:
    """Make a post to a person's direct message."""
    here.slack.user("U1")
    return make_delivery(conversation=None, message=say("hello"))


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble(429, retry_after=7), RateLimited),
        (Trouble(500), ReplyLost),
        (Trouble(502, html=True), ReplyLost),
        (Trouble(503, html=True), Unavailable),
        (Trouble(404, html=True), Unavailable),
        (Trouble(200, html=True), ReplyLost),
        (Trouble(reset=True), ReplyLost),
        (Trouble(reset=True, taken=True), ReplyLost),
        (Trouble(error="channel_not_found"), Unreachable),
        (Trouble(error="token_revoked"), BadCredentials),
        (Trouble(error="invalid_blocks"), Rejected),
        (Trouble(error="internal_error"), ReplyLost),
        (Trouble(error="service_unavailable"), Unavailable),
        (Trouble(error="ratelimited"), RateLimited),
        (Trouble(error="something_new"), Rejected),
    ],
    ids=lambda v: str(v)[:40],
)
async def test_each_trouble_is_told_as_what_it_is(trouble: Trouble, error: type[ChannelError]) -> None:
    """Whatever Slack answers becomes one of our errors, and is sent once."""
    async with house() as here:
        channel = next(a.channel for a in here.server.adapters if a.channel.name is ChannelName.SLACK)
        delivery = deliver(here)
        here.slack.trouble(replace(trouble, only="chat.postMessage"))
        with pytest.raises(error) as caught:
            await channel.deliver(delivery)
        assert here.slack.calls.count("chat.postMessage") == 1
        if isinstance(caught.value, RateLimited) and trouble.retry_after:
            assert caught.value.retry_after == 7


async def test_slack_being_down_loses_no_answer() -> None:
    """An answer that Slack would not take comes later, once, and the lesson is where it should be."""
    async with house() as here:
        person = await started(here)
        here.slack.trouble(Trouble(500, only="response_url"))
        await person.press("I did it")
        assert "Step 1 of 5" in person.shown() and "I did it" in person.shown()
        here.clock.now += timedelta(seconds=10)
        await here.server.outbox.drain()
        await here.server.outbox.idle()
        assert "Read your result once more" in person.shown()
        assert here.slack.direct("U1")[-1].posted_by == "chat.update"
        assert await here.server.outbox.drain() == 0


async def test_a_used_up_response_url_becomes_an_update() -> None:
    """When the press's own URL is refused, the same message is updated by its id."""
    async with house() as here:
        person = await started(here)
        posted, element = person._find("I did it")
        here.clock.now += timedelta(minutes=1)
        payload_hooks = here.slack._hooks
        await person._press(posted, element)
        assert posted.posted_by == "response_url"
        for hook in payload_hooks.values():
            hook.uses = 5
        here.slack.hook = lambda *a, **k: f"{here.slack.url}/hooks/gone"  # type: ignore[method-assign]
        await person.press("All of it holds")
        assert "Step 2 of 5" in person.shown() and posted.posted_by == "chat.update"


async def test_a_lost_reply_to_an_answer_shows_once() -> None:
    """An answer that was taken but not confirmed is sent again, and the person sees one message."""
    async with house() as here:
        person = await started(here)
        here.slack.trouble(Trouble(reset=True, taken=True, only="response_url"))
        await person.press("I did it")
        here.clock.now += timedelta(seconds=10)
        await here.server.outbox.drain()
        await here.server.outbox.idle()
        assert sum("Read your result once more" in text for text in person.messages()) == 1


async def test_somebody_who_cannot_be_written_to_is_remembered() -> None:
    """A person whom the bot may not write to is marked so, and nothing is tried again."""
    async with house() as here:
        person = here.person()
        person.me.blocked = True
        await person.say("hello")
        assert here.slack.calls.count("chat.postMessage") == 1
        here.clock.now += timedelta(hours=1)
        assert await here.server.outbox.drain() == 0


@pytest.mark.parametrize(
    "order", [("app_uninstalled", "tokens_revoked"), ("tokens_revoked", "app_uninstalled")]
)
async def test_uninstalling_ends_it_in_either_order(order: tuple[str, str]) -> None:
    """Uninstall and revoked tokens come in either order; afterwards the workspace is inactive."""
    async with house() as here:
        person = await started(here)
        for kind in order:
            tokens = {"tokens": {"bot": ["UBOT"]}} if kind == "tokens_revoked" else {}
            assert await person.deliver(here.slack.event(kind, **tokens)) == [200]
        learner = await here.server.store.find_person("slack:U1")
        ((workspace, _),) = await here.server.store.accounts_of(learner.id)
        assert not workspace.active


async def test_a_form_that_comes_too_late_is_opened_by_pressing_again() -> None:
    """A lost form costs nothing: the same button opens it."""
    async with house() as here:
        person = await started(here)
        here.slack.trouble(Trouble(500, only="views.open"))
        await person.press("Paste the result")
        await here.slack.until(lambda: "views.open" in here.slack.calls)
        assert person.me.modals == []
        await person.fill("Paste the result", text="Revenue was below plan because of two orders")
        assert "mentions revenue" in person.shown()


async def test_laps_starts_while_slack_is_down() -> None:
    """Slack failing at start does not keep Laps from taking what comes in."""
    async with house() as here:
        here.slack.trouble(*[Trouble(500, only="auth.test")] * 3)
        person = here.person()
        await person.say("hello")
        assert "Agree and start" in person.shown()


def test_the_paces_are_slacks() -> None:
    """Posts count per conversation and workspace, updates and homes per workspace, presses not at all."""
    channel = SlackChannel(SlackApi("http://127.0.0.1:1/api/", "x"), lambda: NOW)
    post = make_delivery()
    update = make_delivery(operation=Operation.UPDATE, target="1.1")
    answer = make_delivery(operation=Operation.UPDATE, target="1.1", handle="http://127.0.0.1:1/h")
    home = make_delivery(operation=Operation.HOME)
    assert [
        [w.limit for lane in channel.lanes(d) for w in lane.windows] for d in (post, update, answer, home)
    ] == [
        [1, 10, 525],
        [5, 50],
        [],
        [10, 100],
    ]

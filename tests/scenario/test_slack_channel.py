from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.slack.api import SlackApi
from adapters.slack.channel import SlackChannel
from bot.errors import BadCredentials, Rejected, Unavailable
from bot.messages import say
from bot.model import Operation, Sent
from tests.slack.server import TOKEN, SlackServer, Trouble, slack_server
from tests.unit.test_outbox import make_delivery
from tests.web_house import Clock


@dataclass
class Line:
    """A channel and the Slack at its other end."""

    slack: SlackServer
    channel: SlackChannel
    clock: Clock

    def texts(self) -> list[object]:
        """Give the notification texts of a person's direct message."""
        return [posted.body["text"] for posted in self.slack.direct("U1")]


@asynccontextmanager
async def line(token: str | None = TOKEN) -> AsyncIterator[Line]:
    """Connect a channel to a loopback Slack in which one person lives."""
    clock = Clock()
    async with slack_server(clock) as slack:
        slack.user("U1")
        api = SlackApi(f"{slack.url}/api", token)
        try:
            yield Line(slack, SlackChannel(api, clock), clock)
        finally:
            await api.close()


async def test_a_post_opens_the_direct_message_and_says_where_it_is() -> None:
    """A first message goes to the person; its id and conversation come back, and nothing in it unfurls."""
    async with line() as here:
        sent = await here.channel.deliver(make_delivery("d7", None))
        (posted,) = here.slack.direct("U1")
        assert sent == Sent(posted.ts, "DU1")
        assert posted.body["metadata"]["event_payload"] == {"id": "d7"}
        assert (posted.body["unfurl_links"], posted.body["unfurl_media"]) == (False, False)
        assert posted.body["parse"] == "none"


async def test_an_update_replaces_and_posts_nothing() -> None:
    """An update by id changes the message it names."""
    async with line() as here:
        sent = await here.channel.deliver(make_delivery("d1", "DU1"))
        update = make_delivery(
            "d2", "DU1", operation=Operation.UPDATE, target=sent.external, message=say("new")
        )
        assert await here.channel.deliver(update) == Sent()
        assert here.texts() == ["new"]


@pytest.mark.parametrize("minutes", [5, 31])
async def test_a_press_is_answered_through_its_own_url_while_that_lives(minutes: int) -> None:
    """For half an hour the press's URL replaces the message; then the message's id does."""
    async with line() as here:
        sent = await here.channel.deliver(make_delivery("d1", "DU1"))
        answer = make_delivery(
            "d2",
            "DU1",
            operation=Operation.UPDATE,
            target=sent.external,
            message=say("new"),
            handle=here.slack.hook("DU1", sent.external),
            handle_until=here.clock() + timedelta(minutes=29),
        )
        here.clock.now += timedelta(minutes=minutes)
        await here.channel.deliver(answer)
        assert here.slack.direct("U1")[0].posted_by == ("response_url" if minutes == 5 else "chat.update")
        assert len(here.channel.lanes(answer)) == (0 if minutes == 5 else 1)


async def test_a_private_answer_is_tried_again_through_its_url() -> None:
    """What only one person sees has no id: a failed answer goes through the same URL again."""
    async with line() as here:
        handle = here.slack.hook("C9", None, private=True)
        private = {"operation": Operation.UPDATE, "handle": handle, "message": say("for you")}
        here.slack.trouble(Trouble(503, only="response_url"))
        with pytest.raises(Unavailable):
            await here.channel.deliver(make_delivery("d1", None, **private))
        await here.channel.deliver(make_delivery("d1", None, attempts=1, **private))
        assert [posted.private for posted in here.slack.channels["C9"]] == [True]


async def test_a_private_answer_that_is_too_late_is_given_up() -> None:
    """When the URL has run out and there is no id, nothing can be done."""
    async with line() as here:
        gone = {"handle": f"{here.slack.url}/hooks/gone", "operation": Operation.UPDATE}
        with pytest.raises(Rejected):
            await here.channel.deliver(make_delivery("d1", None, **gone))


async def test_the_home_is_published_to_its_person() -> None:
    """A home goes to the person, not into a conversation."""
    async with line() as here:
        assert await here.channel.deliver(make_delivery("d1", None, operation=Operation.HOME)) == Sent()
        assert here.slack.user("U1").home is not None and here.slack.direct("U1") == []


async def test_without_a_token_nothing_is_asked() -> None:
    """A message that cannot be sent for want of a token says which thing is wrong, without a request."""
    async with line(token=None) as here:
        with pytest.raises(BadCredentials, match="no token"):
            await here.channel.deliver(make_delivery("d1", "DU1"))
        assert here.slack.calls == []


async def test_a_message_that_is_gone_is_not_tried_again() -> None:
    """An update of a message that was deleted is refused for good."""
    async with line() as here:
        with pytest.raises(Rejected, match=r"message_not_found"):
            await here.channel.deliver(make_delivery("d1", "DU1", operation=Operation.UPDATE, target="1.1"))


async def test_a_refusal_says_what_slack_said() -> None:
    """The log names the block that is wrong, not the code alone."""
    async with line() as here:
        api = SlackApi(f"{here.slack.url}/api/", TOKEN)
        with pytest.raises(Rejected, match=r"invalid_blocks \(no blocks\)"):
            await api.call("chat.postMessage", {"channel": "U1", "text": "x"})
        await api.close()
        here.slack.complaints.clear()


async def test_nobody_listening_means_not_sent() -> None:
    """A refused connection is certain: the message may safely go again."""
    async with slack_server(Clock()) as slack:
        url = slack.url
    api = SlackApi(f"{url}/api/", TOKEN)
    with pytest.raises(Unavailable):
        await SlackChannel(api, Clock()).deliver(make_delivery("d1", "DU1"))
    await api.close()

"""Deliveries to a loopback Microsoft, in good times and bad."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.teams.app import TeamsAdapter, TeamsConfig
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
from bot.model import Operation
from tests.teams_house import ANONYMOUS, Clock, House, NotingDesk, a_delivery, house
from tests.teams_server import TENANT, Trouble


@pytest.fixture
async def home() -> AsyncIterator[House]:
    """A bot with credentials."""
    async with house() as built:
        yield built


async def test_a_first_message_opens_the_direct_message(home: House) -> None:
    """Where no chat is known it is created, and its id comes back with the message's."""
    sent = await home.adapter.channel.deliver(a_delivery())
    assert sent.conversation == "a:ann"
    assert home.microsoft.direct("29:ann").messages[0].id == sent.external


async def test_a_message_is_updated_in_place(home: House) -> None:
    """An update changes the message it names and posts nothing."""
    sent = await home.adapter.channel.deliver(a_delivery())
    update = a_delivery(
        operation=Operation.UPDATE, target=sent.external, conversation="a:ann", message=say("New")
    )
    assert await home.adapter.channel.deliver(update) == type(sent)()
    (only,) = home.microsoft.direct("29:ann").messages
    assert len(only.versions) == 2


async def test_one_token_serves_many_sends(home: House) -> None:
    """Fifty sends at once fetch one token; it is renewed before it ends."""
    home.microsoft.thread("a:ann")
    known = a_delivery(conversation="a:ann")
    await asyncio.gather(*(home.adapter.channel.deliver(known) for _ in range(50)))
    tokens = f"POST /login/{TENANT}/oauth2/v2.0/token"
    assert home.microsoft.requests.count(tokens) == 1
    home.clock.pass_by(minutes=56)
    await home.adapter.channel.deliver(known)
    assert home.microsoft.requests.count(tokens) == 2


SENDING = "activities"


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble(429, retry_after="7", only=SENDING), RateLimited),
        (Trouble(429, only=SENDING), RateLimited),
        (Trouble(503, retry_after="3", only=SENDING), RateLimited),
        (Trouble(412, only=SENDING), Unavailable),
        (Trouble(500, only=SENDING), Unavailable),
        (Trouble(500, html=True, only=SENDING), Unavailable),
        (Trouble(502, html=True, only=SENDING), Unavailable),
        (Trouble(503, only=SENDING), Unavailable),
        (Trouble(504, only=SENDING), ReplyLost),
        (Trouble(200, html=True, only=SENDING), ReplyLost),
        (Trouble(reset=True, only=SENDING), ReplyLost),
        (Trouble(reset=True, when="after", only=SENDING), ReplyLost),
        (Trouble(400, only=SENDING), Rejected),
        (Trouble(302, only=SENDING), Rejected),
        (Trouble(413, html=True, only=SENDING), Rejected),
        (Trouble(403, only=SENDING), Unreachable),
        (Trouble(404, only=SENDING), Unreachable),
        (Trouble(401, only=SENDING), BadCredentials),
        (Trouble(500, html=True, only="token"), Unavailable),
        (Trouble(401, only="token"), BadCredentials),
        (Trouble(reset=True, only="token"), Unavailable),
        (Trouble(429, only="/v3/conversations"), RateLimited),
    ],
)
async def test_errors_of_the_connector_have_one_meaning_each(
    home: House, trouble: Trouble, error: type[ChannelError]
) -> None:
    """One table maps statuses, HTML pages and cut connections to what the outbox does with them."""
    home.microsoft.trouble(trouble)
    with pytest.raises(error) as caught:
        await home.adapter.channel.deliver(a_delivery())
    if trouble.status and trouble.status != 429 and not trouble.retry_after and trouble.only == SENDING:
        assert str(trouble.status) in str(caught.value)
    await home.adapter.channel.deliver(a_delivery())


async def test_a_rate_limit_says_how_long(home: House) -> None:
    """Retry-After is honoured in seconds and as a date; without it there is a wait of our own."""
    in_a_minute = "Mon, 02 Nov 2026 09:01:00 GMT"
    for header, seconds in (("7", 7.0), ("0.5", 0.5), (in_a_minute, 60.0), ("soon", 5.0), (None, 5.0)):
        home.microsoft.trouble(Trouble(429, retry_after=header, only=SENDING))
        with pytest.raises(RateLimited) as caught:
            await home.adapter.channel.deliver(a_delivery())
        assert caught.value.retry_after == seconds


async def test_a_slow_connector_leaves_it_unknown() -> None:
    """A request that was taken and never answered may have been shown: nobody knows."""
    async with house(send_within=0.2) as home:
        home.microsoft.trouble(Trouble(hang=True, when="after", only=SENDING))
        with pytest.raises(ReplyLost):
            await home.adapter.channel.deliver(a_delivery())
        assert len(home.microsoft.direct("29:ann").messages) == 1


async def test_nobody_listening_means_not_sent(home: House) -> None:
    """A connection that cannot be made took no message."""
    gone = "http://127.0.0.1:9/"
    with pytest.raises(Unavailable):
        await home.adapter.channel.deliver(a_delivery(service_url=gone, conversation="a:ann"))


async def test_a_blocked_bot_cannot_reach_the_person(home: House) -> None:
    """403 means blocked, muted or uninstalled, whatever its text says."""
    home.microsoft.blocked.add("29:ann")
    with pytest.raises(Unreachable):
        await home.adapter.channel.deliver(a_delivery())


async def test_a_token_that_was_revoked_is_fetched_anew(home: House) -> None:
    """An old token that is refused is worth another try with a new one; a new one that is refused is not."""
    await home.adapter.channel.deliver(a_delivery())
    home.clock.pass_by(minutes=10)
    home.microsoft.tokens.clear()
    with pytest.raises(Unavailable):
        await home.adapter.channel.deliver(a_delivery())
    await home.adapter.channel.deliver(a_delivery())


async def test_wrong_passwords_are_bad_credentials() -> None:
    """Microsoft's refusal of the password is for the operator, and names no secret."""
    async with house(app_password="wrong") as home:
        with pytest.raises(BadCredentials) as caught:
            await home.adapter.channel.deliver(a_delivery())
        assert "invalid_client" in str(caught.value) and "wrong" not in str(caught.value)


async def test_what_teams_cannot_do_is_rejected(home: House) -> None:
    """Teams has no home, an update needs its message, and no message goes where it could be overheard."""
    for delivery in (
        a_delivery(operation=Operation.HOME),
        a_delivery(operation=Operation.UPDATE, conversation="a:ann"),
        a_delivery(service_url="http://teams.example/", conversation="a:ann"),
        a_delivery(operation=Operation.UPDATE, target="404", service_url=home.microsoft.service_url),
    ):
        with pytest.raises(Rejected):
            await home.adapter.channel.deliver(delivery)


async def test_anonymous_mode_sends_to_this_machine_only() -> None:
    """Without credentials nothing leaves the machine."""
    async with house(**ANONYMOUS) as home:
        with pytest.raises(Rejected):
            await home.adapter.channel.deliver(
                a_delivery(service_url="https://teams.example/", conversation="a:ann")
            )


def test_deliveries_count_against_the_thread_and_the_tenant() -> None:
    """Teams' limits are declared: per conversation in four windows, per app and tenant 40 a second."""
    adapter = TeamsAdapter(TeamsConfig(), NotingDesk(), Clock())
    thread, tenant = adapter.channel.lanes(a_delivery(conversation="a:ann"))
    assert [(w.limit, w.seconds) for w in thread.windows] == [
        (7, 1.05),
        (8, 2.05),
        (60, 30.05),
        (1800, 3600.05),
    ]
    assert [(w.limit, w.seconds) for w in tenant.windows] == [(8, 0.2), (40, 1)]
    assert thread.key != tenant.key and TENANT in tenant.key


async def test_doctor_asks_microsoft(home: House) -> None:
    """With good credentials, both the token and the signing keys are had."""
    assert [(d.subject, d.well) for d in await home.adapter.diagnose()] == [
        ("Teams credentials", True),
        ("Teams signing keys", True),
    ]


async def test_doctor_names_what_is_missing() -> None:
    """Each missing setting is named, with the page that says where it comes from."""
    async with house(app_password=None) as home:
        (found,) = await home.adapter.diagnose()
        assert not found.well and "MICROSOFT_APP_PASSWORD" in found.mend and "docs/teams.md" in found.mend


async def test_doctor_tells_refused_credentials_from_a_network_that_is_down() -> None:
    """A wrong password is a credential to renew, a silent key server a network to open."""
    async with house(app_password="wrong") as home:
        home.microsoft.keys_down = True
        credentials, keys = await home.adapter.diagnose()
        assert not credentials.well and "invalid_client" in credentials.detail
        assert not keys.well and "reach" in keys.mend


async def test_doctor_says_that_anonymous_is_not_teams() -> None:
    """Anonymous mode is well, and told for what it is."""
    async with house(**ANONYMOUS) as home:
        (found,) = await home.adapter.diagnose()
        assert found.well and "Playground" in found.detail

"""Whom Slack shows as away: how often it is asked, and what is remembered."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.slack.api import SlackApi
from adapters.slack.presence import AT_ONCE, DND_A_MINUTE, KEPT, STATUS_A_MINUTE, SlackPresence
from tests.slack.server import TOKEN, SlackServer, Trouble, slack_server

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """Give a loopback Slack."""
    async with slack_server(lambda: NOW) as server:
        yield server
        assert server.complaints == []


@pytest.fixture
async def presence(slack: SlackServer) -> AsyncIterator[SlackPresence]:
    """Give what is tested, with the right token."""
    api = SlackApi(f"{slack.url}/api/", TOKEN)
    yield SlackPresence(api)
    await api.close()


def people(slack: SlackServer, count: int) -> list[str]:
    """Give people of the workspace."""
    return [slack.user(f"U{number}").id for number in range(count)]


async def test_fifty_are_asked_after_at_once(slack: SlackServer, presence: SlackPresence) -> None:
    """120 people take three calls, and an hour long none more."""
    everybody = people(slack, 120)
    slack.user("U70").dnd = (int(NOW.timestamp()) - 60, int(NOW.timestamp()) + 3600)
    assert await presence.away(everybody, NOW) == {"U70": NOW + timedelta(hours=1)}
    assert slack.calls.count("dnd.teamInfo") == -(-120 // AT_ONCE) == 3
    await presence.away(everybody, NOW + KEPT - timedelta(seconds=1))
    assert slack.calls.count("dnd.teamInfo") == 3
    await presence.away(everybody[:1], NOW + KEPT)
    assert slack.calls.count("dnd.teamInfo") == 4


async def test_what_is_remembered_is_the_spell(slack: SlackServer, presence: SlackPresence) -> None:
    """Half an hour later the same answer says that it is over."""
    (one,) = people(slack, 1)
    slack.user(one).dnd = (int(NOW.timestamp()) - 60, int(NOW.timestamp()) + 600)
    assert await presence.away([one], NOW) == {one: NOW + timedelta(minutes=10)}
    assert await presence.away([one], NOW + timedelta(minutes=10)) == {}


async def test_slacks_limits_are_kept(slack: SlackServer, presence: SlackPresence) -> None:
    """In one minute there are so many calls and no more; in the next the others are asked after."""
    everybody = people(slack, AT_ONCE * (DND_A_MINUTE + 1))
    await presence.away(everybody, NOW)
    assert slack.calls.count("dnd.teamInfo") == DND_A_MINUTE
    assert slack.calls.count("users.info") == STATUS_A_MINUTE
    await presence.away(everybody, NOW + timedelta(minutes=1))
    assert slack.calls.count("dnd.teamInfo") == DND_A_MINUTE + 1
    assert slack.calls.count("users.info") == 2 * STATUS_A_MINUTE


async def test_what_may_not_be_asked_is_not_asked_again_and_again(
    slack: SlackServer, presence: SlackPresence
) -> None:
    """Without the scope it is tried once an hour; statuses are read all the same."""
    slack.scopes = slack.scopes.replace("dnd:read,", "")
    (one,) = people(slack, 1)
    slack.user(one).status = (":palm_tree:", 0)
    for minutes in (0, 1, 59):
        assert one in await presence.away([one], NOW + timedelta(minutes=minutes))
    assert slack.calls.count("dnd.teamInfo") == 1
    await presence.away([one], NOW + KEPT)
    assert slack.calls.count("dnd.teamInfo") == 2


async def test_a_lost_answer_is_asked_for_again(slack: SlackServer, presence: SlackPresence) -> None:
    """Nothing is remembered of a call that failed."""
    (one,) = people(slack, 1)
    slack.user(one).dnd = (int(NOW.timestamp()) - 60, int(NOW.timestamp()) + 3600)
    slack.trouble(Trouble(status=503, only="dnd"))
    assert await presence.away([one], NOW) == {}
    assert one in await presence.away([one], NOW)


async def test_nobody_is_asked_after_for_nobody(slack: SlackServer, presence: SlackPresence) -> None:
    """Without people there is no call."""
    assert await presence.away([], NOW) == {}
    assert slack.calls == []

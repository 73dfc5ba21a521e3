"""Who may post activities, and who may not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import jwt
import pytest

from adapters.teams.app import TeamsConfig
from bot.errors import (
    ConfigError,
)
from tests.teams_house import ANONYMOUS, NOW, UNSET, House, house
from tests.teams_server import APP_ID, SigningKey, TeamsServer


@pytest.fixture
async def home() -> AsyncIterator[House]:
    """A bot with credentials."""
    async with house() as built:
        yield built


def forged_tokens(microsoft: TeamsServer) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a token, and the token."""
    now = int(NOW.timestamp())
    stranger = SigningKey.make("key-1")
    claims = {"iss": "https://api.botframework.com", "aud": APP_ID, "serviceurl": microsoft.service_url}
    claims_full: dict[str, Any] = {**claims, "exp": now + 3600}
    yield "empty", ""
    yield "garbage", "garbage"
    yield "three parts of garbage", "a.b.c"
    yield "deep JSON in its header", "W1tb" * 1500 + ".e30.e30"
    yield "another's signature", microsoft.sign(stranger)
    yield "expired", microsoft.sign(exp=now - 301)
    yield "not valid yet", microsoft.sign(nbf=now + 301)
    yield "times that are no numbers", microsoft.sign(nbf="soon")
    yield "no expiry", microsoft.sign(exp=None)
    yield "another audience", microsoft.sign(aud="somebody-else")
    yield "a list of audiences", microsoft.sign(aud=[APP_ID, "somebody-else"])
    yield "no audience", microsoft.sign(aud=None)
    yield "another issuer", microsoft.sign(iss="https://sts.windows.net/x/")
    yield "no issuer", microsoft.sign(iss=None)
    yield "another service URL", microsoft.sign(serviceurl="https://evil.example/")
    yield "no service URL", microsoft.sign(serviceurl=None)
    yield "an unknown key", microsoft.sign(SigningKey.make("key-9"))
    yield "alg none", jwt.encode(claims_full, "", "none", {"kid": "key-1"})
    yield "HS256", jwt.encode(claims_full, "k" * 64, "HS256", {"kid": "key-1"})
    yield "no key id", jwt.encode(claims_full, microsoft.keys[0].private, "RS256")
    yield "RS512", jwt.encode(claims_full, microsoft.keys[0].private, "RS512", {"kid": "key-1"})


async def test_forged_tokens_are_refused(home: House) -> None:
    """Every token that is not Microsoft's word for this bot, here and now, is answered 401, never 500."""
    for name, token in forged_tokens(home.microsoft):
        status, _ = await home.ann.post({"type": "message", "text": "next"}, token)
        assert status == 401, name
    assert home.desk.taken == []


async def test_a_request_without_a_token_is_refused(home: House) -> None:
    """No Authorization header, or another scheme, is 401."""
    async with aiohttp.ClientSession() as http:
        for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer"}):
            async with http.post(home.url, json={"type": "message"}, headers=headers) as response:
                assert response.status == 401
                assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_clocks_may_differ_by_five_minutes(home: House) -> None:
    """A token that ended less than 5 minutes ago, or begins within the next 5, is good."""
    now = int(NOW.timestamp())
    for token in (home.microsoft.sign(exp=now - 299), home.microsoft.sign(nbf=now + 299)):
        assert (await home.ann.post({"type": "message", "text": "next"}, token))[0] == 200


async def test_the_first_of_many_waits_for_the_keys_and_so_do_the_others(home: House) -> None:
    """Twenty activities at once, before any key is known, cost one fetch, and all of them are taken."""
    line = {"type": "message", "text": "next"}
    answers = await asyncio.gather(*(home.ann.post(line) for _ in range(20)))
    assert {status for status, _ in answers} == {200}
    assert home.microsoft.requests.count("GET /v1/keys") == 1


async def test_a_token_that_was_good_runs_out(home: House) -> None:
    """A token is verified once and its times each time: an hour and five minutes later it is refused."""
    token, line = home.microsoft.sign(), {"type": "message", "text": "next"}
    assert (await home.ann.post(line, token))[0] == 200
    home.clock.pass_by(minutes=64, seconds=59)
    assert (await home.ann.post(line, token))[0] == 200
    home.clock.pass_by(seconds=1)
    for _ in range(2):
        assert (await home.ann.post(line, token))[0] == 401


async def test_a_rotated_key_is_fetched(home: House) -> None:
    """A token of a new key is refused until five minutes after the last fetch, then the new key is known."""
    await home.ann.say("next")
    home.microsoft.rotate()
    assert (await home.ann.post({"type": "message", "text": "next"}))[0] == 401
    home.clock.pass_by(minutes=5)
    await home.ann.say("next")
    assert len(home.desk.taken) == 2


async def test_forgers_cannot_make_the_bot_fetch_keys(home: House) -> None:
    """A hundred unknown keys in a row cost one fetch."""
    token = home.microsoft.sign(SigningKey.make("key-9"))
    for _ in range(100):
        assert (await home.ann.post({"type": "message", "text": "next"}, token))[0] == 401
    assert home.microsoft.requests.count("GET /v1/keys") == 1


async def test_keys_are_kept_while_their_source_is_down(home: House) -> None:
    """A day later the keys are due again; while the metadata is down the old ones serve on."""
    await home.ann.say("next")
    home.microsoft.keys_down = True
    home.clock.pass_by(hours=25)
    await home.ann.say("next")
    assert len(home.desk.taken) == 2


async def test_keys_come_soon_after_their_source_does(home: House) -> None:
    """With no keys at all the bot asks again after ten seconds."""
    home.microsoft.keys_down = True
    assert (await home.ann.post({"type": "message", "text": "next"}))[0] == 401
    home.microsoft.keys_down = False
    home.clock.pass_by(seconds=10)
    await home.ann.say("next")


async def test_a_key_signs_only_for_channels_it_is_endorsed_for(home: House) -> None:
    """A key that Microsoft endorses for webchat cannot speak for Teams."""
    home.microsoft.keys = [SigningKey("key-1", home.microsoft.keys[0].private, ("webchat",))]
    assert (await home.ann.post({"type": "message", "text": "next"}))[0] == 401


async def test_without_credentials_everybody_is_refused() -> None:
    """With no app id there is nobody whom a token could be for: 401, not an open door."""
    async with house(**UNSET) as home:
        assert (await home.ann.post({"type": "message", "text": "next"}))[0] == 401
        assert home.desk.taken == []


async def test_anonymous_mode_answers_this_machine_only() -> None:
    """The loopback rule: a foreign Host, a foreign Origin or a forwarding header is 401."""
    line = {"type": "message", "text": "next"}
    async with house(**ANONYMOUS) as home:
        origin = home.url.removesuffix("/api/messages")
        for headers in ({}, {"Origin": origin}, {"Host": f"localhost:{origin.rpartition(':')[2]}"}):
            assert (await home.ann.post(line, "", **headers))[0] == 200, headers
        for headers in (
            {"Host": "laps.example.com"},
            {"Host": "127.0.0.1.nip.io"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"X-Forwarded-For": "203.0.113.9"},
            {"X-Forwarded-Host": "laps.example.com"},
            {"Forwarded": "for=203.0.113.9"},
            {"Via": "1.1 proxy"},
        ):
            assert (await home.ann.post(line, "", **headers))[0] == 401, headers
        assert (await home.ann.post(line | {"serviceUrl": "https://evil.example/"}, ""))[0] == 401
        assert (await home.ann.post(line | {"serviceUrl": 5}, ""))[0] == 401
        assert len(home.desk.taken) == 3


def test_anonymous_mode_is_refused_beside_credentials() -> None:
    """The setting would open the door that the credentials close."""
    with pytest.raises(ConfigError):
        TeamsConfig(app_id=APP_ID, anonymous=True)

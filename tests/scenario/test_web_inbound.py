import asyncio
from io import BytesIO

import aiohttp
import orjson
import pytest
from yarl import URL

from bot.errors import ConfigError
from bot.messages import say
from bot.model import (
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Operation,
    OrganizationId,
    Workspace,
    WorkspaceId,
)
from tests.web_driver import WebDriver
from tests.web_house import adapter_names, make_settings, room
from tests.world import NOW

FORWARDED = [
    {"Host": "laps.example.com"},
    {"Host": "127.0.0.1.example.com"},
    {"Origin": "https://evil.example"},
    {"X-Forwarded-For": "203.0.113.9"},
    {"Forwarded": "for=203.0.113.9"},
    {"Via": "1.1 proxy"},
]


@pytest.mark.parametrize("headers", FORWARDED, ids=lambda h: next(iter(h)) + next(iter(h.values()))[:8])
@pytest.mark.parametrize("path", ["/", "/web/stream", "/web/static/laps.css"])
async def test_the_room_answers_this_machine_only(headers: dict[str, str], path: str) -> None:
    """Another host name, another origin or a trace of forwarding is refused on every route."""
    async with room() as here, aiohttp.ClientSession() as http:
        response = await http.get(here.url + path, headers=headers)
        assert response.status == 403
        assert "this machine only" in await response.text()


@pytest.mark.parametrize("headers", FORWARDED, ids=lambda h: next(iter(h)) + next(iter(h.values()))[:8])
async def test_nobody_acts_from_elsewhere(headers: dict[str, str]) -> None:
    """Even with everything that the page sends, what comes by another name or way changes nothing."""
    async with room() as here, here.person() as person:
        body = {"id": "12345678", "verb": "agree"}
        sent = {**person.headers, **headers}
        async with person.http.post(f"{here.url}/web/act", json=body, headers=sent) as response:
            assert response.status == 403
        types = [event.type.value async for event, _ in here.server.store.export_events(None)]
        assert types == ["learner.welcomed"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"X-Laps": "0"}, 403), ({"Origin": ""}, 403), ({"Content-Type": "text/plain"}, 415)],
    ids=["header", "origin", "type"],
)
async def test_acting_needs_the_pages_own_request(changed: dict[str, str], status: int) -> None:
    """A request without the page's header, origin or content type does nothing."""
    async with room() as here, here.person() as person:
        headers = {**person.headers, "Content-Type": "application/json", **changed}
        raw = orjson.dumps({"id": "12345678", "verb": "agree"})
        async with person.http.post(f"{here.url}/web/act", data=raw, headers=headers) as response:
            assert response.status == status
        types = [event.type.value async for event, _ in here.server.store.export_events(None)]
        assert types == ["learner.welcomed"]


async def test_a_request_without_an_origin_is_not_the_pages() -> None:
    """Browsers send an Origin with every POST, so what comes without one does nothing."""
    async with room() as here, aiohttp.ClientSession() as http:
        body = {"id": "12345678", "verb": "arrive"}
        async with http.post(f"{here.url}/web/act", json=body, headers={"X-Laps": "1"}) as response:
            assert response.status == 403


async def test_only_acting_makes_somebody_known() -> None:
    """The page sets no cookie: a browser that comes by another site's link hides the one it has."""
    async with room() as here, aiohttp.ClientSession() as http:
        async with http.get(here.url) as response:
            assert not response.cookies
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        body = {"id": "12345678", "verb": "arrive"}
        headers = {"X-Laps": "1", "Origin": here.url}
        async with http.post(f"{here.url}/web/act", json=body, headers=headers) as response:
            cookie = response.cookies["laps_room"]
        assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/"
        async with http.get(f"{here.url}/web/stream") as response:
            assert response.status == 403


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapp.py", "%2Fetc%2Fpasswd"])
async def test_only_the_pages_files_are_served(name: str) -> None:
    """A file that is not the page's is not there."""
    async with room() as here, aiohttp.ClientSession() as http:
        url = URL(f"{here.url}/web/static/{name}", encoded=True)
        async with http.get(url) as response:
            assert response.status == 404


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"id": 7, "verb": "next"}', 400),
        (b'{"id": "12345678"}', 400),
        (b'{"id": "12345678", "verb": "next", "args": {"a": 1}}', 400),
        (b'{"id": "12345678", "verb": "next", "args": []}', 400),
        (b'{"id": "12345678", "verb": "next", "source": 7}', 400),
        (b'{"id": "12345678", "verb": "next", "source": "<b>"}', 400),
        (b'{"id": "12345678", "text": "\\ud800"}', 400),
        (b'{"id": "12345678", "text": "' + b"x" * 3001 + b'"}', 400),
        (b'{"id": "12345678", "text": "' + b"x" * 1_500_000 + b'"}', 413),
        (b'{"id": "12345678", "verb": "upload", "file": "close.yaml"}', 400),
        (b'{"id": "12345678", "verb": "upload", "file": {"name": "a.yaml", "data": "%%%"}}', 400),
        (b'{"id": "12345678", "verb": "upload", "file": {"name": "' + b"x" * 256 + b'", "data": ""}}', 400),
    ],
    ids=[
        "broken",
        "array",
        "id",
        "nothing",
        "numbers",
        "list",
        "source",
        "markup",
        "half",
        "long",
        "huge",
        "file",
        "base64",
        "name",
    ],
)
async def test_bad_bodies_get_a_clear_answer(raw: bytes, status: int) -> None:
    """What is not of the page's shape is 400, what is far over a megabyte 413, and nothing changes."""
    async with room() as here, here.person() as person:
        headers = {**person.headers, "Content-Type": "application/json"}
        async with person.http.post(f"{here.url}/web/act", data=BytesIO(raw), headers=headers) as response:
            assert response.status == status


async def test_the_same_id_is_the_same_thing() -> None:
    """A press sent again after a lost answer changes nothing and shows the present state."""
    async with room() as here, here.person() as person:
        agree = {"verb": "agree", "args": {}, "source": person.page[0].post}
        await person.act(agree, "same-id-1")
        first = person.shown()
        status, _ = await person.act(agree, "same-id-1")
        assert (status, person.shown()) == (200, first)
        types = [event.type.value async for event, _ in here.server.store.export_events(None)]
        assert types == ["learner.welcomed", "learner.joined"]


async def test_pasted_markup_is_shown_and_does_nothing() -> None:
    """Three thousand characters of tags, mentions and right-to-left text come back as plain text only."""
    nasty = '<script>alert(1)</script><!channel> <at>x</at> "onload=1 \u202eabc ```' + "😀" * 20
    async with room() as here, here.person() as person:
        await person.say(nasty)
        for label in ("Agree and start", "Finance analyst", "I have all of them"):
            await person.press(label)
        await person.fill("Another one", x=nasty[:60])
        assert "<script>alert(1)" in person.shown() or "no time zone" in str(person.problems)
        assert "<script" not in person.page[-1].html


async def test_a_locked_database_saves_nothing_and_says_so() -> None:
    """When the database does not answer, the page is told that nothing was saved."""
    async with room() as here, here.person() as person:
        await here.server.store.close()
        status, answer = await person.act({"verb": "agree", "args": {}, "source": person.page[0].post})
        assert status == 503
        assert "Nothing was saved" in answer["trouble"]


async def test_what_happens_elsewhere_reaches_the_open_page() -> None:
    """An update that comes by itself is pushed to the page, and kept for one that opens later."""
    async with room() as here, here.person() as person:
        account = next(iter(c.value for c in person.http.cookie_jar))
        channel = next(a.channel for a in here.server.adapters if a.channel.name is ChannelName.WEB)
        space = Workspace(WorkspaceId("w"), OrganizationId("o"), ChannelName.WEB, "web")
        moved = Delivery(
            DeliveryId("d1"),
            OrganizationId("o"),
            space,
            "k",
            DeliveryKind.REPLY,
            Operation.UPDATE,
            account,
            account,
            say("It goes on in Slack."),
            NOW,
            NOW,
            target="p1",
        )
        sent = await channel.deliver(moved)
        assert sent.external == "p1"
        async with asyncio.timeout(5), person.http.get(f"{here.url}/web/stream") as stream:
            lines: list[str] = []
            while not any(line.startswith("data: {") for line in lines):
                lines.append((await stream.content.readline()).decode())
        assert '"post":"p1"' in lines[-1] and "It goes on in Slack." in lines[-1]


async def test_two_browsers_are_two_learners() -> None:
    """A browser sees its own lessons only; another's button is refused."""
    async with room() as here, here.person() as ann, here.person() as ben:
        for person in (ann, ben):
            for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "50"):
                await person.press(label)
        await ann.press("Start the first lesson")
        stolen = WebDriver(here.url, http=ben.http)
        stolen.page = ann.page[-1:]
        await stolen.press("I did it")
        assert "somebody else" in stolen.shown()


def test_the_room_is_refused_beyond_loopback() -> None:
    """Asked for on an address that others reach, Laps does not start and says why."""
    with pytest.raises(ConfigError, match="sign-in does not exist yet"):
        make_settings(LAPS_WEB="1").check("0.0.0.0")
    make_settings().check("0.0.0.0")
    assert not make_settings().web_on("0.0.0.0")


async def test_the_room_can_be_turned_off() -> None:
    """LAPS_WEB=0 leaves the page out."""
    async with room(LAPS_WEB="0") as here, aiohttp.ClientSession() as http, http.get(here.url) as response:
        assert response.status == 404
        assert ChannelName.WEB not in adapter_names(here.server)


async def test_the_operators_routes() -> None:
    """Alive, ready and the counts are there for operators; ready turns 503 when the database is gone."""
    async with room() as here, here.person() as person:
        await person.say("help")
        async with person.http.get(f"{here.url}/healthz") as response:
            assert await response.json() == {"alive": True}
        async with person.http.get(f"{here.url}/readyz") as response:
            assert response.status == 200 and (await response.json())["lessons"] == 3
        async with person.http.get(f"{here.url}/metrics") as response:
            text = await response.text()
        assert 'laps_interactions_total{channel="web",outcome="done",verb="help"} 1.0' in text
        await here.server.store.close()
        async with person.http.get(f"{here.url}/readyz") as response:
            assert response.status == 503 and "storage" in (await response.json())["database"]

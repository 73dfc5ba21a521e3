import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.slack import socket as socket_module
from adapters.slack.api import SlackApi
from adapters.slack.background import Background
from adapters.slack.socket import SocketMode
from bot.errors import StorageUnavailable
from bot.model import Changes
from bot.ports import Store
from tests.scenario.parity import play, read_scenario
from tests.scenario.test_slack_inbound import started
from tests.slack.house import House, house, laps, socket_house
from tests.slack.server import APP_TOKEN, SOCKET, TOKEN, SlackServer, Trouble, slack_server
from tests.web_house import Clock

NOBODY_KNOWS = {"type": "something_new"}


class Gate:
    """Holds what is to be written back until it is opened, or makes it fail."""

    def __init__(self, store: Store) -> None:
        self.held = asyncio.Event()
        self.open = asyncio.Event()
        self.broken = False
        self._apply = store.apply
        store.apply = self._pass  # type: ignore[method-assign]

    async def _pass(self, changes: Changes, deadline: datetime | None = None) -> None:
        self.held.set()
        if self.broken:
            raise StorageUnavailable("locked")
        await self.open.wait()
        await self._apply(changes, deadline)


def hello(here: House) -> dict[str, object]:
    """Make an event in which somebody types to Laps."""
    here.person()
    return here.slack.event("message", channel="DU1", channel_type="im", user="U1", text="hello", ts="1.1")


async def settled(here: House) -> None:
    """Wait until all that came in is handled, and what was acknowledged has arrived."""
    await here.adapter._background.idle()
    await here.slack.send(SOCKET, NOBODY_KNOWS)
    await here.server.outbox.idle()


async def test_the_first_lesson_over_the_socket() -> None:
    """The shared scenario plays over the socket as it does over HTTP: events, presses and forms."""
    async with socket_house() as here:
        await play(here.person(), read_scenario("first_lesson.yaml"))


async def test_answers_go_back_with_the_acknowledgement() -> None:
    """A slash command's answer and a form's problems stand in the acknowledgement; the home works, too."""
    async with socket_house() as here:
        person = await started(here)
        await person.open_home()
        await person.press_home("Pause")
        assert "[Resume]" in person.home()
        await person.command("help")
        assert "What you can type" in person.shown()
        await person.say("me")
        await person.press("Change time zone")
        await person.press("Another one")
        answer = await person.submit(x="the moon")
        assert "no time zone" in answer["errors"]["x"]


async def test_acknowledged_means_saved() -> None:
    """While the change is being written there is no acknowledgement; afterwards there is one."""
    async with socket_house() as here:
        gate = Gate(here.server.store)
        name = await here.slack.envelope("events_api", hello(here))
        await gate.held.wait()
        await here.slack.send(SOCKET, NOBODY_KNOWS)
        assert name not in here.slack.acks
        gate.open.set()
        await here.slack.until(lambda: name in here.slack.acks)
        assert await here.events() == ["learner.welcomed"]


async def test_what_is_not_saved_is_not_acknowledged_and_comes_again() -> None:
    """While the database is away an event has no acknowledgement; sent again it is handled once."""
    async with socket_house() as here:
        gate = Gate(here.server.store)
        gate.broken = True
        event = hello(here)
        lost = await here.slack.envelope("events_api", event)
        await gate.held.wait()
        await settled(here)
        assert lost not in here.slack.acks and await here.events() == []
        gate.broken = False
        gate.open.set()
        for _ in range(2):
            await here.slack.send(SOCKET, event)
        await settled(here)
        assert await here.events() == ["learner.welcomed"]
        assert len(here.slack.direct("U1")) == 1


async def test_a_press_that_is_not_saved_is_told_so() -> None:
    """Presses do not come again: they are acknowledged, and the person is asked to press again."""
    async with socket_house() as here:
        person = here.person()
        await person.say("hello")
        Gate(here.server.store).broken = True
        await person.press("Agree and start")
        await here.slack.until(lambda: len(person.messages()) == 2)
        assert "Nothing was saved" in person.shown()
        await person.command("help")
        assert "Nothing was saved" in person.shown()


async def test_slack_asks_for_another_connection() -> None:
    """The new connection opens before the old one ends, and what came over the old one is acknowledged."""
    async with socket_house() as here:
        (old,) = here.slack.sockets
        gate = Gate(here.server.store)
        name = await here.slack.envelope("events_api", hello(here))
        await gate.held.wait()
        await old.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
        await here.slack.until(lambda: len(here.slack.sockets) == 2)
        gate.open.set()
        await here.slack.until(lambda: name in here.slack.acks)
        late = await here.slack.envelope("events_api", here.slack.event("message"), old)
        await here.slack.until(lambda: late in here.slack.acks)
        await old.close()
        await here.slack.until(lambda: here.slack.sockets != [] and old not in here.slack.sockets)
        await here.slack.send(SOCKET, NOBODY_KNOWS)
        assert here.slack.calls.count("socket") == 2


async def test_an_old_connection_that_slack_leaves_open_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Slack said that it would close a connection and does not, Laps does."""
    monkeypatch.setattr(socket_module, "LINGER", 0.01)
    async with socket_house() as here:
        (old,) = here.slack.sockets
        await old.send_json({"type": "disconnect", "reason": "warning"})
        await here.slack.until(lambda: len(here.slack.sockets) == 1 and old not in here.slack.sockets)


async def test_a_lost_connection_is_made_again() -> None:
    """A connection that breaks off without a word is replaced, and what was not acknowledged comes again."""
    async with socket_house() as here:
        gate = Gate(here.server.store)
        event = hello(here)
        lost = await here.slack.envelope("events_api", event)
        await gate.held.wait()
        (old,) = here.slack.sockets
        await old.close()
        await here.slack.until(lambda: here.slack.sockets != [] and old not in here.slack.sockets)
        gate.open.set()
        await here.slack.send(SOCKET, event)
        assert lost not in here.slack.acks
        assert await here.events() == ["learner.welcomed"]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(404, only="socket"),
        Trouble(reset=True, only="socket"),
        Trouble(500, html=True, only="apps.connections.open"),
        Trouble(error="internal_error", only="apps.connections.open"),
        Trouble(200, html=True, only="apps.connections.open"),
        Trouble(error="invalid_auth", only="apps.connections.open"),
    ],
    ids=["stale", "reset", "500", "internal", "html", "refused"],
)
async def test_a_try_in_vain_is_followed_by_another(
    trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    """An address that is stale, a Slack that is ill, a refused token: each try asks for a fresh address."""
    async with house() as here:
        here.slack.trouble(trouble)
        api = SlackApi(f"{here.slack.url}/api/", TOKEN)
        background = Background()
        mode = SocketMode(here.adapter._take, APP_TOKEN, api, background)
        background.watch(mode.keep())
        await here.slack.until(lambda: bool(here.slack.sockets))
        assert here.slack.calls.count("apps.connections.open") == 2
        assert [r.__dict__["action"] for r in caplog.records if r.name == "laps.slack.socket"] == [
            "socket_failed"
        ]
        await background.stop()
        await mode.close()
        await api.close()


async def test_slack_names_the_time_to_wait() -> None:
    """Where Slack limits how often an address may be asked for, its own number counts."""
    async with house() as here:
        here.slack.trouble(Trouble(429, retry_after=41, only="apps.connections.open"))
        api = SlackApi(f"{here.slack.url}/api/", TOKEN)
        mode = SocketMode(here.adapter._take, APP_TOKEN, api, Background())
        assert await mode._live() == 41
        await api.close()


async def test_an_idle_connection_is_kept_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now and then Slack is asked who we are, and its not answering ends nothing."""
    monkeypatch.setattr(socket_module, "LIVENESS", 0.01)
    async with socket_house() as here:
        await here.slack.until(lambda: here.slack.calls.count("auth.test") > 2)
        here.slack.trouble(Trouble(500, only="auth.test"))
        await here.slack.until(lambda: not here.slack.troubles)
        await here.slack.send(SOCKET, NOBODY_KNOWS)
        assert here.slack.calls.count("socket") == 1


async def test_what_is_no_envelope_is_left_alone() -> None:
    """Empty messages, texts and envelopes without a payload harm nothing; what has an id is acknowledged."""
    async with socket_house() as here:
        (socket,) = here.slack.sockets
        for text in ("", "Ping from applink", "[1]", "{", '{"envelope_id": 7}', '{"type": "hello"}'):
            await socket.send_str(text)
        await socket.send_bytes(b"\x00")
        name = await here.slack.envelope("events_api", None)  # type: ignore[arg-type]
        await here.slack.until(lambda: name in here.slack.acks)
        assert await here.events() == [] and here.slack.sockets == [socket]


async def test_laps_stops_while_it_connects() -> None:
    """A handshake that hangs does not keep Laps from ending, and leaves nothing open."""
    clock = Clock()
    async with slack_server(clock) as slack:
        slack.trouble(Trouble(hang=True, only="socket"))
        async with laps(slack, clock, SLACK_APP_TOKEN=APP_TOKEN) as here:
            await slack.until(lambda: "socket" in slack.calls)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        assert here.adapter._socket is not None and here.adapter._socket._http is None
        assert slack.sockets == []


async def test_laps_stops_while_slack_asks_for_another_connection() -> None:
    """Told to stop between two connections, Laps closes what is left of both."""
    clock = Clock()
    async with slack_server(clock) as slack:
        async with laps(slack, clock, SLACK_APP_TOKEN=APP_TOKEN):
            await slack.until(lambda: bool(slack.sockets))
            slack.trouble(Trouble(hang=True, only="socket"))
            await slack.sockets[0].send_json({"type": "disconnect", "reason": "warning"})
            await slack.until(lambda: slack.calls.count("socket") == 2)
        await slack.until(lambda: slack.sockets == [])


async def test_stopping_in_the_midst_of_an_envelope_loses_nothing(tmp_path: Path) -> None:
    """What is being handled when Laps is told to stop is saved and acknowledged; its answer comes after."""
    clock = Clock()
    more = {
        "LAPS_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'laps.db'}",
        "SLACK_APP_TOKEN": APP_TOKEN,
    }
    async with slack_server(clock) as slack:
        async with laps(slack, clock, **more) as here:
            event = hello(here)
            gate = Gate(here.server.store)
            await slack.until(lambda: bool(slack.sockets))
            name = await slack.envelope("events_api", event)
            await gate.held.wait()
            _open_when_it_stops(here, gate)
        assert name in slack.acks and slack.sockets == [] and slack.direct("U1") == []
        clock.now += timedelta(minutes=1)
        async with laps(slack, clock, **more) as again:
            await _answers_once(again, slack, event)


def _open_when_it_stops(here: House, gate: Gate) -> None:
    """Let the change through once the adapter has begun to stop."""
    stop = here.adapter.stop

    async def stop_and_open() -> None:
        asyncio.get_running_loop().call_soon(gate.open.set)
        await stop()

    here.adapter.stop = stop_and_open  # type: ignore[method-assign]


async def _answers_once(here: House, slack: SlackServer, event: dict[str, object]) -> None:
    await slack.until(lambda: bool(slack.sockets))
    await slack.send(SOCKET, event)
    await here.server.outbox.drain()
    await here.server.outbox.idle()
    assert len(slack.direct("U1")) == 1
    assert await here.events() == ["learner.welcomed"]

"""Socket Mode: payloads come over a WebSocket that Laps opens, and go the same way as those over HTTP.

An envelope is acknowledged only where the answer is 200, after the commit; Slack sends an event again that is
not, and the repeat changes nothing. slack_sdk's client is not used: when Slack asks for a new connection it
closes the old one first, with the acknowledgements that are under way, and tries one address for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from slack_bolt.response import BoltResponse
from yarl import URL

from adapters.slack.api import SlackApi
from adapters.slack.background import Background
from bot.errors import ChannelError, RateLimited

log = logging.getLogger("laps.slack.socket")

Json = dict[str, object]
Take = Callable[[Json], Awaitable[BoltResponse]]

HEARTBEAT = 10.0
"""Seconds between pings; a connection that does not answer one within half of that is lost."""

LIVENESS = 60.0
"""Seconds after which a connection counts as a good one, and between calls that keep it from going idle:
idle ones have lost events silently."""

CONNECTING = 30.0
"""Seconds that a try may take."""

MOST_PAUSE = 60.0
"""Seconds between tries, at most; `apps.connections.open` is of Slack's slowest tier, once a minute."""

LINGER = 15.0
"""Seconds for what still comes over a connection that Slack is about to close; it says so 10 s before."""

CLOSING = 1.0
"""Seconds to close a connection in: Slack answers, but leaves the line open."""


class SocketMode:
    """One connection, and for a moment two when Slack wants another."""

    def __init__(self, take: Take, app_token: str, api: SlackApi, background: Background) -> None:
        """Prepare; `keep` connects.

        Args:
            take: handles a payload to its commit.
            app_token: with `connections:write`.
            api: the Web API.
            background: runs what comes in, and finishes it at the end.
        """
        self._take = take
        self._app_token = app_token
        self._api = api
        self._background = background
        self._http: aiohttp.ClientSession | None = None
        self._takes = True

    async def keep(self) -> None:
        """Connect, and again whenever a connection ends or Slack asks for another, until cancelled."""
        loop = asyncio.get_running_loop()
        failed = 0
        while True:
            began = loop.time()
            asked = await self._live()
            failed = 0 if loop.time() - began > LIVENESS else failed + 1
            await asyncio.sleep(max(asked, pause_after(failed)))

    def leave(self) -> None:
        """Take nothing new; what is being handled is still acknowledged."""
        self._takes = False

    async def close(self) -> None:
        """Close what connections there are."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _live(self) -> float:
        """Connect, and wait until another connection is wanted; give the seconds that Slack wants before."""
        try:
            async with asyncio.timeout(CONNECTING):
                socket = await self._connect()
        except Exception as error:  # noqa: BLE001 - whatever a connection dies of, the next try may live
            said = str(error) or type(error).__name__
            log.warning("Socket Mode does not connect: %s", said, extra={"action": "socket_failed"})
            return error.retry_after if isinstance(error, RateLimited) else 0.0
        ended = asyncio.Event()
        self._background.watch(self._read(socket, ended))
        while not ended.is_set():
            try:
                await asyncio.wait_for(ended.wait(), LIVENESS)
            except TimeoutError:
                await self._keep_awake()
        return 0.0

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        """Ask for an address, which is good for one connection, and open that."""
        answer = await self._api.call("apps.connections.open", token=self._app_token)
        address = URL(str(answer.get("url") or ""))
        if self._http is None:
            self._http = aiohttp.ClientSession()
        patience = aiohttp.ClientWSTimeout(ws_close=CLOSING)
        return await self._http.ws_connect(
            address, heartbeat=HEARTBEAT, timeout=patience, proxy=proxy_for(address)
        )

    async def _keep_awake(self) -> None:
        try:
            await self._api.call("auth.test")
        except ChannelError as error:
            log.warning("Slack does not answer: %s", error, extra={"action": "auth_test_failed"})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, ended: asyncio.Event) -> None:
        """Take what comes until the connection ends, or a while after Slack said that it will."""
        loop = asyncio.get_running_loop()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as limit:
                    async for message in socket:
                        envelope = _parsed(message.data)
                        if envelope.get("type") == "disconnect":
                            ended.set()
                            limit.reschedule(loop.time() + LINGER)
                        elif isinstance(envelope.get("envelope_id"), str) and self._takes:
                            self._background.run(self._handle(socket, envelope))
        finally:
            ended.set()
            await socket.close()

    async def _handle(self, socket: aiohttp.ClientWebSocketResponse, envelope: Json) -> None:
        """Hand in one envelope, and acknowledge it where it was saved."""
        payload = envelope.get("payload")
        answer = await self._take(payload if isinstance(payload, dict) else {})
        if answer.status != 200:
            return
        acknowledgement: Json = {"envelope_id": envelope["envelope_id"]}
        if answer.body and envelope.get("accepts_response_payload"):
            acknowledgement["payload"] = orjson.loads(answer.body)
        try:
            await socket.send_str(orjson.dumps(acknowledgement).decode())
        except (ConnectionError, aiohttp.ClientError) as error:
            said = str(error) or type(error).__name__
            log.warning("an acknowledgement did not go out: %s", said, extra={"action": "socket_failed"})


def pause_after(failed: int) -> float:
    """Say how many seconds to wait after so many connections in a row that did not hold."""
    return 0.0 if failed < 2 else min(MOST_PAUSE, 2.0 ** min(failed - 2, 10))


def proxy_for(address: URL) -> str | None:
    """Name the proxy that the environment has for https: aiohttp alone would look for one of wss."""
    if proxy_bypass(address.host or ""):
        return None
    return getproxies().get("https" if address.scheme == "wss" else "http")


def _parsed(data: object) -> Json:
    """Read a message; Slack also sends some that are empty or say only that it is there."""
    try:
        read = orjson.loads(data) if isinstance(data, str) else None
    except orjson.JSONDecodeError:
        read = None
    return read if isinstance(read, dict) else {}

"""Socket Mode: payloads come over a WebSocket that Laps opens, to the same Bolt app as over HTTP.

An envelope is acknowledged only where the answer is 200; Slack delivers any other again.
"""

from __future__ import annotations

import asyncio
import logging

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp

from adapters.slack.api import SlackApi

log = logging.getLogger("laps.slack.socket")

LIVENESS = 60.0
"""Seconds between looks at a connection that seems well: idle ones have lost events silently."""

RECONNECT = 5.0
"""Seconds to the next try after one in vain."""

CONNECTING = 30.0
"""Seconds that a try may take: the SDK alone would try one stale address for ever."""


class SocketMode:
    """One connection, kept alive."""

    def __init__(self, bolt: AsyncApp, app_token: str, api: SlackApi) -> None:
        self._bolt = bolt
        self._app_token = app_token
        self._api = api
        self._handler: AsyncSocketModeHandler | None = None

    async def keep(self) -> None:
        """Connect, and look now and then whether the connection still lives and Slack still answers."""
        self._handler = AsyncSocketModeHandler(self._bolt, self._app_token, logger=log)
        while True:
            lives = await self._look(self._handler)
            await asyncio.sleep(LIVENESS if lives else RECONNECT)

    async def close(self) -> None:
        """Take nothing more."""
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]

    async def _look(self, handler: AsyncSocketModeHandler) -> bool:
        try:
            async with asyncio.timeout(CONNECTING):
                if not await handler.client.is_connected():
                    await handler.client.connect_to_new_endpoint(force=True)
                await self._api.call("auth.test")
        except Exception as error:  # noqa: BLE001 - whatever a connection dies of, the next try may live
            log.warning("Socket Mode does not connect: %s", error, extra={"action": "socket_failed"})
            return False
        return True

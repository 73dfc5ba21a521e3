"""The Teams adapter: its one route, its life, and what `laps doctor` asks of it."""

from __future__ import annotations

import logging
from importlib.resources import files

import aiohttp
import orjson
from aiohttp import web

from adapters.teams.auth import Forged, Gatekeeper, confirm
from adapters.teams.channel import TeamsChannel
from adapters.teams.config import TeamsConfig
from adapters.teams.files import Files
from adapters.teams.keys import Keys
from adapters.teams.sender import Connector
from adapters.teams.turn import Turns
from adapters.teams.wire import Wire
from bot.errors import ChannelError
from bot.ports import Clock, Desk, Diagnosis

logger = logging.getLogger(__name__)

__all__ = ["TeamsAdapter", "TeamsConfig"]

ROUTE = "/api/messages"
BODY_LIMIT = 1_000_000
"""Bytes of a request's body; Teams' own activities are under 100 KB."""


class TeamsAdapter:
    """Microsoft Teams: verifies and answers activities, and speaks to people through `channel`."""

    def __init__(self, config: TeamsConfig, desk: Desk, clock: Clock) -> None:
        self._config = config
        self._wire = Wire()
        self._keys = Keys(config.openid_url, self._wire, clock)
        self._gatekeeper = Gatekeeper(config, self._keys, clock)
        self._turns = Turns(desk, config)
        self._connector = Connector(config, self._wire, clock)
        files = Files(config.file_hosts, self._wire)
        self.channel = TeamsChannel(self._connector, config.service_url, files)

    def routes(self) -> list[web.RouteDef]:
        """Return the route that Teams posts to, and the page that the app package refers to."""
        return [web.post(ROUTE, self._receive), web.get("/about", _about)]

    async def start(self) -> None:
        """Get ready; connections are opened when they are needed, so that Laps starts without Microsoft."""

    async def stop(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _receive(self, request: web.Request) -> web.Response:
        _refuse_length(request.content_length)
        try:
            caller = await self._gatekeeper.admit(request.headers)
            payload = orjson.loads(await _body(request))
            if not isinstance(payload, dict) or not isinstance(payload.get("type"), str):
                return web.Response(status=400, text="an activity is a JSON object with a type")
            confirm(caller, payload)
        except Forged as error:
            logger.warning("activity refused: %s", error, extra={"action": "forged"})
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        except orjson.JSONDecodeError:
            return web.Response(status=400, text="the body is no JSON")
        reply = await self._turns.run(payload)
        if reply.body is None:
            return web.Response(status=reply.status)
        return web.Response(
            status=reply.status, body=orjson.dumps(reply.body), content_type="application/json"
        )

    async def diagnose(self) -> tuple[Diagnosis, ...]:
        """Say what is set, whether Microsoft accepts it, and whether its signing keys can be had."""
        if self._config.anonymous:
            detail = "anonymous: for the Agents Playground on this machine, not for Teams"
            return (Diagnosis("Teams", True, detail),)
        missing = tuple(name for name, value in self._settings() if not value)
        if missing:
            mend = f"Set {', '.join(missing)}: see docs/teams.md."
            return (Diagnosis("Teams credentials", False, f"missing: {', '.join(missing)}", mend),)
        return (await self._diagnose_token(), await self._diagnose_keys())

    def _settings(self) -> tuple[tuple[str, str | None], ...]:
        return (
            ("MICROSOFT_APP_ID", self._config.app_id),
            ("MICROSOFT_APP_PASSWORD", self._config.app_password),
            ("MICROSOFT_APP_TENANT_ID", self._config.tenant_id),
        )

    async def _diagnose_token(self) -> Diagnosis:
        subject = "Teams credentials"
        try:
            await self._connector.token.get()
        except ChannelError as error:
            mend = "Check the three MICROSOFT_APP_ settings against the app registration in Entra ID."
            return Diagnosis(subject, False, str(error), mend)
        return Diagnosis(subject, True, "Microsoft gives the bot a token")

    async def _diagnose_keys(self) -> Diagnosis:
        subject = "Teams signing keys"
        try:
            count = await self._keys.fetch()
        except (OSError, TimeoutError, aiohttp.ClientError, ValueError) as error:
            mend = f"Let this machine reach {self._config.openid_url}."
            return Diagnosis(subject, False, repr(error), mend)
        return Diagnosis(subject, True, f"{count} keys")


async def _about(request: web.Request) -> web.Response:
    """Answer the page about Laps, which Teams shows people before they install the app."""
    page = files("adapters.teams").joinpath("about.html").read_text(encoding="utf-8")
    return web.Response(text=page, content_type="text/html")


async def _body(request: web.Request) -> bytes:
    """Read the body, also one that does not say how long it is.

    Raises:
        HTTPRequestEntityTooLarge: it is over the limit.
        HTTPBadRequest: the connection was cut before its end.
    """
    parts, size = [], 0
    try:
        async for part in request.content.iter_any():
            size += len(part)
            _refuse_length(size)
            parts.append(part)
    except ConnectionError as error:
        raise web.HTTPBadRequest from error
    return b"".join(parts)


def _refuse_length(size: int | None) -> None:
    if size is not None and size > BODY_LIMIT:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY_LIMIT, actual_size=size)

"""The practice room's routes: a page, what is done on it, and what comes by itself.

There is no sign-in, so everything here keeps to the loopback rule of `bot.loopback`. A page of another site
cannot act in a learner's name: it has no way to send JSON with our header from our own origin.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
from aiohttp import web

from adapters.web.channel import WebChannel, shown
from adapters.web.render import render_page
from adapters.web.streams import Streams
from bot.errors import StorageError
from bot.joining import all_zones
from bot.loopback import is_local
from bot.messages import Args
from bot.model import ChannelName, Incoming, Sender, Source, Surface, WorkspaceRef
from bot.ports import Clock, Desk, Diagnosis
from bot.routes import read

COOKIE = "laps_room"
WORKSPACE = WorkspaceRef(ChannelName.WEB, "web")
HEARTBEAT = 15.0
"""Seconds between signs of life on a silent stream, so that a closed page is noticed."""

MOST_BODY = 1_000_000
MOST_TEXT = 3000
"""Characters of a typed or pasted text that are read, as everywhere."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STATIC = Path(__file__).parent / "static"
_YEAR = 366 * 24 * 3600

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What the practice room is set up with: nothing but what it calls the organization."""

    organization: str = "Laps"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done on the page: something typed, or a verb with its args, on an element or in a form."""

    id: str
    verb: str
    args: Args
    source: str | None
    zone: str | None
    form: bool


class WebAdapter:
    """The practice room: takes in what is done on the page, and speaks to open pages through `channel`."""

    def __init__(self, config: WebConfig, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._streams = Streams()
        self._page = render_page(config.organization)
        self.channel = WebChannel(self._streams)

    def routes(self) -> list[web.RouteDef]:
        """Return the page, its files, and its two ways of speaking."""
        return [
            web.get("/", local(self._show_page)),
            web.get("/web/static/{name}", local(self._show_file)),
            web.post("/web/act", local(self._act)),
            web.get("/web/stream", local(self._stream)),
        ]

    async def start(self) -> None:
        """Get ready; there is nothing to connect to."""

    async def stop(self) -> None:
        """End the open streams."""
        self._streams.close()

    async def diagnose(self) -> tuple[Diagnosis, ...]:
        """Say nothing: what there is to say of the practice room, its settings say."""
        return ()

    async def _show_page(self, request: web.Request) -> web.StreamResponse:
        response = web.Response(text=self._page, content_type="text/html", headers=_HEADERS)
        if not _account(request):
            response.set_cookie(
                COOKIE, secrets.token_urlsafe(18), max_age=_YEAR, httponly=True, samesite="Strict", path="/"
            )
        return response

    async def _show_file(self, request: web.Request) -> web.StreamResponse:
        path = _STATIC / request.match_info["name"]
        if path.parent != _STATIC or not path.is_file():
            raise web.HTTPNotFound(text="there is no such file")
        return web.FileResponse(path, headers={**_HEADERS, "Cache-Control": "no-cache"})

    async def _act(self, request: web.Request) -> web.StreamResponse:
        account = _account(request)
        if not account or request.headers.get("X-Laps") != "1" or request.content_type != "application/json":
            raise web.HTTPForbidden(text="only the practice room's own page may do that")
        act = _read_act(await _body(request))
        incoming = _incoming(act, account)
        try:
            answer = await self._desk.handle(incoming)
        except StorageError:
            text = "Nothing was saved, because the database does not answer. Press again in a moment."
            return _json({"trouble": text}, status=503)
        messages: list[object] = []
        if answer.message is not None:
            post = act.source or answer.post or secrets.token_hex(8)
            messages.append(orjson.loads(shown(answer.message, post, act.source is not None)))
        return _json({"messages": messages, "problems": dict(answer.problems)})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Send what comes by itself as server-sent events."""
        account = _account(request)
        if not account:
            raise web.HTTPForbidden(text="open the practice room first")
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        with self._streams.listen(account) as lines, contextlib.suppress(ConnectionError):
            line = ": open"
            while line:
                await response.write(f"{line}\n\n".encode())
                line = await _next_line(lines)
        return response


def local(handler: Handler) -> Handler:
    """Answer only what keeps to the loopback rule."""

    async def checked(request: web.Request) -> web.StreamResponse:
        if not is_local(request.headers):
            text = "The practice room answers on this machine only, since there is no sign-in yet."
            raise web.HTTPForbidden(text=text)
        return await handler(request)

    return checked


async def _next_line(lines: asyncio.Queue[str]) -> str:
    """Wait for the next event of a stream, or for the time to give a sign of life; "" ends it."""
    try:
        line = await asyncio.wait_for(lines.get(), HEARTBEAT)
    except TimeoutError:
        return ": alive"
    return f"data: {line}" if line else ""


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BODY:
        raise web.HTTPRequestEntityTooLarge(MOST_BODY, request.content_length or 0)
    return await request.read()


def _read_act(body: bytes) -> Act:
    """Read what was done.

    Raises:
        web.HTTPBadRequest: it is not JSON of the page's shape.
    """
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise web.HTTPBadRequest(text="JSON is needed") from error
    if not isinstance(said, dict):
        raise web.HTTPBadRequest(text="an object is needed")
    identity, verb, args = said.get("id"), said.get("verb"), said.get("args", {})
    text, source, zone = said.get("text"), said.get("source"), said.get("zone")
    if isinstance(text, str):
        verb, args = read(text[:MOST_TEXT])
    if not isinstance(identity, str) or not 8 <= len(identity) <= 64 or not isinstance(verb, str):
        raise web.HTTPBadRequest(text="an id, and a text or a verb, are needed")
    if not isinstance(args, dict) or not all(isinstance(v, str) for v in args.values()):
        raise web.HTTPBadRequest(text="args are texts")
    return Act(
        id=identity,
        verb=verb,
        args={str(k)[:40]: v[:MOST_TEXT] for k, v in args.items()},
        source=source[:64] if isinstance(source, str) else None,
        zone=zone if isinstance(zone, str) and zone in all_zones() else None,
        form=said.get("form") is True,
    )


def _incoming(act: Act, account: str) -> Incoming:
    surface = Surface.HOME if act.verb == "home" else Surface.DIRECT_MESSAGE
    return Incoming(
        id=act.id,
        workspace=WORKSPACE,
        sender=Sender(account, time_zone=act.zone),
        conversation=account,
        verb=act.verb,
        args=act.args,
        surface=Surface.FORM if act.form else surface,
        source=Source(act.source) if act.source else None,
        takes_message=True,
    )


def _account(request: web.Request) -> str:
    value = request.cookies.get(COOKIE, "")
    return value if 16 <= len(value) <= 64 and value.isascii() else ""


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(body), status=status, headers=_HEADERS, content_type="application/json"
    )

"""The practice room's routes: a page, what is done on it, and what comes by itself.

There is no sign-in, so everything here keeps to the loopback rule of `bot.loopback`. A page of another site
cannot act in a learner's name: it has no way to send JSON with our header from our own origin.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
from aiohttp import web

from adapters.web.channel import ROOM, SECOND, WebChannel, seat_of, shown
from adapters.web.inbound import normalise
from adapters.web.render import render_page, render_together
from adapters.web.streams import Queue, Streams
from bot.errors import StorageError
from bot.loopback import is_local
from bot.model import Answer, Incoming, Unsupported
from bot.ports import Clock, Desk, Diagnosis

COOKIE = "laps_room"
HEARTBEAT = 15.0
"""Seconds between signs of life on a silent stream, so that a closed page is noticed."""

RETRY = 1000
"""Milliseconds after which a page whose stream broke comes back."""

MOST_BODY = 1_400_000
"""Bytes of a request's body: a file of a million, a third larger in base64, and what is around it."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
POLICY_TOGETHER = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STATIC = Path(__file__).parent / "static"
_YEAR = 366 * 24 * 3600
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{16,64}")

NOT_HERE = (
    "The practice room answers on this machine only, since there is no sign-in yet: "
    "open http://127.0.0.1 with the port of Laps there."
)
NOT_SAVED = "Nothing was saved, because the database does not answer. Press again in a moment."
NOT_THE_PAGE = "Only the practice room's own page may do that."
_REFUSALS = {"too long": "That is longer than 3,000 characters, so nothing of it was taken."}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What the practice room is set up with: nothing so far."""


class WebAdapter:
    """The practice room: takes in what is done on the page, and speaks to open pages through `channel`."""

    def __init__(self, config: WebConfig, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self.streams = self._streams = Streams()
        self._page = render_page()
        self._together = render_together()
        self.channel = WebChannel(self._streams)

    def routes(self) -> list[web.RouteDef]:
        """Return the page, its files, and its two ways of speaking."""
        return [
            web.get("/", local(self._show_page)),
            web.get("/together", local(self._show_together)),
            web.get("/web/static/{name}", local(self._show_file)),
            web.post("/web/act", local(self._act)),
            web.get("/web/stream", local(self._stream), allow_head=False),
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
        """Show the page. It sets no cookie: who follows a link from another site does not send theirs."""
        return web.Response(text=self._page, content_type="text/html", headers=HEADERS)

    async def _show_together(self, request: web.Request) -> web.StreamResponse:
        """Show two people and the conversation that both read, each as a page of its own."""
        headers = {**HEADERS, "Content-Security-Policy": POLICY_TOGETHER}
        return web.Response(text=self._together, content_type="text/html", headers=headers)

    async def _show_file(self, request: web.Request) -> web.StreamResponse:
        path = _STATIC / request.match_info["name"]
        if path.parent != _STATIC or not path.is_file():
            raise web.HTTPNotFound(text="There is no such file.")
        return web.FileResponse(path, headers={**HEADERS, "Cache-Control": "no-cache"})

    async def _act(self, request: web.Request) -> web.StreamResponse:
        """Take one thing done on the page; the first one brings the browser its cookie."""
        if "Origin" not in request.headers or request.headers.get("X-Laps") != "1":
            return _trouble(NOT_THE_PAGE, 403)
        if request.content_type != "application/json":
            return _trouble("JSON is needed.", 415)
        browser = _account(request)
        new = browser or secrets.token_urlsafe(18)
        seat = request.headers.get("X-Laps-Seat", "1")
        incoming = await _read(request, new, seat)
        if isinstance(incoming, Unsupported):
            return _trouble(_REFUSALS.get(incoming.reason, f"Laps cannot read that: {incoming.reason}."), 400)
        try:
            answer = await self._desk.handle(incoming)
        except StorageError:
            return _trouble(NOT_SAVED, 503)
        response = _json(_answered(incoming, answer))
        if not browser:
            response.set_cookie(COOKIE, new, max_age=_YEAR, httponly=True, samesite="Strict", path="/")
        return response

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Send what comes by itself as server-sent events."""
        browser = _account(request)
        if not browser:
            return _trouble("Open the practice room first.", 403)
        account = (
            f"{ROOM}{browser}" if "room" in request.query else _seated(browser, request.query.get("seat"))
        )
        seen = request.headers.get("Last-Event-ID") or request.query.get("seen", "")
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        with self._streams.listen(account, seen) as queue, contextlib.suppress(ConnectionError):
            while chunk := await _next(queue):
                await response.write(chunk)
        return response


def local(handler: Handler) -> Handler:
    """Answer only what keeps to the loopback rule."""

    async def checked(request: web.Request) -> web.StreamResponse:
        if not is_local(request.headers):
            raise web.HTTPForbidden(text=NOT_HERE)
        return await handler(request)

    return checked


def _answered(incoming: Incoming, answer: Answer) -> dict[str, object]:
    """Make what the page is told. What was pressed keeps its element; what was typed gets a new one.

    The id of a new one follows from the incoming id, so that a repeat shows in the same place.
    """
    messages = []
    if answer.message is not None:
        pressed = incoming.source
        stays = pressed is None or (answer.beside and not pressed.private)
        source = None if pressed is None or stays else pressed.external
        post = source or answer.post or f"m-{incoming.id}"
        only = seat_of(incoming.sender.external) if incoming.in_room else ""
        messages.append(shown(answer.message, post, source is not None, only))
    return {"messages": messages, "problems": dict(answer.problems)}


async def _next(queue: Queue) -> bytes:
    """Wait for the next event, or for the time to give a sign of life; nothing ends the stream."""
    try:
        event = await asyncio.wait_for(queue.get(), HEARTBEAT)
    except TimeoutError:
        return b": alive\n\n"
    if event is None:
        return b""
    return f"event: {event.kind}\nid: {event.id}\nretry: {RETRY}\ndata: {event.data}\n\n".encode()


def _seated(browser: str, seat: str | None) -> str:
    """Name the account of one of a browser's two people."""
    return f"{browser}{SECOND}" if seat == "2" else browser


async def _read(request: web.Request, browser: str, seat: str) -> Incoming | Unsupported:
    """Read a request's body, up to the limit.

    Raises:
        web.HTTPRequestEntityTooLarge: it is longer.
    """
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MOST_BODY:
            raise web.HTTPRequestEntityTooLarge(MOST_BODY, len(body))
    try:
        said = orjson.loads(body)
        in_room = isinstance(said, dict) and said.get("room") is True
        name = f"Person {'2' if seat == '2' else '1'}" if in_room or seat == "2" else ""
        room = f"{ROOM}{browser}" if in_room else None
        return normalise(said, _seated(browser, seat), room, name)
    except orjson.JSONDecodeError:
        return Unsupported("not JSON")


def _account(request: web.Request) -> str:
    value = request.cookies.get(COOKIE, "")
    return value if _ACCOUNT.fullmatch(value) else ""


def _trouble(text: str, status: int) -> web.Response:
    return _json({"trouble": text}, status)


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(body), status=status, headers=HEADERS, content_type="application/json"
    )

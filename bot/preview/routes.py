"""The preview page of the running server: for this machine only, and drawn anew when a lesson is saved."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import web

from adapters.web.app import HEADERS, HEARTBEAT, local
from bot.preview.page import FILES, draw_index, draw_page
from lessons.catalogue import Catalogue

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
MOST_WAITING = 20
"""Events that a page may be behind before it is let go: it comes back by itself."""


class PreviewPages:
    """Shows lessons as they are live, and tells open pages when that changed."""

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        self._catalogue = catalogue
        self._open: set[asyncio.Queue[str | None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the pages, their files and the stream of changes."""
        return [
            web.get("/preview", local(self._index)),
            web.get("/preview/changes", local(self._changes), allow_head=False),
            web.get("/preview/static/{name}", local(self._file)),
            web.get("/preview/{lesson}", local(self._lesson)),
        ]

    def changed(self) -> None:
        """Have open pages show what is live now."""
        self._say("event: catalogue\ndata: live\n\n")

    def refused(self, errors: int) -> None:
        """Tell open pages that what was saved has errors."""
        self._say(f"event: refused\ndata: {errors} to mend, see laps lint\n\n")

    def close(self) -> None:
        """End the streams."""
        for queue in tuple(self._open):
            self._end(queue)

    def _say(self, event: str) -> None:
        for queue in tuple(self._open):
            if queue.qsize() >= MOST_WAITING:
                self._end(queue)
            else:
                queue.put_nowait(event)

    def _end(self, queue: asyncio.Queue[str | None]) -> None:
        self._open.discard(queue)
        queue.put_nowait(None)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return _html(draw_index(self._catalogue()))

    async def _lesson(self, request: web.Request) -> web.StreamResponse:
        catalogue = self._catalogue()
        lesson = catalogue.lessons.get(request.match_info["lesson"])
        if lesson is None:
            raise web.HTTPNotFound(text="The catalogue has no such lesson. All of them: /preview")
        locale = request.query.get("locale", "")
        return _html(draw_page(lesson, catalogue, locale=locale if locale in lesson.translations else None))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = FILES.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text="There is no such file.")
        headers = {**HEADERS, "Cache-Control": "no-cache", "Content-Type": TYPES[path.suffix]}
        return web.FileResponse(path, headers=headers)

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._open.add(queue)
        try:
            with contextlib.suppress(ConnectionError):
                await response.write(b"retry: 1000\n\n")
                while (event := await _next(queue)) is not None:
                    await response.write(event.encode())
        finally:
            self._open.discard(queue)
        return response


async def _next(queue: asyncio.Queue[str | None]) -> str | None:
    """Wait for the next event, or give a sign of life; None ends the stream."""
    try:
        return await asyncio.wait_for(queue.get(), HEARTBEAT)
    except TimeoutError:
        return ": alive\n\n"


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html", headers=HEADERS)

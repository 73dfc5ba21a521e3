"""A person at the practice room's page, without a browser: its requests, its HTML read as people read."""

from __future__ import annotations

import base64
import html
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import aiohttp
import orjson

Json = dict[str, Any]


async def nothing() -> None:
    """Wait for nothing."""


@dataclass
class Shown:
    """One message on the page."""

    post: str
    html: str


class WebDriver:
    """One browser: a cookie, a page, what is on it."""

    def __init__(
        self, url: str, zone: str = "Europe/Berlin", http: aiohttp.ClientSession | None = None
    ) -> None:
        self.url = url
        self.zone = zone
        self.page: list[Shown] = []
        self.problems: dict[str, str] = {}
        self.seat, self.in_room = "1", False
        self.settle: Callable[[], Awaitable[None]] = nothing
        self.http = http or aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    @classmethod
    def beside(cls, first: WebDriver, seat: str, room: bool = False) -> WebDriver:
        """Sit at another of the pages that stand side by side in one browser."""
        driver = cls(first.url, first.zone, first.http)
        driver.seat, driver.in_room = seat, room
        return driver

    async def open(self) -> None:
        """Open the page, as its script does."""
        async with self.http.get(self.url) as response:
            assert response.status == 200, response.status
        await self.act({"verb": "arrive", "args": {}})

    async def close(self) -> None:
        """Close the browser."""
        await self.http.close()

    async def say(self, text: str) -> None:
        """Type a line; in a room, one that speaks to Laps."""
        await self.act({"text": f"laps {text}" if self.in_room else text})

    async def press(self, label: str) -> None:
        """Press the newest button of that label."""
        for shown in reversed(self.page):
            for name, carried in _buttons(shown.html):
                if name == label:
                    await self.act({**carried, "source": shown.post})
                    return
        raise AssertionError(f"no button {label!r} in\n{self.shown()}")

    async def fill(self, form_label: str, **values: str) -> None:
        """Fill in and send the newest form that has these fields; in a room it is asked for first."""
        if self.in_room:
            await self.press(form_label)
        for shown in reversed(self.page):
            for carried, names in _forms(shown.html):
                if values.keys() <= names:
                    args = {**carried["args"], **values}
                    await self.act({**carried, "args": args, "source": shown.post, "form": True})
                    return
        raise AssertionError(f"no form {form_label!r} in\n{self.shown()}")

    async def upload(self, name: str, data: bytes) -> None:
        """Choose a file in the newest form that takes one, and send it."""
        file = {"name": name, "data": base64.b64encode(data).decode()}
        for shown in reversed(self.page):
            if 'type="file"' in shown.html:
                carried = next(carried for carried, names in _forms(shown.html) if "file" in names)
                await self.act({**carried, "file": file, "source": shown.post, "form": True})
                return
        raise AssertionError(f"no field for a file in\n{self.shown()}")

    @property
    def headers(self) -> dict[str, str]:
        """Give what the page's script and the browser add to a request."""
        return {"X-Laps": "1", "Origin": self.url, "X-Laps-Seat": self.seat}

    async def act(self, what: Json, identity: str | None = None) -> tuple[int, Json]:
        """Send one thing and take in the answer."""
        where = {"room": True} if self.in_room else {}
        body = {"id": identity or str(uuid.uuid4()), "zone": self.zone, **where, **what}
        async with self.http.post(f"{self.url}/web/act", json=body, headers=self.headers) as response:
            text = await response.text()
            answer: Json = orjson.loads(text) if response.content_type == "application/json" else {}
            for message in answer.get("messages", ()):
                self.show(message)
            self.problems = answer.get("problems", {})
            await self.settle()
            return response.status, answer

    def show(self, message: Json) -> None:
        """Show what came, in the place of what it updates."""
        for shown in self.page:
            if shown.post == message["post"]:
                shown.html = message["html"]
                return
        if not message["updates"]:
            self.page.append(Shown(message["post"], message["html"]))

    def shown(self) -> str:
        """Give the message that was drawn last, as it reads."""
        return self.messages()[-1]

    def messages(self) -> list[str]:
        """Give every message as it reads."""
        return [read(shown.html) for shown in self.page]


class _Reader(HTMLParser):
    """Collects the text of HTML, a line for each block."""

    _BLOCKS = frozenset(
        {"p", "li", "h2", "h3", "div", "dt", "pre", "figcaption", "button", "legend", "label"}
    )

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BLOCKS:
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> str:
    """Give a message's text."""
    reader = _Reader()
    reader.feed(markup)
    return re.sub(r"\n\s*\n+", "\n", reader.text).strip()


def _buttons(markup: str) -> list[tuple[str, Json]]:
    found = re.findall(
        r'<button type="button"[^>]* data-press="([^"]*)"[^>]*>(.*?)</button>', markup, re.DOTALL
    )
    return [(html.unescape(name), orjson.loads(html.unescape(carried))) for carried, name in found]


def _forms(markup: str) -> list[tuple[Json, set[str]]]:
    found = re.findall(r'<form [^>]*data-press="([^"]*)"[^>]*>(.*?)</form>', markup, re.DOTALL)
    return [
        (orjson.loads(html.unescape(carried)), set(re.findall(r' name="([^"]*)"', inside)))
        for carried, inside in found
    ]

"""Speaks in the practice room: pushes to the person's open pages."""

from __future__ import annotations

import orjson

from adapters.web.render import LIMITS, render
from adapters.web.streams import Streams
from bot.errors import FileRefused
from bot.messages import Message
from bot.model import ChannelName, Delivery, FileRef, Operation, Sent
from bot.ports import Lane


class WebChannel:
    """The practice room's way to speak; see `bot.ports.Channel`. It has no limits of pace."""

    name = ChannelName.WEB
    limits = LIMITS

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Return no limits: the page is on this machine."""
        return ()

    async def deliver(self, delivery: Delivery) -> Sent:
        """Push a message to the open pages; where none is open, the next one gets it."""
        home = "home" if delivery.operation is Operation.HOME else None
        post = str(home or delivery.target or delivery.post or delivery.id)
        updates = delivery.operation is Operation.UPDATE
        only = delivery.account if delivery.operation is Operation.WHISPER else ""
        where = delivery.conversation or ""
        to = where if where.startswith(ROOM) else delivery.account
        told = shown(delivery.message, post, updates, seat_of(only) if to == where else "")
        self._streams.push(to, orjson.dumps(told).decode())
        return Sent(external=post)

    async def find(self, delivery: Delivery) -> Sent | None:
        """Say that it is not there: what comes to a page again takes the place of the first, by its id."""
        return None

    async def fetch(self, file: FileRef, most: int) -> bytes:
        """Return a file that came along with the form; see `bot.ports.FileSource`."""
        if file.data is None:
            raise FileRefused(f"“{file.name[:80]}” came without its content.", "Choose it once more.")
        return file.data


ROOM = "room-"
"""How the conversations that both people of a browser read are named."""

SECOND = "-2"
"""How the account of a browser's second person ends."""


def seat_of(account: str) -> str:
    """Say which of a browser's two people an account is: 1 or 2; "" of none."""
    return "" if not account else "2" if account.endswith(SECOND) else "1"


def shown(message: Message, post: str, updates: bool, only: str = "") -> dict[str, object]:
    """Make what the page shows: the element's id, its HTML, the plain text to be read out.

    With `updates` it takes the place of the element of that id; where there is none, nothing is shown. `only`
    names the one of two people for whom it is.
    """
    made = {"post": post, "html": render(message, post), "text": message.fallback, "updates": updates}
    return {**made, "only": only} if only else made

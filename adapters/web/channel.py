"""Speaks in the practice room: pushes to the person's open pages."""

from __future__ import annotations

import orjson

from adapters.web.render import LIMITS, render
from adapters.web.streams import Streams
from bot.messages import Message
from bot.model import ChannelName, Delivery, Operation, Sent
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
        post = delivery.target or delivery.post or delivery.id
        updates = delivery.operation is Operation.UPDATE
        self._streams.push(delivery.account, shown(delivery.message, str(post), updates))
        return Sent(external=str(post))


def shown(message: Message, post: str, updates: bool) -> str:
    """Write what the page shows: the element's id, its HTML, and the plain text to be read out."""
    return orjson.dumps(
        {"post": post, "html": render(message, post), "text": message.fallback, "updates": updates}
    ).decode()

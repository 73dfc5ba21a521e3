"""Teams as a way to speak to people: posts, updates, and the limits that pace them."""

from __future__ import annotations

from collections import OrderedDict

from adapters.teams.files import Files
from adapters.teams.render import LIMITS, activity
from adapters.teams.sender import Connector
from bot.errors import Rejected, ReplyLost
from bot.messages import Limits
from bot.model import ChannelName, Delivery, FileRef, Operation, Sent
from bot.ports import Lane, Window

_JITTER = 0.05
"""Seconds: two messages may come closer together at Microsoft than they left here."""

THREAD = tuple(Window(most, seconds + _JITTER) for most, seconds in ((7, 1), (8, 2), (60, 30), (1800, 3600)))
"""Per bot and conversation, sending or creating: Microsoft's "Optimize your bot with rate limiting"."""

TENANT = (Window(8, 0.2), Window(40, 1))
"""Per app and tenant: the same page says 50 a second; older ones 30. Spread over the second, so that no two
bursts come together there."""

_REMEMBERED = 10_000


class TeamsChannel:
    """Sends to Teams; it holds no state but which conversations it opened lately."""

    name: ChannelName = ChannelName.TEAMS
    limits: Limits = LIMITS

    def __init__(self, connector: Connector, service_url: str, files: Files) -> None:
        self._connector = connector
        self._files = files
        self._service_url = service_url
        self._opened: OrderedDict[tuple[str, str], str] = OrderedDict()

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Return the conversation's limits and the tenant's."""
        tenant = f"teams/{delivery.workspace.external}"
        whispers = delivery.operation is Operation.WHISPER
        thread = (None if whispers else delivery.conversation) or delivery.account
        return (Lane(f"{tenant}/{thread}", THREAD), Lane(tenant, TENANT))

    async def deliver(self, delivery: Delivery) -> Sent:
        """Post or update once; a direct message that does not exist yet is opened first.

        Teams shows nothing to one person alone in a conversation: a whisper goes to the direct message.

        Raises:
            ChannelError: see `bot.ports.Channel`; an update whose message is not known, and a home, which
                Teams does not have, are Rejected.
        """
        service_url = delivery.service_url or self._service_url
        if delivery.operation is Operation.HOME:
            raise Rejected("Teams has no home")
        whispers = delivery.operation is Operation.WHISPER
        known = None if whispers else delivery.conversation
        conversation = known or await self._direct(delivery, service_url)
        if delivery.operation is Operation.UPDATE:
            if not delivery.target:
                raise Rejected("an update of a message that Teams never named")
            body = activity(delivery.message)
            await self._connector.update(service_url, conversation, delivery.target, body)
            return Sent()
        posted = await self._connector.post(service_url, conversation, activity(delivery.message))
        return Sent(external=posted, conversation=None if delivery.conversation else conversation)

    async def find(self, delivery: Delivery) -> Sent | None:
        """Say that Teams cannot be asked what was posted.

        Raises:
            ReplyLost: always.
        """
        raise ReplyLost("Teams does not say what was posted")

    async def fetch(self, file: FileRef, most: int) -> bytes:
        """Read a file that somebody sent; see `bot.ports.FileSource`."""
        return await self._files.fetch(file, most)

    async def _direct(self, delivery: Delivery, service_url: str) -> str:
        key = (delivery.workspace.external, delivery.account)
        conversation = self._opened.get(key)
        if conversation is None:
            conversation = await self._connector.open(service_url, delivery.account, key[0])
            self._opened[key] = conversation
            if len(self._opened) > _REMEMBERED:
                self._opened.popitem(last=False)
        return conversation

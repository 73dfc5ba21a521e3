"""Speaks in Slack: posts, updates in place, publishes the home."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from yarl import URL

from adapters.slack.api import SlackApi
from adapters.slack.limits import LIMITS
from adapters.slack.presence import SlackPresence
from adapters.slack.render import Json, render, render_home
from bot.errors import FileRefused, Permanent, Rejected, ReplyLost
from bot.model import ChannelName, Delivery, FileRef, Operation, Sent
from bot.ports import Clock, Lane, Window

_JITTER = 0.05
"""Seconds: two messages may come closer together at Slack than they left here."""

_POST_CONVERSATION = (Window(1, 1 + _JITTER),)
_POST_WORKSPACE = (Window(10, 1 + _JITTER), Window(525, 60 + _JITTER))
"""The workspace's cap is not published; one vendor works at 525 a minute. They are spread over the minute, so
that what is urgent waits a moment for its turn and not for the minute's end."""
_UPDATE = (Window(5, 6.0), Window(50, 60 + _JITTER))
_PUBLISH = (Window(10, 6.0), Window(100, 60 + _JITTER))
_WHISPER = (Window(10, 6.0), Window(100, 60 + _JITTER))

_INSTEAD = {"replace_original": True}
_BESIDE = {"replace_original": False, "response_type": "ephemeral"}

_OURS = "laps_delivery"
_LOOKED_AT = 15
_ASTRAY = timedelta(minutes=5)
"""So far Slack's clock and ours may be apart."""


class SlackChannel:
    """One workspace's way to speak; see `bot.ports.Channel`."""

    name = ChannelName.SLACK
    limits = LIMITS

    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._presence = SlackPresence(api)

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Return Slack's limits: posts count twice, updates once, answers to a press not at all."""
        space = delivery.workspace.external
        if delivery.operation is Operation.HOME:
            return (Lane(f"{space}/views.publish", _PUBLISH),)
        if delivery.operation is Operation.POST:
            return (
                Lane(f"{space}/post/{delivery.conversation or delivery.account}", _POST_CONVERSATION),
                Lane(f"{space}/chat.postMessage", _POST_WORKSPACE),
            )
        if self._can_answer(delivery):
            return ()
        if delivery.operation is Operation.WHISPER:
            return (Lane(f"{space}/chat.postEphemeral", _WHISPER),)
        return (Lane(f"{space}/chat.update", _UPDATE),)

    async def deliver(self, delivery: Delivery) -> Sent:
        """Send once; an answer whose `response_url` is used up becomes an ordinary update."""
        if delivery.operation is Operation.HOME:
            view = render_home(delivery.message)
            await self._api.call("views.publish", {"user_id": delivery.account, "view": view})
            return Sent()
        drawn = render(delivery.message)
        if delivery.operation is Operation.POST:
            return await self._post(delivery, drawn)
        whispers = delivery.operation is Operation.WHISPER
        if delivery.handle and self._can_answer(delivery):
            how = _BESIDE if whispers else _INSTEAD
            try:
                await self._api.respond(delivery.handle, {**how, **drawn})
                return Sent()
            except Rejected:
                if not delivery.target and not whispers:
                    raise
        return await (self._whisper if whispers else self._update)(delivery, drawn)

    async def find(self, delivery: Delivery) -> Sent | None:
        """Look for a post among the newest messages of its conversation, by the id that it carries.

        Needs im:history in a direct message; `conversations.history` gives some apps 15 messages at most.
        What only one person sees is in nobody's history.
        """
        if delivery.operation is Operation.WHISPER:
            raise ReplyLost("Slack keeps nothing of what only one person sees")
        try:
            conversation = delivery.conversation or await self._open(delivery.account)
            since = (delivery.planned_at - _ASTRAY).timestamp()
            asked = {"channel": conversation, "limit": _LOOKED_AT, "oldest": f"{since:.6f}"}
            asked |= {"include_all_metadata": True}
            answer = await self._api.call("conversations.history", asked)
        except Permanent as error:
            raise ReplyLost(f"Slack does not say what was posted: {error}") from error
        messages = answer.get("messages")
        known = [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
        for message in known:
            if _id_in(message) == delivery.id:
                return Sent(external=_text(message.get("ts")), conversation=conversation)
        if answer.get("has_more") or any(m.get("bot_id") and not _id_in(m) for m in known):
            raise ReplyLost("not among the newest messages that Slack tells of")
        return None

    async def _open(self, account: str) -> str:
        """Return the direct message with a person."""
        answer = await self._api.call("conversations.open", {"users": account})
        channel = answer.get("channel")
        found = _text(channel.get("id")) if isinstance(channel, dict) else None
        if found is None:
            raise Rejected("conversations.open names no conversation")
        return found

    async def fetch(self, file: FileRef, most: int) -> bytes:
        """Read a file that somebody sent; see `bot.ports.FileSource`.

        The token goes to Slack's own hosts only, whatever address a payload names.
        """
        if not _is_slacks(file.address, self._api.base):
            hint = "Upload it to Slack itself: no file of another service or workspace can be read."
            raise FileRefused(f"“{file.name[:80]}” is not kept where Slack keeps files.", hint)
        return await self._api.download(file.address, most)

    async def look_up(self, address: str) -> str | None:
        """Find somebody's user id by their e-mail address; None: nobody here has it.

        Raises:
            ChannelError: Slack cannot be asked now, or the scope users:read.email is missing.
        """
        try:
            answer = await self._api.call("users.lookupByEmail", {"email": address})
        except Rejected:
            return None
        user = answer.get("user")
        return _text(user.get("id")) if isinstance(user, dict) else None

    async def away(self, accounts: Collection[str], now: datetime) -> Mapping[str, datetime]:
        """Return until when people are away; see `bot.ports.Presence`."""
        return await self._presence.away(accounts, now)

    def _can_answer(self, delivery: Delivery) -> bool:
        """Say whether the press can still be answered through its own URL.

        After one try in vain the message is updated by its id; a private one has none, and can only be
        answered so.
        """
        until = delivery.handle_until
        alive = bool(delivery.handle) and (until is None or self._clock() < until)
        return alive and (delivery.attempts == 0 or delivery.target is None)

    async def _post(self, delivery: Delivery, drawn: Json) -> Sent:
        body = {
            "channel": delivery.conversation or delivery.account,
            **drawn,
            "parse": "none",
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": _OURS, "event_payload": {"id": delivery.id}},
        }
        answer = await self._api.call("chat.postMessage", body)
        return Sent(external=_text(answer.get("ts")), conversation=_text(answer.get("channel")))

    async def _whisper(self, delivery: Delivery, drawn: Json) -> Sent:
        """Show a message to one person in a conversation; to them directly where that cannot be."""
        if not delivery.conversation:
            return await self._post(delivery, drawn)
        body = {"channel": delivery.conversation, "user": delivery.account, "parse": "none", **drawn}
        await self._api.call("chat.postEphemeral", body)
        return Sent()

    async def _update(self, delivery: Delivery, drawn: Json) -> Sent:
        if not delivery.target or not delivery.conversation:
            raise Rejected("the message to update is not known")
        body = {"channel": delivery.conversation, "ts": delivery.target, "parse": "none", **drawn}
        await self._api.call("chat.update", body)
        return Sent()


def _is_slacks(address: str, api: str) -> bool:
    """Say whether an address is on the host of Slack's files, which goes by that of its Web API."""
    base = URL(api)
    try:
        url = URL(address)
        host, port = url.host, url.port
    except ValueError:
        return False
    return url.scheme == base.scheme and host in (base.host, f"files.{base.host}") and port == base.port


def _id_in(message: Mapping[str, object]) -> str | None:
    """Return the delivery that a message was sent as; None where it does not say."""
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != _OURS:
        return None
    payload = metadata.get("event_payload")
    return _text(payload.get("id")) if isinstance(payload, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

"""A learner at a Slack client: types, presses, opens and sends forms, looks at the home, and reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import orjson

from tests.slack.server import TEAM, Posted, SlackServer

Json = dict[str, Any]


async def nothing() -> None:
    """Wait for nothing."""


class SlackDriver:
    """One person with the bot's direct message and home."""

    def __init__(
        self,
        server: SlackServer,
        bot: str,
        person: str = "U1",
        settle: Callable[[], Awaitable[None]] = nothing,
    ) -> None:
        """Sit down at a client.

        Args:
            server: the loopback Slack.
            bot: the address that Slack posts to.
            person: the user id.
            settle: waits until the bot has sent what it had to send.
        """
        self.server, self.bot, self.person = server, bot, person
        self._settle = settle
        self.me = server.user(person)
        self.channel = f"D{person}"
        server.direct(person)
        self.last: Json = {}

    def in_room(self, channel: str) -> SlackDriver:
        """Sit down at the same client, in a conversation of several people."""
        there = SlackDriver(self.server, self.bot, self.person, self._settle)
        there.channel = channel
        self.server.room(channel)
        return there

    # ------------------------------------------------------------ doing

    async def say(self, text: str) -> None:
        """Type a line in the direct message; in a room, a command."""
        if not self.channel.startswith("D"):
            await self.command(text, self.channel)
            return
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        event = self.server.event(
            "message", channel=self.channel, channel_type="im", user=self.person, text=escaped, ts="1.1"
        )
        await self.deliver(event)

    async def upload(self, name: str, data: bytes) -> None:
        """Send a file in the direct message."""
        about = {"channel": self.channel, "channel_type": "im", "user": self.person, "ts": "1.1"}
        event = self.server.event(
            "message", subtype="file_share", text="", files=[self.server.file(name, data)], **about
        )
        await self.deliver(event)

    async def deliver(self, event: Json) -> list[int]:
        """Have an event delivered."""
        self.last = event
        statuses = await self.server.deliver(self.bot, event)
        await self._settle()
        return statuses

    async def open_home(self, tab: str = "home") -> None:
        """Open the home, or with `messages` the direct message."""
        event = self.server.event("app_home_opened", user=self.person, channel=self.channel, tab=tab)
        await self.deliver(event)

    async def command(self, text: str, channel: str = "C9") -> None:
        """Type /laps somewhere; an answer for one's own eyes is shown in the direct message's place."""
        payload = {
            "command": "/laps",
            "text": text,
            "team_id": TEAM,
            "channel_id": channel,
            "user_id": self.person,
            "user_name": "person",
            "trigger_id": self.server.trigger(self.person),
            "response_url": self.server.hook(channel, None, private=True, user=self.person),
        }
        status, kind, body = await self.server.send(self.bot, payload, "command")
        assert status == 200, status
        if kind == "application/json":
            answer = orjson.loads(body)
            assert answer["response_type"] == "ephemeral"
            shown = Posted(f"e{len(self.server.calls)}", answer, private=True, to=self.person)
            self._conversation().append(shown)
        await self._settle()

    async def press(self, label: str) -> None:
        """Press the newest button of that label, or of that accessibility label."""
        posted, element = self._find(label)
        await self._press(posted, element)

    async def act_on(self, action: str, text: str, channel: str = "C9") -> None:
        """Choose a message action on somebody's message, in a conversation where the bot need not be."""
        payload = {
            "type": "message_action",
            "callback_id": action,
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": self.person, "name": "person"},
            "channel": {"id": channel, "name": "general"},
            "message": {"type": "message", "user": "UBOSS", "ts": "7.7", "text": text},
            "message_ts": "7.7",
            "trigger_id": self.server.trigger(self.person),
            "response_url": self.server.hook(channel, None, private=True, user=self.person),
        }
        await self._interact(payload)

    async def press_home(self, label: str) -> None:
        """Press a button of the home."""
        assert self.me.home is not None
        element = next(e for e in _buttons(self.me.home["blocks"]) if _is(e, label))
        payload = self._payload(element) | {
            "container": {"type": "view", "view_id": "V1"},
            "view": {"id": "V1", "type": "home"},
        }
        await self._interact(payload)

    async def fill(self, form_label: str, **values: str) -> None:
        """Open a form by its button, fill it in, and send it."""
        await self.press(form_label)
        await self.submit(**values)

    async def submit(self, **values: str) -> Json:
        """Fill in and send the open form; fields that are not named keep what they hold."""
        await self.server.until(lambda: bool(self.me.modals))
        view = self.me.modals[-1]
        state = {
            block["block_id"]: {block["element"]["action_id"]: _state(block, values.get(block["block_id"]))}
            for block in view["blocks"]
            if block["type"] == "input"
        }
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": self.person, "name": "person"},
            "trigger_id": self.server.trigger(self.person),
            "view": {**view, "state": {"values": state}},
        }
        status, kind, body = await self.server.send(self.bot, payload, "payload")
        assert status == 200, status
        answer: Json = orjson.loads(body) if kind == "application/json" and body else {}
        if answer.get("response_action") != "errors":
            self.me.modals.pop()
        await self._settle()
        return answer

    async def _press(self, posted: Posted, element: Json) -> None:
        container = {
            "type": "message",
            "message_ts": posted.ts,
            "channel_id": self.channel,
            "is_ephemeral": posted.private,
        }
        payload = self._payload(element) | {
            "container": container,
            "channel": {"id": self.channel, "name": self._named()},
            "message": {"ts": posted.ts, **posted.body},
            "response_url": self.server.hook(self.channel, posted.ts, posted.private, self.person),
        }
        await self._interact(payload)

    def _payload(self, element: Json) -> Json:
        action = {"type": "button", "block_id": "b", "action_ts": "1.2", **element}
        return {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": self.person, "username": "person", "team_id": TEAM},
            "api_app_id": "A1",
            "trigger_id": self.server.trigger(self.person),
            "actions": [action],
        }

    async def _interact(self, payload: Json) -> None:
        self.last = payload
        status, _, _ = await self.server.send(self.bot, payload, "payload")
        assert status == 200, status
        await self._settle()

    # ------------------------------------------------------------ reading

    def shown(self) -> str:
        """Give the newest message as it reads."""
        return self.messages()[-1]

    def messages(self) -> list[str]:
        """Give every message of the conversation that this person sees, as it reads."""
        return [read(posted.body["blocks"]) for posted in self._seen()]

    def home(self) -> str:
        """Give the home as it reads."""
        return read(self.me.home["blocks"]) if self.me.home else ""

    def _conversation(self) -> list[Posted]:
        is_direct = self.channel.startswith("D")
        return self.server.direct(self.person) if is_direct else self.server.room(self.channel)

    def _seen(self) -> list[Posted]:
        return [
            posted for posted in self._conversation() if not posted.private or posted.to in ("", self.person)
        ]

    def _named(self) -> str:
        return "directmessage" if self.channel.startswith("D") else "cohort"

    def _find(self, label: str) -> tuple[Posted, Json]:
        for posted in reversed(self._seen()):
            for element in _buttons(posted.body["blocks"]):
                if _is(element, label):
                    return posted, element
        raise AssertionError(f"no button {label!r} in\n" + "\n---\n".join(self.messages()))


def _buttons(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        if block["type"] == "actions":
            yield from block["elements"]


def _is(element: Json, label: str) -> bool:
    return label in (element["text"]["text"], element.get("accessibility_label"))


def _state(block: Json, value: str | None) -> Json:
    """Make a field's state as Slack sends it."""
    element = block["element"]
    if element["type"] == "plain_text_input":
        return {"type": element["type"], "value": element.get("initial_value") if value is None else value}
    options = {option["value"]: option for option in element["options"]}
    if element["type"] in ("checkboxes", "multi_static_select"):
        before = element.get("initial_options", [])
        chosen = before if value is None else [options[v] for v in value.split(",") if v]
        return {"type": element["type"], "selected_options": chosen}
    chosen_one = element.get("initial_option") if value is None else options[value] if value else None
    return {"type": element["type"], "selected_option": chosen_one}


def read(blocks: list[Json]) -> str:
    """Give blocks as a person reads them; a button as [Label]."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: Json) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield block["text"]["text"]
        case "context":
            yield " ".join(element["text"] for element in block["elements"])
        case "actions":
            yield " ".join(f"[{element['text']['text']}]" for element in block["elements"])
        case "rich_text":
            yield from map(_rich, block["elements"])


def _rich(element: Json) -> str:
    if element["type"] == "rich_text_list":
        return "\n".join("• " + _rich(item) for item in element["elements"])
    return "".join(run["text"] for run in element["elements"])

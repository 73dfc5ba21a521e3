"""A learner at a Teams client: types, presses buttons, fills in cards, and reads what is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any

import aiohttp

from tests.teams_cards import elements
from tests.teams_server import APP_ID, CARD, TENANT, Conversation, TeamsServer

Json = dict[str, Any]
TEXT = "application/vnd.microsoft.activity.message"


async def nothing() -> None:
    """Wait for nothing."""


class TeamsDriver:
    """One person in a chat with the bot.

    Cards that an answer puts in the place of a pressed one are shown as a client does: until it loads the
    conversation again (`reload`), which shows what was posted and updated.
    """

    def __init__(
        self,
        server: TeamsServer,
        bot: str,
        person: str = "29:ann",
        name: str = "Ann",
        time_zone: str | None = "Europe/Berlin",
        settle: Callable[[], Awaitable[None]] = nothing,
        execute: bool = True,
    ) -> None:
        """Sit down at a client.

        Args:
            server: the loopback Microsoft.
            bot: the address that the bot's activities are posted to.
            person: the bot-specific id.
            name: what Teams calls the person.
            time_zone: what the client tells of its clock.
            settle: waits until the bot has sent what it had to send.
            execute: the client knows Action.Execute; older ones fall back to Action.Submit.
        """
        self._server = server
        self._bot = bot
        self.person, self.name, self.time_zone = person, name, time_zone
        self._settle = settle
        self._execute = execute
        self._shown: dict[str, Json] = {}
        self._seen: dict[str, int] = {}
        self._numbers = count(1)
        self.notices: list[str] = []
        self.last: Json = {}

    def in_room(self, name: str) -> TeamsRoomDriver:
        """Sit down at the same client, in a channel of a team."""
        return TeamsRoomDriver(self, name)

    # ------------------------------------------------------------ doing

    async def install(self) -> None:
        """Install the app, as Teams tells a bot of it: two activities."""
        bot = {"id": f"28:{APP_ID}"}
        await self.post({"type": "conversationUpdate", "membersAdded": [bot]})
        await self.post({"type": "installationUpdate", "action": "add"})
        await self._settle()

    async def uninstall(self) -> None:
        """Remove the app."""
        await self.post({"type": "installationUpdate", "action": "remove"})
        await self._settle()

    async def say(self, text: str) -> None:
        """Type a line."""
        status, _ = await self.post({"type": "message", "text": text, "textFormat": "plain"})
        assert status == 200, status
        await self._settle()

    async def upload(self, name: str, data: bytes) -> None:
        """Attach a file."""
        status, _ = await self.post({"type": "message", "attachments": [self._server.file(name, data)]})
        assert status == 200, status
        await self._settle()

    async def act_on(self, action: str, content: str) -> Json:
        """Choose a message action on somebody's message, and give what the dialog shows."""
        message = {"id": "7", "body": {"contentType": "html", "content": content}}
        value = {"commandId": action, "commandContext": "message", "messagePayload": message}
        return await self._dialog("composeExtension/fetchTask", value)

    async def press_in_dialog(self, card: Json, label: str, **inputs: str) -> Json:
        """Press a button of a dialog, with its fields filled in."""
        actions = [node for node in elements(card) if node["type"] == "Action.Submit"]
        action = next(each for each in actions if label in (each["title"], each.get("tooltip")))
        form = action["data"].get("f")
        own = {node["id"]: node["value"] for node in elements(card) if "value" in node and "id" in node}
        filled = {f"{form}.{name}": value for name, value in inputs.items()}
        value = {"commandContext": "message", "data": {**action["data"], **own, **filled}}
        return await self._dialog("composeExtension/submitAction", value)

    async def _dialog(self, name: str, value: Json) -> Json:
        status, answer = await self.post({"type": "invoke", "name": name, "value": value})
        assert status == 200, status
        await self._settle()
        task: Json = answer["task"]
        return task

    async def press(self, label: str) -> None:
        """Press the newest button of that label, or of that tooltip."""
        message, action = self._find(label)
        await self._send(message, action, {})

    async def fill(self, form_label: str, **values: str) -> None:
        """Fill in the newest form that has these fields and press its button.

        A card carries no label for a whole form, so `form_label` only helps to read a test. Fields that are
        not named keep what they hold.
        """
        message, action, inputs = self._find_form(form_label, set(values))
        form = action["data"]["f"]
        merged = {node["id"]: node["value"] for node in inputs if "value" in node}
        for name, value in values.items():
            node = next(n for n in inputs if n["id"] == f"{form}.{name}")
            assert len(value) <= node.get("maxLength", len(value)), f"{name} is too long for its field"
            merged[node["id"]] = value
        empty = [n["id"] for n in inputs if n.get("isRequired") and not merged.get(n["id"])]
        assert not empty, f"the client does not send the form without {empty}"
        await self._send(message, action, merged)

    async def reload(self) -> None:
        """Load the conversation again: what was only shown in place is gone."""
        self._shown.clear()

    # ------------------------------------------------------------ reading

    def shown(self) -> str:
        """Give the newest message as it reads."""
        return self.messages()[-1]

    def messages(self) -> list[str]:
        """Give every message of the chat as it reads."""
        return [read(card) for _, card in self._cards()]

    # ------------------------------------------------------------ the wire

    async def post(self, activity: Json, token: str | None = None, **headers: str) -> tuple[int, Json]:
        """Post an activity as Teams does and return the status and the body's JSON."""
        body = self.activity() | activity
        signed = token if token is not None else self._server.sign()
        full = {"Authorization": f"Bearer {signed}", **headers}
        self.last = body
        async with aiohttp.ClientSession() as http, http.post(self._bot, json=body, headers=full) as response:
            content = await response.read()
            answer = await response.json() if content and response.content_type == "application/json" else {}
            return response.status, answer

    def activity(self) -> Json:
        """Give what every activity of this person carries."""
        zone = {"localTimezone": self.time_zone} if self.time_zone else {}
        return {
            "id": f"f:{self.person}-{next(self._numbers)}",
            "channelId": "msteams",
            "serviceUrl": self._server.service_url,
            "from": {"id": self.person, "name": self.name, "aadObjectId": f"aad-{self.person}"},
            "conversation": {
                "id": self._conversation().id,
                "conversationType": "personal",
                "tenantId": TENANT,
            },
            "recipient": {"id": f"28:{APP_ID}", "name": "Laps"},
            "channelData": {"tenant": {"id": TENANT}},
            **zone,
        }

    async def _send(self, message: str, action: Json, inputs: Json) -> None:
        data = {**action["data"], **inputs}
        if not self._execute:
            status, _ = await self.post({"type": "message", "value": data, "replyToId": message})
            assert status == 200, status
            await self._settle()
            return
        value = {"action": {"type": "Action.Execute", "data": data}, "trigger": "manual"}
        activity = {"type": "invoke", "name": "adaptiveCard/action", "value": value, "replyToId": message}
        status, answer = await self.post(activity)
        assert status == 200, status
        assert answer["statusCode"] == 200, answer
        if answer["type"] == CARD:
            self._shown[message] = answer["value"]
            self._seen[message] = len(self._posted(message).versions)
        else:
            assert answer["type"] == TEXT, answer
            self.notices.append(answer["value"])
        await self._settle()

    # ------------------------------------------------------------ the screen

    def _cards(self) -> Iterator[tuple[str, Json]]:
        """Give what the client shows: an update that came later goes over what a press put in place."""
        for posted in self._conversation().messages:
            over = self._shown.get(posted.id)
            updated = len(posted.versions) > self._seen.get(posted.id, 0)
            yield posted.id, posted.card if over is None or updated else over

    def _conversation(self) -> Conversation:
        return self._server.direct(self.person)

    def _posted(self, message: str) -> Any:
        return self._conversation().find(message)

    def _find(self, label: str) -> tuple[str, Json]:
        for message, card in reversed(list(self._cards())):
            for action in _presses(card):
                if label in (action["title"], action.get("tooltip")):
                    return message, action
        raise AssertionError(f"no button {label!r} in:\n" + "\n---\n".join(self.messages()))

    def _find_form(self, label: str, names: set[str]) -> tuple[str, Json, list[Json]]:
        for message, card in reversed(list(self._cards())):
            inputs = [node for node in elements(card) if node["type"].startswith("Input.")]
            for action in _presses(card):
                form = action["data"].get("f")
                own = [node for node in inputs if node["id"].startswith(f"{form}.")]
                if form and names <= {node["id"].removeprefix(f"{form}.") for node in own}:
                    return message, action, own
        raise AssertionError(f"no form {label!r} with {names} in:\n" + "\n---\n".join(self.messages()))


class TeamsRoomDriver(TeamsDriver):
    """The same person in a channel of a team, where the bot hears only what mentions it."""

    def __init__(self, direct: TeamsDriver, name: str) -> None:
        super().__init__(
            direct._server, direct._bot, direct.person, direct.name, direct.time_zone, direct._settle
        )
        self._direct = direct
        self._name = name
        self._numbers = direct._numbers
        self.notices = direct.notices

    async def say(self, text: str) -> None:
        """Type a line that mentions the bot."""
        mention = {
            "type": "mention",
            "text": "<at>Laps</at>",
            "mentioned": {"id": f"28:{APP_ID}", "name": "Laps"},
        }
        said = {"type": "message", "text": f"<at>Laps</at> {text}", "entities": [mention]}
        status, _ = await self.post(said)
        assert status == 200, status
        await self._settle()

    async def fill(self, form_label: str, **values: str) -> None:
        """Press what asks for the form, which comes in the direct message, and send it there."""
        await self.press(form_label)
        await self._direct.fill(form_label, **values)

    def activity(self) -> Json:
        """Give what every activity of this person here carries; a reply names its thread."""
        own = super().activity()
        where = {"id": f"{self._name};messageid=17", "conversationType": "channel", "isGroup": True}
        return {**own, "conversation": {**where, "tenantId": TENANT}}

    def _conversation(self) -> Conversation:
        return self._server.thread(self._name)


def _presses(card: Json) -> list[Json]:
    return [node for node in elements(card) if node["type"] == "Action.Execute"]


def read(card: Json) -> str:
    """Give a card's text as a person reads it, a button as [Label], a field as Label: value."""
    return "\n".join(_lines(card.get("body", []))).replace("\N{NO-BREAK SPACE}", " ")


def _lines(nodes: list[Json]) -> Iterator[str]:
    for node in nodes:
        match node["type"]:
            case "TextBlock":
                yield node["text"].replace("\\", "")
            case "RichTextBlock":
                yield "".join(run["text"] for run in node["inlines"])
            case "FactSet":
                yield from (f"{fact['title']}: {fact['value']}".replace("\\", "") for fact in node["facts"])
            case "Container":
                yield from _lines(node["items"])
            case "ActionSet":
                yield " ".join(f"[{action['title']}]" for action in node["actions"])
            case "Input.ChoiceSet":
                yield f"{node['label']}: " + ", ".join(choice["title"] for choice in node["choices"])
            case _:
                yield f"{node['label']}: {node.get('value', '')}"

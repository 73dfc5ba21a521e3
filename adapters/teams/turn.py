"""The way of an activity through botbuilder: its pipeline and handler find the kind, ours hands it in.

Three faults of botbuilder 4.17.1 are avoided here. It rebuilds an activity into a tree of models that nobody
reads: ours gets the few fields that the dispatch looks at, and the JSON rides along in the turn's state. It
serialises the body of an invoke's answer twice: ours is kept in the turn's state as it is. It reads
adaptiveCard/action into a model that drops the trigger: `inbound` reads the JSON.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from botbuilder.core import ActivityHandler, BotAdapter, TurnContext
from botbuilder.schema import Activity

from adapters.teams.config import TeamsConfig
from adapters.teams.inbound import CARD_ACTION, DIALOGS, normalise
from adapters.teams.render import CARD_TYPE, Card, render, render_dialog
from bot.errors import StorageUnavailable
from bot.messages import Text
from bot.model import Answer, Incoming, Unsupported
from bot.ports import Desk

logger = logging.getLogger(__name__)

TEXT_TYPE = "application/vnd.microsoft.activity.message"

NOT_SAVED = "Nothing was saved. Press again."
TOO_SLOW = "That takes too long. Press again in a moment; nothing counts twice."
ELSEWHERE = "Laps works in its own organization only."

_PAYLOAD, _REPLY = "laps.payload", "laps.reply"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the HTTP answer says: a status, and for invokes a body."""

    status: int = 200
    body: Card | None = None


class Turns(BotAdapter):  # type: ignore[misc] # botbuilder carries no types
    """Runs activities through botbuilder's pipeline."""

    def __init__(self, desk: Desk, config: TeamsConfig) -> None:
        super().__init__()
        self._handler = _Handler(desk, config)

    async def run(self, payload: Mapping[str, object]) -> Reply:
        """Take one activity, of an authenticated caller, to its commit, and say what to answer."""
        activity = Activity(
            type=payload.get("type"),
            name=payload.get("name"),
            action=payload.get("action"),
            id=payload.get("id"),
            channel_id=payload.get("channelId"),
            service_url=payload.get("serviceUrl"),
        )
        turn = TurnContext(self, activity)
        turn.turn_state[_PAYLOAD] = payload
        await self.run_pipeline(turn, self._handler.on_turn)
        reply = turn.turn_state.get(_REPLY)
        return reply if isinstance(reply, Reply) else Reply()

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> NoReturn:
        """Refuse: what a turn says goes through the outbox."""
        raise TypeError("a turn sends nothing itself")

    async def update_activity(self, context: TurnContext, activity: Activity) -> NoReturn:
        """Refuse: what a turn changes goes through the outbox."""
        raise TypeError("a turn updates nothing itself")

    async def delete_activity(self, context: TurnContext, reference: object) -> NoReturn:
        """Refuse: Laps takes back no message."""
        raise TypeError("a turn deletes nothing")


class _Handler(ActivityHandler):  # type: ignore[misc] # botbuilder carries no types
    """Hands in the kinds of activity that Laps acts on; the others fall to botbuilder, which ignores them."""

    def __init__(self, desk: Desk, config: TeamsConfig) -> None:
        super().__init__()
        self._desk = desk
        self._tenant = config.tenant_id
        self._within = config.answer_within
        self._late: set[asyncio.Task[Answer]] = set()

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Take what was typed, or pressed by Action.Submit."""
        payload = turn_context.turn_state[_PAYLOAD]
        found = normalise(payload, self._tenant)
        if isinstance(found, Unsupported):
            logger.info("ignored: %s", found.reason, extra={"action": "unsupported"})
            return
        try:
            await self._handle(found)
        except (StorageUnavailable, TimeoutError):
            turn_context.turn_state[_REPLY] = Reply(503)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Take the bot being added to a chat."""
        await self.on_message_activity(turn_context)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """Take the app being installed or removed."""
        await self.on_message_activity(turn_context)

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        """Take a press of Action.Execute; other invokes are not ours."""
        turn_context.turn_state[_REPLY] = await self._invoke(turn_context.turn_state[_PAYLOAD])

    async def _invoke(self, payload: Mapping[str, object]) -> Reply:
        found = normalise(payload, self._tenant)
        if isinstance(found, Unsupported):
            logger.info("ignored: %s", found.reason, extra={"action": "unsupported"})
            return _in_band(ELSEWHERE) if payload.get("name") == CARD_ACTION else Reply(501)
        in_dialog = payload.get("name") in DIALOGS
        say = _in_dialog if in_dialog else _in_band
        try:
            answer = await self._handle(found)
        except StorageUnavailable:
            return say(NOT_SAVED)
        except TimeoutError:
            return say(TOO_SLOW)
        return _show_dialog(answer) if in_dialog else _show(answer)

    async def _handle(self, incoming: Incoming) -> Answer:
        """Hand in, and wait no longer than Teams does; what is late is finished, not cut off in its commit.

        Raises:
            StorageUnavailable: nothing was saved.
            TimeoutError: it is still being worked on.
        """
        task = asyncio.create_task(self._desk.handle(incoming))
        done, _ = await asyncio.wait({task}, timeout=self._within)
        if not done:
            self._late.add(task)
            task.add_done_callback(self._settle)
            raise TimeoutError
        return task.result()

    def _settle(self, task: asyncio.Task[Answer]) -> None:
        self._late.discard(task)
        if not task.cancelled() and (error := task.exception()):
            text = "an interaction failed after its answer was due"
            logger.error(text, exc_info=error, extra={"action": "bug"})


def _show(answer: Answer) -> Reply:
    """Show the answer in the place of the card that was pressed, or beside it where the card is to stay.

    Beside it Teams shows a sentence.
    """
    if answer.message is not None and answer.beside:
        return _in_band(answer.message.fallback)
    if answer.message is not None:
        card = render(answer.message, answer.problems)
        return Reply(200, {"statusCode": 200, "type": CARD_TYPE, "value": card})
    if answer.problems:
        return _in_band(" ".join(answer.problems.values()))
    return _in_band(DONE)


def _show_dialog(answer: Answer) -> Reply:
    """Show the answer in the dialog; what has nothing to press is said, and closes it."""
    message = answer.message
    if message is None:
        return _in_dialog(" ".join(answer.problems.values()) or DONE)
    if all(isinstance(block, Text) for block in message.blocks):
        return _in_dialog(message.fallback)
    card = {"contentType": CARD_TYPE, "content": render_dialog(message, answer.problems)}
    shown = {"title": "Laps", "height": "large", "width": "medium", "card": card}
    return Reply(200, {"task": {"type": "continue", "value": shown}})


def _in_dialog(text: str) -> Reply:
    return Reply(200, {"task": {"type": "message", "value": text}})


DONE = "Done."


def _in_band(text: str) -> Reply:
    return Reply(200, {"statusCode": 200, "type": TEXT_TYPE, "value": text})

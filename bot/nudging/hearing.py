"""Words in conversations that listen: which moment a message is about, and what is said to who wrote it.

A message is held against the words in memory and forgotten; of one that has a word, only the moment is kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from bot.errors import NotChampion
from bot.events import EventType
from bot.facts import Facts
from bot.messages import Items, Message, Note, Text, say
from bot.model import (
    Changes,
    Decision,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draw,
    NudgeAction,
    NudgeDecision,
    Operation,
    PostId,
    Reply,
    Role,
    Snapshot,
    Spoken,
    Status,
)
from bot.nudging.occasions import Occasion
from bot.nudging.policy import Verdict, decide
from bot.nudging.speaking import nudge_message, offered
from bot.nudging.standing import draws, key_of, keys_of, recorded, standing_of, way_of
from lessons.catalogue import Catalogue
from lessons.moments import KeywordTrigger, Moment, keywords

BECAUSE = "you wrote of something for which your organization has help, where Laps listens"


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen in the conversation in which that was typed, or no more."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class Hear:
    """Somebody wrote something that a moment is about."""

    moment: str


def heard(text: str, catalogue: Catalogue) -> Moment | None:
    """Return the first moment of which a word is in a text, as a whole word; None where none is."""
    trigger = ((each, each.when) for each in catalogue.moments if isinstance(each.when, KeywordTrigger))
    pairs = [(each, _pattern(keywords(when))) for each, when in trigger]
    plain = _folded(text) if pairs else ""
    return next((each for each, pattern in pairs if pattern.search(plain)), None)


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    ways = (r"\s+".join(map(re.escape, _folded(word).split())) for word in words)
    return re.compile(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)")


def _folded(text: str) -> str:
    """Leave out capitals and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


# ---------------------------------------------------------------- opening a conversation


def listen(snapshot: Snapshot, command: Listen, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Open a conversation for words, or close it, and say so there to all.

    Raises:
        NotChampion: neither a champion nor an admin asks.
    """
    who, room = snapshot.who, snapshot.place.room
    if not {Role.ADMIN, Role.CHAMPION} & who.roles:
        raise NotChampion
    if room is None:
        text = "Type this in the conversation where Laps is to listen for words."
        return Decision(Reply(say(text), aside=True))
    words = [
        word
        for each in catalogue.moments
        if isinstance(each.when, KeywordTrigger)
        for word in keywords(each.when)
    ]
    if command.on and not words:
        text = "Your organization has no words to listen for: they stand in lessons.yaml, in moments."
        return Decision(Reply(say(text), aside=True))
    by = snapshot.account.name if snapshot.account is not None else ""
    event = Facts(snapshot, now, draw)(EventType.CONVERSATION_OPENED, on=command.on)
    told = (
        _opened(by, words) if command.on else say(f"Laps listens here no more. {by or 'Somebody'} ended it.")
    )
    said = Spoken(room, told, PostId(draw.id("listen")), f"listen:{room.conversation}:{draw.id('listen')}")
    text = "Laps listens there now." if command.on else "Laps listens there no more."
    reply = Reply(say(text), aside=True, spoken=(said,))
    return Decision(reply, Changes(learner=who, listening=(room, command.on, now), events=(event,)))


def _opened(by: str, words: list[str]) -> Message:
    text = f"Laps listens here from now on for some words. {by or 'Somebody'} opened it."
    note = (
        "Only who writes one of them, and takes part in Laps, gets an answer, which nobody else sees. "
        "Nothing of what is written is stored. To end it, a champion or an admin types: listen off"
    )
    return Message(text, (Text(text), Items(tuple(dict.fromkeys(words))[:20]), Note(note)))


# ---------------------------------------------------------------- answering


def hear(snapshot: Snapshot, command: Hear, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Decide whether to answer who wrote, by all rules of speaking first; what they say is not asked for."""
    who, room = snapshot.who, snapshot.place.room
    moment = next((each for each in catalogue.moments if each.id == command.moment), None)
    if moment is None or room is None or who.status is not Status.ACTIVE:
        return Decision(Reply())
    way, standing = way_of(snapshot), standing_of(snapshot, catalogue)
    offer = offered(moment, way, catalogue, now)
    local = now.astimezone(standing.week.zone)
    late = now + timedelta(minutes=moment.late_minutes)
    occasion = Occasion(moment, f"{local:%Y-%m-%d %H:%M}", now, late, BECAUSE)
    if not moment.whom.includes(who.job_family, who.tools, who.cohort) or key_of(occasion) in keys_of(
        snapshot
    ):
        return Decision(Reply())
    chance = draws(snapshot)(f"nudge {moment.id} {occasion.subject}")
    verdict = decide(occasion, standing, now, chance) if offer is not None else _NOTHING
    if verdict.action is NudgeAction.WAIT:  # later it would make no sense any more
        verdict = Verdict(NudgeAction.SILENT, verdict.rule, verdict.reason)
    made = recorded(occasion, verdict, standing, now, chance, (moment.id,))
    changes = Changes(learner=who, decisions=(made,))
    if made.action is not NudgeAction.SENT or offer is None:
        return Decision(Reply(), changes)
    message = nudge_message(occasion, made, offer, catalogue, asks=False)
    facts = Facts(snapshot, now, draw)
    event = facts(EventType.NUDGE_SENT, moment=moment.id, kind=moment.kind, decision=made.id)
    delivery = _whispered(snapshot, made, message, late, now)
    return Decision(Reply(), Changes(learner=who, decisions=(made,), deliveries=(delivery,), events=(event,)))


_NOTHING = Verdict(NudgeAction.SILENT, "nothing", "there is nothing of the kind to offer them now")


def _whispered(
    snapshot: Snapshot, made: NudgeDecision, message: Message, late_at: datetime, now: datetime
) -> Delivery:
    """Show it to who wrote alone, where they wrote."""
    room, account = snapshot.place.room, snapshot.account
    return Delivery(
        id=DeliveryId(Draw(snapshot.organization.salt, made.learner, made.id).id("delivery")),
        organization=snapshot.organization.id,
        workspace=snapshot.workspace,
        key=f"nudge:{made.learner}:{made.moment}:{made.subject}",
        kind=DeliveryKind.NUDGE,
        operation=Operation.WHISPER,
        account=account.external if account is not None else "",
        conversation=room.conversation if room is not None else None,
        message=message,
        created_at=now,
        lease_until=now,
        service_url=account.service_url if account is not None else None,
        learner=made.learner,
        due_at=now,
        late_at=late_at,
    )

"""What people say when they are asked: confidence, minutes saved, opinions, a manager's view of a team. Pure.

An answer that came later than another stands in its place; what held on any day can be read at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from bot.events import AdoptionEvent, EventType


class Item(StrEnum):
    """What is asked."""

    CONFIDENCE = "confidence"
    MINUTES_SAVED = "minutes_saved"
    SUPPORT = "support"
    SUPPORT_HR = "support_hr"
    ESTIMATED_RATE = "estimated_rate"
    TEAM_TASK = "team_task"


AGREES = 4
"""From so much of 5 on somebody agrees."""

BEFORE, AFTER = "before", "after"
"""The phases of an answer: before the first lesson, or before a team began; and from then on."""


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """One answer, or (`value` None) that it was asked for.

    `subject` tells apart what one person is asked of several times: a manager's teams.
    """

    item: Item
    phase: str
    subject: str
    on: date
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody has said of an item from a day until another, on which it is something else.

    `before` and `after` are None where it was asked for and not answered; `until` is None where it
    still holds.
    """

    item: Item
    subject: str
    on: date
    until: date | None
    before: int | None
    after: int | None


def answer_of(event: AdoptionEvent) -> Iterator[Answer]:
    """Give the answers that an event is, or the questions."""
    said, on = event.properties, event.local_date
    value = said.get("value")
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    match event.type:
        case EventType.CONFIDENCE_REPORTED if number is not None:
            yield Answer(Item.CONFIDENCE, BEFORE if said.get("when") == BEFORE else AFTER, "", on, number)
        case EventType.MINUTES_SAVED_REPORTED if number is not None:
            yield Answer(Item.MINUTES_SAVED, AFTER, "", on, number)
        case EventType.STEP_SHOWN:
            asks = said.get("asks")
            for name in asks if isinstance(asks, list) else ():
                if name in (Item.CONFIDENCE, Item.MINUTES_SAVED):
                    yield Answer(Item(str(name)), AFTER, "", on)
        case EventType.SURVEY_ASKED | EventType.SURVEY_ANSWERED:
            name, phase, subject = said.get("item"), said.get("phase", AFTER), said.get("subject", "")
            if name in [*Item] and phase in (BEFORE, AFTER):
                given = number if event.type is EventType.SURVEY_ANSWERED else None
                yield Answer(Item(str(name)), str(phase), str(subject), on, given)


def held(answers: Iterable[Answer], begun_on: date | None) -> tuple[Said, ...]:
    """Say from when to when one person said what.

    Args:
        answers: theirs, in any order, at most one a day of the same.
        begun_on: the day of their first completed lesson. What was said before it counts as before, and
            nothing that was said later.
    """
    made: list[Said] = []
    ordered = sorted(answers, key=lambda each: (each.item, each.subject, each.on, each.phase == AFTER))
    for (item, subject), group in groupby(ordered, key=lambda each: (each.item, each.subject)):
        ours = [each for each in group if not _is_late(each, begun_on)]
        made += _states(item, subject, ours)
    return tuple(made)


def _is_late(answer: Answer, begun_on: date | None) -> bool:
    before_lessons = answer.item is Item.CONFIDENCE and answer.phase == BEFORE
    return before_lessons and begun_on is not None and answer.on > begun_on


def _states(item: Item, subject: str, answers: Sequence[Answer]) -> Iterator[Said]:
    values: dict[str, int | None] = {}
    changes: list[tuple[date, int | None, int | None]] = []
    for on, group in groupby(answers, key=lambda each: each.on):
        for each in group:
            known = values.get(each.phase)
            values[each.phase] = each.value if each.value is not None else known
        if AFTER in values or item is Item.TEAM_TASK:
            changes.append((on, values.get(BEFORE), values.get(AFTER)))
    changes = [each for n, each in enumerate(changes) if n == 0 or each[1:] != changes[n - 1][1:]]
    for number, (on, before, after) in enumerate(changes):
        until = changes[number + 1][0] if number + 1 < len(changes) else None
        yield Said(item, subject, on, until, before, after)

"""What a digest's figures beside use are made from: counts of answers, of messages, and shared use cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from bot.measurement.answers import Item
from bot.measurement.nudged import Case
from bot.measurement.waves import Course


class Held(NamedTuple):
    """People of whom the same holds of an item; a None was not answered."""

    item: Item
    before: int | None
    after: int | None


@dataclass(slots=True)
class Reach:
    """Messages of a week that nobody asked for, and whom the bot can write to.

    Attributes:
        people: to whom something was planned.
        planned: messages.
        sent: of those, how many went out.
        answered: of those, how many somebody reacted to.
        joined: people who take part by the Sunday.
        blocked: of those, whom the bot cannot write to.
    """

    people: int = 0
    planned: int = 0
    sent: int = 0
    answered: int = 0
    joined: int = 0
    blocked: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A shared use case: who tried it by the end of the week, and whether it became a lesson."""

    id: str
    title: str
    cohort: str
    tried: int
    promoted: bool


@dataclass(slots=True)
class Asides:
    """All of it, of one group."""

    answers: Counter[Held] = field(default_factory=Counter)
    reach: Reach = field(default_factory=Reach)
    cases: list[Case] = field(default_factory=list)
    shares: list[Known] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weeks of those who are in a wave: by wave, the index of the week in which it began, and theirs."""

    first_on: date
    courses: Mapping[str, Sequence[Course]]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something is counted: a week's days, and their times where a day is not kept."""

    first_on: date
    last_on: date
    start_at: datetime
    end_at: datetime

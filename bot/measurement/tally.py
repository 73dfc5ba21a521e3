"""Counts of people's dated facts by T, group by group: all that a digest's figures of use are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.events import Evidence
from bot.measurement.eligibility import Standing


class GroupKind(StrEnum):
    """By what people are grouped."""

    ALL = "all"
    JOB_FAMILY = "job_family"
    COHORT = "cohort"
    INDUSTRY = "industry"
    LOCATION = "location"
    WAVE = "wave"
    ROLE = "role"


ASKED_FOR = tuple(kind for kind in GroupKind if kind is not GroupKind.ROLE)
"""The kinds of which there are digests; by role only the fluency of those who teach is counted."""


PLACED = (
    GroupKind.JOB_FAMILY,
    GroupKind.WAVE,
    GroupKind.LOCATION,
    GroupKind.INDUSTRY,
    GroupKind.COHORT,
)
"""The kinds of groups, the more important ones first: where two would tell of few, the later is held back."""


class Group(NamedTuple):
    """Some people: those of whom the roster says `value` of `kind`; "" are those of whom it says nothing."""

    kind: GroupKind = GroupKind.ALL
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.kind is not GroupKind.ALL else "all"


class Begun(NamedTuple):
    """People who began a program on a day, and whether they are counted as of T."""

    program: str
    on: date
    standing: Standing


class Met(NamedTuple):
    """People who met something by T; `on` is the day that settles it, None where days make no difference."""

    program: str
    tool: str
    evidence: Evidence
    name: str
    on: date | None


class First(NamedTuple):
    """People who began a program on a day, and whose first week of use ended on another."""

    program: str
    tool: str
    evidence: Evidence
    on: date
    reached_on: date


class Week(NamedTuple):
    """People who used a tool alike in the digest's week."""

    tool: str
    evidence: Evidence
    days: int
    tasks: int
    habitual: bool
    power: bool
    used: bool


class Use(NamedTuple):
    """A tool by one evidence."""

    tool: str
    evidence: Evidence


@dataclass(slots=True)
class Tally:
    """How many people of a group are alike, by T; `people` has each once who has begun any program."""

    people: Counter[Standing] = field(default_factory=Counter)
    begun: Counter[Begun] = field(default_factory=Counter)
    met: Counter[Met] = field(default_factory=Counter)
    first: Counter[First] = field(default_factory=Counter)
    week: Counter[Week] = field(default_factory=Counter)
    lapsed: Counter[Use] = field(default_factory=Counter)
    returned: Counter[Use] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count other people, too, of whom none is among these."""
        self.people.update(other.people)
        self.begun.update(other.begun)
        self.met.update(other.met)
        self.first.update(other.first)
        self.week.update(other.week)
        self.lapsed.update(other.lapsed)
        self.returned.update(other.returned)


def together(tallies: Iterable[Tally]) -> Tally:
    """Add up groups that have nobody in common."""
    total = Tally()
    for each in tallies:
        total.add(each)
    return total

"""A use of an AI tool as its source tells it: by the event, by the day, or for several days together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum

from pydantic import JsonValue

from bot.events import AdoptionEvent, EventType, Evidence
from lessons.terms import read_day


class Grain(StrEnum):
    """What one record of a source tells of."""

    EVENT = "event"  # one use
    DAY = "day_utc"  # that there was use on a day, which may be the source's own
    ROLLING_7D = "rolling_7d"  # the seven days up to a day
    ROLLING_28D = "rolling_28d"  # the 28 days up to a day
    PERIOD = "period"  # a week or a month that the source counts by


class Detail(IntEnum):
    """How finely a record tells when there was use; a metric that needs one is served by the finer too."""

    MONTH = 1
    WEEK = 2
    DAY = 3
    EVENT = 4

    @property
    def spoken(self) -> str:
        """Say it in words."""
        return {1: "by the month", 2: "by the week", 3: "by the day", 4: "use by use"}[self.value]


def detail_of(grain: Grain, days: int) -> Detail:
    """Say how finely a record of a grain tells that is about as many days.

    A period of seven days is a week; every other is too coarse, or too odd, for anything by the week.
    """
    if grain is Grain.PERIOD:
        return Detail.WEEK if days == 7 else Detail.MONTH
    return _DETAILS[grain]


_DETAILS = {
    Grain.EVENT: Detail.EVENT,
    Grain.DAY: Detail.DAY,
    Grain.ROLLING_7D: Detail.WEEK,
    Grain.ROLLING_28D: Detail.MONTH,
}

_LENGTHS = {Grain.EVENT: 1, Grain.DAY: 1, Grain.ROLLING_7D: 7, Grain.ROLLING_28D: 28}


@dataclass(frozen=True, slots=True)
class Use:
    """That a person used a tool, or how much in some days.

    One value may stand for all alike of a day: then `count` says how many uses. Two equal values are two
    uses; that no event comes twice is seen to where events are stored.

    Attributes:
        person: the learner's key.
        on: the local day, or the source's own where it reports UTC days; of several days the last.
        task: the use case; None where the source does not know it.
        count: uses, or what the source counts; 0 is no use.
        active_days: on how many of several days there was use; None where the source does not say.
        from_on: the first day of a period; None for every other grain.
        source: who tells it; "" where people say it in chat.

    Raises:
        ValueError: a count below 0, or a first day where none belongs, none where one does, or after `on`.
    """

    person: str
    tool: str
    on: date
    evidence: Evidence
    task: str | None = None
    grain: Grain = Grain.EVENT
    count: int = 1
    active_days: int | None = None
    from_on: date | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.count < 0 or (self.active_days or 0) < 0:
            raise ValueError("a count is never below 0")
        if (self.from_on is None) is (self.grain is Grain.PERIOD):
            raise ValueError("a period has a first day, and nothing else has")
        if self.from_on is not None and self.from_on > self.on:
            raise ValueError(f"a period does not end on {self.on}, before it begins")

    @property
    def first_on(self) -> date:
        """The first day that it tells of."""
        return self.from_on or self.on - timedelta(days=_LENGTHS[self.grain] - 1)

    @property
    def detail(self) -> Detail:
        """How finely it tells when."""
        return detail_of(self.grain, (self.on - self.first_on).days + 1)

    @property
    def value(self) -> int:
        """As how many uses it counts: events; else active days; else what the source counts."""
        if self.grain is Grain.EVENT:
            return self.count
        if self.grain is Grain.DAY:
            return min(self.count, 1)
        return self.count if self.active_days is None else self.active_days


def uses_of(events: Iterable[AdoptionEvent], with_none: bool = False) -> Iterator[Use]:
    """Make the uses of `tool.used` events; others are passed over.

    With `with_none` a record that tells that there was no use is one, too: it takes the place of another.

    One event of grain `event` is one use, whatever its count is a count of. Passed over is also what cannot
    be counted: no tool, no evidence, a count of 0, or properties that are not those of a use.
    """
    for event in events:
        if event.type is EventType.TOOL_USED and event.tool and event.evidence is not None:
            use = _use(event, event.tool, event.evidence)
            if use is not None and (with_none or use.value):
                yield use


def is_task(known: str | None, wanted: str | None) -> bool:
    """Say whether a use counts for a task: it is of it, or its source knows no tasks, or any will do.

    Capitals and spaces make no difference: lessons and targets are written by different people.
    """
    return known is None or wanted is None or _folded(known) == _folded(wanted)


def _use(event: AdoptionEvent, tool: str, evidence: Evidence) -> Use | None:
    said = event.properties
    try:
        grain = Grain(str(said.get("grain") or Grain.EVENT))
        count = _whole(said, "count")
        active = _whole(said, "active_days")
        from_on = read_day(said.get("from")) if grain is Grain.PERIOD else None
        counted = 1 if count is None or (count > 0 and grain is Grain.EVENT) else count
        task, on, source = event.use_case, event.local_date, str(said.get("source") or "")
        use = Use(event.learner, tool, on, evidence, task, grain, counted, active, from_on, source)
    except ValueError:
        return None
    return use


def _whole(said: Mapping[str, JsonValue], name: str) -> int | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} is no whole number")
    return value


def _folded(task: str) -> str:
    return " ".join(task.casefold().split())

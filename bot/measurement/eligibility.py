"""Who is counted: the exposure day, through which day figures are complete, and who is still too young."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.uses import Detail
from bot.measurement.windows import day

SILENT_DAYS = 14
"""After how many days without figures a source is left out instead of waited for."""


def exposures(
    events: Iterable[AdoptionEvent],
    lessons: Collection[str] | None = None,
    starts_on: date | None = None,
    until: date | None = None,
) -> dict[str, date]:
    """Return t0 of each person: the local day of their first completed lesson of a program, in any order.

    Args:
        events: of anybody; of others than completed lessons nothing is taken.
        lessons: the program's, None for every lesson.
        starts_on: the program's first day: what was completed before is not of it. None: from the beginning.
        until: leaves out what came after a day, so that a past week is seen as it was.
    """
    found: dict[str, date] = {}
    for event in events:
        on = event.local_date
        if event.type is not EventType.LESSON_COMPLETED or event.lesson is None:
            continue
        if (lessons is None or event.lesson in lessons) and (starts_on or on) <= on <= (until or on):
            found[event.learner] = min(on, found.get(event.learner, on))
    return found


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures of a tool come from, and through which day they are complete; `since`: the first day."""

    name: str
    tool: str
    complete_through: date
    detail: Detail
    evidence: Evidence = Evidence.MEASURED
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """T of one tool and evidence: None where no source tells. `sources` tell it, `silent` are left out."""

    on: date | None
    sources: tuple[Source, ...] = ()
    silent: tuple[Source, ...] = ()


def complete_through(
    sources: Iterable[Source], tool: str, until: date, evidence: Evidence = Evidence.MEASURED
) -> Through:
    """Say through which day a tool's figures are complete, at most `until`: a digest's Sunday.

    Measured figures are complete as far as all the tool's sources in use are; one that has been silent for
    14 days is left out. What people say is complete through `until`.
    """
    ours = [source for source in sources if source.tool == tool and source.evidence is evidence]
    if evidence is not Evidence.MEASURED:
        return Through(until, tuple(ours))
    silent = tuple(each for each in ours if (until - each.complete_through).days >= SILENT_DAYS)
    heard = tuple(each for each in ours if each not in silent)
    return Through(min([until, *(each.complete_through for each in heard)]) if heard else None, heard, silent)


@dataclass(frozen=True, slots=True)
class Trained:
    """A person with an exposure day; `employed` and `measured` (has not opted out) as of T."""

    person: str
    exposed_on: date
    employed: bool = True
    measured: bool = True


class Standing(StrEnum):
    """Whether a trained person is counted, or why not."""

    ELIGIBLE = "eligible"
    TOO_YOUNG = "too_young"
    LEFT = "left"
    OPTED_OUT = "opted_out"


def standing(trained: Trained, horizon: int, through: date) -> Standing:
    """Say whether a person is counted at a horizon: t0 + H is at most T, employed, and measured.

    Too young is only who would be counted later: nobody who has left, or opted out.
    """
    if not trained.employed:
        return Standing.LEFT
    if not trained.measured:
        return Standing.OPTED_OUT
    return Standing.ELIGIBLE if day(trained.exposed_on, horizon) <= through else Standing.TOO_YOUNG


@dataclass(frozen=True, slots=True)
class Counted:
    """Who of a group is eligible at a horizon, and how many are too young to count."""

    eligible: tuple[Trained, ...]
    too_young: int


def counted(people: Iterable[Trained], horizon: int, through: date) -> Counted:
    """Part a group by who is eligible at a horizon."""
    by_standing: dict[Standing, list[Trained]] = {each: [] for each in Standing}
    for person in people:
        by_standing[standing(person, horizon, through)].append(person)
    return Counted(tuple(by_standing[Standing.ELIGIBLE]), len(by_standing[Standing.TOO_YOUNG]))

"""Cohorts proposed for people who have none: of 8 to 12, whose working hours overlap, with new faces. Pure.

First people are parted by what keeps them apart (function, if that is asked for; hours that do not overlap),
then spread evenly, each where they know the fewest. Who is left over goes where there is room, else is named.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from bot.cohorts.gathering import FEWEST, MOST

OVERLAP = 4.0
"""Hours of a working day of eight that everybody of a cohort has in common, at least."""

HOURS = 8.0
"""Of a working day."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody without a cohort; `offset` is that of their zone from UTC, in hours, on that day."""

    person: str
    job_family: str
    offset: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A cohort that could be: its name, who is in it, and how many pairs of them were in one before."""

    name: str
    people: tuple[Candidate, ...]
    repeats: int = 0

    @property
    def apart(self) -> float:
        """Hours between the earliest and the latest zone in it."""
        offsets = [each.offset for each in self.people]
        return max(offsets) - min(offsets)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed, and who is left over: too few, or too far from all others."""

    cohorts: tuple[Proposal, ...]
    left_over: tuple[Candidate, ...] = ()


@dataclass
class _Group:
    """A cohort that is being filled."""

    label: str
    room: int
    people: list[Candidate] = field(default_factory=list)


def propose(
    candidates: Collection[Candidate],
    taken: Collection[str],
    met: Mapping[str, Collection[str]],
    size: int = 10,
    mixed: bool = False,
) -> Proposed:
    """Propose cohorts; the same people always make the same ones.

    Args:
        candidates: who is to be in one.
        taken: names of cohorts that there are already.
        met: with whom each person was in a cohort before.
        size: how many people a cohort should have, from 8 to 12.
        mixed: of several job families, rather than of one.
    """
    groups: list[_Group] = []
    left: list[Candidate] = []
    for label, people in _parted(candidates, mixed):
        for band in _bands(people):
            fitting = _fitting(len(band), size)
            groups += _filled(label, band[:fitting], met, size, mixed)
            left += band[fitting:]
    left_over = [each for each in left if not _squeezed(each, groups, met)]
    named = _named(groups, taken)
    cohorts = tuple(replace(each, repeats=_repeats(each.people, met)) for each in named)
    return Proposed(cohorts, tuple(left_over))


def _parted(candidates: Iterable[Candidate], mixed: bool) -> list[tuple[str, list[Candidate]]]:
    parts: dict[str, list[Candidate]] = defaultdict(list)
    for each in sorted(candidates, key=lambda one: one.person):
        parts["mixed" if mixed else each.job_family or "colleagues"].append(each)
    return sorted(parts.items())


def _bands(people: Sequence[Candidate]) -> list[list[Candidate]]:
    """Part people by their clocks, so that those of a band have hours in common."""
    bands: list[list[Candidate]] = []
    for each in sorted(people, key=lambda one: (one.offset, one.person)):
        if bands and each.offset - bands[-1][0].offset <= HOURS - OVERLAP:
            bands[-1].append(each)
        else:
            bands.append([each])
    return bands


def _filled(
    label: str, people: Sequence[Candidate], met: Mapping[str, Collection[str]], size: int, mixed: bool
) -> list[_Group]:
    """Spread people over as many cohorts as there should be; none where they are too few for one."""
    count = _number(len(people), size)
    if not count:
        return []
    groups = [_Group(label, len(people) // count + (index < len(people) % count)) for index in range(count)]
    # Whoever has met most is placed first, while there is most to choose from.
    order = sorted(people, key=lambda one: (-len(met.get(one.person, ())), one.job_family, one.person))
    for each in order:
        free = [group for group in groups if len(group.people) < group.room]
        min(free, key=lambda group: _cost(each, group, met, mixed)).people.append(each)
    return groups


def _fitting(people: int, size: int) -> int:
    """Say how many of so many people can be in cohorts of 8 to 12: of 13 it is 12, of 7 nobody."""
    return next((count for count in range(people, FEWEST - 1, -1) if _number(count, size)), 0)


def _number(people: int, size: int) -> int:
    """Say how many cohorts of 8 to 12, near to a size, so many people make; 0 where they make none."""
    fitting = [count for count in range(1, people + 1) if _fits(people, count)]
    return min(fitting, key=lambda count: (abs(people / count - size), count), default=0)


def _fits(people: int, count: int) -> bool:
    return people // count >= FEWEST and -(-people // count) <= MOST


def _cost(
    one: Candidate, group: _Group, met: Mapping[str, Collection[str]], mixed: bool
) -> tuple[int, int, int, float]:
    """Say what speaks against somebody in a group, the weightiest first."""
    known = met.get(one.person, ())
    again = sum(other.person in known for other in group.people)
    alike = sum(other.job_family == one.job_family for other in group.people) if mixed else 0
    far = max((abs(other.offset - one.offset) for other in group.people), default=0.0)
    return again, alike, len(group.people), far


def _squeezed(one: Candidate, groups: Sequence[_Group], met: Mapping[str, Collection[str]]) -> bool:
    """Put somebody who is left over where there is room and hours overlap, if anywhere."""
    fitting = [
        group
        for group in groups
        if len(group.people) < MOST
        and all(abs(other.offset - one.offset) <= HOURS - OVERLAP for other in group.people)
    ]
    if not fitting:
        return False
    min(fitting, key=lambda group: _cost(one, group, met, mixed=True)).people.append(one)
    return True


def _named(groups: Sequence[_Group], taken: Collection[str]) -> list[Proposal]:
    """Name cohorts by their function and a number that is not taken."""
    numbers: dict[str, int] = defaultdict(int)
    for name in taken:
        if found := re.fullmatch(r"(.+)-(\d+)", name):
            numbers[found[1]] = max(numbers[found[1]], int(found[2]))
    made = []
    for group in groups:
        numbers[group.label] += 1
        people = tuple(sorted(group.people, key=lambda one: one.person))
        made.append(Proposal(f"{group.label}-{numbers[group.label]}", people))
    return made


def _repeats(people: Iterable[Candidate], met: Mapping[str, Collection[str]]) -> int:
    names = [each.person for each in people]
    return sum(other in met.get(one, ()) for one, other in combinations(names, 2))

"""Which groups of different kinds would tell, taken from each other, of fewer people than a group. Pure.

Groups of one kind have nobody in common, and their total is looked after where figures are held back. Groups
of two kinds may be nearly the same: a job family of 20, and the wave of 19 of them. What the one says less
what the other says would be of one person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import NamedTuple

Place = tuple[str, str]
"""A kind of group, and its value; ("", "") is everybody."""


class Placed(NamedTuple):
    """People who are in the same groups and began a program on a day; `values` are in the order of kinds.

    Program "" is any: each of them once, with the first day.
    """

    values: Sequence[str]
    program: str
    on: date
    people: int


def isolating(
    people: Iterable[tuple[Sequence[str], int]], kinds: Sequence[str], least: int
) -> frozenset[Place]:
    """Return the groups that are held back, since one of a kind named earlier differs by too few people.

    Args:
        people: the values of people's groups in the order of `kinds`, "" for none, and how many they are.
        kinds: the more important ones first; everybody counts as the first of all.
        least: how many people make a group.
    """
    sizes: Counter[Place] = Counter()
    shared: Counter[tuple[Place, Place]] = Counter()
    for values, count in people:
        places = [("", ""), *((kind, value) for kind, value in zip(kinds, values, strict=True) if value)]
        for place in places:
            sizes[place] += count
        for pair in combinations(places, 2):
            shared[pair] += count
    out: set[Place] = set()
    order = {kind: number for number, kind in enumerate(("", *kinds))}
    for (one, other), both in sorted(shared.items(), key=lambda each: [order[kind] for kind, _ in each[0]]):
        apart = sizes[one] + sizes[other] - 2 * both
        if 0 < apart < least and one not in out:
            out.add(other)
    return frozenset(out)


@dataclass(slots=True)
class Overlaps:
    """Answers for the groups of one kind which are held back, for each figure by who is counted in it.

    Attributes:
        people: everybody who may be counted.
        kinds: the more important ones first.
        kind: the one that is asked about.
        least: how many people make a group.
    """

    people: Sequence[Placed]
    kinds: Sequence[str]
    kind: str
    least: int
    _known: dict[tuple[str, date, str], frozenset[str]] = field(default_factory=dict)

    def among(self, program: str, until: date, month: str = "") -> frozenset[str]:
        """Return the groups held back in figures of who began a program by a day, or ("") any at all.

        `month` is the one in which they began, where a figure is of one month alone.
        """
        key = (program, until, month)
        if key not in self._known:
            ours = (
                (each.values, each.people)
                for each in self.people
                if each.program == program and each.on <= until and f"{each.on:%Y-%m}".startswith(month)
            )
            found = isolating(ours, self.kinds, self.least)
            self._known[key] = frozenset(value for kind, value in found if kind == self.kind)
        return self._known[key]

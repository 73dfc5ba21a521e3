"""Which figures of groups may be shown, so that nobody learns anything of fewer than five people. Pure.

A figure is a part of a whole: so many of so many people. It is held back where its whole is small, where it
says the same of all of a group that is not large, and where total and siblings would tell it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

LARGE = 20
"""From so many people on it may be said that none or all of them did something."""

G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a whole, both numbers of people."""

    whole: int
    part: int = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.whole + other.whole, self.part + other.part)


def may_show(cell: Cell, least: int) -> bool:
    """Say whether a figure alone tells nothing of any person.

    Args:
        cell: the figure.
        least: how many people make a group, `organization.minimum_group`.
    """
    if cell.whole < least:
        return False
    return 0 < cell.part < cell.whole or cell.whole >= max(LARGE, least)


def hidden(cells: Mapping[G, Cell], least: int, also: Collection[G] = ()) -> frozenset[G]:
    """Return the groups whose figure is held back, where their total is known.

    The groups have nobody in common and are all that the total is made of. Those whose figure cannot be
    shown are joined by the smallest of the others, until what total and siblings tell of them together could
    be shown itself: at least two, and no fewer people than make a group.

    Args:
        cells: the same figure of every group.
        least: how many people make a group.
        also: groups that are held back whatever their figure is.
    """
    out = {
        group for group, cell in cells.items() if cell.whole and (group in also or not may_show(cell, least))
    }
    others = sorted(
        (group for group, cell in cells.items() if cell.whole and group not in out),
        key=lambda group: (cells[group].whole, str(group)),
    )
    while out and others and not _is_safe(out, cells, least):
        out.add(others.pop(0))
    return frozenset(out)


def _is_safe(out: Iterable[G], cells: Mapping[G, Cell], least: int) -> bool:
    hidden_cells = [cells[group] for group in out]
    total = sum(hidden_cells, Cell(0))
    return len(hidden_cells) > 1 and may_show(total, least)


def hidden_counts(counts: Mapping[G, int], least: int, also: Collection[G] = ()) -> frozenset[G]:
    """Return the groups of which a plain number of people is held back: fewer than a group, but not none."""
    out = {group for group, count in counts.items() if 0 < count < least or (count and group in also)}
    others = sorted(
        (group for group, count in counts.items() if count >= least and group not in out),
        key=lambda g: (counts[g], str(g)),
    )
    while out and others and (len(out) == 1 or sum(counts[group] for group in out) < least):
        out.add(others.pop(0))
    return frozenset(out)


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules above for the groups of one kind in one digest.

    Attributes:
        least: how many people make a group, `organization.minimum_group`.
        also: groups that are held back whatever their figures are, since another kind of group would tell
            with them of few.
    """

    least: int
    also: frozenset[str] = frozenset()

    def may_show(self, cell: Cell) -> bool:
        """Say whether a figure alone tells nothing of any person."""
        return may_show(cell, self.least)

    def hidden(self, cells: Mapping[str, Cell]) -> frozenset[str]:
        """Return the groups whose figure is held back."""
        return hidden(cells, self.least, self.also)

    def hidden_counts(self, counts: Mapping[str, int]) -> frozenset[str]:
        """Return the groups of which a plain number of people is held back."""
        return hidden_counts(counts, self.least, self.also)

"""Who was counted in a small group's digest: its figures change only when at least a group come or go. Pure.

Else what a week says less what the week before said would be of those few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from bot.measurement.digest import AdoptionRow, Digest, FirstWeekRow, RetentionRow, TargetRow
from bot.measurement.tally import Use

SMALL = 50
"""A group of fewer people is small."""

Began = Mapping[str, Mapping[str, date]]
"""The people of a group, and when each began which program."""

Row = AdoptionRow | TargetRow | FirstWeekRow | RetentionRow
R = TypeVar("R", AdoptionRow, TargetRow, FirstWeekRow, RetentionRow)


@dataclass(frozen=True, slots=True)
class Sets:
    """Who was counted: `people` in all, and those of each row, by its name."""

    people: frozenset[str]
    rows: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Issued:
    """A digest of before, and who was counted in it; `sets` is None where the group was not small."""

    digest: Digest
    sets: Sets | None


def tells_of_few(one: frozenset[str], other: frozenset[str], least: int) -> bool:
    """Say whether fewer people than a group, but not none, are in one of two sets alone."""
    return 0 < len(one ^ other) < least


def settle(
    made: Digest,
    began: Began,
    through: Mapping[Use, date],
    within: Mapping[str, int],
    before: Issued | None,
    after: Sets | None,
    least: int,
) -> tuple[Digest, Sets]:
    """Repeat the rows of a small group's digest whose people changed by too few, and say who is counted.

    Args:
        made: the digest as its people are now.
        began: its people.
        through: T by tool and evidence.
        within: the days of each target, by its id.
        before: the digest that was issued last before it.
        after: who was counted in the next week that is issued already.
        least: how many people make a group.
    """
    sets: dict[str, frozenset[str]] = {}

    def settled(rows: tuple[R, ...], known: tuple[R, ...]) -> tuple[R, ...]:
        old = {row.key: row for row in known}
        return tuple(_settled(row, old.get(row.key)) for row in rows)

    def _settled(row: R, old: R | None) -> R:
        name = _name(row)
        now = frozenset(_counted(row, began, through, within))
        then = before.sets.rows.get(name) if before and before.sets else None
        if before and then is not None and old is not None and tells_of_few(now, then, least):
            sets[name] = then
            return replace(old, repeated_from=old.repeated_from or before.digest.week)
        later = after.rows.get(name) if after else None
        if later is not None and tells_of_few(now, later, least):
            return _held_back(row)
        sets[name] = now
        return row

    old = before.digest if before else Digest(made.week, made.first_on, made.last_on, made.group, made.people)
    digest = replace(
        made,
        adoption=settled(made.adoption, old.adoption),
        targets=settled(made.targets, old.targets),
        first_week=settled(made.first_week, old.first_week),
        retention=settled(made.retention, old.retention),
    )
    return digest, Sets(frozenset(began), sets)


def _name(row: Row) -> str:
    return "|".join(map(str, (type(row).__name__, *row.key)))


def _counted(row: Row, began: Began, through: Mapping[Use, date], within: Mapping[str, int]) -> Iterator[str]:
    """Give who is counted in a row, of those who began its program."""
    on = next(
        (day for use, day in through.items() if (use.tool, use.evidence) == (row.tool, row.evidence)), None
    )
    if on is None:
        return
    match row:
        case AdoptionRow(horizon_days=days):
            wait = days
        case TargetRow(id=name):
            wait = within[name]
        case RetentionRow(week=week):
            wait = 7 * week
        case _:
            wait = 0
    for who, programs in began.items():
        day = programs.get(row.program)
        is_month = day is None or not isinstance(row, RetentionRow) or f"{day:%Y-%m}" == row.month
        if day is not None and is_month and day + timedelta(days=wait) <= on:
            yield who


def _held_back(row: R) -> R:
    match row:
        case AdoptionRow():
            return AdoptionRow(*row.key, row.complete_through, suppressed=True)
        case TargetRow():
            about = (row.id, row.program, row.tool, row.task, row.evidence, row.goal)
            return TargetRow(*about, suppressed=True)
        case FirstWeekRow():
            return FirstWeekRow(*row.key, suppressed=True)
        case _:
            return RetentionRow(*row.key, suppressed=True)

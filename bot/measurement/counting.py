"""How many of a group, in the counts of its people, are meant by a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from bot.measurement import metrics
from bot.measurement.adoption import Waited
from bot.measurement.eligibility import Standing
from bot.measurement.retention import WEEKS
from bot.measurement.standings import named
from bot.measurement.tally import Begun, Tally, Use
from bot.measurement.windows import day
from bot.privacy.suppression import Cell

Siblings = Mapping[str, Tally]
"""The counts of every group of a kind, by its name; nobody is in two."""


def count_begun(tally: Tally, program: str) -> int:
    """Count those who began a program and are counted."""
    return sum(
        n for it, n in tally.begun.items() if it.program == program and it.standing is Standing.ELIGIBLE
    )


def count_eligible(tally: Tally, program: str, horizon: int, on: date) -> int:
    """Count those of them who are eligible at a horizon, by T."""
    last = day(on, -horizon)
    return sum(n for it, n in tally.begun.items() if _is_counted(it, program) and it.on <= last)


def _is_counted(begun: Begun, program: str) -> bool:
    return begun.program == program and begun.standing is Standing.ELIGIBLE


def count_cells(
    siblings: Siblings, eligible: Mapping[str, int], program: str, use: Use, name: str
) -> Mapping[str, Cell]:
    """Count who met something, of those who are eligible."""
    return {
        value: Cell(
            eligible[value],
            sum(
                n
                for it, n in tally.met.items()
                if (it.program, it.tool, it.evidence, it.name) == (program, *use, name)
            ),
        )
        for value, tally in siblings.items()
    }


def count_waits(tally: Tally, program: str, use: Use, on: date) -> list[Waited]:
    """Say of each person for how long they waited for a first week of use."""
    found: list[Waited] = []
    waiting = Counter({it.on: n for it, n in tally.begun.items() if _is_counted(it, program)})
    for it, n in tally.first.items():
        if (it.program, it.tool, it.evidence) == (program, *use):
            found += [Waited((it.reached_on - it.on).days, True)] * n
            waiting[it.on] -= n
    for began, n in waiting.items():
        found += [Waited(max(0, (on - began).days), False)] * n
    return found


def count_kept(tally: Tally, program: str, use: Use, on: date) -> Mapping[tuple[str, int], Cell]:
    """Count by the month in which people began, and the week after that, who used the tool in it."""
    found: dict[tuple[str, int], Cell] = {}
    for week in WEEKS:
        for it, n in tally.begun.items():
            if _is_counted(it, program) and day(it.on, 7 * week) <= on:
                key = (f"{it.on:%Y-%m}", week)
                found[key] = found.get(key, Cell(0)) + Cell(n)
        for met, n in tally.met.items():
            if (met.program, met.tool, met.evidence, met.name) == (
                program,
                *use,
                named(metrics.RETAINED, week),
            ):
                began = day(met.on, -7 * week) if met.on else on
                key = (f"{began:%Y-%m}", week)
                found[key] = found.get(key, Cell(0)) + Cell(0, n)
    return found

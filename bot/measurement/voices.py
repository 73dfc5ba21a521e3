"""The figures of what people say, for all groups of a kind at once. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from bot.measurement.answers import AGREES, Item
from bot.measurement.asides import Asides, Held
from bot.measurement.digest import AGREE, ConfidenceRow, ManagerRow, MinutesRow, OpinionRow, PerceptionRow
from bot.measurement.summaries import paired_change, quartiles, with_silence
from bot.privacy.suppression import Cell, Guard

Groups = Mapping[str, Asides]


@dataclass(frozen=True, slots=True)
class Voices:
    """What the people of one group say."""

    confidence: ConfidenceRow
    minutes_saved: MinutesRow
    manager: ManagerRow
    learners: OpinionRow


def voices(groups: Groups, guard: Guard) -> Mapping[str, Voices]:
    """Work out what the people of every group say; groups have nobody in common."""
    confidence, minutes = _confidence(groups, guard), _minutes(groups, guard)
    learners = opinions(groups, Item.SUPPORT, guard)
    return {
        value: Voices(
            confidence[value], minutes[value], _manager(aside, value in guard.also), learners[value]
        )
        for value, aside in groups.items()
    }


def perception(
    learners: OpinionRow, hr: OpinionRow, estimates: Asides, measured_rate: float | None, guard: Guard
) -> PerceptionRow:
    """Put side by side what HR and leaders think, and learners.

    Args:
        learners: of the group.
        hr: of the whole organization.
        estimates: what everybody in the organization was asked.
        measured_rate: the share that adopted.
        guard: holds back what tells of few.
    """
    gap = None if hr.share is None or learners.share is None else hr.share - learners.share
    said = _values(estimates, Item.ESTIMATED_RATE, lambda held: held.after)
    estimated = median(said.elements()) / 100 if said.total() >= guard.least else None
    return PerceptionRow(AGREE, hr, learners, gap, estimated, measured_rate)


def opinions(groups: Groups, item: Item, guard: Guard) -> Mapping[str, OpinionRow]:
    """Say of each group how many agree, of those who answered."""
    asked = {value: _asked(aside, item) for value, aside in groups.items()}
    said = {value: _values(aside, item, lambda held: held.after) for value, aside in groups.items()}
    cells = {
        value: Cell(found.total(), sum(n for number, n in found.items() if number >= AGREES))
        for value, found in said.items()
    }
    answered = {value: cell.whole for value, cell in cells.items()}
    no_count = _few(asked, answered, guard)
    out = guard.hidden(cells) | no_count
    made = {}
    for value, cell in cells.items():
        if value in out or not cell.whole:
            is_told = value not in no_count
            whole, told = (asked[value], cell.whole) if is_told else (None, None)
            made[value] = OpinionRow(whole, told, suppressed=value in out)
            continue
        share = cell.part / cell.whole
        bounds = with_silence(share, cell.whole, asked[value])
        low, high = (bounds.low, bounds.high) if bounds else (None, None)
        made[value] = OpinionRow(asked[value], cell.whole, share, low, high)
    return made


def _confidence(groups: Groups, guard: Guard) -> Mapping[str, ConfidenceRow]:
    asked = {value: _asked(aside, Item.CONFIDENCE) for value, aside in groups.items()}
    pairs = {value: _pairs(aside, Item.CONFIDENCE) for value, aside in groups.items()}
    out = _few(asked, {value: len(found) for value, found in pairs.items()}, guard)
    made = {}
    for value, found in pairs.items():
        if value in out:
            made[value] = ConfidenceRow(suppressed=True)
            continue
        before, after = [x for x, _ in found], [y for _, y in found]
        change = paired_change(before, after)
        if change is None:
            made[value] = ConfidenceRow(asked[value], 0)
            continue
        sure = change.interval
        middle = (median(before), median(after), change.median)
        interval = (sure.low, sure.high) if sure else (None, None)
        made[value] = ConfidenceRow(asked[value], len(found), *middle, *interval)
    return made


def _minutes(groups: Groups, guard: Guard) -> Mapping[str, MinutesRow]:
    asked = {value: _asked(aside, Item.MINUTES_SAVED) for value, aside in groups.items()}
    said = {
        value: _values(aside, Item.MINUTES_SAVED, lambda held: held.after) for value, aside in groups.items()
    }
    out = _few(asked, {value: found.total() for value, found in said.items()}, guard)
    made = {}
    for value, found in said.items():
        if value in out:
            made[value] = MinutesRow(suppressed=True)
            continue
        middle = quartiles([*found.elements()])
        numbers = (middle.median, middle.q1, middle.q3) if middle else (None, None, None)
        made[value] = MinutesRow(asked[value], found.total(), *numbers)
    return made


def _manager(aside: Asides, is_held_back: bool) -> ManagerRow:
    """Put together what managers said of teams; no team of fewer than a group is ever asked about."""
    pairs = _pairs(aside, Item.TEAM_TASK)
    teams = _asked(aside, Item.TEAM_TASK)
    if is_held_back and teams:
        return ManagerRow(suppressed=True)
    if not pairs:
        return ManagerRow(teams, 0)
    changes = median(after - before for before, after in pairs)
    return ManagerRow(teams, len(pairs), median(x for x, _ in pairs), median(y for _, y in pairs), changes)


def _few(asked: Mapping[str, int], answered: Mapping[str, int], guard: Guard) -> frozenset[str]:
    """Return the groups of which too few were asked or answered, and those that would tell of them."""
    return guard.hidden_counts(asked) | guard.hidden_counts(answered)


def _asked(aside: Asides, item: Item) -> int:
    return sum(n for held, n in aside.answers.items() if held.item is item)


def _values(aside: Asides, item: Item, which: Callable[[Held], int | None]) -> Counter[int]:
    found: Counter[int] = Counter()
    for held, n in aside.answers.items():
        value = which(held)
        if held.item is item and value is not None:
            found[value] += n
    return found


def _pairs(aside: Asides, item: Item) -> list[tuple[int, int]]:
    return [
        (held.before, held.after)
        for held, n in aside.answers.items()
        if held.item is item and held.before is not None and held.after is not None
        for _ in range(n)
    ]

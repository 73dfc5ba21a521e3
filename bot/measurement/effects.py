"""What messages reached and caused, what was shared, and what waves show: for all groups of a kind. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.measurement.asides import Asides, Reach, Weeks
from bot.measurement.digest import NudgesRow, ReachRow, UseCaseRow, WavesRow
from bot.measurement.nudged import caused
from bot.measurement.tally import Use
from bot.measurement.waves import compare_waves
from bot.measurement.windows import WEEK, week_key
from bot.privacy.suppression import Cell, Guard

Groups = Mapping[str, Asides]


def nudges(groups: Groups, guard: Guard) -> Mapping[str, NudgesRow]:
    """Say of each group what followed messages that were sent, and that were held back."""
    people = {value: len({case.person for case in aside.cases}) for value, aside in groups.items()}
    out = guard.hidden_counts(people)
    made = {}
    for value, aside in groups.items():
        if value in out:
            made[value] = NudgesRow(suppressed=True)
            continue
        found = caused(aside.cases)
        of_held = {case.person for case in aside.cases if not case.sent}
        if len(of_held) < guard.least:
            # What those did from whom something was held back would be told of a few.
            is_few = found.held > 0
            made[value] = NudgesRow(found.sent + found.held, found.sent, found.held, suppressed=is_few)
            continue
        sure = found.interval
        interval = (sure.low, sure.high) if sure else (None, None)
        shares = (found.used_sent, found.used_held, found.difference)
        made[value] = NudgesRow(found.sent + found.held, found.sent, found.held, *shares, *interval)
    return made


def reach(groups: Groups, guard: Guard) -> Mapping[str, ReachRow]:
    """Say of each group whom messages reached."""
    known = {value: aside.reach for value, aside in groups.items()}
    no_messages = guard.hidden_counts({value: each.people for value, each in known.items()})
    no_people = guard.hidden_counts({value: each.joined for value, each in known.items()})
    no_blocked = guard.hidden({value: Cell(each.joined, each.blocked) for value, each in known.items()})
    return {
        value: _reach(each, value in no_messages, value in no_people, value in no_blocked)
        for value, each in known.items()
    }


def _reach(known: Reach, no_messages: bool, no_people: bool, no_blocked: bool) -> ReachRow:
    is_known = not (no_people or no_blocked)
    return ReachRow(
        None if no_messages else known.planned,
        None if no_messages else known.sent,
        known.joined - known.blocked if is_known else None,
        None,
        None if no_messages else known.answered,
        known.blocked if is_known else None,
        suppressed=no_messages or not is_known,
    )


def use_cases(aside: Asides) -> tuple[UseCaseRow, ...]:
    """Name what people shared on purpose: that is no measurement, and nothing of it is held back."""
    return tuple(
        UseCaseRow(each.id, each.title, each.cohort or None, each.tried, each.promoted)
        for each in aside.shares
    )


def waves(use: Use, weeks: Weeks, guard: Guard) -> WavesRow | None:
    """Compare each wave of at least a group with those who had not begun; None where there are no waves."""
    large = {wave: courses for wave, courses in weeks.courses.items() if len(courses) >= guard.least}
    if len(large) < 2:
        return WavesRow(use.tool, "change", suppressed=True) if len(weeks.courses) > len(large) else None
    courses = [each for courses in large.values() for each in courses]
    found = compare_waves(courses)
    begun: dict[int | None, str] = {}
    for wave, members in large.items():
        at = members[0].begun
        begun[at] = f"{begun[at]}, {wave}" if at in begun else wave
    cells = tuple(
        (begun[first], week_key(weeks.first_on + at * WEEK), difference)
        for (first, at), difference in sorted(found.by_wave.items())
    )
    label = "change" if found.overall is None else "effect"
    return WavesRow(
        use.tool,
        label,
        found.people,
        found.waiting,
        found.overall,
        found.p_value,
        cells,
        len(large) < len(weeks.courses),
    )

"""A digest in words and rows, for a terminal: one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.measurement.digest import AdoptionRow, Digest, FirstWeekRow, FrequencyRow, RetentionRow, TargetRow

HIDDEN = "too few"
"""Stands where a figure is held back."""

NONE = "–"
"""Stands where there is no figure."""

Rows = Sequence[Sequence[str]]

_VERDICTS = {"reached": "reached", "below": "below", "not_shown": "not shown yet"}
_EVIDENCE = {"measured": "measured", "self_report": "people say", "manager": "managers say"}


def headline(digest: Digest, tools: Mapping[str, str]) -> str:
    """Say the one thing first: the share that adopted at 30 days, or at the first horizon that is shown."""
    rows = [row for row in digest.adoption if row.share is not None]
    if not rows:
        return "There is no adoption figure yet: nobody is eligible, or too few are."
    row = min(rows, key=lambda each: (each.evidence != "measured", each.horizon_days))
    tool = tools.get(row.tool, row.tool)
    said = (
        f"{_percent(row.share)} ({_percent(row.low)} to {_percent(row.high)}) of {row.eligible} people "
        f"adopted {tool} {row.horizon_days} days after their first lesson"
    )
    said += "." if row.evidence == "measured" else ", as they say."
    if row.change is not None:
        said += f" That is {row.change * 100:+.0f} points since last week."
    return said


def sections(digest: Digest, tools: Mapping[str, str]) -> Iterator[tuple[str, Rows]]:
    """Give each part as a heading and rows of cells, the first of them the head."""
    people = digest.people
    about = "about " if people.suppressed and people.trained is not None else ""
    counts = [about + _count(people.trained), about + _count(people.measured), _count(people.opted_out)]
    yield "People", [["trained", "measured", "do not want to be measured"], counts]
    parts: tuple[tuple[str, str, Sequence[Sequence[str]]], ...] = (
        (
            "Adoption",
            "program|tool|known by|after|eligible|too young|tried|adopted|share|before",
            [_adoption(row, tools) for row in digest.adoption],
        ),
        (
            "Targets",
            "target|known by|eligible|met|share|goal|verdict",
            [_target(row) for row in digest.targets],
        ),
        (
            "This week, and the last twelve",
            "tool|known by|used it|days a week|by habit|power|lapsed|returned|tasks",
            [_frequency(row, tools) for row in digest.frequency],
        ),
        (
            "How long it takes",
            "program|tool|known by|people|half had a first week of use after",
            [_first_week(row, tools) for row in digest.first_week],
        ),
        (
            "Who stays",
            "program|tool|known by|began in|week|of|still used it",
            [_retention(row, tools) for row in digest.retention],
        ),
    )
    yield from ((heading, [head.split("|"), *rows]) for heading, head, rows in parts if rows)


def _frequency(row: FrequencyRow, tools: Mapping[str, str]) -> list[str]:
    numbers = (row.habitual, row.power, row.lapsed, row.returned)
    return [
        tools.get(row.tool, row.tool),
        _EVIDENCE[row.evidence],
        _shown(row.active_people, row.suppressed),
        _middle(row.median_active_days, row.q1, row.q3),
        *(_shown(number, row.suppressed) for number in numbers),
        _number(row.median_tasks),
    ]


def _first_week(row: FirstWeekRow, tools: Mapping[str, str]) -> list[str]:
    after = f"{row.median_days} days" if row.median_days is not None else NONE
    people = _shown(row.people, row.suppressed)
    return [row.program, tools.get(row.tool, row.tool), _EVIDENCE[row.evidence], people, after]


def _retention(row: RetentionRow, tools: Mapping[str, str]) -> list[str]:
    known = [row.program, tools.get(row.tool, row.tool), _EVIDENCE[row.evidence], row.month, str(row.week)]
    return [*known, _shown(row.seen, row.suppressed), _shown(row.kept, row.suppressed)]


def _adoption(row: AdoptionRow, tools: Mapping[str, str]) -> list[str]:
    share = HIDDEN if row.suppressed and row.eligible != 0 else NONE
    if row.share is not None:
        share = f"{_percent(row.share)} ({_percent(row.low)} to {_percent(row.high)})"
    return [
        row.program,
        tools.get(row.tool, row.tool),
        _EVIDENCE[row.evidence],
        f"{row.horizon_days} days",
        _shown(row.eligible, row.suppressed),
        _shown(row.too_young, row.suppressed),
        _shown(row.tried, row.suppressed),
        _shown(row.adopted, row.suppressed),
        share,
        _percent(row.baseline),
    ]


def _target(row: TargetRow) -> list[str]:
    share = HIDDEN if row.suppressed else NONE
    if row.share is not None:
        share = f"{_percent(row.share)} ({_percent(row.low)} to {_percent(row.high)})"
    told = _VERDICTS.get(row.verdict or "", HIDDEN)
    evidence = _EVIDENCE[row.evidence]
    return [
        row.id, evidence, _shown(row.eligible, row.suppressed), _shown(row.met, row.suppressed), share,
        _percent(row.goal), told,
    ]  # fmt: skip


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share * 100:.0f} %"


def _count(number: int | None) -> str:
    return HIDDEN if number is None else f"{number:,}"


def _shown(number: int | None, is_suppressed: bool) -> str:
    if number is None:
        return HIDDEN if is_suppressed else NONE
    return f"{number:,}"


def _number(number: float | None) -> str:
    return NONE if number is None else f"{number:g}"


def _middle(median: float | None, low: float | None, high: float | None) -> str:
    return NONE if median is None else f"{median:g} ({low:g} to {high:g})"

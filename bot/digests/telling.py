"""A digest in words and rows: one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.measurement.adoption import HORIZONS
from bot.measurement.digest import (
    AdoptionRow,
    Digest,
    FirstWeekRow,
    FrequencyRow,
    NudgesRow,
    PerceptionRow,
    RetentionRow,
    TargetRow,
    WavesRow,
)
from bot.measurement.tally import Group

HIDDEN = "too few"
"""Stands where a figure is held back."""

NONE = "–"
"""Stands where there is no figure."""

MOST_SAID = 3
"""Sentences of a kind on the page."""

MOST_CHANGES = 10
"""Corrections that are said; JSON has them all."""

Rows = Sequence[Sequence[str]]

_VERDICTS = {"reached": "reached", "below": "below", "not_shown": "not shown yet"}
_EVIDENCE = {"measured": "measured", "self_report": "people say", "manager": "managers say"}


@dataclass(frozen=True, slots=True)
class Reader:
    """What makes a digest readable: whose it is, and what people call the tools."""

    organization: str
    tools: Mapping[str, str]


def title(digest: Digest, reader: Reader) -> str:
    """Say of whom and of when it is."""
    days = f"{digest.week}, {digest.first_on} to {digest.last_on}"
    return f"{reader.organization}, {days}: {'everybody' if digest.group == Group() else digest.group}"


def headline(digest: Digest, tools: Mapping[str, str]) -> str:
    """Say the one thing first: who adopted, the change since last week, and how the goal stands."""
    rows = [row for row in digest.adoption if row.share is not None]
    if not rows:
        return "There is no adoption figure yet: nobody is eligible, or too few are."
    row = min(rows, key=lambda each: (each.evidence != "measured", each.horizon_days))
    said = (
        f"{percent(row.share)} ({percent(row.low)} to {percent(row.high)}) of {row.eligible} people "
        f"adopted {tools.get(row.tool, row.tool)} {row.horizon_days} days after their first lesson"
    )
    said += "." if row.evidence == "measured" else ", as they say."
    if row.change is not None:
        points = _points(row.change)
        said += f" That is {points} points since last week." if points != "+0" else " The same as last week."
    targets = [x for x in digest.targets if x.share is not None and x.evidence == row.evidence]
    for target in targets[:1]:
        verdict = _VERDICTS.get(target.verdict or "", HIDDEN)
        said += f" {target.id}: {percent(target.share)} of the goal of {percent(target.goal)}, {verdict}."
    return said


def marks(digest: Digest) -> Iterator[str]:
    """Say what is to be known of this issue: whose figures are repeated, and what was corrected."""
    issue = digest.issue
    if issue.people_of is not None:
        yield f"The people of {issue.people_of} are counted: since then too few came or went."
    of_weeks = {x.repeated_from for x in digest.adoption} | {x.repeated_from for x in digest.targets}
    repeated = sorted(each for each in of_weeks if each)
    if repeated and issue.people_of is None:
        yield f"Some rows are those of {', '.join(repeated)}: too few people are new in them."
    if issue.number > 1 and issue.issued_at is not None:
        many = len(issue.changed)
        figures = f"{many} figure{'' if many == 1 else 's'}"
        yield f"Corrected on {issue.issued_at:%Y-%m-%d}, issue {issue.number}: {figures}."
        yield from (f"  {each}" for each in issue.changed[:MOST_CHANGES])


def moved(digest: Digest, tools: Mapping[str, str]) -> list[str]:
    """Say what is other than last week, the largest change first."""
    rows = [x for x in digest.adoption if x.change is not None and round(x.change * 100)]
    rows.sort(key=lambda x: -abs(x.change or 0))
    return [
        f"{tools.get(x.tool, x.tool)}, {_EVIDENCE[x.evidence]}, after {x.horizon_days} days: "
        f"{percent(x.share)}, {_points(x.change)} points "
        f"({x.eligible} eligible, {x.eligible_before} the week before)."
        for x in rows[:MOST_SAID]
    ]


def wanting(digest: Digest, tools: Mapping[str, str]) -> list[str]:
    """Say where help is needed, and what would help."""
    found = [
        f"{x.id}: {percent(x.share)} of {x.eligible} people are there, and the goal is {percent(x.goal)}."
        for x in digest.targets
        if x.verdict == "below"
    ]
    for row in (x for x in digest.adoption if x.evidence == "measured" and x.horizon_days == HORIZONS[0]):
        name = tools.get(row.tool, row.tool)
        if row.tried is None or row.adopted is None or not row.eligible:
            continue
        if row.tried < row.eligible / 2:
            found.append(
                f"{name}: {row.eligible - row.tried} of {row.eligible} people have not tried it in 30 days; "
                "is the licence there, and is there a lesson for their own task?"
            )
        elif row.adopted < row.tried / 2:
            found.append(
                f"{name}: {row.tried} people tried it, and {row.adopted} adopted it; "
                "moments of need at the times of their tasks would help."
            )
    found += [
        f"{tools.get(x.tool, x.tool)}: {x.lapsed} people adopted it, and did not use it for 14 days."
        for x in digest.frequency
        if x.lapsed and x.evidence == "measured"
    ]
    return found[:MOST_SAID]


def as_text(digest: Digest, reader: Reader, definitions: bool = False) -> str:
    """Write a digest as one page of plain text."""
    tools = reader.tools
    lines = [title(digest, reader), "", headline(digest, tools), *marks(digest)]
    for heading, said in (
        ("What moved", moved(digest, tools)),
        ("Where help is needed", wanting(digest, tools)),
    ):
        lines += ["", heading, *(said or ["Nothing to tell."])]
    for heading, rows in sections(digest, tools):
        lines += ["", heading, *_columns(rows)]
    if digest.notes:
        lines += ["", "What is not known, and why", *digest.notes]
    if definitions:
        lines += ["", "What the figures mean", *_columns([*map(list, digest.definitions.items())])]
    return "\n".join(lines) + "\n"


def _columns(rows: Rows) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


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
    yield from _beside(digest, tools)


def _beside(digest: Digest, tools: Mapping[str, str]) -> Iterator[tuple[str, Rows]]:
    """Give what stands beside use, where there is anything of it."""
    sure, minutes, team = digest.confidence, digest.minutes_saved, digest.manager
    if sure.asked or sure.suppressed:
        heads = "asked|told before and after|before|after|change"
        change = _middle(sure.paired_change, sure.low, sure.high)
        counts = [_shown(sure.asked, sure.suppressed), _shown(sure.answered, sure.suppressed)]
        middle = [_number(sure.before_median), _number(sure.after_median), change]
        yield "Confidence, of 100, in the middle", [heads.split("|"), [*counts, *middle]]
    if minutes.asked or minutes.suppressed:
        counts = [_shown(minutes.asked, minutes.suppressed), _shown(minutes.answered, minutes.suppressed)]
        counts.append(_middle(minutes.median, minutes.q1, minutes.q3))
        yield "Minutes saved on a task, as people say", [["asked", "told", "in the middle"], counts]
    if team.teams:
        middle = [_number(each) for each in (team.before_median, team.after_median, team.change)]
        heads = "teams|assessed twice|before|after|change"
        counts = [_count(team.teams), _count(team.assessed)]
        yield "As managers see it, of 100", [heads.split("|"), [*counts, *middle]]
    yield from _perceived(digest.perception_gap)
    yield from _caused(digest.nudges)
    reach = digest.reach
    if reach.planned or reach.reachable or reach.suppressed:
        numbers = [reach.planned, reach.sent, reach.answered, reach.reachable, reach.blocked]
        heads = "planned|sent|answered|people reached|blocked"
        yield "Messages of the week", [heads.split("|"), [_shown(each, reach.suppressed) for each in numbers]]
    if digest.use_cases:
        rows = [
            [x.title, x.shared_by_cohort or NONE, str(x.tried), "yes" if x.promoted else "no"]
            for x in digest.use_cases
        ]
        yield "Shared use cases", [["use case", "cohort", "tried by", "a lesson by now"], *rows]
    if digest.fluency:
        heads = "program|tool|known by|after|eligible|too young|tried|adopted|share|before"
        yield "Those who teach", [heads.split("|"), *(_adoption(row, tools) for row in digest.fluency)]
    if digest.waves:
        yield "Waves: active days a week", [WAVES_HEAD, *(_wave(row, tools) for row in digest.waves)]


WAVES_HEAD = ["tool", "what it is", "people", "not begun at first", "difference", "by chance"]


def _wave(row: WavesRow, tools: Mapping[str, str]) -> list[str]:
    counts = [_shown(row.people, row.suppressed), _shown(row.waiting, row.suppressed)]
    numbers = [_signed(row.overall, "{:+.2f}"), NONE if row.p_value is None else f"{row.p_value:.3f}"]
    return [tools.get(row.tool, row.tool), row.label, *counts, *numbers]


def _perceived(row: PerceptionRow) -> Iterator[tuple[str, Rows]]:
    if not (row.hr.asked or row.learners.asked or row.suppressed):
        return
    heads = ["", "asked", "answered", "agree", "of all who were asked, between"]
    said = []
    for name, opinion in (("HR and leaders", row.hr), ("learners", row.learners)):
        counts = [_shown(opinion.asked, opinion.suppressed), _shown(opinion.answered, opinion.suppressed)]
        bounds = NONE if opinion.low is None else f"{percent(opinion.low)} and {percent(opinion.high)}"
        said.append([name, *counts, HIDDEN if opinion.suppressed else percent(opinion.share), bounds])
    yield f"“{row.item}”", [heads, *said]
    if row.estimated_rate is not None:
        rates = [percent(row.estimated_rate), percent(row.measured_rate)]
        yield "Adoption as HR and leaders expect it", [["expected", "measured"], rates]


def _caused(row: NudgesRow) -> Iterator[tuple[str, Rows]]:
    if not (row.decisions or row.suppressed):
        return
    sure = NONE if row.low is None else f" ({_points(row.low)} to {_points(row.high)})"
    difference = NONE if row.difference is None else f"{_points(row.difference)}{sure} points"
    shares = [percent(row.used_72h_sent), percent(row.used_72h_held)]
    counts = [_shown(row.sent, row.suppressed), _shown(row.held, row.suppressed)]
    heads = "sent|held back|used it after a message|without one|difference"
    yield "What messages cause, within 72 hours", [heads.split("|"), [*counts, *shares, difference]]


def _points(share: float | None) -> str:
    return NONE if share is None else f"{round(share * 100):+d}"


def _signed(number: float | None, form: str) -> str:
    return NONE if number is None else form.format(number)


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
        share = f"{percent(row.share)} ({percent(row.low)} to {percent(row.high)})"
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
        percent(row.baseline),
    ]


def _target(row: TargetRow) -> list[str]:
    share = HIDDEN if row.suppressed else NONE
    if row.share is not None:
        share = f"{percent(row.share)} ({percent(row.low)} to {percent(row.high)})"
    told = _VERDICTS.get(row.verdict or "", HIDDEN)
    evidence = _EVIDENCE[row.evidence]
    return [
        row.id, evidence, _shown(row.eligible, row.suppressed), _shown(row.met, row.suppressed), share,
        percent(row.goal), told,
    ]  # fmt: skip


def percent(share: float | None) -> str:
    """Write a share in whole percent."""
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

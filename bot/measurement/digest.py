"""A week's adoption figures for a group: one value, from which every form of a digest is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from pydantic import JsonValue

from bot.events import Evidence
from bot.measurement.tally import Group

AGREE = "Our AI training supports people well."
"""What HR, leaders and learners are asked alike."""


@dataclass(frozen=True, slots=True)
class People:
    """How many have begun a program, of those how many are measured, and how many do not want to be.

    `measured` and `trained` are rounded down to whole groups where `opted_out` is held back: else it could be
    worked out.
    """

    trained: int | None
    measured: int | None
    opted_out: int | None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class AdoptionRow:
    """Adoption of a tool in a program at a horizon, by one evidence; shares are fractions of the eligible.

    `baseline` is the share that used it as much in the four weeks before t0, where a source reaches back.
    `change` is the share less that of last week's digest, whose eligible are `eligible_before`.
    `repeated_from` is the week whose row it is, where fewer than a group have come or gone since.
    """

    program: str
    tool: str
    evidence: str
    horizon_days: int
    complete_through: date | None
    eligible: int | None = None
    too_young: int | None = None
    tried: int | None = None
    adopted: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    change: float | None = None
    eligible_before: int | None = None
    suppressed: bool = False
    repeated_from: str | None = None

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What tells it from the other rows of a digest."""
        return self.program, self.tool, self.evidence, self.horizon_days


@dataclass(frozen=True, slots=True)
class TargetRow:
    """How a target stands: how many of the eligible met it, and what that shows."""

    id: str
    program: str
    tool: str
    task: str | None
    evidence: str
    goal: float
    eligible: int | None = None
    met: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str | None = None
    suppressed: bool = False
    repeated_from: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the other rows of a digest."""
        return self.id, self.tool, self.evidence


@dataclass(frozen=True, slots=True)
class FrequencyRow:
    """How often those who began a program use a tool, in the week and over the last twelve."""

    tool: str
    evidence: str
    active_people: int | None = None
    median_active_days: float | None = None
    q1: float | None = None
    q3: float | None = None
    habitual: int | None = None
    power: int | None = None
    lapsed: int | None = None
    returned: int | None = None
    median_tasks: float | None = None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class FirstWeekRow:
    """After how many days half of those who began a program had a first week of use (Kaplan and Meier).

    `without` is the share that has not had one by the longest time that was seen.
    """

    program: str
    tool: str
    evidence: str
    people: int | None = None
    median_days: int | None = None
    without: float | None = None
    suppressed: bool = False
    repeated_from: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the other rows of a digest."""
        return self.program, self.tool, self.evidence


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """Of those who began in a month, and whose n-th week is over, how many used the tool in it."""

    program: str
    tool: str
    evidence: str
    month: str
    week: int
    seen: int | None = None
    kept: int | None = None
    suppressed: bool = False
    repeated_from: str | None = None

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What tells it from the other rows of a digest."""
        return self.program, self.tool, self.evidence, self.month, self.week


@dataclass(frozen=True, slots=True)
class ConfidenceRow:
    """By how much the same people's confidence changed, in the middle, in points of 100.

    `asked` were asked after their first lesson, and `answered` told before it and after it.
    """

    asked: int | None = None
    answered: int | None = None
    before_median: float | None = None
    after_median: float | None = None
    paired_change: float | None = None
    low: float | None = None
    high: float | None = None
    suppressed: bool = False
    evidence: str = Evidence.SELF_REPORT


@dataclass(frozen=True, slots=True)
class MinutesRow:
    """Minutes that people say they saved on a task, of those who told; never summed."""

    asked: int | None = None
    answered: int | None = None
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    suppressed: bool = False
    evidence: str = Evidence.SELF_REPORT


@dataclass(frozen=True, slots=True)
class ManagerRow:
    """How well teams do a task as their managers see it, in points of 100; `assessed` teams both times."""

    teams: int | None = None
    assessed: int | None = None
    before_median: float | None = None
    after_median: float | None = None
    change: float | None = None
    suppressed: bool = False
    evidence: str = Evidence.MANAGER


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """Who agrees; `low` and `high` are the bounds of all who were asked, whatever the silent think."""

    asked: int | None = None
    answered: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class PerceptionRow:
    """What HR, leaders and learners think of the training; the rate that HR expects, and the measured one.

    HR and leaders speak for the whole organization, whichever group the learners are.
    """

    item: str
    hr: OpinionRow = OpinionRow()
    learners: OpinionRow = OpinionRow()
    gap: float | None = None
    estimated_rate: float | None = None
    measured_rate: float | None = None
    evidence: str = Evidence.SELF_REPORT

    @property
    def suppressed(self) -> bool:
        """Say whether anything is held back."""
        return self.hr.suppressed or self.learners.suppressed


@dataclass(frozen=True, slots=True)
class NudgesRow:
    """What followed messages that were sent, and that chance held back; shares are fractions of decisions."""

    decisions: int | None = None
    sent: int | None = None
    held: int | None = None
    used_72h_sent: float | None = None
    used_72h_held: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    suppressed: bool = False
    evidence: str = Evidence.MEASURED


@dataclass(frozen=True, slots=True)
class ReachRow:
    """Messages that nobody asked for, in the week; and the people whom the bot can write to, or not.

    `opened` is never known: no platform tells a bot who has read a message.
    """

    planned: int | None = None
    sent: int | None = None
    reachable: int | None = None
    opened: int | None = None
    answered: int | None = None
    blocked: int | None = None
    suppressed: bool = False
    evidence: str = Evidence.MEASURED


@dataclass(frozen=True, slots=True)
class UseCaseRow:
    """A use case that somebody shared on purpose; `tried` counts colleagues, each once."""

    id: str
    title: str
    shared_by_cohort: str | None
    tried: int
    promoted: bool
    evidence: str = Evidence.SELF_REPORT


@dataclass(frozen=True, slots=True)
class WavesRow:
    """Active days a week since a wave began, beside the waves that had not begun yet.

    `label` is "effect" where there is a comparison; else "change", and `overall` is null. `by_wave` has the
    difference by wave and ISO week.
    """

    tool: str
    label: str
    people: int | None = None
    waiting: int | None = None
    overall: float | None = None
    p_value: float | None = None
    by_wave: tuple[tuple[str, str, float], ...] = ()
    suppressed: bool = False
    evidence: str = Evidence.MEASURED


@dataclass(frozen=True, slots=True)
class Issue:
    """That a digest was issued: `number` counts from 1, and `changed` says what is other than before.

    `people_of` is the week whose people are counted, where fewer than a group have come or gone since.
    """

    number: int = 0
    issued_at: datetime | None = None
    changed: tuple[str, ...] = ()
    people_of: str | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """The figures of a week for a group; `first_on` and `last_on` are its Monday and its Sunday."""

    week: str
    first_on: date
    last_on: date
    group: Group
    people: People
    adoption: tuple[AdoptionRow, ...] = ()
    targets: tuple[TargetRow, ...] = ()
    frequency: tuple[FrequencyRow, ...] = ()
    first_week: tuple[FirstWeekRow, ...] = ()
    retention: tuple[RetentionRow, ...] = ()
    confidence: ConfidenceRow = ConfidenceRow()
    minutes_saved: MinutesRow = MinutesRow()
    manager: ManagerRow = ManagerRow()
    perception_gap: PerceptionRow = PerceptionRow(AGREE)
    nudges: NudgesRow = NudgesRow()
    reach: ReachRow = ReachRow()
    use_cases: tuple[UseCaseRow, ...] = ()
    fluency: tuple[AdoptionRow, ...] = ()
    waves: tuple[WavesRow, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    issue: Issue = Issue()

    def data(self) -> dict[str, JsonValue]:
        """Return it as JSON has it: every figure that is held back is null, beside `suppressed`."""
        group: dict[str, JsonValue] = {"kind": self.group.kind.value, "value": self.group.value}
        return {
            "week": self.week,
            "from": self.first_on.isoformat(),
            "to": self.last_on.isoformat(),
            "group": group,
            "people": _plain(asdict(self.people)),
            **{
                name: [_plain(asdict(row)) for row in rows]
                for name, rows in (
                    ("adoption", self.adoption),
                    ("targets", self.targets),
                    ("frequency", self.frequency),
                    ("first_week", self.first_week),
                    ("retention", self.retention),
                )
            },
            "confidence": _plain(asdict(self.confidence)),
            "minutes_saved": _plain(asdict(self.minutes_saved)),
            "manager": _plain(asdict(self.manager)),
            "perception_gap": _perception(self.perception_gap),
            "nudges": _plain(asdict(self.nudges)),
            "reach": _plain(asdict(self.reach)),
            "use_cases": [_plain(asdict(row)) for row in self.use_cases],
            "fluency": [_plain(asdict(row)) for row in self.fluency],
            "waves": [_waves(row) for row in self.waves],
            "definitions": dict(self.definitions),
            "notes": list(self.notes),
            "issue": _issue(self.issue),
        }


def _issue(issue: Issue) -> dict[str, JsonValue]:
    at = issue.issued_at.isoformat().replace("+00:00", "Z") if issue.issued_at else None
    return {
        "number": issue.number,
        "issued_at": at,
        "changed": list(issue.changed),
        "people_of": issue.people_of,
    }


def _perception(row: PerceptionRow) -> dict[str, JsonValue]:
    return {
        "item": row.item,
        "hr": _plain(asdict(row.hr)),
        "learners": _plain(asdict(row.learners)),
        **_plain({"gap": row.gap, "estimated_rate": row.estimated_rate, "measured_rate": row.measured_rate}),
        "suppressed": row.suppressed,
        "evidence": row.evidence,
    }


def _waves(row: WavesRow) -> dict[str, JsonValue]:
    known = {name: value for name, value in asdict(row).items() if name != "by_wave"}
    cells: list[JsonValue] = [
        {"wave": wave, "week": week, "difference": round(by, 4)} for wave, week, by in row.by_wave
    ]
    return {**_plain(known), "by_wave": cells}


def _plain(row: Mapping[str, JsonValue | date]) -> dict[str, JsonValue]:
    """Write days as text; shares keep four places, more than any of them is worth."""
    made: dict[str, JsonValue] = {}
    for name, value in row.items():
        if isinstance(value, date):
            made[name] = value.isoformat()
        else:
            made[name] = round(value, 4) if isinstance(value, float) else value
    return made

"""A week's adoption figures for a group: one value, from which every form of a digest is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from pydantic import JsonValue

from bot.measurement.tally import Group


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
    definitions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

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
            "definitions": dict(self.definitions),
            "notes": list(self.notes),
        }


def _plain(row: Mapping[str, JsonValue | date]) -> dict[str, JsonValue]:
    """Write days as text; shares keep four places, more than any of them is worth."""
    made: dict[str, JsonValue] = {}
    for name, value in row.items():
        if isinstance(value, date):
            made[name] = value.isoformat()
        else:
            made[name] = round(value, 4) if isinstance(value, float) else value
    return made

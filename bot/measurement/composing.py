"""Makes the digests of all groups of a kind from their counts, and holds back what tells of few. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import product

from bot.events import Evidence
from bot.measurement import metrics
from bot.measurement.adoption import HORIZONS
from bot.measurement.counting import (
    Siblings,
    count_begun,
    count_cells,
    count_eligible,
    count_kept,
    count_waits,
)
from bot.measurement.digest import (
    AdoptionRow,
    Digest,
    FirstWeekRow,
    FrequencyRow,
    People,
    RetentionRow,
    TargetRow,
)
from bot.measurement.eligibility import Source, Standing, Through, complete_through
from bot.measurement.metrics import METRICS
from bot.measurement.standings import BASELINE, for_target, named
from bot.measurement.summaries import quartiles
from bot.measurement.survival import kaplan_meier, median_wait
from bot.measurement.tally import Group, GroupKind, Tally, Use, together
from bot.measurement.targets import verdict
from bot.measurement.uncertainty import wilson
from bot.measurement.uses import Detail
from bot.measurement.windows import Days, day, week_key
from bot.privacy.overlapping import Overlaps
from bot.privacy.suppression import Cell, Guard
from lessons.programs import Program, Target

NOBODY_YET = "Nobody has completed a lesson of a program by then."


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the digests of a week for the groups of a kind are made of.

    Attributes:
        week: Monday to Sunday.
        kind: by what people are grouped.
        tallies: the counts of every group, as of each T that a tool has, and of the Sunday.
        sources: what tells of real use.
        programs: those of the catalogue, at least one.
        targets: those of the catalogue.
        tools: the names of the tools that people read, by their ids.
        guard: holds back what tells of few.
        before: last week's rows of adoption, by group.
        overlaps: by T which groups would tell of few together with those of other kinds.
    """

    week: Days
    kind: GroupKind
    tallies: Mapping[date, Siblings]
    sources: Sequence[Source]
    programs: Sequence[Program]
    targets: Sequence[Target]
    tools: Mapping[str, str]
    guard: Guard
    before: Mapping[str, Mapping[tuple[str, str, str, int], AdoptionRow]]
    overlaps: Mapping[date, Overlaps] = field(default_factory=dict)

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return self.week.last_on


def through(sources: Sequence[Source], tools: Sequence[str], sunday: date) -> Mapping[Use, Through]:
    """Say through which day each tool's figures are complete, by each evidence that there may be of it."""
    known = sorted({*tools, *(source.tool for source in sources)})
    return {
        Use(tool, evidence): complete_through(sources, tool, sunday, evidence)
        for tool, evidence in product(known, (Evidence.MEASURED, Evidence.SELF_REPORT))
    }


def compose(sheet: Sheet) -> Mapping[str, Digest]:
    """Make the digest of every group of the kind."""
    maker = _Maker(sheet)
    return {value: maker.digest(value) for value in maker.values}


class _Maker:
    """Works out each figure of all siblings at once, since what one may show depends on the others."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._through = through(sheet.sources, [*sheet.tools], sheet.sunday)
        self.values = sorted({value for siblings in sheet.tallies.values() for value in siblings})
        self._people = self._count_people()
        self._adoption = [row for use, on in self._shown() for row in self._adopted(use, on)]
        self._targets = [row for use, on in self._shown() for row in self._met(use, on)]
        self._frequency = [self._often(use, on) for use, on in self._shown()]
        self._first = [row for use, on in self._shown() for row in self._waits(use, on)]
        self._kept = [row for use, on in self._shown() for row in self._retention(use, on)]

    def digest(self, value: str) -> Digest:
        """Put together what was worked out for a group."""
        sheet = self._sheet
        return Digest(
            week_key(sheet.week.first_on),
            sheet.week.first_on,
            sheet.week.last_on,
            Group(sheet.kind, value),
            self._people[value],
            tuple(row[value] for row in self._adoption),
            tuple(row[value] for row in self._targets),
            tuple(row[value] for row in self._frequency),
            tuple(row[value] for row in self._first),
            tuple(row[value] for row in self._kept),
            definitions={name: metric.definition for name, metric in METRICS.items()},
            notes=tuple(self._notes()),
        )

    # ------------------------------------------------------------ which rows there are

    def _shown(self) -> Iterator[tuple[Use, date]]:
        """Give each tool by each evidence of which something is known, with its T."""
        for use, told in self._through.items():
            if told.on is not None and (use.evidence is Evidence.MEASURED or self._is_said(use)):
                yield use, told.on

    def _is_said(self, use: Use) -> bool:
        at = self._sheet.tallies[self._sheet.sunday].values()
        known = {Use(each.tool, each.evidence) for tally in at for each in tally.met}
        return use in known | {Use(each.tool, each.evidence) for tally in at for each in tally.week}

    def _siblings(self, on: date) -> Mapping[str, Tally]:
        known = self._sheet.tallies[on]
        return {value: known.get(value) or Tally() for value in self.values}

    def _guard(self, on: date, program: str = "", until: date | None = None, month: str = "") -> Guard:
        """Hold back what tells of few, for a figure of who began a program by a day."""
        guard, overlaps = self._sheet.guard, self._sheet.overlaps.get(on)
        if overlaps is None:
            return guard
        return replace(guard, also=guard.also | overlaps.among(program, until or on, month))

    def _notes(self) -> Iterator[str]:
        if not any(tally.people for tally in self._siblings(self._sheet.sunday).values()):
            yield NOBODY_YET
        for use, told in self._through.items():
            if use.evidence is not Evidence.MEASURED:
                continue
            name = self._sheet.tools.get(use.tool, use.tool)
            for source in told.silent:
                yield (
                    f"{name}: “{source.name}” has told nothing since {source.complete_through}, "
                    "and is left out."
                )
            if told.on is None:
                yield f"{name}: no source measures its use; what people say of it stands alone."
                continue
            if told.on < self._sheet.sunday:
                yield f"{name}: complete through {told.on}, and counted to that day."
            details = [source.detail for source in told.sources]
            for metric in (metrics.ACTIVE_DAYS, metrics.ADOPTED, metrics.POWER):
                if why := metric.missing(details):
                    yield f"{name}: {why}"

    # ------------------------------------------------------------ people

    def _count_people(self) -> Mapping[str, People]:
        siblings, guard = self._siblings(self._sheet.sunday), self._guard(self._sheet.sunday)
        trained = {
            value: tally.people[Standing.ELIGIBLE] + tally.people[Standing.OPTED_OUT]
            for value, tally in siblings.items()
        }
        out = guard.hidden_counts(trained)
        return {
            value: People(None, None, None, suppressed=True)
            if value in out
            else _people(trained[value], tally.people[Standing.OPTED_OUT], guard)
            for value, tally in siblings.items()
        }

    # ------------------------------------------------------------ adoption and targets

    def _adopted(self, use: Use, on: date) -> Iterator[Mapping[str, AdoptionRow]]:
        siblings = self._siblings(on)
        for program, horizon in product(self._sheet.programs, HORIZONS):
            yield self._rows(siblings, program.id, use, on, horizon)

    def _rows(
        self, siblings: Siblings, program: str, use: Use, on: date, horizon: int
    ) -> Mapping[str, AdoptionRow]:
        guard = self._guard(on, program, day(on, -horizon))
        eligible = {value: count_eligible(tally, program, horizon, on) for value, tally in siblings.items()}
        young = {value: count_begun(tally, program) - eligible[value] for value, tally in siblings.items()}
        adopted = count_cells(siblings, eligible, program, use, named(metrics.ADOPTED, horizon))
        tried = count_cells(siblings, eligible, program, use, named(metrics.TRIED, horizon))
        # Whoever began is either eligible or too young, and how many began is shown, too.
        no_count = no_young = guard.hidden_counts(eligible) | guard.hidden_counts(young)
        no_share, no_tried = guard.hidden(adopted) | no_count, guard.hidden(tried) | no_count
        made = {}
        for value, tally in siblings.items():
            whole, part = eligible[value], adopted[value].part
            is_open = value not in no_share and whole > 0
            interval = wilson(part, whole) if is_open else None
            before = self._sheet.before.get(value, {}).get((program, use.tool, use.evidence, horizon))
            share = part / whole if is_open else None
            known = before is not None and before.share is not None and share is not None
            made[value] = AdoptionRow(
                program,
                use.tool,
                use.evidence,
                horizon,
                on,
                eligible=None if value in no_count else whole,
                too_young=None if value in no_young else young[value],
                tried=None if value in no_tried else tried[value].part,
                adopted=None if value in no_share else part,
                share=share,
                low=interval.low if interval else None,
                high=interval.high if interval else None,
                baseline=self._baseline(tally, program, use, on, horizon) if is_open else None,
                change=share - before.share
                if before and before.share is not None and share is not None
                else None,
                eligible_before=before.eligible if known and before else None,
                suppressed=value in no_share | no_tried | no_count | no_young,
            )
        return made

    def _baseline(self, tally: Tally, program: str, use: Use, on: date, horizon: int) -> float | None:
        """Return the share of the eligible that used it as much before t0, where a source reaches back."""
        if use.evidence is not Evidence.MEASURED:
            return None
        since = min((x.since for x in self._through[use].sources if x.since), default=None)
        if since is None:
            return None
        first, last = since + timedelta(days=28), day(on, -horizon)
        whole = sum(
            count
            for begun, count in tally.begun.items()
            if begun.program == program and begun.standing is Standing.ELIGIBLE and first <= begun.on <= last
        )
        part = sum(
            count
            for met, count in tally.met.items()
            if (met.program, met.tool, met.evidence, met.name) == (program, *use, BASELINE)
            and met.on is not None
            and first <= met.on <= last
        )
        return part / whole if self._sheet.guard.may_show(Cell(whole, part)) else None

    def _met(self, use: Use, on: date) -> Iterator[Mapping[str, TargetRow]]:
        siblings = self._siblings(on)
        for target in (each for each in self._sheet.targets if each.tool == use.tool):
            horizon, program = target.within_days, target.program
            guard = self._guard(on, program, day(on, -horizon))
            eligible = {
                value: count_eligible(tally, program, horizon, on) for value, tally in siblings.items()
            }
            cells = count_cells(siblings, eligible, program, use, for_target(target.id))
            no_count = guard.hidden_counts(eligible)
            out = guard.hidden(cells) | no_count
            made = {}
            for value, cell in cells.items():
                first = (target.id, program, use.tool, target.task, use.evidence, target.share)
                if value in out:
                    whole = None if value in no_count else cell.whole
                    made[value] = TargetRow(*first, eligible=whole, suppressed=True)
                    continue
                interval = wilson(cell.part, cell.whole)
                made[value] = TargetRow(
                    *first,
                    cell.whole,
                    cell.part,
                    cell.part / cell.whole if cell.whole else None,
                    interval.low if interval else None,
                    interval.high if interval else None,
                    verdict(interval, target.share),
                )
            yield made

    # ------------------------------------------------------------ how often

    def _often(self, use: Use, on: date) -> Mapping[str, FrequencyRow]:
        siblings, guard = self._siblings(on), self._guard(on)
        told = self._through[use].sources
        details = {source.detail for source in told} if use.evidence is Evidence.MEASURED else {Detail.EVENT}
        whole = {value: tally.people[Standing.ELIGIBLE] for value, tally in siblings.items()}
        weeks = {
            value: Counter(
                {week: n for week, n in tally.week.items() if (week.tool, week.evidence) == tuple(use)}
            )
            for value, tally in siblings.items()
        }

        suppressed: set[str] = set()

        def figure(count: Callable[[str], int], metric: metrics.Metric) -> Mapping[str, int | None]:
            if metric.missing(details):
                return dict.fromkeys(siblings)
            parts = {value: count(value) for value in siblings}
            out = guard.hidden({value: Cell(whole[value], parts[value]) for value in siblings})
            suppressed.update(out)
            return {value: None if value in out else parts[value] for value in siblings}

        active = figure(lambda v: sum(n for week, n in weeks[v].items() if week.used), metrics.TRIED)
        habitual = figure(lambda v: sum(n for week, n in weeks[v].items() if week.habitual), metrics.HABITUAL)
        power = figure(lambda v: sum(n for week, n in weeks[v].items() if week.power), metrics.POWER)
        lapsed = figure(lambda v: siblings[v].lapsed[use], metrics.LAPSED)
        returned = figure(lambda v: siblings[v].returned[use], metrics.RETURNED)
        made = {}
        for value in siblings:
            days = [week.days for week, n in weeks[value].items() if week.days for _ in range(n)]
            tasks = [week.tasks for week, n in weeks[value].items() if week.used for _ in range(n)]
            is_open = active[value] is not None
            middle = quartiles(days) if is_open and len(days) >= guard.least else None
            breadth = quartiles(tasks) if is_open and len(tasks) >= guard.least else None
            made[value] = FrequencyRow(
                use.tool,
                use.evidence,
                active[value],
                middle.median if middle else None,
                middle.q1 if middle else None,
                middle.q3 if middle else None,
                habitual[value],
                power[value],
                lapsed[value],
                returned[value],
                breadth.median if breadth else None,
                value in suppressed,
            )
        return made

    # ------------------------------------------------------------ how long, and how many stay

    def _waits(self, use: Use, on: date) -> Iterator[Mapping[str, FirstWeekRow]]:
        siblings = self._siblings(on)
        for program in self._sheet.programs:
            people = {value: count_begun(tally, program.id) for value, tally in siblings.items()}
            guard = self._guard(on, program.id)
            out = guard.hidden_counts(people)
            made = {}
            for value, tally in siblings.items():
                if value in out:
                    made[value] = FirstWeekRow(program.id, *use, suppressed=True)
                    continue
                steps = kaplan_meier(count_waits(tally, program.id, use, on))
                without = steps[-1].without if steps else 1.0 if people[value] else None
                made[value] = FirstWeekRow(program.id, *use, people[value], median_wait(steps), without)
            yield made

    def _retention(self, use: Use, on: date) -> Iterator[Mapping[str, RetentionRow]]:
        siblings = self._siblings(on)
        for program in self._sheet.programs:
            kept = {value: count_kept(tally, program.id, use, on) for value, tally in siblings.items()}
            for month, week in sorted({key for cells in kept.values() for key in cells}):
                cells = {value: kept[value].get((month, week), Cell(0)) for value in siblings}
                guard = self._guard(on, program.id, day(on, -7 * week), month)
                out = guard.hidden(cells) | guard.hidden_counts({v: c.whole for v, c in cells.items()})
                first = (program.id, *use, month, week)
                yield {
                    value: RetentionRow(*first, suppressed=True)
                    if value in out
                    else RetentionRow(*first, cell.whole, cell.part)
                    for value, cell in cells.items()
                }


def _people(trained: int, opted_out: int, guard: Guard) -> People:
    measured = trained - opted_out
    if opted_out >= guard.least:
        return People(trained, measured, opted_out)
    least = guard.least
    return People(trained // least * least, measured // least * least, None, suppressed=True)


def total(siblings: Siblings) -> Siblings:
    """Make the one group of everybody out of all groups of a kind."""
    return {"": together(siblings.values())}

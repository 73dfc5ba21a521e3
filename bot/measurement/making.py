"""Reads what the digests of a week are made of, and has them made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.events import Evidence
from bot.facts import zone_named
from bot.measurement.adoption import HORIZONS
from bot.measurement.answers import Item
from bot.measurement.asides import Asides, Span
from bot.measurement.composing import Sheet, compose, through
from bot.measurement.digest import AdoptionRow, Digest, WavesRow
from bot.measurement.effects import nudges, reach, use_cases, waves
from bot.measurement.metrics import CAUSED
from bot.measurement.nudged import FOLLOWS
from bot.measurement.programs import programs_of
from bot.measurement.stored import FigureStore
from bot.measurement.tally import PLACED, GroupKind, Tally, Use
from bot.measurement.voices import opinions, perception, voices
from bot.measurement.windows import WEEK, Days
from bot.model import Role
from bot.privacy.overlapping import Overlaps
from bot.privacy.suppression import Guard
from lessons.catalogue import Catalogue

DAY = timedelta(days=1)

NUDGED_FOR = timedelta(weeks=12)
"""Over so long it is looked at what nudging causes."""

WAVES_FOR = timedelta(weeks=26)
"""Over so many weeks waves are compared."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Whose digests are to be made, and how.

    Attributes:
        week: the days.
        kind: by what people are grouped.
        also: groups that are held back whatever their figures are.
        kept: groups in which the people of before are counted: their keys.
        before: last week's rows of adoption, by group and key.
    """

    week: Days
    kind: GroupKind
    also: frozenset[str] = frozenset()
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)
    before: Mapping[str, Mapping[tuple[str, str, str, int], AdoptionRow]] = field(default_factory=dict)


async def make(
    store: FigureStore, catalogue: Catalogue, plan: Plan
) -> tuple[Mapping[str, Digest], Mapping[Use, date]]:
    """Make the digest of a week for every group of a kind, and say T by tool and evidence.

    Raises:
        StorageUnavailable: the database did not answer.
    """
    week, kind = plan.week, plan.kind
    sheet = await _sheet(store, catalogue, plan)
    made = compose(sheet)
    measured = _measured(sheet)
    groups = await _asides(store, catalogue, plan, measured)
    groups = {value: Asides() for value in made} | groups
    everybody = (
        groups if kind is GroupKind.ALL else await _asides(store, catalogue, Plan(week, GroupKind.ALL), {})
    )
    total, guard = everybody.get("") or Asides(), sheet.guard
    hr = opinions({"": total}, Item.SUPPORT_HR, Guard(guard.least))[""]
    trained = sheet.overlaps.get(sheet.sunday)
    guard = replace(guard, also=guard.also | (trained.among("", sheet.sunday) if trained else frozenset()))
    said = voices(groups, await _may_be_said(store, plan, guard))
    reached, caused = reach(groups, guard), nudges(groups, guard)
    fluency, waves_seen = tuple[AdoptionRow, ...](), tuple[WavesRow, ...]()
    if kind is GroupKind.ALL:
        fluency = await _fluency(store, catalogue, week)
        waves_seen = await _waves(store, measured, week, guard)
    known = through(sheet.sources, [*sheet.tools], sheet.sunday)
    return {
        value: replace(
            digest,
            confidence=said[value].confidence,
            minutes_saved=said[value].minutes_saved,
            manager=said[value].manager,
            perception_gap=perception(said[value].learners, hr, total, _rate(digest), guard),
            nudges=caused[value],
            reach=reached[value],
            use_cases=use_cases(groups[value]),
            fluency=fluency,
            waves=waves_seen,
            notes=(*digest.notes, *_more_notes(measured)),
        )
        for value, digest in made.items()
    }, {use: told.on for use, told in known.items() if told.on is not None}


async def _asides(
    store: FigureStore, catalogue: Catalogue, plan: Plan, measured: Mapping[Use, date]
) -> dict[str, Asides]:
    """Count what stands beside use; of groups that keep their people, of those."""
    span = _span(plan.week, zone_named(catalogue.organization.time_zone))
    decided, tools = _decided(measured, plan.week), [use.tool for use in measured]
    groups = dict(await store.asides(plan.kind, span, decided, tools))
    for value, people in plan.kept.items():
        shares = groups[value].shares if value in groups else []
        groups[value] = replace(await store.aside_of(people, span, decided, tools), shares=shares)
    return groups


async def _sheet(store: FigureStore, catalogue: Catalogue, plan: Plan) -> Sheet:
    """Read what the figures of use are made of."""
    week, kind = plan.week, plan.kind
    sources = await store.usage_sources()
    known = through(sources, [*catalogue.tools], week.last_on)
    days = {week.last_on, *(told.on for told in known.values() if told.on is not None)}
    tallies = {on: dict(await store.tallies(kind, on, week.first_on)) for on in sorted(days)}
    for on, found in tallies.items():
        for value, people in plan.kept.items():
            found[value] = await store.tally_of(people, on, week.first_on)
    if kind is GroupKind.ALL:  # everybody is a group also where there is nobody
        tallies = {on: found or {"": Tally()} for on, found in tallies.items()}
    names = {name: tool.name for name, tool in catalogue.tools.items()}
    guard = Guard(catalogue.organization.minimum_group, plan.also)
    parts = (programs_of(catalogue), catalogue.targets, names, guard)
    return Sheet(week, kind, tallies, sources, *parts, plan.before, await _overlaps(store, plan, days, guard))


async def _overlaps(
    store: FigureStore, plan: Plan, days: Iterable[date], guard: Guard
) -> Mapping[date, Overlaps]:
    """Say for each T which groups would tell of few together with those of other kinds."""
    if plan.kind not in PLACED:  # everybody is the first of all kinds
        return {}
    return {on: Overlaps(await store.placed(on), PLACED, plan.kind, guard.least) for on in days}


async def _may_be_said(store: FigureStore, plan: Plan, guard: Guard) -> Guard:
    """Hold back also whose opinions would tell of few together with those of other kinds."""
    sunday = plan.week.last_on
    if plan.kind not in PLACED:
        return guard
    overlaps = Overlaps(await store.placed_saying(Item.SUPPORT, sunday), PLACED, plan.kind, guard.least)
    return replace(guard, also=guard.also | overlaps.among("", sunday))


def _span(week: Days, zone: ZoneInfo) -> Span:
    start, end = (
        datetime.combine(on, time(), zone).astimezone(UTC) for on in (week.first_on, week.last_on + DAY)
    )
    return Span(week.first_on, week.last_on, start, end)


def _measured(sheet: Sheet) -> Mapping[Use, date]:
    """Return the tools whose use is measured, each with its T."""
    told = through(sheet.sources, [*sheet.tools], sheet.sunday)
    return {
        use: known.on
        for use, known in told.items()
        if use.evidence is Evidence.MEASURED and known.on is not None
    }


def _decided(measured: Mapping[Use, date], week: Days) -> tuple[date, date]:
    """Return the days of the decisions that are looked at: twelve weeks, of which 72 hours are over by T."""
    last = min([*measured.values(), week.last_on]) - FOLLOWS
    return last - NUDGED_FOR + DAY, last


async def _fluency(store: FigureStore, catalogue: Catalogue, week: Days) -> tuple[AdoptionRow, ...]:
    """Say how many of those who teach have adopted what they teach."""
    teaching = compose(await _sheet(store, catalogue, Plan(week, GroupKind.ROLE))).get(Role.LND)
    return tuple(row for row in teaching.adoption if row.horizon_days == HORIZONS[0]) if teaching else ()


async def _waves(
    store: FigureStore, measured: Mapping[Use, date], week: Days, guard: Guard
) -> tuple[WavesRow, ...]:
    first = week.first_on - WAVES_FOR + WEEK
    rows = [
        waves(use, await store.waves(use, first, week.first_on, on), guard) for use, on in measured.items()
    ]
    return tuple(row for row in rows if row is not None)


def _rate(digest: Digest) -> float | None:
    """Return the share that adopted, as it is measured: at the first horizon of the first program."""
    return next((row.share for row in digest.adoption if row.evidence == Evidence.MEASURED), None)


def _more_notes(measured: Mapping[Use, date]) -> Iterator[str]:
    yield "“opened” is not known: neither Slack nor Teams tells a bot who has read a message."
    if not measured:
        yield f"“{CAUSED.name}” is not known: no source measures use."

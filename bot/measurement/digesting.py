"""Reads what a digest needs, and has it made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UnknownGroup, UnknownWeek
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
from bot.measurement.tally import ASKED_FOR, Group, GroupKind, Tally, Use
from bot.measurement.voices import opinions, perception, voices
from bot.measurement.windows import WEEK, Days, iso_week, week_key, week_named
from bot.model import Role
from lessons.catalogue import Catalogue

DAY = timedelta(days=1)

NUDGED_FOR = timedelta(weeks=12)
"""Over so long it is looked at what nudging causes."""

WAVES_FOR = timedelta(weeks=26)
"""Over so many weeks waves are compared."""


def week_of(name: str | None, today: date) -> Days:
    """Return the week of a name, or the last one that is over.

    Raises:
        UnknownWeek: there is none of the name, or it has not begun.
    """
    if name is None:
        return iso_week(today - WEEK)
    try:
        week = week_named(name)
    except ValueError as error:
        raise UnknownWeek(str(error)) from error
    if week.first_on > today:
        raise UnknownWeek(f"{name} has not begun: this week is {week_key(today)}")
    return week


def group_named(text: str) -> Group:
    """Return the group that `kind:value` names, or `all`.

    Raises:
        UnknownGroup: there is no such kind.
    """
    kind, _, value = text.partition(":")
    if kind == GroupKind.ALL and not value:
        return Group()
    if kind not in ASKED_FOR or kind == GroupKind.ALL or not value:
        raise UnknownGroup(text, [each for each in ASKED_FOR if each is not GroupKind.ALL])
    return Group(GroupKind(kind), value)


async def digests(
    store: FigureStore, catalogue: Catalogue, week: Days, kind: GroupKind
) -> Mapping[str, Digest]:
    """Make the digest of a week for every group of a kind.

    Raises:
        StorageUnavailable: the database did not answer.
    """
    sheet = await _sheet(store, catalogue, week, kind)
    made = compose(sheet)
    span = _span(week, zone_named(catalogue.organization.time_zone))
    measured = _measured(sheet)
    decided = _decided(measured, week)
    tools = [use.tool for use in measured]
    groups = {value: Asides() for value in made} | dict(await store.asides(kind, span, decided, tools))
    everybody: Mapping[str, Asides] = groups
    if kind is not GroupKind.ALL:
        everybody = await store.asides(GroupKind.ALL, span, decided, [])
    total, least = everybody.get("") or Asides(), sheet.least
    hr = opinions({"": total}, Item.SUPPORT_HR, least)[""]
    said = voices(groups, least)
    reached, caused = reach(groups, least), nudges(groups, least)
    fluency, waves_seen = tuple[AdoptionRow, ...](), tuple[WavesRow, ...]()
    if kind is GroupKind.ALL:
        fluency = await _fluency(store, catalogue, week)
        waves_seen = await _waves(store, measured, week, least)
    return {
        value: replace(
            digest,
            confidence=said[value].confidence,
            minutes_saved=said[value].minutes_saved,
            manager=said[value].manager,
            perception_gap=perception(said[value].learners, hr, total, _rate(digest), least),
            nudges=caused[value],
            reach=reached[value],
            use_cases=use_cases(groups[value]),
            fluency=fluency,
            waves=waves_seen,
            notes=(*digest.notes, *_more_notes(measured)),
        )
        for value, digest in made.items()
    }


async def _sheet(store: FigureStore, catalogue: Catalogue, week: Days, kind: GroupKind) -> Sheet:
    """Read what the figures of use are made of."""
    sources = await store.usage_sources()
    known = through(sources, [*catalogue.tools], week.last_on)
    days = {week.last_on, *(told.on for told in known.values() if told.on is not None)}
    tallies = {on: await store.tallies(kind, on, week.first_on) for on in sorted(days)}
    if kind is GroupKind.ALL:  # everybody is a group also where there is nobody
        tallies = {on: found or {"": Tally()} for on, found in tallies.items()}
    names = {name: tool.name for name, tool in catalogue.tools.items()}
    least = catalogue.organization.minimum_group
    parts = (programs_of(catalogue), catalogue.targets, names, least)
    return Sheet(week, kind, tallies, sources, *parts, before={})


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
    teaching = compose(await _sheet(store, catalogue, week, GroupKind.ROLE)).get(Role.LND)
    return tuple(row for row in teaching.adoption if row.horizon_days == HORIZONS[0]) if teaching else ()


async def _waves(
    store: FigureStore, measured: Mapping[Use, date], week: Days, least: int
) -> tuple[WavesRow, ...]:
    first = week.first_on - WAVES_FOR + WEEK
    rows = [
        waves(use, await store.waves(use, first, week.first_on, on), least) for use, on in measured.items()
    ]
    return tuple(row for row in rows if row is not None)


def _rate(digest: Digest) -> float | None:
    """Return the share that adopted, as it is measured: at the first horizon of the first program."""
    return next((row.share for row in digest.adoption if row.evidence == Evidence.MEASURED), None)


def _more_notes(measured: Mapping[Use, date]) -> Iterator[str]:
    yield "“opened” is not known: neither Slack nor Teams tells a bot who has read a message."
    if not measured:
        yield f"“{CAUSED.name}” is not known: no source measures use."


async def digest_of(store: FigureStore, catalogue: Catalogue, week: Days, group: Group) -> Digest:
    """Make the digest of a week for a group.

    Raises:
        UnknownGroup: nobody who began a program was ever in such a group.
        StorageUnavailable: the database did not answer.
    """
    made = await digests(store, catalogue, week, group.kind)
    if group.value in made:
        return made[group.value]
    raise UnknownGroup(str(group), (), [value for value in made if value])

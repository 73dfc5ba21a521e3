"""Reads what a digest needs, and has it made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.errors import UnknownGroup, UnknownWeek
from bot.measurement.composing import Sheet, compose, through
from bot.measurement.digest import Digest
from bot.measurement.programs import programs_of
from bot.measurement.stored import FigureStore
from bot.measurement.tally import Group, GroupKind, Tally
from bot.measurement.windows import WEEK, Days, iso_week, week_key, week_named
from lessons.catalogue import Catalogue


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
    if kind not in (*GroupKind,) or kind == GroupKind.ALL or not value:
        raise UnknownGroup(text, [each for each in GroupKind if each is not GroupKind.ALL])
    return Group(GroupKind(kind), value)


async def digests(
    store: FigureStore, catalogue: Catalogue, week: Days, kind: GroupKind
) -> Mapping[str, Digest]:
    """Make the digest of a week for every group of a kind.

    Raises:
        StorageUnavailable: the database did not answer.
    """
    sources = await store.usage_sources()
    known = through(sources, [*catalogue.tools], week.last_on)
    days = {week.last_on, *(told.on for told in known.values() if told.on is not None)}
    tallies = {on: await store.tallies(kind, on, week.first_on) for on in sorted(days)}
    if kind is GroupKind.ALL:  # everybody is a group also where there is nobody
        tallies = {on: found or {"": Tally()} for on, found in tallies.items()}
    names = {name: tool.name for name, tool in catalogue.tools.items()}
    least = catalogue.organization.minimum_group
    parts = (programs_of(catalogue), catalogue.targets, names, least)
    sheet = Sheet(week, kind, tallies, sources, *parts, before={})
    return compose(sheet)


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

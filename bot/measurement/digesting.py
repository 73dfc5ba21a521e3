"""Issues digests: each is made once, kept, and given unchanged from then on, until it is corrected."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from pydantic import JsonValue

from bot.errors import UnknownGroup, UnknownWeek
from bot.facts import zone_named
from bot.measurement.digest import Digest, Issue
from bot.measurement.keeping import changes
from bot.measurement.making import Plan, make
from bot.measurement.sets import Began, Issued, Sets, settle, tells_of_few
from bot.measurement.stored import FigureStore
from bot.measurement.tally import ASKED_FOR, Group, GroupKind
from bot.measurement.windows import WEEK, Days, iso_week, week_key, week_named
from bot.privacy.audit import Action, Note
from bot.privacy.stored import PrivacyStore
from lessons.catalogue import Catalogue


def week_of(name: str | None, today: date) -> Days:
    """Return the week of a name, or the last one that is over.

    Raises:
        UnknownWeek: there is none of the name, or it is not over.
    """
    if name is None:
        return iso_week(today - WEEK)
    try:
        week = week_named(name)
    except ValueError as error:
        raise UnknownWeek(str(error)) from error
    if week.last_on >= today:
        raise UnknownWeek(f"{name} is not over: the last week that is over is {week_key(today - WEEK)}")
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


class IssuerStore(FigureStore, PrivacyStore, Protocol):
    """What is read and written for digests."""


class Issuer:
    """Gives digests, and makes those that are not there yet."""

    def __init__(
        self,
        store: IssuerStore,
        catalogue: Callable[[], Catalogue],
        clock: Callable[[], datetime],
        settle_facts: Callable[[], Awaitable[object]],
    ) -> None:
        """Wire it.

        Args:
            store: where facts and issued digests are.
            catalogue: gives the catalogue that is live.
            clock: says the time.
            settle_facts: makes the facts of everybody to whom something happened.
        """
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._settle_facts = settle_facts
        self._one_at_a_time = asyncio.Lock()

    def week(self, name: str | None) -> Days:
        """Return the week of a name, or the last one that is over where the organization is.

        Raises:
            UnknownWeek: there is none of the name, or it is not over.
        """
        zone = zone_named(self._catalogue().organization.time_zone)
        return week_of(name, self._clock().astimezone(zone).date())

    async def digest(self, week: Days, group: Group) -> Digest:
        """Return a digest as it was issued; the first time it is made.

        Raises:
            UnknownGroup: nobody who began a program was ever in such a group.
            StorageUnavailable: the database did not answer.
        """
        key = week_key(week.first_on)
        known = await self._store.issue(key, group.kind, group.value)
        if known is not None:
            return known
        made = await self.issue(week, group.kind)
        if group.value in made:
            return made[group.value]
        raise UnknownGroup(str(group), (), [value for value in made if value])

    async def read(self, week: Days, group: Group, who: str, form: str) -> Digest:
        """Return a digest, and log who read it in which form.

        Raises:
            UnknownGroup: nobody who began a program was ever in such a group.
            StorageUnavailable: the database did not answer, and nobody read anything.
        """
        made = await self.digest(week, group)
        about: dict[str, JsonValue] = {"week": made.week, "group": str(group), "format": form}
        await self._store.note(Note(who, Action.DIGEST_READ, about=about))
        return made

    async def issue(self, week: Days, kind: GroupKind) -> Mapping[str, Digest]:
        """Return the digests of every group of a kind; those that are not there yet are made and kept.

        Raises:
            StorageUnavailable: the database did not answer.
        """
        key = week_key(week.first_on)
        async with self._one_at_a_time:
            known = await self._store.issues(key, kind)
            if not known:
                await self._make(week, kind, {})
                known = await self._store.issues(key, kind)
        return {value: each.digest for value, each in known.items()}

    async def correct(self, week: Days, kind: GroupKind, who: str) -> Mapping[str, Digest]:
        """Make the digests of a kind anew; those in which something is other now are issued once more.

        Each says what changed, and the one of before is kept.

        Raises:
            StorageUnavailable: the database did not answer.
        """
        key = week_key(week.first_on)
        async with self._one_at_a_time:
            await self._make(week, kind, await self._store.issues(key, kind))
            about: dict[str, JsonValue] = {"week": key, "kind": kind.value}
            await self._store.note(Note(who, Action.DIGEST_CORRECTED, about=about))
            known = await self._store.issues(key, kind)
        return {value: each.digest for value, each in known.items()}

    async def _make(self, week: Days, kind: GroupKind, known: Mapping[str, Issued]) -> None:
        """Make digests, and keep those that are new or other than the `known`."""
        await self._settle_facts()
        store, catalogue, now = self._store, self._catalogue(), self._clock()
        least = catalogue.organization.minimum_group
        key, sunday = week_key(week.first_on), week.last_on
        earlier, later = await store.issued_around(key, kind)
        before = known or (await store.issues(earlier, kind) if earlier else {})
        after = await store.issues(later, kind) if later else {}
        began = dict(await store.began(kind, sunday))
        kept = _kept(began, before, least)
        late = {
            value for value in began if value not in kept and _is_apart(began[value], after.get(value), least)
        }
        last = await store.issues(week_key(week.first_on - WEEK), kind)
        rows = {value: {row.key: row for row in each.digest.adoption} for value, each in last.items()}
        made, through = await make(store, catalogue, Plan(week, kind, frozenset(late), kept, rows))
        for value, people in kept.items():
            began[value] = await store.began_of(people, sunday)
        within = {target.id: target.within_days for target in catalogue.targets}
        issues = {}
        for value, digest in made.items():
            old, then = before.get(value), after.get(value)
            if value not in began:
                issues[value] = Issued(digest, None)
                continue
            then_sets = then.sets if then else None
            settled, sets = settle(digest, began[value], through, within, old, then_sets, least)
            same = old.digest.people if value in kept and old else settled.people
            issues[value] = Issued(replace(settled, people=same), sets)
        await store.put_issues(_numbered(issues, known, before, kept, now), now)


def _kept(began: Mapping[str, Began], before: Mapping[str, Issued], least: int) -> dict[str, list[str]]:
    """Return the small groups into or out of which too few people went: with those who were in them."""
    found = {}
    for value, people in began.items():
        if value in before and _is_apart(people, before[value], least):
            sets = before[value].sets
            found[value] = sorted(sets.people) if sets else []
    return found


def _is_apart(people: Began, issued: Issued | None, least: int) -> bool:
    sets: Sets | None = issued.sets if issued else None
    return sets is not None and tells_of_few(frozenset(people), sets.people, least)


def _numbered(
    issues: Mapping[str, Issued],
    known: Mapping[str, Issued],
    before: Mapping[str, Issued],
    kept: Mapping[str, object],
    now: datetime,
) -> dict[str, Issued]:
    """Number what is issued, and leave out what is as it was."""
    found = {}
    for value, each in issues.items():
        people_of = None
        if value in kept:
            old = before[value].digest
            people_of = old.issue.people_of or old.week
        issue = Issue(1, now, (), people_of)
        if value in known:
            old = known[value].digest
            changed = changes(old, each.digest)
            if not changed:
                continue
            issue = Issue(old.issue.number + 1, now, changed, people_of)
        found[value] = Issued(replace(each.digest, issue=issue), each.sets)
    return found

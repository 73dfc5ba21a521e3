"""Makes each cohort's week once: the thread of its plans, and the card of its champions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.cohorts.weekly import champion_card, monday_of, thread, thread_post
from bot.errors import Conflict, Duplicate
from bot.facts import zone_named
from bot.messages import Message
from bot.model import (
    Account,
    Changes,
    Cohort,
    CohortWeek,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draw,
    LearnerId,
    Operation,
    Post,
    Spoken,
    Workspace,
)
from bot.nudging.times import Week
from bot.placing import spoken
from bot.ports import Clock, Outlet, Store
from lessons.catalogue import Catalogue

log = logging.getLogger("laps.gatherings")

LATE = timedelta(days=2)
"""So long after its time the thread, or a champion's card, is still worth sending."""


class Gatherings:
    """The maker of weeks; the ticker wakes it."""

    def __init__(
        self, store: Store, outlet: Outlet, catalogue: Callable[[], Catalogue], clock: Clock
    ) -> None:
        """Wire it.

        Args:
            store: where cohorts are.
            outlet: takes what was just committed.
            catalogue: gives the catalogue that is live.
            clock: says the time.
        """
        self._store = store
        self._outlet = outlet
        self._catalogue = catalogue
        self._clock = clock

    async def look(self) -> int:
        """Make the week of every cohort for which it was not made yet; return of how many.

        Raises:
            StorageUnavailable: the store cannot be asked now; what is not made yet is made later.
        """
        now, organization = self._clock(), await self._store.organization()
        week = Week.of(self._catalogue().organization.nudges, zone_named(organization.time_zone))
        today = week.day_of(now)
        if not week.is_at_work(now):
            return 0
        made = 0
        for cohort in await self._store.cohort_weeks(monday_of(today)):
            made += await self._make(cohort, today, now)
        return made

    async def _make(self, cohort: Cohort, today: date, now: datetime) -> bool:
        """Make a cohort's week; two who do so at once make it once."""
        monday = monday_of(today)
        after = replace(cohort, week_on=monday)
        begun = cohort.starts_on is not None and cohort.starts_on <= today
        changes = Changes(cohort=after)
        if begun:
            changes = replace(await self._said(cohort, monday, now), cohort=after)
        try:
            await self._store.apply(changes)
        except (Conflict, Duplicate):
            log.info("somebody else made this week", extra={"action": "week_lost"})
            return False
        self._outlet.take(changes.deliveries)
        return begun

    async def _said(self, cohort: Cohort, monday: date, now: datetime) -> Changes:
        """Decide what is said of a week: in the conversation to all, and to the champions."""
        salt = (await self._store.organization()).salt
        catalogue = self._catalogue()
        plans = await self._store.plans_of(cohort.name, now)
        shown = thread(cohort.name, monday, plans, catalogue)
        posts: list[Post] = []
        deliveries: list[Delivery] = []
        if shown is not None and cohort.room is not None:
            post = thread_post(salt, cohort.name, monday)
            posts.append(Post(post, cohort.room.workspace.id, "", cohort.room.conversation))
            name = Draw(salt, f"cohort {cohort.name}", f"thread {monday}").id("delivery")
            said = Spoken(cohort.room, shown, post, f"thread:{cohort.name}:{monday}")
            deliveries.append(spoken(said, name, "", now, now + LATE))
        if cohort.champions:
            week = await self._store.week_of(cohort, now)
            for champion, _ in cohort.champions:
                deliveries += await self._to_champion(champion, cohort, week, monday, now, salt)
        return Changes(posts=tuple(posts), deliveries=tuple(deliveries))

    async def _to_champion(
        self, champion: LearnerId, cohort: Cohort, week: CohortWeek, monday: date, now: datetime, salt: bytes
    ) -> list[Delivery]:
        accounts = await self._store.accounts_of(champion)
        if not accounts:
            return []
        workspace, account = max(accounts, key=lambda each: each[0].active and each[1].reachable)
        catalogue = self._catalogue()
        zone = zone_named(account.time_zone or (await self._store.organization()).time_zone)
        due = Week.of(catalogue.organization.nudges, zone).next_start(now) or now
        message = champion_card(cohort, week, monday, catalogue)
        name = Draw(salt, champion, f"champion {cohort.name} {monday}").id("delivery")
        return [_delivery(name, f"champion:{cohort.name}:{monday}", workspace, account, message, now, due)]


def _delivery(
    name: str,
    key: str,
    workspace: Workspace,
    account: Account,
    message: Message,
    now: datetime,
    due: datetime,
) -> Delivery:
    return Delivery(
        id=DeliveryId(name),
        organization=workspace.organization,
        workspace=workspace,
        key=f"{key}:{account.learner}",
        kind=DeliveryKind.DIGEST,
        operation=Operation.POST,
        account=account.external,
        conversation=account.direct,
        message=message,
        created_at=now,
        lease_until=now,
        service_url=account.service_url,
        learner=account.learner,
        due_at=due,
        late_at=due + LATE,
    )

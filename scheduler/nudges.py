"""Looks at who is due, decides, and hands what is to be said to the outbox: one commit for each person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.errors import Conflict
from bot.events import EventType
from bot.facts import Facts
from bot.model import (
    Account,
    Changes,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draw,
    LearnerId,
    NudgeDecision,
    Operation,
    Post,
    PostId,
    Snapshot,
    Workspace,
    WorkspaceId,
)
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion
from bot.nudging.policy import Standing, asks_to_stop
from bot.nudging.speaking import nudge_message, offered
from bot.nudging.standing import NEEDS, draws, keys_of, needs_of, standing_of, way_of
from bot.ports import Clock, Needs, Outlet, Presence, Store
from lessons.catalogue import Catalogue
from scheduler.planner import LOOK_AGAIN, Plan, plan

BATCH = 200
"""People read at once."""


class Nudges:
    """The planner's hands; the ticker wakes it."""

    def __init__(
        self,
        store: Store,
        outlet: Outlet,
        catalogue: Callable[[], Catalogue],
        clock: Clock,
        presences: Mapping[ChannelName, Presence],
    ) -> None:
        """Wire it.

        Args:
            store: where people, wishes and decisions are.
            outlet: takes what was just committed.
            catalogue: gives the catalogue that is live.
            clock: says the time.
            presences: what the channels tell of whether people can be disturbed.
        """
        self._store = store
        self._outlet = outlet
        self._catalogue = catalogue
        self._clock = clock
        self._presences = presences

    async def look(self) -> int:
        """Look at everybody who is due; return how many messages went to the outbox.

        Raises:
            StorageUnavailable: the store cannot be asked now; who is due stays due.
        """
        said = 0
        while True:
            now = self._clock()
            due = await self._store.due_for_nudges(now, BATCH)
            said += await self.decide_for(due, now)
            if len(due) < BATCH:
                return said

    async def decide_for(self, learners: Sequence[LearnerId], now: datetime) -> int:
        """Decide what is due of some people, and write it; return how many messages went to the outbox.

        Who would be spoken to and is away, by what the platform tells, is decided of again with that.

        Raises:
            StorageUnavailable: the store cannot be asked now; they stay due.
        """
        catalogue = self._catalogue()
        found = await _all(self._read(learner, now) for learner in learners)
        people = [each for each in found if each is not None]
        made = [_planned(each, catalogue, now) for each in people]
        away = await self._away([each for each, plan in zip(people, made, strict=True) if plan.sent], now)
        for index, each in enumerate(people):
            until = away.get((each.account.workspace, each.account.external))
            if until is not None:
                people[index] = replace(each, standing=replace(each.standing, away_until=until))
                made[index] = _planned(people[index], catalogue, now)
        # Together, so that their changes are written in few commits.
        pairs = zip(people, made, strict=True)
        return sum(await _all(self._write(each, plan, catalogue, now) for each, plan in pairs))

    async def _read(self, learner: LearnerId, now: datetime) -> _Person | None:
        found = await reach(self._store, learner, now, needs_of(self._catalogue()))
        if found is None:
            await self._store.apply(Changes(looked=(learner, now + LOOK_AGAIN)))
            return None
        snapshot, account, is_reachable = found
        standing = standing_of(snapshot, self._catalogue(), is_reachable)
        return _Person(snapshot, account, way_of(snapshot), standing)

    async def _away(self, people: Sequence[_Person], now: datetime) -> Mapping[Seat, datetime]:
        """Ask the platforms who of some people is away."""
        seats: dict[WorkspaceId, list[str]] = {}
        for each in people:
            seats.setdefault(each.account.workspace, []).append(each.account.external)
        channels = {each.account.workspace: each.snapshot.workspace.channel for each in people}
        found: dict[Seat, datetime] = {}
        for workspace, accounts in seats.items():
            presence = self._presences.get(channels[workspace])
            told = await presence.away(accounts, now) if presence is not None else {}
            found |= {(workspace, account): until for account, until in told.items()}
        return found

    async def _write(self, person: _Person, made: Plan, catalogue: Catalogue, now: datetime) -> int:
        snapshot = person.snapshot
        who = snapshot.who
        changes = Changes(
            learner=who if made.made else None,
            decisions=tuple(decision for _, decision in made.made),
            looked=(who.id, max(made.next_at, now + timedelta(seconds=1))),
        )
        asks = asks_to_stop(person.standing, now) and bool(made.sent)
        if asks:
            changes = replace(changes, wishes=(who.id, replace(snapshot.wishes, asked_at=now)))
        for occasion, decision in made.sent:
            late_at = min(occasion.late_at, person.standing.week.end_of(now))
            said = _said(occasion, decision, person, catalogue, now, asks, late_at)
            changes = replace(
                changes,
                posts=(*changes.posts, *said.posts),
                deliveries=(*changes.deliveries, *said.deliveries),
                events=(*changes.events, *said.events),
            )
        try:
            await self._store.apply(changes)
        except Conflict:  # something happened to them just now: they stay due, and are looked at anew
            return 0
        self._outlet.take(changes.deliveries)
        return len(changes.deliveries)


Seat = tuple[WorkspaceId, str]
"""An account, by its workspace and its id there."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody who is decided of, and the account to write to."""

    snapshot: Snapshot
    account: Account
    way: Way
    standing: Standing


def _planned(person: _Person, catalogue: Catalogue, now: datetime) -> Plan:
    snapshot = person.snapshot
    return plan(
        person.way,
        person.standing,
        catalogue,
        keys_of(snapshot),
        now,
        draws(snapshot),
        lambda moment: offered(moment, person.way, catalogue, now) is not None,
    )


T = TypeVar("T")


async def _all(work: Iterable[Awaitable[T]]) -> list[T]:
    """Do it together, to the end of each, and then raise what one of them raised."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if not isinstance(each, BaseException)]


async def reach(
    store: Store, learner: LearnerId, now: datetime, needs: Needs = NEEDS
) -> tuple[Snapshot, Account, bool] | None:
    """Read a person and find the account to write to, the one used last before all others.

    Returns:
        The snapshot, the account, and whether it can be reached; None where there is no account.
    """
    accounts = await store.accounts_of(learner)
    if not accounts:
        return None
    workspace, account = _best(accounts, "")
    snapshot = await store.snapshot(workspace, account.external, None, needs, now)
    last = snapshot.history[0].workspace if snapshot.history else None
    workspace, account = _best(accounts, last or "")
    if workspace.id != snapshot.workspace.id:
        snapshot = replace(snapshot, workspace=workspace, account=account)
    return snapshot, account, account.reachable and workspace.active


def _best(accounts: Sequence[tuple[Workspace, Account]], last: str) -> tuple[Workspace, Account]:
    return max(accounts, key=lambda each: (each[1].reachable and each[0].active, each[0].id == last))


def _said(
    occasion: Occasion,
    decision: NudgeDecision,
    person: _Person,
    catalogue: Catalogue,
    now: datetime,
    asks: bool,
    late_at: datetime,
) -> Changes:
    """Make the message that goes out by `late_at` or not at all, with its post and its event."""
    snapshot, account = person.snapshot, person.account
    offer = offered(occasion.moment, person.way, catalogue, now)
    if offer is None:
        raise LookupError(occasion.moment.id)
    draw = Draw(snapshot.organization.salt, snapshot.who.id, decision.id)
    workspace = snapshot.workspace
    post = Post(PostId(draw.id("post")), workspace.id, account.external, account.direct)
    delivery = Delivery(
        id=DeliveryId(draw.id("delivery")),
        organization=snapshot.organization.id,
        workspace=workspace,
        key=f"nudge:{snapshot.who.id}:{occasion.moment.id}:{occasion.subject}",
        kind=DeliveryKind.NUDGE,
        operation=Operation.POST,
        account=account.external,
        conversation=account.direct,
        message=nudge_message(occasion, decision, offer, catalogue, asks),
        created_at=now,
        lease_until=now,
        service_url=account.service_url,
        learner=snapshot.who.id,
        post=post.id,
        due_at=now,
        late_at=late_at,
    )
    facts = Facts(snapshot, now, draw)
    moment = occasion.moment
    event = facts(EventType.NUDGE_SENT, moment=moment.id, kind=moment.kind, decision=decision.id)
    return Changes(posts=(post,), deliveries=(delivery,), events=(event,))

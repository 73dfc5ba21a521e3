"""Looks at who is due, decides, and hands what is to be said to the outbox: one commit for each person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import Conflict
from bot.events import EventType
from bot.facts import Facts
from bot.model import (
    Account,
    Changes,
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
)
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion
from bot.nudging.policy import asks_to_stop
from bot.nudging.speaking import nudge_message, offered
from bot.ports import Clock, Needs, Outlet, Store
from lessons.catalogue import Catalogue
from scheduler.planner import LOOK_AGAIN, draws, keys_of, plan, standing_of, way_of

NEEDS = Needs(history=True, uses=True, commitments=True, recalls=True, nudging=True, adoption=True)
"""What a decision about a person looks at."""

BATCH = 200
"""People read at once."""

LEASE = timedelta(seconds=30)
"""How long a message is this process's own to send, as for every other."""


class Nudges:
    """The planner's hands; the ticker wakes it."""

    def __init__(
        self, store: Store, outlet: Outlet, catalogue: Callable[[], Catalogue], clock: Clock
    ) -> None:
        """Wire it.

        Args:
            store: where people, wishes and decisions are.
            outlet: takes what was just committed.
            catalogue: gives the catalogue that is live.
            clock: says the time.
        """
        self._store = store
        self._outlet = outlet
        self._catalogue = catalogue
        self._clock = clock

    async def look(self) -> int:
        """Look at everybody who is due; return how many messages went to the outbox.

        Raises:
            StorageUnavailable: the store cannot be asked now; who is due stays due.
        """
        said = 0
        while True:
            now = self._clock()
            due = await self._store.due_for_nudges(now, BATCH)
            # Together, so that their changes are written in few commits.
            looks = (self.decide_for(learner, now) for learner in due)
            for found in await asyncio.gather(*looks, return_exceptions=True):
                if isinstance(found, BaseException):
                    raise found
                said += found
            if len(due) < BATCH:
                return said

    async def decide_for(self, learner: LearnerId, now: datetime) -> int:
        """Decide of one person what is due, and write it; return how many messages went to the outbox.

        Raises:
            StorageUnavailable: the store cannot be asked now; they stay due.
        """
        try:
            return await self._decide(learner, now)
        except Conflict:  # something happened to them just now: they stay due, and are looked at anew
            return 0

    async def _decide(self, learner: LearnerId, now: datetime) -> int:
        found = await reach(self._store, learner, now)
        if found is None:
            await self._store.apply(Changes(looked=(learner, now + LOOK_AGAIN)))
            return 0
        snapshot, account, is_reachable = found
        catalogue = self._catalogue()
        way, standing = way_of(snapshot), standing_of(snapshot, catalogue, is_reachable)
        made = plan(
            way,
            standing,
            catalogue,
            keys_of(snapshot),
            now,
            draws(snapshot),
            lambda moment: offered(moment, way, catalogue, now) is not None,
        )
        changes = Changes(
            learner=snapshot.who if made.made else None,
            decisions=tuple(decision for _, decision in made.made),
            looked=(learner, max(made.next_at, now + timedelta(seconds=1))),
        )
        asks = asks_to_stop(standing, now) and bool(made.sent)
        if asks:
            changes = replace(changes, wishes=(learner, replace(snapshot.wishes, asked_at=now)))
        for occasion, decision in made.sent:
            said = _said(occasion, decision, way, snapshot, account, catalogue, now, asks)
            changes = replace(
                changes,
                posts=(*changes.posts, *said.posts),
                deliveries=(*changes.deliveries, *said.deliveries),
                events=(*changes.events, *said.events),
            )
        await self._store.apply(changes)
        self._outlet.take(changes.deliveries)
        return len(changes.deliveries)


async def reach(store: Store, learner: LearnerId, now: datetime) -> tuple[Snapshot, Account, bool] | None:
    """Read a person and find the account to write to, the one used last before all others.

    Returns:
        The snapshot, the account, and whether it can be reached; None where there is no account.
    """
    accounts = await store.accounts_of(learner)
    if not accounts:
        return None
    workspace, account = _best(accounts, "")
    snapshot = await store.snapshot(workspace, account.external, None, NEEDS, now)
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
    way: Way,
    snapshot: Snapshot,
    account: Account,
    catalogue: Catalogue,
    now: datetime,
    asks: bool,
) -> Changes:
    """Make the message that goes out, with its post and its event."""
    offer = offered(occasion.moment, way, catalogue, now)
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
        lease_until=now + LEASE,
        service_url=account.service_url,
        learner=snapshot.who.id,
        post=post.id,
    )
    facts = Facts(snapshot, now, draw)
    moment = occasion.moment
    event = facts(EventType.NUDGE_SENT, moment=moment.id, kind=moment.kind, decision=decision.id)
    return Changes(posts=(post,), deliveries=(delivery,), events=(event,))

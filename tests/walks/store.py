"""Stores for walks: one in memory that judges as the real ones do, and one that notes what was written."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.errors import Conflict, Duplicate
from bot.model import (
    Account,
    Changes,
    Delivery,
    DeliveryState,
    Learner,
    LearnerId,
    Lesson,
    Post,
    PostId,
    Sender,
    SessionId,
    Snapshot,
    Workspace,
    WorkspaceRef,
)
from bot.ports import Needs, Settlement
from tests.world import MemoryStore


class Inner(Protocol):
    """The part of a store that dispatch and the outbox use."""

    async def workspace(self, ref: WorkspaceRef) -> Workspace: ...

    async def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, needs: Needs, now: datetime
    ) -> Snapshot: ...

    async def expected(
        self, workspace: Workspace, sender: Sender, known: LearnerId | None
    ) -> Learner | None: ...

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None: ...

    async def lesson(self, version: str) -> Lesson | None: ...

    async def post(self, post: PostId) -> Post | None: ...

    async def accounts_of(self, learner: LearnerId) -> Sequence[tuple[Workspace, Account]]: ...

    async def settle(self, settlements: Iterable[Settlement]) -> None: ...

    async def close(self) -> None: ...


class Turn:
    """Lets everybody else who is ready go first."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Recorded:
    """Stands before a store, notes what was written in its order, and loses races where it is told to."""

    def __init__(self, inner: Inner) -> None:
        self.inner = inner
        self.written: list[Changes] = []
        self.races_to_lose = 0

    async def workspace(self, ref: WorkspaceRef) -> Workspace:
        return await self.inner.workspace(ref)

    async def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, needs: Needs, now: datetime
    ) -> Snapshot:
        seen = await self.inner.snapshot(workspace, account, session, needs, now)
        await Turn()
        return seen

    async def expected(self, workspace: Workspace, sender: Sender, known: LearnerId | None) -> Learner | None:
        return await self.inner.expected(workspace, sender, known)

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        if self.races_to_lose:
            self.races_to_lose -= 1
            raise Conflict
        await self.inner.apply(changes, deadline)
        self.written.append(changes)

    async def lesson(self, version: str) -> Lesson | None:
        return await self.inner.lesson(version)

    async def post(self, post: PostId) -> Post | None:
        return await self.inner.post(post)

    async def accounts_of(self, learner: LearnerId) -> Sequence[tuple[Workspace, Account]]:
        return await self.inner.accounts_of(learner)

    async def sent(self, delivery: Delivery, settlement: Settlement) -> None:
        """Settle a delivery."""
        if isinstance(self.inner, StrictMemory):
            self.inner.note(delivery, settlement)
        else:
            await self.inner.settle([settlement])


@dataclass
class StrictMemory(MemoryStore):
    """The memory store with the judgement of `storage.writing`."""

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        if changes.incoming in self.incoming:
            raise Duplicate
        if not self._holds(changes):
            raise Conflict
        self._write(changes)

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        """Do nothing: `note` keeps what was sent."""

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def note(self, delivery: Delivery, settlement: Settlement) -> None:
        """Keep what the platform said of a message."""
        sent = settlement.sent
        assert settlement.state is DeliveryState.SENT and sent is not None
        row = self.posts.get(delivery.post or "")
        if row is not None and sent.external is not None:
            self.posts[row.id] = replace(row, external=sent.external)
        account = self.accounts.get((delivery.workspace.id, delivery.account))
        if account is not None and sent.conversation is not None:
            self.accounts[account.workspace, account.external] = replace(account, direct=sent.conversation)

    def _holds(self, changes: Changes) -> bool:
        learner, account, merge = changes.learner, changes.account, changes.merge
        if learner and self._version(learner.id) != learner.version:
            return False
        if merge and self._version(merge.gone) != merge.gone_version:
            return False
        new = {learner.id} if learner else set()
        mentioned = {e.learner for e in changes.events} | {s.learner for s in changes.sessions}
        mentioned |= {account.learner} if account else set()
        mentioned |= {changes.code.learner} if changes.code else set()
        if not mentioned <= {*self.learners, *new}:
            return False
        if account:
            there = self.accounts.get((account.workspace, account.external))
            if there and there.learner != account.learner and not (merge and there.learner == merge.gone):
                return False
        return changes.used_code is None or changes.used_code in self.codes

    def _version(self, learner: str) -> int:
        stored = self.learners.get(learner)
        return stored.version if stored else 0

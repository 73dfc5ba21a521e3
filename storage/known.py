"""What the one process that has a SQLite file open knows of it without asking again.

A press reads its person, learner and session, and changes them; the next press of the same person reads what
the last one wrote. A read costs as much as deciding upon it, since after each commit SQLite reads its pages
anew. So what was read or committed last is kept, and dropped as soon as anybody else may have changed it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.errors import LapsError
from bot.model import (
    Account,
    Changes,
    Learner,
    LearnerId,
    Lesson,
    Organization,
    Session,
    SessionId,
    Snapshot,
    Workspace,
    WorkspaceId,
)
from bot.ports import Settlement
from storage.sql import Steps

Work = Changes | Sequence[Settlement] | Callable[[], Steps[object]]
"""What is handed to the writer: one interaction's changes, how deliveries ended, or steps of any kind."""

K = TypeVar("K")
V = TypeVar("V")

MOST = 20_000
"""The most of each kind that are kept: some 50 MB."""

REST = 10.0
"""Seconds after another process wrote to the file in which every read asks the database."""


class Known:
    """Accounts, learners and sessions as they are stored. All but `distrust` is the event loop's alone."""

    def __init__(self, organization: Organization, clock: Callable[[], float] = time.monotonic) -> None:
        self._organization = organization
        self._clock = clock
        self._rests_until = 0.0
        self._was_used = False
        self._active: dict[WorkspaceId, bool] = {}
        self._accounts: dict[tuple[WorkspaceId, str], Account] = {}
        self._learners: dict[LearnerId, Learner] = {}
        self._sessions: dict[SessionId, Session] = {}

    def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, lessons: dict[str, Lesson]
    ) -> Snapshot | None:
        """Return what is known of the person behind an account and of one session; None sends to ask."""
        active = self._active.get(workspace.id)
        person = self._accounts.get((workspace.id, account))
        learner = self._learners.get(person.learner) if person is not None else None
        if learner is None:
            return None
        named = session or learner.current
        found = self._sessions.get(named) if named is not None else None
        lesson = lessons.get(found.lesson_version) if found is not None else None
        if active is None or lesson is None or self._is_resting:
            return None
        if active is not workspace.active:
            workspace = replace(workspace, active=active)
        self._was_used = True
        return Snapshot(self._organization, workspace, person, learner, found, lesson)

    def read(self, seen: Snapshot) -> None:
        """Keep what was just read."""
        if seen.account is None or seen.learner is None or seen.session is None or self._is_resting:
            return
        here = seen.workspace.id
        self._active[here] = seen.workspace.active
        _keep(self._accounts, (here, seen.account.external), seen.account)
        self._keep_newest(seen.learner, (seen.session,))

    def ended(self, work: Work, error: LapsError | None) -> None:
        """Take note of what was just committed or refused, in the order in which it was."""
        if error is not None or self._is_resting or callable(work):
            self._forget()
        elif isinstance(work, Changes):
            self._written(work)
        elif any(it.unreachable or (it.sent is not None and it.sent.conversation) for it in work):
            self._accounts.clear()

    def distrust(self) -> bool:
        """Know nothing for a while, for somebody else writes; say whether anything known was told before.

        The writer's thread may call it; what is kept is dropped with the next thing that ends.
        """
        was_used, self._was_used = self._was_used, False
        self._rests_until = self._clock() + REST
        return was_used

    @property
    def _is_resting(self) -> bool:
        return self._rests_until > self._clock()

    def _written(self, changes: Changes) -> None:
        if changes.merge is not None:
            self._forget()
            return
        learner = changes.learner
        after = replace(learner, version=learner.version + 1) if learner is not None else None
        self._keep_newest(after, changes.sessions)
        if changes.account is not None:  # some of what was there stays, whatever is written: it is read again
            self._accounts.pop((changes.account.workspace, changes.account.external), None)
        if changes.workspace is not None:
            self._active[changes.workspace.id] = changes.workspace.active

    def _keep_newest(self, learner: Learner | None, sessions: Iterable[Session]) -> None:
        """Keep a learner and sessions, unless a read has shown later ones than the commit now heard of."""
        if learner is not None:
            known = self._learners.get(learner.id)
            if known is None or known.version <= learner.version:
                _keep(self._learners, learner.id, learner)
        for session in sessions:
            there = self._sessions.get(session.id)
            if there is None or there.version <= session.version:
                _keep(self._sessions, session.id, session)

    def _forget(self) -> None:
        self._active.clear()
        self._accounts.clear()
        self._learners.clear()
        self._sessions.clear()


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keep a value; where there are too many, the one that came first goes."""
    if key not in kept and len(kept) >= MOST:
        del kept[next(iter(kept))]
    kept[key] = value

"""Which conversations listen for words: kept in memory, so that what is written elsewhere costs nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Incoming, Workspace
from bot.nudging.hearing import heard
from bot.ports import Clock, Store
from lessons.catalogue import Catalogue

OVERHEARD = "overheard"
"""The verb of what is written where others read, to nobody of Laps."""

KNOWN_FOR = timedelta(minutes=1)
"""After so long it is asked anew, for another process may have been told."""


class Listening:
    """The conversations that listen."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._until: datetime | None = None

    async def heard(self, incoming: Incoming, workspace: Workspace, catalogue: Catalogue) -> Incoming | None:
        """Hold what was written where others read against the words, and forget it.

        Returns:
            What is left of it, the moment that it is about; None where nobody opened the conversation, or no
            word is in it.

        Raises:
            StorageUnavailable: it cannot be asked now.
        """
        if incoming.room is None or not await self._has(workspace, incoming.room):
            return None
        moment = heard(incoming.args.get("text", ""), catalogue)
        return replace(incoming, args={"m": moment.id}) if moment is not None else None

    async def _has(self, workspace: Workspace, conversation: str) -> bool:
        now = self._clock()
        if self._until is None or now >= self._until:
            self._known = await self._store.listening()
            self._until = now + KNOWN_FOR
        return (workspace.id, conversation) in self._known

    def forget(self) -> None:
        """Ask anew the next time."""
        self._until = None

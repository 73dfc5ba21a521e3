"""What every part of a store has: its organization, and steps that are run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from bot.model import Organization
from bot.ports import Clock
from storage.sql import Call, Rows, Steps

T = TypeVar("T")


class Running(ABC):
    """A store's own part, but for how its steps are run."""

    def __init__(self, organization: Organization, clock: Clock) -> None:
        self._organization = organization
        self._clock = clock

    @abstractmethod
    async def _read(self, steps: Steps[T]) -> T:
        """Run steps that change nothing."""

    @abstractmethod
    async def _write(self, steps: Callable[[], Steps[T]]) -> T:
        """Run steps in a transaction of their own; after a lost race they are begun anew."""

    @abstractmethod
    def _pages(self, call: Call) -> AsyncIterator[Rows]:
        """Yield the rows of a long read in pages, on one consistent view."""

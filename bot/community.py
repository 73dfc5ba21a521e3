"""What the store keeps of what people have in common: the part of `bot.ports.Store` for many at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.model import Announcement, Cohort, CohortWeek, DeliveryState, Plan, Reached, Workspace

OutRow = tuple[int, str, str, str | None, str | None, str, str]
"""A message of an announcement: place, workspace, account, conversation, Teams' address, learner, post."""


class Community(Protocol):
    """Cohorts, conversations and what is said to many.

    Raises:
        StorageUnavailable: from any method, as in `bot.ports.Store`.
    """

    # what is said to many (used by scheduler/announcements.py)

    async def announcement(self, name: str) -> Announcement | None:
        """Return an announcement by its id; None where there is none."""

    async def announcements(self, most: int) -> Sequence[Announcement]:
        """Return the newest announcements, the newest first."""

    async def open_announcements(self) -> Sequence[Announcement]:
        """Return those that are to be written to the outbox, corrected, or taken back."""

    async def people_after(self, learner: str, most: int) -> Sequence[Reached]:
        """Return people in the order of their keys, from one on, each with the account to write to."""

    async def announced(self, name: str, after: int, most: int) -> Sequence[OutRow]:
        """Return what is out of an announcement, or may be, after one delivery."""

    async def announced_counts(self, name: str) -> Mapping[DeliveryState, int]:
        """Count the messages of an announcement by how they stand."""

    async def workspaces(self) -> Sequence[Workspace]:
        """Return every workspace, in the order in which they were first seen."""

    async def listening(self) -> frozenset[tuple[str, str]]:
        """Return the conversations that listen for words, as workspace and conversation."""

    async def cohorts(self) -> Sequence[Cohort]:
        """Return every cohort that somebody is in, or that has a conversation, by name."""

    async def cohort_weeks(self, monday: date) -> Sequence[Cohort]:
        """Return the cohorts for which nothing was made yet in the week of this Monday."""

    async def plans_of(self, cohort: str, now: datetime) -> Sequence[Plan]:
        """Return the plans that a cohort's people made lately, newest first; names only where they may be."""

    async def week_of(self, cohort: Cohort, now: datetime) -> CohortWeek:
        """Return what a cohort's champion may know of it."""

    def past_cohorts(self) -> AsyncIterator[tuple[str, str]]:
        """Yield each person of the roster with each cohort that they were ever in."""

"""What both stores share: all that is said in steps, whatever database runs them."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from functools import partial
from typing import TypeVar, cast

from pydantic import ValidationError

from bot.cohorts.enrolling import Found
from bot.cohorts.roster import Line
from bot.community import OutRow
from bot.errors import StorageError, StorageUnavailable
from bot.events import AdoptionEvent
from bot.model import (
    Account,
    Announcement,
    Changes,
    Cohort,
    CohortWeek,
    Delivery,
    DeliveryState,
    Feed,
    Learner,
    LearnerId,
    Lesson,
    Organization,
    Plan,
    Post,
    PostId,
    Reached,
    Revision,
    Role,
    Sender,
    Span,
    Workspace,
    WorkspaceRef,
)
from bot.ports import Claimed, Clock, DeliveryRecord, Waiting
from storage import announcements as outgoing
from storage import (
    archive,
    calendars,
    community,
    deliveries,
    draining,
    nudging,
    people,
    revisions,
    roster,
    weekly,
)
from storage.figures import Figures
from storage.privacy import Privacy
from storage.rows import micros
from storage.snapshot import read_lesson
from storage.sql import Steps
from storage.writing import write_changes

T = TypeVar("T")

_LOG = logging.getLogger(__name__)


class CommonStore(Figures, Privacy):
    """A store but for how its steps are run and how changes are grouped."""

    def __init__(self, organization: Organization, clock: Clock) -> None:
        super().__init__(organization, clock)
        self._workspaces: dict[WorkspaceRef, Workspace] = {}
        self._lessons: dict[str, Lesson] = {}

    async def _write_deliveries(self, steps: Callable[[], Steps[T]]) -> T:
        """Run steps that change nothing but deliveries and who drains them."""
        return await self._write(steps)

    async def organization(self) -> Organization:
        """Return the organization of this installation."""
        return self._organization

    async def ping(self) -> None:
        """Ask the database something, to know that it answers."""
        await self._read(read_lesson(self._organization, ""))

    async def workspace(self, ref: WorkspaceRef) -> Workspace:
        """Return the workspace of that name, stored at first sight."""
        known = self._workspaces.get(ref)
        if known is None:
            found = await self._read(people.find_workspace(self._organization, ref))
            if found is None:
                found = await self._write(lambda: people.add_workspace(self._organization, ref))
            known = self._workspaces[ref] = found
        return known

    async def lesson(self, version: str) -> Lesson | None:
        """Return a lesson as it was when a session began with it; None where it was never stored."""
        lesson = self._lessons.get(version)
        if lesson is None:
            body = await self._read(read_lesson(self._organization, version))
            lesson = _lesson(version, body) if body is not None else None
            if lesson is not None:
                self._lessons[version] = lesson
        return lesson

    async def handled(self, workspace: Workspace, incoming: str) -> bool:
        """Say whether an incoming id was handled before."""
        return await self._read(archive.handled(self._organization, workspace.id, incoming))

    async def waiting(self, now: datetime) -> Sequence[Waiting]:
        """Return the workspaces that have deliveries due, and those that are closed."""
        return await self._read(draining.waiting(self._organization, now))

    async def claim(
        self, workspace: Workspace, holder: str, now: datetime, lease_until: datetime, limit: int
    ) -> Claimed:
        """Lease a workspace's deliveries that are due, if it is the holder's to drain."""
        asked = (workspace, holder, now, lease_until, limit)
        return await self._write_deliveries(lambda: draining.claim(self._organization, *asked))

    async def begin(self, delivery: Delivery, now: datetime) -> DeliveryState | None:
        """Look once more whether an unasked message may go out, and note that it does."""
        return await self._write_deliveries(lambda: draining.begin(delivery, now))

    async def close_until(self, workspace: Workspace, until: datetime) -> None:
        """Keep that a platform wants to hear nothing for a workspace until then."""
        await self._write_deliveries(lambda: draining.close_until(self._organization, workspace, until))

    async def release(self, holder: str) -> None:
        """Give back the workspaces that a process drains."""
        await self._write_deliveries(lambda: draining.release(self._organization, holder))

    async def outgoing(self, only_lost: bool, most: int) -> Sequence[DeliveryRecord]:
        """Return the newest deliveries, the newest first."""
        return await self._read(deliveries.outgoing(self._organization, only_lost, most))

    async def post(self, post: PostId) -> Post | None:
        """Return a tracked message."""
        return await self._read(deliveries.read_post(self._organization, post))

    async def export_events(self, since: date | None) -> AsyncIterator[tuple[AdoptionEvent, str | None]]:
        """Yield every event, oldest first, with the `person` that an operator knows its learner by."""
        async for page in self._pages(archive.export(self._organization, since)):
            for row in page:
                yield archive.exported(row)

    async def import_events(self, events: Sequence[AdoptionEvent]) -> int:
        """Append events unseen so far and return how many."""
        added = 0
        for start in range(0, len(events), archive.PORTION):
            some = events[start : start + archive.PORTION]
            added += await self._write(partial(archive.import_events, self._organization, some))
        return added

    async def revisions(self, limit: int) -> Sequence[Revision]:
        """Return the newest revisions of the catalogue, the newest first."""
        return await self._read(revisions.newest(self._organization, limit))

    async def sources(self, revision: Revision) -> Mapping[str, bytes]:
        """Return the files of a revision, by their paths from the folder of lessons.yaml."""
        return await self._read(revisions.sources(self._organization, revision))

    async def accept(
        self, files: Mapping[str, bytes], author: str, way: str, summary: Sequence[str], after: int
    ) -> Revision:
        """Store a state of the catalogue as the revision after number `after`."""
        change = (files, author, way, summary, after, self._clock())
        return await self._write(lambda: revisions.accept(self._organization, *change))

    async def people_with(self, role: Role) -> Sequence[tuple[Workspace, Account]]:
        """Return the reachable accounts of those who hold a role and take part, oldest workspace first."""
        return await self._read(revisions.people_with(self._organization, role))

    async def due_for_nudges(self, now: datetime, most: int) -> Sequence[LearnerId]:
        """Return who is to be looked at by now, the longest waiting first."""
        return await self._read(nudging.due(self._organization, now, most))

    async def feeds_due(self, now: datetime, most: int) -> Sequence[Feed]:
        """Return the calendars to be read by now, the longest waiting first."""
        return await self._read(calendars.due(self._organization, now, most))

    async def look_at_everybody(self, now: datetime) -> None:
        """Have everybody looked at now, since the moments are others."""
        await self._write(lambda: nudging.look_at_everybody(self._organization, now))

    async def find_person(self, person: str) -> Learner:
        """Find the one learner whom an operator means.

        Raises:
            UnknownPerson: nobody matches, or several do.
        """
        return await self._write(lambda: people.find_person(self._organization, person))

    async def set_role(self, learner: Learner, role: Role, held: bool) -> None:
        """Grant or take a role."""
        await self._write(lambda: people.set_role(self._organization, learner, role, held))

    async def accounts_of(self, learner: LearnerId) -> Sequence[tuple[Workspace, Account]]:
        """Return a learner's accounts with their workspaces."""
        return await self._read(people.accounts_of(self._organization, learner))

    async def on_roster(self, lines: Sequence[Line]) -> Sequence[Found]:
        """Return what is known of the people of some lines, and which accounts could be theirs."""
        return await self._read(roster.find_people(self._organization, lines))

    async def people_named(self, text: str, most: int) -> Sequence[str]:
        """Return whom of the roster somebody could mean."""
        return await self._read(roster.people_named(self._organization, text, most))

    async def expected(self, workspace: Workspace, sender: Sender, known: LearnerId | None) -> Learner | None:
        """Return the learner whom the roster has for an account."""
        return await self._read(roster.expected(self._organization, workspace, sender, known))

    async def roster(self, day: date) -> AsyncIterator[Span]:
        """Yield what the roster said on a day, of everybody who was on it."""
        async for page in self._pages(roster.as_of(self._organization, day)):
            for row in page:
                yield roster.read_span(row)

    async def announcement(self, name: str) -> Announcement | None:
        """Return an announcement by its id."""
        return await self._read(outgoing.read_announcement(self._organization, name))

    async def announcements(self, most: int) -> Sequence[Announcement]:
        """Return the newest announcements, the newest first."""
        return await self._read(outgoing.read_announcements(self._organization, most))

    async def open_announcements(self) -> Sequence[Announcement]:
        """Return those of which something is to be done."""
        return await self._read(outgoing.read_open(self._organization))

    async def people_after(self, learner: str, most: int) -> Sequence[Reached]:
        """Return people in the order of their keys, from one on."""
        return await self._read(outgoing.read_people(self._organization, learner, most))

    async def announced(self, name: str, after: int, most: int) -> Sequence[OutRow]:
        """Return what is out of an announcement, or may be."""
        return await self._read(outgoing.read_out(self._organization, name, after, most))

    async def announced_counts(self, name: str) -> Mapping[DeliveryState, int]:
        """Count the messages of an announcement by how they stand."""
        return await self._read(outgoing.read_counts(self._organization, name))

    async def workspaces(self) -> Sequence[Workspace]:
        """Return every workspace, in the order in which they were first seen."""
        return await self._read(people.read_workspaces(self._organization))

    async def listening(self) -> frozenset[tuple[str, str]]:
        """Return the conversations that listen for words."""
        return await self._read(community.read_listening(self._organization))

    async def cohorts(self) -> Sequence[Cohort]:
        """Return every cohort, by name."""
        return await self._read(community.read_cohorts(self._organization))

    async def cohort_weeks(self, monday: date) -> Sequence[Cohort]:
        """Return the cohorts for which nothing was made yet in the week of this Monday."""
        cohorts = await self.cohorts()
        return [each for each in cohorts if each.week_on is None or each.week_on < monday]

    async def plans_of(self, cohort: str, now: datetime) -> Sequence[Plan]:
        """Return the plans that a cohort's people made lately, newest first."""
        return await self._read(weekly.read_plans(self._organization, cohort, now))

    async def week_of(self, cohort: Cohort, now: datetime) -> CohortWeek:
        """Return what a cohort's champion may know of it."""
        return await self._read(weekly.read_week(self._organization, cohort, now))

    async def past_cohorts(self) -> AsyncIterator[tuple[str, str]]:
        """Yield who was ever in which cohort, by the roster."""
        async for page in self._pages(community.past_cohorts(self._organization)):
            for row in page:
                yield cast("tuple[str, str]", row)

    async def apply_together(self, batch: Sequence[Changes]) -> Sequence[StorageError | None]:
        """Write the changes of several people in one atomic step, but for those that cannot be."""
        now = micros(self._clock())
        return await self._write(lambda: write_changes(batch, self._organization, now, self._lessons))

    @abstractmethod
    def importing(self) -> AbstractAsyncContextManager[None]:
        """Keep other imports of the roster out, whichever process they are in."""

    async def forget_texts(self, now: datetime) -> int:
        """Delete submissions, codes and handled ids that are past their time; return how many."""
        forgotten = 0
        while portion := await self._write(lambda: archive.forget(self._organization, now)):
            forgotten += portion
        return forgotten

    def _keep(self, changes: Changes) -> None:
        """Remember what a written change says of workspaces and lessons."""
        if changes.lesson is not None:
            self._lessons.setdefault(changes.lesson.version, changes.lesson)
        if changes.workspace is not None:
            here = changes.workspace
            self._workspaces[WorkspaceRef(here.channel, here.external)] = here


IMPORT_PATIENCE = 60.0
"""Seconds that an import of the roster waits for another one."""

_LOOK_AGAIN = 0.1


async def taken(attempt: Callable[[], Awaitable[bool]]) -> None:
    """Try to take a lock until it is ours.

    Raises:
        StorageUnavailable: somebody else has it for too long.
    """
    for _ in range(int(IMPORT_PATIENCE / _LOOK_AGAIN)):
        if await attempt():
            return
        await asyncio.sleep(_LOOK_AGAIN)
    raise StorageUnavailable("another import of people is under way")


def _lesson(version: str, body: str) -> Lesson | None:
    try:
        lesson = Lesson.model_validate_json(body)
    except ValidationError as error:
        _LOG.warning(
            "a stored lesson cannot be read any more: %s",
            str(error).splitlines()[0],
            extra={"action": "lesson_unreadable", "version": version},
        )
        return None
    # It keeps the name it was stored under, also where this Laps would write it down differently.
    vars(lesson)["version"] = version
    return lesson

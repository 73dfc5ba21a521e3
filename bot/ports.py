"""What the core asks of the outside: a store, channels to speak through, a clock, an outlet for deliveries.

Every port says which errors of `bot.errors` it raises; nothing else comes through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.cohorts.enrolling import Found
from bot.cohorts.roster import Line
from bot.community import Community
from bot.errors import StorageError
from bot.events import AdoptionEvent
from bot.measurement.stored import FigureStore
from bot.messages import Limits
from bot.model import (
    Account,
    Answer,
    Changes,
    ChannelName,
    Decision,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    Draw,
    Feed,
    FileRef,
    Incoming,
    Learner,
    LearnerId,
    Organization,
    Post,
    PostId,
    Revision,
    Role,
    Search,
    Sender,
    Sent,
    SessionId,
    Snapshot,
    Span,
    Workspace,
    WorkspaceRef,
)
from bot.privacy.stored import PrivacyStore
from lessons.model import Lesson


class Clock(Protocol):
    """Says what time it is, in aware UTC."""

    def __call__(self) -> datetime:
        """Return the time."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """What a verb's handler reads beyond account, learner and session.

    Attributes:
        history: every session of the learner, newest first.
        uses: self-reported and measured tool uses of the last 28 days.
        commitments: the learner's plans, newest first.
        accounts: the channels and names of the learner's accounts.
        recalls: what the learner remembers of review questions, soonest due first.
        code: a joining code to look up, with its owner.
        draft: a draft of the learner's to look up.
        cohort: the learner's cohort.
        cohort_named: another one instead, by its name.
        share: a shared use case to look up, by its id, or by what its id begins with.
        shelf: what to look for among the shared use cases that the learner may see.
        plans: the plans of the cohort's people, newest first.
        successes: the learner's own use cases that worked for others.
        nudging: what the learner wishes for being spoken to unasked, and the decisions of the last days.
        calendar: the learner's calendar feed, and the meetings found in it.
        adoption: the learner's completed lessons, tools granted and used in the last 400 days, as events.
    """

    history: bool = False
    uses: bool = False
    commitments: bool = False
    accounts: bool = False
    recalls: bool = False
    nudging: bool = False
    adoption: bool = False
    calendar: bool = False
    draft: str | None = None
    code: str | None = None
    cohort: bool = False
    cohort_named: str | None = None
    share: str | None = None
    shelf: Search | None = None
    plans: bool = False
    successes: bool = False

    @property
    def is_of_others(self) -> bool:
        """Say whether it needs anything that is not the learner's own."""
        return bool(
            self.cohort or self.cohort_named or self.share or self.shelf or self.plans or self.successes
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a delivery ended, or when it is to be tried again (`state` QUEUED, `next_attempt_at` set).

    `reason` is for people to read. `lease_until` is that of whoever puts it back: once somebody else has the
    delivery, it is not put back. `in_doubt` says that it may have gone out.
    """

    delivery: DeliveryId
    state: DeliveryState
    settled_at: datetime
    attempts: int
    sent: Sent | None = None
    next_attempt_at: datetime | None = None
    reason: str | None = None
    unreachable: bool = False
    lease_until: datetime | None = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim came to: deliveries to send, and those that ended instead (superseded, dropped)."""

    deliveries: tuple[Delivery, ...] = ()
    ended: tuple[tuple[Delivery, DeliveryState], ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A workspace with deliveries due, or whose platform wants to hear nothing until `closed_until`."""

    workspace: Workspace
    has_due: bool
    closed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What operators may know of a delivery: nothing of its text.

    `workspace` is the platform's id of it; `person` what operators call the person, else the learner's key;
    "" where it is for nobody in particular.
    """

    channel: ChannelName
    workspace: str
    person: str
    kind: DeliveryKind
    state: DeliveryState
    due_at: datetime
    settled_at: datetime | None
    attempts: int
    reason: str


class Store(Community, FigureStore, PrivacyStore, Protocol):
    """The database. Reads are named for what they are for; there is one write for interactions, `apply`.

    Raises:
        StorageUnavailable: from any method, where the database is locked beyond its patience, full, or gone.
    """

    async def organization(self) -> Organization:
        """Return the organization of this installation."""

    async def ping(self) -> None:
        """Ask the database something, to know that it answers."""

    async def workspace(self, ref: WorkspaceRef) -> Workspace:
        """Return the workspace of that name, stored at first sight as one of the organization's."""

    async def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, needs: Needs, now: datetime
    ) -> Snapshot:
        """Read what a handler may know of the person behind `account` (the platform's user id).

        `session` None means the learner's current one. A session of somebody else is returned as it is:
        refusing it is the handler's decision. `lesson` is read for the session's version.
        """

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        """Write everything in one atomic step, or nothing.

        Args:
            changes: see `Changes`.
            deadline: a change still waiting then is not written.

        Raises:
            Duplicate: the incoming id was handled before.
            Conflict: the learner's version moved, the account exists already, or the code was used.
        """

    async def lesson(self, version: str) -> Lesson | None:
        """Return a lesson by its version, as it was when a session began with it."""

    async def handled(self, workspace: Workspace, incoming: str) -> bool:
        """Say whether an incoming id was handled before."""

    # deliveries (used by scheduler/outbox.py)

    async def waiting(self, now: datetime) -> Sequence[Waiting]:
        """Return the workspaces that have deliveries due, and those that are closed."""

    async def claim(
        self, workspace: Workspace, holder: str, now: datetime, lease_until: datetime, limit: int
    ) -> Claimed:
        """Lease a workspace's deliveries that are due or whose lease ran out, one per lane.

        The workspace itself is leased to `holder`, the one process that drains it; to all others there is
        nothing to claim until that lease is over. What is more urgent by its kind comes first, then what is
        due longer. Updates that a newer one of the same subject supersedes, and what is too late or not
        wanted any more, are settled as such.
        """

    async def begin(self, delivery: Delivery, now: datetime) -> DeliveryState | None:
        """Look once more whether an unasked message may go out, and note that it does.

        Returns:
            SENDING: send it now. DROPPED: it is too late or not wanted any more, which is recorded. None: it
            is not this process's any more.
        """

    async def close_until(self, workspace: Workspace, until: datetime) -> None:
        """Keep that a platform wants to hear nothing for a workspace until then."""

    async def release(self, holder: str) -> None:
        """Give back the workspaces that a process drains, so that another need not wait for its lease."""

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        """Record how deliveries ended; settled ones lose their message and handle.

        A SENT post's external id goes to its `Post`, a new direct conversation to its `Account`; an
        unreachable person's account is marked so, and what waits for that person unasked is dropped. The word
        that it was sent counts also of one that was UNKNOWN.
        """

    async def post(self, post: PostId) -> Post | None:
        """Return a tracked message."""

    # the catalogue

    async def revisions(self, limit: int) -> Sequence[Revision]:
        """Return the newest revisions of the catalogue, the newest first."""

    async def sources(self, revision: Revision) -> Mapping[str, bytes]:
        """Return the files of a revision, by their paths from the folder of lessons.yaml."""

    async def accept(
        self, files: Mapping[str, bytes], author: str, way: str, summary: Sequence[str], after: int
    ) -> Revision:
        """Store a state of the catalogue as the revision after number `after`, 0 for the first.

        Raises:
            Conflict: another revision was accepted meanwhile.
        """

    async def people_with(self, role: Role) -> Sequence[tuple[Workspace, Account]]:
        """Return the reachable accounts of those who hold a role and take part, oldest workspace first."""

    # nudges (used by scheduler/planner.py)

    async def due_for_nudges(self, now: datetime, most: int) -> Sequence[LearnerId]:
        """Return who is to be looked at by now, the longest waiting first."""

    async def feeds_due(self, now: datetime, most: int) -> Sequence[Feed]:
        """Return the calendars to be read by now, of people who take part, the longest waiting first."""

    async def look_at_everybody(self, now: datetime) -> None:
        """Have everybody looked at now, since the moments are others."""

    # operators

    def export_events(self, since: date | None) -> AsyncIterator[tuple[AdoptionEvent, str | None]]:
        """Yield every event, oldest first, with the `person` that an operator knows its learner by."""

    async def import_events(self, events: Sequence[AdoptionEvent]) -> int:
        """Append events unseen so far and return how many; unknown learners are created by their name."""

    async def find_person(self, person: str) -> Learner:
        """Find one learner by `channel:external id`, e-mail, name of the person, or key.

        For a `channel:external id` unseen so far an account is made, in the workspace that the installation
        has on that channel.

        Raises:
            UnknownPerson: nobody matches, or several do.
        """

    async def set_role(self, learner: Learner, role: Role, held: bool) -> None:
        """Grant or take a role; doing it twice is doing it once."""

    async def on_roster(self, lines: Sequence[Line]) -> Sequence[Found]:
        """Return what is known of the people of some lines, and which accounts could be theirs."""

    async def people_named(self, text: str, most: int) -> Sequence[str]:
        """Return whom of the roster somebody could mean, by what they are known as, an address or a name.

        Whoever is known as just that, or has that address, is returned alone.
        """

    async def apply_together(self, batch: Sequence[Changes]) -> Sequence[StorageError | None]:
        """Write the changes of several people in one atomic step, but for those that lost a race.

        Returns:
            For each why it was not written, None where it was; see `apply`.

        Raises:
            Conflict: none was written.
        """

    def importing(self) -> AbstractAsyncContextManager[None]:
        """Keep other imports of the roster out, in whichever process; after a minute it is unavailable."""

    def roster(self, day: date) -> AsyncIterator[Span]:
        """Yield what the roster said on a day, of everybody who was on it."""

    async def expected(self, workspace: Workspace, sender: Sender, known: LearnerId | None) -> Learner | None:
        """Return whom the roster has for an account, by the ids and the address that both know.

        None where that is nobody, or the one whom the account is `known` to be, or not certain: several
        people have them, another account of the same workspace is joined to the one who has, or `known` is
        somebody else of the roster.
        """

    async def forget_texts(self, now: datetime) -> int:
        """Delete kept submissions, used codes and handled ids that are past their time; return how many.

        Leavers lose their roles, the day after their last one.
        """

    async def outgoing(self, only_lost: bool, most: int) -> Sequence[DeliveryRecord]:
        """Return the newest deliveries, the newest first; `only_lost`: those that did not surely arrive."""

    async def accounts_of(self, learner: LearnerId) -> Sequence[tuple[Workspace, Account]]:
        """Return a learner's accounts with their workspaces."""

    async def close(self) -> None:
        """Write what is waiting and close; further calls raise StorageUnavailable."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` in any `seconds`."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One of the platform's rate limits that a delivery counts against."""

    key: str
    windows: tuple[Window, ...]


class Channel(Protocol):
    """A way to speak to people. One implementation an adapter."""

    name: ChannelName
    limits: Limits

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Return the rate limits that sending this delivery counts against."""

    async def deliver(self, delivery: Delivery) -> Sent:
        """Send, update or publish once, without retrying.

        Raises:
            RateLimited, Unavailable: certainly not sent; try again.
            ReplyLost: sent or not, nobody knows.
            Unreachable, Rejected, BadCredentials: never by trying again.
        """

    async def find(self, delivery: Delivery) -> Sent | None:
        """Look for a post that may have gone out before; None: it certainly is not there.

        Raises:
            RateLimited, Unavailable: cannot be looked for now.
            ReplyLost: this platform does not say.
        """


class Presence(Protocol):
    """What a channel tells of whether people can be disturbed now."""

    async def away(self, accounts: Collection[str], now: datetime) -> Mapping[str, datetime]:
        """Return until when people are away or do not want to be disturbed, by their platform ids.

        Of whom nothing is known, because the platform does not tell, is missing; nothing is raised.
        """


class CalendarSource(Protocol):
    """Where calendars that people connected are read from."""

    async def read(self, url: str) -> bytes:
        """Read a calendar once, without retrying.

        Raises:
            CalendarRefused: the address leads nowhere that Laps may go, or to none.
            Unavailable: it cannot be had now.
        """


class FileSource(Protocol):
    """A channel's way to the files that people send on it."""

    async def fetch(self, file: FileRef, most: int) -> bytes:
        """Read a file once, without retrying, and no more of it than `most` bytes.

        Raises:
            FileRefused: it is larger, or not where this channel keeps files.
            ChannelError: the platform does not give it.
        """


class Workshop(Protocol):
    """Where admins edit the catalogue: what a verb does there needs files, which no pure handler reads."""

    async def decide(
        self, incoming: Incoming, snapshot: Snapshot, command: object, now: datetime, draw: Draw
    ) -> Decision:
        """Do what an admin asked for, and decide what to say and to store.

        Doing the same again changes nothing more, so that a lost race can be decided again.

        Raises:
            Refusal: it cannot be; nothing changed.
            StorageUnavailable: nothing was saved, in files either.
        """


class Outlet(Protocol):
    """Takes deliveries that were just committed, to be sent at once."""

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Start sending; returns at once. What is lost with the process is found again by its lease."""


class Desk(Protocol):
    """Where adapters hand in what came in; `bot.dispatch` is the one there is."""

    async def handle(self, incoming: Incoming) -> Answer:
        """Handle one interaction to its commit; messages that go out by themselves are on their way then.

        Raises:
            StorageUnavailable: nothing was saved. Anything else is answered.
        """


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of `laps doctor`: what was looked at, whether it is well, and if not, the mend."""

    subject: str
    well: bool
    detail: str
    mend: str = ""

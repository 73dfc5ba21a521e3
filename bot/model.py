"""The words of Laps as frozen values: who, where, what came in, what is to change.

Times are aware UTC and end in `_at`; a local day ends in `_on`. Nothing here does I/O.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from pydantic import JsonValue

from bot.events import AdoptionEvent
from bot.messages import Args, Form, Message
from lessons.model import Lesson as Lesson  # noqa: PLC0414 - the store takes it from here

OrganizationId = NewType("OrganizationId", str)
WorkspaceId = NewType("WorkspaceId", str)
LearnerId = NewType("LearnerId", str)
SessionId = NewType("SessionId", str)
PostId = NewType("PostId", str)
ShareId = NewType("ShareId", str)
AnnouncementId = NewType("AnnouncementId", str)
DeliveryId = NewType("DeliveryId", str)


class ChannelName(StrEnum):
    """The messaging platforms."""

    SLACK = "slack"
    TEAMS = "teams"
    WEB = "web"

    @property
    def spoken(self) -> str:
        """Name the channel as people do."""
        return {"slack": "Slack", "teams": "Microsoft Teams", "web": "the practice room"}[self.value]


class Surface(StrEnum):
    """Where a message shows."""

    DIRECT_MESSAGE = "direct_message"
    CONVERSATION = "conversation"
    FORM = "form"
    HOME = "home"


class Role(StrEnum):
    """What a person may do; everybody is a learner."""

    LEARNER = "learner"
    CHAMPION = "champion"
    MANAGER = "manager"
    HR = "hr"
    LND = "lnd"
    ADMIN = "admin"


class Shows(StrEnum):
    """What of somebody others may see, once they said so."""

    PLANS = "plans"  # their plans, by name, in the cohort's weekly thread
    HAND = "hand"  # that they could use a hand, by name, on the champion's weekly card


@dataclass(frozen=True, slots=True)
class Organization:
    """The customer. `salt` is secret and random: ids and random holds are drawn with it."""

    id: OrganizationId
    name: str
    time_zone: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class WorkspaceRef:
    """A workspace as its platform names it: Slack's team id, Teams' tenant id, `web`."""

    channel: ChannelName
    external: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Slack workspace, a Teams tenant or the practice room, of one organization."""

    id: WorkspaceId
    organization: OrganizationId
    channel: ChannelName
    external: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation of several people that Laps speaks in; `service_url` is Teams' address for it."""

    workspace: Workspace
    conversation: str
    service_url: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A learner's presence in one workspace. The only place, with `Person`, of names and platform ids.

    `direct` is the conversation id of the direct message, `service_url` Teams' address for it; both None
    until known. `reachable` is False once the platform said that the person blocked or removed the bot.
    `directory` is the person's id in the company's directory (Entra), where the platform tells it.
    """

    workspace: WorkspaceId
    external: str
    learner: LearnerId
    name: str = ""
    email: str | None = None
    time_zone: str | None = None
    direct: str | None = None
    service_url: str | None = None
    reachable: bool = True
    directory: str | None = None


class Status(StrEnum):
    """How far a person has let Laps in."""

    NEW = "new"  # welcomed (or not even that), has not answered: gets nothing more
    DECLINED = "declined"  # said No
    ACTIVE = "active"  # agreed
    STOPPED = "stopped"  # agreed once, then said stop


@dataclass(frozen=True, slots=True)
class Learner:
    """A person in an organization. `id` is random and the only name that events carry.

    `version` counts changes; 0 means not stored yet. `paused_at` set and `paused_until` None means paused
    until resumed. `confidence` is the answer (0-100) given before the first lesson. `locale` is the language
    that the platform names (BCP 47), None until it does. What the roster says stands in `industry`, `country`
    and `left_on`, the first day on which they do not work here any more; None where it does not say.
    `cohort` names the one they practise with; `shows` is what they let it see of them.
    """

    id: LearnerId
    organization: OrganizationId
    version: int = 0
    status: Status = Status.NEW
    job_family: str | None = None
    tools: tuple[str, ...] = ()
    time_zone: str | None = None
    confidence: int | None = None
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    joined_at: datetime | None = None
    current: SessionId | None = None
    welcome: PostId | None = None
    roles: frozenset[Role] = frozenset()
    locale: str | None = None
    industry: str | None = None
    country: str | None = None
    left_on: date | None = None
    cohort: str | None = None
    shows: frozenset[Shows] = frozenset()

    def has_left(self, day: date) -> bool:
        """Say whether the roster has them as a leaver on a day."""
        return self.left_on is not None and self.left_on <= day

    def is_paused(self, now: datetime) -> bool:
        """Say whether the learner asked for quiet at `now`."""
        return self.paused_at is not None and (self.paused_until is None or now < self.paused_until)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom operators mean by a name of theirs, and what the roster says of how to find them.

    `name` is the roster's `person`. `about` holds `email` (in lower case), `name`, `slack_user` and
    `teams_user`, "" where the roster does not say. `is_new`: nobody has this name yet.
    """

    name: str
    learner: LearnerId
    about: Mapping[str, str] = field(default_factory=dict)
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What the roster said of a person from one day until another; `until_on` is not in it, None is open.

    `facts` are the dated columns of the roster by their names, "" where it says nothing.
    """

    person: str
    from_on: date
    until_on: date | None
    facts: Mapping[str, str]

    @property
    def known_on(self) -> date:
        """The last day of which the roster has said something of this person."""
        return self.until_on or self.from_on

    @property
    def left_on(self) -> date | None:
        """The first day on which they do not work here: missing from the roster, or past their last one."""
        ends = self.facts.get("ends_on", "")
        days = [self.until_on] if self.until_on else []
        days += [date.fromisoformat(ends) + timedelta(days=1)] if ends else []
        return min(days, default=None)

    def is_employed(self, day: date) -> bool:
        """Say whether the person works here on a day of this span; the last day is one of them."""
        starts, left = self.facts.get("starts_on", ""), self.left_on
        return (not starts or date.fromisoformat(starts) <= day) and (left is None or day < left)


class SessionStatus(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    LEFT = "left"
    COMPLETED = "completed"
    ABANDONED = "abandoned"  # restarted: a newer session took its place


class Stage(StrEnum):
    """Which screen of a step is shown."""

    ASK = "ask"  # the task, concept, question or plan
    FEEDBACK = "feedback"  # after a practice was submitted or a question answered
    MINUTES = "minutes"  # reflect: minutes saved
    USED = "used"  # reflect: did you use a tool


@dataclass(frozen=True, slots=True)
class Session:
    """One learner's way through one version of one lesson.

    `version` counts changes of the session and stands in its buttons; `moved_version` is the version at
    which it last moved to another message: a press with a lower one comes from a message left behind.
    `post` is the message that shows it. `notes` holds what the steps need later, by step number.
    """

    id: SessionId
    learner: LearnerId
    lesson: str
    lesson_version: str
    started_at: datetime
    updated_at: datetime
    version: int = 1
    moved_version: int = 1
    status: SessionStatus = SessionStatus.OPEN
    step: int = 0
    stage: Stage = Stage.ASK
    notes: Mapping[str, JsonValue] = field(default_factory=dict)
    post: PostId | None = None
    workspace: WorkspaceId | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A message that was or will be posted and may be updated later.

    `external` is the platform's id of it, None until the platform has said it.
    """

    id: PostId
    workspace: WorkspaceId
    account: str
    conversation: str | None = None
    external: str | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """An if-then plan that a learner made: when `when`, I will use `tool` for `task`."""

    session: SessionId
    learner: LearnerId
    lesson: str
    when: str
    task: str
    tool: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Submission:
    """Text that a learner pasted, kept only where the organization set a number of days."""

    session: SessionId
    step: int
    learner: LearnerId
    text: str
    forget_at: datetime


@dataclass(frozen=True, slots=True)
class JoinCode:
    """A short-lived code that, typed on another channel, joins the two accounts into one learner."""

    code: str
    learner: LearnerId
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ToolUse:
    """How often a learner used a tool for a use case, by their own word or as measured.

    `verified_on` is the last day on which it was measured, None where only the learner says so.
    """

    tool: str
    use_case: str
    count: int
    last_on: date
    verified_on: date | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """What a learner remembers of one review question, and when it is asked again.

    `question` is a short hash of its words, so that a question that is moved is the same and one that is
    rewritten is another. `memory` is the state of the fsrs package's card. `count` counts the answers and
    stands in the buttons; `right` is the last of them.
    """

    learner: LearnerId
    lesson: str
    question: str
    memory: Mapping[str, JsonValue]
    due_at: datetime
    answered_at: datetime
    count: int = 1
    right: bool = True


@dataclass(frozen=True, slots=True)
class Cohort:
    """8 to 12 people who practise together, by the name that the roster has for them.

    `room` is their conversation, None until one is connected; `starts_on` the day from which Laps speaks
    there by itself. `members` counts those who take part, `named` everybody who is in it; `champions` are
    the names of those who lead it, "" where one has none. `week_on` is the Monday of the week for which its
    thread and its champions' cards were made last.
    """

    name: str
    room: Room | None = None
    starts_on: date | None = None
    members: int = 0
    named: int = 0
    champions: tuple[tuple[LearnerId, str], ...] = ()
    week_on: date | None = None
    version: int = 0


class ShareStatus(StrEnum):
    """Where a shared use case stands."""

    DRAFT = "draft"  # only its author sees it
    POSTED = "posted"
    WITHDRAWN = "withdrawn"


class Reach(StrEnum):
    """Who finds a shared use case."""

    COHORT = "cohort"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Share:
    """A use case that somebody shared: what they did, with what, and what to look at.

    `version` counts changes; 0 means not stored yet. `minutes` is what it saved, by their own word. `cohort`
    and `job_family` are the author's when it was made. `room` and `post` are where its card stands, None
    where it only stands on the shelf. `lesson` is the one that was made of it.
    """

    id: ShareId
    author: LearnerId
    task: str
    tool: str
    prompt: str
    made_at: datetime
    outcome: str = ""
    check: str = ""
    minutes: int | None = None
    reach: Reach = Reach.EVERYONE
    status: ShareStatus = ShareStatus.DRAFT
    version: int = 0
    cohort: str | None = None
    job_family: str | None = None
    posted_at: datetime | None = None
    room: Room | None = None
    post: PostId | None = None
    lesson: str | None = None


class Worked(StrEnum):
    """Whether a shared use case worked for somebody who tried it."""

    YES = "yes"
    CHANGED = "changed"  # with changes
    NO = "no"


@dataclass(frozen=True, slots=True)
class Trial:
    """That somebody tried a shared use case, counted once; `worked` is None until they say."""

    share: ShareId
    learner: LearnerId
    tried_at: datetime
    worked: Worked | None = None
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """A shared use case as one person sees it.

    `by` names its author; `tried` and `worked` count people, the one who looks included. `mine` is what that
    one said of it, `is_saved` whether they kept it. `changed` is what others changed, the newest first.
    `author` is whom to thank, None where that is not read or they have no account.
    """

    share: Share
    by: str = ""
    tried: int = 0
    worked: int = 0
    mine: Trial | None = None
    is_saved: bool = False
    changed: tuple[str, ...] = ()
    author: tuple[Workspace, Account, Learner] | None = None


@dataclass(frozen=True, slots=True)
class Success:
    """A use case of somebody's own, and when it worked for each of the colleagues, in that order."""

    share: ShareId
    task: str
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of somebody in a cohort: `by` names them, "" unless they let it be shown (`is_shown`)."""

    session: SessionId
    learner: LearnerId
    when: str
    task: str
    tool: str
    by: str = ""
    is_shown: bool = False
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class CohortWeek:
    """What a champion may know of their cohort: names only of those who said so.

    `shared` and `tried` count use cases and tries of two weeks. `stuck` names who could use a hand, with why,
    and `stuck_others` counts those who are not named. `repost` is a use case of another cohort.
    """

    shared: int = 0
    tried: int = 0
    stuck: tuple[tuple[str, str], ...] = ()
    stuck_others: int = 0
    repost: Shared | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for on the shelf: words, of which each must begin one there; "" and None leave it open.

    `of_mine` takes the job family of whoever looks. `own` finds what they saved or shared. `any_word` finds
    what has one of the words, most alike first.
    """

    text: str = ""
    job_family: str | None = None
    tool: str | None = None
    of_mine: bool = False
    own: bool = False
    any_word: bool = False
    most: int = 5


class AnnouncementState(StrEnum):
    """Where something that is said to many stands."""

    DRAFT = "draft"  # looked at by its author alone
    WAITING = "waiting"  # for a second admin's yes
    GOING = "going"  # written to the outbox, portion by portion
    SENT = "sent"  # all of it is in the outbox
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that is said to many, or (`is_invitation`) the invitation of people of the roster.

    `author` is None where the command line asked. Whom it is for: people of these job families, with these
    tools, in these cohorts; empty means anybody. `at` names the last learner for whom it was written to the
    outbox, and `corrections` counts what was changed since it went out; `spread_at` is the last of its
    deliveries that a correction or withdrawal was brought to.
    """

    id: AnnouncementId
    author: LearnerId | None
    title: str
    text: str
    made_at: datetime
    lesson: str | None = None
    job_families: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    is_invitation: bool = False
    state: AnnouncementState = AnnouncementState.DRAFT
    version: int = 0
    count: int = 0
    at: str = ""
    corrections: int = 0
    spread_at: int | None = None
    approved_by: LearnerId | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody, and the account to write to; `seat` is None where they have none.

    `can_be_found`: the roster says how they could be found on a channel. `quiet_until`: they asked for quiet.
    """

    learner: Learner
    seat: tuple[Workspace, Account] | None = None
    can_be_found: bool = False
    about: Mapping[str, str] = field(default_factory=dict)
    quiet_until: datetime | None = None


class NudgeAction(StrEnum):
    """What came of a decision whether to speak to somebody unasked."""

    SENT = "sent"
    HELD = "held"  # kept back at random
    SILENT = "silent"  # a rule said no
    WAIT = "wait"  # not yet: decided again later, and no record of its own


@dataclass(frozen=True, slots=True)
class NudgeDecision:
    """One decision whether to speak to a learner unasked, kept whatever came of it.

    `moment` is the id of the moment of need; `subject` tells its occasions apart: the local time, the
    session, the question. `available` says whether the person could have been spoken to at all; `options`
    are the moments that there were to choose from. `probability` is that with which it would have been
    sent, had chance fallen otherwise. `reason` is in words that the person can be told. `answered_at` is
    when they first answered what was sent. `tool` is the one whose use it is about, None for any.
    """

    id: str
    learner: LearnerId
    moment: str
    kind: str
    subject: str
    decided_at: datetime
    decided_on: date
    action: NudgeAction
    rule: str
    reason: str
    available: bool = True
    options: tuple[str, ...] = ()
    rule_version: int = 1
    probability: float = 0.0
    answered_at: datetime | None = None
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a learner set for being spoken to unasked; None is as the organization has it.

    `off` names the moments that they want no more of. `asked_at` is when they were asked whether to stop.
    `again` names the decision whose message comes once more when it is `snoozed_until` no longer.
    """

    a_day: int | None = None
    a_week: int | None = None
    snoozed_until: datetime | None = None
    off: frozenset[str] = frozenset()
    asked_at: datetime | None = None
    again: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """The calendar that a learner connected.

    `url` is a secret: whoever has it reads the calendar. `look_at` is when it is read next, `read_at` when it
    was last. `failures` counts those in a row, and `why` says what was wrong. `time_zone` is the learner's,
    None where they have the organization's.
    """

    learner: LearnerId
    url: str
    look_at: datetime
    read_at: datetime | None = None
    failures: int = 0
    why: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting that a moment is about: no more of it is kept than this."""

    moment: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of one catalogue file that an admin was shown and has not published yet.

    `path` is from the folder of lessons.yaml. `before` is the SHA-256 of the file that was changed, "" where
    there was none: what somebody else changed since is never written over.
    """

    id: str
    learner: LearnerId
    path: str
    before: str
    text: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One accepted state of the catalogue, counted from 1 in an organization.

    `author` is a learner's key, or "" for whoever changed the files; `way` says how it came about; `files`
    gives each file's SHA-256 by its path, and `summary` what changed, line by line.
    """

    number: int
    accepted_at: datetime
    author: str
    way: str
    files: Mapping[str, str]
    summary: tuple[str, ...] = ()


# ---------------------------------------------------------------- coming in


@dataclass(frozen=True, slots=True)
class Sender:
    """The person at the other end, as the platform describes them; None and "" are unknown.

    `locale` is the language that their client speaks (BCP 47), such as de or pt-BR.
    """

    external: str
    name: str = ""
    email: str | None = None
    time_zone: str | None = None
    service_url: str | None = None
    locale: str | None = None
    directory: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The message that was pressed, or whose form was sent.

    `handle` is a way to replace it that the press itself brought (Slack's response_url). `private` says
    that only the presser sees it and that it cannot be updated later (Slack's ephemeral messages).
    """

    external: str | None
    handle: str | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that somebody sent, as their platform names it; only its channel can fetch it.

    `size` is in bytes, None where it is not told. `address` is where the platform keeps it, "" where it does
    not say; `data` is the content, where it came along.
    """

    name: str
    size: int | None = None
    address: str = ""
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One interaction, made from a platform's payload by an adapter's `normalise`.

    `id` is the same whenever the platform sends the same thing again. `verb` and `args` are what was typed
    (see `routes.read`), pressed or sent; args are strings. `direct` says that the conversation is the
    direct message with the sender. `takes_message`: the HTTP answer can show a message in place (web, Teams
    Execute); `message_fades`: that is gone when the client loads the conversation again or the message
    changes (Teams), so the message itself must be updated too. `takes_notice`: the HTTP answer can show a
    message to the sender only (Slack's slash command). `takes_form`: a form can be opened as a modal.
    `takes_file`: a form can have a field for a file. `by_platform`: the platform or our own page says it, and
    no button, form or typed word: only so are verbs such as `uninstall` heard. `files` came along, and nobody
    has looked into them.
    `room` names the conversation of several people that this was done in, as new messages go there, None in a
    direct one: what is said there nobody changes for the others.
    """

    id: str
    workspace: WorkspaceRef
    sender: Sender
    conversation: str | None
    verb: str
    args: Args = field(default_factory=dict)
    surface: Surface = Surface.DIRECT_MESSAGE
    source: Source | None = None
    takes_message: bool = False
    message_fades: bool = False
    takes_notice: bool = False
    takes_form: bool = False
    takes_file: bool = False
    by_platform: bool = False
    files: tuple[FileRef, ...] = ()
    room: str | None = None

    @property
    def in_room(self) -> bool:
        """Say whether several people see where this was done."""
        return self.room is not None


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A payload that Laps does not act on; `reason` is a short constant for logs and metrics."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the adapter puts in its HTTP answer; all None means a bare acknowledgement.

    `post` names the shown message where it may be updated later (the web page uses it as the element's id).
    `problems` maps form fields to what is wrong with them. `beside`: what was pressed stays as it is, and the
    message is shown to the presser alone.
    """

    message: Message | None = None
    post: PostId | None = None
    form: Form | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    beside: bool = False


# ---------------------------------------------------------------- going out


class DeliveryKind(StrEnum):
    """Why a message is sent."""

    REPLY = "reply"
    NOTICE = "notice"
    NUDGE = "nudge"
    DIGEST = "digest"


PRIORITY: Mapping[DeliveryKind, int] = {kind: place for place, kind in enumerate(DeliveryKind)}
"""What goes first where several wait: replies, then notices, then nudges; digests wait for all others."""


class Operation(StrEnum):
    """What is done with a message."""

    POST = "post"
    UPDATE = "update"
    HOME = "home"
    WHISPER = "whisper"  # to one person in a conversation of several; to them directly where that cannot be


class DeliveryState(StrEnum):
    """Where a delivery stands; all but the first two are settled and blanked, and the reason says why."""

    SENDING = "sending"  # leased to a process that is sending it
    QUEUED = "queued"  # waits for its time
    SENT = "sent"
    SUPERSEDED = "superseded"  # a newer update of the same message took its place
    DROPPED = "dropped"  # not sent: too late, or not wanted any more
    FAILED = "failed"  # not sent: the platform would not take it
    UNKNOWN = "unknown"  # sent or not, nobody knows; not sent again


LOST = (DeliveryState.DROPPED, DeliveryState.FAILED, DeliveryState.UNKNOWN)
"""The ends of which nobody can say that the message arrived."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message meant for one conversation at one time.

    `key` is unique: `reply:<workspace>:<incoming id>:<n>`, `notice:<what>:<account>`. `account` is the
    person's platform id; a None `conversation` means their direct message, to be opened where it does not
    exist. `post` is the tracked message that a POST creates or an UPDATE changes; `target` the platform's id
    of the message to update, where it is known already; `handle` a way to replace it that expires at
    `handle_until`. Without `due_at` it is leased from its birth to the process that commits it, which sends
    it at once; with one it waits in the store until then. What is not sent by `late_at` is dropped.
    `in_doubt` says that it may have gone out before.
    """

    id: DeliveryId
    organization: OrganizationId
    workspace: Workspace
    key: str
    kind: DeliveryKind
    operation: Operation
    account: str
    conversation: str | None
    message: Message
    created_at: datetime
    lease_until: datetime
    service_url: str | None = None
    learner: LearnerId | None = None
    post: PostId | None = None
    target: str | None = None
    handle: str | None = None
    handle_until: datetime | None = None
    attempts: int = 0
    due_at: datetime | None = None
    late_at: datetime | None = None
    in_doubt: bool = False

    @property
    def planned_at(self) -> datetime:
        """Return when it was to go out."""
        return self.due_at or self.created_at

    @property
    def is_unasked(self) -> bool:
        """Say whether nobody asked for it, so that whoever gets it may have ended that meanwhile."""
        return self.kind is not DeliveryKind.REPLY

    @property
    def shows_twice(self) -> bool:
        """Say whether sending it twice would be seen: an update of a message shows once."""
        return self.operation in (Operation.POST, Operation.WHISPER)

    @property
    def lane(self) -> str:
        """Name the conversation for ordering: one message is in flight in it at a time."""
        return f"{self.workspace.id}/{self.conversation or self.account}"

    @property
    def subject(self) -> str | None:
        """Name the message that an UPDATE or HOME changes, so that a newer one supersedes older ones."""
        if self.operation is Operation.HOME:
            return f"home/{self.account}"
        return (self.post or self.target) if self.operation is Operation.UPDATE else None


@dataclass(frozen=True, slots=True)
class Sent:
    """What the platform said of a message that went out; None where it says nothing or nothing new."""

    external: str | None = None
    conversation: str | None = None


# ---------------------------------------------------------------- deciding


@dataclass(frozen=True, slots=True)
class Place:
    """Where an interaction was made: the surface and, where a message was pressed, its platform id.

    `room` is the conversation of several people, None in a direct one. `takes_form`: a form can be opened.
    """

    surface: Surface = Surface.DIRECT_MESSAGE
    message: str | None = None
    room: Room | None = None
    takes_form: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a handler may know. What a verb does not need is not read and stays empty.

    `session` is the one that the button names, else the learner's current one, and `lesson` the version it
    began. `other` is the learner whom `code` belongs to. `place`, `post` (the message that shows the
    current session) and `shelf` (lessons by version that unfinished sessions began and the catalogue no
    longer has) are added by dispatch; the store leaves them as they are. So is `instead`: the current session
    and its lesson, where the message that was pressed shows these and not the session that its button named.
    """

    organization: Organization
    workspace: Workspace
    account: Account | None = None
    learner: Learner | None = None
    session: Session | None = None
    lesson: Lesson | None = None
    history: tuple[Session, ...] = ()
    uses: tuple[ToolUse, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    accounts: tuple[tuple[ChannelName, str], ...] = ()
    recalls: tuple[Recall, ...] = ()
    wishes: Wishes = Wishes()
    decisions: tuple[NudgeDecision, ...] = ()
    events: tuple[AdoptionEvent, ...] = ()
    feed: Feed | None = None
    meetings: tuple[Meeting, ...] = ()
    draft: Draft | None = None
    code: JoinCode | None = None
    other: Learner | None = None
    cohort: Cohort | None = None
    shared: Shared | None = None
    shelf_found: tuple[Shared, ...] = ()
    plans: tuple[Plan, ...] = ()
    successes: tuple[Success, ...] = ()
    place: Place = Place()
    post: Post | None = None
    shelf: Mapping[str, Lesson] = field(default_factory=dict)
    instead: tuple[Session, Lesson] | None = None

    @property
    def who(self) -> Learner:
        """Return the learner; dispatch makes one for a stranger before any handler runs."""
        if self.learner is None:
            raise LookupError("the snapshot has no learner")
        return self.learner


@dataclass(frozen=True, slots=True)
class Merge:
    """Makes two learners one: everything of `gone` becomes `kept`'s, and `gone` disappears.

    `gone_version` is the version at which `gone` was read.
    """

    gone: LearnerId
    gone_version: int
    kept: LearnerId


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one interaction changes, written in one atomic step or not at all.

    `learner` is the row as it should be, with the `version` it was read at (the store adds one).
    `answered` names a nudge decision whose message was answered, and when. `looked` says when the planner of
    nudges, which has just looked at the learner, looks again; `look_by` when it does at the latest, because
    something happened. `feed` was connected, and `no_feed` says whose was taken away; `feed_read` is a feed
    after it was read, with the meetings found: None leaves them as they were. `gone_draft` was published or
    thrown away. `cohort` and `share` are as they should be, with the `version` they were read at. `saved`
    says who kept a shared use case, and when, or with None who does not any more. `kept` are plans that were
    kept, by their sessions. `listening` says that Laps listens for words in a conversation, or no more.
    `reworded` is what those of an announcement read whose message waits still. Empty members change nothing.
    """

    incoming: tuple[WorkspaceId, str] | None = None
    learner: Learner | None = None
    account: Account | None = None
    sessions: tuple[Session, ...] = ()
    lesson: Lesson | None = None
    posts: tuple[Post, ...] = ()
    events: tuple[AdoptionEvent, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    commitment: Commitment | None = None
    submission: Submission | None = None
    code: JoinCode | None = None
    used_code: str | None = None
    recalls: tuple[Recall, ...] = ()
    decisions: tuple[NudgeDecision, ...] = ()
    answered: tuple[LearnerId, str, datetime] | None = None
    wishes: tuple[LearnerId, Wishes] | None = None
    looked: tuple[LearnerId, datetime] | None = None
    look_by: tuple[LearnerId, datetime] | None = None
    feed: Feed | None = None
    no_feed: LearnerId | None = None
    feed_read: tuple[Feed, tuple[Meeting, ...] | None] | None = None
    draft: Draft | None = None
    gone_draft: str | None = None
    merge: Merge | None = None
    workspace: Workspace | None = None
    person: Person | None = None
    spans: tuple[Span, ...] = ()
    cohort: Cohort | None = None
    share: Share | None = None
    trial: Trial | None = None
    saved: tuple[ShareId, LearnerId, datetime | None] | None = None
    kept: tuple[tuple[SessionId, LearnerId, datetime], ...] = ()
    listening: tuple[Room, bool, datetime] | None = None
    announcement: Announcement | None = None
    reworded: Message | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said to all in a conversation: a new message, or with `again` that of `post` as it is now.

    `key` makes a new one unique: said once, however often it is decided.
    """

    room: Room
    message: Message
    post: PostId
    key: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler wants said; where it shows is decided by `bot.dispatch` from what came in.

    Attributes:
        message: what to show; None says nothing.
        aside: only information, so it may be shown privately where it was asked.
        form: a form to open as a modal.
        home: the home to show, for channels that have one.
        problems: a form's fields and what is wrong with them.
        post: the tracked message that this reply becomes, so that it can be updated later.
        updates: other tracked messages to change unasked.
        spoken: what is said to all in conversations of several people.
        beside: what was pressed stays as it is, and this is said beside it.
    """

    message: Message | None = None
    aside: bool = False
    form: Form | None = None
    home: Message | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    post: PostId | None = None
    updates: tuple[tuple[PostId, Message], ...] = ()
    spoken: tuple[Spoken, ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a handler decided: rows and events to write, and what to say."""

    reply: Reply
    changes: Changes = Changes()


@dataclass(frozen=True, slots=True)
class Draw:
    """Ids made repeatable: a keyed hash of (salt, learner, decision point).

    The same interaction decided again, after a lost race or a crash, draws the same ids.
    """

    salt: bytes
    learner: str
    point: str

    def id(self, name: str) -> str:
        """Return 26 characters [0-9a-f] (104 bits), the same for the same name."""
        return self._digest(name).hex()[:26]

    def share(self, name: str) -> float:
        """Return a number from 0 to 1, 1 excluded, the same for the same name."""
        return int.from_bytes(self._digest(name)[:6]) / 2**48

    def code(self) -> str:
        """Return a code to be typed, such as `k7qm-x2fd`: 40 bits in letters and digits that look unlike."""
        raw = base64.b32encode(self._digest("code")[:5]).decode().lower()
        return f"{raw[:4]}-{raw[4:]}"

    def _digest(self, name: str) -> bytes:
        text = f"{self.learner}\0{self.point}\0{name}".encode()
        return hashlib.blake2b(text, key=self.salt[:64], digest_size=32).digest()

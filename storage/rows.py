"""How values of the core become rows, and rows values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import orjson
from pydantic import JsonValue

from bot.cohorts.roster import ABOUT, DATED
from bot.events import AdoptionEvent, EventType, Evidence
from bot.messages import from_json, to_json
from bot.model import (
    PRIORITY,
    Account,
    ChannelName,
    Commitment,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    Draft,
    JoinCode,
    Learner,
    LearnerId,
    Operation,
    Organization,
    OrganizationId,
    Person,
    Post,
    PostId,
    Recall,
    Revision,
    Role,
    Session,
    SessionId,
    SessionStatus,
    Shows,
    Span,
    Stage,
    Status,
    Submission,
    Workspace,
    WorkspaceId,
)
from bot.ports import DeliveryRecord
from storage.sql import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OrganizationRow = tuple[str, str, str, bytes]
WorkspaceRow = tuple[str, str, str, str, bool]
AccountRow = tuple[
    str, str, str, str, str | None, str | None, str | None, str | None, bool, str | None
]  # fmt: skip
LearnerRow = tuple[
    str, str, int, str, str | None, str, str | None, int | None,
    int | None, int | None, int | None, str | None, str | None, str | None,
    str | None, str | None, str | None, str | None, str, str | None,
]  # fmt: skip
SessionRow = tuple[
    str, str, str, str, int, int, int, int, str, int, str, str, str | None, str | None, int | None
]  # fmt: skip
PostRow = tuple[str, str, str, str | None, str | None]
CommitmentRow = tuple[str, str, str, str, str, str, int]
CodeRow = tuple[str, str, int]
EventRow = tuple[
    str, int, str, str | None, str, str | None, str | None, str, str | None, str | None,
    int | None, str | None, str | None, str | None, str,
]  # fmt: skip
RecallRow = tuple[str, str, str, str, int, int, int, bool]
DraftRow = tuple[str, str, str, str, str, int]
RevisionRow = tuple[int, int, str, str, str, str]
DeliveryRow = tuple[
    str, str, str, str, str, str, str | None, str | None, str | None, str | None,
    str | None, str | None, int | None, str, int, int, int, int | None, int | None, int,
]  # fmt: skip
RecordRow = tuple[str, str, str, str, str, int, int | None, int, str]


def micros(at: datetime) -> int:
    """Return an aware time as whole microseconds since 1970."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(at: int) -> datetime:
    """Return the aware UTC time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _moment(at: int | None) -> datetime | None:
    return None if at is None else _EPOCH + timedelta(microseconds=at)


def to_text(value: Mapping[str, JsonValue] | Sequence[str]) -> str:
    """Write JSON, keys in their order."""
    return orjson.dumps(dict(value) if isinstance(value, Mapping) else value).decode()


def organization_from(row: OrganizationRow) -> Organization:
    """Read an organization."""
    return Organization(OrganizationId(row[0]), row[1], row[2], bytes(row[3]))


def workspace_from(row: WorkspaceRow) -> Workspace:
    """Read a workspace."""
    return Workspace(WorkspaceId(row[0]), OrganizationId(row[1]), ChannelName(row[2]), row[3], bool(row[4]))


# ---------------------------------------------------------------- people


def account_from(row: AccountRow) -> Account:
    """Read an account."""
    workspace, external, learner, name, email, time_zone, direct, service_url, reachable, directory = row
    return Account(
        WorkspaceId(workspace),
        external,
        LearnerId(learner),
        name,
        email,
        time_zone,
        direct,
        service_url,
        bool(reachable),
        directory,
    )


def account_row(account: Account, organization: str) -> Row:
    """Write an account as a row of its table."""
    return (
        account.workspace,
        account.external,
        organization,
        account.learner,
        account.name,
        account.email,
        account.time_zone,
        account.direct,
        account.service_url,
        account.reachable,
        account.directory,
    )


def learner_from(row: LearnerRow) -> Learner:
    """Read a learner with the roles, which come as names joined by commas."""
    roles = row[19]
    return Learner(
        LearnerId(row[0]),
        OrganizationId(row[1]),
        row[2],
        Status(row[3]),
        row[4],
        tuple(orjson.loads(row[5])) if row[5] != "[]" else (),
        row[6],
        row[7],
        _moment(row[8]),
        _moment(row[9]),
        _moment(row[10]),
        SessionId(row[11]) if row[11] else None,
        PostId(row[12]) if row[12] else None,
        frozenset(map(Role, roles.split(","))) if roles else frozenset(),
        row[13],
        row[14],
        row[15],
        date.fromisoformat(row[16]) if row[16] else None,
        row[17],
        frozenset(map(Shows, row[18].split(","))) if row[18] else frozenset(),
    )


def learner_row(learner: Learner) -> Row:
    """Write a learner as the row after this change: one version on."""
    return (
        learner.id,
        learner.organization,
        learner.version + 1,
        learner.status,
        learner.job_family,
        to_text(learner.tools) if learner.tools else "[]",
        learner.time_zone,
        learner.confidence,
        _micros(learner.paused_at),
        _micros(learner.paused_until),
        _micros(learner.joined_at),
        learner.current,
        learner.welcome,
        learner.locale,
        learner.industry,
        learner.country,
        learner.left_on.isoformat() if learner.left_on else None,
        learner.cohort,
        ",".join(sorted(learner.shows)) if learner.shows else "",
    )


PersonRow = tuple[str, str, str | None, str | None, str | None, str | None]


def person_from(row: PersonRow) -> Person:
    """Read a person of the roster."""
    return Person(row[0], LearnerId(row[1]), {n: t or "" for n, t in zip(ABOUT, row[2:], strict=True)})


def person_row(person: Person, organization: str) -> Row:
    """Write a person as a row of its table."""
    about = (person.about.get(name) or None for name in ABOUT)
    return (organization, person.name, person.learner, *about)


def span_from(row: Sequence[str | None]) -> Span:
    """Read a span of the roster."""
    person, from_on, until_on, *facts = row
    begins, ends = date.fromisoformat(from_on or ""), date.fromisoformat(until_on) if until_on else None
    return Span(person or "", begins, ends, {n: t or "" for n, t in zip(DATED, facts, strict=True)})


def span_row(span: Span, organization: str) -> Row:
    """Write a span as a row of its table."""
    until_on = span.until_on.isoformat() if span.until_on else None
    facts = (span.facts.get(name, "") for name in DATED)
    return (organization, span.person, span.from_on.isoformat(), until_on, *facts)


# ---------------------------------------------------------------- lessons under way


def session_from(row: SessionRow) -> Session:
    """Read a session."""
    return Session(
        SessionId(row[0]),
        LearnerId(row[1]),
        row[2],
        row[3],
        moment(row[4]),
        moment(row[5]),
        row[6],
        row[7],
        SessionStatus(row[8]),
        row[9],
        Stage(row[10]),
        orjson.loads(row[11]),
        PostId(row[12]) if row[12] else None,
        WorkspaceId(row[13]) if row[13] else None,
        _moment(row[14]),
    )


def session_row(session: Session, organization: str) -> Row:
    """Write a session as a row of its table."""
    return (
        session.id,
        organization,
        session.learner,
        session.lesson,
        session.lesson_version,
        micros(session.started_at),
        micros(session.updated_at),
        session.version,
        session.moved_version,
        session.status,
        session.step,
        session.stage,
        to_text(session.notes),
        session.post,
        session.workspace,
        _micros(session.ended_at),
    )


def post_from(row: PostRow) -> Post:
    """Read a post."""
    return Post(PostId(row[0]), WorkspaceId(row[1]), row[2], row[3], row[4])


def post_row(post: Post, organization: str) -> Row:
    """Write a post as a row of its table."""
    return (post.id, organization, post.workspace, post.account, post.conversation, post.external)


def commitment_from(row: CommitmentRow) -> Commitment:
    """Read a commitment."""
    return Commitment(SessionId(row[0]), LearnerId(row[1]), *row[2:6], moment(row[6]))


def commitment_row(plan: Commitment, organization: str) -> Row:
    """Write a commitment as a row of its table."""
    made_at = micros(plan.made_at)
    return (plan.session, organization, plan.learner, plan.lesson, plan.when, plan.task, plan.tool, made_at)


def submission_row(submission: Submission, organization: str) -> Row:
    """Write a submission as a row of its table."""
    return (
        submission.session,
        submission.step,
        organization,
        submission.learner,
        submission.text,
        micros(submission.forget_at),
    )


def code_from(row: CodeRow) -> JoinCode:
    """Read a joining code."""
    return JoinCode(row[0], LearnerId(row[1]), moment(row[2]))


def recall_from(row: RecallRow) -> Recall:
    """Read what a learner remembers of a question."""
    return Recall(
        LearnerId(row[0]),
        row[1],
        row[2],
        orjson.loads(row[3]),
        moment(row[4]),
        moment(row[5]),
        row[6],
        bool(row[7]),
    )


def recall_row(recall: Recall, organization: str) -> Row:
    """Write what a learner remembers of a question as a row of its table."""
    return (
        recall.learner,
        recall.lesson,
        recall.question,
        organization,
        to_text(recall.memory),
        micros(recall.due_at),
        micros(recall.answered_at),
        recall.count,
        recall.right,
    )


# ---------------------------------------------------------------- the catalogue


def draft_from(row: DraftRow) -> Draft:
    """Read a draft."""
    return Draft(row[0], LearnerId(row[1]), *row[2:5], moment(row[5]))


def draft_row(draft: Draft, organization: str) -> Row:
    """Write a draft as a row of its table."""
    made_at = micros(draft.made_at)
    return (draft.id, organization, draft.learner, draft.path, draft.before, draft.text, made_at)


def revision_from(row: RevisionRow) -> Revision:
    """Read a revision."""
    files, summary = orjson.loads(row[4]), tuple(orjson.loads(row[5]))
    return Revision(row[0], moment(row[1]), row[2], row[3], files, summary)


def revision_row(revision: Revision, organization: str) -> Row:
    """Write a revision as a row of its table."""
    files, summary = to_text(revision.files), to_text(revision.summary)
    accepted_at = micros(revision.accepted_at)
    return (organization, revision.number, accepted_at, revision.author, revision.way, files, summary)


# ---------------------------------------------------------------- adoption events


def event_from(row: EventRow) -> AdoptionEvent:
    """Read an adoption event."""
    return AdoptionEvent(
        row[0],
        moment(row[1]),
        date.fromisoformat(row[2]),
        row[4],
        EventType(row[7]),
        row[3],
        row[5],
        row[6],
        row[8],
        row[9],
        row[10],
        row[11],
        row[12],
        Evidence(row[13]) if row[13] else None,
        orjson.loads(row[14]),
    )


def event_row(event: AdoptionEvent, organization: str) -> Row:
    """Write an adoption event as a row of its table."""
    return (
        organization,
        event.id,
        micros(event.occurred_at),
        event.local_date.isoformat(),
        event.workspace,
        event.learner,
        event.channel,
        event.surface,
        event.type,
        event.lesson,
        event.lesson_version,
        event.step,
        event.use_case,
        event.tool,
        event.evidence,
        to_text(event.properties) if event.properties else "{}",
    )


# ---------------------------------------------------------------- deliveries


def delivery_row(delivery: Delivery) -> Row:
    """Write a delivery as a new row of its table, waiting for its time or leased to whoever writes it."""
    waits = delivery.due_at is not None
    return (
        delivery.id,
        delivery.organization,
        delivery.workspace.id,
        delivery.key,
        delivery.kind,
        delivery.operation,
        DeliveryState.QUEUED if waits else DeliveryState.SENDING,
        micros(delivery.planned_at if waits else delivery.lease_until),
        delivery.lane,
        delivery.subject,
        delivery.account,
        delivery.conversation,
        delivery.service_url,
        delivery.learner,
        delivery.post,
        delivery.target,
        delivery.handle,
        _micros(delivery.handle_until),
        to_json(delivery.message),
        delivery.attempts,
        micros(delivery.created_at),
        None,
        None,
        PRIORITY[delivery.kind],
        micros(delivery.planned_at),
        _micros(delivery.late_at),
        None,
    )


def delivery_from(row: DeliveryRow, workspace: Workspace, lease_until: datetime) -> Delivery:
    """Read a delivery that was just leased until `lease_until`."""
    return Delivery(
        id=DeliveryId(row[0]),
        organization=workspace.organization,
        workspace=workspace,
        key=row[2],
        kind=DeliveryKind(row[3]),
        operation=Operation(row[4]),
        account=row[5],
        conversation=row[6],
        message=from_json(row[13]),
        created_at=moment(row[15]),
        lease_until=lease_until,
        service_url=row[7],
        learner=LearnerId(row[8]) if row[8] else None,
        post=PostId(row[9]) if row[9] else None,
        target=row[10],
        handle=row[11],
        handle_until=_moment(row[12]),
        attempts=row[14],
        due_at=moment(row[16]) if row[16] != row[15] else None,
        late_at=_moment(row[17]),
        in_doubt=row[18] is not None,
    )


def record_from(row: RecordRow) -> DeliveryRecord:
    """Read what operators may know of a delivery."""
    return DeliveryRecord(
        ChannelName(row[0]),
        row[1],
        row[2],
        DeliveryKind(row[3]),
        DeliveryState(row[4]),
        moment(row[5]),
        _moment(row[6]),
        row[7],
        row[8],
    )

"""What a snapshot reads: one statement for the person and the lesson under way, more only where needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    ColumnElement,
    and_,
    bindparam,
    case,
    desc,
    func,
    literal_column,
    or_,
    select,
)

from bot.events import EventType, Evidence
from bot.model import (
    ChannelName,
    Commitment,
    Feed,
    JoinCode,
    Learner,
    LearnerId,
    Meeting,
    NudgeAction,
    Organization,
    Session,
    SessionId,
    Snapshot,
    ToolUse,
    Workspace,
)
from bot.ports import Needs
from storage.nudge_rows import DecisionRow, WishesRow, decision_from, wishes_from
from storage.nudge_tables import FEED, MEETING, NUDGE_DECISION, NUDGING
from storage.rows import (
    AccountRow,
    CommitmentRow,
    DraftRow,
    EventRow,
    LearnerRow,
    RecallRow,
    SessionRow,
    account_from,
    code_from,
    commitment_from,
    draft_from,
    event_from,
    learner_from,
    micros,
    moment,
    recall_from,
    session_from,
)
from storage.sql import Dialect, Statement, Steps, ask
from storage.tables import (
    ACCOUNT,
    ADOPTION_EVENT,
    COMMITMENT,
    DRAFT,
    JOIN_CODE,
    LEARNER,
    LESSON_VERSION,
    RECALL,
    ROLE,
    SESSION,
    WORKSPACE,
    AnyTable,
)

NOTHING_MORE = Needs()
"""What a button in a lesson needs: account, learner and session, and no more."""

USES_DAYS = 28
"""How many days back a learner's tool uses are counted."""

ADOPTION_DAYS = 400
"""How many days back completed lessons and uses are read: adoption is settled 90 days after the first, and
habits and lapses are looked for during the year after that."""

DECISIONS_KEPT = timedelta(days=8)
"""So far back all decisions are read: longer than the budget of a week and than any may be late."""

ORGANIZATION: BindParameter[str] = bindparam("organization")


def constant(word: StrEnum) -> ColumnElement[str]:
    """Write a word of ours into a statement itself, so that partial indexes and plans can rely on it."""
    return literal_column(f"'{word.value}'")


def words(text: str) -> ColumnElement[str]:
    """Write a text of ours into a statement itself."""
    quoted = text.replace("'", "''")
    return literal_column(f"'{quoted}'")


def columns_of(table: AnyTable, *without: str) -> list[ColumnElement[object]]:
    """Return a table's columns in their order, but for `without`."""
    return [column for column in table.c if column.name not in without]


def learner_columns() -> list[ColumnElement[object]]:
    """Return the columns of a `LearnerRow`."""
    comma: ColumnElement[str] = literal_column("','")
    # A literal, and not the string that is asked for: that would become a parameter too late to be numbered.
    roles = select(func.aggregate_strings(ROLE.c.role, comma))  # type: ignore[arg-type]
    return [*LEARNER.c, roles.where(ROLE.c.learner == LEARNER.c.id).scalar_subquery().label("roles")]


ACCOUNT_COLUMNS = columns_of(ACCOUNT, "organization")
SESSION_COLUMNS = columns_of(SESSION, "organization")
_AT_LEARNER = 1 + len(ACCOUNT_COLUMNS)
_AT_SESSION = _AT_LEARNER + len(learner_columns())

FeedRow = tuple[str, str, int, int | None, int, str | None, str | None]
_SnapshotRow = tuple[bool, *tuple[object, ...]]


def _snapshot(dialect: Dialect) -> ClauseElement:
    named: ColumnElement[str] = func.coalesce(bindparam("session"), LEARNER.c.current)
    people = (
        WORKSPACE.outerjoin(
            ACCOUNT, and_(ACCOUNT.c.workspace == WORKSPACE.c.id, ACCOUNT.c.external == bindparam("account"))
        )
        .outerjoin(LEARNER, LEARNER.c.id == ACCOUNT.c.learner)
        .outerjoin(SESSION, and_(SESSION.c.id == named, SESSION.c.organization == WORKSPACE.c.organization))
    )
    return (
        select(WORKSPACE.c.active, *ACCOUNT_COLUMNS, *learner_columns(), *SESSION_COLUMNS)
        .select_from(people)
        .where(WORKSPACE.c.id == bindparam("workspace"), WORKSPACE.c.organization == ORGANIZATION)
    )


def _history(dialect: Dialect) -> ClauseElement:
    return (
        select(*SESSION_COLUMNS)
        .where(SESSION.c.learner == bindparam("learner"), SESSION.c.organization == ORGANIZATION)
        .order_by(desc(SESSION.c.started_at), desc(SESSION.c.id))
    )


def _uses(dialect: Dialect) -> ClauseElement:
    event = ADOPTION_EVENT.c
    task = func.coalesce(event.use_case, literal_column("''"))
    times = func.count()
    measured = case((event.evidence == constant(Evidence.MEASURED), event.local_date))
    return (
        select(event.tool, task, times, func.max(event.local_date), func.max(measured))
        .where(
            event.learner == bindparam("learner"),
            event.organization == ORGANIZATION,
            event.occurred_at >= bindparam("since"),
            event.type == constant(EventType.TOOL_USED),
            event.tool.is_not(None),
            event.evidence.in_([constant(Evidence.SELF_REPORT), constant(Evidence.MEASURED)]),
        )
        .group_by(event.tool, task)
        .order_by(desc(times), event.tool, task)
    )


def _adoption(dialect: Dialect) -> ClauseElement:
    event = ADOPTION_EVENT.c
    kinds = map(constant, (EventType.LESSON_COMPLETED, EventType.TOOL_USED, EventType.TOOL_GRANTED))
    return (
        select(*columns_of(ADOPTION_EVENT, "seq", "organization"))
        .where(
            event.learner == bindparam("learner"),
            event.organization == ORGANIZATION,
            event.occurred_at >= bindparam("since"),
            event.type.in_([*kinds]),
        )
        .order_by(event.occurred_at, event.seq)
    )


def _commitments(dialect: Dialect) -> ClauseElement:
    return (
        select(*columns_of(COMMITMENT, "seq", "organization"))
        .where(COMMITMENT.c.learner == bindparam("learner"), COMMITMENT.c.organization == ORGANIZATION)
        .order_by(desc(COMMITMENT.c.made_at), desc(COMMITMENT.c.seq))
    )


def _names(dialect: Dialect) -> ClauseElement:
    return (
        select(WORKSPACE.c.channel, ACCOUNT.c.name)
        .join_from(ACCOUNT, WORKSPACE, WORKSPACE.c.id == ACCOUNT.c.workspace)
        .where(ACCOUNT.c.learner == bindparam("learner"), ACCOUNT.c.organization == ORGANIZATION)
        .order_by(WORKSPACE.c.channel, ACCOUNT.c.name, ACCOUNT.c.external)
    )


def _code(dialect: Dialect) -> ClauseElement:
    return (
        select(JOIN_CODE.c.code, JOIN_CODE.c.learner, JOIN_CODE.c.expires_at, *learner_columns())
        .join_from(JOIN_CODE, LEARNER, LEARNER.c.id == JOIN_CODE.c.learner)
        .where(
            JOIN_CODE.c.code == bindparam("code"),
            JOIN_CODE.c.organization == ORGANIZATION,
            JOIN_CODE.c.used_at.is_(None),
        )
    )


def _recalls(dialect: Dialect) -> ClauseElement:
    return (
        select(*columns_of(RECALL, "organization"))
        .where(RECALL.c.learner == bindparam("learner"), RECALL.c.organization == ORGANIZATION)
        .order_by(RECALL.c.due_at, RECALL.c.lesson, RECALL.c.question)
    )


def _wishes(dialect: Dialect) -> ClauseElement:
    columns = columns_of(NUDGING, "learner", "organization", "look_at")
    return select(*columns).where(NUDGING.c.learner == bindparam("learner"))


def _decisions(dialect: Dialect) -> ClauseElement:
    """Read the newest, and of those that went out or were held as many as the rules count."""
    one = NUDGE_DECISION.c
    counted = one.action != constant(NudgeAction.SILENT)
    return (
        select(*columns_of(NUDGE_DECISION, "seq", "organization"))
        .where(one.learner == bindparam("learner"), or_(one.decided_at >= bindparam("since"), counted))
        .order_by(desc(one.decided_at), desc(one.seq))
    )


FEED_COLUMNS = (
    FEED.c.learner,
    FEED.c.url,
    FEED.c.look_at,
    FEED.c.read_at,
    FEED.c.failures,
    FEED.c.why,
    LEARNER.c.time_zone,
)


def _feed(dialect: Dialect) -> ClauseElement:
    same = LEARNER.c.id == FEED.c.learner
    return select(*FEED_COLUMNS).join_from(FEED, LEARNER, same).where(FEED.c.learner == bindparam("learner"))


def _meetings(dialect: Dialect) -> ClauseElement:
    """Read the meetings of somebody who still has the calendar."""
    return (
        select(MEETING.c.moment, MEETING.c.starts_at)
        .join_from(MEETING, FEED, FEED.c.learner == MEETING.c.learner)
        .where(MEETING.c.learner == bindparam("learner"))
        .order_by(MEETING.c.starts_at, MEETING.c.moment)
    )


def _draft(dialect: Dialect) -> ClauseElement:
    theirs = (DRAFT.c.learner == bindparam("learner"), DRAFT.c.organization == ORGANIZATION)
    return select(*columns_of(DRAFT, "organization")).where(DRAFT.c.id == bindparam("draft"), *theirs)


def _lesson(dialect: Dialect) -> ClauseElement:
    return select(LESSON_VERSION.c.body).where(
        LESSON_VERSION.c.version == bindparam("version"), LESSON_VERSION.c.organization == ORGANIZATION
    )


SNAPSHOT: Statement[_SnapshotRow] = Statement(_snapshot)
HISTORY: Statement[SessionRow] = Statement(_history)
USES: Statement[tuple[str, str, int, str, str | None]] = Statement(_uses)
ADOPTION: Statement[EventRow] = Statement(_adoption)
COMMITMENTS: Statement[CommitmentRow] = Statement(_commitments)
NAMES: Statement[tuple[str, str]] = Statement(_names)
RECALLS: Statement[RecallRow] = Statement(_recalls)
WISHES: Statement[WishesRow] = Statement(_wishes)
DECISIONS: Statement[DecisionRow] = Statement(_decisions)
FEEDS: Statement[FeedRow] = Statement(_feed)
MEETINGS: Statement[tuple[str, int]] = Statement(_meetings)
DRAFTS: Statement[DraftRow] = Statement(_draft)
CODE: Statement[tuple[str, str, int, *LearnerRow]] = Statement(_code)
LESSON: Statement[tuple[str]] = Statement(_lesson)


def read_snapshot(
    organization: Organization,
    workspace: Workspace,
    account: str,
    session: SessionId | None,
    needs: Needs,
    now: datetime,
) -> Steps[Snapshot]:
    """Read what a handler may know of the person behind an account, but for the lesson."""
    rows = yield from ask(
        SNAPSHOT, organization=organization.id, workspace=workspace.id, account=account, session=session
    )
    seen = _seen(organization, workspace, rows)
    if needs == NOTHING_MORE:
        return seen
    if seen.learner is not None:
        seen = yield from _more(seen, seen.learner, needs, now)
    if needs.code is not None:
        code, other = yield from _owner(organization, needs.code)
        seen = replace(seen, code=code, other=other)
    return seen


def _seen(organization: Organization, workspace: Workspace, rows: Sequence[_SnapshotRow]) -> Snapshot:
    if not rows:
        return Snapshot(organization, workspace)
    row = rows[0]
    if row[0] != workspace.active:
        workspace = replace(workspace, active=bool(row[0]))
    account = row[1:_AT_LEARNER]
    learner = row[_AT_LEARNER:_AT_SESSION]
    session = row[_AT_SESSION:]
    return Snapshot(
        organization,
        workspace,
        account_from(cast("AccountRow", account)) if account[0] is not None else None,
        learner_from(cast("LearnerRow", learner)) if learner[0] is not None else None,
        session_from(cast("SessionRow", session)) if session[0] is not None else None,
    )


def _more(seen: Snapshot, learner: Learner, needs: Needs, now: datetime) -> Steps[Snapshot]:
    history: tuple[Session, ...] = ()
    uses: tuple[ToolUse, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    accounts: tuple[tuple[ChannelName, str], ...] = ()
    who = {"organization": seen.organization.id, "learner": learner.id}
    if needs.history:
        history = tuple(map(session_from, (yield from ask(HISTORY, **who))))
    if needs.uses:
        since = micros(now - timedelta(days=USES_DAYS))
        found = yield from ask(USES, since=since, **who)
        uses = tuple(
            ToolUse(tool, task, times, date.fromisoformat(last), date.fromisoformat(sure) if sure else None)
            for tool, task, times, last, sure in found
        )
    if needs.commitments:
        commitments = tuple(map(commitment_from, (yield from ask(COMMITMENTS, **who))))
    if needs.accounts:
        accounts = tuple((ChannelName(c), name) for c, name in (yield from ask(NAMES, **who)))
    seen = replace(seen, history=history, uses=uses, commitments=commitments, accounts=accounts)
    if needs.recalls:
        seen = replace(seen, recalls=tuple(map(recall_from, (yield from ask(RECALLS, **who)))))
    if needs.nudging:
        wishes = yield from ask(WISHES, learner=learner.id)
        past = yield from ask(DECISIONS, learner=learner.id, since=micros(now - DECISIONS_KEPT))
        seen = replace(seen, decisions=tuple(map(decision_from, past)))
        seen = replace(seen, wishes=wishes_from(wishes[0])) if wishes else seen
    if needs.adoption:
        since = micros(now - timedelta(days=ADOPTION_DAYS))
        seen = replace(seen, events=tuple(map(event_from, (yield from ask(ADOPTION, since=since, **who)))))
    if needs.calendar:
        feeds = yield from ask(FEEDS, learner=learner.id)
        times = yield from ask(MEETINGS, learner=learner.id)
        meetings = tuple(Meeting(name, moment(at)) for name, at in times)
        seen = replace(seen, feed=feed_from(feeds[0]) if feeds else None, meetings=meetings)
    if needs.draft is not None:
        drafts = yield from ask(DRAFTS, draft=needs.draft, **who)
        seen = replace(seen, draft=draft_from(drafts[0]) if drafts else None)
    return seen


def feed_from(row: FeedRow) -> Feed:
    """Read a calendar that was connected."""
    read_at = moment(row[3]) if row[3] is not None else None
    return Feed(LearnerId(row[0]), row[1], moment(row[2]), read_at, row[4], row[5], row[6])


def _owner(organization: Organization, code: str) -> Steps[tuple[JoinCode | None, Learner | None]]:
    rows = yield from ask(CODE, organization=organization.id, code=code)
    if not rows:
        return None, None
    return code_from(rows[0][:3]), learner_from(rows[0][3:])


def read_lesson(organization: Organization, version: str) -> Steps[str | None]:
    """Read the body of a lesson as it was stored, or None where it never was."""
    rows = yield from ask(LESSON, organization=organization.id, version=version)
    return rows[0][0] if rows else None

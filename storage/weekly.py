"""A cohort's week as it is read: the plans of its people, and what its champion may know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Text,
    and_,
    bindparam,
    desc,
    exists,
    func,
    literal_column,
    select,
)

from bot.events import EventType
from bot.model import (
    Cohort,
    CohortWeek,
    LearnerId,
    Organization,
    Plan,
    Reach,
    Role,
    SessionId,
    SessionStatus,
    ShareStatus,
    Shows,
    Status,
)
from storage.rows import micros
from storage.shared_tables import KEPT, SHARE, TRIAL
from storage.shares import name_of, shared_from, sharing
from storage.snapshot import ORGANIZATION, constant
from storage.sql import Dialect, Statement, Steps, ask
from storage.tables import ADOPTION_EVENT, COMMITMENT, DELIVERY, LEARNER, ROLE, SESSION

PLANS_FOR = timedelta(days=14)
"""So long after it was made a plan stands in the thread."""

TWO_WEEKS = timedelta(days=14)
NO_USE = timedelta(days=21)
"""After so long without a use of any tool somebody could use a hand."""


def _in_it() -> tuple[ColumnElement[bool], ...]:
    """Say who is in a cohort and takes part."""
    return (
        LEARNER.c.organization == ORGANIZATION,
        LEARNER.c.cohort == bindparam("cohort"),
        LEARNER.c.status == constant(Status.ACTIVE),
        LEARNER.c.left_on.is_(None),
    )


def _plans(dialect: Dialect) -> ClauseElement:
    kept = exists(select(KEPT.c.session).where(KEPT.c.session == COMMITMENT.c.session)).label("is_kept")
    columns = (COMMITMENT.c.session, LEARNER.c.id, COMMITMENT.c.when, COMMITMENT.c.task, COMMITMENT.c.tool)
    return (
        select(*columns, name_of(LEARNER.c.id), LEARNER.c.shows, kept)
        .join_from(COMMITMENT, LEARNER, LEARNER.c.id == COMMITMENT.c.learner)
        .where(*_in_it(), COMMITMENT.c.made_at >= bindparam("since"))
        .order_by(desc(COMMITMENT.c.made_at), desc(COMMITMENT.c.seq))
    )


def _people(dialect: Dialect) -> ClauseElement:
    """Read of each person but champions how their newest session stands, and when a tool was used last."""
    newest = (
        select(SESSION.c.status)
        .where(SESSION.c.learner == LEARNER.c.id)
        .order_by(desc(SESSION.c.started_at), desc(SESSION.c.id))
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    used = (
        select(func.max(ADOPTION_EVENT.c.occurred_at))
        .where(
            ADOPTION_EVENT.c.learner == LEARNER.c.id,
            ADOPTION_EVENT.c.type == constant(EventType.TOOL_USED),
        )
        .scalar_subquery()
    )
    columns = (name_of(LEARNER.c.id), LEARNER.c.shows, LEARNER.c.joined_at, newest, used)
    leads = and_(ROLE.c.learner == LEARNER.c.id, ROLE.c.role == constant(Role.CHAMPION))
    return select(*columns).where(*_in_it(), ~exists(select(ROLE.c.role).where(leads))).order_by(LEARNER.c.id)


def _shared(dialect: Dialect) -> ClauseElement:
    here = (SHARE.c.organization == ORGANIZATION, SHARE.c.cohort == bindparam("cohort"))
    lately = SHARE.c.posted_at >= bindparam("since")
    posted = SHARE.c.status == constant(ShareStatus.POSTED)
    return select(func.count()).select_from(SHARE).where(*here, posted, lately)


def _tried(dialect: Dialect) -> ClauseElement:
    theirs = LEARNER.c.id == TRIAL.c.learner
    lately = TRIAL.c.tried_at >= bindparam("since")
    return select(func.count()).select_from(TRIAL.join(LEARNER, theirs)).where(*_in_it(), lately)


def _repost(dialect: Dialect) -> ClauseElement:
    """Find what worked for most people of other cohorts, in a job of ours, and was not shown here yet."""
    anybody = TRIAL.alias("anybody")
    theirs = select(LEARNER.c.job_family).where(*_in_it())
    begins, colon = literal_column("'share:'", Text), literal_column("':'", Text)
    key = begins + SHARE.c.id + colon + bindparam("conversation", type_=Text)
    shown = and_(DELIVERY.c.organization == ORGANIZATION, DELIVERY.c.key == key)
    worked: ColumnElement[int] = literal_column("worked_count")
    return (
        sharing()
        .where(
            SHARE.c.status == constant(ShareStatus.POSTED),
            SHARE.c.reach == constant(Reach.EVERYONE),
            func.coalesce(SHARE.c.cohort, literal_column("''")) != bindparam("cohort"),
            SHARE.c.job_family.in_(theirs),
            ~exists(select(DELIVERY.c.seq).where(shown)),
            exists(select(anybody.c.share).where(anybody.c.share == SHARE.c.id)),
        )
        .order_by(desc(worked), desc(SHARE.c.posted_at), desc(SHARE.c.seq))
        .limit(literal_column("1"))
    )


PLANS: Statement[tuple[str, str, str, str, str, str, str, bool]] = Statement(_plans)
PEOPLE: Statement[tuple[str, str, int | None, str | None, int | None]] = Statement(_people)
SHARED: Statement[tuple[int]] = Statement(_shared)
TRIED: Statement[tuple[int]] = Statement(_tried)
REPOST: Statement[tuple[object, ...]] = Statement(_repost)


def read_plans(organization: Organization, cohort: str, now: datetime) -> Steps[tuple[Plan, ...]]:
    """Read the plans that a cohort's people made lately, newest first; names only where they may be."""
    since = micros(now - PLANS_FOR)
    rows = yield from ask(PLANS, organization=organization.id, cohort=cohort, since=since)
    return tuple(
        Plan(
            SessionId(session),
            LearnerId(learner),
            when,
            task,
            tool,
            (by or "A colleague") if Shows.PLANS in shows.split(",") else "",
            Shows.PLANS in shows.split(","),
            bool(kept),
        )
        for session, learner, when, task, tool, by, shows, kept in rows
    )


def read_week(organization: Organization, cohort: Cohort, now: datetime) -> Steps[CohortWeek]:
    """Read what a cohort's champion may know of it."""
    here = {"organization": organization.id, "cohort": cohort.name}
    since = micros(now - TWO_WEEKS)
    [(shared,)] = yield from ask(SHARED, since=since, **here)
    [(tried,)] = yield from ask(TRIED, since=since, **here)
    people = yield from ask(PEOPLE, **here)
    conversation = cohort.room.conversation if cohort.room is not None else ""
    found = yield from ask(REPOST, learner="", conversation=conversation, **here)
    named, others = _stuck(people, now)
    repost = shared_from(found[0], LearnerId("")) if found else None
    return CohortWeek(shared, tried, named, others, repost)


def _stuck(
    people: Sequence[tuple[str, str, int | None, str | None, int | None]], now: datetime
) -> tuple[tuple[tuple[str, str], ...], int]:
    """Say who could use a hand, with why, and how many more there are."""
    named, others, long_ago = [], 0, micros(now - NO_USE)
    for by, shows, joined_at, newest, used_at in people:
        if newest == SessionStatus.LEFT.value:
            why = "left a lesson before its end"
        elif max(used_at or 0, joined_at or 0) < long_ago:
            why = "no use of a tool that Laps knows of in three weeks"
        else:
            continue
        if Shows.HAND in shows.split(","):
            named.append((by or "A colleague", why))
        else:
            others += 1
    return tuple(named), others

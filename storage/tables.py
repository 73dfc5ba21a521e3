"""The tables, the same on SQLite and PostgreSQL.

Times are whole microseconds since 1970 (UTC), exact on both sides of it; local days are ISO text, and JSON is
text, so that what comes out is what went in. Names, addresses and platform ids are in `account` and `person`,
and in deliveries that are not settled; `roster` names people as operators do. Everything else names a learner
by a random key.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

AnyTable = Table[ReadOnlyColumnCollection[str, Column[object]]]
"""Whichever of the tables below."""

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _time(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _sequence() -> Column[int]:
    """Number rows in the order in which they were written."""
    return Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)


# Foreign keys hold rows to their learner, so that nothing is left of one that was made part of another.
# There are none to organization and workspace in the tables that grow with every interaction: on PostgreSQL
# each insert would lock that one row.


def _of_learner(*, key: bool = False) -> Column[str]:
    return Column("learner", Text, ForeignKey("learner.id"), primary_key=key, nullable=False)


ORGANIZATION = Table(
    "organization",
    METADATA,
    _key("id"),
    _text("name"),
    _text("time_zone"),
    Column("salt", LargeBinary, nullable=False),
    _time("created_at"),
)

WORKSPACE = Table(
    "workspace",
    METADATA,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    Column("organization", Text, ForeignKey("organization.id"), nullable=False),
    _text("channel"),
    _text("external"),
    Column("active", Boolean, nullable=False),
    UniqueConstraint("channel", "external"),
)

LEARNER = Table(
    "learner",
    METADATA,
    _key("id"),
    Column("organization", Text, ForeignKey("organization.id"), nullable=False),
    Column("version", BigInteger, nullable=False),
    _text("status"),
    _text("job_family", null=True),
    _text("tools"),
    _text("time_zone", null=True),
    Column("confidence", Integer),
    _time("paused_at", null=True),
    _time("paused_until", null=True),
    _time("joined_at", null=True),
    _text("current", null=True),
    _text("welcome", null=True),
    _text("locale", null=True),
    _text("industry", null=True),
    _text("country", null=True),
    _text("left_on", null=True),
    _text("cohort", null=True),
    _text("shows"),
)

ROLE = Table(
    "role",
    METADATA,
    _of_learner(key=True),
    _key("role"),
    _text("organization"),
    sqlite_with_rowid=False,
)

ACCOUNT = Table(
    "account",
    METADATA,
    Column("workspace", Text, ForeignKey("workspace.id"), primary_key=True),
    _key("external"),
    _text("organization"),
    _of_learner(),
    _text("name"),
    _text("email", null=True),
    _text("time_zone", null=True),
    _text("direct", null=True),
    _text("service_url", null=True),
    Column("reachable", Boolean, nullable=False),
    _text("directory", null=True),
    Index(None, "learner"),
    # With the organization in front SQLite would look through everybody for one learner's accounts.
    Index(None, "email", "organization"),
    Index(None, "directory", "organization"),
    sqlite_with_rowid=False,
)

PERSON = Table(
    "person",
    METADATA,
    _key("organization"),
    _key("name"),
    _of_learner(),
    _text("email", null=True),
    _text("full_name", null=True),
    _text("slack_user", null=True),
    _text("teams_user", null=True),
    Index(None, "learner"),
    Index(None, "email", "organization"),
    Index(None, "slack_user", "organization"),
    Index(None, "teams_user", "organization"),
    sqlite_with_rowid=False,
)

# One row for each stretch of days in which the roster said the same of a person; `until_on` is not in it.
ROSTER = Table(
    "roster",
    METADATA,
    _key("organization"),
    _key("person"),
    _key("from_on"),
    _text("until_on", null=True),
    _text("job_family"),
    _text("industry"),
    _text("cohort"),
    _text("role"),
    _text("manager"),
    _text("location"),
    _text("wave"),
    _text("time_zone"),
    _text("country"),
    _text("tools"),
    _text("starts_on"),
    _text("ends_on"),
    ForeignKeyConstraint(["organization", "person"], ["person.organization", "person.name"]),
    sqlite_with_rowid=False,
)

SESSION = Table(
    "session",
    METADATA,
    _key("id"),
    _text("organization"),
    _of_learner(),
    _text("lesson"),
    _text("lesson_version"),
    _time("started_at"),
    _time("updated_at"),
    Column("version", BigInteger, nullable=False),
    Column("moved_version", BigInteger, nullable=False),
    _text("status"),
    Column("step", Integer, nullable=False),
    _text("stage"),
    _text("notes"),
    _text("post", null=True),
    _text("workspace", null=True),
    _time("ended_at", null=True),
    Index(None, "learner", "started_at"),
)

LESSON_VERSION = Table(
    "lesson_version",
    METADATA,
    _key("organization"),
    _key("version"),
    _text("lesson"),
    _text("body"),
    _time("stored_at"),
)

POST = Table(
    "post",
    METADATA,
    _key("id"),
    _text("organization"),
    _text("workspace"),
    _text("account"),
    _text("conversation", null=True),
    _text("external", null=True),
)

ADOPTION_EVENT = Table(
    "adoption_event",
    METADATA,
    _sequence(),
    _text("organization"),
    _text("id"),
    _time("occurred_at"),
    _text("local_date"),
    _text("workspace", null=True),
    _of_learner(),
    _text("channel", null=True),
    _text("surface", null=True),
    _text("type"),
    _text("lesson", null=True),
    _text("lesson_version", null=True),
    Column("step", BigInteger),
    _text("use_case", null=True),
    _text("tool", null=True),
    _text("evidence", null=True),
    _text("properties"),
    UniqueConstraint("organization", "id"),
    Index(None, "learner", "occurred_at"),
)

DELIVERY = Table(
    "delivery",
    METADATA,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    _text("organization"),
    _text("workspace"),
    _text("key"),
    _text("kind"),
    _text("operation"),
    _text("state"),
    # When an unsettled one may be taken: a queued one's next attempt, a sending one's end of lease.
    _time("due_at", null=True),
    _text("lane"),
    _text("subject", null=True),
    _text("account"),
    _text("conversation", null=True),
    _text("service_url", null=True),
    _text("learner", null=True),
    _text("post", null=True),
    _text("target", null=True),
    _text("handle", null=True),
    _time("handle_until", null=True),
    _text("message", null=True),
    Column("attempts", Integer, nullable=False),
    _time("created_at"),
    _time("settled_at", null=True),
    _text("reason", null=True),
    Column("priority", Integer, nullable=False),
    # When it was to go out at first; `due_at` moves with every attempt.
    _time("planned_at"),
    _time("late_at", null=True),
    # Since when it may have gone out without a word of what became of it.
    _time("tried_at", null=True),
    UniqueConstraint("organization", "key"),
)


def _partial(name: str, condition: ColumnElement[bool], *columns: Column[str] | Column[int]) -> None:
    """Index the rows of which `condition` holds."""
    Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


_partial(
    "ix_delivery_due",
    DELIVERY.c.due_at.is_not(None),
    DELIVERY.c.workspace,
    DELIVERY.c.priority,
    DELIVERY.c.due_at,
)
_partial("ix_delivery_lane", DELIVERY.c.due_at.is_not(None), DELIVERY.c.lane, DELIVERY.c.seq)
_partial(
    "ix_delivery_subject",
    DELIVERY.c.subject.is_not(None),
    DELIVERY.c.workspace,
    DELIVERY.c.subject,
    DELIVERY.c.state,
    DELIVERY.c.seq,
)
Index("ix_delivery_learner", DELIVERY.c.learner)
_partial("ix_learner_cohort", LEARNER.c.cohort.is_not(None), LEARNER.c.organization, LEARNER.c.cohort)

# Who drains a workspace, and until when its platform wants to hear nothing.
DRAINER = Table(
    "drainer",
    METADATA,
    _key("workspace"),
    _text("organization"),
    _text("holder", null=True),
    _time("lease_until", null=True),
    _time("closed_until", null=True),
    sqlite_with_rowid=False,
)

INCOMING = Table(
    "incoming",
    METADATA,
    _key("workspace"),
    _key("id"),
    _text("organization"),
    _time("handled_at"),
    Index(None, "handled_at"),
    sqlite_with_rowid=False,
)

COMMITMENT = Table(
    "commitment",
    METADATA,
    _sequence(),
    _text("session"),
    _text("organization"),
    _of_learner(),
    _text("lesson"),
    _text("when"),
    _text("task"),
    _text("tool"),
    _time("made_at"),
    Index(None, "learner", "made_at"),
)

SUBMISSION = Table(
    "submission",
    METADATA,
    _key("session"),
    Column("step", Integer, primary_key=True),
    _text("organization"),
    _of_learner(),
    _text("text"),
    _time("forget_at"),
    Index(None, "learner"),
    Index(None, "forget_at"),
)

JOIN_CODE = Table(
    "join_code",
    METADATA,
    _key("organization"),
    _key("code"),
    _of_learner(),
    _time("expires_at"),
    _time("used_at", null=True),
    Index(None, "learner"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)

RECALL = Table(
    "recall",
    METADATA,
    _of_learner(key=True),
    _key("lesson"),
    _key("question"),
    _text("organization"),
    _text("memory"),
    _time("due_at"),
    _time("answered_at"),
    Column("count", Integer, nullable=False),
    Column("right", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

DRAFT = Table(
    "draft",
    METADATA,
    _key("id"),
    _text("organization"),
    _of_learner(),
    _text("path"),
    _text("before"),
    _text("text"),
    _time("made_at"),
    Index(None, "learner"),
    Index(None, "made_at"),
)

REVISION = Table(
    "revision",
    METADATA,
    _key("organization"),
    Column("number", Integer, primary_key=True),
    _time("accepted_at"),
    _text("author"),
    _text("way"),
    _text("files"),
    _text("summary"),
)

SOURCE = Table(
    "source",
    METADATA,
    _key("organization"),
    _key("digest"),
    _text("text"),
)

# When somebody is looked at next stands in a row of its own: it changes without their version, and only who
# is due is ever read.
NUDGING = Table(
    "nudging",
    METADATA,
    _of_learner(key=True),
    _text("organization"),
    _time("look_at", null=True),
    Column("a_day", Integer),
    Column("a_week", Integer),
    _time("snoozed_until", null=True),
    _text("off"),
    _time("asked_at", null=True),
    sqlite_with_rowid=False,
)

_partial("ix_nudging_due", NUDGING.c.look_at.is_not(None), NUDGING.c.look_at)

FEED = Table(
    "calendar_feed",
    METADATA,
    _of_learner(key=True),
    _text("organization"),
    _text("url"),
    _time("look_at"),
    _time("read_at", null=True),
    Column("failures", Integer, nullable=False),
    _text("why", null=True),
    Index(None, "look_at"),
    sqlite_with_rowid=False,
)

MEETING = Table(
    "meeting",
    METADATA,
    _of_learner(key=True),
    _key("moment"),
    Column("starts_at", BigInteger, primary_key=True, autoincrement=False),
    _text("organization"),
    sqlite_with_rowid=False,
)

NUDGE_DECISION = Table(
    "nudge_decision",
    METADATA,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    _text("organization"),
    _of_learner(),
    _text("moment"),
    _text("kind"),
    _text("subject"),
    _time("decided_at"),
    _text("decided_on"),
    _text("action"),
    _text("rule"),
    _text("reason"),
    Column("available", Boolean, nullable=False),
    _text("options"),
    Column("rule_version", Integer, nullable=False),
    # In millionths, so that both databases keep the same number.
    Column("probability", Integer, nullable=False),
    _time("answered_at", null=True),
    UniqueConstraint("learner", "moment", "subject"),
    Index(None, "learner", "decided_at"),
)

# Who is in a cohort stands with the learners; here is only what it has in common.
COHORT = Table(
    "cohort",
    METADATA,
    _key("organization"),
    _key("name"),
    _text("workspace", null=True),
    _text("conversation", null=True),
    _text("service_url", null=True),
    _text("starts_on", null=True),
    # The week (its Monday) whose thread and champion's card were made last.
    _text("week_on", null=True),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

SHARE = Table(
    "share",
    METADATA,
    _sequence(),
    Column("id", Text, nullable=False, unique=True),
    _text("organization"),
    Column("author", Text, ForeignKey("learner.id"), nullable=False),
    _text("task"),
    _text("tool"),
    _text("prompt"),
    _time("made_at"),
    _text("outcome"),
    _text("check"),
    Column("minutes", Integer),
    _text("reach"),
    _text("status"),
    Column("version", BigInteger, nullable=False),
    _text("cohort", null=True),
    _text("job_family", null=True),
    _time("posted_at", null=True),
    _text("workspace", null=True),
    _text("conversation", null=True),
    _text("service_url", null=True),
    _text("post", null=True),
    _text("lesson", null=True),
    # What is searched: the words of all its texts, without capitals and accents.
    _text("words"),
    Index(None, "organization", "status", "posted_at"),
    Index(None, "author"),
)

TRIAL = Table(
    "trial",
    METADATA,
    Column("share", Text, ForeignKey("share.id"), primary_key=True),
    _of_learner(key=True),
    _text("organization"),
    _time("tried_at"),
    _text("worked", null=True),
    _text("changed"),
    Index(None, "learner"),
    sqlite_with_rowid=False,
)

SAVED = Table(
    "saved",
    METADATA,
    Column("share", Text, ForeignKey("share.id"), primary_key=True),
    _of_learner(key=True),
    _text("organization"),
    _time("saved_at"),
    Index(None, "learner"),
    sqlite_with_rowid=False,
)

# Plans that were kept, each counted once.
KEPT = Table(
    "kept_plan",
    METADATA,
    _key("session"),
    _text("organization"),
    _of_learner(),
    _time("kept_at"),
    Index(None, "learner"),
    sqlite_with_rowid=False,
)

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
    literal_column,
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


def text(name: str, *, null: bool = False) -> Column[str]:
    """Make a column of texts."""
    return Column(name, Text, nullable=null)


def time(name: str, *, null: bool = False) -> Column[int]:
    """Make a column of times, in microseconds since 1970."""
    return Column(name, BigInteger, nullable=null)


def key(name: str) -> Column[str]:
    """Make a column of the primary key."""
    return Column(name, Text, primary_key=True)


def numbered() -> Column[int]:
    """Number rows in the order in which they were written."""
    return Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)


# Foreign keys hold rows to their learner, so that nothing is left of one that was made part of another.
# There are none to organization and workspace in the tables that grow with every interaction: on PostgreSQL
# each insert would lock that one row.


def of_learner(*, key: bool = False) -> Column[str]:
    """Make the column that names the learner whose row it is."""
    return Column("learner", Text, ForeignKey("learner.id"), primary_key=key, nullable=False)


ORGANIZATION = Table(
    "organization",
    METADATA,
    key("id"),
    text("name"),
    text("time_zone"),
    Column("salt", LargeBinary, nullable=False),
    time("created_at"),
)

WORKSPACE = Table(
    "workspace",
    METADATA,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    Column("organization", Text, ForeignKey("organization.id"), nullable=False),
    text("channel"),
    text("external"),
    Column("active", Boolean, nullable=False),
    UniqueConstraint("channel", "external"),
)

LEARNER = Table(
    "learner",
    METADATA,
    key("id"),
    Column("organization", Text, ForeignKey("organization.id"), nullable=False),
    Column("version", BigInteger, nullable=False),
    text("status"),
    text("job_family", null=True),
    text("tools"),
    text("time_zone", null=True),
    Column("confidence", Integer),
    time("paused_at", null=True),
    time("paused_until", null=True),
    time("joined_at", null=True),
    text("current", null=True),
    text("welcome", null=True),
    text("locale", null=True),
    text("industry", null=True),
    text("country", null=True),
    text("left_on", null=True),
    text("cohort", null=True),
    text("shows"),
)

ROLE = Table(
    "role",
    METADATA,
    of_learner(key=True),
    key("role"),
    text("organization"),
    sqlite_with_rowid=False,
)

ACCOUNT = Table(
    "account",
    METADATA,
    Column("workspace", Text, ForeignKey("workspace.id"), primary_key=True),
    key("external"),
    text("organization"),
    of_learner(),
    text("name"),
    text("email", null=True),
    text("time_zone", null=True),
    text("direct", null=True),
    text("service_url", null=True),
    Column("reachable", Boolean, nullable=False),
    text("directory", null=True),
    Index(None, "learner"),
    # With the organization in front SQLite would look through everybody for one learner's accounts.
    Index(None, "email", "organization"),
    Index(None, "directory", "organization"),
    sqlite_with_rowid=False,
)

PERSON = Table(
    "person",
    METADATA,
    key("organization"),
    key("name"),
    of_learner(),
    text("email", null=True),
    text("full_name", null=True),
    text("slack_user", null=True),
    text("teams_user", null=True),
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
    key("organization"),
    key("person"),
    key("from_on"),
    text("until_on", null=True),
    text("job_family"),
    text("industry"),
    text("cohort"),
    text("role"),
    text("manager"),
    text("location"),
    text("wave"),
    text("time_zone"),
    text("country"),
    text("tools"),
    text("starts_on"),
    text("ends_on"),
    ForeignKeyConstraint(["organization", "person"], ["person.organization", "person.name"]),
    sqlite_with_rowid=False,
)

SESSION = Table(
    "session",
    METADATA,
    key("id"),
    text("organization"),
    of_learner(),
    text("lesson"),
    text("lesson_version"),
    time("started_at"),
    time("updated_at"),
    Column("version", BigInteger, nullable=False),
    Column("moved_version", BigInteger, nullable=False),
    text("status"),
    Column("step", Integer, nullable=False),
    text("stage"),
    text("notes"),
    text("post", null=True),
    text("workspace", null=True),
    time("ended_at", null=True),
    Index(None, "learner", "started_at"),
)

LESSON_VERSION = Table(
    "lesson_version",
    METADATA,
    key("organization"),
    key("version"),
    text("lesson"),
    text("body"),
    time("stored_at"),
)

POST = Table(
    "post",
    METADATA,
    key("id"),
    text("organization"),
    text("workspace"),
    text("account"),
    text("conversation", null=True),
    text("external", null=True),
)

ADOPTION_EVENT = Table(
    "adoption_event",
    METADATA,
    numbered(),
    text("organization"),
    text("id"),
    time("occurred_at"),
    text("local_date"),
    text("workspace", null=True),
    of_learner(),
    text("channel", null=True),
    text("surface", null=True),
    text("type"),
    text("lesson", null=True),
    text("lesson_version", null=True),
    Column("step", BigInteger),
    text("use_case", null=True),
    text("tool", null=True),
    text("evidence", null=True),
    text("properties"),
    UniqueConstraint("organization", "id"),
    Index(None, "learner", "occurred_at"),
)

DELIVERY = Table(
    "delivery",
    METADATA,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    text("organization"),
    text("workspace"),
    text("key"),
    text("kind"),
    text("operation"),
    text("state"),
    # When an unsettled one may be taken: a queued one's next attempt, a sending one's end of lease.
    time("due_at", null=True),
    text("lane"),
    text("subject", null=True),
    text("account"),
    text("conversation", null=True),
    text("service_url", null=True),
    text("learner", null=True),
    text("post", null=True),
    text("target", null=True),
    text("handle", null=True),
    time("handle_until", null=True),
    text("message", null=True),
    Column("attempts", Integer, nullable=False),
    time("created_at"),
    time("settled_at", null=True),
    text("reason", null=True),
    Column("priority", Integer, nullable=False),
    # When it was to go out at first; `due_at` moves with every attempt.
    time("planned_at"),
    time("late_at", null=True),
    # Since when it may have gone out without a word of what became of it.
    time("tried_at", null=True),
    UniqueConstraint("organization", "key"),
)


def partial_index(name: str, condition: ColumnElement[bool], *columns: Column[str] | Column[int]) -> None:
    """Index the rows of which `condition` holds."""
    Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


partial_index(
    "ix_delivery_due",
    DELIVERY.c.due_at.is_not(None),
    DELIVERY.c.workspace,
    DELIVERY.c.priority,
    DELIVERY.c.due_at,
)
partial_index("ix_delivery_lane", DELIVERY.c.due_at.is_not(None), DELIVERY.c.lane, DELIVERY.c.seq)
partial_index(
    "ix_delivery_subject",
    DELIVERY.c.subject.is_not(None),
    DELIVERY.c.workspace,
    DELIVERY.c.subject,
    DELIVERY.c.state,
    DELIVERY.c.seq,
)
Index("ix_delivery_learner", DELIVERY.c.learner)
partial_index(
    "ix_delivery_nudges",
    DELIVERY.c.kind == literal_column("'nudge'"),
    DELIVERY.c.organization,
    DELIVERY.c.planned_at,
)
partial_index(
    "ix_adoption_event_unreachable",
    ADOPTION_EVENT.c.type == literal_column("'learner.unreachable'"),
    ADOPTION_EVENT.c.organization,
    ADOPTION_EVENT.c.local_date,
)
partial_index("ix_learner_cohort", LEARNER.c.cohort.is_not(None), LEARNER.c.organization, LEARNER.c.cohort)

# Who drains a workspace, and until when its platform wants to hear nothing.
DRAINER = Table(
    "drainer",
    METADATA,
    key("workspace"),
    text("organization"),
    text("holder", null=True),
    time("lease_until", null=True),
    time("closed_until", null=True),
    sqlite_with_rowid=False,
)

INCOMING = Table(
    "incoming",
    METADATA,
    key("workspace"),
    key("id"),
    text("organization"),
    time("handled_at"),
    Index(None, "handled_at"),
    sqlite_with_rowid=False,
)

COMMITMENT = Table(
    "commitment",
    METADATA,
    numbered(),
    text("session"),
    text("organization"),
    of_learner(),
    text("lesson"),
    text("when"),
    text("task"),
    text("tool"),
    time("made_at"),
    Index(None, "learner", "made_at"),
)

SUBMISSION = Table(
    "submission",
    METADATA,
    key("session"),
    Column("step", Integer, primary_key=True),
    text("organization"),
    of_learner(),
    text("text"),
    time("forget_at"),
    Index(None, "learner"),
    Index(None, "forget_at"),
)

JOIN_CODE = Table(
    "join_code",
    METADATA,
    key("organization"),
    key("code"),
    of_learner(),
    time("expires_at"),
    time("used_at", null=True),
    Index(None, "learner"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)

RECALL = Table(
    "recall",
    METADATA,
    of_learner(key=True),
    key("lesson"),
    key("question"),
    text("organization"),
    text("memory"),
    time("due_at"),
    time("answered_at"),
    Column("count", Integer, nullable=False),
    Column("right", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

DRAFT = Table(
    "draft",
    METADATA,
    key("id"),
    text("organization"),
    of_learner(),
    text("path"),
    text("before"),
    text("text"),
    time("made_at"),
    Index(None, "learner"),
    Index(None, "made_at"),
)

REVISION = Table(
    "revision",
    METADATA,
    key("organization"),
    Column("number", Integer, primary_key=True),
    time("accepted_at"),
    text("author"),
    text("way"),
    text("files"),
    text("summary"),
)

SOURCE = Table(
    "source",
    METADATA,
    key("organization"),
    key("digest"),
    text("text"),
)

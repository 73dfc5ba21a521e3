"""The tables of what people have in common: cohorts, shared use cases, who tried and saved them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from storage.tables import METADATA, key, numbered, of_learner, text, time

# Who is in a cohort stands with the learners; here is only what it has in common.
COHORT = Table(
    "cohort",
    METADATA,
    key("organization"),
    key("name"),
    text("workspace", null=True),
    text("conversation", null=True),
    text("service_url", null=True),
    text("starts_on", null=True),
    # The week (its Monday) whose thread and champion's card were made last.
    text("week_on", null=True),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

SHARE = Table(
    "share",
    METADATA,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    text("organization"),
    Column("author", Text, ForeignKey("learner.id"), nullable=False),
    text("task"),
    text("tool"),
    text("prompt"),
    time("made_at"),
    text("outcome"),
    text("check"),
    Column("minutes", Integer),
    text("reach"),
    text("status"),
    Column("version", BigInteger, nullable=False),
    text("cohort", null=True),
    text("job_family", null=True),
    time("posted_at", null=True),
    text("workspace", null=True),
    text("conversation", null=True),
    text("service_url", null=True),
    text("post", null=True),
    text("lesson", null=True),
    # What is searched: the words of all its texts, without capitals and accents.
    text("words"),
    Index(None, "organization", "status", "posted_at"),
    Index(None, "author"),
)

TRIAL = Table(
    "trial",
    METADATA,
    Column("share", Text, ForeignKey("share.id"), primary_key=True),
    of_learner(key=True),
    text("organization"),
    time("tried_at"),
    text("worked", null=True),
    text("changed"),
    Index(None, "learner"),
    sqlite_with_rowid=False,
)

SAVED = Table(
    "saved",
    METADATA,
    Column("share", Text, ForeignKey("share.id"), primary_key=True),
    of_learner(key=True),
    text("organization"),
    time("saved_at"),
    Index(None, "learner"),
    sqlite_with_rowid=False,
)

# Plans that were kept, each counted once.
KEPT = Table(
    "kept_plan",
    METADATA,
    key("session"),
    text("organization"),
    of_learner(),
    time("kept_at"),
    Index(None, "learner"),
    sqlite_with_rowid=False,
)

# Conversations in which Laps listens for words.
LISTENING = Table(
    "listening",
    METADATA,
    key("workspace"),
    key("conversation"),
    text("organization"),
    time("since_at"),
    sqlite_with_rowid=False,
)

ANNOUNCEMENT = Table(
    "announcement",
    METADATA,
    text("organization"),
    key("id"),
    text("author", null=True),
    text("title"),
    text("text"),
    time("made_at"),
    text("lesson", null=True),
    text("whom"),
    Column("is_invitation", Boolean, nullable=False),
    text("state"),
    Column("version", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    text("at"),
    Column("corrections", Integer, nullable=False),
    Column("spread_at", BigInteger),
    text("approved_by", null=True),
    Index(None, "organization", "made_at"),
    sqlite_with_rowid=False,
)

"""The tables of being spoken to unasked: who is looked at next, wishes, calendars, decisions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from storage.tables import METADATA, key, numbered, of_learner, partial_index, text, time

# When somebody is looked at next stands in a row of its own: it changes without their version, and only who
# is due is ever read.
NUDGING = Table(
    "nudging",
    METADATA,
    of_learner(key=True),
    text("organization"),
    time("look_at", null=True),
    Column("a_day", Integer),
    Column("a_week", Integer),
    time("snoozed_until", null=True),
    text("off"),
    time("asked_at", null=True),
    text("again", null=True),
    sqlite_with_rowid=False,
)

partial_index("ix_nudging_due", NUDGING.c.look_at.is_not(None), NUDGING.c.look_at)

FEED = Table(
    "calendar_feed",
    METADATA,
    of_learner(key=True),
    text("organization"),
    text("url"),
    time("look_at"),
    time("read_at", null=True),
    Column("failures", Integer, nullable=False),
    text("why", null=True),
    Index(None, "look_at"),
    sqlite_with_rowid=False,
)

MEETING = Table(
    "meeting",
    METADATA,
    of_learner(key=True),
    key("moment"),
    Column("starts_at", BigInteger, primary_key=True, autoincrement=False),
    text("organization"),
    sqlite_with_rowid=False,
)

NUDGE_DECISION = Table(
    "nudge_decision",
    METADATA,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    text("organization"),
    of_learner(),
    text("moment"),
    text("kind"),
    text("subject"),
    time("decided_at"),
    text("decided_on"),
    text("action"),
    text("rule"),
    text("reason"),
    Column("available", Boolean, nullable=False),
    text("options"),
    Column("rule_version", Integer, nullable=False),
    # In millionths, so that both databases keep the same number.
    Column("probability", Integer, nullable=False),
    time("answered_at", null=True),
    # The one whose use it is about; empty where any will do.
    text("tool", null=True),
    UniqueConstraint("learner", "moment", "subject"),
    Index(None, "organization", "decided_on"),
    Index(None, "learner", "decided_at"),
)

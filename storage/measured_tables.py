"""The tables of figures: uses by the day, and dated facts of people from which the figures are counted.

All of them can be made again from `use_day`, `completed` and `answer`; those outlive the events that they
were rolled up from.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table

from storage.tables import METADATA, key, of_learner, text, time

# Uses alike of a person and a day: of grain event how many, of every other grain what the source said last.
# "" stands for no task, nobody's source but the person's own word, and no first day.
USE_DAY = Table(
    "use_day",
    METADATA,
    of_learner(key=True),
    key("tool"),
    key("evidence"),
    key("on_day"),
    key("task"),
    key("source"),
    key("grain"),
    key("from_on"),
    text("organization"),
    Column("count", Integer, nullable=False),
    Column("active_days", Integer),
    sqlite_with_rowid=False,
)

# The first day on which somebody completed a lesson.
COMPLETED = Table(
    "completed",
    METADATA,
    of_learner(key=True),
    key("lesson"),
    text("organization"),
    text("on_day"),
    sqlite_with_rowid=False,
)

# Whose facts are to be made anew; `mark` grows with each reason, so that none is missed meanwhile.
UNSETTLED = Table(
    "unsettled",
    METADATA,
    of_learner(key=True),
    text("organization"),
    Column("mark", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

EXPOSURE = Table(
    "exposure",
    METADATA,
    of_learner(key=True),
    key("program"),
    text("organization"),
    text("on_day"),
    sqlite_with_rowid=False,
)

# What somebody met, and the day that settles it: `adopted 30`, `target variance-80`.
REACHED = Table(
    "reached",
    METADATA,
    of_learner(key=True),
    key("program"),
    key("tool"),
    key("evidence"),
    key("name"),
    text("organization"),
    text("on_day"),
    sqlite_with_rowid=False,
)

ACTIVE_WEEK = Table(
    "active_week",
    METADATA,
    of_learner(key=True),
    key("tool"),
    key("evidence"),
    key("monday"),
    text("organization"),
    Column("days", Integer, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("habitual", Boolean, nullable=False),
    Column("power", Boolean, nullable=False),
    Column("tasks", Integer, nullable=False),
    Index(None, "organization", "monday"),
    sqlite_with_rowid=False,
)

SPELL = Table(
    "spell",
    METADATA,
    of_learner(key=True),
    key("program"),
    key("tool"),
    key("evidence"),
    key("from_on"),
    text("organization"),
    text("returned_on", null=True),
    sqlite_with_rowid=False,
)

# What was asked and answered, by the day; `value` is empty where there is no answer.
ANSWER = Table(
    "answer",
    METADATA,
    of_learner(key=True),
    key("item"),
    key("phase"),
    key("subject"),
    key("on_day"),
    text("organization"),
    Column("value", Integer),
    sqlite_with_rowid=False,
)

# What somebody has said of an item, from a day until another that is not in it: 9999-12-31 where it holds.
SAID = Table(
    "said",
    METADATA,
    of_learner(key=True),
    key("item"),
    key("subject"),
    key("from_on"),
    text("organization"),
    text("until_on"),
    Column("before", Integer),
    Column("after", Integer),
    Index(None, "organization", "until_on"),
    sqlite_with_rowid=False,
)

STANDINGS = (EXPOSURE, REACHED, ACTIVE_WEEK, SPELL, SAID)
"""What is made anew together, person by person."""

# What tells of real use, and of which days; people's own word is complete at any time and is not listed.
USAGE_SOURCE = Table(
    "usage_source",
    METADATA,
    key("organization"),
    key("tool"),
    key("source"),
    key("grain"),
    text("first_on"),
    text("last_on"),
    # The day through which its figures are complete, where it was said.
    text("complete_through", null=True),
    sqlite_with_rowid=False,
)

# Digests as they were issued; `number` counts the issues of a week for a group from 1.
DIGEST_ISSUE = Table(
    "digest_issue",
    METADATA,
    key("organization"),
    key("week"),
    key("kind"),
    key("value"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    time("issued_at"),
    Column("body", LargeBinary, nullable=False),
)

# Who was counted in the digests of small groups: keys of learners, and by the name of a row their places.
ISSUED_SET = Table(
    "issued_set",
    METADATA,
    key("organization"),
    key("week"),
    key("kind"),
    key("value"),
    text("people"),
    text("rows"),
)

# The days on which somebody does not want to be measured; `until_on` is not among them.
UNMEASURED = Table(
    "unmeasured",
    METADATA,
    of_learner(key=True),
    key("from_on"),
    text("until_on", null=True),
    text("organization"),
    sqlite_with_rowid=False,
)

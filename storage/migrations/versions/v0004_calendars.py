"""The calendars that people connect, and the meetings found in them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "calendar_feed",
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f("fk_calendar_feed_learner")),
        sa.PrimaryKeyConstraint("learner", name=op.f("pk_calendar_feed")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_calendar_feed_look_at"), "calendar_feed", ["look_at"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f("fk_meeting_learner")),
        sa.PrimaryKeyConstraint("learner", "moment", "starts_at", name=op.f("pk_meeting")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("meeting")
    op.drop_table("calendar_feed")

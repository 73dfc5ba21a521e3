"""Who is looked at next, what they wish, and every decision whether to speak to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; everybody who takes part is looked at once."""
    op.create_table(
        "nudging",
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=True),
        sa.Column("a_day", sa.Integer(), nullable=True),
        sa.Column("a_week", sa.Integer(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("off", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f("fk_nudging_learner")),
        sa.PrimaryKeyConstraint("learner", name=op.f("pk_nudging")),
        sqlite_with_rowid=False,
    )
    due = sa.text("look_at IS NOT NULL")
    op.create_index("ix_nudging_due", "nudging", ["look_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "nudge_decision",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_on", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f("fk_nudge_decision_learner")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_nudge_decision")),
        sa.UniqueConstraint("id", name=op.f("uq_nudge_decision_id")),
        sa.UniqueConstraint(
            "learner", "moment", "subject", name=op.f("uq_nudge_decision_learner_moment_subject")
        ),
    )
    op.create_index(
        op.f("ix_nudge_decision_learner_decided_at"),
        "nudge_decision",
        ["learner", "decided_at"],
        unique=False,
    )
    op.execute(
        "INSERT INTO nudging (learner, organization, look_at, off) "
        "SELECT id, organization, 0, '[]' FROM learner WHERE status = 'active'"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("nudge_decision")
    op.drop_table("nudging")

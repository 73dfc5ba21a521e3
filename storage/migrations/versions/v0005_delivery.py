"""Deliveries that wait for their time, say why they ended, and go by priority; who drains a workspace."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNSETTLED = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Make the columns and the table; of what waits the kind says the priority."""
    op.execute("ALTER TABLE delivery RENAME COLUMN error TO reason")
    op.add_column("delivery", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("planned_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("late_at", sa.BigInteger(), nullable=True))
    op.add_column("delivery", sa.Column("tried_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE delivery SET planned_at = created_at")
    op.execute("UPDATE delivery SET priority = 1 WHERE kind = 'notice'")
    op.execute("UPDATE delivery SET priority = 2 WHERE kind = 'nudge'")
    # What an older Laps was just sending may have gone out.
    op.execute(
        "UPDATE delivery SET tried_at = created_at WHERE kind = 'nudge' AND state = 'sending' AND due_at > 0"
    )
    op.drop_index("ix_delivery_due", "delivery")
    _index("workspace", "priority", "due_at")
    op.create_table(
        "drainer",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("closed_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_drainer")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them; the ends that an older Laps does not know become failures."""
    op.drop_table("drainer")
    op.drop_index("ix_delivery_due", "delivery")
    op.execute("UPDATE delivery SET state = 'failed' WHERE state IN ('dropped', 'unknown')")
    for name in ("priority", "planned_at", "late_at", "tried_at"):
        op.execute(f"ALTER TABLE delivery DROP COLUMN {name}")
    op.execute("ALTER TABLE delivery RENAME COLUMN reason TO error")
    _index("due_at")


def _index(*columns: str) -> None:
    op.create_index(
        "ix_delivery_due", "delivery", list(columns), sqlite_where=UNSETTLED, postgresql_where=UNSETTLED
    )

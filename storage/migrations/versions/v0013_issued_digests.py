"""Digests that were issued, and who was counted in those of small groups."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GROUP = ("organization", "week", "kind", "value")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Make the tables; every week may still be issued."""
    op.create_table(
        "digest_issue",
        *(_text(name) for name in GROUP),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*GROUP, "number", name=op.f("pk_digest_issue")),
    )
    op.create_table(
        "issued_set",
        *(_text(name) for name in (*GROUP, "people", "rows")),
        sa.PrimaryKeyConstraint(*GROUP, name=op.f("pk_issued_set")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("issued_set")
    op.drop_table("digest_issue")

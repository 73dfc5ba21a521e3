"""What is said to many, with the guard of a second yes, and how far it is."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "announcement",
        _text("organization"),
        _text("id"),
        _text("author", null=True),
        _text("title"),
        _text("text"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        _text("lesson", null=True),
        _text("whom"),
        sa.Column("is_invitation", sa.Boolean(), nullable=False),
        _text("state"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _text("at"),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("spread_at", sa.BigInteger(), nullable=True),
        _text("approved_by", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sqlite_with_rowid=False,
    )
    found_by = ["organization", "made_at"]
    op.create_index(op.f("ix_announcement_organization_made_at"), "announcement", found_by, unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("announcement")

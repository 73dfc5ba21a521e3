"""Who looked at what, and tokens for programs."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=null)


def upgrade() -> None:
    """Make the tables; the log begins with the first entry."""
    op.create_table(
        "audit_entry",
        _text("organization"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _time("noted_at"),
        *(_text(name) for name in ("who", "action", "subject", "about", "before", "seal")),
        sa.PrimaryKeyConstraint("organization", "number", name=op.f("pk_audit_entry")),
        sqlite_with_rowid=False,
    )
    subject = ["organization", "subject"]
    op.create_index(op.f("ix_audit_entry_organization_subject"), "audit_entry", subject, unique=False)
    op.create_table(
        "api_token",
        *(_text(name) for name in ("id", "organization", "role", "name", "digest")),
        _time("created_at"),
        _time("expires_at", null=True),
        _time("revoked_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("api_token")
    op.drop_table("audit_entry")

"""What somebody put off: the decision whose message comes once more."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column; whoever put something off before has only the quiet."""
    op.add_column("nudging", sa.Column("again", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("nudging", "again")

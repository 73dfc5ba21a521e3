"""What tells of real use, and the days on which somebody does not want to be measured."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Make the tables; the sources are those that events have told of."""
    keys = ["organization", "tool", "source", "grain"]
    op.create_table(
        "usage_source",
        *(_text(name) for name in (*keys, "first_on", "last_on")),
        _text("complete_through", null=True),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_usage_source")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO usage_source (organization, tool, source, grain, first_on, last_on)"
        " SELECT organization, tool, source, grain, MIN(on_day), MAX(on_day) FROM use_day"
        " WHERE evidence = 'measured' GROUP BY organization, tool, source, grain"
    )
    op.create_table(
        "unmeasured",
        _text("learner"),
        _text("from_on"),
        _text("until_on", null=True),
        _text("organization"),
        sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f("fk_unmeasured_learner")),
        sa.PrimaryKeyConstraint("learner", "from_on", name=op.f("pk_unmeasured")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("unmeasured")
    op.drop_table("usage_source")

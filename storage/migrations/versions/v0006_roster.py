"""The roster: who people are, what was said of them from which day on, and how accounts are theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SAID = [
    "job_family",
    "industry",
    "cohort",
    "role",
    "manager",
    "location",
    "wave",
    "time_zone",
    "country",
    "tools",
    "starts_on",
    "ends_on",
]
FOUND_BY = [
    ("account", "email"),
    ("account", "directory"),
    ("person", "email"),
    ("person", "slack_user"),
    ("person", "teams_user"),
]


def upgrade() -> None:
    """Make the table and the columns; an e-mail address is the same in capitals."""
    for name in ("industry", "country", "left_on"):
        op.add_column("learner", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("account", sa.Column("directory", sa.Text(), nullable=True))
    for name in ("email", "full_name", "slack_user", "teams_user"):
        op.add_column("person", sa.Column(name, sa.Text(), nullable=True))
    for table, name in FOUND_BY:
        op.create_index(op.f(f"ix_{table}_{name}_organization"), table, [name, "organization"], unique=False)
    op.create_table(
        "roster",
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in SAID),
        sa.ForeignKeyConstraint(
            ["organization", "person"],
            ["person.organization", "person.name"],
            name=op.f("fk_roster_organization"),
        ),
        sa.PrimaryKeyConstraint("organization", "person", "from_on", name=op.f("pk_roster")),
        sqlite_with_rowid=False,
    )
    op.execute("UPDATE account SET email = lower(email) WHERE email <> lower(email)")


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_table("roster")
    for table, name in reversed(FOUND_BY):
        op.drop_index(op.f(f"ix_{table}_{name}_organization"), table_name=table)
    for name in ("teams_user", "slack_user", "full_name", "email"):
        op.drop_column("person", name)
    op.drop_column("account", "directory")
    for name in ("left_on", "country", "industry"):
        op.drop_column("learner", name)

"""What people say when they are asked, and of which tool a nudge is about."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEYS = ("learner", "item", "phase", "subject", "on_day")


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=True)


def upgrade() -> None:
    """Make the tables and columns, and keep what was answered before."""
    for name, keys, others in (
        ("answer", KEYS, (_number("value"),)),
        (
            "said",
            ("learner", "item", "subject", "from_on"),
            (_text("until_on"), _number("before"), _number("after")),
        ),
    ):
        op.create_table(
            name,
            *(_text(key) for key in keys),
            _text("organization"),
            *others,
            sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f(f"fk_{name}_learner")),
            sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
    op.create_index(op.f("ix_said_organization_until_on"), "said", ["organization", "until_on"], unique=False)
    op.add_column("nudge_decision", sa.Column("tool", sa.Text(), nullable=True))
    decided = ["organization", "decided_on"]
    op.create_index(
        op.f("ix_nudge_decision_organization_decided_on"), "nudge_decision", decided, unique=False
    )
    nudges = sa.text("kind = 'nudge'")
    op.create_index(
        "ix_delivery_nudges",
        "delivery",
        ["organization", "planned_at"],
        unique=False,
        sqlite_where=nudges,
        postgresql_where=nudges,
    )
    unreachable = sa.text("type = 'learner.unreachable'")
    op.create_index(
        "ix_adoption_event_unreachable",
        "adoption_event",
        ["organization", "local_date"],
        unique=False,
        sqlite_where=unreachable,
        postgresql_where=unreachable,
    )
    _keep_answers()


def _keep_answers() -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT organization, learner, type, local_date, properties FROM adoption_event"
            " WHERE type IN ('confidence.reported', 'minutes_saved.reported') ORDER BY occurred_at, seq"
        )
    )
    answers: dict[tuple[str, ...], dict[str, str | int]] = {}
    for home, learner, kind, on, said in rows:
        about = json.loads(said)
        if not isinstance(about.get("value"), int):
            continue
        item, phase = kind.removesuffix(".reported"), "before" if about.get("when") == "before" else "after"
        values = (learner, item, phase, "", on)
        row: dict[str, str | int] = dict(zip(KEYS, values, strict=True))
        answers[values] = {**row, "organization": home, "value": about["value"]}
    made = [*answers.values()]
    if made:
        table = sa.table("answer", *(sa.column(name) for name in made[0]))
        for start in range(0, len(made), 500):
            op.bulk_insert(table, made[start : start + 500])
    connection.execute(
        sa.text(
            "INSERT INTO unsettled (learner, organization, mark)"
            " SELECT DISTINCT learner, organization, 1 FROM answer WHERE learner NOT IN"
            " (SELECT learner FROM unsettled)"
        )
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_adoption_event_unreachable", table_name="adoption_event")
    op.drop_index("ix_delivery_nudges", table_name="delivery")
    op.drop_index(op.f("ix_nudge_decision_organization_decided_on"), table_name="nudge_decision")
    op.drop_column("nudge_decision", "tool")
    op.drop_table("said")
    op.drop_table("answer")

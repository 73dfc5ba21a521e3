"""Figures: uses by the day, lessons completed, and dated facts of people, made of the events so far."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=null)


def _flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), nullable=False)


def _table(name: str, keys: list[str], *others: sa.schema.SchemaItem) -> None:
    """Make a table of learners' rows."""
    op.create_table(
        name,
        *(_text(key) for key in keys),
        _text("organization"),
        *others,
        sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f(f"fk_{name}_learner")),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


USE = ["learner", "tool", "evidence", "on_day", "task", "source", "grain", "from_on"]
MADE = ("spell", "active_week", "reached", "exposure", "unsettled", "completed", "use_day")


def upgrade() -> None:
    """Make the tables, and roll up the events of before."""
    by_tool = ["learner", "program", "tool", "evidence"]
    _table("use_day", USE, _number("count"), _number("active_days", null=True))
    _table("completed", ["learner", "lesson"], _text("on_day"))
    _table("unsettled", ["learner"], sa.Column("mark", sa.BigInteger(), nullable=False))
    _table("exposure", ["learner", "program"], _text("on_day"))
    _table("reached", [*by_tool, "name"], _text("on_day"))
    counts = (_number("days"), _number("uses"), _flag("habitual"), _flag("power"), _number("tasks"))
    _table("active_week", ["learner", "tool", "evidence", "monday"], *counts)
    week = ["organization", "monday"]
    op.create_index(op.f("ix_active_week_organization_monday"), "active_week", week, unique=False)
    _table("spell", [*by_tool, "from_on"], sa.Column("returned_on", sa.Text(), nullable=True))
    _roll_up()


def _roll_up() -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT organization, learner, type, lesson, tool, evidence, use_case, local_date, properties"
            " FROM adoption_event WHERE type IN ('tool.used', 'lesson.completed') ORDER BY seq"
        )
    )
    uses: dict[tuple[str, ...], list[int | None]] = {}
    completed: dict[tuple[str, str, str], str] = {}
    for home, learner, kind, lesson, tool, evidence, task, on, said in rows:
        if kind == "lesson.completed" and lesson:
            completed[home, learner, lesson] = min(on, completed.get((home, learner, lesson), on))
        elif kind == "tool.used" and tool and evidence:
            about = json.loads(said)
            grain = str(about.get("grain") or "event")
            count = about.get("count", 1)
            if grain == "event":
                count = 1 if count else 0
            key = (
                home, learner, tool, evidence, on, task or "", str(about.get("source") or ""), grain,
                str(about.get("from") or "") if grain == "period" else "",
            )  # fmt: skip
            before = uses.get(key)
            more = (before[0] or 0) if before and grain == "event" else 0
            uses[key] = [count + more, about.get("active_days")]
    names = ["organization", *USE, "count", "active_days"]
    _insert("use_day", [dict(zip(names, (*key, *said), strict=True)) for key, said in uses.items()])
    _insert(
        "completed",
        [
            {"organization": home, "learner": learner, "lesson": lesson, "on_day": on}
            for (home, learner, lesson), on in completed.items()
        ],
    )
    people = {key[:2] for key in (*uses, *completed)}
    _insert("unsettled", [{"organization": home, "learner": who, "mark": 1} for home, who in sorted(people)])


def _insert(table: str, rows: "list[dict[str, object]]") -> None:
    if rows:
        names = list(rows[0])
        columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
        # The names are the ones above.
        op.get_bind().execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), rows)  # noqa: S608


def downgrade() -> None:
    """Drop them."""
    for name in MADE:
        op.drop_table(name)

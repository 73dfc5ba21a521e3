"""Cohorts and their conversations, shared use cases with who tried and saved them, plans that were kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# A virtual table of SQLite's, kept in step by triggers; PostgreSQL finds words by an index of its own.
SEARCH_SQLITE = (
    "CREATE VIRTUAL TABLE share_words USING fts5(words, content='share', content_rowid='seq')",
    (
        "CREATE TRIGGER share_words_added AFTER INSERT ON share BEGIN "
        "INSERT INTO share_words(rowid, words) VALUES (new.seq, new.words); END"
    ),
    (
        "CREATE TRIGGER share_words_changed AFTER UPDATE OF words ON share BEGIN "
        "INSERT INTO share_words(share_words, rowid, words) VALUES ('delete', old.seq, old.words); "
        "INSERT INTO share_words(rowid, words) VALUES (new.seq, new.words); END"
    ),
    (
        "CREATE TRIGGER share_words_gone AFTER DELETE ON share BEGIN "
        "INSERT INTO share_words(share_words, rowid, words) VALUES ('delete', old.seq, old.words); END"
    ),
)
SEARCH_POSTGRESQL = ("CREATE INDEX share_words ON share USING gin (to_tsvector('simple', words))",)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _time(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def upgrade() -> None:
    """Make the tables and the columns, and what finds words."""
    op.add_column("learner", _text("cohort", null=True))
    op.add_column("learner", sa.Column("shows", sa.Text(), nullable=False, server_default=""))
    in_one = sa.text("cohort IS NOT NULL")
    op.create_index(
        "ix_learner_cohort",
        "learner",
        ["organization", "cohort"],
        unique=False,
        sqlite_where=in_one,
        postgresql_where=in_one,
    )
    op.create_table(
        "cohort",
        _text("organization"),
        _text("name"),
        _text("workspace", null=True),
        _text("conversation", null=True),
        _text("service_url", null=True),
        _text("starts_on", null=True),
        _text("week_on", null=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization", "name", name=op.f("pk_cohort")),
        sqlite_with_rowid=False,
    )
    _make_share()
    for name, when, more in (
        ("trial", "tried_at", (_text("worked", null=True), _text("changed"))),
        ("saved", "saved_at", ()),
    ):
        op.create_table(
            name,
            _text("share"),
            _text("learner"),
            _text("organization"),
            _time(when),
            *more,
            sa.ForeignKeyConstraint(["share"], ["share.id"], name=op.f(f"fk_{name}_share")),
            sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f(f"fk_{name}_learner")),
            sa.PrimaryKeyConstraint("share", "learner", name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
        op.create_index(op.f(f"ix_{name}_learner"), name, ["learner"], unique=False)
    op.create_table(
        "kept_plan",
        _text("session"),
        _text("organization"),
        _text("learner"),
        _time("kept_at"),
        sa.ForeignKeyConstraint(["learner"], ["learner.id"], name=op.f("fk_kept_plan_learner")),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_kept_plan")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_kept_plan_learner"), "kept_plan", ["learner"], unique=False)
    op.create_table(
        "listening",
        *map(_text, ("workspace", "conversation", "organization")),
        _time("since_at"),
        sa.PrimaryKeyConstraint("workspace", "conversation", name=op.f("pk_listening")),
        sqlite_with_rowid=False,
    )
    for statement in _search():
        op.execute(statement)


def _make_share() -> None:
    op.create_table(
        "share",
        sa.Column("seq", NUMBER, sa.Identity(always=False), nullable=False),
        *map(_text, ("id", "organization", "author", "task", "tool", "prompt")),
        _time("made_at"),
        *map(_text, ("outcome", "check")),
        sa.Column("minutes", sa.Integer(), nullable=True),
        *map(_text, ("reach", "status")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *(_text(name, null=True) for name in ("cohort", "job_family")),
        _time("posted_at", null=True),
        *(_text(name, null=True) for name in ("workspace", "conversation", "service_url", "post", "lesson")),
        _text("words"),
        sa.ForeignKeyConstraint(["author"], ["learner.id"], name=op.f("fk_share_author")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_share")),
        sa.UniqueConstraint("id", name=op.f("uq_share_id")),
    )
    found_by = ["organization", "status", "posted_at"]
    op.create_index(op.f("ix_share_organization_status_posted_at"), "share", found_by, unique=False)
    op.create_index(op.f("ix_share_author"), "share", ["author"], unique=False)


def _search() -> tuple[str, ...]:
    return SEARCH_SQLITE if op.get_bind().dialect.name == "sqlite" else SEARCH_POSTGRESQL


def downgrade() -> None:
    """Drop what was made."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE share_words")
    for table in ("listening", "kept_plan", "saved", "trial", "share", "cohort"):
        op.drop_table(table)
    op.drop_index("ix_learner_cohort", table_name="learner")
    op.drop_column("learner", "shows")
    op.drop_column("learner", "cohort")

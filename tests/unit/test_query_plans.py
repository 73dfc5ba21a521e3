"""What is asked of one person with every interaction is found by an index of that person, in SQLite."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from storage import calendars, nudging, people, snapshot
from storage.sql import SQLITE, Call, Compiler, Statement
from storage.tables import METADATA


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """Give a database with every table and index, and nothing in it."""
    made = sqlite3.connect(":memory:")
    engine = create_engine("sqlite://", creator=lambda: made, poolclass=StaticPool)
    METADATA.create_all(engine)
    yield made
    engine.dispose()
    made.close()


def plan(connection: sqlite3.Connection, statement: Statement[object]) -> list[str]:
    """Give how SQLite would go about it, a line for each table."""
    everything = dict.fromkeys(
        ("account", "external", "learner", "organization", "session", "workspace"), "x"
    )
    numbers = dict.fromkeys(("now", "since", "most", "before"), 1)
    found = Compiler(SQLITE).text(Call(statement, {**everything, **numbers, "today": "2026-11-02"}))
    assert found is not None
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {found[0]}", found[1])]


@pytest.mark.parametrize(
    "statement",
    [
        people.ACCOUNTS_OF,
        snapshot.ADOPTION,
        snapshot.COMMITMENTS,
        snapshot.DECISIONS,
        snapshot.FEEDS,
        snapshot.HISTORY,
        snapshot.MEETINGS,
        snapshot.NAMES,
        snapshot.RECALLS,
        snapshot.USES,
        snapshot.WISHES,
    ],
)
def test_one_person_is_found_without_looking_through_others(
    connection: sqlite3.Connection, statement: Statement[object]
) -> None:
    """Each table is searched by a key or an index that begins with the person."""
    for step in plan(connection, statement):
        if step.startswith(("SEARCH", "SCAN")):
            assert "(learner=?" in step or "(id=?" in step, step


@pytest.mark.parametrize("statement", [nudging.DUE, calendars.DUE])
def test_who_is_due_is_found_by_the_time(
    connection: sqlite3.Connection, statement: Statement[object]
) -> None:
    """Nobody who is not due is looked at."""
    first = next(step for step in plan(connection, statement) if step.startswith(("SEARCH", "SCAN")))
    assert "look_at<?" in first, first

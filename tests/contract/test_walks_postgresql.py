"""Random walks through the core on a real PostgreSQL, where presses at the same time meet in the database."""

import asyncpg
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from bot.ports import Store
from storage import open_store
from tests.walks.machine import Walk
from tests.walks.town import Clock


@pytest.mark.peer("postgresql")
def test_whatever_people_do_the_laws_hold_on_postgresql(empty_postgresql: str) -> None:
    """On PostgreSQL every law of the core holds as well, whoever comes first."""

    async def open_empty(clock: Clock) -> Store:
        store = await open_store(empty_postgresql, "Acme", "Europe/Berlin", clock)
        connection = await asyncpg.connect(empty_postgresql.replace("+asyncpg", ""))
        await connection.execute("TRUNCATE learner, incoming, delivery, post RESTART IDENTITY CASCADE")
        await connection.close()
        return store

    class OnPostgresql(Walk):
        def __init__(self) -> None:
            super().__init__(open_empty)

    options = settings(max_examples=8, stateful_step_count=20, derandomize=True)
    run_state_machine_as_test(OnPostgresql, settings=options)

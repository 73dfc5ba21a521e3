"""Random walks through the core on a SQLite store, with what it keeps in memory."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from bot.ports import Store
from storage import open_store
from tests.walks.machine import Walk
from tests.walks.town import Clock


def test_whatever_people_do_the_laws_hold_on_sqlite() -> None:
    """On the real store every law of the core holds as well, and what is read is what was written."""

    async def open_empty(clock: Clock) -> Store:
        return await open_store("sqlite+aiosqlite://", "Acme", "Europe/Berlin", clock)

    class OnSqlite(Walk):
        def __init__(self) -> None:
            super().__init__(open_empty)

    options = settings(max_examples=15, stateful_step_count=30, derandomize=True)
    run_state_machine_as_test(OnSqlite, settings=options)

"""Random walks through the core on a store in memory."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.walks.machine import Walk
from tests.walks.store import StrictMemory
from tests.walks.town import Clock


def test_whatever_people_do_the_laws_hold() -> None:
    """In any order of presses, words, forms, repeats and edits, every law of the core holds after each."""

    async def open_empty(clock: Clock) -> StrictMemory:
        return StrictMemory()

    class InMemory(Walk):
        def __init__(self) -> None:
            super().__init__(open_empty)

    options = settings(max_examples=60, stateful_step_count=40, derandomize=True)
    run_state_machine_as_test(InMemory, settings=options)

"""Makes the dated facts of people anew when something happened to them; figures are counted from these."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.measurement.programs import courses_of
from bot.measurement.standings import Standings, standings
from bot.measurement.stored import FigureStore, Unsettled
from lessons.catalogue import Catalogue

PORTION = 200
"""People whose facts are made in one go, and written in one commit."""


class Settling:
    """The maker of facts; the ticker wakes it, and a digest waits for it."""

    def __init__(self, store: FigureStore, catalogue: Callable[[], Catalogue]) -> None:
        """Wire it.

        Args:
            store: where uses and facts are.
            catalogue: gives the catalogue that is live.
        """
        self._store = store
        self._catalogue = catalogue

    async def work(self, tell: Callable[[int], None] = lambda people: None) -> int:
        """Make the facts of everybody to whom something happened; return of how many people.

        Two who do so at once make the same of the same. What happens meanwhile is made the next time.

        Args:
            tell: is told after each portion how many people it was of.

        Raises:
            StorageUnavailable: the store cannot be asked now; what is not made yet is made later.
        """
        count = 0
        while True:
            people = await self._store.unsettled(PORTION)
            if people:
                # The figuring keeps the processor busy for longer than anybody who presses should wait.
                made = await asyncio.to_thread(made_of, people, self._catalogue())
                await self._store.put_standings(made)
            count += len(people)
            tell(len(people))
            if len(people) < PORTION:
                return count


def made_of(people: Sequence[Unsettled], catalogue: Catalogue) -> dict[str, tuple[int, Standings]]:
    """Make the facts of some people, each with the mark by which it is known what they rest on."""
    return {
        each.learner.id: (
            each.mark,
            standings(
                each.uses,
                courses_of(each.completed, each.learner, each.spans, catalogue),
                each.answers,
                min(each.completed.values(), default=None),
            ),
        )
        for each in people
    }

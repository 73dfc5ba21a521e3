"""Takes a whole roster in: some people at a time, each of them at once or not at all.

Whatever stops it in the middle, the same import once more does the rest and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice

from bot.cohorts.enrolling import Enrolment, Found, Kind, Registrar
from bot.cohorts.roster import Line
from bot.errors import Conflict, LapsError, ManyLeavers, NewAdmins, StorageUnavailable
from bot.model import LearnerId, Role
from bot.ports import Store

WINDOW = 200
"""People that are read and written at once: some 50 ms, so that nobody who presses a button waits."""

TRIES = 5
"""How often somebody is taken in anew who did something else just then, or who has one more account."""

MANY = 50
"""So many may leave at once, or up to half of all; more look like a file of some of the people."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a roster is to be taken in.

    Attributes:
        as_of: the day from which on it holds.
        is_partial: it has only some of the people, so that nobody leaves who is missing.
        is_rehearsal: nothing is written.
        may_make_admins: the file may give the role admin.
        may_lose_many: more people than look right may be missing.
    """

    as_of: date
    is_partial: bool = False
    is_rehearsal: bool = False
    may_make_admins: bool = False
    may_lose_many: bool = False


@dataclass(slots=True)
class Import:
    """One import. `made` is what it came to, person by person, without what was written.

    `refusal` says why it may not be written: what a rehearsal finds is told all the same.
    """

    store: Store
    terms: Terms
    now: datetime
    tell: Callable[[int], None] = lambda people: None
    made: list[Enrolment] = field(default_factory=list)
    refusal: LapsError | None = None
    _taken: dict[LearnerId, str] = field(default_factory=dict)

    async def run(self, lines: Iterable[Line], people: Collection[str], admins: Sequence[Line]) -> None:
        """Take lines in.

        Args:
            lines: all of them, checked; they are read once.
            people: the names of all people of the lines.
            admins: the lines that give the role admin.

        Raises:
            NewAdmins, ManyLeavers: nothing was written.
            StorageUnavailable: what was written until then stays.
        """
        if self.terms.is_rehearsal:
            await self._run(lines, people, admins)
            return
        async with self.store.importing():
            await self._run(lines, people, admins)

    async def _run(self, lines: Iterable[Line], people: Collection[str], admins: Sequence[Line]) -> None:
        registrar = Registrar(await self.store.organization(), self.terms.as_of, self.now, self._taken)
        await self._look_at_admins(admins)
        leaving = [] if self.terms.is_partial else await self._leaving(people)
        for window in _windows(lines):
            await self._window(window, registrar.enrol)
        for window in _windows(Line(0, name) for name in leaving):
            await self._window(window, lambda line, found: registrar.close(found))

    def _refuse(self, refusal: LapsError) -> None:
        if not self.terms.is_rehearsal:
            raise refusal
        self.refusal = self.refusal or refusal

    async def _look_at_admins(self, lines: Sequence[Line]) -> None:
        """Let nobody become an admin unnoticed: whoever writes the roster must not hand out that role."""
        if self.terms.may_make_admins:
            return
        made: list[str] = []
        for window in _windows(lines):
            known = await self.store.on_roster(window)
            made += [x.name for x in known if x.learner is None or Role.ADMIN not in x.learner.roles]
        if made:
            self._refuse(NewAdmins(made))

    async def _leaving(self, people: Collection[str]) -> list[str]:
        """Name who works here as of the day and is missing from the file."""
        here, missing = 0, []
        async for span in self.store.roster(self.terms.as_of):
            if span.left_on is None or span.left_on > self.terms.as_of:
                here += 1
                missing += [span.person] if span.person not in people else []
        if len(missing) > MANY and 2 * len(missing) > here and not self.terms.may_lose_many:
            self._refuse(ManyLeavers(len(missing), here))
        return missing

    # ------------------------------------------------------------ some people

    async def _window(self, lines: Sequence[Line], decide: Callable[[Line, Found], Enrolment]) -> None:
        first: dict[str, Enrolment] = {}
        left = {line.person: line for line in lines}
        for _ in range(TRIES):
            made = [
                self._noted(decide(left[found.name], found))
                for found in await self.store.on_roster(list(left.values()))
            ]
            done = made if self.terms.is_rehearsal else await self._written(made)
            for each in done:
                first.setdefault(each.person, replace(each, changes=None))
                if self.terms.is_rehearsal or not each.once_more:
                    del left[each.person]
            if not left:
                break
        else:
            raise StorageUnavailable(f"{len(left)} people changed all the time")
        self.made += first.values()
        self.tell(len(lines))

    def _noted(self, made: Enrolment) -> Enrolment:
        self._taken.update(dict.fromkeys(made.claims, made.person))
        return made

    async def _written(self, made: Sequence[Enrolment]) -> list[Enrolment]:
        """Write what changes anything; return those that need not be decided anew."""
        to_write = [(each, each.changes) for each in made if each.changes is not None]
        done = [each for each in made if each.changes is None]
        if not to_write:
            return done
        try:
            verdicts = await self.store.apply_together([changes for _, changes in to_write])
        except Conflict:
            return done
        return done + [each for (each, _), lost in zip(to_write, verdicts, strict=True) if lost is None]


def _windows(lines: Iterable[Line]) -> Iterator[list[Line]]:
    left = iter(lines)
    while window := list(islice(left, WINDOW)):
        yield window


def counted(made: Iterable[Enrolment]) -> dict[Kind, int]:
    """Count people by what became of them."""
    found = dict.fromkeys(Kind, 0)
    for each in made:
        found[each.kind] += 1
    return found

"""What the store keeps for figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.events import AdoptionEvent
from bot.measurement.answers import Answer, Item
from bot.measurement.asides import Asides, Span, Weeks
from bot.measurement.digest import Digest
from bot.measurement.eligibility import Source
from bot.measurement.sets import Began, Issued
from bot.measurement.standings import Standings
from bot.measurement.tally import GroupKind, Tally
from bot.measurement.tally import Use as UseOf
from bot.measurement.uses import Grain, Use
from bot.model import Learner
from bot.model import Span as RosterSpan
from bot.privacy.overlapping import Placed


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Somebody whose facts are to be made anew.

    Attributes:
        learner: as they are today.
        mark: grows with each reason to make them anew.
        uses: all that is known of them.
        completed: the day on which they first completed each lesson.
        spans: what the roster said of them.
        answers: what they were asked, and what they said.
    """

    learner: Learner
    mark: int
    uses: Sequence[Use]
    completed: Mapping[str, date]
    spans: Sequence[RosterSpan]
    answers: Sequence[Answer] = ()


class FigureStore(Protocol):
    """The part of the store that figures are made in."""

    async def unsettled(self, most: int) -> Sequence[Unsettled]:
        """Return some of those whose facts are to be made anew, at most so many.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def put_standings(self, made: Mapping[str, tuple[int, Standings]]) -> None:
        """Put people's facts in the place of the old ones, by learner, with the mark as it was read.

        Whom something happened to meanwhile stays to be made anew.

        Raises:
            StorageUnavailable: the database did not answer, and nothing was written.
        """

    async def unsettle_everybody(self) -> None:
        """Have everybody's facts made anew: the programs or the targets may be others.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def tallies(self, kind: GroupKind, day: date, monday: date) -> Mapping[str, Tally]:
        """Count the people of every group of a kind, as of a day, with what they did in one week.

        Args:
            kind: by what people are grouped; the name of who is in no group is "".
            day: T. Who is in which group, employed and measured is read as of it.
            monday: the first day of the week.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def usage_sources(self) -> Sequence[Source]:
        """Return what tells of real use, and of which days.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def people_called(self, names: Collection[str]) -> Mapping[str, str]:
        """Return whom sources mean: the learner by what the roster calls them, or by their e-mail address.

        Left out is whom nobody knows, and an address that two people have.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def events_called(self, ids: Sequence[str]) -> Sequence[AdoptionEvent]:
        """Return those of some events that are there.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def told_through(self, told: Collection[tuple[str, str, Grain]], day: date) -> None:
        """Keep through which day sources are complete: of a tool each, by a source, of a grain.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def asides(
        self, kind: GroupKind, span: Span, decided: tuple[date, date], tools: Collection[str]
    ) -> Mapping[str, Asides]:
        """Count what stands beside use, in every group of a kind.

        Args:
            kind: by what people are grouped.
            span: the week.
            decided: the first and the last day of decisions of which it is asked what they caused.
            tools: those whose use is measured.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def waves(self, use: UseOf, first_on: date, monday: date, day: date) -> Weeks:
        """Return the weeks of everybody who is in a wave, from one Monday to another, as of a day.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def tally_of(self, people: Sequence[str], day: date, monday: date) -> Tally:
        """Count some people as of a day, whichever groups they are in by now.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def aside_of(
        self, people: Sequence[str], span: Span, decided: tuple[date, date], tools: Collection[str]
    ) -> Asides:
        """Count what stands beside use of some people; what they shared is left out.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def placed(self, day: date) -> Sequence[Placed]:
        """Count who has begun a program and is counted, by the groups that they are in, as of a day.

        Returns:
            How many, by the values of `PLACED` in its order, by program and by the day on which they began;
            program "" is any.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def placed_saying(self, item: Item, day: date) -> Sequence[Placed]:
        """Count who has answered something by a day, by the groups that they are in.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def began(self, kind: GroupKind, day: date) -> Mapping[str, Began]:
        """Return of the people of small groups, as of a day, when each began which program.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def began_of(self, people: Sequence[str], day: date) -> Began:
        """Return of some people when each began which program, by a day.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def issue(self, week: str, kind: GroupKind, value: str) -> Digest | None:
        """Return the newest issue of a week for a group; None where there is none.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def issues(self, week: str, kind: GroupKind) -> Mapping[str, Issued]:
        """Return the newest issue of a week for every group of a kind.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def issued_around(self, week: str, kind: GroupKind) -> tuple[str | None, str | None]:
        """Return the last week before one that was issued for a kind, and the first after it.

        Raises:
            StorageUnavailable: the database did not answer.
        """

    async def put_issues(self, issues: Mapping[str, Issued], issued_at: datetime) -> None:
        """Keep digests of one week and kind, by group; where there is one of the number already, that stays.

        Raises:
            StorageUnavailable: the database did not answer, and nothing was written.
        """

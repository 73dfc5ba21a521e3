"""The part of the store that figures are made in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from bot.events import AdoptionEvent
from bot.measurement.answers import Item
from bot.measurement.asides import Asides, Span, Weeks
from bot.measurement.digest import Digest
from bot.measurement.eligibility import Source
from bot.measurement.keeping import unpacked
from bot.measurement.sets import Began, Issued
from bot.measurement.standings import Standings
from bot.measurement.stored import Unsettled
from bot.measurement.tally import GroupKind, Tally, Use
from bot.measurement.uses import Grain
from bot.privacy.overlapping import Placed
from storage import asides, issuing, measured, tallies
from storage.running import Running


class Figures(Running):
    """What the store keeps for figures."""

    async def unsettled(self, most: int) -> Sequence[Unsettled]:
        """Return some of those whose facts are to be made anew."""
        return await self._read(measured.read_unsettled(self._organization, most))

    async def put_standings(self, made: Mapping[str, tuple[int, Standings]]) -> None:
        """Put people's facts in the place of the old ones."""
        await self._write(lambda: measured.put_standings(made, self._organization))

    async def unsettle_everybody(self) -> None:
        """Have everybody's facts made anew."""
        await self._write(lambda: measured.unsettle_everybody(self._organization))

    async def tallies(self, kind: GroupKind, day: date, monday: date) -> Mapping[str, Tally]:
        """Count the people of every group of a kind, as of a day, with what they did in one week."""
        return await self._read(tallies.read_tallies(self._organization, kind, day, monday))

    async def people_called(self, names: Collection[str]) -> Mapping[str, str]:
        """Return whom sources mean."""
        return await self._read(measured.people_called(self._organization, names))

    async def events_called(self, ids: Sequence[str]) -> Sequence[AdoptionEvent]:
        """Return those of some events that are there."""
        return await self._read(measured.events_called(self._organization, ids))

    async def told_through(self, told: Collection[tuple[str, str, Grain]], day: date) -> None:
        """Keep through which day sources are complete."""
        await self._write(lambda: measured.told_through(self._organization, told, day))

    async def usage_sources(self) -> Sequence[Source]:
        """Return what tells of real use."""
        return await self._read(tallies.read_sources(self._organization))

    async def asides(
        self, kind: GroupKind, span: Span, decided: tuple[date, date], tools: Collection[str]
    ) -> Mapping[str, Asides]:
        """Count what stands beside use, in every group of a kind."""
        return await self._read(asides.read_asides(self._organization, kind, span, decided, tools))

    async def waves(self, use: Use, first_on: date, monday: date, day: date) -> Weeks:
        """Return the weeks of everybody who is in a wave."""
        return await self._read(asides.read_waves(self._organization, use, first_on, monday, day))

    async def tally_of(self, people: Sequence[str], day: date, monday: date) -> Tally:
        """Count some people, whichever groups they are in by now."""
        return await self._read(tallies.read_tally(self._organization, people, day, monday))

    async def aside_of(
        self, people: Sequence[str], span: Span, decided: tuple[date, date], tools: Collection[str]
    ) -> Asides:
        """Count what stands beside use of some people."""
        return await self._read(asides.read_aside(self._organization, people, span, decided, tools))

    async def placed(self, day: date) -> Sequence[Placed]:
        """Count people by the groups that they are in, in the order of `PLACED`."""
        return await self._read(issuing.read_placed(self._organization, day))

    async def placed_saying(self, item: Item, day: date) -> Sequence[Placed]:
        """Count people who have answered something by the groups that they are in."""
        return await self._read(issuing.read_placed_saying(self._organization, item, day))

    async def began(self, kind: GroupKind, day: date) -> Mapping[str, Began]:
        """Return of the people of small groups when each began which program."""
        return await self._read(issuing.read_began(self._organization, kind, day))

    async def began_of(self, people: Sequence[str], day: date) -> Began:
        """Return of some people when each began which program."""
        return await self._read(issuing.read_those(people, day))

    async def issue(self, week: str, kind: GroupKind, value: str) -> Digest | None:
        """Return the newest issue of a week for a group."""
        body = await self._read(issuing.read_issue(self._organization, week, kind, value))
        return unpacked(body) if body is not None else None

    async def issues(self, week: str, kind: GroupKind) -> Mapping[str, Issued]:
        """Return the newest issue of a week for every group of a kind."""
        return await self._read(issuing.read_issues(self._organization, week, kind))

    async def issued_around(self, week: str, kind: GroupKind) -> tuple[str | None, str | None]:
        """Return which weeks before and after one were issued last and first."""
        return await self._read(issuing.read_around(self._organization, week, kind))

    async def put_issues(self, issues: Mapping[str, Issued], issued_at: datetime) -> None:
        """Keep digests of one week and kind."""
        await self._write(lambda: issuing.put_issues(self._organization, issues, issued_at))

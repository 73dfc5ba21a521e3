"""The part of the store that figures are made in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from bot.events import AdoptionEvent
from bot.measurement.asides import Asides, Span, Weeks
from bot.measurement.eligibility import Source
from bot.measurement.standings import Standings
from bot.measurement.stored import Unsettled
from bot.measurement.tally import GroupKind, Tally, Use
from bot.measurement.uses import Grain
from storage import asides, measured, tallies
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

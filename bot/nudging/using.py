"""What a person's use of their tools comes to, as moments ask for it: habit, a third week, lapse, targets.

Each kind of evidence is judged by itself and never blended: what holds by one of them is enough to say, or to
keep from saying, something to this one person. No figure comes from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from bot.events import AdoptionEvent, Evidence
from bot.measurement.adoption import HORIZONS, WEEKS_OF_USE, habitual, qualifying_weeks
from bot.measurement.eligibility import Trained, exposures
from bot.measurement.lapses import lapses
from bot.measurement.programs import is_in, lessons_of, program_named
from bot.measurement.targets import Progress, progress
from bot.measurement.usage import Usage, usage_of
from bot.measurement.uses import uses_of
from bot.measurement.windows import day
from bot.model import Learner
from lessons.catalogue import Catalogue
from lessons.programs import Target

EVIDENCE = (Evidence.MEASURED, Evidence.SELF_REPORT)
"""What is heard of a person's use; managers speak of groups."""


@dataclass(frozen=True)
class Using:
    """A person's completed lessons and uses, as events; nobody else's are among them."""

    learner: Learner
    events: Sequence[AdoptionEvent] = ()

    @cached_property
    def began_on(self) -> date | None:
        """The exposure day, None before the first completed lesson."""
        return exposures(self.events).get(self.learner.id)

    @cached_property
    def usages(self) -> dict[tuple[str, Evidence], Usage]:
        """How each tool was used, by each evidence that tells of it."""
        uses = [*uses_of(self.events)]
        told = dict.fromkeys((use.tool, use.evidence) for use in uses if use.evidence in EVIDENCE)
        return {(tool, by): usage_of(self.learner.id, uses, tool, by) for tool, by in told}

    def habits(self, today: date) -> frozenset[str]:
        """Return the tools of which use is a habit."""
        return frozenset(tool for (tool, _), usage in self.usages.items() if habitual(usage, today))

    def third_weeks(self, today: date) -> Iterator[tuple[str, date]]:
        """Give each tool that has three weeks of use, and the day on which the third ends."""
        if self.began_on is None:
            return
        ended: dict[str, date] = {}
        for (tool, _), usage in self.usages.items():
            weeks = qualifying_weeks(usage, self.began_on, today + timedelta(days=6))
            if len(weeks) >= WEEKS_OF_USE:
                on = weeks[WEEKS_OF_USE - 1]
                ended[tool] = min(on, ended.get(tool, on))
        yield from ended.items()

    def lapsing(self, quiet: int) -> Iterator[tuple[str, date, date]]:
        """Give each tool that was adopted, the last day of use by any evidence, and when that makes a lapse.

        Without a further use it is one from that day on, which may be still to come.
        """
        if self.began_on is None:
            return
        for tool, last in self.last_used().items():
            of_tool = (usage for (each, _), usage in self.usages.items() if each == tool)
            until = max(last + timedelta(days=quiet), day(self.began_on, max(HORIZONS)))
            found = [each for u in of_tool for each in lapses(u, self.began_on, until, quiet)[-1:]]
            if found:
                yield tool, last, max(last + timedelta(days=quiet), min(each.from_on for each in found))

    def last_used(self) -> dict[str, date]:
        """Return the last day on which each tool was used, by any evidence."""
        last: dict[str, date] = {}
        for (tool, _), usage in self.usages.items():
            days = [*usage.days, *(use.on for use in usage.coarse)]
            if days:
                last[tool] = max([*days, *([last[tool]] if tool in last else [])])
        return last

    def trained(self, target: Target, catalogue: Catalogue) -> Trained | None:
        """Return when this person began the program of a target; None if not for them, or not yet."""
        program = program_named(target.program, catalogue)
        if program is None or not is_in(program, self.learner):
            return None
        began = exposures(self.events, lessons_of(program, catalogue), program.starts_on)
        on = began.get(self.learner.id)
        return Trained(self.learner.id, on) if on is not None else None

    def progress(self, target: Target, trained: Trained, today: date) -> Progress:
        """Say how far this person is with a target, by the evidence that shows most."""
        uses = [*uses_of(self.events)]
        found = [progress(target, trained, uses, today, by) for by in EVIDENCE]
        return min(found, key=lambda each: (not each.met, each.missing is None, each.missing))

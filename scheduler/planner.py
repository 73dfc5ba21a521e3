"""Who is due, and why: pure, of one person's way, the moments and the policy.

What came due is decided in the order of the moments in lessons.yaml, so that the most important one takes
the budget. Each occasion is decided once; one that waits is decided again at a time of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import Draw, NudgeAction, NudgeDecision
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion, occasions, put_off
from bot.nudging.policy import Standing, Verdict, decide
from bot.nudging.standing import Key, key_of, recorded
from lessons.catalogue import Catalogue
from lessons.moments import Moment

LOOK_BACK = timedelta(days=3)
"""So far back an occasion may have come due and not be decided: longer than any may be late."""

LOOK_AGAIN = timedelta(days=28)
"""When nothing is in sight, a person is looked at again after this."""

Made = tuple[Occasion, NudgeDecision]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided of a person now, and when to look again."""

    made: tuple[Made, ...]
    next_at: datetime

    @property
    def sent(self) -> tuple[Made, ...]:
        """What is to be said."""
        return tuple(each for each in self.made if each[1].action is NudgeAction.SENT)


def plan(
    way: Way,
    standing: Standing,
    catalogue: Catalogue,
    decided: Collection[Key],
    now: datetime,
    draw: Callable[[str], Draw],
    has_offer: Callable[[Moment], bool] = lambda moment: True,
) -> Plan:
    """Decide of everything that is due for one person.

    Args:
        way: what they did so far.
        standing: what the policy looks at.
        catalogue: the moments, the most important first.
        decided: what was decided already, for as long as `LOOK_BACK` at least.
        now: the time.
        draw: gives the draw of an occasion, by its name.
        has_offer: says whether a moment has anything to offer this person now.
    """
    made: list[Made] = []
    again: list[datetime] = []
    asked = put_off(standing.wishes, standing.past, catalogue, now - LOOK_BACK)
    found = (*asked, *occasions(way, catalogue, standing.week, now - LOOK_BACK, now))
    due = [each for each in found if key_of(each) not in decided and each.due_at <= now]
    again += [each.due_at for each in found if each.due_at > now]
    for occasion in due:
        chance = draw(f"nudge {occasion.moment.id} {occasion.subject}")
        verdict = decide(occasion, standing, now, chance) if has_offer(occasion.moment) else _NOTHING
        if verdict.action is NudgeAction.WAIT:
            again.append(verdict.again_at or now + LOOK_AGAIN)
            continue
        options = tuple(each.moment.id for each in due)
        decision = recorded(occasion, verdict, standing, now, chance, options)
        made.append((occasion, decision))
        if decision.action is not NudgeAction.SILENT:
            standing = replace(standing, past=(decision, *standing.past))
    return Plan(tuple(made), min(again, default=now + LOOK_AGAIN))


_NOTHING = Verdict(NudgeAction.SILENT, "nothing", "there is nothing of the kind to offer them now")


MOST_STEPS = 10_000
"""Of a look ahead: more than a person could have in a year."""


def look_ahead(
    way: Way,
    standing: Standing,
    catalogue: Catalogue,
    decided: Collection[Key],
    now: datetime,
    until: datetime,
    draw: Callable[[str], Draw],
    has_offer: Callable[[Moment], bool] = lambda moment: True,
) -> Iterator[Made]:
    """Give all that would be decided until a day, if each message is answered and nothing else happens."""
    names = {*decided}
    for _ in range(MOST_STEPS):
        found = plan(way, standing, catalogue, names, now, draw, has_offer)
        for occasion, decision in found.made:
            yield occasion, decision
            names.add(key_of(occasion))
            if decision.action is not NudgeAction.SILENT:
                standing = replace(standing, past=(replace(decision, answered_at=now), *standing.past))
        if found.next_at > until:
            return
        now = max(found.next_at, now + timedelta(seconds=1))

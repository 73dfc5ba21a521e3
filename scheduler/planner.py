"""Who is due, and why: pure, of one person's way, the moments and the policy.

What came due is decided in the order of the moments in lessons.yaml, so that the most important one takes
the budget. Each occasion is decided once; one that waits is decided again at a time of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.facts import zone_named
from bot.model import Draw, NudgeAction, NudgeDecision, Shared, Snapshot
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion, occasions
from bot.nudging.policy import RULE_VERSION, UNAVAILABLE, Standing, Verdict, decide
from bot.nudging.times import Week
from lessons.catalogue import Catalogue
from lessons.moments import Moment

LOOK_BACK = timedelta(days=3)
"""So far back an occasion may have come due and not be decided: longer than any may be late."""

LOOK_AGAIN = timedelta(days=28)
"""When nothing is in sight, a person is looked at again after this."""

Key = tuple[str, str]
"""What tells occasions apart: the moment's id and the subject."""

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
    found = occasions(way, catalogue, standing.week, now - LOOK_BACK, now)
    due = [each for each in found if key_of(each) not in decided and each.due_at <= now]
    again += [each.due_at for each in found if each.due_at > now]
    for occasion in due:
        chance = draw(f"nudge {occasion.moment.id} {occasion.subject}")
        verdict = decide(occasion, standing, now, chance) if has_offer(occasion.moment) else _NOTHING
        if verdict.action is NudgeAction.WAIT:
            again.append(verdict.again_at or now + LOOK_AGAIN)
            continue
        options = tuple(each.moment.id for each in due)
        decision = _recorded(occasion, verdict, standing, now, chance, options)
        made.append((occasion, decision))
        if decision.action is not NudgeAction.SILENT:
            standing = replace(standing, past=(decision, *standing.past))
    return Plan(tuple(made), min(again, default=now + LOOK_AGAIN))


_NOTHING = Verdict(NudgeAction.SILENT, "nothing", "there is nothing of the kind to offer them now")


def key_of(occasion: Occasion) -> Key:
    """Return what tells an occasion from all others of the person."""
    return occasion.moment.id, occasion.subject


def _recorded(
    occasion: Occasion,
    verdict: Verdict,
    standing: Standing,
    now: datetime,
    draw: Draw,
    options: tuple[str, ...],
) -> NudgeDecision:
    return NudgeDecision(
        id=draw.id("decision"),
        learner=standing.learner.id,
        moment=occasion.moment.id,
        kind=occasion.moment.kind,
        subject=occasion.subject,
        decided_at=now,
        decided_on=standing.week.day_of(now),
        action=verdict.action,
        rule=verdict.rule,
        reason=verdict.reason,
        available=verdict.rule not in UNAVAILABLE,
        options=options,
        rule_version=RULE_VERSION,
        probability=verdict.probability,
    )


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


# ---------------------------------------------------------------- of a snapshot


def way_of(snapshot: Snapshot) -> Way:
    """Take from a snapshot what moments look at."""
    return Way(
        snapshot.who,
        snapshot.history,
        snapshot.commitments,
        snapshot.uses,
        snapshot.recalls,
        snapshot.meetings,
        snapshot.successes,
        _best(snapshot),
        _champions(snapshot),
        snapshot.events,
    )


def _best(snapshot: Snapshot) -> Shared | None:
    """Choose what worked for most colleagues, of what is neither one's own nor tried already."""
    who = snapshot.who.id
    new = [each for each in snapshot.shelf_found if each.mine is None and each.share.author != who]
    return max(new, key=lambda each: each.worked, default=None)


def _champions(snapshot: Snapshot) -> tuple[str, ...]:
    cohort, who = snapshot.cohort, snapshot.who.id
    return tuple(name for one, name in cohort.champions if name and one != who) if cohort else ()


def standing_of(snapshot: Snapshot, catalogue: Catalogue, is_reachable: bool = True) -> Standing:
    """Take from a snapshot what the policy looks at."""
    nudges, learner = catalogue.organization.nudges, snapshot.who
    zone = zone_named(learner.time_zone or snapshot.organization.time_zone)
    counted = [each for each in snapshot.decisions if each.action is not NudgeAction.SILENT]
    budget = (nudges.a_day, nudges.a_week, nudges.hold)
    return Standing(
        learner, Week.of(nudges, zone, learner.country), *budget, snapshot.wishes, counted, is_reachable
    )


def keys_of(snapshot: Snapshot) -> set[Key]:
    """Return what was decided already."""
    return {(each.moment, each.subject) for each in snapshot.decisions}


def draws(snapshot: Snapshot) -> Callable[[str], Draw]:
    """Return how chance falls for a person, the same whenever it is asked."""
    salt, who = snapshot.organization.salt, snapshot.who.id
    return lambda point: Draw(salt, who, point)

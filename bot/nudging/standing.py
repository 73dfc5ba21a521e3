"""What decisions about a person start from: their way, their standing, what was decided. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.facts import zone_named
from bot.model import Draw, NudgeAction, NudgeDecision, Search, Shared, Snapshot
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion
from bot.nudging.policy import RULE_VERSION, UNAVAILABLE, Standing, Verdict
from bot.nudging.times import Week
from bot.ports import Needs
from lessons.catalogue import Catalogue
from lessons.moments import EventTrigger, PersonOffer, UseCaseOffer

Key = tuple[str, str]
"""What tells occasions apart: the moment's id and the subject."""

NEEDS = Needs(
    history=True, uses=True, commitments=True, recalls=True, nudging=True, adoption=True, calendar=True
)
"""What a decision about a person looks at, whatever the moments are."""

_SHELF = Search(of_mine=True, most=20)

EVERYTHING = replace(NEEDS, cohort=True, shelf=_SHELF, successes=True)
"""What a decision about a person may look at."""


def needs_of(catalogue: Catalogue) -> Needs:
    """Say what decisions about people look at: what others did only where a moment is about it."""
    offers = {type(each.offer) for each in catalogue.moments}
    events = {each.when.event for each in catalogue.moments if isinstance(each.when, EventTrigger)}
    return replace(
        NEEDS,
        cohort=PersonOffer in offers,
        shelf=_SHELF if UseCaseOffer in offers else None,
        successes="use_case_worked" in events,
    )


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


def key_of(occasion: Occasion) -> Key:
    """Return what tells an occasion from all others of the person."""
    return occasion.moment.id, occasion.subject


def recorded(
    occasion: Occasion,
    verdict: Verdict,
    standing: Standing,
    now: datetime,
    draw: Draw,
    options: tuple[str, ...],
) -> NudgeDecision:
    """Make the record of what was decided of an occasion; `options` are what else there was to choose."""
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
        tool=occasion.tool,
    )

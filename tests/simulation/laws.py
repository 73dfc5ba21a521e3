"""What must hold of every message that arrived; each law is one function, and says what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.model import LOST, DeliveryKind, DeliveryState, NudgeAction, NudgeDecision
from bot.nudging.times import is_holiday
from bot.ports import DeliveryRecord
from tests.simulation.platforms import Arrival

UNDER_WAY = timedelta(minutes=1)
"""So long a message may be under way after the last look at whether it may go."""

Broken = Iterator[str]
"""What breaks a law, in words that say which message of whom, and when."""


def _told(arrival: Arrival, what: str) -> str:
    person, at = arrival.person, arrival.at
    local = at.astimezone(person.zone_at(at))
    when = f"{at:%Y-%m-%d %H:%M:%S} UTC, {local:%a %H:%M:%S} in {local.tzinfo}"
    return f"{what}: person {person.number} on {person.channel} at {when}: {arrival.delivery.key}"


def nobody_twice(arrivals: Sequence[Arrival]) -> Broken:
    """Nobody gets a message twice."""
    counted = Counter(each.delivery.key for each in arrivals)
    yield from (_told(each, "twice") for each in arrivals if counted[each.delivery.key] > 1)


def within_hours(arrivals: Sequence[Arrival]) -> Broken:
    """None comes outside the person's own working hours and days, or on a holiday of their country.

    Whoever moves while a message is under way may still get it in the hours of where they were.
    """
    for each in arrivals:
        zones = {each.person.zone_at(each.at), each.person.zone_at(each.at - UNDER_WAY)}
        if not any(_is_at_work(each, zone) for zone in zones):
            yield _told(each, "outside hours")


def _is_at_work(each: Arrival, zone: ZoneInfo) -> bool:
    local, before = each.at.astimezone(zone), (each.at - UNDER_WAY).astimezone(zone)
    works = before.weekday() < 5 and not is_holiday(each.person.country, before.date())
    return local.hour >= 9 and before.hour < 17 and works


def as_they_wish(arrivals: Sequence[Arrival]) -> Broken:
    """None comes after stop, during a pause, during a snooze, or to who wants none."""
    for each in arrivals:
        for what in ("stop", "pause", "snooze", "none"):
            if each.person.wished(what, each.at, since=each.at - UNDER_WAY):
                yield _told(each, f"although they said {what}")


def within_budget(arrivals: Sequence[Arrival]) -> Broken:
    """Nobody gets more than one a day or three in seven days, over all moments.

    What somebody put off comes when they asked for it; it is counted, and may be one more.
    """
    days: dict[int, list[date]] = {}
    for each in sorted(arrivals, key=lambda one: one.at):
        if " again " in each.delivery.key:
            days.setdefault(each.person.number, []).append(
                each.at.astimezone(each.person.zone_at(each.at)).date()
            )
            continue
        past = days.setdefault(each.person.number, [])
        today = each.at.astimezone(each.person.zone_at(each.at)).date()  # as their day was then
        if today in past:
            yield _told(each, "a second one of a day")
        if sum(today - day < timedelta(days=7) for day in past) >= 3:
            yield _told(each, "a fourth one of seven days")
        past.append(today)


def never_stale(arrivals: Sequence[Arrival]) -> Broken:
    """None comes later than it was good for."""
    for each in arrivals:
        late = each.delivery.late_at
        if late is None or each.at > late + UNDER_WAY:
            yield _told(each, f"stale since {late}")


LAWS: Sequence[Callable[[Sequence[Arrival]], Broken]] = (
    nobody_twice,
    within_hours,
    as_they_wish,
    within_budget,
    never_stale,
)
"""Those that look at what arrived alone."""


def as_decided(arrivals: Sequence[Arrival], decisions: Sequence[NudgeDecision]) -> Broken:
    """Each has a decision that it be sent, and what was held back never comes."""
    sent = {_key(each) for each in decisions if each.action is NudgeAction.SENT}
    yield from (_told(each, "without a decision") for each in arrivals if each.delivery.key not in sent)


def not_while_away(decisions: Sequence[tuple[NudgeDecision, bool]]) -> Broken:
    """Nobody is spoken to while their platform says that they are away; the pairs say whether they were."""
    for decision, was_away in decisions:
        if was_away and decision.action is NudgeAction.SENT:
            yield f"away: {decision.learner} at {decision.decided_at} of {decision.moment}"


def nothing_vanishes(
    arrivals: Sequence[Arrival], decisions: Sequence[NudgeDecision], records: Sequence[DeliveryRecord]
) -> Broken:
    """What was to be said arrived, or stands in the list of deliveries with its reason."""
    lost = [each for each in records if each.kind is DeliveryKind.NUDGE and each.state in LOST]
    yield from (f"no reason: {each}" for each in lost if not each.reason)
    wanted = sum(each.action is NudgeAction.SENT for each in decisions)
    listed = Counter(each.state for each in records if each.kind is DeliveryKind.NUDGE)
    if wanted != listed.total():
        yield f"{wanted} were to be said, and {listed.total()} are listed"
    sure = len({each.delivery.key for each in arrivals})
    known = listed[DeliveryState.SENT]
    if not known <= sure <= known + listed[DeliveryState.UNKNOWN] + listed[DeliveryState.SENDING]:
        yield f"{sure} arrived, and {known} are listed as sent, {listed[DeliveryState.UNKNOWN]} as unknown"


def _key(decision: NudgeDecision) -> str:
    return f"nudge:{decision.learner}:{decision.moment}:{decision.subject}"

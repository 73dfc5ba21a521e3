"""Whether to speak now: pure rules over a person's wishes, hours and what was said before.

Each decision is a record of its own, also the one to say nothing: the rule that decided, the probability
with which it would have been said, and the reason in words that the person can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events import EventType
from bot.model import Draw, Learner, NudgeAction, NudgeDecision, Status, Wishes
from bot.nudging.occasions import Occasion
from bot.nudging.times import Week

RULE_VERSION = 2
"""Counts changes of the rules below, so that what nudging causes is never measured across two of them."""

IGNORED = 2
"""Messages without an answer after which Laps waits longer."""

FIRST_PAUSE = timedelta(days=7)
"""The first longer wait; each further message without an answer doubles it."""

ASK = 4
"""Messages without an answer after which Laps asks, once, whether to stop."""

ANSWER_WITHIN = timedelta(hours=48)
"""So long a message may wait for its answer before it counts as ignored."""


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the rules look at.

    `past` is newest first. `away_until` is what the platform tells of absence, None where it tells nothing.
    """

    learner: Learner
    week: Week
    a_day: int
    a_week: int
    hold: float
    wishes: Wishes = NO_WISHES
    past: Sequence[NudgeDecision] = ()
    reachable: bool = True
    away_until: datetime | None = None

    @property
    def sent(self) -> Sequence[NudgeDecision]:
        """The messages that were sent, newest first."""
        return [each for each in self.past if each.action is NudgeAction.SENT]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of one occasion; `again_at` is when to decide again, of WAIT alone.

    `probability` is that with which it would have been sent, had chance fallen otherwise.
    """

    action: NudgeAction
    rule: str
    reason: str
    probability: float = 0.0
    again_at: datetime | None = None


def decide(occasion: Occasion, standing: Standing, now: datetime, draw: Draw) -> Verdict:
    """Decide of one occasion that is due.

    Args:
        occasion: what is due.
        standing: of the person, with what was decided before, earlier ones of this minute included.
        now: the time.
        draw: of this occasion; chance falls the same whenever it is decided again.
    """
    if now > occasion.late_at:
        return Verdict(NudgeAction.SILENT, "late", "its time was over before it could be said")
    for rule in RULES:
        if verdict := rule(occasion, standing, now):
            return _in_time(verdict, occasion)
    if occasion.is_asked:
        return Verdict(NudgeAction.SENT, "again", occasion.because, 1.0)
    probability = 1.0 - standing.hold
    if draw.share("hold") < standing.hold:
        return Verdict(
            NudgeAction.HELD, "hold", "kept back at random, to see what speaking causes", probability
        )
    return Verdict(NudgeAction.SENT, "send", occasion.because, probability)


def _in_time(verdict: Verdict, occasion: Occasion) -> Verdict:
    """Wait only where there is still time then."""
    if verdict.again_at is not None and verdict.again_at > occasion.late_at:
        return Verdict(NudgeAction.SILENT, verdict.rule, verdict.reason)
    return verdict


Rule = Callable[[Occasion, Standing, datetime], Verdict | None]


def _taking_part(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    if standing.learner.status is not Status.ACTIVE:
        return Verdict(NudgeAction.SILENT, "consent", "not taking part")
    return None


def _working_here(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    if standing.learner.has_left(standing.week.day_of(now)):
        return Verdict(NudgeAction.SILENT, "left", "they do not work here any more, as the roster says")
    return None


def _reached(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    if not standing.reachable:
        return Verdict(
            NudgeAction.SILENT, "unreachable", "the platform says that the bot cannot write to them"
        )
    return None


def _not_paused(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    if not standing.learner.is_paused(now):
        return None
    until = standing.learner.paused_until
    if until is None:
        return Verdict(NudgeAction.SILENT, "pause", "they paused until they come back")
    return Verdict(NudgeAction.WAIT, "pause", f"they paused until {until:%Y-%m-%d}", again_at=until)


def _not_off(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    if occasion.moment.id in standing.wishes.off:
        return Verdict(NudgeAction.SILENT, "off", "they turned this one off")
    return None


def _not_snoozed(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    until = standing.wishes.snoozed_until
    if until is not None and now < until:
        return Verdict(NudgeAction.WAIT, "snooze", "they asked for later", again_at=until)
    return None


def _wanted(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    if occasion.has_habit:
        return Verdict(NudgeAction.SILENT, "habit", "the habit is there already")
    return None


def _not_too_often(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    """Keep the limits of the moment itself; what was held counts as if it had been sent."""
    if occasion.is_asked:
        return None
    moment = occasion.moment
    same = [each for each in standing.past if each.moment == moment.id]
    if len(same) >= moment.most:
        return Verdict(NudgeAction.SILENT, "most", f"they have heard of it {moment.most} times")
    today = standing.week.day_of(now)
    if same and today - same[0].decided_on < timedelta(days=moment.every_days):
        return Verdict(
            NudgeAction.SILENT, "every_days", f"the last was less than {moment.every_days} days ago"
        )
    return None


def _at_work(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    if standing.week.is_at_work(now):
        return None
    start = standing.week.next_start(now)
    reason = "it is outside their working hours"
    return Verdict(NudgeAction.WAIT if start else NudgeAction.SILENT, "hours", reason, again_at=start)


def _there(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    until = standing.away_until
    if until is not None and now < until:
        return Verdict(NudgeAction.WAIT, "away", "the platform says that they are away", again_at=until)
    return None


def _within_budget(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    """Keep to the most of a day and a week; what was asked for comes unless they want nothing at all."""
    today = standing.week.day_of(now)
    of_day = _least(standing.a_day, standing.wishes.a_day)
    if occasion.is_asked and of_day:
        return None
    if sum(each.decided_on == today for each in standing.sent) >= of_day:
        return Verdict(NudgeAction.SILENT, "a_day", f"{_times(of_day)} a day is the most")
    of_week = _least(standing.a_week, standing.wishes.a_week)
    if sum(today - each.decided_on < timedelta(days=7) for each in standing.sent) >= of_week:
        return Verdict(NudgeAction.SILENT, "a_week", f"{_times(of_week)} in seven days is the most")
    return None


def _welcome(occasion: Occasion, standing: Standing, now: datetime) -> Verdict | None:
    """Wait longer after messages without an answer, ever longer; after some more say nothing at all."""
    count = ignored(standing.sent, now)
    if count >= ASK and standing.wishes.asked_at is not None:
        return Verdict(NudgeAction.SILENT, "ignored", f"the last {count} had no answer, and they were asked")
    if count >= IGNORED:
        pause = FIRST_PAUSE * 2 ** (min(count, 10) - IGNORED)
        if now - standing.sent[0].decided_at < pause:
            return Verdict(
                NudgeAction.SILENT, "ignored", f"the last {count} had no answer: {pause.days} days of quiet"
            )
    return None


MATTERS = frozenset(
    {
        EventType.LEARNER_JOINED,
        EventType.LEARNER_RESUMED,
        EventType.LESSON_COMPLETED,
        EventType.LESSON_LEFT,
        EventType.COMMITMENT_MADE,
        EventType.REVIEW_ANSWERED,
        EventType.TOOL_USED,
        EventType.SETTING_CHANGED,
    }
)
"""What may have happened to a person that there is something else to say, and other times for it."""

UNAVAILABLE = frozenset({"consent", "left", "unreachable", "pause", "snooze", "away", "hours", "late"})
"""The rules that say that a person could not have been spoken to, whatever else holds."""

RULES: Sequence[Rule] = (
    _taking_part,
    _working_here,
    _reached,
    _not_off,
    _not_paused,
    _not_snoozed,
    _wanted,
    _not_too_often,
    _welcome,
    _within_budget,
    _there,
    _at_work,
)
"""Asked in this order; the first that has something to say decides."""


def ignored(sent: Sequence[NudgeDecision], now: datetime) -> int:
    """Count the newest messages in a row that had no answer, and time enough for one."""
    count = 0
    for each in sent:
        if each.answered_at is not None:
            break
        count += now - each.decided_at >= ANSWER_WITHIN
    return count


def asks_to_stop(standing: Standing, now: datetime) -> bool:
    """Say whether the next message is the one question whether to stop."""
    return standing.wishes.asked_at is None and ignored(standing.sent, now) >= ASK


def _least(organizations: int, own: int | None) -> int:
    return organizations if own is None else min(organizations, own)


def _times(number: int) -> str:
    return {0: "no message", 1: "one message"}.get(number, f"{number} messages")

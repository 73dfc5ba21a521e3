"""What there may be to say to a person, and from when to when: pure, of their own way and the moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.model import NudgeDecision, Wishes
from bot.nudging.happenings import Happened, Look, Way, below, happened, meetings
from bot.nudging.times import Week, instant, next_due
from lessons.catalogue import Catalogue
from lessons.moments import EventTrigger, KeywordTrigger, MeetingTrigger, Moment, Ritual, TargetTrigger, names


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time at which something could be said.

    `subject` tells it from others of its moment: the local time, the session, the question. `because` goes on
    a sentence that began with "because". `is_asked` says that the person put it off and asked for it then.
    `tool` is the one that it is about, None where it is about all or several.
    """

    moment: Moment
    subject: str
    due_at: datetime
    late_at: datetime
    because: str
    has_habit: bool = False
    is_asked: bool = False
    tool: str | None = None


AGAIN_FOR = timedelta(days=3)
"""So long after the time that was asked for, what was put off may still come: over a weekend."""

_AGAIN = " again "
_BECAUSE_AGAIN = "you asked for it later; it first came because "


def put_off(
    wishes: Wishes, past: Iterable[NudgeDecision], catalogue: Catalogue, since: datetime
) -> tuple[Occasion, ...]:
    """Return the one message that a person put off, due when they asked for it; none where there is none.

    Args:
        wishes: theirs.
        past: what was decided of them.
        catalogue: the moments; what is of none of them any more does not come again.
        since: what was good only until then is over.
    """
    first = next((each for each in past if each.id == wishes.again), None)
    moment = next((each for each in catalogue.moments if first and each.id == first.moment), None)
    due = wishes.snoozed_until
    if first is None or moment is None or due is None or due + AGAIN_FOR < since:
        return ()
    subject = f"{first.subject.split(_AGAIN)[0]}{_AGAIN}{due:%Y-%m-%dT%H:%M:%SZ}"
    because = _BECAUSE_AGAIN + first.reason.removeprefix(_BECAUSE_AGAIN)
    return (Occasion(moment, subject, due, due + AGAIN_FOR, because, is_asked=True, tool=first.tool),)


MOST_AT_ONCE = 200
"""Times of one moment that are looked through, for cron can say "every minute"."""


def occasions(
    way: Way, catalogue: Catalogue, week: Week, since: datetime, now: datetime
) -> tuple[Occasion, ...]:
    """Return what came due after `since`, and of each moment what comes next after `now`.

    They stand in the catalogue's order, within a moment in that of time.
    """
    look, found = Look(way, catalogue, week, now), list[Occasion]()
    for moment in catalogue.moments:
        who = way.learner
        if moment.whom.includes(who.job_family, who.tools, who.cohort):
            found += (_occasion(moment, each, look) for each in _of(moment, look, since))
    return tuple(found)


def _of(moment: Moment, look: Look, since: datetime) -> Iterator[Happened]:
    """Give what brings a moment about, at the time when it is due."""
    match moment.when:
        case EventTrigger() as trigger:
            for each in happened(trigger, look):
                due = _days_later(each, trigger, look.week)
                if due > since and _is_about(moment, each.tool):
                    yield Happened(each.subject, due, each.because, each.tool)
        case TargetTrigger() as trigger:
            yield from (each for each in below(trigger, look) if each.at > since)
        case MeetingTrigger() as trigger:
            yield from (each for each in meetings(moment.id, trigger, look) if each.at > since)
        case KeywordTrigger():
            return  # only what somebody writes brings it about
        case ritual:
            yield from _rituals(moment, ritual, look, since)


def _days_later(each: Happened, trigger: EventTrigger, week: Week) -> datetime:
    on = week.day_of(each.at) + timedelta(days=trigger.after_days)
    return max(instant(on, time.fromisoformat(trigger.at), week.zone), each.at)


def _is_about(moment: Moment, tool: str | None) -> bool:
    wanted = names(moment.whom.tool)
    return tool is None or not wanted or tool in wanted


def _rituals(moment: Moment, ritual: Ritual, look: Look, since: datetime) -> Iterator[Happened]:
    at = max(since, look.now - timedelta(minutes=moment.late_minutes))
    for _ in range(MOST_AT_ONCE):
        due = next_due(ritual, at, look.week)
        if due is None:
            return
        local = due.astimezone(look.week.zone)
        because = f"it is {local:%A}, {local:%H:%M}, the time that your organization chose for it"
        yield Happened(f"{local:%Y-%m-%d %H:%M}", due, because)
        if due > look.now:
            return
        at = due


def _occasion(moment: Moment, each: Happened, look: Look) -> Occasion:
    late = each.at + timedelta(minutes=moment.late_minutes)
    late = min(late, each.until or late)
    has_habit = moment.kind == "apply" and _has_habit(moment, look)
    about = names(moment.whom.tool)
    tool = each.tool or (min(about) if len(about) == 1 else None)
    return Occasion(moment, each.subject, each.at, late, each.because, has_habit, tool=tool)


def _has_habit(moment: Moment, look: Look) -> bool:
    """Say whether the tools that a moment is about, or all that the person has, are used by habit."""
    theirs = {*look.way.learner.tools}
    tools = theirs & names(moment.whom.tool) or theirs
    return bool(tools) and tools <= look.way.using.habits(look.today)

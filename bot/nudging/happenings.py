"""What happened to a person that a moment may be about: when it was, and why it is a reason to speak."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from bot.events import AdoptionEvent, EventType
from bot.learning.memory import went_wrong
from bot.measurement.windows import day
from bot.model import (
    Commitment,
    Learner,
    Meeting,
    Recall,
    Session,
    SessionStatus,
    Shared,
    Success,
    ToolUse,
)
from bot.nudging.times import Week, instant
from bot.nudging.using import Using
from lessons.catalogue import Catalogue
from lessons.moments import EventTrigger, Happening, MeetingTrigger, TargetTrigger

NOON = time(12)
"""When something was that is only known by its day."""


@dataclass(frozen=True)
class Way:
    """A person's way so far, as far as moments look at it; `history` and `commitments` are newest first."""

    learner: Learner
    history: Sequence[Session] = ()
    commitments: Sequence[Commitment] = ()
    uses: Sequence[ToolUse] = ()
    recalls: Sequence[Recall] = ()
    meetings: Sequence[Meeting] = ()
    successes: Sequence[Success] = ()
    """The use cases of theirs that worked for colleagues."""
    best: Shared | None = None
    """The use case of their job that worked for most and that they have not tried."""
    champions: Sequence[str] = ()
    """Who leads their cohort, by name, but for themselves."""
    events: Sequence[AdoptionEvent] = ()
    """Completed lessons and uses of tools, from which adoption is told."""

    @cached_property
    def using(self) -> Using:
        """What their use of tools comes to."""
        return Using(self.learner, self.events)


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a person's way, now, in their own week."""

    way: Way
    catalogue: Catalogue
    week: Week
    now: datetime

    @property
    def today(self) -> date:
        """The person's local day."""
        return self.week.day_of(self.now)


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened, or will have if nothing else does: `subject` tells it from others of its kind.

    `because` goes on a sentence that began with "because". `tool` is the one that it is about, if one is.
    From `until` on there is no use in speaking of it.
    """

    subject: str
    at: datetime
    because: str
    tool: str | None = None
    until: datetime | None = None


def happened(trigger: EventTrigger, look: Look) -> Iterator[Happened]:
    """Give what a trigger waits for."""
    return _HAPPENINGS[trigger.event](look, trigger)


def below(trigger: TargetTrigger, look: Look) -> Iterator[Happened]:
    """Give the time of a target, as long as it is not met and still can be."""
    week, using = look.week, look.way.using
    target = next((each for each in look.catalogue.targets if each.id == trigger.below_target), None)
    trained = using.trained(target, look.catalogue) if target is not None else None
    if target is None or trained is None:
        return
    last = day(trained.exposed_on, target.within_days)
    due = instant(last - timedelta(days=trigger.days_left), time.fromisoformat(trigger.at), week.zone)
    found = using.progress(target, trained, max(look.today, week.day_of(due)))
    if found.below:
        more = "one more use" if found.missing == 1 else f"{found.missing} more uses"
        tool = _called(target.tool, look)
        because = f"{more} of {tool} by {_spoken(last)} would make three weeks of regular use"
        yield Happened(f"{target.id} {last}", due, because, target.tool)


def meetings(moment: str, trigger: MeetingTrigger, look: Look) -> Iterator[Happened]:
    """Give the meetings that a moment is about, some time before each; nothing else is known."""
    for meeting in look.way.meetings:
        if meeting.moment == moment:
            due = meeting.starts_at - timedelta(minutes=trigger.minutes_before)
            local = meeting.starts_at.astimezone(look.week.zone)
            because = f"your calendar has a meeting of this kind at {local:%H:%M}"
            yield Happened(f"{meeting.starts_at:%Y-%m-%d %H:%M}", due, because, until=meeting.starts_at)


def _joined(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    if look.way.learner.joined_at is not None:
        yield Happened("joined", look.way.learner.joined_at, "you joined a short time ago")


def _tool_granted(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for event in look.way.events:
        if event.type is EventType.TOOL_GRANTED and event.tool:
            because = f"you have had {_called(event.tool, look)} since {_spoken(event.local_date)}"
            yield Happened(f"{event.tool} {event.local_date}", event.occurred_at, because, event.tool)


def _committed(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for plan in look.way.commitments[:1]:
        yield Happened(plan.session, plan.made_at, f"you made a plan on {_day(plan.made_at, look)}")


def _practice_failed(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for session in _newest(look, SessionStatus.COMPLETED):
        if went_wrong(session):
            yield Happened(session.id, session.updated_at, "not all of a practice went well")


def _lesson_left(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for session in _newest(look, SessionStatus.LEFT):
        because = f"you left a lesson on {_day(session.updated_at, look)}"
        yield Happened(session.id, session.updated_at, because)


def _adopting(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for tool, on in look.way.using.third_weeks(look.today):
        because = f"you have used {_called(tool, look)} in three weeks"
        yield Happened(f"{tool} {on}", instant(on, NOON, look.week.zone), because, tool)


def _lapsed(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for tool, last, on in look.way.using.lapsing(trigger.after_days):
        because = f"Laps knows of no use of {_called(tool, look)} since {_spoken(last)}"
        at = instant(on - timedelta(days=trigger.after_days), NOON, look.week.zone)
        yield Happened(f"{tool} {last}", at, because, tool)


def _review_due(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for recall in sorted(look.way.recalls, key=lambda each: each.due_at)[:1]:
        yield Happened(f"{recall.question} {recall.count}", recall.due_at, "a review question is due")


THANKED_AT = (1, 5, 25)
"""For how many colleagues a use case worked when its author is told."""


def _use_case_worked(look: Look, trigger: EventTrigger) -> Iterator[Happened]:
    for each in look.way.successes:
        for number in reversed(THANKED_AT):  # of two on a day the larger one is told
            if len(each.times) >= number:
                people = "a colleague" if number == 1 else f"{number} colleagues"
                because = f"“{each.task}”, which you shared, worked for {people}"
                yield Happened(f"{each.share} {number}", each.times[number - 1], because)


_HAPPENINGS: Mapping[Happening, Callable[[Look, EventTrigger], Iterator[Happened]]] = {
    "joined": _joined,
    "tool_granted": _tool_granted,
    "committed": _committed,
    "practice_failed": _practice_failed,
    "lesson_left": _lesson_left,
    "adopting": _adopting,
    "lapsed": _lapsed,
    "review_due": _review_due,
    "use_case_worked": _use_case_worked,
}


def _newest(look: Look, status: SessionStatus) -> Iterator[Session]:
    """Give the newest session, where it stands so: what came after it has taken its place."""
    yield from (session for session in look.way.history[:1] if session.status is status)


def _called(tool: str, look: Look) -> str:
    known = look.catalogue.tools.get(tool)
    return known.name if known is not None else tool


def _day(at: datetime, look: Look) -> str:
    return _spoken(look.week.day_of(at))


def _spoken(on: date) -> str:
    return f"{on.day} {on:%B}"

"""What there may be to say to a person, and from when to when: pure, of their own way and the moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.learning.memory import went_wrong
from bot.model import Commitment, Learner, Recall, Session, SessionStatus, ToolUse
from bot.nudging.times import Week, instant, next_due
from lessons.catalogue import Catalogue
from lessons.moments import EventTrigger, Moment, Whom


@dataclass(frozen=True, slots=True)
class Way:
    """A person's way so far, as far as moments look at it; `history` and `commitments` are newest first."""

    learner: Learner
    history: Sequence[Session] = ()
    commitments: Sequence[Commitment] = ()
    uses: Sequence[ToolUse] = ()
    recalls: Sequence[Recall] = ()
    habits: frozenset[str] = frozenset()
    """The tools whose use is a habit already; see `bot.measurement`."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time at which something could be said.

    `subject` tells it from others of its moment: the local time, the session, the question. `because` goes on
    a sentence that began with "because".
    """

    moment: Moment
    subject: str
    due_at: datetime
    late_at: datetime
    because: str
    has_habit: bool = False


def is_for(whom: Whom, learner: Learner) -> bool:
    """Say whether a moment is for somebody."""
    families, tools = _names(whom.job_family), _names(whom.tool)
    return (not families or learner.job_family in families) and (not tools or bool(tools & {*learner.tools}))


def _names(said: str | tuple[str, ...]) -> set[str]:
    return {said} if isinstance(said, str) else {*said}


MOST_AT_ONCE = 200
"""Times of one moment that are looked through, for cron can say "every minute"."""


def occasions(
    way: Way, catalogue: Catalogue, week: Week, since: datetime, now: datetime
) -> tuple[Occasion, ...]:
    """Return what came due after `since`, and of each moment what comes next after `now`.

    They stand in the catalogue's order, within a moment in that of time.
    """
    found: list[Occasion] = []
    for moment in catalogue.moments:
        if is_for(moment.whom, way.learner):
            found += _of(moment, way, week, since, now)
    return tuple(found)


def _of(moment: Moment, way: Way, week: Week, since: datetime, now: datetime) -> Iterator[Occasion]:
    if isinstance(moment.when, EventTrigger):
        for subject, at, because in _happened(moment.when, way, week):
            day = week.day_of(at) + timedelta(days=moment.when.after_days)
            due = instant(day, time.fromisoformat(moment.when.at), week.zone)
            if max(due, at) > since:
                yield _occasion(moment, subject, max(due, at), because, way)
        return
    at = max(since, now - timedelta(minutes=moment.late_minutes))
    for _ in range(MOST_AT_ONCE):
        due_at = next_due(moment.when, at, week)
        if due_at is None:
            return
        local = due_at.astimezone(week.zone)
        yield _occasion(moment, f"{local:%Y-%m-%d %H:%M}", due_at, _ritual(due_at, week), way)
        if due_at > now:
            return
        at = due_at


def _occasion(moment: Moment, subject: str, due: datetime, because: str, way: Way) -> Occasion:
    late = due + timedelta(minutes=moment.late_minutes)
    tools = _names(moment.whom.tool) or {*way.learner.tools}
    has_habit = moment.kind == "apply" and bool(tools) and tools <= way.habits
    return Occasion(moment, subject, due, late, because, has_habit)


def _ritual(due: datetime, week: Week) -> str:
    local = due.astimezone(week.zone)
    return f"it is {local:%A}, {local:%H:%M}, the time that your organization chose for it"


Happened = tuple[str, datetime, str]
"""What tells it from others, when it was, and why that is a reason."""


def _happened(trigger: EventTrigger, way: Way, week: Week) -> Iterator[Happened]:
    match trigger.event:
        case "joined":
            if way.learner.joined_at is not None:
                yield "joined", way.learner.joined_at, "you joined a short time ago"
        case "committed":
            for plan in way.commitments[:1]:
                yield plan.session, plan.made_at, f"you made a plan on {_day(plan.made_at, week)}"
        case "practice_failed":
            for session in _newest(way, SessionStatus.COMPLETED):
                if went_wrong(session):
                    yield session.id, session.updated_at, "not all of a practice went well"
        case "lesson_left":
            for session in _newest(way, SessionStatus.LEFT):
                yield session.id, session.updated_at, f"you left a lesson on {_day(session.updated_at, week)}"
        case "lapsed":
            yield from _lapses(way, week)
        case "review_due":
            for recall in sorted(way.recalls, key=lambda each: each.due_at)[:1]:
                yield f"{recall.question} {recall.count}", recall.due_at, "a review question is due"


def _newest(way: Way, status: SessionStatus) -> Iterator[Session]:
    """Give the newest session, where it stands so: what came after it has taken its place."""
    yield from (session for session in way.history[:1] if session.status is status)


def _lapses(way: Way, week: Week) -> Iterator[Happened]:
    """Give each task for which a tool was used more than once, from its last day on."""
    for use in way.uses:
        if use.count > 1:
            at = instant(use.last_on, time(12), week.zone)
            because = f"you last used AI for this on {use.last_on.day} {use.last_on:%B}: {use.use_case}"
            yield f"{use.use_case} {use.last_on}", at, because


def _day(at: datetime, week: Week) -> str:
    local = week.day_of(at)
    return f"{local.day} {local:%B}"

"""Stamps adoption events with who, when and where, so that a handler says only what happened."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from bot.events import AdoptionEvent, EventType
from bot.model import Draw, Learner, Snapshot
from lessons.model import Lesson


class Facts:
    """Makes the events of one decision; their ids are drawn in order, so that deciding again repeats them."""

    def __init__(self, snapshot: Snapshot, now: datetime, draw: Draw, learner: Learner | None = None) -> None:
        """Stamp for `learner`, else for the snapshot's."""
        self._snapshot = snapshot
        self._learner = learner or snapshot.who
        self._now = now
        self._draw = draw
        self._made = 0
        self._zone = zone_named(self._learner.time_zone or snapshot.organization.time_zone)
        self._today = now.astimezone(self._zone).date()

    @property
    def today(self) -> date:
        """The learner's local day."""
        return self._today

    @property
    def now(self) -> datetime:
        """The time of what is recorded."""
        return self._now

    @property
    def zone(self) -> ZoneInfo:
        """The learner's time zone, else the organization's; UTC where this machine knows neither."""
        return self._zone

    def __call__(self, kind: EventType, /, **properties: JsonValue) -> AdoptionEvent:
        """Record a fact that is about no lesson."""
        return self._event(kind, None, None, properties)

    def in_lesson(
        self, kind: EventType, lesson: Lesson, step: int | None, /, **properties: JsonValue
    ) -> AdoptionEvent:
        """Record a fact about a lesson, and a step of it where `step` (from 0) is given."""
        return self._event(kind, lesson, step, properties)

    def offer(self, lesson: Lesson, by: str, because: str) -> AdoptionEvent:
        """Record that a lesson was offered; `by` says where, `because` with what reason."""
        return self._event(EventType.LESSON_OFFERED, lesson, None, {"by": by, "because": because})

    def local_day(self, at: datetime) -> date:
        """Return the learner's local day of a time."""
        return at.astimezone(self._zone).date()

    def _event(
        self, kind: EventType, lesson: Lesson | None, step: int | None, properties: dict[str, JsonValue]
    ) -> AdoptionEvent:
        self._made += 1
        where = self._snapshot
        return AdoptionEvent(
            id=self._draw.id(f"event {self._made}"),
            occurred_at=self._now,
            local_date=self._today,
            learner=self._learner.id,
            type=kind,
            workspace=where.workspace.id,
            channel=where.workspace.channel,
            surface=where.place.surface,
            lesson=lesson.id if lesson else None,
            lesson_version=lesson.version if lesson else None,
            step=step,
            use_case=lesson.use_case if lesson else None,
            properties=properties,
        )


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")

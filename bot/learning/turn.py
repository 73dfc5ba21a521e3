"""One live screen of one session: what a press finds there, and how the session moves on from it.

A press on an earlier screen, a second press, a press after the end or on a message left behind changes
nothing and is answered with where the lesson is now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from bot.errors import NotYours
from bot.events import AdoptionEvent, EventType
from bot.facts import Facts
from bot.learning import views
from bot.learning.memory import answered, begun, went_wrong
from bot.learning.parts import note_of
from bot.learning.path import next_lesson, trail_of
from bot.messages import Message
from bot.model import (
    Changes,
    Commitment,
    Decision,
    Draw,
    Learner,
    Recall,
    Reply,
    Session,
    SessionId,
    SessionStatus,
    Snapshot,
    Stage,
    Submission,
)
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from lessons.steps import Step


@dataclass(frozen=True, slots=True)
class At:
    """The screen that a button belongs to."""

    session: SessionId
    version: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What every handler of a live screen works on."""

    snapshot: Snapshot
    learner: Learner
    session: Session
    lesson: Lesson
    catalogue: Catalogue
    now: datetime
    facts: Facts

    def fact(self, kind: EventType, /, **more: JsonValue) -> AdoptionEvent:
        """Record a fact about the session's present step."""
        return self.facts.in_lesson(kind, self.lesson, self.session.step, **more)

    def noted(self, stage: Stage | None = None, /, **more: JsonValue) -> Session:
        """Return the session with something noted for the present step, perhaps at another screen of it."""
        key = str(self.session.step)
        before = note_of(self.session)
        notes: Mapping[str, JsonValue] = {**self.session.notes, key: {**before, **more}}
        return replace(self.session, notes=notes, stage=stage or self.session.stage)

    def shows(
        self,
        session: Session,
        *events: AdoptionEvent,
        commitment: Commitment | None = None,
        submission: Submission | None = None,
    ) -> Decision:
        """Decide that the session stands here now, after these events."""
        session = replace(session, version=session.version + 1, updated_at=self.now)
        message = views.screen(session, self.lesson, self.learner, self.catalogue)
        return self._decide(session, message, events, commitment, submission)

    def stays(self) -> Decision:
        """Decide that what was sent means nothing on this screen, which is shown again as it is."""
        version = self.session.version
        return _stale(self.snapshot, self.lesson, self.session, version, self.catalogue, self.facts)

    def advances(
        self, session: Session, *events: AdoptionEvent, commitment: Commitment | None = None
    ) -> Decision:
        """Decide that the step is done: the next one is shown, or the lesson ends."""
        step = session.step + 1
        if step == len(self.lesson.steps):
            return self._completes(session, events, commitment)
        stages = views.reflect_stages(self.lesson, step)
        moved = replace(session, step=step, stage=stages[0] if stages else Stage.ASK)
        shown = self.facts.in_lesson(
            EventType.STEP_SHOWN, self.lesson, step, **views.shown_of(self.lesson.steps[step])
        )
        return self.shows(moved, *events, shown, commitment=commitment)

    def _completes(
        self, session: Session, events: tuple[AdoptionEvent, ...], commitment: Commitment | None
    ) -> Decision:
        seconds = round((self.now - session.started_at).total_seconds())
        ended = replace(
            session,
            status=SessionStatus.COMPLETED,
            version=session.version + 1,
            updated_at=self.now,
            ended_at=self.now,
        )
        events = (*events, self.fact(EventType.LESSON_COMPLETED, seconds=seconds))
        history = (ended, *(s for s in self.snapshot.history if s.id != ended.id))
        recalls = self._remembered(ended)
        following = next_lesson(trail_of(self.snapshot, history=history), self.catalogue, self.now)
        if following:
            events = (*events, self.facts.offer(following.lesson, "completed", following.because))
        message = views.completed_screen(ended, self.lesson, self.learner, self.catalogue, following)
        decision = self._decide(ended, message, events, commitment)
        return replace(decision, changes=replace(decision.changes, recalls=recalls))

    def _remembered(self, ended: Session) -> tuple[Recall, ...]:
        """Begin to remember the lesson's review questions; one that is remembered already goes on."""
        known = {r.question: r for r in self.snapshot.recalls if r.lesson == self.lesson.id}
        new = begun(self.learner, self.lesson, ended, self.now)
        right = not went_wrong(ended)
        return tuple(
            answered(known[each.question], right, self.now) if each.question in known else each
            for each in new
        )

    def _decide(
        self,
        session: Session,
        message: Message,
        events: tuple[AdoptionEvent, ...],
        commitment: Commitment | None = None,
        submission: Submission | None = None,
    ) -> Decision:
        learner = self.learner
        if session.status is SessionStatus.COMPLETED and learner.current == session.id:
            learner = replace(learner, current=None)
        changes = Changes(
            learner=learner, sessions=(session,), events=events, commitment=commitment, submission=submission
        )
        return Decision(Reply(message, post=session.post), changes)


def turn_of(
    snapshot: Snapshot,
    at: At,
    catalogue: Catalogue,
    now: datetime,
    draw: Draw,
    fits: Mapping[type[Step], frozenset[Stage]],
) -> Turn | Decision:
    """Find the live screen that a press belongs to, or decide what to answer where it is live no more.

    `fits` says on which steps and screens of them the press has a meaning; anywhere else it changes nothing.
    """
    learner, session, lesson = snapshot.who, snapshot.session, snapshot.lesson
    if session is None or lesson is None or session.id != at.session or session.learner != learner.id:
        raise NotYours
    facts = Facts(snapshot, now, draw)
    live = session.status is SessionStatus.OPEN and session.version == at.version
    if live and session.stage in fits.get(type(lesson.steps[session.step]), ()):
        return Turn(snapshot, learner, session, lesson, catalogue, now, facts)
    return _stale(snapshot, lesson, session, at.version, catalogue, facts)


def _stale(
    snapshot: Snapshot, lesson: Lesson, session: Session, version: int, catalogue: Catalogue, facts: Facts
) -> Decision:
    stale = facts.in_lesson(EventType.PRESS_STALE, lesson, session.step)
    # The learner is written unchanged, so that a press at the same time makes one of the two decide again.
    changes = Changes(learner=snapshot.who, events=(stale,))
    return Decision(present_session(snapshot, version, catalogue, facts.now), changes)


def present_session(
    snapshot: Snapshot, pressed_version: int | None, catalogue: Catalogue, now: datetime
) -> Reply:
    """Show where the snapshot's session is now, on the message whose button carried `pressed_version`."""
    session, lesson, learner = snapshot.session, snapshot.lesson, snapshot.who
    if session is None or lesson is None:
        raise NotYours
    if snapshot.instead is not None:
        session, lesson = snapshot.instead
        pressed_version = None
    is_left = pressed_version is not None and pressed_version < session.moved_version
    if is_left and not shows_here(snapshot, session):
        return Reply(views.moved_notice(lesson, where_it_is(snapshot, session)))
    if session.status is SessionStatus.OPEN:
        return Reply(views.screen(session, lesson, learner, catalogue), post=session.post)
    if session.status is SessionStatus.LEFT:
        return Reply(views.left_screen(session, lesson), post=session.post)
    if session.status is SessionStatus.ABANDONED:
        return Reply(views.moved_notice(lesson, "from the start, in a newer message"))
    following = next_lesson(trail_of(snapshot), catalogue, now)
    return Reply(views.completed_screen(session, lesson, learner, catalogue, following), post=session.post)


def shows_here(snapshot: Snapshot, session: Session | None) -> bool:
    """Say whether the message that was pressed is the one that shows the session."""
    post = snapshot.post
    return (
        post is not None
        and session is not None
        and post.id == session.post
        and post.workspace == snapshot.workspace.id
        and post.external is not None
        and post.external == snapshot.place.message
    )


def where_it_is(snapshot: Snapshot, session: Session) -> str:
    """Say where a session is shown that is no longer shown here."""
    return "in a newer message" if session.workspace == snapshot.workspace.id else "in your other channel"

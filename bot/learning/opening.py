"""Which lesson a learner opens: the next one, one by name, an unfinished one again, one from the start."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import UnknownLesson
from bot.events import AdoptionEvent, EventType
from bot.facts import Facts
from bot.learning import views
from bot.learning.path import UNFINISHED, Following, Standing, next_lesson, next_question, standings, trail_of
from bot.learning.recalling import ask_question
from bot.learning.turn import present_session, shows_here
from bot.messages import Block, Button, Choices, Emphasis, Heading, Message, Note, Progress, Text, say
from bot.model import (
    Changes,
    Decision,
    Draw,
    Learner,
    PostId,
    Reply,
    Session,
    SessionId,
    SessionStatus,
    Snapshot,
    Stage,
)
from lessons.catalogue import Catalogue
from lessons.model import Lesson


@dataclass(frozen=True, slots=True)
class OpenNext:
    """Ask what is due, go on with the unfinished lesson, or start the next one; `skip`: no question now."""

    skip: bool = False


@dataclass(frozen=True, slots=True)
class OpenLesson:
    """Open a lesson by its id."""

    lesson: str


@dataclass(frozen=True, slots=True)
class RestartLesson:
    """`lesson` "" means the one under way."""

    lesson: str = ""


@dataclass(frozen=True, slots=True)
class ShowLessons:
    """List the lessons for the learner's job."""


def open_next(
    snapshot: Snapshot, command: OpenNext, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Open what comes next, or say that all is done."""
    session, trail = snapshot.session, trail_of(snapshot)
    if session and session.status is SessionStatus.OPEN and snapshot.lesson:
        return _resume(snapshot, session, snapshot.lesson, catalogue, now, draw)
    question = None if command.skip else next_question(trail, catalogue, now)
    if question is not None:
        return ask_question(snapshot, question, catalogue, now, draw)
    following = next_lesson(trail, catalogue, now)
    if following is None:
        listed = standings(snapshot.who, snapshot.history, catalogue)
        return Decision(Reply(_all_done() if listed else views.nothing_yet(), aside=True))
    return _open(snapshot, following.lesson, catalogue, now, draw, following.because)


def open_lesson(
    snapshot: Snapshot, command: OpenLesson, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Open a lesson by its id: where it was left, else from the start.

    Raises:
        UnknownLesson: neither the catalogue nor an unfinished session has it.
    """
    lesson = catalogue.lessons.get(command.lesson)
    if lesson is None and not any(
        s.lesson == command.lesson and s.status in UNFINISHED for s in snapshot.history
    ):
        raise UnknownLesson(command.lesson, nearest_lesson(command.lesson, catalogue))
    return _open(snapshot, lesson or command.lesson, catalogue, now, draw)


def restart_lesson(
    snapshot: Snapshot, command: RestartLesson, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Start a lesson over, in its present version; the session so far ends as abandoned."""
    wanted = command.lesson or (snapshot.session.lesson if snapshot.session else "")
    lesson = catalogue.lessons.get(wanted)
    if lesson is None:
        if not wanted:
            return Decision(
                Reply(say("There is no lesson under way. Type “lessons” to choose one."), aside=True)
            )
        raise UnknownLesson(wanted, nearest_lesson(wanted, catalogue))
    old = _unfinished(snapshot, lesson.id)
    if old is not None and old.version == 1 and old.lesson_version == lesson.version:
        return _resume(snapshot, old, lesson, catalogue, now, draw)  # it is at its start, untouched
    return _start(snapshot, lesson, catalogue, now, draw, restarted=old)


def show_lessons(
    snapshot: Snapshot, command: ShowLessons, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """List the learner's lessons: done, under way, next."""
    learner = snapshot.who
    listed = standings(learner, snapshot.history, catalogue)
    following = next_lesson(trail_of(snapshot), catalogue, now)
    facts = Facts(snapshot, now, draw)
    events = (facts.offer(following.lesson, "lessons", following.because),) if following else ()
    screen = lessons_screen(learner, listed, following, catalogue)
    return Decision(Reply(screen, aside=True), Changes(events=events))


def nearest_lesson(typed: str, catalogue: Catalogue) -> str | None:
    """Find the lesson id most like what was typed."""
    close = difflib.get_close_matches(typed, list(catalogue.lessons), n=1, cutoff=0.5)
    return close[0] if close else None


def lessons_screen(
    learner: Learner, listed: Sequence[Standing], following: Following | None, catalogue: Catalogue
) -> Message:
    """Show the lessons of the learner's job family with a button each."""
    family = catalogue.job_families.get(learner.job_family or "")
    title = f"Lessons for you: {family.name}" if family else "All lessons"
    if not listed:
        nothing = views.nothing_yet()
        return Message(nothing.fallback, (Heading(title), *nothing.blocks))
    done = sum(x.done for x in listed)
    blocks: list[Block] = [Heading(title), Progress(done, len(listed), f"{done} of {len(listed)} done")]
    if following:
        title_of = following.lesson.told_in(learner.locale).title
        blocks.append(Note(f"Next: “{title_of}”, because {following.because}."))
    buttons: list[Button] = []
    for item in listed:
        is_next = following is not None and item.lesson.id == following.lesson.id
        state = "Go on: " if item.unfinished else "Again: " if item.done else ""
        label = f"{state}{item.lesson.told_in(learner.locale).title} ({item.lesson.minutes} min)"
        emphasis = Emphasis.PRIMARY if is_next else Emphasis.PLAIN
        buttons.append(Button(label, "lesson", {"id": item.lesson.id}, emphasis))
    return Message(f"{title}: {done} of {len(listed)} done", (*blocks, Choices(tuple(buttons))))


def _all_done() -> Message:
    text = "You have done every lesson there is for your job. Press Lessons to do one again."
    return Message(text, (Text(text), Choices((Button("Lessons", "lessons"),))))


def _unfinished(snapshot: Snapshot, lesson: str) -> Session | None:
    return next((s for s in snapshot.history if s.lesson == lesson and s.status in UNFINISHED), None)


def _open(
    snapshot: Snapshot,
    lesson: Lesson | str,
    catalogue: Catalogue,
    now: datetime,
    draw: Draw,
    because: str = "",
) -> Decision:
    """Go on with the unfinished session of this lesson in the version it began, else start one."""
    old = _unfinished(snapshot, lesson if isinstance(lesson, str) else lesson.id)
    if old is None:
        present = catalogue.lessons[lesson] if isinstance(lesson, str) else lesson
        return _start(snapshot, present, catalogue, now, draw, because=because)
    began = _version(snapshot, old, catalogue)
    if began is not None:
        return _resume(snapshot, old, began, catalogue, now, draw)
    if isinstance(lesson, str):
        raise UnknownLesson(lesson, nearest_lesson(lesson, catalogue))
    return _start(snapshot, lesson, catalogue, now, draw, restarted=old)


def _version(snapshot: Snapshot, session: Session, catalogue: Catalogue) -> Lesson | None:
    """Find the lesson in the version that a session began with; None where it cannot be read any more."""
    current = catalogue.lessons.get(session.lesson)
    if current is not None and current.version == session.lesson_version:
        return current
    if snapshot.lesson is not None and snapshot.lesson.version == session.lesson_version:
        return snapshot.lesson
    return snapshot.shelf.get(session.lesson_version)


def _start(
    snapshot: Snapshot,
    lesson: Lesson,
    catalogue: Catalogue,
    now: datetime,
    draw: Draw,
    restarted: Session | None = None,
    because: str = "",
) -> Decision:
    learner, facts = snapshot.who, Facts(snapshot, now, draw)
    stages = views.reflect_stages(lesson, 0)
    session = Session(
        id=SessionId(draw.id("session")),
        learner=learner.id,
        lesson=lesson.id,
        lesson_version=lesson.version,
        started_at=now,
        updated_at=now,
        stage=stages[0] if stages else Stage.ASK,
        notes={"because": because} if because else {},
        post=PostId(draw.id("post")),
        workspace=snapshot.workspace.id,
    )
    events: list[AdoptionEvent] = []
    sessions, updates = [session], []
    if restarted is not None:
        events.append(facts.in_lesson(EventType.LESSON_RESTARTED, lesson, restarted.step))
        sessions.append(_ended(restarted, SessionStatus.ABANDONED, now))
        updates += _left_behind(snapshot, restarted, lesson)
    aside = _put_aside(snapshot, session, catalogue, now, facts)
    if aside and (restarted is None or aside[0].id != restarted.id):
        sessions.append(aside[0])
        events += aside[1]
        updates += aside[2]
    events.append(facts.in_lesson(EventType.LESSON_STARTED, lesson, None, minutes=lesson.minutes))
    events.append(facts.in_lesson(EventType.STEP_SHOWN, lesson, 0, **views.shown_of(lesson.steps[0])))
    changes = Changes(
        learner=replace(learner, current=session.id),
        sessions=tuple(sessions),
        lesson=lesson,
        events=tuple(events),
    )
    message = views.screen(session, lesson, learner, catalogue)
    return Decision(Reply(message, post=session.post, updates=tuple(updates)), changes)


def _resume(
    snapshot: Snapshot, session: Session, lesson: Lesson, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show an unfinished session here and now; where it showed before is left behind, inert."""
    learner, facts = snapshot.who, Facts(snapshot, now, draw)
    here = shows_here(snapshot, session)
    if here and session.status is SessionStatus.OPEN:
        shown = replace(snapshot, session=session, lesson=lesson)
        return Decision(present_session(shown, None, catalogue, now))
    version = session.version + 1
    resumed = replace(
        session,
        status=SessionStatus.OPEN,
        version=version,
        moved_version=session.moved_version if here else version,
        post=session.post if here else PostId(draw.id("post")),
        workspace=snapshot.workspace.id,
        updated_at=now,
    )
    events = [facts.in_lesson(EventType.LESSON_RESUMED, lesson, session.step, moved=not here)]
    sessions, updates = [resumed], [] if here else _left_behind(snapshot, session, lesson)
    aside = _put_aside(snapshot, resumed, catalogue, now, facts)
    if aside:
        sessions.append(aside[0])
        events = [*aside[1], *events]
        updates += aside[2]
    changes = Changes(
        learner=replace(learner, current=resumed.id), sessions=tuple(sessions), events=tuple(events)
    )
    message = views.screen(resumed, lesson, learner, catalogue)
    return Decision(Reply(message, post=resumed.post, updates=tuple(updates)), changes)


def _left_behind(snapshot: Snapshot, session: Session, lesson: Lesson) -> list[tuple[PostId, Message]]:
    """Make the message that showed a session inert, unless it is the very one that was pressed."""
    if session.post is None or shows_here(snapshot, session):
        return []
    moved = session.workspace != snapshot.workspace.id
    where = f"in {snapshot.workspace.channel.spoken}" if moved else "in a newer message"
    return [(session.post, views.moved_notice(lesson, where))]


def _ended(session: Session, status: SessionStatus, now: datetime) -> Session:
    return replace(session, status=status, version=session.version + 1, updated_at=now)


def _put_aside(
    snapshot: Snapshot, opened: Session, catalogue: Catalogue, now: datetime, facts: Facts
) -> tuple[Session, list[AdoptionEvent], list[tuple[PostId, Message]]] | None:
    """Leave the lesson under way, where another one is opened: it stays where it is."""
    current, lesson = snapshot.session, snapshot.lesson
    if (
        current is None
        or lesson is None
        or current.id == opened.id
        or current.status is not SessionStatus.OPEN
    ):
        return None
    left = _ended(current, SessionStatus.LEFT, now)
    event = facts.in_lesson(EventType.LESSON_LEFT, lesson, current.step)
    shown = (
        []
        if shows_here(snapshot, current) or current.post is None
        else [(current.post, views.left_screen(left, lesson))]
    )
    return left, [event], shown


def move_here(decision: Decision, snapshot: Snapshot, lesson: Lesson, draw: Draw) -> Decision:
    """Show a decided session in a new message where the person is, and make the old message inert."""
    session = decision.changes.sessions[0]
    here = replace(
        session,
        post=PostId(draw.id("post")),
        moved_version=session.version,
        workspace=snapshot.workspace.id,
    )
    reply = replace(decision.reply, post=here.post, updates=tuple(_left_behind(snapshot, session, lesson)))
    return Decision(reply, replace(decision.changes, sessions=(here, *decision.changes.sessions[1:])))

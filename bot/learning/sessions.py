"""What a learner can do in a lesson: one command and one pure handler for each.

Each is tied to one screen of one session by the button's session id and version; see `bot.learning.turn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

from pydantic import JsonValue

from bot.errors import InvalidInput
from bot.events import AdoptionEvent, EventType, Evidence
from bot.learning import views
from bot.learning.checks import count_words, run_checks
from bot.learning.parts import listed, note_of
from bot.learning.turn import At, Turn, turn_of
from bot.model import (
    Changes,
    Commitment,
    Decision,
    Draw,
    Reply,
    Session,
    SessionStatus,
    Snapshot,
    Stage,
    Submission,
)
from lessons.catalogue import Catalogue
from lessons.steps import CheckStep, CommitStep, ConceptStep, PracticeStep, ReflectStep, Step, TransferStep


@dataclass(frozen=True, slots=True)
class ContinueLesson:
    """Go on to the next step."""

    at: At


@dataclass(frozen=True, slots=True)
class SubmitPractice:
    """`text` None: done, without showing the result."""

    at: At
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ShowHint:
    """Show the hint of a practice."""

    at: At


@dataclass(frozen=True, slots=True)
class RetryStep:
    """Try the practice or the question again."""

    at: At


@dataclass(frozen=True, slots=True)
class ReviewPractice:
    """Judge the own result by the rubric: `met` is all or some."""

    at: At
    met: str


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """Choose an answer, counted from 0."""

    at: At
    answer: int


@dataclass(frozen=True, slots=True)
class ReportConfidence:
    """Say how confident one is now, 0-100."""

    at: At
    value: int


@dataclass(frozen=True, slots=True)
class ReportMinutes:
    """Say how many minutes were saved; below zero is time lost."""

    at: At
    value: int


@dataclass(frozen=True, slots=True)
class ReportUse:
    """`tool` "" means that none was used."""

    at: At
    tool: str


@dataclass(frozen=True, slots=True)
class MakeCommitment:
    """`when` and `task` None take the lesson's wording."""

    at: At
    tool: str
    when: str | None = None
    task: str | None = None


@dataclass(frozen=True, slots=True)
class SkipCommitment:
    """Make no plan."""

    at: At


@dataclass(frozen=True, slots=True)
class LeaveLesson:
    """Leave the lesson where it is."""

    at: At


_ASKED, _ANSWERED = frozenset({Stage.ASK}), frozenset({Stage.FEEDBACK})
_PRACTISING: Mapping[type[Step], frozenset[Stage]] = {PracticeStep: _ASKED}
_JUDGING: Mapping[type[Step], frozenset[Stage]] = {PracticeStep: _ANSWERED}
_CHECKING: Mapping[type[Step], frozenset[Stage]] = {CheckStep: _ASKED, TransferStep: _ASKED}
_COMMITTING: Mapping[type[Step], frozenset[Stage]] = {CommitStep: _ASKED}
_RETRYING: Mapping[type[Step], frozenset[Stage]] = dict.fromkeys(
    (PracticeStep, CheckStep, TransferStep), _ANSWERED
)
_GOING_ON: Mapping[type[Step], frozenset[Stage]] = {ConceptStep: _ASKED, **_RETRYING}
_ANYWHERE: Mapping[type[Step], frozenset[Stage]] = dict.fromkeys(get_args(Step), frozenset(Stage))


def _reflecting(stage: Stage) -> Mapping[type[Step], frozenset[Stage]]:
    return {ReflectStep: frozenset({stage})}


def continue_lesson(
    snapshot: Snapshot, command: ContinueLesson, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Go on from a concept, or from the feedback to a question or practice."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _GOING_ON)
    return turn if isinstance(turn, Decision) else turn.advances(turn.session)


def submit_practice(
    snapshot: Snapshot, command: SubmitPractice, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Take a practice as done, or check a pasted result; the text is dropped unless it is set to be kept."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _PRACTISING)
    if isinstance(turn, Decision):
        return turn
    step = turn.lesson.told_in(turn.learner.locale).steps[turn.session.step]
    if not isinstance(step, PracticeStep):
        return turn.stays()
    if command.text is None:
        session = turn.noted(Stage.FEEDBACK, answer="done")
        return turn.shows(session, turn.fact(EventType.PRACTICE_SUBMITTED, answer="done"))
    text = command.text.strip()
    if not text:
        raise InvalidInput({"text": "There is nothing to check yet: paste your result, or press “I did it”."})
    results = run_checks(step.practice.checks, text)
    passed: list[JsonValue] = [r.passed for r in results]
    session = turn.noted(Stage.FEEDBACK, answer="paste", checks=passed, lines=[r.line for r in results])
    event = turn.fact(
        EventType.PRACTICE_SUBMITTED,
        answer="paste",
        characters=len(text),
        words=count_words(text),
        checks=passed,
    )
    return turn.shows(session, event, submission=_kept(turn, text))


def _kept(turn: Turn, text: str) -> Submission | None:
    days = turn.catalogue.organization.keep_text_days
    if not days:
        return None
    return Submission(
        turn.session.id, turn.session.step, turn.learner.id, text, turn.now + timedelta(days=days)
    )


def show_hint(
    snapshot: Snapshot, command: ShowHint, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show the practice's hint."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _PRACTISING)
    if isinstance(turn, Decision):
        return turn
    return turn.shows(turn.noted(hint=True), turn.fact(EventType.HINT_SHOWN))


def retry_step(
    snapshot: Snapshot, command: RetryStep, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Ask the practice or the question again; a wrong answer is not offered twice."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _RETRYING)
    if isinstance(turn, Decision):
        return turn
    kind = views.step_kind(turn.lesson.steps[turn.session.step])
    return turn.shows(replace(turn.session, stage=Stage.ASK), turn.fact(EventType.STEP_SHOWN, kind=kind))


def review_practice(
    snapshot: Snapshot, command: ReviewPractice, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Take the learner's own judgement by the rubric, and go on."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _JUDGING)
    if isinstance(turn, Decision):
        return turn
    met = "all" if command.met == "all" else "some"
    return turn.advances(turn.noted(met=met), turn.fact(EventType.PRACTICE_REVIEWED, met=met))


def answer_check(
    snapshot: Snapshot, command: AnswerCheck, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Give the feedback of the chosen answer."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _CHECKING)
    if isinstance(turn, Decision):
        return turn
    question = views.question_of(turn.lesson.steps[turn.session.step])
    if question is None or not 0 <= command.answer < len(question.answers):
        return turn.stays()
    tried = listed(note_of(turn.session).get("tried"))
    right = question.answers[command.answer].right
    event = turn.fact(EventType.CHECK_ANSWERED, answer=command.answer, right=right, attempt=len(tried) + 1)
    missed = {} if right else {"missed": True}
    session = turn.noted(Stage.FEEDBACK, answer=command.answer, tried=[*tried, command.answer], **missed)
    return turn.shows(session, event)


def report_confidence(
    snapshot: Snapshot, command: ReportConfidence, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Note the confidence after the practice, 0-100."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _reflecting(Stage.ASK))
    if isinstance(turn, Decision):
        return turn
    value = min(100, max(0, command.value))
    event = turn.fact(EventType.CONFIDENCE_REPORTED, value=value, when="after")
    return _reflected(turn, turn.noted(confidence=value), event)


def report_minutes(
    snapshot: Snapshot, command: ReportMinutes, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Note the minutes saved; below zero is time lost."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _reflecting(Stage.MINUTES))
    if isinstance(turn, Decision):
        return turn
    least, most = views.MINUTES_SCALE[0][0], views.MINUTES_SCALE[-1][0]
    value = min(most, max(least, command.value))
    event = turn.fact(EventType.MINUTES_SAVED_REPORTED, value=value)
    return _reflected(turn, turn.noted(minutes=value), event)


def report_use(
    snapshot: Snapshot, command: ReportUse, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Note which tool was used, as the learner's own word."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _reflecting(Stage.USED))
    if isinstance(turn, Decision):
        return turn
    tool = command.tool
    if tool and tool not in turn.lesson.tools:
        return turn.stays()
    kind = EventType.TOOL_USED if tool else EventType.TOOL_NOT_USED
    event = replace(turn.fact(kind), tool=tool or None, evidence=Evidence.SELF_REPORT)
    return _reflected(turn, turn.noted(used=tool), event)


def _reflected(turn: Turn, session: Session, event: AdoptionEvent) -> Decision:
    """Ask the reflect step's next question, or go on after its last."""
    stages = views.reflect_stages(turn.lesson, session.step)
    later = stages[stages.index(session.stage) + 1 :] if session.stage in stages else ()
    if later:
        return turn.shows(replace(session, stage=later[0]), event)
    return turn.advances(session, event)


def make_commitment(
    snapshot: Snapshot, command: MakeCommitment, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Take the if-then plan, in the lesson's words or the learner's own."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _COMMITTING)
    if isinstance(turn, Decision):
        return turn
    step = turn.lesson.told_in(turn.learner.locale).steps[turn.session.step]
    if not isinstance(step, CommitStep):
        return turn.stays()
    when, task = _plan_words(command, step.commit.when, step.commit.task)
    tool = command.tool
    if tool not in turn.lesson.tools:
        raise InvalidInput({"t": "Please choose one of the tools."})
    own = (when, task) != (step.commit.when, step.commit.task)
    event = replace(turn.fact(EventType.COMMITMENT_MADE, own_words=own), tool=tool)
    made = Commitment(turn.session.id, turn.learner.id, turn.lesson.id, when, task, tool, now)
    return turn.advances(turn.noted(when=when, task=task, tool=tool), event, commitment=made)


def _plan_words(command: MakeCommitment, when: str, task: str) -> tuple[str, str]:
    words = [(command.when, when, "when"), (command.task, task, "task")]
    problems = {
        name: "Please say it in a few words." for own, _, name in words if own is not None and not own.strip()
    }
    if problems:
        raise InvalidInput(problems)
    own_when, own_task = ((own or given).strip()[:140] for own, given, _ in words)
    return own_when, own_task


def skip_commitment(
    snapshot: Snapshot, command: SkipCommitment, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Go on without a plan."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _COMMITTING)
    if isinstance(turn, Decision):
        return turn
    return turn.advances(turn.session, turn.fact(EventType.COMMITMENT_SKIPPED))


def leave_lesson(
    snapshot: Snapshot, command: LeaveLesson, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Leave the lesson where it is; it can be gone on with at any time, on any channel."""
    turn = turn_of(snapshot, command.at, catalogue, now, draw, _ANYWHERE)
    if isinstance(turn, Decision):
        return turn
    left = replace(turn.session, status=SessionStatus.LEFT, version=turn.session.version + 1, updated_at=now)
    changes = Changes(learner=turn.learner, sessions=(left,), events=(turn.fact(EventType.LESSON_LEFT),))
    return Decision(Reply(views.left_screen(left, turn.lesson), post=left.post), changes)

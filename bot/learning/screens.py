"""Every screen of a lesson in order, as a learner meets them: what previews show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import JsonValue

from bot.learning import views
from bot.learning.checks import passing, run_checks
from bot.learning.memory import Due, name_of
from bot.learning.recalling import question_screen
from bot.messages import Message
from bot.model import (
    Learner,
    LearnerId,
    OrganizationId,
    Recall,
    Session,
    SessionId,
    SessionStatus,
    Stage,
    Status,
)
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from lessons.steps import CommitStep, PracticeStep

_AT = datetime(2000, 1, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen, and what it is in the lesson."""

    name: str
    message: Message


def screens_of(lesson: Lesson, catalogue: Catalogue, locale: str | None = None) -> tuple[Screen, ...]:
    """Return a lesson's screens, the second ones of practices and questions too, then its review questions.

    They are those of a learner who has every tool of the lesson and reads the language of `locale`.
    """
    learner = Learner(
        LearnerId("preview"),
        OrganizationId("preview"),
        1,
        Status.ACTIVE,
        lesson.job_family,
        lesson.tools,
        locale=locale,
    )
    return tuple(_screens(lesson, learner, catalogue))


def _screens(lesson: Lesson, learner: Learner, catalogue: Catalogue) -> Iterator[Screen]:
    session = Session(SessionId("preview"), learner.id, lesson.id, lesson.version, _AT, _AT)
    for index in range(len(lesson.steps)):
        for name, stage, note in _stages(lesson, index):
            here = replace(session, step=index, stage=stage, notes={**session.notes, str(index): note})
            label = f"Step {index + 1} of {len(lesson.steps)}: {name}"
            yield Screen(label, views.screen(here, lesson, learner, catalogue))
            session = replace(session, notes=here.notes)
    ended = replace(session, status=SessionStatus.COMPLETED, ended_at=_AT)
    yield Screen("The end", views.completed_screen(ended, lesson, learner, catalogue, None))
    for number, question in enumerate(lesson.reviews, 1):
        recall = Recall(learner.id, lesson.id, name_of(question), {}, _AT, _AT)
        shown = question_screen(Due(recall, lesson, question), learner, "you did this lesson some days ago")
        yield Screen(f"Some days later: review question {number}", shown)


_ASKED = {Stage.ASK: "confidence", Stage.MINUTES: "minutes saved", Stage.USED: "tool used"}


def _stages(lesson: Lesson, index: int) -> Iterator[tuple[str, Stage, dict[str, JsonValue]]]:
    """Give the screens of a step: a name, the stage, and what is noted by then."""
    step = lesson.steps[index]
    kind = views.step_kind(step)
    question = views.question_of(step)
    if isinstance(step, PracticeStep):
        yield kind, Stage.ASK, {}
        if step.practice.hint:
            yield f"{kind}, with the hint", Stage.ASK, {"hint": True}
        results = run_checks(step.practice.checks, passing(step.practice.checks))
        pasted: dict[str, JsonValue] = {
            "answer": "paste",
            "lines": [result.line for result in results],
            "checks": [result.passed for result in results],
        }
        yield f"{kind}, the result", Stage.FEEDBACK, pasted if step.practice.answer == "paste" else {}
    elif question is not None:
        yield kind, Stage.ASK, {}
        for number in sorted(range(len(question.answers)), key=lambda n: question.answers[n].right):
            told = "right" if question.answers[number].right else "not right"
            yield f"{kind}, answer {chr(ord('A') + number)}: {told}", Stage.FEEDBACK, {"answer": number}
    elif stages := views.reflect_stages(lesson, index):
        for stage in stages:
            yield f"{kind}, {_ASKED[stage]}", stage, {}
    elif isinstance(step, CommitStep):
        plan: dict[str, JsonValue] = {
            "when": step.commit.when,
            "task": step.commit.task,
            "tool": lesson.tools[0],
        }
        yield kind, Stage.ASK, plan
    else:
        yield kind, Stage.ASK, {}

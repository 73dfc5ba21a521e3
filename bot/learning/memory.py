"""What a learner remembers: when a review question is asked again, by FSRS.

The scheduler is the fsrs package's (Ye, Su, Cao 2022, doi 10.1145/3534678.3539081). A wrong answer counts
as Again, one with a hint as Hard, a right one as Good, and so does verified use at work. Intervals are whole
days from the first: a question that comes back within the hour would only test the last screen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from fsrs import Card, Rating, Scheduler, State
from pydantic import JsonValue

from bot.model import Learner, LearnerId, Recall, Session, ToolUse
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from lessons.steps import Question

SCHEDULER = Scheduler(
    desired_retention=0.9,
    learning_steps=(),
    relearning_steps=(),
    maximum_interval=180,
    enable_fuzzing=False,
)
"""Without fuzz: the same answers give the same days, so that a lost race decides the same again."""


@dataclass(frozen=True, slots=True)
class Due:
    """A review question that is to be asked, where it comes from, and what is known of it."""

    recall: Recall
    lesson: Lesson
    question: Question


def name_of(question: Question) -> str:
    """Name a question by its words: 12 hexadecimal digits."""
    said = "\0".join((question.question, *(answer.text for answer in question.answers)))
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def begun(learner: Learner, lesson: Lesson, session: Session, now: datetime) -> tuple[Recall, ...]:
    """Begin to remember a lesson's review questions at its end, by how the lesson went."""
    rating = Rating.Again if went_wrong(session) else Rating.Hard if was_hinted(session) else Rating.Good
    return tuple(
        _rated(learner.id, lesson.id, name_of(question), Card(card_id=0), rating, 0, now)
        for question in lesson.reviews
    )


def answered(recall: Recall, right: bool, now: datetime) -> Recall:
    """Note an answer and when the question comes again."""
    rating = Rating.Good if right else Rating.Again
    return _rated(recall.learner, recall.lesson, recall.question, _card(recall), rating, recall.count, now)


def after_use(recalls: Sequence[Recall], uses: Iterable[ToolUse], catalogue: Catalogue) -> tuple[Recall, ...]:
    """Count verified use at work, after the question was last asked, as remembering: Good."""
    last: dict[str, datetime] = {}
    for use in uses:
        if use.verified_on is not None:
            at = datetime.combine(use.verified_on, time.min, tzinfo=UTC)
            last[use.use_case] = max(at, last.get(use.use_case, at))
    return tuple(_used(recall, last, catalogue) for recall in recalls)


def _used(recall: Recall, last: Mapping[str, datetime], catalogue: Catalogue) -> Recall:
    lesson = catalogue.lessons.get(recall.lesson)
    at = last.get(lesson.use_case) if lesson else None
    if at is None or at.date() <= recall.answered_at.date():
        return recall
    return replace(answered(recall, True, at), count=recall.count, right=recall.right)


def due(recalls: Iterable[Recall], catalogue: Catalogue, now: datetime) -> tuple[Due, ...]:
    """Return the questions whose time has come, the longest overdue first; what is asked no more is left."""
    found = []
    for recall in sorted(recalls, key=lambda each: (each.due_at, each.lesson, each.question)):
        lesson = catalogue.lessons.get(recall.lesson)
        question = asked(lesson, recall.question) if lesson is not None else None
        if recall.due_at <= now and lesson is not None and question is not None:
            found.append(Due(recall, lesson, question))
    return tuple(found)


def asked(lesson: Lesson, name: str) -> Question | None:
    """Find a lesson's review question by its name; None where it was taken out or rewritten."""
    return next((question for question in lesson.reviews if name_of(question) == name), None)


def went_wrong(session: Session) -> bool:
    """Say whether something in a session was answered wrong, checked wrong or judged wanting."""
    return any(
        note.get("missed") or note.get("met") == "some" or False in _list(note.get("checks"))
        for note in session.notes.values()
        if isinstance(note, Mapping)
    )


def was_hinted(session: Session) -> bool:
    """Say whether a hint was shown in a session."""
    return any(isinstance(note, Mapping) and note.get("hint") for note in session.notes.values())


def _card(recall: Recall) -> Card:
    memory = recall.memory
    return Card(
        card_id=0,
        state=State.Review,
        stability=float(str(memory["stability"])),
        difficulty=float(str(memory["difficulty"])),
        due=recall.due_at,
        last_review=recall.answered_at,
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _rated(
    learner: LearnerId, lesson: str, question: str, card: Card, rating: Rating, count: int, now: datetime
) -> Recall:
    after, _ = SCHEDULER.review_card(card, rating, now)
    memory: dict[str, JsonValue] = {"stability": after.stability, "difficulty": after.difficulty}
    return Recall(learner, lesson, question, memory, after.due, now, count + 1, rating is not Rating.Again)

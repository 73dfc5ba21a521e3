"""Review questions: one question about a lesson done some days ago, half a minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.events import EventType
from bot.facts import Facts
from bot.learning.memory import Due, after_use, answered, asked, due
from bot.learning.path import next_lesson, trail_of
from bot.messages import Block, Button, Choices, Emphasis, Heading, Items, Message, Note, Text, say
from bot.model import Changes, Decision, Draw, Learner, Recall, Reply, Snapshot
from lessons.catalogue import Catalogue
from lessons.model import Lesson


@dataclass(frozen=True, slots=True)
class ShowRecall:
    """Ask the review question that is longest overdue."""


@dataclass(frozen=True, slots=True)
class AnswerRecall:
    """Answer a review question; `count` is how often it had been answered when it was asked."""

    lesson: str
    question: str
    count: int
    answer: int


def show_recall(
    snapshot: Snapshot, command: ShowRecall, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Ask what is due, or say when something will be."""
    waiting = _waiting(snapshot, catalogue, now)
    if waiting:
        return ask_question(snapshot, waiting[0], catalogue, now, draw)
    later = [recall for recall in snapshot.recalls if _question(recall, catalogue) is not None]
    text = "There is nothing to recall yet: review questions come some days after a lesson."
    if later:
        on = Facts(snapshot, now, draw).local_day(min(recall.due_at for recall in later))
        text = f"There is nothing to recall today. The next question comes on {on:%A}, {on.day} {on:%B}."
    return Decision(Reply(say(text, Choices(_LATER)), aside=True))


_LATER = (Button("Next lesson", "next"), Button("Lessons", "lessons"))


def ask_question(snapshot: Snapshot, found: Due, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Ask one review question, and say why it comes now."""
    facts = Facts(snapshot, now, draw)
    message = question_screen(found, snapshot.who, _why(found.recall, facts))
    name = found.recall.question
    event = facts.in_lesson(EventType.REVIEW_SHOWN, found.lesson, None, question=name)
    return Decision(Reply(message), Changes(events=(event,)))


def question_screen(found: Due, learner: Learner, because: str) -> Message:
    """Show a review question in the learner's language, with the lesson that it is from and why it comes."""
    told = found.lesson.told_in(learner.locale)
    question = told.reviews[found.lesson.reviews.index(found.question)]
    recall = found.recall
    args = {"l": recall.lesson, "q": recall.question, "n": str(recall.count)}
    options = tuple(
        Button(answer.text, "recalled", {**args, "a": str(i)}, short=chr(ord("A") + i))
        for i, answer in enumerate(question.answers)
    )
    blocks: tuple[Block, ...] = (
        Heading("Half a minute: do you remember?"),
        Text(question.question, strong=True),
        Choices(options),
        Note(f"From “{told.title}”, because {because}."),
        Choices((Button("Not now: the next lesson", "next", {"skip": "1"}),)),
    )
    return Message(question.question, blocks)


def _why(recall: Recall, facts: Facts) -> str:
    on = facts.local_day(recall.answered_at)
    day = f"{on.day} {on:%B}"
    if recall.count > 1:
        return f"you last answered it on {day}" if recall.right else f"on {day} the answer was another one"
    return f"you did this lesson on {day}" if recall.right else f"not all of it went well on {day}"


def answer_recall(
    snapshot: Snapshot, command: AnswerRecall, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Say whether the answer is right, and when the question comes again; an old button changes nothing."""
    learner = snapshot.who
    lesson = catalogue.lessons.get(command.lesson)
    question = asked(lesson, command.question) if lesson is not None else None
    recall = next((each for each in snapshot.recalls if _is(each, command)), None)
    if lesson is None or question is None or recall is None or command.answer >= len(question.answers):
        return show_recall(snapshot, ShowRecall(), catalogue, now, draw)
    if recall.count != command.count:
        text = "You have answered this one already. Only the first answer counts."
        return Decision(Reply(say(text, Choices(_LATER))), Changes(learner=learner))
    facts = Facts(snapshot, now, draw)
    right = question.answers[command.answer].right
    (known,) = after_use((recall,), snapshot.uses, catalogue)
    later = answered(known, right, now)
    event = facts.in_lesson(
        EventType.REVIEW_ANSWERED,
        lesson,
        None,
        question=command.question,
        answer=command.answer,
        right=right,
        attempt=command.count,
    )
    rest = [each for each in _waiting(snapshot, catalogue, now) if not _is(each.recall, command)]
    on = facts.local_day(later.due_at)
    when = f"This question comes again on {on.day} {on:%B}."
    message = _feedback(lesson, learner, command, when, len(rest), _following(snapshot, catalogue, now))
    return Decision(Reply(message), Changes(learner=learner, recalls=(later,), events=(event,)))


def _feedback(
    lesson: Lesson, learner: Learner, command: AnswerRecall, when: str, rest: int, following: Sequence[Button]
) -> Message:
    told = lesson.told_in(learner.locale)
    question = next(
        each
        for each, original in zip(told.reviews, lesson.reviews, strict=True)
        if original == asked(lesson, command.question)
    )
    chosen = question.answers[command.answer]
    blocks: list[Block] = [
        Text(question.question, strong=True),
        Items((chosen.text,), (chosen.right,)),
        Text(chosen.feedback),
    ]
    if not chosen.right:
        right = next(answer for answer in question.answers if answer.right)
        blocks += [Items((right.text,), (True,)), Text(right.feedback)]
    blocks.append(Note(when))
    more = (Button(f"One more ({rest} left)", "recall"),) if rest else ()
    return Message("Right." if chosen.right else "Not quite.", (*blocks, Choices((*following, *more))))


def _following(snapshot: Snapshot, catalogue: Catalogue, now: datetime) -> tuple[Button, ...]:
    following = next_lesson(trail_of(snapshot), catalogue, now)
    if following is None:
        return (Button("All lessons", "lessons"),)
    lesson = following.lesson
    label = f"Next lesson ({lesson.minutes} minutes)"
    return (Button(label, "lesson", {"id": lesson.id}, Emphasis.PRIMARY), Button("All lessons", "lessons"))


def _waiting(snapshot: Snapshot, catalogue: Catalogue, now: datetime) -> tuple[Due, ...]:
    return due(after_use(snapshot.recalls, snapshot.uses, catalogue), catalogue, now)


def _question(recall: Recall, catalogue: Catalogue) -> object | None:
    lesson = catalogue.lessons.get(recall.lesson)
    return asked(lesson, recall.question) if lesson is not None else None


def _is(recall: Recall, command: AnswerRecall) -> bool:
    return (recall.lesson, recall.question) == (command.lesson, command.question)

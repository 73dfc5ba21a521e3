"""How long a lesson takes, and whether its `minutes` say so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress

from pydantic import ValidationError

from lessons.lint import Code, Finding
from lessons.model import Lesson
from lessons.reading import Block, Document
from lessons.steps import CheckStep, ConceptStep, PracticeStep, Question, TransferStep

WORDS_A_MINUTE = 238
"""Silent reading of English non-fiction by adults (Brysbaert 2019, doi 10.1016/j.jml.2019.104047)."""

STEP_MINUTES = 0.5
"""For answering a check, a reflect or a commit."""

SHORTEST, LONGEST = 3, 7
"""Minutes of a lesson."""


def length(lesson: Lesson) -> float:
    """Return the minutes that a lesson takes, not rounded.

    Read are tasks, concepts, questions with their answers, and the feedback of the right one; material and
    starters are part of the practice. The questions of `reviews` come on other days.
    """
    minutes = 0.0
    texts: list[str] = []
    for step in lesson.steps:
        match step:
            case PracticeStep():
                minutes += step.practice.minutes
                texts.append(step.practice.task)
            case ConceptStep():
                texts.append(step.text)
            case CheckStep(check=question) | TransferStep(transfer=question):
                minutes += STEP_MINUTES
                texts += _read_in(question)
            case _:
                minutes += STEP_MINUTES
    return minutes + sum(len(text.split()) for text in texts) / WORDS_A_MINUTE


def _read_in(question: Question) -> Iterator[str]:
    yield question.question
    for answer in question.answers:
        yield answer.text
        if answer.right:
            yield answer.feedback


def rounded(minutes: float) -> int:
    """Return what `minutes` should say of a length: a half goes upwards."""
    return math.floor(minutes + 0.5)


def estimate_minutes(lesson: Lesson) -> int:
    """Return what `minutes` should say: the length, rounded."""
    return rounded(length(lesson))


def check_minutes(document: Document, lesson: Lesson | None) -> Iterator[Finding]:
    """Check `minutes` against the estimate, which needs the lesson whole, whatever its `minutes` say."""
    source = document.value
    said = source.get("minutes") if isinstance(source, Block) else None
    if isinstance(source, Block) and isinstance(said, int) and not isinstance(said, bool):
        message, mend = _minutes(said, lesson or _with_other_minutes(source))
        if message:
            yield document.finding(source.value_at("minutes"), Code.MINUTES, message, mend)


def _with_other_minutes(source: Block) -> Lesson | None:
    """Return the lesson that only its `minutes` keep from being one, so that they can be estimated."""
    with suppress(ValidationError):
        return Lesson.model_validate({**source, "minutes": LONGEST})
    return None


def _minutes(said: int, lesson: Lesson | None) -> tuple[str, str]:
    """Return what is wrong with `minutes` and the mend; both empty where nothing is."""
    bounds = f"a lesson has {SHORTEST} to {LONGEST}"
    if lesson is None:
        wrong = not SHORTEST <= said <= LONGEST
        return (f"{said} minutes; {bounds}", "mend the rest and the estimate is told") if wrong else ("", "")
    exact = length(lesson)
    estimate = rounded(exact)
    if not SHORTEST <= estimate <= LONGEST:
        way = "lengthen" if estimate < SHORTEST else "shorten"
        return f"the estimate is {exact:.2f} minutes; {bounds}", f"{way} the practice or the texts"
    if estimate != said:
        return f"{said} minutes; the estimate is {exact:.2f}", f"write minutes: {estimate}"
    return "", ""

"""How a lesson reads: its prose, how hard it is, and how long its concepts are beside its practice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from lessons.lint import MOST_TOLD, Code, Finding
from lessons.model import Lesson
from lessons.private import look_through
from lessons.reading import Place, parse, places_in
from lessons.steps import CheckStep, CommitStep, ConceptStep, Practice, PracticeStep, Question, TransferStep

HARDEST = 52
"""LIX of a difficult text: a newspaper has about 45, an official document 55 (Björnsson 1968)."""

MOST_CONCEPT_WORDS = 80
"""Words that a concept stays under: it names what was practised, and does not teach it anew."""

_SENTENCE_END = re.compile(r"[.!?:;]\s++(?=\S)|\n\s*\n")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SIX = 6


def check_texts(path: Path, data: bytes, lesson: Lesson | None) -> Iterator[Finding]:
    """Check the texts of a file: what must not stand there, and, where it is a lesson, how it reads."""
    yield from _private(path, data)
    if lesson is not None:
        yield from _reading(path, data, lesson)


def place(path: Path, data: bytes, *way: str | int) -> Place:
    """Find a value's place again, in a file that was read before: only what is told has to be looked for."""
    return parse(path, data).place(*way)


def _private(path: Path, data: bytes) -> Iterator[Finding]:
    text = data.decode("utf-8-sig", "replace")
    found = sorted(islice(look_through(text), MOST_TOLD + 1), key=lambda each: each.start)
    for each, at in zip(found, places_in(text, [each.start for each in found]), strict=True):
        left = "is left in" if each.kind.code is Code.PLACEHOLDER else "stands here"
        yield Finding(path, *at, each.kind.code, f"{each.kind.name} {left}", each.kind.mend)


def _reading(path: Path, data: bytes, lesson: Lesson) -> Iterator[Finding]:
    degree = lix(explained(lesson))
    if degree > HARDEST:
        message = f"hard to read: LIX {degree:.0f}, over {HARDEST}"
        yield Finding(
            path, *place(path, data, "steps"), Code.HARD_TO_READ, message, "shorter sentences, plainer words"
        )
    most = min(MOST_CONCEPT_WORDS - 1, practice_words(lesson))
    for index, words in concept_words(lesson):
        if words > most:
            message = f"the concept has {words} words; {most} is the most"
            if most < MOST_CONCEPT_WORDS - 1:
                message = f"the concept has {words} words, and what is practised with only {most}"
            mend = "say it shorter: it only names what was practised"
            yield Finding(
                path, *place(path, data, "steps", index, "concept"), Code.LONG_CONCEPT, message, mend
            )


def lix(texts: Iterable[str]) -> float:
    """Return the LIX of texts: words a sentence, and the share of words of over six letters in percent.

    It counts letters, not syllables, and so holds for any language of words and full stops (Björnsson 1968;
    Anderson 1983, "Lix and Rix", Journal of Reading 26). The end of a text ends a sentence. 0 where there are
    no words.
    """
    whole = "\n\n".join(text for text in map(str.strip, texts) if text)
    words = _WORD.findall(whole)
    if not words:
        return 0.0
    sentences = 1 + len(_SENTENCE_END.findall(whole))
    long = sum(map(_SIX.__lt__, map(len, words)))
    return len(words) / sentences + 100 * long / len(words)


def explained(lesson: Lesson) -> Iterator[str]:
    """Give the texts that are read sentence by sentence: tasks, hints, concepts, questions, feedback."""
    for step in lesson.steps:
        match step:
            case PracticeStep(practice=practice):
                yield practice.task
                yield practice.hint
            case ConceptStep():
                yield step.text
            case CheckStep(check=question) | TransferStep(transfer=question):
                yield from _question(question)
    for question in lesson.reviews:
        yield from _question(question)


def prose(lesson: Lesson) -> Iterator[str]:
    """Give all texts of a lesson but its material, for the comparison with other lessons."""
    yield lesson.title
    for step in lesson.steps:
        match step:
            case PracticeStep(practice=practice):
                yield from _other_texts(practice)
            case CommitStep(commit=commit):
                yield from (commit.when, commit.task)
    yield from explained(lesson)


def _other_texts(practice: Practice) -> Iterator[str]:
    yield practice.starter
    if practice.better:
        yield from (practice.better.prompt, practice.better.why)
    yield from practice.verify
    yield from practice.rubric
    for variant in practice.variants.values():
        yield from (variant.starter, variant.menu)


def _question(question: Question) -> Iterator[str]:
    yield question.question
    for answer in question.answers:
        yield from (answer.text, answer.feedback)


def concept_words(lesson: Lesson) -> Iterator[tuple[int, int]]:
    """Give the index of each concept step and the words of its text."""
    for index, step in enumerate(lesson.steps):
        if isinstance(step, ConceptStep):
            yield index, len(step.text.split())


def practice_words(lesson: Lesson) -> int:
    """Count the words that practices work with: tasks, material and starters."""
    practices = (step.practice for step in lesson.steps if isinstance(step, PracticeStep))
    return sum(len(f"{p.task} {p.material} {p.starter}".split()) for p in practices)

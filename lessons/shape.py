"""What a lesson is made of and no type can say: practice first, one kind a step, one right answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from lessons.lint import Code, Finding, quoted
from lessons.reading import Block, Document, Listing, Place, Value
from lessons.steps import AvoidsCheck, MentionsCheck, Step, WordsCheck
from lessons.translation import MATCHED, WORDS
from lessons.wording import did_you_mean, listed

STEP_KINDS = tuple(kind for step in get_args(Step) for kind in step.model_fields)
CHECK_KINDS = tuple(kind for check in (WordsCheck, MentionsCheck, AvoidsCheck) for kind in check.model_fields)


def check_shape(document: Document, lesson: Block) -> Iterator[Finding]:
    """Check what a lesson is made of: practice first, kinds of steps and checks, one right answer each."""
    yield from _steps(document, lesson)
    for question in _questions(lesson):
        yield from _one_right(document, question)
    translations = lesson.get("translations")
    if isinstance(translations, Block):
        for locale, words, _, at in translations.placed():
            yield from _same_shape(document, lesson, words, locale, at)


def _same_shape(
    document: Document, original: Value, words: Value, name: str, place: Place
) -> Iterator[Finding]:
    """Check that a translation goes only where the lesson has something to translate."""
    if words is None:
        return
    if isinstance(original, Block) and isinstance(words, Block):
        for key, value, key_at, value_at in words.placed():
            if key in original:
                yield from _same_shape(document, original[key], value, key, value_at)
            elif key in WORDS or name == "variants":  # another key is none of the language, and told as that
                mend = f"here it has {listed(original)}; {{}} passes an entry over"
                message = f"the lesson has no {quoted(key)} here"
                yield document.finding(key_at, Code.TRANSLATION, message, mend)
    elif isinstance(original, Listing) and isinstance(words, Listing):
        for index, (value, at) in enumerate(words.placed() if name in MATCHED else ()):
            if index == len(original):
                message = f"{name} of the lesson has {index} entries, and this is one more"
                yield document.finding(at, Code.TRANSLATION, message, "leave it out")
                return
            yield from _same_shape(document, original[index], value, name, at)
    elif name == "concept" and {type(original), type(words)} == {Block, str}:
        what = "has a text and an image" if isinstance(original, Block) else "is only a text"
        message = f"the concept of the lesson {what}"
        yield document.finding(place, Code.TRANSLATION, message, "write it alike in every language")


def blocks(value: Value) -> Iterator[Block]:
    """Give the mappings in a list, and nothing where there is no list."""
    if isinstance(value, Listing):
        yield from (each for each in value if isinstance(each, Block))


def _steps(document: Document, lesson: Block) -> Iterator[Finding]:
    steps = lesson.get("steps")
    if not isinstance(steps, Listing):
        return
    for index, step in enumerate(steps):
        kind = _kind(step, STEP_KINDS)
        if kind is None:
            yield _unknown_kind(document, steps.item_at(index), step, "step", STEP_KINDS)
        elif index == 0 and kind != "practice":
            yield document.finding(
                steps.item_at(0), Code.PRACTICE_FIRST, f"the lesson opens with {kind}", _FIRST
            )
        if isinstance(step, Block) and isinstance(practice := step.get("practice"), Block):
            yield from _practice(document, practice, step.key_at("practice"))
    if not steps:
        yield document.finding(steps.at, Code.PRACTICE_FIRST, "the lesson has no steps", _FIRST)


_FIRST = "a lesson opens with practice: move a practice step to the top"


def _kind(value: Value, kinds: tuple[str, ...]) -> str | None:
    """Return the one key of a step or check, where it names a kind."""
    only = next(iter(value)) if isinstance(value, Block) and len(value) == 1 else None
    return only if only in kinds else None


def _unknown_kind(
    document: Document, place: Place, value: Value, what: str, kinds: tuple[str, ...]
) -> Finding:
    keys = list(value) if isinstance(value, Block) else []
    if len(keys) > 1:
        message = f"a {what} with {len(keys)} keys"
        mend = f"indent the others below {keys[0]}, or begin each {what} with -"
    elif keys:
        message, mend = f"unknown {what} {quoted(keys[0])}", did_you_mean(keys[0], kinds)
    else:
        message, mend = f"this is no {what}", f"begin it with one of {', '.join(kinds)}"
    return document.finding(place, Code.UNKNOWN_KIND, message, mend)


def _practice(document: Document, practice: Block, place: Place) -> Iterator[Finding]:
    checks = practice.get("checks")
    if isinstance(checks, Listing):
        for check, at in checks.placed():
            if _kind(check, CHECK_KINDS) is None:
                yield _unknown_kind(document, at, check, "check", CHECK_KINDS)
    if not practice.get("hint"):
        yield document.finding(place, Code.NO_HINT, "a practice without a hint", "say what helps when stuck")
    if not practice.get("rubric"):
        mend = "add two or three lines to judge one's result by"
        yield document.finding(place, Code.NO_RUBRIC, "a practice without a rubric", mend)


def _questions(lesson: Block) -> Iterator[Block]:
    for step in blocks(lesson.get("steps")):
        for kind in ("check", "transfer"):
            if isinstance(question := step.get(kind), Block):
                yield question
    yield from blocks(lesson.get("reviews"))


def _one_right(document: Document, question: Block) -> Iterator[Finding]:
    answers = list(blocks(question.get("answers")))
    marks = [answer.get("right", False) for answer in answers]
    if answers and all(isinstance(mark, bool) for mark in marks) and marks.count(True) != 1:
        right = marks.count(True)
        message = f"{right} of {len(marks)} answers are right" if right else "no answer is right"
        mend = "set right: true on exactly one answer"
        yield document.finding(question.key_at("answers"), Code.ONE_RIGHT, message, mend)

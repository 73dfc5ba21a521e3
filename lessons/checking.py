"""The rules of a catalogue that no type can hold: what opens a lesson, references, ids, lengths, days.

They look at the source as it is, so that one fault hides no other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import get_args
from zoneinfo import available_timezones

from pydantic import ValidationError

from lessons.lint import Code, Finding, quoted
from lessons.model import (
    NAME,
    AvoidsCheck,
    CheckStep,
    ConceptStep,
    Lesson,
    MentionsCheck,
    PracticeStep,
    Question,
    Step,
    WordsCheck,
    read_day,
)
from lessons.reading import Block, Document, Listing, Place, Value
from lessons.wording import did_you_mean

WORDS_A_MINUTE = 238
"""Silent reading of English non-fiction by adults (Brysbaert 2019, doi 10.1016/j.jml.2019.104047)."""

STEP_MINUTES = 0.5
"""For answering a check, a reflect or a commit."""

SHORTEST, LONGEST = 3, 7
"""Minutes of a lesson."""

STEP_KINDS = tuple(kind for step in get_args(Step) for kind in step.model_fields)
CHECK_KINDS = tuple(kind for check in (WordsCheck, MentionsCheck, AvoidsCheck) for kind in check.model_fields)


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
                texts.append(step.concept)
            case CheckStep():
                minutes += STEP_MINUTES
                texts += _read_in(step.check)
            case _:
                minutes += STEP_MINUTES
    return minutes + sum(len(text.split()) for text in texts) / WORDS_A_MINUTE


def _read_in(question: Question) -> Iterator[str]:
    yield question.question
    for answer in question.answers:
        yield answer.text
        if answer.right:
            yield answer.feedback


def estimate_minutes(lesson: Lesson) -> int:
    """Return what `minutes` should say: the length, rounded, a half upwards."""
    return math.floor(length(lesson) + 0.5)


@dataclass(frozen=True)
class Known:
    """The ids of lessons.yaml that lessons refer to; None where it names none, which is a finding there."""

    tools: tuple[str, ...] | None
    capabilities: Mapping[str, tuple[str, ...] | None] | None
    """Those of each job family."""

    @classmethod
    def of(cls, root: Document) -> Known:
        """Collect the ids of a root, also of one that has findings."""
        tools, families = _child(root.value, "tools"), _child(root.value, "job_families")
        return cls(
            tuple(tools) if isinstance(tools, Block) and tools else None,
            {k: _ids(v) for k, v in families.items()} if isinstance(families, Block) and families else None,
        )


def _child(value: Value, key: str) -> Value:
    return value.get(key) if isinstance(value, Block) else None


def _ids(family: Value) -> tuple[str, ...] | None:
    if isinstance(family, Block) and "capabilities" not in family:
        return ()
    listed = _child(family, "capabilities")
    if not isinstance(listed, Listing):
        return None
    return tuple(found for found in (_child(each, "id") for each in listed) if isinstance(found, str))


def check_root(root: Document) -> Iterator[Finding]:
    """Check what lessons.yaml says by itself."""
    organization = _child(root.value, "organization")
    zone = _child(organization, "time_zone")
    if isinstance(organization, Block) and isinstance(zone, str) and zone not in _time_zones():
        place = organization.value_at["time_zone"]
        mend = did_you_mean(zone, _time_zones(), "write a name such as Europe/Berlin")
        yield root.finding(place, Code.TIME_ZONE, f"unknown time zone {quoted(zone)}", mend)
    families = _child(root.value, "job_families")
    for family in families.values() if isinstance(families, Block) else ():
        yield from _repeated_capabilities(root, family)


@cache
def _time_zones() -> frozenset[str]:
    """Return the IANA names, without those that mean another zone on each machine, or none."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _repeated_capabilities(root: Document, family: Value) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for capability in _blocks(_child(family, "capabilities")):
        name = capability.get("id")
        if isinstance(name, str) and name in seen:
            message = f"capability {quoted(name)} is there already, on line {seen[name]}"
            yield root.finding(capability.value_at["id"], Code.DUPLICATE_ID, message, "keep one of the two")
        elif isinstance(name, str):
            seen[name] = capability.value_at["id"][0]


def check_lesson(document: Document, known: Known, today: date) -> Iterator[Finding]:
    """Check what no type can hold in a lesson's source, `minutes` apart."""
    lesson = document.value
    if isinstance(lesson, Block):
        yield from _references(document, lesson, known)
        yield from _steps(document, lesson)
        for question in _questions(lesson):
            yield from _one_right(document, question)
        yield from _review_day(document, lesson, today)


def _blocks(value: Value) -> Iterator[Block]:
    """Give the mappings in a list, and nothing where there is no list."""
    if isinstance(value, Listing):
        yield from (each for each in value if isinstance(each, Block))


def _references(document: Document, lesson: Block, known: Known) -> Iterator[Finding]:
    tools = lesson.get("tools")
    if isinstance(tools, Listing) and known.tools is not None:
        for tool, place in zip(tools, tools.item_at, strict=True):
            if isinstance(tool, str) and tool not in known.tools:
                mend = did_you_mean(tool, known.tools)
                yield document.finding(place, Code.UNKNOWN_TOOL, f"unknown tool {quoted(tool)}", mend)
    family = lesson.get("job_family")
    if not isinstance(family, str) or known.capabilities is None:
        return
    if family in known.capabilities:
        yield from _capability(document, lesson, family, known.capabilities[family])
        yield from _file_name(document, lesson, family)
    else:
        message, mend = f"unknown job family {quoted(family)}", did_you_mean(family, known.capabilities)
        yield document.finding(lesson.value_at["job_family"], Code.UNKNOWN_FAMILY, message, mend)


def _capability(
    document: Document, lesson: Block, family: str, known: tuple[str, ...] | None
) -> Iterator[Finding]:
    name = lesson.get("capability")
    if isinstance(name, str) and known is not None and name not in known:
        message = f"{family} has no capability {quoted(name)}"
        mend = did_you_mean(name, known)
        yield document.finding(lesson.value_at["capability"], Code.UNKNOWN_CAPABILITY, message, mend)


def _file_name(document: Document, lesson: Block, family: str) -> Iterator[Finding]:
    """Check that a lesson is found by its id: in the folder of its family, in a file of the id's rest."""
    path, name = document.path.absolute(), lesson.get("id")
    if path.parent.name != family:
        message = f"the file is in the folder {quoted(path.parent.name)}, not {quoted(family)}"
        yield document.finding(lesson.value_at["job_family"], Code.FOLDER, message, f"move it to {family}/")
    expected = f"{family}-{path.stem}"
    if isinstance(name, str) and name != expected:
        fits = re.fullmatch(NAME, expected)
        mend = f"write id: {expected}" if fits else "name the file in lower-case words joined by hyphens"
        message = f"the id {quoted(name)} is not the job family and the file's name"
        yield document.finding(lesson.value_at["id"], Code.ID, message, mend)


def _steps(document: Document, lesson: Block) -> Iterator[Finding]:
    steps = lesson.get("steps")
    if not isinstance(steps, Listing):
        return
    for index, step in enumerate(steps):
        kind = _kind(step, STEP_KINDS)
        if kind is None:
            yield _unknown_kind(document, steps.item_at[index], step, "step", STEP_KINDS)
        elif index == 0 and kind != "practice":
            yield document.finding(
                steps.item_at[0], Code.PRACTICE_FIRST, f"the lesson opens with {kind}", _FIRST
            )
        if isinstance(step, Block) and isinstance(practice := step.get("practice"), Block):
            yield from _practice(document, practice, step.key_at["practice"])
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
        for check, at in zip(checks, checks.item_at, strict=True):
            if _kind(check, CHECK_KINDS) is None:
                yield _unknown_kind(document, at, check, "check", CHECK_KINDS)
    if not practice.get("hint"):
        yield document.finding(place, Code.NO_HINT, "a practice without a hint", "say what helps when stuck")
    if not practice.get("rubric"):
        mend = "add two or three lines to judge one's result by"
        yield document.finding(place, Code.NO_RUBRIC, "a practice without a rubric", mend)


def _questions(lesson: Block) -> Iterator[Block]:
    for step in _blocks(lesson.get("steps")):
        if isinstance(question := step.get("check"), Block):
            yield question
    yield from _blocks(lesson.get("reviews"))


def _one_right(document: Document, question: Block) -> Iterator[Finding]:
    answers = list(_blocks(question.get("answers")))
    marks = [answer.get("right", False) for answer in answers]
    if answers and all(isinstance(mark, bool) for mark in marks) and marks.count(True) != 1:
        right = marks.count(True)
        message = f"{right} of {len(marks)} answers are right" if right else "no answer is right"
        mend = "set right: true on exactly one answer"
        yield document.finding(question.key_at["answers"], Code.ONE_RIGHT, message, mend)


def _review_day(document: Document, lesson: Block, today: date) -> Iterator[Finding]:
    day = read_day(lesson.get("review_by"))
    if isinstance(day, date) and day < today:
        message = f"was to be reviewed by {day}"
        mend = "read the lesson again, mend it, and set a new day"
        yield document.finding(lesson.value_at["review_by"], Code.REVIEW_DUE, message, mend)


def check_minutes(document: Document, lesson: Lesson | None) -> Iterator[Finding]:
    """Check `minutes` against the estimate, which needs the lesson whole, whatever its `minutes` say."""
    source = document.value
    said = _child(source, "minutes")
    if isinstance(source, Block) and isinstance(said, int) and not isinstance(said, bool):
        message, mend = _minutes(said, lesson or _with_other_minutes(source))
        if message:
            yield document.finding(source.value_at["minutes"], Code.MINUTES, message, mend)


def _with_other_minutes(source: Block) -> Lesson | None:
    """Return the lesson that only its `minutes` keep from being one, so that they can be estimated."""
    with suppress(ValidationError):
        return Lesson.model_validate_json(json.dumps({**source, "minutes": LONGEST}), strict=True)
    return None


def _minutes(said: int, lesson: Lesson | None) -> tuple[str, str]:
    """Return what is wrong with `minutes` and the mend; both empty where nothing is."""
    bounds = f"a lesson has {SHORTEST} to {LONGEST}"
    if lesson is None:
        wrong = not SHORTEST <= said <= LONGEST
        return (f"{said} minutes; {bounds}", "mend the rest and the estimate is told") if wrong else ("", "")
    estimate, exact = estimate_minutes(lesson), length(lesson)
    if not SHORTEST <= estimate <= LONGEST:
        way = "lengthen" if estimate < SHORTEST else "shorten"
        return f"the estimate is {exact:.2f} minutes; {bounds}", f"{way} the practice or the texts"
    if estimate != said:
        return f"{said} minutes; the estimate is {exact:.2f}", f"write minutes: {estimate}"
    return "", ""

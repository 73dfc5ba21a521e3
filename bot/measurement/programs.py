"""A catalogue's programs: whom each is for, and which lessons are of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.measurement.standings import Course
from bot.model import Learner, Span
from lessons.catalogue import Catalogue
from lessons.moments import names
from lessons.programs import Included, Program
from lessons.referring import ALL

EVERYTHING = Program(id=ALL)
"""The one program of a catalogue without programs."""


def programs_of(catalogue: Catalogue) -> Sequence[Program]:
    """Return the programs, at least the one of every lesson and person."""
    return catalogue.programs or (EVERYTHING,)


def program_named(name: str, catalogue: Catalogue) -> Program | None:
    """Return a program, None where there is none of the name."""
    return next((each for each in programs_of(catalogue) if each.id == name), None)


def is_in(program: Program, learner: Learner) -> bool:
    """Say whether a program is for somebody."""
    return program.people.includes(learner.job_family, learner.tools)


def lessons_of(program: Program, catalogue: Catalogue) -> frozenset[str] | None:
    """Return the ids of a program's lessons, None where it has them all."""
    if program.lessons == Included():
        return None
    families, single = names(program.lessons.job_family), names(program.lessons.lesson)
    of_families = (each.id for each in catalogue.lessons.values() if each.job_family in families)
    return frozenset({*of_families, *single})


def counts_alike(one: Catalogue, other: Catalogue) -> bool:
    """Say whether two catalogues lead to the same figures: the same programs, targets and lessons in them."""
    return (
        one.programs == other.programs
        and one.targets == other.targets
        and {each.id: each.job_family for each in one.lessons.values()}
        == {each.id: each.job_family for each in other.lessons.values()}
    )


def courses_of(
    completed: Mapping[str, date], learner: Learner, spans: Sequence[Span], catalogue: Catalogue
) -> tuple[Course, ...]:
    """Return the programs that somebody has begun, each with t0: the day of its first completed lesson.

    Whom a program is for is asked of the roster as it was on that day, and of today where it tells nothing.

    Args:
        completed: the day on which they first completed each lesson.
        learner: as they are today.
        spans: what the roster said of them.
        catalogue: the programs and the targets.
    """
    return tuple(_courses(completed, learner, spans, catalogue))


def _courses(
    completed: Mapping[str, date], learner: Learner, spans: Sequence[Span], catalogue: Catalogue
) -> Iterator[Course]:
    for program in programs_of(catalogue):
        lessons = lessons_of(program, catalogue)
        days = [
            on
            for lesson, on in completed.items()
            if (lessons is None or lesson in lessons)
            and (program.starts_on or on) <= on
            and is_in(program, _as_of(learner, spans, on))
        ]
        if days:
            targets = tuple(each for each in catalogue.targets if each.program == program.id)
            yield Course(program.id, min(days), targets)


def _as_of(learner: Learner, spans: Sequence[Span], day: date) -> Learner:
    """Return somebody as the roster had them on a day."""
    span = next((x for x in spans if x.from_on <= day and (x.until_on is None or day < x.until_on)), None)
    if span is None:
        return learner
    family, tools = span.facts.get("job_family", ""), span.facts.get("tools", "")
    return replace(
        learner,
        job_family=family or learner.job_family,
        tools=tuple(tools.split(";")) if tools else learner.tools,
    )

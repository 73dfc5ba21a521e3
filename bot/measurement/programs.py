"""A catalogue's programs: whom each is for, and which lessons are of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Learner
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

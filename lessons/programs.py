"""Programs and their targets: which lessons are for whom from which day, and what use they should lead to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lessons.moments import Names, Whom
from lessons.terms import Day, Label, Model, Name, Number, Whole


class Included(Model):
    """Which lessons are of a program; all of them if nothing is said."""

    job_family: Names = ()
    """A job family of lessons.yaml, or several."""
    lesson: Names = ()
    """A lesson's id, or several, besides those of the job families."""


class Program(Model):
    """Named lessons for named people from a day on; without any there is one, `all`."""

    id: Name
    """What targets and digests name it by."""
    lessons: Included = Included()
    """Its lessons; every one if left out."""
    people: Whom = Whom()
    """Whom it is for; everybody if left out."""
    starts_on: Day | None = None
    """The day from which it counts; from the beginning if left out."""


class Target(Model):
    """How many of a program's people should use a tool how often, how soon."""

    id: Name
    """What moments and digests name it by."""
    program: Name = "all"
    """The program; `all` where there are none."""
    tool: Name
    """The tool."""
    task: Label | None = None
    """The use case; any if left out."""
    times_per_week: Whole = Field(default=2, ge=1, le=50)
    """How many uses make a week a week of use."""
    within_days: Whole = Field(default=30, ge=28, le=365)
    """How many days after the first lesson: three of the four weeks that end then are to be weeks of use."""
    share: Annotated[Number, Field(gt=0, le=1)]
    """The share of people: 0.8 is 80 %."""

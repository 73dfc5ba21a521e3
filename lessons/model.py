"""The lesson language as values: what a catalogue and a lesson can say, and nothing else.

The shape of these models is the shape of the YAML, so that a finding's location maps to a line and the
JSON Schema that editors use is made from them. No tag of a union is also a key, so that the two can be told
apart in a location. The docstrings below are what editors and `laps lint` show.

A lesson that does not open with practice cannot be expressed: `Lesson.steps` is a practice followed by any
steps.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Literal, NewType

from pydantic import Field
from pydantic_core import to_json

from lessons.steps import Question, Steps
from lessons.terms import NO_OTHER_NAMES, Day, Line, Locale, Model, Name, Title, Whole
from lessons.translation import LessonWords, nearest, overlaid

LessonId = NewType("LessonId", str)
ToolId = NewType("ToolId", str)
JobFamilyId = NewType("JobFamilyId", str)


MOST_PREREQUISITES = 5
"""Of a lesson: with more, hardly anybody would ever come to it."""


class Lesson(Model):
    """A unit of 3-7 minutes for one use case of one job family."""

    id: Name
    """The job family and the file's name, joined by a hyphen."""
    title: Title
    """What the learner will have done."""
    job_family: Name
    """A job family of lessons.yaml; the folder of the file has the same name."""
    capability: Name
    """What it makes the learner able to do: a capability of the job family in lessons.yaml."""
    use_case: Title
    """The real task that it serves, in the words of the people who do it."""
    skill: Literal["produce", "judge"] = "produce"
    """`produce`: make something with AI; `judge`: find and mend what AI got wrong."""
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    """How much it asks of somebody who begins with AI."""
    tools: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The tools of lessons.yaml that it works with."""
    industries: tuple[Name, ...] = ()
    """The industries of lessons.yaml that it is for; without any it is for all."""
    prerequisites: Annotated[tuple[Name, ...], Field(max_length=MOST_PREREQUISITES)] = ()
    """Lessons of the same job family that come before it."""
    minutes: Whole = Field(ge=3, le=7)
    """Reading, practice, and half a minute for each check, reflect and commit, rounded."""
    owner: Line | None = None
    """Who keeps the lesson right: a function such as CFO office, not a person."""
    reviewed_on: Day | None = None
    """The day on which somebody last read it and found it right."""
    review_by: Day
    """The day by which somebody reads it again, such as 2027-03-01."""
    steps: Steps
    """The screens of the lesson; the first is always a practice."""
    reviews: tuple[Question, ...] = ()
    """Questions asked days later, so that it is remembered."""
    translations: dict[Locale, LessonWords] = Field(default_factory=dict, json_schema_extra=NO_OTHER_NAMES)
    """Its texts in other languages, under a locale such as de or pt-BR; what is left out stays as it is."""

    @cached_property
    def version(self) -> str:
        """Name this wording of the lesson: 16 hexadecimal digits of the SHA-256 of what learners meet.

        Who keeps it and when it was read again change no wording, and no more does a key that a later
        language has and this lesson does not use.
        """
        met = self.model_dump_json(exclude={"owner", "reviewed_on", "review_by"}, exclude_defaults=True)
        return hashlib.sha256(met.encode()).hexdigest()[:16]

    @cached_property
    def _translated(self) -> dict[str, Lesson]:
        whole = self.model_dump(mode="json", exclude_unset=True, exclude={"translations"})
        return {
            locale: Lesson.model_validate_json(
                to_json(overlaid(whole, words.model_dump(mode="json", exclude_none=True)))
            )
            for locale, words in self.translations.items()
        }

    def told_in(self, locale: str | None) -> Lesson:
        """Return the lesson as somebody of a locale reads it: the same steps, with the nearest texts.

        Only for showing it: sessions and events name the original's `version`.
        """
        found = nearest(locale, self.translations)
        return self if found is None else self._translated[found]

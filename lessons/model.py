"""The lesson language as values: what a catalogue and a lesson can say, and nothing else.

The shape of these models is the shape of the YAML, so that a finding's location maps to a line and the
JSON Schema that editors use is made from them. No tag of a union is also a key, so that the two can be told
apart in a location. The docstrings below are what editors and `laps lint` show.

A lesson that does not open with practice cannot be expressed: `Lesson.steps` is a practice followed by any
steps.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, NewType

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    Tag,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

LessonId = NewType("LessonId", str)
ToolId = NewType("ToolId", str)
JobFamilyId = NewType("JobFamilyId", str)

NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""An id that people type: lower-case words joined by hyphens."""

_SOMETHING = r"\S"

Name = Annotated[str, Field(pattern=NAME, max_length=60)]
Label = Annotated[str, Field(pattern=_SOMETHING, max_length=60)]
Title = Annotated[str, Field(pattern=_SOMETHING, max_length=80)]
Line = Annotated[str, Field(pattern=_SOMETHING, max_length=140)]
Paragraph = Annotated[str, Field(pattern=_SOMETHING, max_length=600)]


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(value: object) -> date | None:
    """Read what is written as a day, and only that: pydantic also takes a text of digits for a timestamp.

    Returns None for all else.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value if isinstance(value, date) else None


Day = Annotated[date, BeforeValidator(read_day)]


class Model(BaseModel):
    """Refuses unknown keys and wrong types, and never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class WordRange(Model):
    """How many words a pasted result should have."""

    min: int = Field(default=0, ge=0)
    """The fewest words."""
    max: int = Field(default=10_000, gt=0)
    """The most words."""

    @model_validator(mode="after")
    def _ordered(self) -> WordRange:
        if self.min > self.max:
            raise PydanticCustomError("words_order", f"min {self.min} is over max {self.max}")
        return self


class WordsCheck(Model):
    """Counts the words of a pasted result."""

    words: WordRange


def _one_or_list(value: object) -> str:
    return "list" if isinstance(value, list | tuple) else "one"


Alternatives = Annotated[
    Annotated[Line, Tag("one")] | Annotated[tuple[Line, ...], Field(min_length=1), Tag("list")],
    Discriminator(_one_or_list),
]


class MentionsCheck(Model):
    """Looks for terms in a pasted result; a list stands for alternatives, of which one is enough."""

    mentions: Annotated[tuple[Alternatives, ...], Field(min_length=1)]


class AvoidsCheck(Model):
    """Looks for terms that a good result does not have."""

    avoids: Annotated[tuple[Line, ...], Field(min_length=1)]


def _only_key(value: object) -> str | None:
    """Return the one key that names what a mapping is, or None where it names nothing."""
    if isinstance(value, Mapping):
        return next(iter(value), None) if len(value) == 1 else None
    fields = getattr(type(value), "model_fields", {})
    return next(iter(fields), None)


def _kind_of_check(value: object) -> str:
    return f"check {_only_key(value)}"


def _kind_of_step(value: object) -> str:
    return f"step {_only_key(value)}"


AutomaticCheck = Annotated[
    Annotated[WordsCheck, Tag("check words")]
    | Annotated[MentionsCheck, Tag("check mentions")]
    | Annotated[AvoidsCheck, Tag("check avoids")],
    Discriminator(
        _kind_of_check,
        custom_error_type="unknown_check",
        custom_error_message="a check is one of words, mentions, avoids",
    ),
]


class Practice(Model):
    """A task in the learner's real tool, with all that is needed to do it at once."""

    task: Paragraph
    """What to do, as a colleague would ask for it."""
    material: Annotated[str, Field(max_length=2500)] = ""
    """What the task works on: a table, a note, an e-mail."""
    starter: Annotated[str, Field(max_length=1500)] = ""
    """A prompt to begin with, which fits any assistant."""
    minutes: float = Field(gt=0, le=7)
    """How long the doing takes, without the reading."""
    answer: Literal["paste", "done"] = "paste"
    """`paste`: the learner pastes the result; `done`: the learner says that it is done."""
    checks: tuple[AutomaticCheck, ...] = ()
    """What is looked for in a pasted result."""
    hint: Annotated[str, Field(max_length=600)] = ""
    """What helps somebody who is stuck."""
    rubric: Annotated[tuple[Line, ...], Field(max_length=6)] = ()
    """What learners judge their own result by."""


class Answer(Model):
    """One answer to a question, and what the learner is told who chose it."""

    text: Line
    """The answer."""
    right: bool = False
    """Whether it is the right one."""
    feedback: Annotated[str, Field(pattern=_SOMETHING, max_length=300)]
    """Why it is right or wrong."""


_ONE_RIGHT: dict[str, JsonValue] = {
    "contains": {"properties": {"right": {"const": True}}, "required": ["right"]},
    "minContains": 1,
    "maxContains": 1,
}


class Question(Model):
    """A question with two to five answers, exactly one of them right."""

    question: Annotated[str, Field(pattern=_SOMETHING, max_length=400)]
    """What is asked."""
    answers: Annotated[
        tuple[Answer, ...], Field(min_length=2, max_length=5, json_schema_extra={"allOf": [_ONE_RIGHT]})
    ]
    """Two to five answers, exactly one with `right: true`."""

    @model_validator(mode="after")
    def _one_right(self) -> Question:
        right = sum(answer.right for answer in self.answers)
        if right != 1:
            raise PydanticCustomError("one_right", f"{right} answers are right; exactly one is needed")
        return self


class Reflect(Model):
    """What the learner is asked about the practice; at least one of the three."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {key: {"const": True}}, "required": [key]}
                for key in ("confidence", "minutes_saved", "used")
            ]
        }
    )

    confidence: bool = False
    """How sure the learner is of doing it again, 0 to 100."""
    minutes_saved: bool = False
    """How many minutes the tool saved."""
    used: bool = False
    """Whether the learner used the tool for it."""

    @model_validator(mode="after")
    def _asks_something(self) -> Reflect:
        if not (self.confidence or self.minutes_saved or self.used):
            raise PydanticCustomError("asks_nothing", "the step asks nothing")
        return self


class Commit(Model):
    """An if-then plan: when `when`, I will use a tool for `task`."""

    when: Line
    """The moment of the working week that starts it."""
    task: Line
    """What the learner will then use the tool for."""


class PracticeStep(Model):
    """A practice."""

    practice: Practice


class ConceptStep(Model):
    """A short text that names what was just practised."""

    concept: Annotated[str, Field(pattern=_SOMETHING, max_length=900)]


class CheckStep(Model):
    """A question about what was just practised."""

    check: Question


class ReflectStep(Model):
    """A look back at the practice."""

    reflect: Reflect


class CommitStep(Model):
    """A plan to use it in real work."""

    commit: Commit


Step = PracticeStep | ConceptStep | CheckStep | ReflectStep | CommitStep

_AnyStep = Annotated[
    Annotated[PracticeStep, Tag("step practice")]
    | Annotated[ConceptStep, Tag("step concept")]
    | Annotated[CheckStep, Tag("step check")]
    | Annotated[ReflectStep, Tag("step reflect")]
    | Annotated[CommitStep, Tag("step commit")],
    Discriminator(
        _kind_of_step,
        custom_error_type="unknown_step",
        custom_error_message="a step is one of practice, concept, check, reflect, commit",
    ),
]


class _PracticeFirst:
    """Makes pydantic read `steps` as one practice step followed by any steps."""

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.tuple_schema(
            [handler.generate_schema(PracticeStep), handler.generate_schema(_AnyStep)], variadic_item_index=1
        )


Steps = Annotated[tuple[PracticeStep, *tuple[Step, ...]], _PracticeFirst]


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
    tools: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The tools of lessons.yaml that it works with."""
    minutes: int = Field(ge=3, le=7)
    """Reading, practice, and half a minute for each check, reflect and commit, rounded."""
    review_by: Day
    """The day by which somebody reads it again, such as 2027-03-01."""
    steps: Steps
    """The screens of the lesson; the first is always a practice."""
    reviews: tuple[Question, ...] = ()
    """Questions asked days later, so that it is remembered."""

    @cached_property
    def version(self) -> str:
        """Name this wording of the lesson: 16 hexadecimal digits of the content's SHA-256."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class Tool(Model):
    """An AI product that the organization gives its people."""

    name: Label
    """Its name as the maker writes it."""


class Capability(Model):
    """Something a job family must be able to do with AI, agreed with somebody on a day."""

    id: Name
    """What lessons name it by."""
    owner: Line
    """Who in the business asked for it and says whether it is reached."""
    agreed_on: Day
    """The day it was agreed, such as 2026-10-01."""


class JobFamily(Model):
    """What a learner does."""

    name: Label
    """What a person of it is called, such as Finance analyst."""
    capabilities: tuple[Capability, ...] = ()
    """What its people must be able to do, in the order in which they learn it."""


class OrganizationSettings(Model):
    """The customer, as the catalogue names it."""

    name: Title
    """The name that learners know."""
    time_zone: str = "UTC"
    """Where most people work, as an IANA name such as Europe/Berlin; everybody can change their own."""
    keep_text_days: int = Field(default=0, ge=0, le=90)
    """How many days a pasted text is kept; 0 drops it as soon as it is checked."""


Patterns = Annotated[
    Annotated[str, Tag("one")] | Annotated[tuple[str, ...], Tag("list")], Discriminator(_one_or_list)
]


_NO_OTHER_NAMES: dict[str, JsonValue] = {"additionalProperties": False}
"""pydantic makes a pattern of the names that are allowed, and does not refuse the others."""


class Root(Model):
    """What `lessons.yaml` itself says: the customer, its tools and job families, and where lessons are."""

    organization: OrganizationSettings
    """The customer."""
    tools: Annotated[dict[Name, Tool], Field(min_length=1, json_schema_extra=_NO_OTHER_NAMES)]
    """The AI products of the organization, each under the id that lessons use."""
    job_families: Annotated[dict[Name, JobFamily], Field(min_length=1, json_schema_extra=_NO_OTHER_NAMES)]
    """What people do, each under the id that lessons use."""
    include: Patterns = ()
    """Which files hold lessons: one pattern or a list, from the folder of lessons.yaml and inside it."""


@dataclass(frozen=True)
class Catalogue:
    """All that lessons.yaml and its included files say, checked.

    Every reference in it holds: a lesson's job family, tools and capability exist. Lessons stand in the
    order of job families and capabilities in lessons.yaml, within a capability in the order of file names.
    """

    organization: OrganizationSettings
    tools: Mapping[str, Tool]
    job_families: Mapping[str, JobFamily]
    lessons: Mapping[str, Lesson] = field(default_factory=dict)

    def for_family(self, job_family: str | None) -> tuple[Lesson, ...]:
        """Return a job family's lessons in catalogue order; all of them where the family is not known."""
        return tuple(x for x in self.lessons.values() if job_family is None or x.job_family == job_family)

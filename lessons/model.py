"""The lesson language as values: what a catalogue and a lesson can say, and nothing else.

The shape of these models is the shape of the YAML, so that a finding's location maps to a line and the
JSON Schema that editors use is made from them. A lesson that does not open with practice cannot be
expressed: `Lesson.steps` is a practice followed by any steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, NewType

from pydantic import BaseModel, ConfigDict, Discriminator, Field, GetCoreSchemaHandler, Tag, model_validator
from pydantic_core import CoreSchema, core_schema

LessonId = NewType("LessonId", str)
ToolId = NewType("ToolId", str)
JobFamilyId = NewType("JobFamilyId", str)

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""An id that people type: lower-case words joined by hyphens."""

Line = Annotated[str, Field(min_length=1, max_length=140)]
Paragraph = Annotated[str, Field(min_length=1, max_length=600)]


class Model(BaseModel):
    """Refuses unknown keys and wrong types, and never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class WordRange(Model):
    """How many words a pasted result should have."""

    min: int = Field(default=0, ge=0)
    max: int = Field(default=10_000, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> WordRange:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is over max {self.max}")
        return self


class WordsCheck(Model):
    """Counts the words of a pasted result."""

    words: WordRange


class MentionsCheck(Model):
    """Looks for terms in a pasted result; a list stands for alternatives, of which one is enough."""

    mentions: Annotated[tuple[Line | tuple[Line, ...], ...], Field(min_length=1)]


class AvoidsCheck(Model):
    """Looks for terms that a good result does not have."""

    avoids: Annotated[tuple[Line, ...], Field(min_length=1)]


def _only_key(value: object) -> str | None:
    """Return the one key that names what a mapping is, or None where it names nothing."""
    if isinstance(value, Mapping):
        return next(iter(value), None) if len(value) == 1 else None
    fields = getattr(type(value), "model_fields", {})
    return next(iter(fields), None)


AutomaticCheck = Annotated[
    Annotated[WordsCheck, Tag("words")]
    | Annotated[MentionsCheck, Tag("mentions")]
    | Annotated[AvoidsCheck, Tag("avoids")],
    Discriminator(
        _only_key,
        custom_error_type="unknown_check",
        custom_error_message="a check is one of words, mentions, avoids",
    ),
]


class Practice(Model):
    """A task in the learner's real tool, with all that is needed to do it at once."""

    task: Paragraph
    material: Annotated[str, Field(max_length=2500)] = ""
    starter: Annotated[str, Field(max_length=1500)] = ""
    minutes: float = Field(gt=0, le=7)
    answer: Literal["paste", "done"] = "paste"
    checks: tuple[AutomaticCheck, ...] = ()
    hint: Annotated[str, Field(max_length=600)] = ""
    rubric: Annotated[tuple[Line, ...], Field(max_length=6)] = ()


class Answer(Model):
    """One answer to a question, and what the learner is told who chose it."""

    text: Line
    right: bool = False
    feedback: Annotated[str, Field(min_length=1, max_length=300)]


class Question(Model):
    """A question with two to five answers, exactly one of them right."""

    question: Annotated[str, Field(min_length=1, max_length=400)]
    answers: Annotated[tuple[Answer, ...], Field(min_length=2, max_length=5)]

    @model_validator(mode="after")
    def _one_right(self) -> Question:
        right = sum(answer.right for answer in self.answers)
        if right != 1:
            raise ValueError(f"{right} answers are marked right; exactly one is needed")
        return self


class Reflect(Model):
    """What the learner is asked about the practice; at least one of the three."""

    confidence: bool = False
    minutes_saved: bool = False
    used: bool = False

    @model_validator(mode="after")
    def _asks_something(self) -> Reflect:
        if not (self.confidence or self.minutes_saved or self.used):
            raise ValueError("asks nothing; set confidence, minutes_saved or used to true")
        return self


class Commit(Model):
    """An if-then plan: when `when`, I will use a tool for `task`."""

    when: Line
    task: Line


class PracticeStep(Model):
    practice: Practice


class ConceptStep(Model):
    concept: Annotated[str, Field(min_length=1, max_length=900)]


class CheckStep(Model):
    check: Question


class ReflectStep(Model):
    reflect: Reflect


class CommitStep(Model):
    commit: Commit


Step = PracticeStep | ConceptStep | CheckStep | ReflectStep | CommitStep

_AnyStep = Annotated[
    Annotated[PracticeStep, Tag("practice")]
    | Annotated[ConceptStep, Tag("concept")]
    | Annotated[CheckStep, Tag("check")]
    | Annotated[ReflectStep, Tag("reflect")]
    | Annotated[CommitStep, Tag("commit")],
    Discriminator(
        _only_key,
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
    title: Annotated[str, Field(min_length=1, max_length=80)]
    job_family: Name
    capability: Name
    use_case: Annotated[str, Field(min_length=1, max_length=80)]
    tools: Annotated[tuple[Name, ...], Field(min_length=1)]
    minutes: int = Field(ge=3, le=7)
    review_by: date
    steps: Steps
    reviews: tuple[Question, ...] = ()

    @cached_property
    def version(self) -> str:
        """Name this wording of the lesson: 16 hexadecimal digits of the content's SHA-256."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class Tool(Model):
    """An AI product that the organization gives its people."""

    name: Annotated[str, Field(min_length=1, max_length=60)]


class Capability(Model):
    """Something a job family must be able to do with AI, agreed with somebody on a day."""

    id: Name
    owner: Line
    agreed_on: date


class JobFamily(Model):
    """What a learner does."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    capabilities: tuple[Capability, ...] = ()


class OrganizationSettings(Model):
    """The customer, as the catalogue names it."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    time_zone: str = "UTC"
    keep_text_days: int = Field(default=0, ge=0, le=90)


class Root(Model):
    """What `lessons.yaml` itself says."""

    organization: OrganizationSettings
    tools: Annotated[dict[Name, Tool], Field(min_length=1)]
    job_families: Annotated[dict[Name, JobFamily], Field(min_length=1)]
    include: str | tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """All that lessons.yaml and its included files say, checked.

    Every reference in it holds: a lesson's job family, tools and capability exist.
    """

    organization: OrganizationSettings
    tools: Mapping[str, Tool]
    job_families: Mapping[str, JobFamily]
    lessons: Mapping[str, Lesson] = field(default_factory=dict)

    def for_family(self, job_family: str | None) -> tuple[Lesson, ...]:
        """Return a job family's lessons in catalogue order; all of them where the family is not known."""
        return tuple(x for x in self.lessons.values() if job_family is None or x.job_family == job_family)

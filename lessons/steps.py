"""The screens of a lesson: practice, concept, check, transfer, reflect, commit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    Tag,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from lessons.terms import (
    NO_OTHER_NAMES,
    SOMETHING,
    Asked,
    ConceptText,
    Flag,
    Help,
    Image,
    Line,
    Material,
    Model,
    Name,
    Number,
    Paragraph,
    Prompt,
    Told,
    Whole,
)


class WordRange(Model):
    """How many words a pasted result should have."""

    min: Whole = Field(default=0, ge=0)
    """The fewest words."""
    max: Whole = Field(default=10_000, gt=0)
    """The most words."""

    @model_validator(mode="after")
    def _ordered(self) -> WordRange:
        if self.min > self.max:
            raise PydanticCustomError("words_order", f"min {self.min} is over max {self.max}")
        return self


class WordsCheck(Model):
    """Counts the words of a pasted result."""

    words: WordRange


def one_or_list(value: object) -> str:
    """Tell a text from a list of texts, for a union of the two."""
    return "list" if isinstance(value, list | tuple) else "one"


Alternatives = Annotated[
    Annotated[Line, Tag("one")] | Annotated[tuple[Line, ...], Field(min_length=1), Tag("list")],
    Discriminator(one_or_list),
]


class MentionsCheck(Model):
    """Looks for terms in a pasted result; a list stands for alternatives, of which one is enough."""

    mentions: Annotated[tuple[Alternatives, ...], Field(min_length=1)]


class AvoidsCheck(Model):
    """Looks for terms that a good result does not have."""

    avoids: Annotated[tuple[Line, ...], Field(min_length=1)]


def _only_key(value: object) -> str | None:
    """Return the one key that names what a mapping is, or None where it names nothing."""
    if isinstance(value, dict):
        return next(iter(value)) if len(value) == 1 else None
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


class Variant(Model):
    """What one tool does differently; at least one of the two."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    starter: Prompt = ""
    """The prompt to begin with in this tool."""
    menu: Annotated[str, Field(max_length=140)] = ""
    """Where to begin in this tool, such as a menu path."""

    @model_validator(mode="after")
    def _differs(self) -> Variant:
        if not (self.starter.strip() or self.menu.strip()):
            raise PydanticCustomError("no_difference", "the variant says nothing")
        return self


class Better(Model):
    """A prompt that does more than the starter."""

    prompt: Annotated[Prompt, Field(pattern=SOMETHING)]
    """The better prompt."""
    why: Told
    """What makes it better."""


class Practice(Model):
    """A task in the learner's real tool, with all that is needed to do it at once."""

    task: Paragraph
    """What to do, as a colleague would ask for it."""
    material: Material = ""
    """What the task works on: a table, a note, an e-mail."""
    image: Image | None = None
    """A picture to work on."""
    copy_with: Literal["material", "nothing"] = "material"
    """What is copied along with the starter: `nothing` where not all of the material goes into the tool."""
    starter: Prompt = ""
    """A prompt to begin with, which fits any assistant."""
    variants: dict[Name, Variant] = Field(default_factory=dict, json_schema_extra=NO_OTHER_NAMES)
    """What is different in one tool, under the tool's id: the starter, or where to click."""
    minutes: Number = Field(gt=0, le=7)
    """How long the doing takes, without the reading."""
    answer: Literal["paste", "done"] = "paste"
    """`paste`: the learner pastes the result; `done`: the learner says that it is done."""
    checks: tuple[AutomaticCheck, ...] = ()
    """What is looked for in a pasted result."""
    hint: Help = ""
    """What helps somebody who is stuck."""
    better: Better | None = None
    """A better variant of the starter, shown after the attempt."""
    verify: Annotated[tuple[Line, ...], Field(max_length=4)] = ()
    """What to check before the result is used at work."""
    rubric: Annotated[tuple[Line, ...], Field(max_length=6)] = ()
    """What learners judge their own result by."""


class Answer(Model):
    """One answer to a question, and what the learner is told who chose it."""

    text: Line
    """The answer."""
    right: Flag = False
    """Whether it is the right one."""
    feedback: Told
    """Why it is right or wrong."""


_ONE_RIGHT: dict[str, JsonValue] = {
    "contains": {"properties": {"right": {"const": True}}, "required": ["right"]},
    "minContains": 1,
    "maxContains": 1,
}


class Question(Model):
    """A question with two to five answers, exactly one of them right."""

    question: Asked
    """What is asked."""
    answers: Annotated[
        tuple[Answer, ...], Field(min_length=2, max_length=5, json_schema_extra={"allOf": [_ONE_RIGHT]})
    ]
    """Two to five answers, exactly one with `right: true`."""

    @model_validator(mode="after")
    def _one_right(self) -> Question:
        right = [answer.right for answer in self.answers].count(True)
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

    confidence: Flag = False
    """How sure the learner is of doing it again, 0 to 100."""
    minutes_saved: Flag = False
    """How many minutes the tool saved."""
    used: Flag = False
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


def _text_or_mapping(value: object) -> str:
    return "text and image" if isinstance(value, dict | Concept) else "plain text"


class PracticeStep(Model):
    """A practice."""

    practice: Practice


class Concept(Model):
    """A short text with a picture."""

    text: ConceptText
    """What was just practised."""
    image: Image | None = None
    """A picture that shows it."""


class ConceptStep(Model):
    """A short text that names what was just practised; a mapping where it has a picture."""

    concept: Annotated[
        Annotated[ConceptText, Tag("plain text")] | Annotated[Concept, Tag("text and image")],
        Discriminator(_text_or_mapping),
    ]

    @property
    def text(self) -> str:
        """The text, however it is written."""
        return self.concept if isinstance(self.concept, str) else self.concept.text

    @property
    def image(self) -> Image | None:
        """The picture, where there is one."""
        return None if isinstance(self.concept, str) else self.concept.image


class CheckStep(Model):
    """A question about what was just practised."""

    check: Question


class TransferStep(Model):
    """The same idea in another task."""

    transfer: Question


class ReflectStep(Model):
    """A look back at the practice."""

    reflect: Reflect


class CommitStep(Model):
    """A plan to use it in real work."""

    commit: Commit


Step = PracticeStep | ConceptStep | CheckStep | TransferStep | ReflectStep | CommitStep

_AnyStep = Annotated[
    Annotated[PracticeStep, Tag("step practice")]
    | Annotated[ConceptStep, Tag("step concept")]
    | Annotated[CheckStep, Tag("step check")]
    | Annotated[TransferStep, Tag("step transfer")]
    | Annotated[ReflectStep, Tag("step reflect")]
    | Annotated[CommitStep, Tag("step commit")],
    Discriminator(
        _kind_of_step,
        custom_error_type="unknown_step",
        custom_error_message="a step is one of practice, concept, check, transfer, reflect, commit",
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

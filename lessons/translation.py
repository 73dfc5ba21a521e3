"""A lesson's texts in another language: only texts, laid over the original place by place.

A translation has the shape of the lesson, with every key left out that is not a text. Steps, answers and
reviews are matched by their order; `{}` passes one over. What is not translated stays in the original.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from lessons.steps import AutomaticCheck
from lessons.terms import (
    Asked,
    ConceptText,
    Help,
    Line,
    Material,
    Model,
    Name,
    Paragraph,
    Prompt,
    Title,
    Told,
)


class ImageWords(Model):
    """The texts of a picture."""

    alt: Line | None = None


class VariantWords(Model):
    """The texts of a variant."""

    starter: Prompt | None = None
    menu: Line | None = None


class BetterWords(Model):
    """The texts of the better prompt."""

    prompt: Prompt | None = None
    why: Told | None = None


class PracticeWords(Model):
    """The texts of a practice; `checks`, `verify` and `rubric` replace the whole list."""

    task: Paragraph | None = None
    material: Material | None = None
    image: ImageWords | None = None
    starter: Prompt | None = None
    variants: dict[Name, VariantWords] | None = None
    checks: tuple[AutomaticCheck, ...] | None = None
    hint: Help | None = None
    better: BetterWords | None = None
    verify: Annotated[tuple[Line, ...], Field(max_length=4)] | None = None
    rubric: Annotated[tuple[Line, ...], Field(max_length=6)] | None = None


class AnswerWords(Model):
    """The texts of an answer."""

    text: Line | None = None
    feedback: Told | None = None


class QuestionWords(Model):
    """The texts of a question, its answers in the same order."""

    question: Asked | None = None
    answers: tuple[AnswerWords, ...] | None = None


class ConceptWords(Model):
    """The texts of a concept that has a picture."""

    text: ConceptText | None = None
    image: ImageWords | None = None


class CommitWords(Model):
    """The texts of a commit."""

    when: Line | None = None
    task: Line | None = None


def _text_or_mapping(value: object) -> str:
    return "text and alt" if isinstance(value, dict | ConceptWords) else "only text"


class StepWords(Model):
    """The texts of one step, under the same key as in the lesson; `{}` where it has none."""

    practice: PracticeWords | None = None
    concept: (
        Annotated[
            Annotated[ConceptText, Tag("only text")] | Annotated[ConceptWords, Tag("text and alt")],
            Discriminator(_text_or_mapping),
        ]
        | None
    ) = None
    check: QuestionWords | None = None
    transfer: QuestionWords | None = None
    commit: CommitWords | None = None


class LessonWords(Model):
    """The texts of a lesson, its steps and reviews in the same order."""

    title: Title | None = None
    use_case: Title | None = None
    steps: tuple[StepWords, ...] | None = None
    reviews: tuple[QuestionWords, ...] | None = None


WORDS = frozenset(
    name
    for model in (
        *(ImageWords, VariantWords, BetterWords, PracticeWords, AnswerWords),
        *(QuestionWords, ConceptWords, CommitWords, StepWords, LessonWords),
    )
    for name in model.model_fields
)
"""Every key that a translation can have somewhere."""

MATCHED = frozenset({"steps", "answers", "reviews"})
"""The lists whose entries are matched by their order; every other list is replaced."""


def overlaid(original: object, words: object, key: str = "") -> object:
    """Lay the texts of a translation over what is said in the original."""
    if words is None:
        return original
    if isinstance(original, Mapping) and isinstance(words, Mapping):
        return {k: overlaid(v, words.get(k), k) for k, v in original.items()}
    if isinstance(original, list) and isinstance(words, list) and key in MATCHED:
        rest: Sequence[object] = original[len(words) :]
        return [*map(overlaid, original, words), *rest]
    return words


def nearest(locale: str | None, known: Mapping[str, object]) -> str | None:
    """Pick the translation for a person's locale: its own, else its language's, else the first of it.

    Returns None where the original is the one to show.
    """
    if not locale:
        return None
    tag = locale.replace("_", "-")
    language = tag.split("-", 1)[0].lower()
    candidates = (f"{language}-{tag.split('-', 1)[1].upper()}" if "-" in tag else language, language)
    exact = next((each for each in candidates if each in known), None)
    return exact or next((each for each in known if each.split("-", 1)[0] == language), None)

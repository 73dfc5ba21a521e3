"""The texts of a lesson, in parts that fit a form: what is shown, where it stands, what was typed instead.

Only texts are edited in forms. Steps, answers, checks, pictures and translations are edited in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.learning.views import question_of, step_kind
from bot.messages import TextField
from lessons.editing import New, Way
from lessons.model import Lesson
from lessons.steps import (
    Answer,
    Better,
    Commit,
    CommitStep,
    Concept,
    ConceptStep,
    Practice,
    PracticeStep,
    Question,
    Variant,
)
from lessons.terms import Model

LINE = 140
"""Characters of an entry of a list, as the language has it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One text: its field's name and label, where it stands in the file, what it says, how long it may be."""

    name: str
    label: str
    way: Way
    value: str | tuple[str, ...]
    most: int
    optional: bool = False
    multiline: bool = True

    def field(self) -> TextField:
        """Make the field that shows it."""
        return TextField(
            self.name,
            self.label,
            self.shown,
            multiline=self.multiline,
            max_length=self.most,
            optional=self.optional,
        )

    @property
    def shown(self) -> str:
        """What the field holds at first; a list has an entry in each line."""
        return self.value.strip("\n") if isinstance(self.value, str) else "\n".join(self.value)

    def change(self, typed: str) -> New | None:
        """Return what is to stand there, None where that is what stands there already."""
        if _bare(typed) == _bare(self.shown):
            return None
        if isinstance(self.value, tuple):
            return tuple(line.strip() for line in typed.splitlines() if line.strip())
        text = typed.replace("\r\n", "\n").strip("\n")
        return text if self.multiline and text.strip() else " ".join(text.split())


def _bare(text: str) -> str:
    """Leave out what clients change on the way: other line breaks, space at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()


@dataclass(frozen=True, slots=True)
class Part:
    """What one form edits; `key` names it in a button."""

    key: str
    label: str
    slots: tuple[Slot, ...]

    def changes(self, texts: Mapping[str, str]) -> Mapping[Way, New]:
        """Return what is new of the texts that were sent, by field; a field that is not sent stays."""
        changed = {slot.way: slot.change(texts[slot.name]) for slot in self.slots if slot.name in texts}
        return {way: new for way, new in changed.items() if new is not None}


def parts_of(lesson: Lesson) -> tuple[Part, ...]:
    """Return the parts of a lesson in the order of its screens."""
    return tuple(part for part in _parts(lesson) if part.slots)


def _parts(lesson: Lesson) -> Iterator[Part]:
    title = _slot(Lesson, "title", "What the learner will have done", (), lesson.title, multiline=False)
    use_case = _slot(Lesson, "use_case", "The task it serves", (), lesson.use_case, multiline=False)
    yield Part("top", "Title and use case", (title, use_case))
    for index, step in enumerate(lesson.steps):
        way: Way = ("steps", index, step_kind(step))
        label = f"Step {index + 1}, {step_kind(step)}"
        if isinstance(step, PracticeStep):
            yield from _practice(str(index), label, way, step.practice)
        elif isinstance(step, ConceptStep):
            yield Part(str(index), label, (_concept(step, way),))
        elif (question := question_of(step)) is not None:
            yield Part(str(index), label, tuple(_question(question, way)))
        elif isinstance(step, CommitStep):
            yield Part(str(index), label, tuple(_commit(step.commit, way)))
    for index, question in enumerate(lesson.reviews):
        slots = tuple(_question(question, ("reviews", index)))
        yield Part(f"r{index}", f"Review question {index + 1}", slots)


def _practice(key: str, label: str, way: Way, practice: Practice) -> Iterator[Part]:
    """Split a practice in two, or three with variants: together its texts are too long for a card."""
    texts = (
        _slot(Practice, "task", "Task", way, practice.task),
        _slot(Practice, "material", "Material, laid out as it is shown", way, practice.material, True),
        _slot(Practice, "starter", "Prompt to start from", way, practice.starter, True),
        _slot(Practice, "hint", "Hint for somebody who is stuck", way, practice.hint, True),
    )
    yield Part(f"{key}a", f"{label}: the task", texts)
    yield Part(f"{key}b", f"{label}: the result", tuple(_result(practice, way)))
    variants = enumerate(practice.variants.items())
    slots = tuple(slot for at, (tool, variant) in variants for slot in _variant(at, tool, variant, way))
    yield Part(f"{key}c", f"{label}: in single tools", slots)


def _result(practice: Practice, way: Way) -> Iterator[Slot]:
    if practice.better is not None:
        inside = (*way, "better")
        yield _slot(
            Better, "prompt", "Better prompt, shown after the attempt", inside, practice.better.prompt
        )
        yield _slot(Better, "why", "What makes it better", inside, practice.better.why)
    for name, label, lines in (
        ("verify", "What to check before the result is used, one a line", practice.verify),
        ("rubric", "What the result is judged by, one a line", practice.rubric),
    ):
        most = _most(Practice, name) * (LINE + 1)
        yield Slot(name, label, (*way, name), lines, most, optional=True)


def _variant(at: int, tool: str, variant: Variant, way: Way) -> Iterator[Slot]:
    for name, label, text in (
        ("starter", "prompt", variant.starter),
        ("menu", "where to begin", variant.menu),
    ):
        if text:
            slot = _slot(Variant, name, f"In {tool}: {label}", (*way, "variants", tool), text)
            yield Slot(f"{name}_{_letter(at)}", slot.label, slot.way, slot.value, slot.most)


def _concept(step: ConceptStep, way: Way) -> Slot:
    whole = isinstance(step.concept, Concept)
    most = _most(Concept, "text")
    return Slot(
        "text",
        "What was just practised, in under 80 words",
        (*way, "text") if whole else way,
        step.text,
        most,
    )


def _question(question: Question, way: Way) -> Iterator[Slot]:
    yield _slot(Question, "question", "Question", way, question.question)
    for index, answer in enumerate(question.answers):
        letter, inside = _letter(index), (*way, "answers", index)
        sign = f"{letter.upper()}, the right one" if answer.right else letter.upper()
        for name, label, text in (
            ("text", f"Answer {sign}", answer.text),
            ("feedback", f"What is said to {letter.upper()}", answer.feedback),
        ):
            yield Slot(f"{name}_{letter}", label, (*inside, name), text, _most(Answer, name))


def _commit(commit: Commit, way: Way) -> Iterator[Slot]:
    yield _slot(Commit, "when", "When …", way, commit.when, multiline=False)
    yield _slot(Commit, "task", "… I will use my tool for …", way, commit.task, multiline=False)


def _slot(
    model: type[Model],
    key: str,
    label: str,
    way: Way,
    text: str,
    optional: bool = False,
    multiline: bool = True,
) -> Slot:
    return Slot(key, label, (*way, key), text, _most(model, key), optional, multiline)


def _most(model: type[Model], key: str) -> int:
    """Return how long the language lets a text or a list be."""
    limits = (getattr(rule, "max_length", None) for rule in model.model_fields[key].metadata)
    return next(limit for limit in limits if isinstance(limit, int))


def _letter(index: int) -> str:
    return chr(ord("a") + index)

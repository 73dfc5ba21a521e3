"""A new lesson from a few answers: what `laps new lesson` asks, and the file that it writes."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from lessons.editing import in_block, in_lines
from lessons.length import LONGEST, SHORTEST, length, rounded
from lessons.model import Lesson
from lessons.private import look_through
from lessons.prose import MOST_CONCEPT_WORDS

MODELINE = "# yaml-language-server: $schema={}\n"
REVIEWED_AGAIN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is asked.

    Attributes:
        key: what the answer is called.
        question: how it is asked.
        example: an answer, to show what is meant.
        most: characters at most, of each line where several are wanted.
        lines: how many lines are taken: one, several (each an entry), or a whole text.
        least: entries at least, where several are wanted.
        optional: nothing is an answer too.
    """

    key: str
    question: str
    example: str
    most: int
    lines: str = "one"
    least: int = 1
    optional: bool = False


QUESTIONS = (
    Asked("use_case", "Which real task of theirs is it for?", "Variance analysis", 80),
    Asked("title", "What will they have done at the end?", "Write a variance note from a P&L table", 80),
    Asked("task", "Ask for it, as a colleague would.", "Your manager wants three sentences on why …", 600),
    Asked("material", "What do they work on? A table, a note, a mail.", "Line  Plan  Actual …", 2500, "text"),
    Asked("starter", "A prompt to start from, for any tool.", "Write three sentences on …", 1500, "text"),
    Asked("mentions", "Words that a good result has, one a line.", "revenue", 140, "list", optional=True),
    Asked("hint", "What helps somebody who is stuck?", "If it explains what is not in the table …", 600),
    Asked("verify", "What is to be checked before it is used? One a line.", "Every number", 140, "list"),
    Asked("rubric", "What makes a result good? One a line.", "No cause that the table lacks", 140, "list"),
    Asked("concept", "What did they just practise? Under 80 words.", "Grounding. You gave the tool …", 900),
    Asked("question", "A question on that.", "Which instruction most reduces invented causes?", 400),
    Asked("right", "The right answer.", "Use only the table; where it has no cause, say so", 140),
    Asked("right_why", "Why is it right?", "It has a way out other than inventing.", 300),
    Asked("wrong", "An answer that is wrong and looks right.", "Be accurate", 140),
    Asked("wrong_why", "Why is it wrong?", "Too vague to change what it writes.", 300),
    Asked("when", "When will they use it at work? “When …”", "The next month-end close begins", 140),
    Asked("plan", "“… I will use my tool for …”", "a first draft of the variance note", 140),
)
"""What is asked after the job family and the capability, in this order."""


def problem(asked: Asked, answer: str | Sequence[str]) -> str | None:
    """Say what is wrong with an answer; None where it can be used."""
    entries = [answer] if isinstance(answer, str) else list(answer)
    filled = [entry for entry in entries if entry.strip()]
    if not filled:
        return None if asked.optional else "Something has to be here."
    if len(filled) < asked.least:
        return f"At least {asked.least}."
    for entry in filled:
        if len(entry) > asked.most:
            return f"That has {len(entry):,} characters; {asked.most:,} is the most."
    if asked.key == "concept" and len(filled[0].split()) >= MOST_CONCEPT_WORDS:
        return f"That has {len(filled[0].split())} words; {MOST_CONCEPT_WORDS - 1} is the most."
    found = next(look_through("\n".join(filled)), None)
    return f"{found.kind.name} stands in it: {found.kind.mend}." if found else None


def slug(title: str) -> str:
    """Make a file's name of a title: up to six words in lower case, joined by hyphens."""
    bare = re.sub("['’]", "", title)
    plain = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.findall(r"[a-z0-9]+", plain) if word not in _SMALL]
    return "-".join(words[:5])[:40].strip("-") or "lesson"


_SMALL = frozenset(
    ["a", "an", "the", "of", "to", "for", "from", "in", "on", "and", "or", "with", "your", "my"]
)


def compose(
    name: str,
    family: str,
    capability: str,
    tools: Sequence[str],
    owner: str,
    answers: Mapping[str, str | Sequence[str]],
    today: date,
    schema: str,
) -> str:
    """Write the file of a new lesson.

    Args:
        name: the file's name, without folder and ending.
        family: its job family.
        capability: the capability that it builds.
        tools: the ids of the tools that it works with.
        owner: who keeps it right.
        answers: those to `QUESTIONS`, each of which `problem` has nothing against.
        today: the day on which it is written.
        schema: where the lesson's JSON Schema is, from the file's folder.
    """
    said: dict[str, JsonValue] = {
        key: value.strip() if isinstance(value, str) else list[JsonValue](value)
        for key, value in answers.items()
    }
    practice: dict[str, JsonValue] = {
        "task": said["task"],
        "material": said["material"],
        "starter": said["starter"],
        "minutes": 3,
        "answer": "paste",
        "checks": [{"words": {"min": 10}}],
        "hint": said["hint"],
        "verify": said["verify"],
        "rubric": said["rubric"],
    }
    if said.get("mentions"):
        practice["checks"] = [{"words": {"min": 10}}, {"mentions": said["mentions"]}]
    question: JsonValue = {
        "question": said["question"],
        "answers": [
            {"text": said["wrong"], "feedback": said["wrong_why"]},
            {"text": said["right"], "right": True, "feedback": said["right_why"]},
        ],
    }
    lesson: dict[str, JsonValue] = {
        "id": f"{family}-{name}",
        "title": said["title"],
        "job_family": family,
        "capability": capability,
        "use_case": said["use_case"],
        "tools": list(tools),
        "minutes": 5,
        "owner": owner,
        "reviewed_on": today.isoformat(),
        "review_by": (today + REVIEWED_AGAIN).isoformat(),
        "steps": [
            {"practice": practice},
            {"concept": said["concept"]},
            {"check": question},
            {"reflect": {"confidence": True, "minutes_saved": True, "used": True}},
            {"commit": {"when": said["when"], "task": said["plan"]}},
        ],
        "reviews": [question],
    }
    _timed(lesson, practice)
    return MODELINE.format(schema) + _written(lesson)


def _timed(lesson: dict[str, JsonValue], practice: dict[str, JsonValue]) -> None:
    """Say how long it takes; the practice gets what keeps the whole within its bounds."""
    exact = length(Lesson.model_validate(lesson))
    if rounded(exact) > LONGEST:
        practice["minutes"] = 2
    elif rounded(exact) < SHORTEST:
        practice["minutes"] = 4
    lesson["minutes"] = rounded(length(Lesson.model_validate(lesson)))


def _written(lesson: dict[str, JsonValue]) -> str:
    writer = YAML()
    writer.width = 100_000
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    writer.dump(_laid_out(lesson, 0), out)
    return out.getvalue()


def _laid_out(value: JsonValue, depth: int) -> object:
    """Lay values out as the library's lessons are: long texts folded, lines kept, small things in a line."""
    if isinstance(value, Mapping):
        made = CommentedMap((key, _laid_out(each, depth + 1)) for key, each in value.items())
        if all(isinstance(each, bool | int) for each in value.values()):
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        return [_laid_out(each, depth + 1) for each in value]
    if isinstance(value, str) and "\n" in value:
        return in_lines(value)
    if isinstance(value, str) and len(value) > 80:
        return in_block(value, 100 - 2 * depth)
    return value

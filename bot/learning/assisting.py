"""Help with something that is to be done: the lessons that are nearest, and a prompt to begin with.

The text is compared by its words and then forgotten; where nothing fits, what comes next is offered.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.events import EventType
from bot.facts import Facts
from bot.learning.path import next_lesson, trail_of
from bot.messages import Block, Button, Choices, Code, Emphasis, Heading, Items, Message, Note, Text, say
from bot.model import Changes, Decision, Draw, Learner, Reply, Snapshot
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from lessons.steps import Practice, PracticeStep

MOST = 3
"""Lessons that are offered."""

STEM = 6
"""Letters by which words are compared: enough to tell most apart, and few, so that endings do not count."""

ENOUGH = 1.0
"""What two texts must have in common at least: about one word that few lessons have."""

_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Assist:
    """Say what fits something that is to be done."""

    text: str = ""


def assist(snapshot: Snapshot, command: Assist, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Offer the lessons that fit, with a prompt of the best one."""
    if not command.text.strip():
        text = "What is to be done? Type assist and some words of it, such as: assist summarise a thread."
        return Decision(Reply(say(text), aside=True))
    who = snapshot.who
    found = fitting(command.text, who, catalogue)
    fits = bool(found)
    if not found:
        following = next_lesson(trail_of(snapshot), catalogue, now)
        found = [following.lesson] if following else []
    facts = Facts(snapshot, now, draw)
    if not found:
        event = facts(EventType.HELP_ASKED, fits=False)
        text = "There is no lesson yet for your job and your tools."
        buttons = Choices((Button("Change my settings", "me"),))
        return Decision(Reply(say(text, buttons), aside=True), Changes(events=(event,)))
    event = facts.in_lesson(EventType.HELP_ASKED, found[0], None, fits=fits)
    message = _page([each.told_in(who.locale) for each in found], fits, who, catalogue)
    return Decision(Reply(message, aside=True), Changes(events=(event,)))


def fitting(text: str, who: Learner, catalogue: Catalogue, most: int = MOST) -> list[Lesson]:
    """Return the lessons of somebody's job, for tools that they have, that have most in common with a text.

    Words that few lessons have count more (inverse document frequency), those of title and use case twice.
    """
    ours = [each for each in catalogue.lessons.values() if _is_for(each, who)]
    words = {each.id: _words_of(each) for each in ours}
    known = Counter(stem for each in words.values() for stem in each)
    asked = set(_stems([text]))

    def score(lesson: Lesson) -> float:
        common = asked & words[lesson.id].keys()
        return sum(words[lesson.id][stem] * math.log((1 + len(ours)) / known[stem]) for stem in common)

    scored = [(score(each), each) for each in ours]
    best = sorted((pair for pair in scored if pair[0] >= ENOUGH), key=lambda pair: (-pair[0], pair[1].id))
    return [each for _, each in best[:most]]


def _is_for(lesson: Lesson, who: Learner) -> bool:
    has_tool = not who.tools or not lesson.tools or not {*who.tools}.isdisjoint(lesson.tools)
    return has_tool and (who.job_family is None or lesson.job_family == who.job_family)


def _words_of(lesson: Lesson) -> Counter[str]:
    found = Counter(dict.fromkeys(_stems([lesson.title, lesson.use_case]), 2))
    practice = _practice(lesson)
    for stem in set(_stems([practice.task] if practice else [])):
        found[stem] = max(found[stem], 1)
    return found


def _stems(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        plain = unicodedata.normalize("NFKD", text.casefold())
        bare = "".join(each for each in plain if not unicodedata.combining(each))
        yield from (word[:STEM] for word in _WORD.findall(bare))


def _practice(lesson: Lesson) -> Practice | None:
    return next((step.practice for step in lesson.steps if isinstance(step, PracticeStep)), None)


def _page(found: Sequence[Lesson], fits: bool, who: Learner, catalogue: Catalogue) -> Message:
    first, practice = found[0], _practice(found[0])
    title = f"{first.use_case}: a way with AI" if fits else "Nothing fits that closely. Next for you:"
    blocks: list[Block] = [Heading(title)]
    if practice is not None and practice.starter and fits:
        blocks.append(Code(practice.starter.rstrip("\n"), "A prompt to begin with"))
        if practice.verify:
            blocks += [
                Text("Before you use what comes out, check:", strong=True),
                Items(tuple(practice.verify)),
            ]
        if never := catalogue.never_paste(first, who.industry):
            blocks.append(Note(f"Never paste: {'; '.join(never)}."))
    blocks.append(Note("Practise it, in your own AI tool:"))
    buttons = tuple(
        Button(
            f"{each.title} ({each.minutes} min)",
            "lesson",
            {"id": each.id},
            Emphasis.PRIMARY if number == 1 else Emphasis.PLAIN,
            str(number),
        )
        for number, each in enumerate(found, 1)
    )
    return Message(title, (*blocks, Choices(buttons)))

"""A change of one file, without touching any: how it is made, carried over, and told to whoever makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from pydantic import ValidationError

from bot.editing.parts import Part
from bot.errors import InvalidInput
from bot.learning.screens import Screen, screens_of
from bot.messages import Block, Message
from bot.model import Draft
from lessons.catalogue import Catalogue
from lessons.editing import New, Way, carried_over, edited
from lessons.length import LONGEST, SHORTEST, estimate_minutes
from lessons.lint import Finding
from lessons.model import Lesson
from lessons.revising import describe
from lessons.values import values


def lesson_in(data: bytes | None) -> Lesson | None:
    """Read a lesson; None where it is none, or one with a fault."""
    found = values(data) if data is not None else None
    with suppress(ValidationError):
        return Lesson.model_validate(found) if found is not None else None
    return None


def title_of(text: bytes) -> str:
    """Name a lesson by its title, in quotation marks; "" where it is none."""
    lesson = lesson_in(text)
    return f"“{lesson.title}”" if lesson is not None else ""


def changed(opened: bytes, changes: Mapping[Way, New], present: bytes, part: Part) -> bytes:
    """Return the file with a change that was begun on an earlier state of it, or on this one.

    Raises:
        InvalidInput: the change cannot be written there.
    """
    first = part.slots[0].name
    try:
        mine = edited(opened, changes)
        whole = mine if opened == present else carried_over(opened, mine, present)
        return _timed(whole)
    except ValueError:
        moved = (
            "The lesson was changed meanwhile, in more than its texts: copy yours, and open the form again."
        )
        laid_out = "That cannot be written into the file as it is laid out: change the file itself."
        raise InvalidInput({first: laid_out if opened == present else moved}) from None


def _timed(text: bytes) -> bytes:
    """Have `minutes` say the estimate again, which longer or shorter texts change."""
    lesson = lesson_in(text)
    if lesson is None or (minutes := estimate_minutes(lesson)) == lesson.minutes:
        return text
    return edited(text, {("minutes",): minutes}) if SHORTEST <= minutes <= LONGEST else text


def rebased(base: bytes | None, draft: Draft, there: bytes | None) -> bytes | None:
    """Return the file as it is now with the change of a draft; None where that cannot be."""
    if base is None or there is None:
        return None
    with suppress(ValueError):
        return _timed(carried_over(base, draft.text.encode(), there))
    return None


def different(path: str, before: bytes | None, after: bytes) -> Sequence[str]:
    """Say what is different, without naming the lesson first."""
    lines = describe({path: before} if before is not None else {}, {path: after})
    return lines[1:] if before is not None else ("It is new.",)


def new_screens(
    was: Lesson | None, before: Catalogue, lesson: Lesson | None, after: Catalogue | None
) -> Sequence[Screen]:
    """Return the screens that learners do not see so today; of those that differ by the title alone, one."""
    if lesson is None or after is None:
        return ()
    known = {screen.name: screen.message for screen in screens_of(was, before)} if was is not None else {}
    new = [each for each in screens_of(lesson, after) if known.get(each.name) != each.message]
    return [each for each in new if _body(known.get(each.name)) != _body(each.message)] or new[:1]


def _body(message: Message | None) -> tuple[Block, ...]:
    """Return a screen without its heading."""
    return message.blocks[1:] if message is not None else ()


def sentence(finding: Finding) -> str:
    """Say a finding with its mend, without its place."""
    mend = f" ({finding.mend})" if finding.mend else ""
    return f"{finding.message[:1].upper()}{finding.message[1:]}{mend}."

"""What the screens of a lesson are made of: a button's args, what is noted, the learner's tools."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from bot.messages import Args, Button, Emphasis
from bot.model import Learner, Session
from lessons.catalogue import Catalogue
from lessons.model import Lesson


def at(session: Session, **more: str) -> Args:
    """Return the args that tie a button to this screen of this session."""
    return {"s": session.id, "v": str(session.version), **more}


def note_of(session: Session, step: int | None = None) -> Mapping[str, JsonValue]:
    """Return what a step has noted down so far."""
    noted = session.notes.get(str(session.step if step is None else step))
    return noted if isinstance(noted, dict) else {}


def listed(value: JsonValue) -> list[JsonValue]:
    """Return a noted list; anything else is an empty one."""
    return value if isinstance(value, list) else []


def number(value: JsonValue) -> int:
    """Return a noted whole number; anything else is 0."""
    return value if isinstance(value, int) else 0


def tool_names(lesson: Lesson, learner: Learner, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """Return (id, name) of the tools for a lesson: the learner's own among its tools, else all of them."""
    own = tuple(t for t in lesson.tools if t in learner.tools) or lesson.tools
    return tuple((t, catalogue.tools[t].name if t in catalogue.tools else t) for t in own)


def any_of(names: tuple[tuple[str, str], ...]) -> str:
    """Join tool names as a reader would say them: `A, B or C`."""
    words = [name for _, name in names]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def go_on(session: Session) -> Button:
    """Offer to go on."""
    return Button("Go on", "go", at(session), Emphasis.PRIMARY)


def leave(session: Session) -> Button:
    """Offer to leave the lesson where it is."""
    return Button("Leave for now", "leave", at(session))

"""What a learner gets next: an unfinished lesson first, else the first of their job family not yet done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.model import Learner, Session, SessionStatus
from lessons.catalogue import Catalogue
from lessons.model import Lesson

UNFINISHED = frozenset({SessionStatus.OPEN, SessionStatus.LEFT})


@dataclass(frozen=True, slots=True)
class Standing:
    """One lesson of the learner's list and how it stands: `session` is the newest one about it."""

    lesson: Lesson
    session: Session | None
    done: bool

    @property
    def unfinished(self) -> bool:
        """Say whether there is a session to go on with."""
        return self.session is not None and self.session.status in UNFINISHED


def standings(learner: Learner, history: Sequence[Session], catalogue: Catalogue) -> tuple[Standing, ...]:
    """List the lessons for a learner's job family and tools, in catalogue order, with how each stands.

    Lessons that are only for tools the learner does not have are left out; a learner who named no tool
    sees all. `history` is newest first.
    """
    newest: dict[str, Session] = {}
    for session in reversed(history):
        newest[session.lesson] = session
    done = {s.lesson for s in history if s.status is SessionStatus.COMPLETED}
    return tuple(
        Standing(lesson, newest.get(lesson.id), lesson.id in done)
        for lesson in catalogue.for_family(learner.job_family)
        if _fits(lesson, learner)
    )


def next_lesson(listed: Iterable[Standing]) -> Standing | None:
    """Pick the newest unfinished lesson, else the first not done; None where all are done."""
    listed = list(listed)
    unfinished = [(x.session.updated_at, x) for x in listed if x.session is not None and x.unfinished]
    if unfinished:
        return max(unfinished, key=lambda pair: pair[0])[1]
    return next((x for x in listed if not x.done), None)


def _fits(lesson: Lesson, learner: Learner) -> bool:
    return not learner.tools or bool(set(lesson.tools) & set(learner.tools))

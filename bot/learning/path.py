"""What a learner gets next, and why: pure, and said in words that the message repeats.

In this order: a review question that is due (one a day; half a minute), the lesson under way, the lesson that
fits best of those not done, and, when all are done, one to do again. What fits best follows from what went
wrong, confidence, use that stopped and what was just learned, and else from the catalogue's order. Every
lesson comes to its turn, because one that is done makes room for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.learning.memory import Due, after_use, due, went_wrong
from bot.model import Learner, Recall, Session, SessionStatus, Snapshot, ToolUse
from lessons.catalogue import Catalogue
from lessons.model import Lesson

UNFINISHED = frozenset({SessionStatus.OPEN, SessionStatus.LEFT})

UNDER_WAY = timedelta(days=14)
"""So long an unfinished lesson comes first; after that it waits for its turn like one not begun."""

ONE_QUESTION = timedelta(hours=12)
"""So long after an answer no further review question comes unasked: lessons must get their turn."""

NO_REPEAT = timedelta(days=7)
"""So long a finished lesson is not offered again."""

LAPSE = timedelta(days=14)
"""So long without use of a tool for a task that was used for before is a lapse worth speaking of."""

UNSURE, SURE = 50, 80
"""Confidence (0-100) below which the same is practised more, and from which harder lessons come."""


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


@dataclass(frozen=True, slots=True)
class Following:
    """The lesson that comes next, and why; `because` goes on a sentence that began with "because"."""

    lesson: Lesson
    because: str


@dataclass(frozen=True, slots=True)
class Trail:
    """What decides what comes next, of a learner's way so far; `history` is newest first."""

    learner: Learner
    history: Sequence[Session] = ()
    uses: Sequence[ToolUse] = ()
    recalls: Sequence[Recall] = ()


def trail_of(
    snapshot: Snapshot, learner: Learner | None = None, history: Sequence[Session] | None = None
) -> Trail:
    """Take from a snapshot what decides what comes next, perhaps as it will be after a decision."""
    return Trail(
        learner or snapshot.who,
        snapshot.history if history is None else history,
        snapshot.uses,
        snapshot.recalls,
    )


def standings(learner: Learner, history: Sequence[Session], catalogue: Catalogue) -> tuple[Standing, ...]:
    """List the lessons for a learner's job family and tools, in catalogue order, with how each stands.

    Lessons that are only for tools the learner does not have, or for other industries, are left out; a
    learner who named no tool sees all. `history` is newest first.
    """
    newest: dict[str, Session] = {}
    for session in reversed(history):
        newest[session.lesson] = session
    done = {s.lesson for s in history if s.status is SessionStatus.COMPLETED}
    return tuple(
        Standing(lesson, newest.get(lesson.id), lesson.id in done)
        for lesson in catalogue.for_family(learner.job_family, learner.industry)
        if _fits(lesson, learner)
    )


def next_question(trail: Trail, catalogue: Catalogue, now: datetime) -> Due | None:
    """Pick the review question to ask unasked; None where none is due or one was answered just now."""
    if any(recall.count > 1 and now - recall.answered_at < ONE_QUESTION for recall in trail.recalls):
        return None
    return next(iter(questions(trail, catalogue, now)), None)


def questions(trail: Trail, catalogue: Catalogue, now: datetime) -> tuple[Due, ...]:
    """Return all review questions that are due, the longest overdue first; verified use puts one off."""
    return due(after_use(trail.recalls, trail.uses, catalogue), catalogue, now)


def next_lesson(trail: Trail, catalogue: Catalogue, now: datetime) -> Following | None:
    """Pick the lesson that comes next; None where all are done and none is worth doing again yet."""
    history = sorted(trail.history, key=lambda each: (each.updated_at, each.id), reverse=True)
    trail = replace(trail, history=history)
    listed = standings(trail.learner, history, catalogue)
    under_way = [x.session for x in listed if x.unfinished and x.session and _is_fresh(x.session, now)]
    if under_way:
        newest = max(under_way, key=lambda session: (session.updated_at, session.id))
        lesson = next(x.lesson for x in listed if x.lesson.id == newest.lesson)
        return Following(lesson, "you began it and have not finished it yet")
    clues = _Clues(trail, catalogue, now)
    done = {x.lesson.id for x in listed if x.done}
    here = {x.lesson.id for x in listed}
    open_to = [x.lesson for x in listed if not x.done and _is_ready(x.lesson, done, here)]
    if open_to:
        return _best(open_to, clues)
    return _again(listed, clues, now)


def _fits(lesson: Lesson, learner: Learner) -> bool:
    return not learner.tools or bool(set(lesson.tools) & set(learner.tools))


def _is_fresh(session: Session, now: datetime) -> bool:
    return now - session.updated_at < UNDER_WAY


def _is_ready(lesson: Lesson, done: set[str], here: set[str]) -> bool:
    """Say whether what comes before is done; what is not on the learner's list is not waited for."""
    return all(each in done or each not in here for each in lesson.prerequisites)


def _best(lessons: Iterable[Lesson], clues: _Clues) -> Following:
    """Take the strongest reason; of equal ones, the first in the catalogue."""
    judged = [(clues.weigh(lesson), lesson) for lesson in lessons]
    (_, because), lesson = max(judged, key=lambda pair: pair[0][0])
    return Following(lesson, because)


def _again(listed: Sequence[Standing], clues: _Clues, now: datetime) -> Following | None:
    """Pick a finished lesson to do again: one whose use stopped or that went wrong, a week ago or more."""
    rested = [x.lesson for x in listed if x.done and x.session and now - x.session.updated_at >= NO_REPEAT]
    worth = [(clues.worth_repeating(lesson), lesson) for lesson in rested]
    found = [(because, lesson) for because, lesson in worth if because]
    return Following(found[0][1], found[0][0]) if found else None


class _Clues:
    """What speaks for a lesson, each with the words that say so."""

    def __init__(self, trail: Trail, catalogue: Catalogue, now: datetime) -> None:
        self._learner = trail.learner
        self._catalogue = catalogue
        ended = [s for s in trail.history if s.status is SessionStatus.COMPLETED]
        self._ended = {s.lesson for s in ended}
        self._newest: dict[str, Session] = {}  # by capability
        for session in reversed(ended):
            lesson = catalogue.lessons.get(session.lesson)
            if lesson is not None:
                self._newest[lesson.capability] = session
        self._last = ended[0].lesson if ended else None
        self._lapsed = _lapses(trail.uses, now)
        self._repeats = {s.lesson: s for s in reversed(ended)}

    def weigh(self, lesson: Lesson) -> tuple[float, str]:
        """Return how much speaks for a lesson that is not done, and the strongest reason in words."""
        reasons = [*self._of_capability(lesson), *self._of_use(lesson), *self._of_order(lesson)]
        strongest = max(reasons, key=lambda reason: reason[0])
        return sum(weight for weight, _ in reasons), strongest[1]

    def worth_repeating(self, lesson: Lesson) -> str | None:
        """Return why a finished lesson is worth doing again, None where nothing speaks for it."""
        if lesson.use_case in self._lapsed:
            return self._stopped(lesson.use_case)
        if went_wrong(self._repeats[lesson.id]):
            return "not all of it went well the last time"
        return None

    def _of_capability(self, lesson: Lesson) -> Iterable[tuple[float, str]]:
        session = self._newest.get(lesson.capability)
        if session is None:
            return
        title = self._catalogue.lessons[session.lesson].title
        if went_wrong(session):
            yield 4, f"not all of “{title}” went well, and this one practises the same"
        confidence = _confidence(session)
        if confidence is not None and confidence < UNSURE:
            yield 3, f"you put your confidence at {confidence} of 100 after “{title}”"

    def _of_use(self, lesson: Lesson) -> Iterable[tuple[float, str]]:
        if lesson.use_case in self._lapsed:
            yield 3, self._stopped(lesson.use_case)

    def _of_order(self, lesson: Lesson) -> Iterable[tuple[float, str]]:
        if self._last in lesson.prerequisites:
            yield 2, f"it builds on “{self._catalogue.lessons[self._last].title}”, which you have done"
        confidence = self._learner.confidence
        if confidence is not None and confidence < UNSURE and not self._ended and lesson.difficulty == "easy":
            yield 1, f"it is an easy one to begin with, and you put your confidence at {confidence} of 100"
        if confidence is not None and confidence >= SURE and lesson.difficulty == "hard":
            yield 1, f"it asks more, and you put your confidence at {confidence} of 100"
        yield 0, self._in_turn(lesson)

    def _in_turn(self, lesson: Lesson) -> str:
        family = self._catalogue.job_families[lesson.job_family].name
        return f"it is the next one for your job: {family}" if self._ended else f"your job is {family}"

    def _stopped(self, use_case: str) -> str:
        on = self._lapsed[use_case]
        return f"you last used AI for this on {on.day} {on:%B}: {use_case}"


def _confidence(session: Session) -> int | None:
    for note in session.notes.values():
        if isinstance(note, Mapping) and isinstance(found := note.get("confidence"), int):
            return found
    return None


def _lapses(uses: Iterable[ToolUse], now: datetime) -> dict[str, date]:
    """Return the use cases that were used more than once and not any more, with the last day of use."""
    last: dict[str, date] = {}
    times: dict[str, int] = {}
    for use in uses:
        last[use.use_case] = max(use.last_on, last.get(use.use_case, use.last_on))
        times[use.use_case] = times.get(use.use_case, 0) + use.count
    return {case: on for case, on in last.items() if times[case] > 1 and now.date() - on >= LAPSE}

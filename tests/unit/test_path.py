"""What a learner gets next: written cases, each with its reason, and what holds for every learner."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.learning.memory import name_of
from bot.learning.path import NO_REPEAT, Trail, next_lesson, next_question, questions
from bot.model import (
    Learner,
    LearnerId,
    OrganizationId,
    Recall,
    Session,
    SessionId,
    SessionStatus,
    Status,
    ToolUse,
)
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from tests.world import NOW, STEPS, make_catalogue, make_lesson

LEARNER = Learner(LearnerId("l1"), OrganizationId("o1"), 1, Status.ACTIVE, "finance", confidence=60)
REVIEW = STEPS[2]["check"]


def lesson(number: int, **more: object) -> Lesson:
    """Make a lesson of the finance family with a review question of its own."""
    review = {**REVIEW, "question": f"Question of lesson {number}?"}  # type: ignore[dict-item]
    base = {**make_lesson(number).model_dump(mode="json"), "reviews": [review], **more}
    return Lesson.model_validate(base)


def session(
    of: Lesson,
    days_ago: float,
    status: SessionStatus = SessionStatus.COMPLETED,
    notes: Mapping[str, JsonValue] | None = None,
) -> Session:
    """Make a session that ended, or was last touched, so many days ago."""
    at = NOW - timedelta(days=days_ago)
    return Session(
        SessionId(f"s-{of.id}-{days_ago}"),
        LEARNER.id,
        of.id,
        of.version,
        at,
        at,
        status=status,
        notes=notes or {},
    )


def recall(of: Lesson, due: float, count: int = 1, right: bool = True, answered: float = 10) -> Recall:
    """Make what is remembered of a lesson's question: due in so many days, answered so many days ago."""
    memory = {"stability": 3.0, "difficulty": 5.0}
    asked = name_of(of.reviews[0])
    return Recall(
        LEARNER.id,
        of.id,
        asked,
        memory,
        NOW + timedelta(days=due),
        NOW - timedelta(days=answered),
        count,
        right,
    )


def trail(
    *history: Session,
    learner: Learner = LEARNER,
    uses: Sequence[ToolUse] = (),
    recalls: Sequence[Recall] = (),
) -> Trail:
    """Make a trail, its sessions newest first."""
    newest = sorted(history, key=lambda each: each.updated_at, reverse=True)
    return Trail(learner, newest, uses, recalls)


def chosen(of: Trail, catalogue: Catalogue, now: datetime = NOW) -> tuple[str, str] | None:
    """Return the id of the lesson that comes next, and the reason."""
    found = next_lesson(of, catalogue, now)
    return (found.lesson.id, found.because) if found else None


ONE, TWO, THREE = lesson(1), lesson(2), lesson(3)
EASY = lesson(4, difficulty="easy")
HARD = lesson(5, difficulty="hard")
OTHER = lesson(6, capability="challenge-forecasts", use_case="Forecasts")
BUILT = lesson(7, prerequisites=["finance-lesson-3"])
WRONG: Mapping[str, JsonValue] = {"2": {"missed": True}}


@pytest.mark.parametrize(
    ("of", "lessons", "expected"),
    [
        pytest.param(
            trail(),
            (ONE, TWO),
            ("finance-lesson-1", "your job is Finance analyst"),
            id="the first of the job",
        ),
        pytest.param(
            trail(session(ONE, 1)),
            (ONE, TWO),
            ("finance-lesson-2", "it is the next one for your job: Finance analyst"),
            id="the next in turn",
        ),
        pytest.param(
            trail(session(TWO, 1, SessionStatus.LEFT), session(THREE, 2, SessionStatus.LEFT)),
            (ONE, TWO, THREE),
            ("finance-lesson-2", "you began it and have not finished it yet"),
            id="the newest under way",
        ),
        pytest.param(
            trail(session(TWO, 15, SessionStatus.LEFT)),
            (ONE, TWO),
            ("finance-lesson-1", "your job is Finance analyst"),
            id="what was left long ago waits its turn",
        ),
        pytest.param(
            trail(session(ONE, 1, notes=WRONG)),
            (ONE, OTHER, TWO),
            (
                "finance-lesson-2",
                "not all of “Lesson 1 of finance” went well, and this one practises the same",
            ),
            id="what went wrong is practised again",
        ),
        pytest.param(
            trail(session(ONE, 1, notes={"0": {"met": "some"}})),
            (ONE, OTHER, TWO),
            (
                "finance-lesson-2",
                "not all of “Lesson 1 of finance” went well, and this one practises the same",
            ),
            id="a rubric that was met in part",
        ),
        pytest.param(
            trail(session(ONE, 1, notes={"3": {"confidence": 20}})),
            (ONE, OTHER, TWO),
            ("finance-lesson-2", "you put your confidence at 20 of 100 after “Lesson 1 of finance”"),
            id="low confidence afterwards",
        ),
        pytest.param(
            trail(session(ONE, 1), uses=(ToolUse("copilot", "Forecasts", 3, date(2026, 10, 12)),)),
            (ONE, TWO, OTHER),
            ("finance-lesson-6", "you last used AI for this on 12 October: Forecasts"),
            id="use that stopped",
        ),
        pytest.param(
            trail(session(ONE, 1), uses=(ToolUse("copilot", "Forecasts", 3, date(2026, 10, 25)),)),
            (ONE, TWO, OTHER),
            ("finance-lesson-2", "it is the next one for your job: Finance analyst"),
            id="use of last week is no lapse",
        ),
        pytest.param(
            trail(session(THREE, 1)),
            (THREE, ONE, BUILT),
            ("finance-lesson-7", "it builds on “Lesson 3 of finance”, which you have done"),
            id="what builds on the last one",
        ),
        pytest.param(
            trail(),
            (BUILT, ONE, THREE),
            ("finance-lesson-1", "your job is Finance analyst"),
            id="what comes before is not done yet",
        ),
        pytest.param(
            trail(learner=replace(LEARNER, confidence=20)),
            (ONE, EASY),
            ("finance-lesson-4", "it is an easy one to begin with, and you put your confidence at 20 of 100"),
            id="an easy one for who is unsure",
        ),
        pytest.param(
            trail(learner=replace(LEARNER, confidence=90)),
            (ONE, HARD),
            ("finance-lesson-5", "it asks more, and you put your confidence at 90 of 100"),
            id="a hard one for who is sure",
        ),
        pytest.param(
            trail(session(ONE, 8, notes=WRONG)),
            (ONE,),
            ("finance-lesson-1", "not all of it went well the last time"),
            id="all done: again what went wrong",
        ),
        pytest.param(trail(session(ONE, 6, notes=WRONG)), (ONE,), None, id="but not within a week"),
        pytest.param(trail(session(ONE, 60)), (ONE,), None, id="all done and well"),
    ],
)
def test_what_comes_next_has_a_reason(
    of: Trail, lessons: tuple[Lesson, ...], expected: tuple[str, str] | None
) -> None:
    """Each written case leads to its lesson, and says why in words."""
    assert chosen(of, make_catalogue(*lessons)) == expected


def test_lessons_for_another_industry_are_not_offered() -> None:
    """An organization of one industry gets lessons for it and for all, and none for others."""
    catalogue = make_catalogue(lesson(1, industries=["banking"]), TWO)
    insurer = replace(
        catalogue, organization=catalogue.organization.model_copy(update={"industry": "insurance"})
    )
    assert chosen(trail(), catalogue) == ("finance-lesson-1", "your job is Finance analyst")
    assert chosen(trail(), insurer) == ("finance-lesson-2", "your job is Finance analyst")


# ---------------------------------------------------------------- review questions


def test_the_question_longest_overdue_comes_first() -> None:
    """Of several that are due the oldest is asked; what is not due or no longer there is not."""
    catalogue = make_catalogue(ONE, TWO)
    gone = replace(recall(TWO, -9), question="rewritten")
    found = questions(trail(recalls=(recall(ONE, -1), recall(TWO, -2), gone)), catalogue, NOW)
    assert [each.lesson.id for each in found] == ["finance-lesson-2", "finance-lesson-1"]
    assert questions(trail(recalls=(recall(ONE, 0.1),)), catalogue, NOW) == ()


def test_one_question_a_day_comes_unasked() -> None:
    """After an answer the next due question waits for half a day, so that lessons get their turn."""
    catalogue = make_catalogue(ONE, TWO)
    due = recall(ONE, -1)
    assert next_question(trail(recalls=(due,)), catalogue, NOW) is not None
    answered = recall(TWO, 3, count=2, answered=0.1)
    assert next_question(trail(recalls=(due, answered)), catalogue, NOW) is None
    begun = recall(TWO, 3, count=1, answered=0.1)
    assert next_question(trail(recalls=(due, begun)), catalogue, NOW) is not None


def test_verified_use_at_work_counts_as_remembering() -> None:
    """A measured use after the last answer puts the question off; one's own word does not."""
    catalogue = make_catalogue(ONE)
    due = recall(ONE, -1, answered=5)

    def asked(last: date, verified: date | None) -> int:
        use = ToolUse("copilot", "Variance analysis", 4, last, verified)
        return len(questions(trail(uses=(use,), recalls=(due,)), catalogue, NOW))

    yesterday, before = NOW.date() - timedelta(days=1), NOW.date() - timedelta(days=6)
    assert asked(yesterday, None) == 1
    assert asked(yesterday, before) == 1
    assert asked(yesterday, yesterday) == 0


# ---------------------------------------------------------------- what holds for everybody


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Draw a family of up to eight lessons; each may wait for some of those before it."""
    lessons: list[Lesson] = []
    for number in range(1, draw(st.integers(2, 8)) + 1):
        before = (
            draw(st.lists(st.sampled_from([each.id for each in lessons]), unique=True, max_size=2))
            if lessons
            else []
        )
        made = lesson(
            number,
            prerequisites=before,
            difficulty=draw(st.sampled_from(["easy", "medium", "hard"])),
            capability=draw(st.sampled_from(["a", "b"])),
            use_case=draw(st.sampled_from(["Reports", "Notes", "Plans"])),
        )
        lessons.append(made)
    return make_catalogue(*draw(st.permutations(lessons)))


NOTES: st.SearchStrategy[dict[str, JsonValue]] = st.sampled_from(
    [
        {},
        {"2": {"missed": True}},
        {"3": {"confidence": 10}},
        {"0": {"hint": True}},
        {"0": {"checks": [False]}},
    ]
)


@given(catalogues(), st.data(), st.sampled_from([None, 10, 60, 95]))
def test_every_lesson_comes_to_its_turn(
    catalogue: Catalogue, data: st.DataObject, confidence: int | None
) -> None:
    """Whoever takes what comes next gets every lesson once, and never one before what comes before it."""
    learner = replace(LEARNER, confidence=confidence)
    history: list[Session] = []
    seen: list[str] = []
    now = NOW
    for _ in catalogue.lessons:
        found = next_lesson(trail(*history, learner=learner), catalogue, now)
        assert found is not None and found.lesson.id not in seen
        assert set(found.lesson.prerequisites) <= {*seen}
        assert found.because and not found.because.endswith(".")
        seen.append(found.lesson.id)
        made = session(found.lesson, 0, notes=data.draw(NOTES))
        history.append(replace(made, id=SessionId(f"s{len(history)}"), updated_at=now))
        now += timedelta(hours=data.draw(st.integers(1, 100)))
    assert {*seen} == {*catalogue.lessons}


@given(catalogues(), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 30), NOTES), max_size=12))
def test_nothing_is_repeated_within_a_week(
    catalogue: Catalogue, taken: list[tuple[int, int, dict[str, JsonValue]]]
) -> None:
    """A lesson that was finished in the last seven days is never the next one."""
    lessons = [*catalogue.lessons.values()]
    history = [session(lessons[at % len(lessons)], days, notes=notes) for at, days, notes in taken]
    found = next_lesson(trail(*history), catalogue, NOW)
    recent = {each.lesson for each in history if NOW - each.updated_at < NO_REPEAT}
    assert found is None or found.lesson.id not in recent


@given(catalogues(), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 30)), max_size=8))
def test_the_same_trail_gives_the_same_answer(catalogue: Catalogue, taken: list[tuple[int, int]]) -> None:
    """What comes next follows from the trail and the time alone, in whatever order it is told."""
    lessons = [*catalogue.lessons.values()]
    history = [session(lessons[at % len(lessons)], days) for at, days in dict(taken).items()]
    assert chosen(trail(*history), catalogue) == chosen(trail(*reversed(history)), catalogue)

"""Dated facts of people: figures that are counted from them are those of the definitions, at any T."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.events import Evidence
from bot.measurement.adoption import (
    HORIZONS,
    Waited,
    adopted,
    first_qualifying_week,
    habitual,
    power,
    tried,
)
from bot.measurement.lapses import lapsed, returned
from bot.measurement.programs import courses_of
from bot.measurement.retention import WEEKS, kept
from bot.measurement.standings import Course, Standings, for_target, standings
from bot.measurement.targets import met
from bot.measurement.usage import usage_of
from bot.measurement.uses import Use
from bot.measurement.windows import iso_week
from bot.model import Learner, LearnerId, OrganizationId, Span
from lessons.catalogue import Catalogue, OrganizationSettings
from lessons.programs import Included, Program, Target
from tests.measured import T0, at, events, laid_out, numbers, use, worlds
from tests.world import make_lesson

TARGET = Target(id="two", tool="copilot", task="Variance analysis", share=0.8)
COURSE = Course("all", T0, (TARGET,))


def of_copilot(made: Standings, through: date) -> set[str]:
    """Give what was met by T."""
    return {
        each.name
        for each in made.reached
        if each.tool == "copilot" and each.evidence is Evidence.MEASURED and each.on <= through
    }


@settings(max_examples=300)
@given(worlds(evidence=Evidence.MEASURED), numbers.map(at))
def test_at_any_t_they_say_what_the_definitions_say(uses: list[Use], through: date) -> None:
    """Adopted, lapsed, habitual and all others, looked at on a day, of which alone is known."""
    ours = [each for each in uses if each.person == "ada"]
    made = standings(ours, (COURSE,))
    then = [each for each in ours if each.on <= through]
    usage, reached = laid_out(then), of_copilot(made, through)
    for horizon in HORIZONS:
        if at(horizon) <= through:
            assert (f"tried {horizon}" in reached) is tried(usage, T0, horizon)
            assert (f"adopted {horizon}" in reached) is adopted(usage, T0, horizon)
    for week in WEEKS:
        if at(7 * week) <= through:
            assert (f"retained {week}" in reached) is kept(usage, T0, week)
    if at(TARGET.within_days) <= through:
        of_task = usage_of("ada", then, "copilot", Evidence.MEASURED, TARGET.task)
        assert (for_target("two") in reached) is met(TARGET, of_task, T0)
    first = next(
        (x.on for x in made.reached if x.name == "first_qualifying_week" and x.tool == "copilot"), None
    )
    waited = first_qualifying_week(usage, T0, through)
    seen = first is not None and first <= through
    assert waited == Waited((first - T0).days if first and seen else max(0, (through - T0).days), seen)
    spells = [each.lapse for each in made.spells if each.tool == "copilot"]
    begun = [each for each in spells if each.from_on <= through]
    back = [each for each in begun if each.returned_on and each.returned_on <= through]
    assert (len(begun) > len(back)) is lapsed(usage, T0, through)
    assert bool(back) is returned(usage, T0, through)


@settings(max_examples=200)
@given(worlds(evidence=Evidence.MEASURED), st.integers(-10, 30))
def test_a_week_says_what_the_definitions_say(uses: list[Use], number: int) -> None:
    """Days, uses, habit and power of any week; a week without a row has none of them."""
    ours = [each for each in uses if each.person == "ada"]
    week = iso_week(at(7 * number))
    made = standings(ours, ())
    row = next((x for x in made.active if x.tool == "copilot" and x.monday == week.first_on), None)
    usage = laid_out([each for each in ours if each.on <= week.last_on])
    days = sum(on in usage.days for on in week)
    wanted = (days, usage.in_week(week), habitual(usage, week.last_on), power(usage, week.last_on))
    assert ((row.days, row.uses, row.habitual, row.power) if row else (0, 0, False, False)) == wanted


def test_tasks_of_four_weeks_are_counted() -> None:
    """Different ones, however they are written, to the week's Sunday and 27 days back."""
    uses = [
        use(0, task="Variance analysis"),
        use(1, task="variance  ANALYSIS"),
        use(15, task="Forecast"),
        use(15),
    ]
    made = {each.monday: each.tasks for each in standings(uses, ()).active}
    assert [made.get(T0 + timedelta(days=7 * n), 0) for n in range(-1, 7)] == [0, 1, 1, 2, 2, 1, 1, 0]


def test_use_of_before_is_the_baseline() -> None:
    """Twice in three of the four weeks before t0; t0 itself is of neither."""
    before = events(-28, -27, -14, -13, -2, -1)
    assert "baseline" in of_copilot(standings(before, (COURSE,)), T0)
    assert "baseline" not in of_copilot(standings(events(-28, -27, -14, -13, -1, 0), (COURSE,)), T0)


def test_without_a_program_there_are_only_weeks() -> None:
    """Whoever has not completed a lesson is counted in no program."""
    made = standings(events(1, 2, 8, 9), ())
    assert (made.exposed, made.reached, made.spells) == ({}, (), ())
    assert len(made.active) > 0


# ---------------------------------------------------------------- programs

WHO = Learner(LearnerId("l1"), OrganizationId("o1"), job_family="sales", tools=("copilot",))
LESSONS = {each.id: each for each in (make_lesson(1), make_lesson(2), make_lesson(1, "sales"))}


def catalogue(*programs: Program) -> Catalogue:
    """Make a catalogue with programs."""
    return Catalogue(OrganizationSettings(name="Acme"), {}, {}, LESSONS, programs=programs, targets=(TARGET,))


def test_the_first_completed_lesson_of_a_program_is_t0() -> None:
    """In any order, and not before the program began; without programs every lesson is of the one."""
    done = {"finance-lesson-2": at(3), "sales-lesson-1": at(1), "finance-lesson-1": at(5)}
    assert courses_of(done, WHO, (), catalogue()) == (Course("all", at(1), (TARGET,)),)
    finance = Program(id="finance", lessons=Included(job_family="finance"), starts_on=at(4))
    assert courses_of(done, WHO, (), catalogue(finance)) == (Course("finance", at(5)),)
    assert courses_of({}, WHO, (), catalogue()) == ()


def test_a_program_is_for_those_for_whom_it_was_then() -> None:
    """The roster of that day says so: whoever moves on later stays counted."""
    program = Program.model_validate({"id": "finance", "people": {"job_family": "finance"}})
    done = {"finance-lesson-1": at(3)}
    spans = [
        Span("E-1", at(0), at(10), {"job_family": "finance", "tools": "copilot"}),
        Span("E-1", at(10), None, {"job_family": "sales", "tools": "copilot"}),
    ]
    assert [each.program for each in courses_of(done, WHO, spans, catalogue(program))] == ["finance"]
    assert courses_of({"finance-lesson-1": at(12)}, WHO, spans, catalogue(program)) == ()
    assert courses_of(done, WHO, (), catalogue(program)) == ()

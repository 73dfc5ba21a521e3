"""Who is counted: exposure days, complete-through days, and too young to count."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.eligibility import (
    Source,
    Standing,
    Through,
    Trained,
    complete_through,
    counted,
    exposures,
    standing,
)
from bot.measurement.uses import Detail
from tests.measured import STARTS, T0, at

SUNDAY = date(2026, 11, 29)


def done(person: str, number: int, lesson: str | None = "finance-one") -> AdoptionEvent:
    """Complete a lesson on day `number`."""
    return AdoptionEvent(
        f"{person} {number} {lesson}",
        datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=number),
        at(number),
        person,
        EventType.LESSON_COMPLETED,
        lesson=lesson,
    )


# ---------------------------------------------------------------- exposure


def test_the_first_completed_lesson_is_the_exposure() -> None:
    """Of lessons completed on days 5, 2 and 9, in any order, day 2 is t0; starting one is no exposure."""
    started = replace(done("ada", 0), type=EventType.LESSON_STARTED)
    assert exposures([done("ada", 5), started, done("ada", 2), done("bo", 9), done("ada", 9)]) == {
        "ada": at(2),
        "bo": at(9),
    }


def test_the_day_is_the_persons_own() -> None:
    """Completed at 23:30 UTC where it is the next day already, t0 is that next day."""
    event = replace(done("ada", 0), local_date=at(1))
    assert exposures([event]) == {"ada": at(1)}


def test_a_program_counts_its_own_lessons_from_its_own_day() -> None:
    """Other lessons, and what was completed before the program starts, are no exposure to it."""
    events = [done("ada", 1, "sales-one"), done("ada", 3), done("ada", 7), done("bo", 4, "sales-one")]
    assert exposures(events, {"finance-one"}, at(5)) == {"ada": at(7)}
    assert exposures(events, {"finance-one"}, at(3)) == {"ada": at(3)}
    assert exposures(events) == {"ada": at(1), "bo": at(4)}


def test_an_event_of_no_lesson_is_no_exposure() -> None:
    """An imported line without a lesson does not say what was completed."""
    assert exposures([done("ada", 1, None)]) == {}


def test_a_past_week_is_seen_as_it_was() -> None:
    """Up to day 4 only who had completed by then has an exposure day."""
    assert exposures([done("ada", 4), done("bo", 5)], until=at(4)) == {"ada": at(4)}


@given(st.data(), st.lists(st.tuples(st.sampled_from(["ada", "bo"]), st.integers(-30, 90))))
def test_the_order_of_events_makes_no_difference(data: st.DataObject, when: list[tuple[str, int]]) -> None:
    """Whatever comes in late, t0 is each person's earliest day."""
    events = [done(person, number) for person, number in when]
    found = exposures(events)
    assert exposures(data.draw(st.permutations(events))) == found
    assert found == {p: at(min(n for q, n in when if q == p)) for p, _ in when}


# ---------------------------------------------------------------- complete through


def source(name: str, back: int, **other: object) -> Source:
    """Make a source of Copilot that is complete through `back` days before the Sunday."""
    made = Source(name, "copilot", SUNDAY - timedelta(days=back), Detail.DAY)
    return replace(made, **other)  # type: ignore[arg-type]  # by the name of the field


def test_figures_are_complete_as_far_as_all_sources_are() -> None:
    """Of sources complete through the 29th, the 27th and the 24th, T is the 24th."""
    sources = [source("a", 0), source("b", 2), source("c", 5)]
    assert complete_through(sources, "copilot", SUNDAY) == Through(date(2026, 11, 24), tuple(sources))


def test_t_is_never_after_the_sunday() -> None:
    """When a past week is asked for, a source is further on than its Sunday, which is T."""
    assert complete_through([source("a", -300)], "copilot", SUNDAY).on == SUNDAY


def test_a_silent_source_is_left_out_and_named() -> None:
    """A source that is 13 days behind, complete through the 16th, is waited for; one of the 15th is not."""
    heard, late, silent = source("a", 1), source("b", 13), source("c", 14)
    assert complete_through([heard, late, silent], "copilot", SUNDAY) == Through(
        date(2026, 11, 16), (heard, late), (silent,)
    )


def test_without_a_source_nothing_is_complete() -> None:
    """Where no measured source tells of the tool, or all are silent, there is no T."""
    other = [source("a", 0, tool="chatgpt"), source("b", 0, evidence=Evidence.SELF_REPORT)]
    assert complete_through(other, "copilot", SUNDAY) == Through(None)
    assert complete_through([source("c", 30)], "copilot", SUNDAY).on is None


@pytest.mark.parametrize("evidence", [Evidence.SELF_REPORT, Evidence.MANAGER, Evidence.INFERRED])
def test_what_people_say_is_complete_through_the_sunday(evidence: Evidence) -> None:
    """Self-reports wait for no measured source."""
    assert complete_through([source("a", 9)], "copilot", SUNDAY, evidence) == Through(SUNDAY)


# ---------------------------------------------------------------- eligible and too young


def test_who_is_eligible_at_thirty_days() -> None:
    """t0 + 30 is 2 December: with T on the 1st too young to count, with T on the 2nd eligible."""
    ada = Trained("ada", T0)
    assert standing(ada, 30, date(2026, 12, 1)) is Standing.TOO_YOUNG
    assert standing(ada, 30, date(2026, 12, 2)) is Standing.ELIGIBLE


@pytest.mark.parametrize("start", STARTS)
def test_eligible_begins_on_day_h_everywhere(start: date) -> None:
    """Over leap days and the ends of years it is day H by number, not by month."""
    for horizon in (28, 30, 60, 90):
        found = [standing(Trained("ada", start), horizon, at(horizon + more, start)) for more in (-1, 0)]
        assert found == [Standing.TOO_YOUNG, Standing.ELIGIBLE]


def test_who_left_or_opted_out_is_neither_eligible_nor_too_young() -> None:
    """Of five people one is eligible and one too young; a leaver and two who opted out are not counted."""
    people = [
        Trained("ada", at(0)),
        Trained("bo", at(1)),
        Trained("cy", at(0), employed=False),
        Trained("di", at(0), measured=False),
        Trained("ed", at(5), measured=False),
    ]
    found = counted(people, 30, at(30))
    assert [each.person for each in found.eligible] == ["ada"] and found.too_young == 1
    assert standing(people[2], 30, at(30)) is Standing.LEFT
    assert standing(people[3], 30, at(30)) is Standing.OPTED_OUT


@given(
    st.lists(
        st.builds(Trained, st.text(max_size=3), st.integers(-60, 60).map(at), st.booleans(), st.booleans())
    ),
    st.integers(28, 100),
    st.integers(-10, 200),
)
def test_everybody_stands_somewhere(people: list[Trained], horizon: int, ahead: int) -> None:
    """Eligible and too young together are all who are employed and measured, each person once."""
    found = counted(people, horizon, at(ahead))
    assert len(found.eligible) + found.too_young == sum(each.employed and each.measured for each in people)
    assert all(each.exposed_on + timedelta(days=horizon) <= at(ahead) for each in found.eligible)

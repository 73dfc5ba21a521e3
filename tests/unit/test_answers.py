"""What people say when they are asked: what holds on a day, and the figures of groups."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import AdoptionEvent, EventType
from bot.measurement.answers import AFTER, BEFORE, Answer, Item, Said, answer_of, held
from bot.measurement.asides import Asides, Held
from bot.measurement.digest import ConfidenceRow, ManagerRow, MinutesRow, OpinionRow
from bot.measurement.voices import opinions, perception, voices
from bot.privacy.suppression import Guard

GUARD = Guard(5)
FIRST = date(2026, 9, 1)


def said(kind: EventType, /, **properties: object) -> list[Answer]:
    """Read one event of the first of September."""
    at = datetime(2026, 9, 1, 12, tzinfo=UTC)
    event = AdoptionEvent("e", at, FIRST, "L1", kind, properties=properties)  # type: ignore[arg-type]  # as said
    return [*answer_of(event)]


def test_answers_are_read_from_events() -> None:
    """Confidence and minutes from lessons, short questions by their names; anything else is none."""
    confidence = said(EventType.CONFIDENCE_REPORTED, value=40, when="before")
    assert confidence == [Answer(Item.CONFIDENCE, BEFORE, "", FIRST, 40)]
    assert said(EventType.MINUTES_SAVED_REPORTED, value=-5) == [
        Answer(Item.MINUTES_SAVED, AFTER, "", FIRST, -5)
    ]
    asked = said(EventType.STEP_SHOWN, kind="reflect", asks=["confidence", "minutes_saved"])
    assert asked == [Answer(Item(each), AFTER, "", FIRST) for each in ("confidence", "minutes_saved")]
    team = said(EventType.SURVEY_ANSWERED, item="team_task", phase="before", subject="M-1", value=70)
    assert team == [Answer(Item.TEAM_TASK, BEFORE, "M-1", FIRST, 70)]
    assert said(EventType.SURVEY_ASKED, item="support") == [Answer(Item.SUPPORT, AFTER, "", FIRST)]
    assert said(EventType.STEP_SHOWN, kind="practice") == []
    assert said(EventType.SURVEY_ANSWERED, item="mood", value=3) == []
    assert said(EventType.CONFIDENCE_REPORTED, value="much") == []


ANSWERS = st.builds(
    Answer,
    st.sampled_from([Item.CONFIDENCE, Item.MINUTES_SAVED, Item.TEAM_TASK]),
    st.sampled_from([BEFORE, AFTER]),
    st.sampled_from(["", "M-1"]),
    st.integers(0, 30).map(lambda n: FIRST + timedelta(days=n)),
    st.none() | st.integers(0, 100),
)


@given(
    st.lists(ANSWERS, max_size=12, unique_by=lambda x: (x.item, x.phase, x.subject, x.on)),
    st.none() | st.integers(0, 30),
    st.integers(-1, 35),
)
def test_on_any_day_the_last_word_holds(answers: list[Answer], begun: int | None, number: int) -> None:
    """What was asked for keeps the answer of before; before the first lesson is before it."""
    t0 = None if begun is None else FIRST + timedelta(days=begun)
    on = FIRST + timedelta(days=number)
    seen = {
        (each.item, each.subject): (each.before, each.after)
        for each in held(answers, t0)
        if each.on <= on and (each.until is None or on < each.until)
    }
    wanted = {}
    for item, subject in {(each.item, each.subject) for each in answers}:
        ours = [x for x in answers if (x.item, x.subject) == (item, subject) and x.on <= on]
        if item is Item.CONFIDENCE and t0 is not None:
            ours = [x for x in ours if x.phase == AFTER or x.on <= t0]
        if any(x.phase == AFTER for x in ours) or (ours and item is Item.TEAM_TASK):
            last: list[int | None] = []
            for phase in (BEFORE, AFTER):
                known = [x for x in ours if x.phase == phase and x.value is not None]
                last.append(max(known, key=lambda x: x.on).value if known else None)
            wanted[item, subject] = (last[0], last[1])
    assert seen == wanted


def test_the_same_said_again_is_no_other_state() -> None:
    """Nothing is kept twice."""
    twice = [Answer(Item.MINUTES_SAVED, AFTER, "", FIRST + timedelta(days=n), 20) for n in (0, 5)]
    assert held(twice, None) == (Said(Item.MINUTES_SAVED, "", FIRST, None, None, 20),)


# ---------------------------------------------------------------- figures


def of(item: Item, *answers: tuple[int | None, int | None]) -> Asides:
    """Make a group in which each gave one answer, before and after."""
    return Asides(Counter(Held(item, *each) for each in answers))


def test_confidence_is_of_pairs() -> None:
    """Who told only once is asked and not answered."""
    group = of(Item.CONFIDENCE, *((30 + n, 40 + 2 * n) for n in range(8)), (None, 70), (20, None))
    row = voices({"": group}, GUARD)[""].confidence
    assert (row.asked, row.answered, row.before_median, row.after_median) == (10, 8, 33.5, 47.0)
    assert (row.paired_change, row.low, row.high) == (13.5, 10, 17)


def test_minutes_are_never_summed() -> None:
    """Median and quartiles of those who told."""
    group = of(Item.MINUTES_SAVED, (None, 5), (None, 10), (None, 10), (None, 30), (None, -10), (None, None))
    assert voices({"": group}, GUARD)[""].minutes_saved == MinutesRow(6, 5, 10, 5, 10)


def test_of_few_who_answered_nothing_is_said() -> None:
    """Four answers tell too much of each; a sibling that would tell of them says nothing either."""
    few = of(Item.CONFIDENCE, *((30, 40),) * 4, (None, None))
    many = of(Item.CONFIDENCE, *((30, 40),) * 9)
    made = voices({"few": few, "many": many}, GUARD)
    assert made["few"].confidence == ConfidenceRow(suppressed=True) == made["many"].confidence
    assert made["few"].minutes_saved == MinutesRow(0, 0)


def test_managers_answer_of_teams() -> None:
    """A team is assessed when it was both times."""
    group = of(Item.TEAM_TASK, (40, 60), (50, 55), (70, None))
    assert voices({"": group}, GUARD)[""].manager == ManagerRow(3, 2, 45, 57.5, 12.5)


def test_opinions_have_bounds_of_the_silent() -> None:
    """Six of ten agree, and ten were silent: of all between 30 and 80 %."""
    group = of(Item.SUPPORT, *((None, 4),) * 6, *((None, 2),) * 4, *((None, None),) * 10)
    row = opinions({"": group}, Item.SUPPORT, GUARD)[""]
    assert (row.asked, row.answered, row.share) == (20, 10, 0.6)
    assert row.low == pytest.approx(0.3)
    assert row.high == pytest.approx(0.8)


def test_of_a_few_it_is_not_said_that_all_agree() -> None:
    """All of twelve agree is held back; all of twenty is not."""
    twelve = opinions({"": of(Item.SUPPORT, *((None, 5),) * 12)}, Item.SUPPORT, GUARD)[""]
    assert (twelve.asked, twelve.share, twelve.suppressed) == (12, None, True)
    assert opinions({"": of(Item.SUPPORT, *((None, 5),) * 20)}, Item.SUPPORT, GUARD)[""].share == 1


def test_the_gap_is_between_two_shares() -> None:
    """HR less learners, and what HR expects beside what is measured."""
    hr, learners = OpinionRow(10, 8, 0.75, 0.6, 0.8), OpinionRow(100, 50, 0.5, 0.25, 0.75)
    expected = of(Item.ESTIMATED_RATE, *((None, 60),) * 3, *((None, 80),) * 2)
    row = perception(learners, hr, expected, 0.31, GUARD)
    assert (row.gap, row.estimated_rate, row.measured_rate) == (0.25, 0.6, 0.31)
    few = perception(learners, OpinionRow(suppressed=True), of(Item.ESTIMATED_RATE, (None, 60)), None, GUARD)
    assert (few.gap, few.estimated_rate, few.suppressed) == (None, None, True)

"""Moments that look at real use: a third week, a lapse, a target, each by written cases."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import AdoptionEvent, EventType, Evidence
from bot.model import Draw, Learner, LearnerId, NudgeAction, OrganizationId, Status
from bot.nudging.happenings import Way
from bot.nudging.occasions import occasions
from bot.nudging.policy import Standing
from bot.nudging.times import Week
from bot.nudging.using import Using
from lessons.catalogue import Catalogue, JobFamily, OrganizationSettings, Tool
from lessons.moments import Moment, Nudges
from lessons.programs import Program, Target
from scheduler.planner import look_ahead
from tests.measured import T0, at

LEARNER = Learner(
    LearnerId("ada"),
    OrganizationId("o1"),
    status=Status.ACTIVE,
    job_family="finance",
    tools=("copilot",),
)
WEEK = Week.of(Nudges(hold=0.0), ZoneInfo("Europe/Berlin"))
THREE_WEEKS = (3, 4, 10, 11, 17, 18)
"""Two uses in each of the days 3-9, 10-16 and 17-23: adopted at 30; weeks from t0 are 1-7, 8-14, 15-21."""


def event(kind: EventType, number: int, **more: str) -> AdoptionEvent:
    """What was done on day `number`."""
    noon = datetime.combine(at(number), time(12), UTC)
    evidence = Evidence(more.get("evidence", "self_report")) if kind is EventType.TOOL_USED else None
    return AdoptionEvent(
        f"{kind} {number} {more}",
        noon,
        at(number),
        LEARNER.id,
        kind,
        lesson=more.get("lesson"),
        use_case=more.get("task"),
        tool=more.get("tool"),
        evidence=evidence,
    )


def story(*days: int, tool: str = "copilot", evidence: str = "self_report") -> list[AdoptionEvent]:
    """Complete a lesson on day 0, and use a tool on some days."""
    uses = [event(EventType.TOOL_USED, n, tool=tool, evidence=evidence) for n in days]
    return [event(EventType.LESSON_COMPLETED, 0, lesson="finance-one"), *uses]


def moment(**changes: object) -> Moment:
    """A moment for who has lapsed, or another."""
    lapse = {"id": "it", "kind": "change", "when": {"event": "lapsed", "after_days": 14}}
    return Moment.model_validate({**lapse, "offer": {"lesson": "next"}, **changes})


def catalogue(*moments: Moment) -> Catalogue:
    """A catalogue with a program, a target of it, and these moments."""
    return Catalogue(
        OrganizationSettings(name="Acme"),
        {"copilot": Tool(name="Microsoft 365 Copilot"), "claude": Tool(name="Claude")},
        {"finance": JobFamily(name="Finance analyst")},
        programs=(
            Program.model_validate(
                {"id": "f", "lessons": {"lesson": "finance-one"}, "people": {"job_family": "finance"}}
            ),
        ),
        targets=(Target(id="eighty", program="f", tool="copilot", share=0.8),),
        moments=moments,
    )


def due(events: Sequence[AdoptionEvent], number: int, **changes: object) -> list[tuple[date, str]]:
    """Give what is due, or will be, when it is looked at on day `number`: the day and the reason."""
    now = datetime.combine(at(number), time(9), UTC)
    since = now - timedelta(days=3)
    found = occasions(Way(LEARNER, events=events), catalogue(moment(**changes)), WEEK, since, now)
    return [(WEEK.day_of(each.due_at), each.because) for each in found]


# ---------------------------------------------------------------- a lapse


def test_a_lapse_is_seen_coming() -> None:
    """Adopted at 30 and last used on day 25: from then on it is known that day 39 would be a lapse."""
    events = story(*THREE_WEEKS, 25)
    because = "Laps knows of no use of Microsoft 365 Copilot since 27 November"
    assert due(events, 31) == due(events, 38) == due(events, 40) == [(at(39), because)]
    assert due(events, 43) == []


def test_a_use_puts_a_lapse_off() -> None:
    """Another use on day 37, by whatever evidence, moves it to day 51."""
    for evidence in ("self_report", "measured"):
        more = event(EventType.TOOL_USED, 37, tool="copilot", evidence=evidence)
        found = due([*story(*THREE_WEEKS, 25), more], 40)
        assert [on for on, _ in found] == [at(51)], evidence


@pytest.mark.parametrize("days", [(3, 4, 10, 11), (3,), ()])
def test_who_never_adopted_has_not_lapsed(days: tuple[int, ...]) -> None:
    """Two weeks of use and silence: there is nothing to come back to."""
    assert due(story(*days), 60) == []


def test_who_adopted_late_lapses_late() -> None:
    """Use from day 33 to 53 is adoption at 60; silent since, it is a lapse on day 67."""
    found = due(story(33, 34, 40, 41, 47, 48, 53), 61)
    assert [on for on, _ in found] == [at(67)]


def test_nobody_lapses_before_the_first_lesson() -> None:
    """Uses that a source tells of somebody who has completed nothing are no adoption."""
    assert due(story(*THREE_WEEKS, 25)[1:], 39) == []


def test_a_moment_for_a_tool_is_about_that_tool() -> None:
    """What lapsed is Claude: a moment for Copilot says nothing of it."""
    events = story(*THREE_WEEKS, 25, tool="claude")
    assert [on for on, _ in due(events, 39)] == [at(39)]
    assert due(events, 39, whom={"tool": "copilot"}) == []


# ---------------------------------------------------------------- a tool granted


def test_a_new_tool_is_heard_of_the_day_after() -> None:
    """Granted on day 3, it is heard of on day 4; a moment for another tool says nothing of it."""
    granted = [event(EventType.TOOL_GRANTED, 3, tool="claude")]
    new = {"kind": "new", "when": {"event": "tool_granted"}}
    assert due(granted, 3, **new) == [(at(4), "you have had Claude since 5 November")]
    assert due(granted, 3, **new, whom={"tool": "copilot"}) == []
    assert due(story(3), 3, **new) == []


# ---------------------------------------------------------------- a third week of use


def test_a_third_week_is_heard_of_when_it_is_over() -> None:
    """With uses on days 17 and 18 the third week is sure; it ends on day 21, and is heard of on day 22."""
    adopting = {"kind": "more", "when": {"event": "adopting"}}
    because = "you have used Microsoft 365 Copilot in three weeks"
    assert due(story(*THREE_WEEKS), 18, **adopting) == [(at(22), because)]
    assert due(story(*THREE_WEEKS), 22, **adopting) == [(at(22), because)]
    assert due(story(3, 4, 10, 11, 17), 21, **adopting) == []
    assert due(story(*THREE_WEEKS)[1:], 22, **adopting) == []


def test_kinds_of_evidence_make_no_week_together() -> None:
    """One use said and one measured are two weeks of one use each, and none of two."""
    said, measured = story(3, 10, 17), story(4, 11, 18, evidence="measured")[1:]
    assert due([*said, *measured], 22, kind="more", when={"event": "adopting"}) == []


# ---------------------------------------------------------------- a target

TARGET = {"kind": "apply", "when": {"below_target": "eighty", "days_left": 9}}


@pytest.mark.parametrize(
    ("days", "more"),
    [
        ((3, 4, 10, 11, 17), "one more use"),
        ((3, 4, 10, 11), "2 more uses"),
        ((3, 4, 10, 11, 17, 18), None),  # met
        ((3, 4), "4 more uses"),  # the third week lasts two days more
        ((), None),  # two of the four weeks are over without use: out of reach
    ],
)
def test_below_a_target_that_can_still_be_met(days: tuple[int, ...], more: str | None) -> None:
    """Nine days before the last, who could still meet it hears what is missing; nobody else does."""
    because = f"{more} of Microsoft 365 Copilot by 2 December would make three weeks of regular use"
    assert due(story(*days), 21, **TARGET) == ([(at(21), because)] if more else [])


def test_a_target_is_for_its_program() -> None:
    """Who has completed no lesson of it, or is in another job family, hears nothing."""
    other = [event(EventType.LESSON_COMPLETED, 0, lesson="sales-one"), *story(3, 4, 10, 11)[1:]]
    assert due(other, 21, **TARGET) == []
    assert due([], 21, **TARGET) == []
    using = Using(LEARNER, story(3, 4, 10, 11))
    sales = Program.model_validate({"id": "f", "people": {"job_family": "sales"}})
    for programs in ((sales,), ()):
        changed = Catalogue(
            OrganizationSettings(name="Acme"), {}, {}, programs=programs, targets=catalogue().targets
        )
        assert using.trained(changed.targets[0], changed) is None


def test_a_target_without_programs_counts_every_lesson() -> None:
    """Where there are no programs, the target is of everybody and every lesson."""
    target = Target(id="t", tool="copilot", share=0.5)
    everything = Catalogue(OrganizationSettings(name="Acme"), {}, {}, targets=(target,))
    trained = Using(LEARNER, story()).trained(target, everything)
    assert trained is not None and trained.exposed_on == T0


# ---------------------------------------------------------------- together


def test_the_plan_shows_what_is_to_come() -> None:
    """Two weeks ahead, `laps plan` has the lapse on its day, if nothing else happens."""
    now = datetime.combine(at(31), time(9), UTC)
    way = Way(LEARNER, events=story(*THREE_WEEKS, 25))
    standing = Standing(LEARNER, WEEK, 1, 3, 0.0)
    ahead = look_ahead(
        way,
        standing,
        catalogue(moment()),
        (),
        now,
        now + timedelta(days=14),
        lambda point: Draw(b"s", LEARNER.id, point),
    )
    assert [(each.decided_on, each.action) for _, each in ahead] == [(at(39), NudgeAction.SENT)]


@given(st.lists(st.integers(0, 120), max_size=40), st.integers(1, 30))
def test_a_lapse_is_never_before_its_days_are_over(days: list[int], quiet: int) -> None:
    """Whatever was used when: a lapse comes at least so many days after the last use, and after day 30."""
    using = Using(LEARNER, story(*days))
    for _, last, on in using.lapsing(quiet):
        assert last == at(max(days))
        assert on >= last + timedelta(days=quiet) and on >= at(30)

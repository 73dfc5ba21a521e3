"""The policy and the planner: each rule by a written case, and laws that hold for everybody."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.events import AdoptionEvent, EventType, Evidence
from bot.model import (
    Commitment,
    Draw,
    Learner,
    LearnerId,
    NudgeAction,
    NudgeDecision,
    OrganizationId,
    Recall,
    Session,
    SessionId,
    SessionStatus,
    Status,
    Wishes,
)
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion, occasions
from bot.nudging.policy import Standing, asks_to_stop, decide, ignored
from bot.nudging.times import Week
from lessons.catalogue import Catalogue, JobFamily, OrganizationSettings, Tool
from lessons.moments import Moment, Nudges
from scheduler.planner import Plan, look_ahead, plan

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # ten o'clock in Berlin
EARLIER = MONDAY - timedelta(minutes=5)
LEARNER = Learner(
    LearnerId("l1"),
    OrganizationId("o1"),
    status=Status.ACTIVE,
    job_family="finance",
    tools=("copilot",),
    joined_at=MONDAY - timedelta(days=40),
)
NUDGES = Nudges(country="DE", hold=0.0)
STANDING = Standing(LEARNER, Week.of(NUDGES, BERLIN), NUDGES.a_day, NUDGES.a_week, NUDGES.hold)
RITUAL = {
    "id": "review",
    "kind": "apply",
    "when": {"weekday": "monday", "at": "10:00"},
    "offer": {"lesson": "next"},
}


def moment(**changes: object) -> Moment:
    """A moment on Mondays at ten, or another."""
    return Moment.model_validate({**RITUAL, **changes})


def with_moments(*moments: Moment) -> Catalogue:
    """A catalogue with these moments."""
    return Catalogue(
        OrganizationSettings(name="Acme", nudges=NUDGES),
        {"copilot": Tool(name="Copilot")},
        {"finance": JobFamily(name="Finance analyst")},
        moments=moments,
    )


def draw(point: str) -> Draw:
    """Draw as a server does."""
    return Draw(b"salt", LEARNER.id, point)


def at(now: datetime, standing: Standing = STANDING, way: Way | None = None, *moments: Moment) -> Plan:
    """Plan for one person."""
    return plan(way or Way(LEARNER), standing, with_moments(*(moments or (moment(),))), (), now, draw)


def decision(name: str, at: datetime, answered: bool, zone: ZoneInfo = BERLIN) -> NudgeDecision:
    """Something that was said."""
    on, answer = at.astimezone(zone).date(), at if answered else None
    sent = NudgeAction.SENT
    return NudgeDecision(
        "d", LEARNER.id, name, "apply", f"s{at}", at, on, sent, "send", "", answered_at=answer
    )


def spoken(days_ago: float, answered: bool = True, name: str = "other") -> NudgeDecision:
    """Something that was said some days ago."""
    return decision(name, MONDAY - timedelta(days=days_ago), answered)


def unanswered(*days_ago: float) -> list[NudgeDecision]:
    """Messages some days ago that had no answer."""
    return [spoken(each, False) for each in days_ago]


def used(on: date, tool: str = "copilot") -> AdoptionEvent:
    """A use by the learner's own word."""
    at = datetime.combine(on, time(12), UTC)
    return AdoptionEvent(
        f"{on} {tool}",
        at,
        on,
        LEARNER.id,
        EventType.TOOL_USED,
        tool=tool,
        evidence=Evidence.SELF_REPORT,
    )


def of_monday(standing: Standing = STANDING, **changes: object) -> Occasion:
    """Give the occasion of Monday at ten."""
    found = occasions(Way(standing.learner), with_moments(moment(**changes)), STANDING.week, EARLIER, MONDAY)
    return next(each for each in found if each.due_at <= MONDAY)


def said(standing: Standing, now: datetime = MONDAY, **changes: object) -> tuple[NudgeAction, str]:
    """Decide of the Monday moment, and give what came of it by which rule."""
    verdict = decide(of_monday(standing, **changes), standing, now, draw("x"))
    return verdict.action, verdict.rule


def snoozed(wait: timedelta) -> Standing:
    """Somebody who asked for later."""
    return replace(STANDING, wishes=Wishes(snoozed_until=MONDAY + wait))


# ---------------------------------------------------------------- each rule


def test_who_left_hears_nothing() -> None:
    """From the day after their last one a leaver is spoken to no more, and could not have been."""
    left = replace(STANDING, learner=replace(LEARNER, left_on=date(2026, 11, 2)))
    [(_, decision)] = at(MONDAY, left).made
    assert (decision.action, decision.rule, decision.available) == (NudgeAction.SILENT, "left", False)
    stays = replace(STANDING, learner=replace(LEARNER, left_on=date(2026, 11, 3)))
    assert len(at(MONDAY, stays).sent) == 1


def test_somebodys_own_country_has_their_holidays() -> None:
    """All Saints' is no day of work in Austria, whatever country the organization is in."""
    monday = datetime(2027, 11, 1, 9, 0, tzinfo=UTC)
    assert Week.of(NUDGES, BERLIN).is_at_work(monday)
    assert not Week.of(NUDGES, BERLIN, "AT").is_at_work(monday)


def test_it_is_said() -> None:
    """On a Monday at ten, to somebody who takes part, nothing speaks against it."""
    assert said(STANDING) == (NudgeAction.SENT, "send")


@pytest.mark.parametrize("status", [Status.NEW, Status.DECLINED, Status.STOPPED])
def test_only_who_takes_part_is_spoken_to(status: Status) -> None:
    """Who did not agree, said no or stopped is never spoken to unasked."""
    assert said(replace(STANDING, learner=replace(LEARNER, status=status))) == (NudgeAction.SILENT, "consent")


@pytest.mark.parametrize(
    ("standing", "came"),
    [
        (replace(STANDING, reachable=False), (NudgeAction.SILENT, "unreachable")),
        (replace(STANDING, wishes=Wishes(off=frozenset({"review"}))), (NudgeAction.SILENT, "off")),
        (replace(STANDING, wishes=Wishes(off=frozenset({"another"}))), (NudgeAction.SENT, "send")),
        (
            replace(STANDING, wishes=Wishes(snoozed_until=MONDAY + timedelta(hours=1))),
            (NudgeAction.WAIT, "snooze"),
        ),
        (
            replace(STANDING, wishes=Wishes(snoozed_until=MONDAY + timedelta(days=1))),
            (NudgeAction.SILENT, "snooze"),
        ),
        (replace(STANDING, wishes=Wishes(snoozed_until=MONDAY)), (NudgeAction.SENT, "send")),
        (replace(STANDING, away_until=MONDAY + timedelta(hours=1)), (NudgeAction.WAIT, "away")),
        (replace(STANDING, wishes=Wishes(a_day=0)), (NudgeAction.SILENT, "a_day")),
        (replace(STANDING, wishes=Wishes(a_day=3)), (NudgeAction.SENT, "send")),
        (replace(STANDING, past=[spoken(0.05)]), (NudgeAction.SILENT, "a_day")),
        (replace(STANDING, wishes=Wishes(a_day=3), past=[spoken(0.05)]), (NudgeAction.SILENT, "a_day")),
        (replace(STANDING, past=[spoken(2), spoken(4), spoken(6)]), (NudgeAction.SILENT, "a_week")),
        (replace(STANDING, past=[spoken(2), spoken(4), spoken(7)]), (NudgeAction.SENT, "send")),
        (replace(STANDING, wishes=Wishes(a_week=1), past=[spoken(2)]), (NudgeAction.SILENT, "a_week")),
        (replace(STANDING, past=[spoken(6, name="review")]), (NudgeAction.SILENT, "every_days")),
        (replace(STANDING, past=[spoken(7, name="review")]), (NudgeAction.SENT, "send")),
        (replace(STANDING, past=unanswered(6, 8)), (NudgeAction.SILENT, "ignored")),
        (replace(STANDING, past=unanswered(7, 8)), (NudgeAction.SENT, "send")),
        (
            replace(STANDING, past=unanswered(7, 8, 9)),
            (NudgeAction.SILENT, "ignored"),
        ),
        (
            replace(STANDING, past=unanswered(14, 15, 16)),
            (NudgeAction.SENT, "send"),
        ),
        (
            replace(STANDING, past=[spoken(3), *unanswered(8, 9)]),
            (NudgeAction.SENT, "send"),
        ),
        (replace(STANDING, hold=0.999999999), (NudgeAction.HELD, "hold")),
    ],
)
def test_rules(standing: Standing, came: tuple[NudgeAction, str]) -> None:
    """Each rule by a written case, at its edge."""
    assert said(standing) == came


def test_a_moment_that_was_heard_often_enough_is_over() -> None:
    """`most` counts over all time, what was held included."""
    past = [spoken(20, name="review"), replace(spoken(30, name="review"), action=NudgeAction.HELD)]
    assert said(replace(STANDING, past=past), most=2) == (NudgeAction.SILENT, "most")
    assert said(replace(STANDING, past=past), most=3) == (NudgeAction.SENT, "send")


def test_a_pause_ends_by_itself() -> None:
    """Until its day it is waited for where there is time; without an end nothing is said."""
    paused = replace(LEARNER, paused_at=MONDAY - timedelta(days=1))
    soon = replace(paused, paused_until=MONDAY + timedelta(minutes=30))
    assert said(replace(STANDING, learner=paused)) == (NudgeAction.SILENT, "pause")
    assert said(replace(STANDING, learner=soon)) == (NudgeAction.WAIT, "pause")
    assert said(replace(STANDING, learner=soon), MONDAY + timedelta(minutes=30)) == (NudgeAction.SENT, "send")


def test_too_late_is_never_said() -> None:
    """After its minutes an occasion is over, whatever else holds."""
    assert said(STANDING, MONDAY + timedelta(minutes=120)) == (NudgeAction.SENT, "send")
    assert said(STANDING, MONDAY + timedelta(minutes=121)) == (NudgeAction.SILENT, "late")


FIRST = replace(spoken(0, name="review"), id="n1", subject="2026-11-02 10:00", reason="it is Monday")
IN_AN_HOUR = MONDAY + timedelta(hours=1)
PUT_OFF = replace(STANDING, past=[FIRST], wishes=Wishes(snoozed_until=IN_AN_HOUR, again="n1"))


def put_off_at(now: datetime, standing: Standing = PUT_OFF, catalogue: Catalogue | None = None) -> Plan:
    """Plan for somebody who put the message of Monday off by an hour."""
    known = catalogue or with_moments(moment())
    return plan(Way(LEARNER), standing, known, {("review", "2026-11-02 10:00")}, now, draw)


def test_what_was_put_off_comes_when_it_was_asked_for() -> None:
    """Not before, once, and whatever the budget, chance and the moment's own limits say."""
    before = put_off_at(IN_AN_HOUR - timedelta(minutes=1))
    assert (before.made, before.next_at) == ((), IN_AN_HOUR)
    for standing in (PUT_OFF, replace(PUT_OFF, hold=1.0), replace(PUT_OFF, a_week=1)):
        [(_, made)] = put_off_at(IN_AN_HOUR, standing).made
        assert (made.action, made.rule, made.probability) == (NudgeAction.SENT, "again", 1.0)
        assert made.reason == "you asked for it later; it first came because it is Monday"
        known = {("review", "2026-11-02 10:00"), ("review", made.subject)}
        assert plan(Way(LEARNER), standing, with_moments(moment()), known, IN_AN_HOUR, draw).made == ()


def test_what_was_put_off_again_is_the_same_thing() -> None:
    """Its reason does not grow."""
    [(_, made)] = put_off_at(IN_AN_HOUR).made
    wishes = Wishes(snoozed_until=IN_AN_HOUR + timedelta(hours=1), again=made.id)
    [(_, second)] = put_off_at(
        IN_AN_HOUR + timedelta(hours=1), replace(PUT_OFF, past=[made, FIRST], wishes=wishes)
    ).made
    assert second.reason == made.reason
    assert second.subject.count("again") == 1


def test_what_was_put_off_waits_for_work_and_is_over_after_three_days() -> None:
    """In the evening it waits for the morning; who is away for long hears no more of it."""
    until = MONDAY.replace(hour=20)
    evening = replace(PUT_OFF, wishes=Wishes(snoozed_until=until, again="n1"))
    waits = put_off_at(until, evening)
    assert (waits.made, waits.next_at) == ((), datetime(2026, 11, 3, 8, 0, tzinfo=UTC))
    [(_, late)] = put_off_at(until + timedelta(days=3, hours=1), evening).made
    assert (late.action, late.rule) == (NudgeAction.SILENT, "late")
    assert put_off_at(until + timedelta(days=6, hours=1), evening).made == ()


@pytest.mark.parametrize(
    ("wishes", "learner", "rule"),
    [
        (Wishes(a_day=0, snoozed_until=IN_AN_HOUR, again="n1"), LEARNER, "a_day"),
        (Wishes(off=frozenset({"review"}), snoozed_until=IN_AN_HOUR, again="n1"), LEARNER, "off"),
        (PUT_OFF.wishes, replace(LEARNER, paused_at=MONDAY), "pause"),
        (PUT_OFF.wishes, replace(LEARNER, status=Status.STOPPED), "consent"),
    ],
)
def test_who_wants_nothing_does_not_get_what_they_put_off(
    wishes: Wishes, learner: Learner, rule: str
) -> None:
    """What was said last holds."""
    [(_, made)] = put_off_at(IN_AN_HOUR, replace(PUT_OFF, wishes=wishes, learner=learner)).made
    assert (made.action, made.rule) == (NudgeAction.SILENT, rule)


def test_what_is_not_in_the_catalogue_any_more_does_not_come_again() -> None:
    """A moment that was taken out is over."""
    other = with_moments(moment(id="other", when={"weekday": "friday", "at": "10:00"}))
    assert put_off_at(IN_AN_HOUR, catalogue=other).made == ()


def test_outside_hours_it_waits_for_work() -> None:
    """An early occasion waits until work begins; a late one that would have to wait for tomorrow is over."""
    early = moment(when={"weekday": "monday", "at": "08:00"})
    made = at(datetime(2026, 11, 2, 7, 0, tzinfo=UTC), STANDING, None, early)
    assert made.made == () and made.next_at == datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    evening = moment(when={"weekday": "monday", "at": "18:00"})
    (decided,) = at(datetime(2026, 11, 2, 17, 0, tzinfo=UTC), STANDING, None, evening).made
    assert decided[1].action is NudgeAction.SILENT and decided[1].rule == "hours"


def test_once_the_habit_is_there_nothing_reminds_of_it() -> None:
    """An apply moment for tools whose use is a habit is silent; another kind is not."""
    way = Way(LEARNER, events=[used(MONDAY.date() - timedelta(weeks=week)) for week in range(9)])
    assert at(MONDAY, STANDING, way).made[0][1].rule == "habit"
    assert at(MONDAY, STANDING, way, moment(kind="more")).made[0][1].rule == "send"


def test_whether_to_stop_is_asked_once() -> None:
    """After four without an answer the next message asks; after that there is silence until an answer."""
    past = unanswered(40, 50, 60, 70)
    ignoring = replace(STANDING, past=past)
    assert asks_to_stop(ignoring, MONDAY) and said(ignoring) == (NudgeAction.SENT, "send")
    asked = replace(ignoring, wishes=Wishes(asked_at=MONDAY - timedelta(days=40)))
    assert not asks_to_stop(asked, MONDAY) and said(asked) == (NudgeAction.SILENT, "ignored")
    answered = replace(asked, past=[spoken(35, True), *past])
    assert said(answered) == (NudgeAction.SENT, "send")


def test_a_message_has_two_days_for_its_answer() -> None:
    """What was said an hour ago is not ignored yet."""
    assert ignored([spoken(0.1, False), spoken(3, False)], MONDAY) == 1
    assert ignored([spoken(0.1, False), spoken(3, True), spoken(5, False)], MONDAY) == 0


def test_the_share_held_is_what_was_asked_for() -> None:
    """Of many occasions about a tenth are held, the same ones whenever they are decided again."""
    standing = replace(STANDING, hold=0.1)
    made = [decide(of_monday(), standing, MONDAY, draw(str(n))) for n in range(5000)]
    held = sum(each.action is NudgeAction.HELD for each in made)
    assert 400 <= held <= 600  # binomial: 500, six deviations are 127
    assert {each.probability for each in made} == {0.9}
    assert made[7] == decide(of_monday(), standing, MONDAY, draw("7"))


# ---------------------------------------------------------------- what happened


def session(status: SessionStatus, days_ago: int, **notes: object) -> Session:
    """A session that ended some days ago."""
    when = MONDAY - timedelta(days=days_ago)
    return Session(SessionId("s1"), LEARNER.id, "finance-a", "v1", when, when, status=status, notes=notes)  # type: ignore[arg-type]  # notes of a step


DAY = timedelta(days=1)
PLAN = Commitment(SessionId("s"), LEARNER.id, "a", "w", "t", "copilot", MONDAY - DAY)
DONE, LEFT = session(SessionStatus.COMPLETED, 1), session(SessionStatus.LEFT, 1)
WRONG = session(SessionStatus.COMPLETED, 1, **{"0": {"missed": 1}})
DUE = Recall(LEARNER.id, "a", "q", {}, MONDAY - DAY, MONDAY - 9 * DAY)
EVENTS: list[tuple[str, Way, bool]] = [
    ("joined", Way(replace(LEARNER, joined_at=MONDAY - DAY)), True),
    ("joined", Way(replace(LEARNER, joined_at=MONDAY)), False),
    ("committed", Way(LEARNER, commitments=[PLAN]), True),
    ("committed", Way(LEARNER), False),
    ("practice_failed", Way(LEARNER, [WRONG]), True),
    ("practice_failed", Way(LEARNER, [DONE]), False),
    ("lesson_left", Way(LEARNER, [LEFT]), True),
    ("lesson_left", Way(LEARNER, [DONE, session(SessionStatus.LEFT, 2)]), False),
    ("review_due", Way(LEARNER, recalls=[DUE]), True),
    ("review_due", Way(LEARNER, recalls=[replace(DUE, due_at=MONDAY + DAY)]), False),
]


@pytest.mark.parametrize(("event", "way", "due"), EVENTS)
def test_what_happened_brings_a_moment_about(event: str, way: Way, due: bool) -> None:
    """A day after it happened, at half past nine; not for what did not, or not yet."""
    made = at(MONDAY, STANDING, way, moment(kind="solve", when={"event": event}))
    assert bool(made.sent) is due


def test_a_moment_is_for_some() -> None:
    """Job family and tool say who is spoken to."""
    for whom, is_due in (
        ({}, True),
        ({"job_family": "finance"}, True),
        ({"job_family": ["sales", "finance"], "tool": "copilot"}, True),
        ({"job_family": "sales"}, False),
        ({"tool": ["claude"]}, False),
    ):
        assert bool(at(MONDAY, STANDING, None, moment(whom=whom)).sent) is is_due, whom


# ---------------------------------------------------------------- planning


def test_the_first_in_the_catalogue_takes_the_budget() -> None:
    """Of two at the same time the one that stands first is said, and of the other it is kept why not."""
    made = at(MONDAY, STANDING, None, moment(id="first"), moment(id="second"))
    assert [(each.moment.id, verdict.rule) for each, verdict in made.made] == [
        ("first", "send"),
        ("second", "a_day"),
    ]
    assert [each.moment.id for each, _ in made.sent] == ["first"]


def test_what_was_decided_is_not_decided_again() -> None:
    """The same occasion is decided once, and the next one is in sight."""
    first = at(MONDAY)
    decided = {(each.moment.id, each.subject) for each, _ in first.made}
    again = plan(Way(LEARNER), STANDING, with_moments(moment()), decided, MONDAY, draw)
    assert again.made == () and again.next_at == MONDAY + timedelta(days=7)


def test_with_nothing_in_sight_somebody_looks_again_in_four_weeks() -> None:
    """A person without any moment costs one look in 28 days."""
    assert at(MONDAY, STANDING, None, moment(whom={"job_family": "sales"})).next_at == MONDAY + timedelta(
        days=28
    )


def test_an_outage_says_nothing_stale() -> None:
    """After three days without a planner only what is still in time is said."""
    made = at(MONDAY + timedelta(days=3), STANDING)
    assert made.sent == ()


def test_two_weeks_ahead() -> None:
    """The look ahead tells each occasion with its local time, and what would be held back and why."""
    moments = with_moments(
        moment(), moment(id="daily", kind="more", when={"cron": "30 9 * * *"}, every_days=1)
    )
    seen = list(look_ahead(Way(LEARNER), STANDING, moments, (), MONDAY, MONDAY + timedelta(days=14), draw))
    said_on = [(f"{v.decided_at.astimezone(BERLIN):%a %H:%M}", each.moment.id, v.rule) for each, v in seen]
    assert said_on[:4] == [
        ("Mon 10:00", "review", "send"),
        ("Mon 10:00", "daily", "a_day"),
        ("Tue 09:30", "daily", "send"),
        ("Wed 09:30", "daily", "send"),
    ]
    assert ("Thu 09:30", "daily", "a_week") in said_on
    assert said_on[-1] == ("Mon 10:00", "review", "a_day")


ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
)
crons = st.sampled_from(
    ["0 */3 * * *", "0 9 * * *", "59 16 * * 1-5", "0 0 29 2 *", "30 2 * * *", "15 12 1,15 * *"]
)


@given(
    st.sampled_from(ZONES),
    st.lists(crons, min_size=1, max_size=3),
    st.integers(0, 20 * 365),
    st.lists(st.booleans(), min_size=40, max_size=40),
    st.integers(1, 2),
    st.integers(1, 5),
)
@settings(max_examples=40)
def test_laws_that_hold_for_everybody(
    zone: str, said: Sequence[str], day: int, answers: Sequence[bool], a_day: int, a_week: int
) -> None:
    """Whatever the moments, zone and answers: within hours, within both budgets, nothing said twice."""
    week = Week.of(NUDGES, ZoneInfo(zone))
    standing = Standing(LEARNER, week, a_day, a_week, 0.1)
    moments = [
        moment(id=f"m{n}", kind="more", when={"cron": each}, every_days=1, late_minutes=60)
        for n, each in enumerate(said)
    ]
    catalogue, way = with_moments(*moments), Way(LEARNER)
    now = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(days=day)
    end, names, replies = now + timedelta(days=10), set[tuple[str, str]](), iter(answers)
    sent: list[NudgeDecision] = []
    while now < end:
        made = plan(way, standing, catalogue, names, now, draw)
        assert sum(verdict.action is NudgeAction.SENT for _, verdict in made.made) <= a_day
        for occasion, verdict in made.made:
            assert (occasion.moment.id, occasion.subject) not in names
            names.add((occasion.moment.id, occasion.subject))
            assert verdict.reason and 0 <= verdict.probability <= 1
            if verdict.action is NudgeAction.SENT:
                assert week.is_at_work(now) and now <= occasion.late_at
                sent.insert(0, decision(occasion.moment.id, now, next(replies, True), week.zone))
        standing = replace(standing, past=sent)
        assert made.next_at > now
        now = made.next_at
    assert all(count <= a_day for count in Counter(each.decided_on for each in sent).values())
    for each in sent:
        assert (
            sum(timedelta(0) <= each.decided_on - other.decided_on < timedelta(days=7) for other in sent)
            <= a_week
        )

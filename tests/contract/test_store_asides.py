"""What stands beside use in a digest, counted from stored facts, and by DuckDB from raw events."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

import duckdb
import pytest
from pydantic import JsonValue

from bot.cohorts.importing import Import, Terms
from bot.cohorts.roster import Line
from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.answers import Item
from bot.measurement.asides import Asides, Reach, Span
from bot.measurement.nudged import Case
from bot.measurement.tally import GroupKind, Use
from bot.model import Changes, LearnerId, NudgeAction, NudgeDecision
from lessons.catalogue import Catalogue, OrganizationSettings
from scheduler.settling import Settling
from tests.stores import Town

CATALOGUE = Catalogue(OrganizationSettings(name="Acme"), {}, {})
MONDAY, SUNDAY = date(2026, 11, 9), date(2026, 11, 15)
START = datetime.combine(MONDAY, time(), UTC)
SPAN = Span(MONDAY, SUNDAY, START, START + timedelta(days=7))
DECIDED = (date(2026, 8, 20), date(2026, 11, 12))
FAMILIES = ("finance", "sales")
USED: tuple[dict[str, JsonValue], ...] = (
    {},
    {"grain": "event", "count": 3},
    {"grain": "event", "count": 0},
)


@dataclass
class World:
    """People, what they said, what they used, and what was decided of them."""

    seed: int
    people: dict[str, str] = field(default_factory=dict)
    events: list[AdoptionEvent] = field(default_factory=list)
    decisions: list[NudgeDecision] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance, numbers = random.Random(self.seed), count()
        for number in range(25):
            who = f"E-{number}"
            self.people[who] = chance.choice(FAMILIES)
            for _ in range(chance.randrange(30)):
                at = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(110 * 24 * 60))
                self.events.append(self._event(chance, f"e{next(numbers)}", who, at))
            for _ in range(chance.randrange(8)):
                at = datetime(2026, 8, 10, tzinfo=UTC) + timedelta(minutes=chance.randrange(105 * 24 * 60))
                self.decisions.append(self._decision(chance, f"d{next(numbers)}", who, at))

    def _event(self, chance: random.Random, name: str, who: str, at: datetime) -> AdoptionEvent:
        kind = chance.choice([*KINDS])
        tool, evidence = None, None
        properties: dict[str, JsonValue] = {}
        if kind is EventType.TOOL_USED:
            tool, evidence = chance.choice(("copilot", "chatgpt")), chance.choice([*Evidence][:2])
            properties = dict(chance.choice(USED))
        elif kind is EventType.CONFIDENCE_REPORTED:
            properties = {"value": chance.randrange(101), "when": chance.choice(("before", "after"))}
        elif kind is EventType.MINUTES_SAVED_REPORTED:
            properties = {"value": chance.randrange(-10, 60)}
        lesson = "finance-variance" if kind is EventType.LESSON_COMPLETED else None
        return AdoptionEvent(
            name, at, at.date(), who, kind, lesson=lesson, tool=tool, evidence=evidence, properties=properties
        )

    def _decision(self, chance: random.Random, name: str, who: str, at: datetime) -> NudgeDecision:
        action = chance.choice([NudgeAction.SENT, NudgeAction.SENT, NudgeAction.HELD, NudgeAction.SILENT])
        answered = at + timedelta(hours=chance.randrange(200)) if chance.random() < 0.5 else None
        return NudgeDecision(
            name, LearnerId(who), "month-end", "apply", name, at, at.date(), action, "send", "it is time",
            available=chance.random() < 0.9, rule_version=2, probability=chance.choice((0.9, 0.8, 1.0)),
            answered_at=answered if action is NudgeAction.SENT else None,
            tool=chance.choice((None, "copilot", "chatgpt")),
        )  # fmt: skip


KINDS = (
    EventType.TOOL_USED,
    EventType.CONFIDENCE_REPORTED,
    EventType.MINUTES_SAVED_REPORTED,
    EventType.LESSON_COMPLETED,
)


async def filled(town: Town, world: World) -> dict[str, str]:
    """Import a world; return the learners by their names."""
    lines = [Line(n + 2, name, {"job_family": said}) for n, (name, said) in enumerate(world.people.items())]
    await Import(town.store, Terms(date(2026, 6, 1)), town.clock.now).run(lines, {*world.people}, [])
    await town.store.import_events(world.events)
    await Settling(town.store, lambda: CATALOGUE).work()
    keys = {name: (await town.store.find_person(name)).id for name in world.people}
    for each in world.decisions:
        made = NudgeDecision(
            **{n: getattr(each, n) for n in each.__slots__} | {"learner": keys[each.learner]}
        )
        await town.store.apply(Changes(decisions=(made,)))
    return {key: name for name, key in keys.items()}


def loaded(world: World) -> duckdb.DuckDBPyConnection:
    """Load what happened, without anything that Laps makes of it."""
    made = duckdb.connect()
    made.execute("CREATE TABLE person (name TEXT, family TEXT)")
    made.executemany("INSERT INTO person VALUES (?, ?)", [*map(list, world.people.items())])
    made.execute(
        "CREATE TABLE event (name TEXT, kind TEXT, happened TIMESTAMP, tool TEXT, evidence TEXT, value INT,"
        " phase TEXT, uses INT)"
    )
    rows = [
        [e.learner, e.type.value, e.occurred_at.replace(tzinfo=None), e.tool, e.evidence, said.get("value"),
         said.get("when"), said.get("count", 1)]
        for e in world.events
        for said in (e.properties,)
    ]  # fmt: skip
    made.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    made.execute(
        "CREATE TABLE decision (name TEXT, happened TIMESTAMP, action TEXT, available BOOL, p DOUBLE,"
        " tool TEXT, answered TIMESTAMP)"
    )
    decided = [
        [d.learner, d.decided_at.replace(tzinfo=None), d.action.value, d.available, d.probability, d.tool,
         d.answered_at and d.answered_at.replace(tzinfo=None)]
        for d in world.decisions
    ]  # fmt: skip
    made.executemany("INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?, ?)", decided)
    return made


PAIRS = """
WITH t0 AS (SELECT name, min(happened::DATE) AS day FROM event WHERE kind = 'lesson.completed' GROUP BY name),
said AS (
  SELECT event.name, phase, value FROM event LEFT JOIN t0 USING (name)
  WHERE kind = 'confidence.reported' AND happened::DATE <= '2026-11-15'
  AND (phase = 'after' OR t0.day IS NULL OR happened::DATE <= t0.day)
  QUALIFY row_number() OVER (PARTITION BY event.name, phase ORDER BY happened DESC) = 1
)
SELECT b.value, a.value, count(*) FROM said a LEFT JOIN said b ON a.name = b.name AND b.phase = 'before'
JOIN person ON person.name = a.name WHERE a.phase = 'after' AND family = ? GROUP BY ALL
"""
MINUTES = """
SELECT value, count(*) FROM (
  SELECT name, value FROM event WHERE kind = 'minutes_saved.reported' AND happened::DATE <= '2026-11-15'
  QUALIFY row_number() OVER (PARTITION BY name ORDER BY happened DESC) = 1
) JOIN person USING (name) WHERE family = ? GROUP BY ALL
"""
CASES = """
SELECT d.name, action = 'sent', EXISTS (
  SELECT 1 FROM event u WHERE u.name = d.name AND u.kind = 'tool.used'
  AND u.evidence = 'measured' AND u.uses > 0 AND (d.tool IS NULL OR u.tool = d.tool)
  AND u.happened > d.happened AND u.happened <= d.happened + INTERVAL 72 HOUR
) AS used, p, count(*) FROM decision d JOIN person USING (name)
WHERE family = ? AND available AND action IN ('sent', 'held') AND p < 1
AND d.happened::DATE BETWEEN '2026-08-20' AND '2026-11-12' GROUP BY ALL
"""
ANSWERED = """
SELECT count(*) FROM decision JOIN person USING (name) WHERE family = ? AND action = 'sent'
AND happened::DATE BETWEEN '2026-11-09' AND '2026-11-15' AND answered < '2026-11-16'
"""


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_said_and_caused_is_what_duckdb_counts(town: Town, seed: int) -> None:
    """Pairs of confidence, minutes, and what followed each decision: to the last person."""
    world = World(seed)
    names = await filled(town, world)
    made = loaded(world)
    groups = await town.store.asides(GroupKind.JOB_FAMILY, SPAN, DECIDED, ["copilot", "chatgpt"])
    for family in FAMILIES:
        aside = groups[family]
        known = {(x.item, x.before, x.after): n for x, n in aside.answers.items()}
        pairs = {(Item.CONFIDENCE, b, a): n for b, a, n in made.execute(PAIRS, [family]).fetchall()}
        minutes = {(Item.MINUTES_SAVED, None, a): n for a, n in made.execute(MINUTES, [family]).fetchall()}
        assert known == pairs | minutes
        cases = {(names[x.person], x.sent, x.used, x.probability): 0 for x in aside.cases}
        for x in aside.cases:
            cases[names[x.person], x.sent, x.used, x.probability] += x.count
        found = made.execute(CASES, [family]).fetchall()
        assert cases == {(who, sent, used, p): n for who, sent, used, p, n in found}
        assert (aside.reach.answered,) == made.execute(ANSWERED, [family]).fetchone()


def decision(name: str, subject: str, at: datetime) -> NudgeDecision:
    """Make a message that was sent to the first person."""
    about = ("m", "apply", subject, at, at.date(), NudgeAction.SENT, "send", "it is time")
    return NudgeDecision(name, LearnerId("E-1"), *about, probability=0.9)


async def test_a_source_that_knows_days_tells_what_followed_on_the_next_three(town: Town) -> None:
    """The day of the message itself may have been before it."""
    world = World(0, {}, [], [])
    world.people, world.events, world.decisions = {"E-1": "finance"}, [], []
    at = datetime(2026, 11, 2, 10, tzinfo=UTC)
    for day, name in ((2, "same"), (6, "late"), (5, "third")):
        on = datetime(2026, 11, day, 12, tzinfo=UTC)
        used = AdoptionEvent(
            name, on, on.date(), "E-1", EventType.TOOL_USED, tool="copilot", evidence=Evidence.MEASURED,
            properties={"grain": "day_utc", "count": 4, "source": "s"},
        )  # fmt: skip
        world.events.append(used)
        world.decisions = [decision(f"d-{name}", name, at)]
        await filled(town, world)
        groups = await town.store.asides(GroupKind.ALL, SPAN, DECIDED, ["copilot"])
        assert any(each.used for each in groups[""].cases) is (name == "third")


async def test_only_the_newest_rules_are_measured(town: Town) -> None:
    """Decisions of two versions of the rules are not thrown together, nor those of a tool nobody measures."""
    world = World(1)
    world.decisions = [
        replace(
            decision(f"d{n}", f"{n}", datetime(2026, 11, 2, n, tzinfo=UTC)),
            rule_version=1 + n % 2,
            tool="gemini" if n == 5 else None,
        )
        for n in range(8)
    ]
    await filled(town, world)
    groups = await town.store.asides(GroupKind.ALL, SPAN, DECIDED, ["copilot"])
    assert sum(each.count for each in groups[""].cases) == 3


async def test_who_cannot_be_written_to_is_blocked_until_they_come_back(town: Town) -> None:
    """A later word of theirs counts; what came after the week does not."""
    world = World(2)
    world.people, world.decisions = dict.fromkeys([f"E-{n}" for n in range(4)], "finance"), []
    gone = [
        AdoptionEvent(f"g{n}", datetime(2026, 11, 3, 9, tzinfo=UTC), date(2026, 11, 3), f"E-{n}",
                      EventType.LEARNER_UNREACHABLE, channel="slack")
        for n in range(3)
    ]  # fmt: skip
    back = [
        AdoptionEvent(f"b{n}", datetime(2026, 11, day, 9, tzinfo=UTC), date(2026, 11, day), f"E-{n}",
                      EventType.HELP_SHOWN, channel="slack")
        for n, day in ((1, 10), (2, 17))
    ]  # fmt: skip
    world.events = [*gone, *back]
    await filled(town, world)
    for name in world.people:
        await joined(town, name)
    groups = await town.store.asides(GroupKind.ALL, SPAN, DECIDED, [])
    assert groups[""].reach == Reach(joined=4, blocked=2)


async def joined(town: Town, name: str) -> None:
    """Have somebody take part since October."""
    found = await town.store.find_person(name)
    await town.store.apply(Changes(learner=replace(found, joined_at=datetime(2026, 10, 1, tzinfo=UTC))))


async def test_waves_have_their_weeks(town: Town) -> None:
    """Active days of each, week by week; a wave begins with its first lesson."""
    people = {"E-1": "one", "E-2": "one", "E-3": "two", "E-4": ""}
    lines = [Line(n + 2, name, {"wave": wave}) for n, (name, wave) in enumerate(people.items())]
    await Import(town.store, Terms(date(2026, 6, 1)), town.clock.now).run(lines, {*people}, [])
    events = [event("c1", "E-1", date(2026, 10, 20), EventType.LESSON_COMPLETED)]
    events += [
        event(f"u{n}", "E-2", date(2026, 10, 12) + timedelta(days=n), EventType.TOOL_USED) for n in range(9)
    ]
    await town.store.import_events(events)
    await Settling(town.store, lambda: CATALOGUE).work()
    made = await town.store.waves(Use("copilot", Evidence.MEASURED), date(2026, 10, 12), MONDAY, SUNDAY)
    seen = {wave: sorted((x.begun, [*x.weeks]) for x in courses) for wave, courses in made.courses.items()}
    assert seen == {"one": [(1, [0, 0, 0, 0, 0]), (1, [7, 2, 0, 0, 0])], "two": [(None, [0, 0, 0, 0, 0])]}


def event(name: str, who: str, on: date, kind: EventType) -> AdoptionEvent:
    """Make one event at noon."""
    at = datetime.combine(on, time(12), UTC)
    if kind is EventType.TOOL_USED:
        return AdoptionEvent(name, at, on, who, kind, tool="copilot", evidence=Evidence.MEASURED)
    return AdoptionEvent(name, at, on, who, kind, lesson="finance-variance")


async def test_where_nothing_is_there_is_nothing(town: Town) -> None:
    """An empty organization has no groups."""
    assert await town.store.asides(GroupKind.COHORT, SPAN, DECIDED, []) == dict[str, Asides]()
    assert Case("p", True, True, 0.5).count == 1

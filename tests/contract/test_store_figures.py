"""The figures of a digest, counted from stored facts, and from raw events by DuckDB: the same people."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pytest

from bot.cohorts.importing import Import, Terms
from bot.cohorts.roster import Line
from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.composing import NOBODY_YET, Sheet, compose, through
from bot.measurement.counting import count_eligible
from bot.measurement.digest import Digest
from bot.measurement.digesting import Issuer, group_named, week_of
from bot.measurement.eligibility import Standing
from bot.measurement.tally import Group, GroupKind, Met, Tally, together
from bot.measurement.tally import Use as Known
from bot.measurement.windows import WEEK, Days, iso_week
from bot.privacy.suppression import Guard
from lessons.catalogue import Catalogue, JobFamily, OrganizationSettings, Tool
from scheduler.settling import Settling
from tests.stores import Town

SUNDAY = date(2026, 11, 15)
WEEK46 = iso_week(SUNDAY)
FAMILIES = ("finance", "sales", "legal", "")
CATALOGUE = Catalogue(
    OrganizationSettings(name="Acme"),
    {"copilot": Tool(name="Copilot"), "chatgpt": Tool(name="ChatGPT")},
    {name: JobFamily(name=name.title()) for name in FAMILIES if name},
)


@dataclass
class World:
    """People of job families, when they began, and their uses."""

    seed: int
    people: dict[str, str] = field(default_factory=dict)
    events: list[AdoptionEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        for number in range(chance.choice((12, 45))):
            person = f"E-{number}"
            self.people[person] = chance.choice(FAMILIES)
            if chance.random() < 0.85:
                self._begin(person, chance)
            self._use(person, chance)

    def _begin(self, person: str, chance: random.Random) -> None:
        for number in range(chance.choice((1, 2))):
            on = date(2026, 7, 20) + timedelta(days=chance.randrange(115))
            self.events.append(self._event(f"c-{person}-{number}", person, on, EventType.LESSON_COMPLETED))

    def _use(self, person: str, chance: random.Random) -> None:
        rate, until = chance.choice((0.0, 0.1, 0.4, 0.8)), chance.randrange(200)
        for number in range(until):
            on = date(2026, 6, 1) + timedelta(days=number)
            for nth in range(chance.choice((1, 1, 2)) if chance.random() < rate else 0):
                tool = chance.choice(("copilot", "chatgpt"))
                evidence = chance.choice(("measured", "self_report"))
                used = self._event(f"u-{person}-{number}-{nth}", person, on, EventType.TOOL_USED)
                self.events.append(_by(used, tool, Evidence(evidence)))

    def _event(self, name: str, person: str, on: date, kind: EventType) -> AdoptionEvent:
        lesson = "finance-variance" if kind is EventType.LESSON_COMPLETED else None
        return AdoptionEvent(name, datetime.combine(on, time(12), UTC), on, person, kind, lesson=lesson)


def _by(event: AdoptionEvent, tool: str, evidence: Evidence) -> AdoptionEvent:
    return AdoptionEvent(
        event.id, event.occurred_at, event.local_date, event.learner, event.type, tool=tool, evidence=evidence
    )


async def filled(town: Town, world: World) -> None:
    """Import a world: the roster, and then the events in a random order, some of them twice."""
    lines = [Line(n + 2, name, {"job_family": said}) for n, (name, said) in enumerate(world.people.items())]
    await Import(town.store, Terms(date(2026, 6, 1)), town.clock.now).run(lines, {*world.people}, [])
    chance = random.Random(world.seed)
    events = [*world.events, *chance.sample(world.events, len(world.events) // 10)]
    chance.shuffle(events)
    for start in range(0, len(events), 200):
        await town.store.import_events(events[start : start + 200])
    await Settling(town.store, lambda: CATALOGUE).work()


def issuer(town: Town) -> Issuer:
    """Wire what issues digests."""
    return Issuer(town.store, lambda: CATALOGUE, town.clock, Settling(town.store, lambda: CATALOGUE).work)


def counted_by_duckdb(world: World) -> duckdb.DuckDBPyConnection:
    """Load the raw events, without anything that Laps makes of them."""
    made = duckdb.connect()
    made.execute("CREATE TABLE person (name TEXT, family TEXT)")
    made.execute("CREATE TABLE event (name TEXT, kind TEXT, on_day DATE, tool TEXT, evidence TEXT)")
    made.executemany("INSERT INTO person VALUES (?, ?)", [*map(list, world.people.items())])
    rows = [[e.learner, e.type.value, e.local_date, e.tool, e.evidence] for e in world.events]
    made.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?)", rows)
    made.execute(
        "CREATE VIEW begun AS SELECT name, family, min(on_day) AS t0 FROM event JOIN person USING (name)"
        " WHERE kind = 'lesson.completed' GROUP BY ALL"
    )
    made.execute("CREATE VIEW used AS SELECT * FROM event WHERE kind = 'tool.used'")
    return made


ADOPTED = """
SELECT family, count(*) FROM (
  SELECT begun.name, family FROM begun JOIN (
    SELECT begun.name, (used.on_day - t0 - ($h - 27)) // 7 AS week, count(*) AS uses
    FROM begun JOIN used USING (name)
    WHERE tool = $tool AND evidence = $evidence AND used.on_day BETWEEN t0 + $h - 27 AND t0 + $h
    GROUP BY ALL HAVING count(*) >= 2
  ) USING (name) WHERE t0 + $h <= $through
  GROUP BY begun.name, family HAVING count(*) >= 3
) GROUP BY family
"""
TRIED = """
SELECT family, count(DISTINCT begun.name) FROM begun JOIN used USING (name)
WHERE tool = $tool AND evidence = $evidence AND used.on_day > t0 AND used.on_day <= t0 + $h
AND t0 + $h <= $through GROUP BY family
"""
ELIGIBLE = "SELECT family, count(*) FROM begun WHERE t0 + $h <= $through GROUP BY family"
HABITUAL = """
SELECT family, count(*) FROM (
  SELECT begun.name, family FROM begun JOIN used USING (name)
  WHERE tool = $tool AND evidence = $evidence AND t0 <= $through
  AND used.on_day BETWEEN $sunday - 83 AND $sunday
  GROUP BY ALL HAVING count(DISTINCT date_trunc('week', used.on_day)) >= 9
) GROUP BY family
"""
ACTIVE = """
SELECT family, count(DISTINCT begun.name) FROM begun JOIN used USING (name)
WHERE tool = $tool AND evidence = $evidence AND t0 <= $through
AND used.on_day BETWEEN $sunday - 6 AND $sunday GROUP BY family
"""
LAPSED = """
WITH adopter AS (
  SELECT DISTINCT begun.name, family, t0 FROM begun, (VALUES (30), (60), (90)) AS horizon (h)
  WHERE t0 + h <= $through AND 3 <= (
    SELECT count(*) FROM (
      SELECT (used.on_day - t0 - (h - 27)) // 7 AS week FROM used
      WHERE used.name = begun.name AND tool = $tool AND evidence = $evidence
      AND used.on_day BETWEEN t0 + h - 27 AND t0 + h GROUP BY week HAVING count(*) >= 2))
)
SELECT family, count(*) FROM adopter WHERE NOT EXISTS (
  SELECT 1 FROM used WHERE used.name = adopter.name AND tool = $tool AND evidence = $evidence
  AND used.on_day BETWEEN $through - 13 AND $through
) GROUP BY family
"""


def asked(made: duckdb.DuckDBPyConnection, sql: str, **given: object) -> dict[str, int]:
    """Ask DuckDB for numbers of people by job family."""
    used = {name: value for name, value in given.items() if f"${name}" in sql}
    return dict(made.execute(sql, used).fetchall())


def by_family(siblings: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Leave out where there is nobody."""
    return {family: count for family, count in siblings if count}


@pytest.mark.parametrize("seed", range(6))
async def test_every_figure_is_what_duckdb_counts_from_raw_events(town: Town, seed: int) -> None:
    """Tried, adopted, eligible, active, habitual, lapsed: to the last person, in every group."""
    world = World(seed)
    await filled(town, world)
    made = counted_by_duckdb(world)
    for use in (Known("copilot", Evidence.MEASURED), Known("chatgpt", Evidence.SELF_REPORT)):
        on = through(await town.store.usage_sources(), ["copilot", "chatgpt"], SUNDAY)[use].on
        assert on is not None
        tallies = await town.store.tallies(GroupKind.JOB_FAMILY, on, WEEK46.first_on)
        given = {"tool": use.tool, "evidence": use.evidence.value, "through": on, "sunday": SUNDAY}
        for h in (30, 60, 90):
            eligible = by_family((name, count_eligible(t, "all", h, on)) for name, t in tallies.items())
            assert eligible == asked(made, ELIGIBLE, h=h, **given)
            for sql, name in ((ADOPTED, f"adopted {h}"), (TRIED, f"tried {h}")):
                met = by_family((n, t.met[Met("all", *use, name, None)]) for n, t in tallies.items())
                assert met == asked(made, sql, h=h, **given), name
        weeks = {name: [w for w in t.week.elements() if w[:2] == use] for name, t in tallies.items()}
        active = by_family((n, sum(w.used for w in ws)) for n, ws in weeks.items())
        assert active == asked(made, ACTIVE, **given)
        habitual = by_family((n, sum(w.habitual for w in ws)) for n, ws in weeks.items())
        assert habitual == asked(made, HABITUAL, **given)
        lapsed = by_family((n, t.lapsed[use]) for n, t in tallies.items())
        assert lapsed == asked(made, LAPSED, **given)
        everybody = await town.store.tallies(GroupKind.ALL, on, WEEK46.first_on)
        assert everybody == {"": together(tallies.values())}


async def test_figures_are_as_of_their_day(town: Town) -> None:
    """Who moved, left or does not want to be measured counts as they did then."""
    world = World(0)
    world.people = dict.fromkeys([f"E-{n}" for n in range(4)], "finance")
    begun, done = date(2026, 8, 1), EventType.LESSON_COMPLETED
    world.events = [world._event(f"c{n}", f"E-{n}", begun, done) for n in range(4)]
    await filled(town, world)
    lines = [Line(2, "E-0", {"job_family": "sales"}), Line(3, "E-1", {"job_family": "finance"})]
    later = [*lines, Line(4, "E-2", {"job_family": "finance", "ends_on": "2026-10-20"})]
    await Import(town.store, Terms(date(2026, 10, 1)), town.clock.now).run(later, {"E-0", "E-1", "E-2"}, [])

    async def seen(day: date) -> dict[str, dict[Standing, int]]:
        tallies = await town.store.tallies(GroupKind.JOB_FAMILY, day, WEEK46.first_on)
        return {name: dict(tally.people) for name, tally in tallies.items()}

    assert await seen(date(2026, 9, 30)) == {"finance": {Standing.ELIGIBLE: 4}}
    now = await seen(date(2026, 10, 15))
    assert now["sales"] == {Standing.ELIGIBLE: 1} and now["finance"][Standing.ELIGIBLE] == 2
    assert sum(each.get(Standing.LEFT, 0) for each in now.values()) == 1
    later_on = await seen(date(2026, 11, 1))
    assert sum(each.get(Standing.LEFT, 0) for each in later_on.values()) == 2


async def test_a_digest_rests_on_no_clock(town: Town) -> None:
    """Last summer's week is the same whenever it is asked for, but for what came late."""
    world = World(3)
    await filled(town, world)
    week = iso_week(date(2026, 9, 30))
    then = await issuer(town).digest(week, Group())
    town.clock.now += timedelta(days=400)
    assert await issuer(town).digest(week, Group()) == then
    assert then.week == "2026-W40"


# ---------------------------------------------------------------- putting it together


def of(digest: Digest, horizon: int = 30) -> tuple[int | None, int | None, int | None]:
    """Give eligible, too young and adopted of the copilot as measured."""
    wanted = ("copilot", "measured", horizon)
    row = next(x for x in digest.adoption if (x.tool, x.evidence, x.horizon_days) == wanted)
    return row.eligible, row.too_young, row.adopted


@pytest.mark.parametrize("seed", [1, 2, 5])
async def test_siblings_add_up_to_everybody_or_are_held_back(town: Town, seed: int) -> None:
    """What total and siblings tell together is of nobody alone."""
    await filled(town, World(seed))
    total = await issuer(town).digest(WEEK46, Group())
    made = await issuer(town).issue(WEEK46, GroupKind.JOB_FAMILY)
    for horizon in (30, 60, 90):
        whole = of(total, horizon)[0]
        parts = [of(each, horizon)[0] for each in made.values()]
        known = [part for part in parts if part is not None]
        if whole is not None:
            assert whole == sum(known) if len(known) == len(parts) else whole - sum(known) >= 5
        for each in made.values():
            eligible, young, adopted = of(each, horizon)
            assert (eligible is None) is (young is None)
            assert eligible is not None or adopted is None


def test_without_anybody_there_is_a_digest_that_says_so() -> None:
    """Nothing is counted, and nothing is made up."""
    parts = (CATALOGUE.programs, (), {"copilot": "Copilot"}, Guard(5))
    sheet = Sheet(WEEK46, GroupKind.ALL, {SUNDAY: {"": Tally()}}, (), *parts, before={})
    made = compose(sheet)[""]
    assert (made.adoption, made.frequency) == ((), ())
    assert made.notes == (
        NOBODY_YET,
        "Copilot: no source measures its use; what people say of it stands alone.",
    )


@pytest.mark.parametrize(
    ("name", "monday"),
    [(None, date(2026, 11, 16)), ("2026-W46", date(2026, 11, 9)), ("2026-W45", date(2026, 11, 2))],
)
def test_a_week_is_named(name: str | None, monday: date) -> None:
    """Without a name it is the last that is over."""
    assert week_of(name, date(2026, 11, 24)) == Days(monday, monday + WEEK - timedelta(days=1))


def test_a_group_is_named() -> None:
    """Everybody, or a kind with its value."""
    assert group_named("all") == Group()
    assert group_named("cohort:north: 2") == Group(GroupKind.COHORT, "north: 2")

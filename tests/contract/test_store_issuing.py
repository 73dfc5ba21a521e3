"""Digests are issued once and kept; late data makes another; and no two of them tell of few people."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations

import pytest

from bot.cohorts.importing import Import, Terms
from bot.cohorts.roster import Line
from bot.errors import UnknownGroup, UnknownWeek
from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.digest import AdoptionRow, Digest
from bot.measurement.digesting import Issuer
from bot.measurement.keeping import changes, packed, unpacked
from bot.measurement.tally import Group, GroupKind
from bot.measurement.windows import WEEK, iso_week, week_key
from bot.privacy.audit import OPERATOR
from lessons.catalogue import Catalogue, OrganizationSettings, Tool
from scheduler.settling import Settling
from tests.stores import Town

CATALOGUE = Catalogue(OrganizationSettings(name="Acme"), {"copilot": Tool(name="Copilot")}, {})
FIRST = date(2026, 8, 3)
W44, W45, W46 = (iso_week(date(2026, 11, 1) + n * WEEK) for n in range(3))
WEST = {f"W-{n}": {"cohort": "west"} for n in range(8)}
"""Another cohort, so that one who goes elsewhere does not hold back the first."""


def issuer(town: Town) -> Issuer:
    """Wire what issues digests."""
    return Issuer(town.store, lambda: CATALOGUE, town.clock, Settling(town.store, lambda: CATALOGUE).work)


def event(name: str, who: str, on: date, kind: EventType) -> AdoptionEvent:
    """Make one event at noon."""
    at = datetime.combine(on, time(12), UTC)
    if kind is EventType.TOOL_USED:
        return AdoptionEvent(name, at, on, who, kind, tool="copilot", evidence=Evidence.MEASURED)
    return AdoptionEvent(name, at, on, who, kind, lesson="finance-variance")


def uses(who: str, weeks: int, first: date = FIRST) -> list[AdoptionEvent]:
    """Have somebody use the tool twice in each of so many weeks."""
    days = [first + timedelta(days=7 * week + n) for week in range(weeks) for n in (1, 3)]
    return [event(f"u-{who}-{on}", who, on, EventType.TOOL_USED) for on in days]


async def listed(town: Town, people: Mapping[str, Mapping[str, str]], on: date) -> None:
    """Import the roster as of a day."""
    lines = [Line(n + 2, name, dict(said)) for n, (name, said) in enumerate(people.items())]
    columns = {name for said in people.values() for name in said}
    await Import(town.store, Terms(on), town.clock.now).run(lines, {*people} | columns, [])


async def filled(town: Town, count: int, adopt: int, cohort: str = "north") -> None:
    """Have so many people of a cohort begin in August, of whom some use the tool each week."""
    names = [f"E-{n}" for n in range(count)]
    await listed(town, {name: {"cohort": cohort} for name in names} | WEST, FIRST)
    events = [event(f"c-{name}", name, FIRST, EventType.LESSON_COMPLETED) for name in [*names, *WEST]]
    for number, name in enumerate(names):
        events += uses(name, 14 if number < adopt else 1)
    events.append(event("last", "W-0", W46.last_on, EventType.TOOL_USED))
    await town.store.import_events(events)


def row(digest: Digest, horizon: int = 30) -> AdoptionRow:
    """Give the row of the tool as it is measured."""
    return next(x for x in digest.adoption if (x.evidence, x.horizon_days) == ("measured", horizon))


async def test_what_was_issued_is_given_unchanged(town: Town) -> None:
    """Late data changes nothing of it until it is corrected, and that says what changed."""
    await filled(town, 20, 8)
    ours = issuer(town)
    first = await ours.digest(W45, Group())
    await town.store.import_events(uses("E-15", 14))
    town.clock.now += timedelta(days=3)
    assert await ours.digest(W45, Group()) == first
    corrected = (await ours.correct(W45, GroupKind.ALL, OPERATOR))[""]
    assert await ours.digest(W45, Group()) == corrected
    assert (row(first).adopted, row(corrected).adopted) == (8, 9)
    assert (first.issue.number, corrected.issue.number) == (1, 2)
    assert "adoption all copilot measured 30: adopted: 8, now 9" in corrected.issue.changed
    assert corrected.issue.changed == changes(first, corrected)


async def test_a_correction_without_a_change_is_none(town: Town) -> None:
    """Nothing is issued twice."""
    await filled(town, 20, 8)
    first = await issuer(town).digest(W45, Group())
    assert await issuer(town).correct(W45, GroupKind.ALL, OPERATOR) == {"": first}


async def test_two_who_issue_at_once_give_the_same(town: Town) -> None:
    """The first to write it wins; both give what is kept."""
    await filled(town, 12, 5)
    one = await issuer(town).issue(W45, GroupKind.COHORT)
    await issuer(town)._make(W45, GroupKind.COHORT, {})
    assert await issuer(town).issue(W45, GroupKind.COHORT) == one


async def test_the_change_is_since_last_week(town: Town) -> None:
    """Both shares are of eligible people, and both numbers are told."""
    await filled(town, 20, 8)
    ours = issuer(town)
    await ours.digest(W44, Group())
    after = row(await ours.digest(W45, Group()), 90)
    assert (after.eligible, after.change, after.eligible_before) == (28, 0, 28)
    new = [f"N-{n}" for n in range(10)]
    begun = W45.last_on - timedelta(days=30)
    events = [event(f"c-{name}", name, begun, EventType.LESSON_COMPLETED) for name in new]
    await town.store.import_events(events)
    later = row(await ours.digest(W46, Group()))
    assert (later.eligible, later.eligible_before) == (38, 28)
    assert later.change == pytest.approx(8 / 38 - 8 / 28)


async def test_one_who_leaves_a_small_group_tells_nothing(town: Town) -> None:
    """The people of before are counted, and it says so, until five have come or gone."""
    await filled(town, 12, 5)
    ours, north = issuer(town), Group(GroupKind.COHORT, "north")
    before = await ours.digest(W44, north)
    away = {"E-0": {"cohort": "south"}}
    rest = {f"E-{n}": {"cohort": "north"} for n in range(1, 12)}
    await listed(town, {**away, **rest, **WEST}, W45.first_on)
    after = await ours.digest(W45, north)
    assert (row(after).eligible, row(after).adopted) == (12, 5)
    assert after.people == before.people
    assert after.issue.people_of == "2026-W44"
    moved = {f"E-{n}": {"cohort": "south"} for n in range(6)}
    stay = {f"E-{n}": {"cohort": "north"} for n in range(6, 12)}
    await listed(town, {**moved, **stay, **WEST}, W46.first_on)
    last = await ours.digest(W46, north)
    assert (row(last).eligible, last.issue.people_of) == (6, None)


async def test_one_who_becomes_eligible_waits_for_others(town: Town) -> None:
    """A row of a small group is repeated while fewer than five are new in it."""
    await filled(town, 12, 5)
    names = [*(f"E-{n}" for n in range(12)), *(f"L-{n}" for n in range(8))]
    await listed(town, {name: {"cohort": "north"} for name in names} | WEST, FIRST)
    for number in range(8):
        begun = (W45 if number < 3 else W46).last_on - timedelta(days=30)
        late = event(f"c-L{number}", f"L-{number}", begun, EventType.LESSON_COMPLETED)
        await town.store.import_events([late])
    ours, north = issuer(town), Group(GroupKind.COHORT, "north")
    first = row(await ours.digest(W44, north))
    assert (first.eligible, first.too_young) == (12, 8)
    after = row(await ours.digest(W45, north))
    assert (after.eligible, after.too_young, after.repeated_from) == (12, 8, "2026-W44")
    last = row(await ours.digest(W46, north))
    assert (last.eligible, last.repeated_from) == (20, None)


async def test_a_week_that_is_asked_for_late_tells_nothing_more(town: Town) -> None:
    """What an earlier week would tell beside a later one that was issued already is held back."""
    await filled(town, 12, 5)
    ours, north = issuer(town), Group(GroupKind.COHORT, "north")
    await listed(
        town, {f"E-{n}": {"cohort": "north" if n else "south"} for n in range(12)} | WEST, W45.first_on
    )
    assert row(await ours.digest(W45, north)).eligible == 11
    early = await ours.digest(W44, north)
    assert (row(early).eligible, row(early).suppressed) == (None, True)


async def test_what_cannot_be_asked_for(town: Town) -> None:
    """A week under way, and a group that nobody is in."""
    await filled(town, 12, 5)
    ours = issuer(town)
    assert ours.week(None) == iso_week(town.clock.now.date() - WEEK)
    with pytest.raises(UnknownWeek):
        ours.week(week_key(town.clock.now.date()))
    with pytest.raises(UnknownGroup):
        await ours.digest(W45, Group(GroupKind.COHORT, "nowhere"))


async def test_two_who_become_one_are_counted_as_one(town: Town) -> None:
    """Kept sets of people name who is left."""
    await filled(town, 12, 5)
    digest = (await issuer(town).issue(W45, GroupKind.COHORT))["north"]
    assert unpacked(packed(digest)) == digest
    known = await town.store.issues("2026-W45", GroupKind.COHORT)
    sets = known["north"].sets
    assert sets is not None and len(sets.people) == 12
    assert len(next(iter(sets.rows.values()))) == 12


# ---------------------------------------------------------------- subtracting every pair


FAMILIES, COHORTS, WAVES = ("finance", "sales"), ("north", "south", "east", ""), ("one", "two")


async def grown(town: Town, seed: int) -> None:
    """Make people who begin at any time, move between groups, leave, and use the tool or not."""
    chance = random.Random(seed)
    names = [f"E-{n}" for n in range(42)]
    places: dict[str, dict[str, str]] = {}
    for name in names:
        family = chance.choice(FAMILIES)
        wave = chance.choice(WAVES) if chance.random() < 0.1 else WAVES[FAMILIES.index(family)]
        places[name] = {"job_family": family, "cohort": chance.choice(COHORTS), "wave": wave}
    await listed(town, places, FIRST)
    events = []
    for name in names:
        begun = date(2026, 9, 1) + timedelta(days=chance.randrange(50))
        events.append(event(f"c-{name}", name, begun, EventType.LESSON_COMPLETED))
        events += uses(name, chance.choice((0, 2, 12)), begun)
    await town.store.import_events(events)
    for week in (W44, W45, W46):
        for name in chance.sample(names, chance.randrange(4)):
            places[name] = {**places[name], "cohort": chance.choice(COHORTS)}
        await listed(town, places, week.first_on)


@pytest.mark.parametrize("seed", range(3))
async def test_no_two_answers_tell_of_few(town: Town, seed: int) -> None:
    """In a week, and from week to week of a group, no two rows that are shown differ by fewer than five."""
    await grown(town, seed)
    ours = issuer(town)
    shown: dict[tuple[object, ...], dict[tuple[str, GroupKind, str], frozenset[str]]] = {}
    for week in (W44, W45, W46):
        for kind in (GroupKind.ALL, GroupKind.JOB_FAMILY, GroupKind.WAVE, GroupKind.COHORT):
            await ours.issue(week, kind)
            for value, issued in (await town.store.issues(week_key(week.first_on), kind)).items():
                assert issued.sets is not None, "every group of this world is small"
                for each in issued.digest.adoption:
                    name = "|".join(map(str, ("AdoptionRow", *each.key)))
                    if each.share is not None:
                        place = (week_key(week.first_on), kind, value)
                        shown.setdefault(each.key, {})[place] = issued.sets.rows[name]
    pairs = 0
    for people in shown.values():
        for (one, ours_), (other, theirs) in combinations(people.items(), 2):
            same_week, same_group = one[0] == other[0], one[1:] == other[1:]
            if same_group or (same_week and one[1] != other[1]):
                pairs += 1
                assert not 0 < len(ours_ ^ theirs) < 5 or not ours_ & theirs, (one, other)
    assert pairs > 5

"""What both stores keep for figures: uses by the day, once each, and dated facts that are made of them."""

from dataclasses import replace
from datetime import date, timedelta

from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.lapses import Lapse
from bot.measurement.standings import Active, Reached, Spell, Standings
from bot.measurement.uses import Grain, Use
from bot.model import Changes, Learner, Merge
from tests.stores import NOW, Town

DAY = NOW.date()


async def one(town: Town, who: Learner) -> list[Use]:
    """Read what is rolled up of somebody."""
    found = await town.store.unsettled(100)
    return list(next(each.uses for each in found if each.learner.id == who.id))


def told(town: Town, who: Learner, grain: str, **properties: object) -> AdoptionEvent:
    """Make what a source told of the copilot."""
    said = {"grain": grain, "source": "graph", **properties}
    return town.event(who, evidence=Evidence.MEASURED, use_case=None, properties=said)


async def test_uses_of_a_day_are_counted_together(town: Town) -> None:
    """Each event once, whatever comes twice; other tasks, tools and evidence stand apart."""
    ann = await town.move_in("U1")
    first = town.event(ann)
    await town.store.apply(Changes(events=(first, town.event(ann), town.event(ann, use_case="Forecast"))))
    await town.store.apply(Changes(events=(first,)))
    assert await town.store.import_events([first, town.event(ann)]) == 1
    use = Use(ann.id, "copilot", DAY, Evidence.SELF_REPORT, "Variance analysis", count=3)
    assert sorted(await one(town, ann), key=lambda x: x.count) == [
        replace(use, task="Forecast", count=1),
        use,
    ]


async def test_what_a_source_says_of_days_is_its_last_word(town: Town) -> None:
    """It is not added up; also that there was none after all is taken at its word."""
    ann = await town.move_in("U1")
    day, week = told(town, ann, "day_utc", count=4), told(town, ann, "rolling_7d", count=9, active_days=3)
    await town.store.import_events([day, week])
    later = [replace(each, id=town.key()) for each in (day, week)]
    later[0] = replace(later[0], properties={**day.properties, "count": 0})
    later[1] = replace(later[1], properties={**week.properties, "active_days": 5})
    await town.store.import_events(later)
    by_grain = {use.grain: use for use in await one(town, ann)}
    assert by_grain[Grain.DAY].value == 0
    assert (by_grain[Grain.ROLLING_7D].value, by_grain[Grain.ROLLING_7D].source) == (5, "graph")


async def test_a_lesson_counts_from_the_day_it_was_first_completed(town: Town) -> None:
    """Whatever order it is heard of in."""
    ann = await town.move_in("U1")
    done = town.event(ann, type=EventType.LESSON_COMPLETED, lesson="a", tool=None, evidence=None)
    for days in (2, 0, 5):
        again = replace(done, id=town.key(), local_date=DAY + timedelta(days=days))
        await town.store.apply(Changes(events=(again,)))
    [found] = await town.store.unsettled(10)
    assert found.completed == {"a": DAY}


MADE = Standings(
    {"all": DAY},
    (Reached("all", "copilot", Evidence.MEASURED, "adopted 30", DAY + timedelta(days=30)),),
    (Active(DAY, "copilot", Evidence.MEASURED, 3, 5, True, False, 2),),
    (Spell("all", "copilot", Evidence.MEASURED, Lapse(DAY, DAY + timedelta(days=14), None)),),
)


async def test_facts_take_the_place_of_the_old_ones(town: Town) -> None:
    """Once made nobody waits; what happens meanwhile has them made again."""
    ann = await town.move_in("U1")
    await town.store.apply(Changes(events=(town.event(ann),)))
    [found] = await town.store.unsettled(10)
    await town.store.put_standings({ann.id: (found.mark, MADE)})
    assert await town.store.unsettled(10) == []
    await town.store.apply(Changes(events=(town.event(ann),)))
    [found] = await town.store.unsettled(10)
    await town.store.apply(Changes(events=(town.event(ann),)))
    await town.store.put_standings({ann.id: (found.mark, MADE)})
    assert [each.mark > found.mark for each in await town.store.unsettled(10)] == [True]


async def test_who_has_nothing_to_count_waits_for_nothing(town: Town) -> None:
    """Other events have nobody's facts made."""
    ann = await town.move_in("U1")
    await town.store.apply(Changes(events=(town.event(ann, type=EventType.LESSON_STARTED, tool=None),)))
    assert await town.store.unsettled(10) == []


async def test_everybody_can_be_made_anew(town: Town) -> None:
    """Everybody who has completed a lesson: other programs concern them."""
    ann, bob = [await town.move_in(name) for name in ("U1", "U2")]
    done = {"type": EventType.LESSON_COMPLETED, "lesson": "a", "tool": None, "evidence": None}
    await town.store.apply(Changes(events=(town.event(ann, **done), town.event(bob))))
    for found in await town.store.unsettled(10):
        await town.store.put_standings({found.learner.id: (found.mark, MADE)})
    await town.store.unsettle_everybody()
    assert [each.learner.id for each in await town.store.unsettled(10)] == [ann.id]


async def test_what_two_did_who_become_one_is_theirs(town: Town) -> None:
    """Single uses are added up, of lessons the earlier day counts, and the facts are made anew."""
    ann, bob = [await town.move_in(name) for name in ("U1", "U2")]
    done = town.event(ann, type=EventType.LESSON_COMPLETED, lesson="a", tool=None, evidence=None)
    earlier = replace(done, id=town.key(), learner=bob.id, local_date=date(2026, 10, 1))
    week = told(town, bob, "rolling_7d", count=2)
    await town.store.import_events([done, earlier, town.event(ann), town.event(bob), week])
    await town.store.put_standings({bob.id: (1, MADE), ann.id: (1, MADE)})
    await town.store.apply(Changes(merge=Merge(bob.id, bob.version, ann.id)))
    [found] = await town.store.unsettled(10)
    assert (found.learner.id, found.completed) == (ann.id, {"a": date(2026, 10, 1)})
    assert sorted((use.grain, use.count) for use in found.uses) == [("event", 2), ("rolling_7d", 2)]

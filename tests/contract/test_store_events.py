"""Adoption events leave the store and come back as they were, once."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.events import AdoptionEvent, EventType, Evidence, from_line, to_line
from bot.model import Changes
from tests.stores import NOW, Place, Town


async def lines(town: Town, since: date | None = None) -> list[str]:
    """Export as `laps events export` does."""
    return [to_line(event, person) async for event, person in town.store.export_events(since)]


async def test_an_event_comes_back_as_it_was_written(town: Town) -> None:
    """Every field survives, absent ones and properties of any JSON."""
    learner = await town.move_in()
    full = town.event(
        learner,
        occurred_at=datetime(1969, 7, 20, 20, 17, 40, 123_456, tzinfo=UTC),
        local_date=date(1969, 7, 21),
        channel="teams",
        surface="form",
        type=EventType.PRACTICE_SUBMITTED,
        lesson="l",
        lesson_version="0123456789abcdef",
        step=0,
        evidence=Evidence.MANAGER,
        properties={"checks": [True, False], "z": None, "a": {"ü": 1.5}},
    )
    bare = AdoptionEvent("x", NOW, NOW.date(), learner.id, EventType.HELP_SHOWN)
    await town.store.apply(Changes(events=(full, bare)))
    assert await town.exported() == [(full, None), (bare, None)]
    (first, _), _ = await town.exported()
    assert list(first.properties) == ["checks", "z", "a"]


async def test_events_come_oldest_first(town: Town) -> None:
    """By the time they happened; what happened at once stays in the order it was told."""
    learner = await town.move_in()
    times = [
        NOW,
        NOW - timedelta(days=400),
        NOW,
        datetime(1969, 1, 1, tzinfo=UTC),
        NOW + timedelta(microseconds=1),
    ]
    events = [town.event(learner, id=f"e{n}", occurred_at=at) for n, at in enumerate(times)]
    await town.store.apply(Changes(events=tuple(events)))
    assert [event.id for event, _ in await town.exported()] == ["e3", "e1", "e0", "e2", "e4"]


async def test_an_export_can_begin_at_a_day(town: Town) -> None:
    """Events whose local day is before `since` are left out."""
    learner = await town.move_in()
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    await town.store.apply(
        Changes(events=tuple(town.event(learner, id=str(day), local_date=day) for day in days))
    )
    assert [from_line(line).id for line in await lines(town, days[1])] == ["2026-11-02", "2026-11-03"]


async def test_an_export_is_one_view(town: Town) -> None:
    """What is appended while an export runs is not in it."""
    learner = await town.move_in()
    await town.store.apply(Changes(events=tuple(town.event(learner) for _ in range(2500))))
    seen = 0
    async for _ in town.store.export_events(None):
        if seen == 0:
            late = town.event(learner, occurred_at=NOW + timedelta(days=1))
            await town.store.apply(Changes(events=(late,)))
        seen += 1
    assert seen == 2500
    assert len(await town.exported()) == 2501


async def test_an_export_can_be_left_in_the_middle(town: Town) -> None:
    """A reader who goes away early does not stand in anybody's way."""
    learner = await town.move_in()
    await town.store.apply(Changes(events=tuple(town.event(learner) for _ in range(10))))
    for _ in range(20):
        export = town.store.export_events(None)
        await anext(export)
        await export.aclose()  # type: ignore[attr-defined]  # every store yields from a generator
    await town.store.apply(Changes(learner=learner))


async def test_an_import_is_idempotent(town: Town) -> None:
    """The same lines twice add nothing the second time, within one call and across calls."""
    learner = await town.move_in()
    events = [town.event(learner) for _ in range(3)]
    assert await town.store.import_events([*events, events[0]]) == 3
    assert await town.store.import_events(events) == 0
    assert await town.store.import_events([*events, town.event(learner)]) == 1
    assert await town.store.import_events([]) == 0


async def test_an_import_makes_learners_of_names(town: Town) -> None:
    """A name that operators use is one person, and the export says it again."""
    names = ["E-1", "ann@example.com", "E-1", "Ünal, A."]
    events = [town.event(name, id=f"e{n}") for n, name in enumerate(names)]
    await town.store.import_events(events)
    exported = await town.exported()
    assert [person for _, person in exported] == names
    keys = [event.learner for event, _ in exported]
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3
    found = await town.store.find_person("Ünal, A.")
    assert found.id == keys[3]


async def test_an_import_takes_our_own_keys_as_they_are(town: Town) -> None:
    """A key of 26 characters is the learner who has it, or becomes one."""
    learner = await town.move_in()
    stranger = "b" * 26
    await town.store.import_events([town.event(learner), town.event(stranger)])
    assert [(event.learner, person) for event, person in await town.exported()] == [
        (learner.id, None),
        (stranger, None),
    ]
    assert (await town.store.find_person(stranger)).id == stranger


async def test_an_event_without_a_workspace_is_the_first_workspaces(town: Town) -> None:
    """A null workspace on import is the organization's default: the one that was there first."""
    learner = await town.move_in()
    await town.store.import_events([town.event(learner, workspace=None)])
    ((event, _),) = await town.exported()
    assert event.workspace == town.workspace.id


async def test_without_any_workspace_it_is_the_practice_rooms(place: Place) -> None:
    """An empty installation has the practice room to put events in."""
    store = await place.open()
    event = AdoptionEvent("x", NOW, NOW.date(), "E-1", EventType.TOOL_USED)
    await store.import_events([event])
    exported = [e async for e, _ in store.export_events(None)]
    assert exported[0].workspace == "web:web"
    await store.close()


async def test_what_is_exported_can_be_imported_elsewhere_and_exported_the_same(
    town: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Out, into an empty database, and out again gives the same lines in the same order."""
    learner = await town.move_in()
    step = timedelta(microseconds=333)
    told = [town.event(learner, occurred_at=NOW - n * step, properties={"n": n}) for n in range(1200)]
    named = [town.event(f"E-{n % 7}", occurred_at=NOW + n * step) for n in range(50)]
    await town.store.import_events([*told, *named])
    before = await lines(town)
    place = Place(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('other')}/laps.db", town.clock)
    other = replace(town, store=await place.open())
    assert await other.store.import_events([from_line(line) for line in before]) == 1250
    after = await lines(other)
    await other.store.close()
    assert after == before
    assert Counter(from_line(line).learner for line in after)["E-0"] == 8

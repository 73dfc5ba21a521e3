"""What a SQLite store knows without asking is what it would read: always, whoever else writes to the file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Conflict
from bot.model import (
    Changes,
    DeliveryKind,
    DeliveryState,
    Learner,
    Merge,
    Role,
    Sent,
    Session,
    Snapshot,
)
from bot.ports import Needs
from storage import known
from storage.sqlite import SqliteStore
from tests.stores import Clock, Place, Town
from tests.world import make_lesson

LESSON = make_lesson(1)


@pytest.fixture
async def lite(sqlite_place: Place) -> AsyncIterator[Town]:
    """A SQLite store."""
    store = await sqlite_place.open()
    yield await Town.found(store, sqlite_place.clock)
    await store.close()


async def begin(town: Town, external: str = "U1") -> tuple[Learner, Session]:
    """Bring a person into a lesson."""
    learner = await town.move_in(external)
    session = town.session(learner, lesson=LESSON.id, lesson_version=LESSON.version)
    learner = replace(learner, current=session.id)
    await town.store.apply(Changes(learner=learner, sessions=(session,), lesson=LESSON))
    return replace(learner, version=2), session


async def glance(town: Town, external: str = "U1", session: str | None = None) -> Snapshot:
    """Read what every press reads."""
    return await town.see(external, session, Needs())


async def fresh(town: Town, place: Place, external: str = "U1") -> Snapshot:
    """Read the same through a store that knows nothing yet."""
    other = replace(town, store=await place.open())
    try:
        return await glance(other, external)
    finally:
        await other.store.close()


async def test_what_was_committed_is_seen_by_the_next_press(lite: Town, sqlite_place: Place) -> None:
    """After each change the person, the learner and the session are as they would be read."""
    learner, session = await begin(lite)
    for step in range(3):
        assert await glance(lite) == await fresh(lite, sqlite_place)
        session = replace(session, step=step, version=session.version + 1, notes={"0": {"tried": [step]}})
        await lite.store.apply(Changes(learner=replace(learner, version=2 + step), sessions=(session,)))
    assert (await glance(lite)).session == session


async def test_a_press_that_lost_a_race_reads_again(lite: Town) -> None:
    """What a conflict rested on is not taken for true once more."""
    learner, _ = await begin(lite)
    await glance(lite)
    with pytest.raises(Conflict):
        await lite.store.apply(Changes(learner=replace(learner, version=1)))
    assert (await glance(lite)).learner == learner


async def test_a_role_granted_by_the_command_line_counts_at_once(lite: Town, sqlite_place: Place) -> None:
    """A press that changes nobody, and so could not lose a race, is decided again where another wrote."""
    learner, _ = await begin(lite)
    await glance(lite)
    other = await sqlite_place.open()
    await other.set_role(learner, Role.ADMIN, True)
    await other.close()
    assert not (await glance(lite)).who.roles
    with pytest.raises(Conflict):
        await lite.store.apply(Changes(events=(lite.event(learner),)))
    assert (await glance(lite)).who.roles == {Role.ADMIN}
    await lite.store.apply(Changes(events=(lite.event(learner),)))


async def test_two_servers_on_one_file_do_not_keep_each_other_from_writing(
    lite: Town, sqlite_place: Place
) -> None:
    """Where another process writes all the time everything is read, and nothing is refused a second time."""
    learner, _ = await begin(lite)
    other = replace(lite, store=await sqlite_place.open())
    refused = 0
    await glance(lite)
    for _ in range(20):
        await glance(lite)
        await other.store.apply(Changes(events=(lite.event(learner),)))
        try:
            await lite.store.apply(Changes(events=(lite.event(learner),)))
        except Conflict:
            refused += 1
    assert refused == 1
    await other.store.close()


async def test_where_a_message_went_is_known_at_once(lite: Town, sqlite_place: Place) -> None:
    """A direct conversation that the platform opened, and a person who blocked Laps, are seen."""
    await begin(lite)
    assert (await glance(lite)).account == (await fresh(lite, sqlite_place)).account
    for more in ({"sent": Sent("1.1", "D9")}, {"unreachable": True}):
        delivery = lite.delivery(conversation=None)
        await lite.send(delivery)
        await glance(lite)
        await lite.settle(delivery, DeliveryState.SENT, **more)
        assert (await glance(lite)).account == (await fresh(lite, sqlite_place)).account
    account = (await glance(lite)).account
    assert account is not None and (account.direct, account.reachable) == ("D9", False)


async def test_joined_learners_are_known_as_one(lite: Town, sqlite_place: Place) -> None:
    """After two became one, both accounts lead to the one that stayed."""
    ann, _ = await begin(lite)
    bob, _ = await begin(lite, "U2")
    for external in ("U1", "U2"):
        await glance(lite, external)
    merge = Merge(bob.id, bob.version, ann.id)
    await lite.store.apply(Changes(learner=ann, merge=merge))
    for external in ("U1", "U2"):
        assert await glance(lite, external) == await fresh(lite, sqlite_place, external)
        assert (await glance(lite, external)).who.id == ann.id


async def test_a_changed_account_and_a_removed_app_are_seen(lite: Town, sqlite_place: Place) -> None:
    """A name that the platform told anew, and a workspace that removed Laps, are as they would be read."""
    learner, _ = await begin(lite)
    account = (await glance(lite)).account
    assert account is not None
    await lite.store.apply(Changes(account=replace(account, direct="D1")))
    await lite.store.apply(Changes(account=replace(account, name="Anna", direct=None)))
    gone = replace(lite.workspace, active=False)
    await lite.store.apply(Changes(workspace=gone))
    seen = await glance(lite)
    assert seen.account == replace(account, name="Anna", direct="D1")
    assert seen == await fresh(lite, sqlite_place)
    assert (seen.workspace, seen.who) == (gone, learner)


async def test_a_button_names_its_session_and_the_person_is_still_read(lite: Town) -> None:
    """A session that is known makes nobody a stranger whose account is not."""
    learner, session = await begin(lite)
    account = (await glance(lite)).account
    assert account is not None
    await lite.store.apply(Changes(account=replace(account, name="Anna")))
    seen = await lite.see(session=session.id, needs=Needs())
    assert (seen.learner, seen.session) == (learner, session)
    assert seen.account == replace(account, name="Anna")


async def test_of_many_the_first_are_forgotten(lite: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: who came first is read again."""
    monkeypatch.setattr(known, "MOST", 2)
    for number in range(4):
        learner, _ = await begin(lite, f"U{number}")
        assert (await glance(lite, f"U{number}")).learner == learner
    for number in range(4):
        assert (await glance(lite, f"U{number}")).who.version == 2


people = st.integers(0, 2)
actions = st.sampled_from(["press", "stale", "role", "rename", "settle", "twice"])


@given(st.lists(st.tuples(people, actions), max_size=25))
def test_whatever_happens_what_is_known_is_what_is_stored(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[int, str]]
) -> None:
    """After any presses, lost races, roles and settled messages a press sees what a new process sees."""
    place = Place(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('known')}/laps.db", Clock())
    asyncio.run(_play(place, plan))


async def _play(place: Place, plan: list[tuple[int, str]]) -> None:
    town = await Town.found(await place.open(), place.clock)
    beside = replace(town, store=await place.open())
    for number in range(3):
        await begin(town, f"U{number}")
    for who, action in plan:
        await _act(town, f"U{who}", action)
    for number in range(3):
        current = (await glance(beside, f"U{number}")).who.current
        for named in (current, None):
            assert await glance(town, f"U{number}", named) == await glance(beside, f"U{number}", named)
    await town.store.close()
    await beside.store.close()


async def _act(town: Town, external: str, action: str) -> None:
    seen = await glance(town, external)
    learner, session = seen.who, seen.session
    assert session is not None
    moved = Changes(learner=learner, sessions=(replace(session, version=session.version + 1),))
    if action == "press":
        await town.store.apply(moved)
    elif action == "stale":
        with pytest.raises(Conflict):
            await town.store.apply(replace(moved, learner=replace(learner, version=learner.version - 1)))
    elif action == "twice":
        ends = await asyncio.gather(*(town.store.apply(moved) for _ in "ab"), return_exceptions=True)
        assert sum(end is None for end in ends) == 1
    elif action == "rename":
        assert seen.account is not None
        await town.store.apply(Changes(account=replace(seen.account, name=f"{seen.account.name}+")))
    elif action == "role":
        await town.store.set_role(learner, Role.CHAMPION, Role.CHAMPION not in learner.roles)
    elif action == "settle":
        delivery = town.delivery(account=external, conversation=None)
        await town.send(delivery)
        sent = Sent("1.1", f"D{session.version}")
        await town.settle(delivery, DeliveryState.SENT, sent=sent)


async def test_draining_makes_nobody_a_stranger(lite: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While much is sent, what is known of those who press stays known."""
    await begin(lite)
    await glance(lite)
    waits = lite.delivery(kind=DeliveryKind.NUDGE, due_at=lite.clock.now)
    await lite.send(waits)
    (claimed,) = await lite.claimed()
    await lite.store.begin(claimed, lite.clock.now)
    await lite.store.close_until(lite.workspace, lite.clock.now)
    await lite.store.release("here")
    assert isinstance(lite.store, SqliteStore)
    monkeypatch.setattr(lite.store, "_look", None)  # asking the database would fail
    assert (await glance(lite)).learner is not None

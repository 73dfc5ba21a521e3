"""What the store reads: snapshots, lessons, people, and what is forgotten in time."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.errors import Conflict, StorageUnavailable, UnknownPerson
from bot.events import EventType, Evidence
from bot.model import (
    Changes,
    ChannelName,
    Commitment,
    JoinCode,
    PostId,
    Role,
    Submission,
    ToolUse,
    Workspace,
    WorkspaceRef,
)
from bot.ports import Needs
from tests.stores import NOW, SLACK, Place, Town
from tests.world import make_lesson

# ---------------------------------------------------------------- snapshots


async def test_a_stranger_is_nobody(town: Town) -> None:
    """Of an account never seen the snapshot knows the workspace and the organization alone."""
    seen = await town.see("U404")
    assert (seen.organization, seen.workspace) == (town.organization, town.workspace)
    assert (seen.account, seen.learner, seen.session, seen.lesson, seen.history) == (
        None,
        None,
        None,
        None,
        (),
    )


async def test_the_current_session_is_read_where_none_is_named(town: Town) -> None:
    """Without a named session the snapshot has the learner's current one, else the named one."""
    learner = await town.move_in()
    current, earlier = town.session(learner), town.session(learner, started_at=NOW - timedelta(days=1))
    await town.store.apply(Changes(learner=replace(learner, current=current.id), sessions=(earlier, current)))
    assert (await town.see()).session == current
    assert (await town.see(session=earlier.id)).session == earlier
    assert (await town.see(session="x" * 26)).session is None


async def test_a_session_of_somebody_else_is_returned_as_it_is(town: Town) -> None:
    """Refusing another's session is the handler's decision."""
    await town.move_in("U1")
    other = await town.move_in("U2")
    session = town.session(other)
    await town.store.apply(Changes(learner=other, sessions=(session,)))
    assert (await town.see("U1", session=session.id)).session == session


async def test_the_lesson_is_read_in_the_version_the_session_began(town: Town, place: Place) -> None:
    """A lesson is stored once by its version, and another process reads it as it was."""
    learner, lesson = await town.move_in(), make_lesson(1)
    session = town.session(learner, lesson=lesson.id, lesson_version=lesson.version)
    await town.store.apply(Changes(learner=learner, sessions=(session,), lesson=lesson))
    await town.store.apply(Changes(lesson=lesson))
    assert (await town.see(session=session.id)).lesson == lesson
    other = await place.open()
    read = await other.lesson(lesson.version)
    assert read == lesson
    assert read is not None
    assert read.version == lesson.version
    assert await other.lesson("0" * 16) is None
    await other.close()


async def test_a_lesson_of_a_change_that_lost_is_stored_by_the_next(town: Town, place: Place) -> None:
    """A lost race does not make the store believe that it has the lesson."""
    learner, lesson = await town.move_in(), make_lesson(2)
    with pytest.raises(Conflict):
        await town.store.apply(Changes(learner=replace(learner, version=9), lesson=lesson))
    assert await town.store.lesson(lesson.version) is None
    await town.store.apply(Changes(learner=learner, lesson=lesson))
    other = await place.open()
    assert await other.lesson(lesson.version) == lesson
    await other.close()


async def test_only_what_is_needed_is_read(town: Town) -> None:
    """A verb that needs nothing more gets empty lists."""
    learner = await town.move_in()
    await town.store.apply(
        Changes(learner=learner, sessions=(town.session(learner),), events=(town.event(learner),))
    )
    seen = await town.see(needs=Needs())
    assert (seen.history, seen.uses, seen.commitments, seen.accounts) == ((), (), (), ())
    seen = await town.see(needs=Needs(uses=True))
    assert (len(seen.history), len(seen.uses)) == (0, 1)


async def test_history_is_the_newest_first(town: Town) -> None:
    """Every session of the learner, and of nobody else."""
    learner, other = await town.move_in("U1"), await town.move_in("U2")
    sessions = [town.session(learner, started_at=NOW - timedelta(days=n)) for n in (2, 0, 1)]
    await town.store.apply(Changes(learner=learner, sessions=tuple(sessions)))
    await town.store.apply(Changes(learner=other, sessions=(town.session(other),)))
    seen = await town.see()
    assert seen.history == (sessions[1], sessions[2], sessions[0])


async def test_uses_are_counted_by_tool_and_use_case(town: Town) -> None:
    """Self-reported and measured uses of the last 28 days, the most frequent first."""
    learner, other = await town.move_in("U1"), await town.move_in("U2")
    ago = [NOW - timedelta(days=days) for days in (0, 3, 27)]
    counted = [town.event(learner, occurred_at=at, local_date=at.date()) for at in ago]
    measured = town.event(learner, tool="chatgpt", use_case=None, evidence=Evidence.MEASURED)
    ignored = [
        town.event(learner, occurred_at=NOW - timedelta(days=28, seconds=1)),
        town.event(learner, type=EventType.TOOL_NOT_USED),
        town.event(learner, evidence=Evidence.INFERRED),
        town.event(other),
    ]
    await town.store.apply(Changes(events=(*counted, measured, *ignored)))
    assert (await town.see()).uses == (
        ToolUse("copilot", "Variance analysis", 3, NOW.date()),
        ToolUse("chatgpt", "", 1, NOW.date(), NOW.date()),
    )


async def test_commitments_and_accounts_are_listed(town: Town) -> None:
    """Plans come newest first, two of one session as well; accounts with their channel."""
    learner = await town.move_in()
    teams = await town.store.workspace(WorkspaceRef(ChannelName.TEAMS, "tenant"))
    session = town.session(learner)
    plans = [
        Commitment(session.id, learner.id, "lesson", f"when {n}", "task", "copilot", NOW + timedelta(hours=n))
        for n in range(2)
    ]
    await town.store.apply(Changes(learner=learner, commitment=plans[0]))
    account = replace(town.account(learner, "29:1"), workspace=teams.id, name="Ann T.")
    await town.store.apply(Changes(learner=replace(learner, version=2), commitment=plans[1], account=account))
    seen = await town.see()
    assert seen.commitments == (plans[1], plans[0])
    assert seen.accounts == ((ChannelName.SLACK, "Ann"), (ChannelName.TEAMS, "Ann T."))
    owned = await town.store.accounts_of(learner.id)
    assert [(workspace, found.external) for workspace, found in owned] == [
        (town.workspace, "U1"),
        (teams, "29:1"),
    ]


async def test_an_unknown_post_is_none(town: Town) -> None:
    """There is no message of an id that was never given."""
    assert await town.store.post(PostId("nothing")) is None


# ---------------------------------------------------------------- organization and workspaces


async def test_the_organization_stays_when_it_is_renamed(place: Place) -> None:
    """The first start draws id and salt; a later one with another name keeps both."""
    first = await place.open("Acme")
    before = await first.organization()
    await first.close()
    second = await place.open("Acme Holding")
    after = await second.organization()
    await second.close()
    assert len(before.salt) == 32
    assert after == replace(before, name="Acme Holding")


async def test_two_places_have_two_salts(tmp_path_factory: pytest.TempPathFactory, place: Place) -> None:
    """Each installation draws its own secret."""
    other = replace(place, url=f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('other')}/laps.db")
    stores = [await place.open(), await other.open()]
    organizations = [await store.organization() for store in stores]
    assert organizations[0].salt != organizations[1].salt
    assert organizations[0].id != organizations[1].id
    for store in stores:
        await store.close()


async def test_a_workspace_is_stored_at_first_sight(town: Town, place: Place) -> None:
    """The same name is the same workspace, at once, later and for another process."""
    ref = WorkspaceRef(ChannelName.TEAMS, "72f988bf-86f1-41af-91ab-2d7cd011db47")
    other = await place.open()
    found = await asyncio.gather(*(store.workspace(ref) for store in (town.store, other) * 3))
    assert len(set(found)) == 1
    first = found[0]
    assert first == Workspace(first.id, town.organization.id, ref.channel, ref.external)
    assert await town.store.workspace(SLACK) == town.workspace != first
    await other.close()


# ---------------------------------------------------------------- people


async def test_a_person_is_found_by_everything_an_operator_may_type(town: Town) -> None:
    """By account, key, e-mail and name, in any case where it does not matter."""
    learner = town.stranger()
    account = town.account(learner, "U012ABC", name="Ann Smith", email="Ann@Example.com")
    await town.store.apply(Changes(learner=learner, account=account))
    await town.store.import_events([town.event("E-4711")])
    for typed in ("slack:U012ABC", " SLACK:U012ABC", learner.id, "ann@example.com", "ann smith"):
        assert await town.store.find_person(typed) == replace(learner, version=1)
    named = await town.store.find_person("E-4711")
    assert named.id != learner.id


@pytest.mark.parametrize(
    "typed", ["", "nobody", "nobody@example.com", "a" * 26, "slack:", "mail:U1", "teams:29:1"]
)
async def test_an_unknown_person_is_refused(town: Town, typed: str) -> None:
    """Nobody is made up, also not on a channel whose workspace is not known yet."""
    with pytest.raises(UnknownPerson):
        await town.store.find_person(typed)


async def test_a_name_of_several_is_refused(town: Town) -> None:
    """Two people called Ann are not one."""
    await town.move_in("U1")
    await town.move_in("U2")
    with pytest.raises(UnknownPerson):
        await town.store.find_person("Ann")


async def test_an_account_not_seen_yet_is_made(town: Town) -> None:
    """The first admin can be named before they wrote anything, once."""
    made = await town.store.find_person("slack:U777")
    assert (made.version, made.organization) == (1, town.organization.id)
    assert await town.store.find_person("slack:U777") == made
    seen = await town.see("U777")
    assert seen.learner == made


async def test_the_practice_room_needs_no_first_visit(town: Town) -> None:
    """`web:NAME` makes the room and the account."""
    made = await town.store.find_person("web:ann")
    room = await town.store.workspace(WorkspaceRef(ChannelName.WEB, "web"))
    accounts = await town.store.accounts_of(made.id)
    assert [(workspace, account.external) for workspace, account in accounts] == [(room, "ann")]


async def test_an_account_in_one_of_two_workspaces_is_not_guessed(town: Town) -> None:
    """With two Slack workspaces nobody knows where to make an account."""
    await town.store.workspace(WorkspaceRef(ChannelName.SLACK, "T2"))
    with pytest.raises(UnknownPerson):
        await town.store.find_person("slack:U777")


async def test_a_role_is_granted_once_and_taken_once(town: Town) -> None:
    """Doing it twice is doing it once, and each that changes anything moves the learner's version."""
    learner = await town.move_in()
    admin, nothing = frozenset({Role.ADMIN}), frozenset[Role]()
    for held, roles, version in (
        (True, admin, 2),
        (True, admin, 2),
        (False, nothing, 3),
        (False, nothing, 3),
    ):
        await town.store.set_role(learner, Role.ADMIN, held)
        found = (await town.see()).learner
        assert found == replace(learner, roles=roles, version=version)


async def test_a_role_of_a_learner_who_is_gone_is_a_conflict(town: Town) -> None:
    """A role is not given to nobody."""
    with pytest.raises(Conflict):
        await town.store.set_role(town.stranger(), Role.ADMIN, True)


# ---------------------------------------------------------------- forgotten in time


async def test_texts_codes_and_ids_are_forgotten_when_their_time_has_come(town: Town) -> None:
    """Submissions at their time, codes when they expire, incoming ids after 7 days; not a moment earlier."""
    learner = await town.move_in()
    session = town.session(learner)
    await town.store.apply(
        Changes(
            incoming=(town.workspace.id, "i1"),
            learner=learner,
            sessions=(session,),
            submission=Submission(session.id, 0, learner.id, "my text", NOW + timedelta(days=2)),
            code=JoinCode("abcd-efgh", learner.id, NOW + timedelta(minutes=15)),
        )
    )
    assert await town.store.forget_texts(NOW + timedelta(minutes=14)) == 0
    assert await town.store.forget_texts(NOW + timedelta(minutes=15)) == 1
    assert (await town.see(needs=Needs(code="abcd-efgh"))).code is None
    assert await town.store.forget_texts(NOW + timedelta(days=2)) == 1
    assert await town.store.forget_texts(NOW + timedelta(days=7, seconds=-1)) == 0
    assert await town.store.handled(town.workspace, "i1")
    assert await town.store.forget_texts(NOW + timedelta(days=7)) == 1
    assert not await town.store.handled(town.workspace, "i1")


async def test_more_ids_than_one_portion_are_forgotten(town: Town) -> None:
    """Two thousand and one handled ids go in portions, and all of them go."""
    await asyncio.gather(
        *(town.store.apply(Changes(incoming=(town.workspace.id, f"i{n}"))) for n in range(2001))
    )
    assert await town.store.forget_texts(NOW + timedelta(days=8)) == 2001


# ---------------------------------------------------------------- closed


async def test_a_closed_store_says_so(place: Place) -> None:
    """After `close` every read and write is refused, and closing again does nothing."""
    store = await place.open()
    town = await Town.found(store, place.clock)
    await store.close()
    await store.close()
    change = Changes(incoming=(town.workspace.id, "i1"))
    for call in (town.see, partial(store.apply, change), town.claim, town.exported):
        with pytest.raises(StorageUnavailable):
            await call()


async def test_what_waits_is_written_before_closing(place: Place) -> None:
    """Changes handed over before `close` are committed by it."""
    store = await place.open()
    town = await Town.found(store, place.clock)
    learner = await town.move_in()
    waiting = [asyncio.ensure_future(store.apply(Changes(events=(town.event(learner),)))) for _ in range(50)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    again = await Town.found(await place.open(), place.clock)
    assert len(await again.exported()) == 50
    await again.store.close()

"""What `apply` promises: everything or nothing, once, and the first of two that cannot both be."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import Conflict, Duplicate, StorageUnavailable
from bot.model import (
    Changes,
    ChannelName,
    Commitment,
    JoinCode,
    Merge,
    Post,
    PostId,
    Role,
    SessionStatus,
    Stage,
    Status,
    Submission,
    WorkspaceRef,
)
from bot.ports import Needs
from tests.stores import NOW, SLACK, Town, verdicts


async def test_everything_of_a_learner_comes_back_as_it_was_written(town: Town) -> None:
    """Every field of learner and account survives the database."""
    learner = town.stranger(
        status=Status.STOPPED,
        job_family="finance",
        tools=("copilot", "chatgpt"),
        time_zone="Europe/Berlin",
        confidence=40,
        paused_at=NOW,
        paused_until=NOW + timedelta(days=3, microseconds=7),
        joined_at=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        current=None,
        welcome=PostId("p1"),
        roles=frozenset({Role.CHAMPION, Role.ADMIN}),
        locale="de",
        industry="banking",
        country="DE",
        left_on=date(2026, 12, 31),
    )
    account = town.account(
        learner,
        name="Ann Ünal 🦆",
        email="ann@example.com",
        time_zone="Asia/Tokyo",
        direct="D1",
        service_url="https://smba.example/emea/",
        reachable=False,
        directory="6f9619ff-8b86-d011-b42d-00c04fc964ff",
    )
    await town.store.apply(Changes(learner=learner, account=account))
    seen = await town.see()
    assert seen.learner == replace(learner, version=1)
    assert seen.account == account


async def test_a_session_comes_back_as_it_was_written(town: Town) -> None:
    """Every field of a session survives, with notes of any JSON in their order and times of any century."""
    learner = await town.move_in()
    session = town.session(
        learner,
        version=3,
        moved_version=2,
        status=SessionStatus.COMPLETED,
        step=4,
        stage=Stage.MINUTES,
        notes={"3": {"answer": "paste", "checks": [True, None], "text": 'ü"\\\n🦆'}, "0": {"minutes": -2.5}},
        post=PostId("p1"),
        started_at=datetime(1912, 6, 23, 1, 2, 3, 4, tzinfo=UTC),
        updated_at=datetime(2039, 1, 1, tzinfo=UTC),
        ended_at=datetime(2262, 4, 12, tzinfo=UTC),
    )
    await town.store.apply(Changes(learner=learner, sessions=(session,)))
    seen = await town.see(session=session.id)
    assert seen.session == session
    assert seen.session is not None
    assert list(seen.session.notes) == ["3", "0"]


async def test_a_learners_version_is_one_more_with_each_change(town: Town) -> None:
    """Three changes of a learner make version 3."""
    learner = await town.move_in()
    await town.store.apply(Changes(learner=learner))
    await town.store.apply(Changes(learner=replace(learner, version=2)))
    seen = await town.see()
    assert seen.learner is not None
    assert seen.learner.version == 3


async def test_a_change_without_a_learner_leaves_the_version(town: Town) -> None:
    """Events and deliveries alone do not stand in the way of anybody's change."""
    learner = await town.move_in()
    await town.store.apply(Changes(events=(town.event(learner),), deliveries=(town.delivery(),)))
    seen = await town.see()
    assert seen.learner == learner


async def test_an_incoming_id_is_handled_once(town: Town) -> None:
    """The second change with the same incoming id is a duplicate, and nothing of it is written."""
    learner = await town.move_in()
    first = Changes(incoming=(town.workspace.id, "i1"), learner=learner)
    assert not await town.store.handled(town.workspace, "i1")
    await town.store.apply(first)
    assert await town.store.handled(town.workspace, "i1")
    second = replace(first, learner=replace(learner, version=2), events=(town.event(learner),))
    with pytest.raises(Duplicate):
        await town.store.apply(second)
    seen = await town.see()
    assert seen.learner is not None
    assert seen.learner.version == 2
    assert await town.exported() == []


async def test_the_same_id_from_another_workspace_is_another(town: Town) -> None:
    """Incoming ids belong to their workspace."""
    other = await town.store.workspace(WorkspaceRef(ChannelName.SLACK, "T2"))
    await town.store.apply(Changes(incoming=(town.workspace.id, "i1")))
    await town.store.apply(Changes(incoming=(other.id, "i1")))
    assert await town.store.handled(other, "i1")


async def test_a_repeat_is_a_duplicate_even_if_the_learner_moved_on(town: Town) -> None:
    """A change sent again after others is told that it was handled, not to decide again."""
    learner = await town.move_in()
    first = Changes(incoming=(town.workspace.id, "i1"), learner=learner)
    await town.store.apply(first)
    with pytest.raises(Duplicate):
        await town.store.apply(first)


async def test_a_moved_version_is_a_conflict(town: Town) -> None:
    """A change that rests on an older version writes nothing, not even its incoming id."""
    learner = await town.move_in()
    await town.store.apply(Changes(learner=learner))
    late = Changes(
        incoming=(town.workspace.id, "i1"),
        learner=replace(learner, job_family="sales"),
        sessions=(town.session(learner),),
        events=(town.event(learner),),
        deliveries=(town.delivery(),),
        posts=(Post(PostId("p1"), town.workspace.id, "U1"),),
    )
    with pytest.raises(Conflict):
        await town.store.apply(late)
    town.wait(hours=1)
    seen = await town.see()
    assert (seen.learner, seen.history) == (replace(learner, version=2), ())
    assert await town.exported() == []
    assert await town.claim() == []
    assert await town.store.post(PostId("p1")) is None
    assert not await town.store.handled(town.workspace, "i1")


async def test_of_two_changes_of_one_learner_one_is_written(town: Town) -> None:
    """Two at once for the same learner: one holds, the other is to decide again."""
    learner = await town.move_in()
    results = await asyncio.gather(
        *(
            town.store.apply(Changes(learner=replace(learner, job_family=name)))
            for name in ("sales", "finance")
        ),
        return_exceptions=True,
    )
    assert verdicts(results) == ["Conflict", "written"]


async def test_of_the_same_incoming_id_twice_at_once_one_is_written(town: Town) -> None:
    """A platform that sends twice at the same moment has one effect."""
    learner = await town.move_in()
    results = await asyncio.gather(
        *(
            town.store.apply(Changes(incoming=(town.workspace.id, "i1"), events=(town.event(learner),)))
            for _ in range(4)
        ),
        return_exceptions=True,
    )
    assert verdicts(results) == ["Duplicate", "Duplicate", "Duplicate", "written"]
    assert len(await town.exported()) == 1


async def test_of_the_same_new_account_twice_at_once_one_is_written(town: Town) -> None:
    """A stranger who presses twice becomes one learner."""
    strangers = [town.stranger(), town.stranger()]
    results = await asyncio.gather(
        *(town.store.apply(Changes(learner=who, account=town.account(who))) for who in strangers),
        return_exceptions=True,
    )
    assert verdicts(results) == ["Conflict", "written"]
    seen = await town.see()
    assert seen.learner in [replace(who, version=1) for who in strangers]


async def test_an_account_of_somebody_else_is_a_conflict(town: Town) -> None:
    """An account stays its learner's until the two become one."""
    await town.move_in()
    other = town.stranger()
    with pytest.raises(Conflict):
        await town.store.apply(Changes(learner=other, account=town.account(other)))


async def test_a_crowd_is_served_and_only_the_losers_are_turned_away(town: Town) -> None:
    """Among many changes at once every loser loses and every winner is stored whole."""
    crowd = [await town.move_in(f"U{number}") for number in range(20)]
    good = [
        Changes(
            incoming=(town.workspace.id, f"i{number}"),
            learner=replace(learner, confidence=number),
            sessions=(town.session(learner),),
            events=(town.event(learner), town.event(learner)),
            deliveries=(town.delivery(account=f"U{number}"),),
        )
        for number, learner in enumerate(crowd)
    ]
    stale = [
        Changes(learner=replace(learner, version=7), events=(town.event(learner),)) for learner in crowd[:5]
    ]
    results = await asyncio.gather(
        *(town.store.apply(change) for change in (*good[:10], *stale, *good[:5], *good[10:])),
        return_exceptions=True,
    )
    assert verdicts(results) == ["Conflict"] * 5 + ["Duplicate"] * 5 + ["written"] * 20
    for number in range(20):
        seen = await town.see(f"U{number}")
        assert seen.learner is not None
        assert (seen.learner.version, seen.learner.confidence, len(seen.history)) == (2, number, 1)
    assert len(await town.exported()) == 40


async def test_a_change_that_no_database_takes_stops_nobody_else(town: Town) -> None:
    """A number too big for any column is refused alone; those who came with it are served."""
    good, bad = await town.move_in("U1"), await town.move_in("U2")
    results = await asyncio.gather(
        town.store.apply(Changes(learner=replace(good, confidence=1))),
        town.store.apply(Changes(learner=bad, sessions=(town.session(bad, version=2**70),))),
        town.store.apply(Changes(events=(town.event(good),))),
        return_exceptions=True,
    )
    assert verdicts(results) == ["StorageUnavailable", "written", "written"]
    assert (await town.see("U2")).learner == bad


async def test_a_delivery_key_that_is_taken_is_a_duplicate(town: Town) -> None:
    """The same message is not stored twice, and with it nothing of the change."""
    learner = await town.move_in()
    delivery = town.delivery()
    await town.send(delivery)
    again = replace(town.delivery(), key=delivery.key)
    with pytest.raises(Duplicate):
        await town.store.apply(Changes(events=(town.event(learner),), deliveries=(again,)))
    assert await town.exported() == []


async def test_an_event_of_an_id_that_is_there_is_left_as_it_is(town: Town) -> None:
    """Events are idempotent by their id."""
    learner = await town.move_in()
    event = town.event(learner)
    await town.store.apply(Changes(events=(event,)))
    await town.store.apply(Changes(events=(replace(event, tool="claude"),)))
    assert await town.exported() == [(event, None)]


async def test_an_account_changes_its_names_and_keeps_its_addresses(town: Town) -> None:
    """What a change does not know of the direct message is not forgotten."""
    learner = await town.move_in()
    known = town.account(learner, direct="D1", service_url="https://a")
    await town.store.apply(Changes(account=known))
    await town.store.apply(Changes(account=replace(known, name="Anna", direct=None, service_url=None)))
    assert (await town.see()).account == replace(known, name="Anna")


async def test_a_post_keeps_what_the_platform_said_of_it(town: Town) -> None:
    """A post written again without the platform's id keeps it."""
    post = Post(PostId("p1"), town.workspace.id, "U1", "D1", "1700.1")
    await town.store.apply(Changes(posts=(post,)))
    await town.store.apply(Changes(posts=(replace(post, conversation=None, external=None),)))
    assert await town.store.post(post.id) == post


async def test_roles_are_as_the_learner_has_them(town: Town) -> None:
    """A changed learner's roles replace those that were stored."""
    learner = await town.move_in(roles=frozenset({Role.CHAMPION, Role.HR}))
    await town.store.apply(Changes(learner=replace(learner, roles=frozenset({Role.HR, Role.ADMIN}))))
    seen = await town.see()
    assert seen.learner is not None
    assert seen.learner.roles == {Role.HR, Role.ADMIN}


async def test_a_workspace_that_removed_laps_is_seen_so(town: Town) -> None:
    """An uninstalled workspace is inactive in the next snapshot and stays so for another process."""
    await town.store.apply(Changes(workspace=replace(town.workspace, active=False)))
    assert not (await town.see()).workspace.active
    assert not (await town.store.workspace(SLACK)).active


async def test_texts_of_any_characters_survive(town: Town) -> None:
    """Emoji, right-to-left text, markup and quotes come back; what no database holds is replaced."""
    learner = await town.move_in()
    text = "<!channel> <@U1> <at>x</at> 'quoted' \"; DROP TABLE learner; -- שלום 👩‍👩‍👧 \u202e %s ? $1 :name"
    session = town.session(learner, notes={"0": {"text": text + "\0"}})
    account = town.account(learner, name=text)
    await town.store.apply(Changes(learner=learner, account=account, sessions=(session,)))
    seen = await town.see(session=session.id)
    assert seen.account == account
    assert seen.session == session
    await town.store.apply(Changes(account=replace(account, name="a\0b")))
    assert (await town.see()).account in [replace(account, name="a\0b"), replace(account, name="a\ufffdb")]


# ---------------------------------------------------------------- codes and joining


async def test_a_code_is_used_once(town: Town) -> None:
    """Of two who use the same code at once, one does; afterwards it is unknown."""
    owner = await town.move_in()
    code = JoinCode("abcd-efgh", owner.id, NOW + timedelta(minutes=15))
    await town.store.apply(Changes(code=code))
    seen = await town.see(needs=Needs(code=code.code))
    assert (seen.code, seen.other) == (code, owner)
    results = await asyncio.gather(
        *(
            town.store.apply(Changes(used_code=code.code, incoming=(town.workspace.id, f"i{n}")))
            for n in range(3)
        ),
        return_exceptions=True,
    )
    assert verdicts(results) == ["Conflict", "Conflict", "written"]
    seen = await town.see(needs=Needs(code=code.code))
    assert (seen.code, seen.other) == (None, None)


async def test_joined_learners_become_one_with_everything(town: Town) -> None:
    """All that was of the learner who goes is the other's, and the account leads to the other."""
    kept, gone = await town.move_in("U1"), await town.move_in("U2")
    session = town.session(gone)
    code = JoinCode("abcd-efgh", gone.id, NOW + timedelta(minutes=15))
    plan = Commitment(session.id, gone.id, "l", "Friday", "a report", "copilot", NOW)
    text = Submission(session.id, 0, gone.id, "my text", NOW + timedelta(days=1))
    event = town.event(gone)
    theirs = Changes(
        learner=gone, sessions=(session,), commitment=plan, submission=text, code=code, events=(event,)
    )
    await town.store.apply(theirs)
    change = Changes(
        learner=kept, account=town.account(kept, "U2"), merge=Merge(gone.id, 2, kept.id), used_code=code.code
    )
    await town.store.apply(change)
    seen = await town.see("U2", session=session.id)
    assert seen.learner == replace(kept, version=2)
    assert seen.history == (replace(session, learner=kept.id),)
    assert seen.commitments == (replace(plan, learner=kept.id),)
    assert seen.accounts == (("slack", "Ann"), ("slack", "Ann"))
    assert [use.tool for use in seen.uses] == ["copilot"]
    assert await town.exported() == [(replace(event, learner=kept.id), None)]
    with pytest.raises(Conflict):
        await town.store.apply(Changes(learner=replace(gone, version=2)))


async def test_joining_takes_the_roles_along(town: Town) -> None:
    """Whoever joins keeps being champion."""
    kept = await town.move_in("U1", roles=frozenset({Role.ADMIN}))
    gone = await town.move_in("U2", roles=frozenset({Role.CHAMPION, Role.ADMIN}))
    await town.store.apply(
        Changes(learner=kept, account=town.account(kept, "U2"), merge=Merge(gone.id, 1, kept.id))
    )
    seen = await town.see()
    assert seen.learner is not None
    assert seen.learner.roles == {Role.ADMIN, Role.CHAMPION}


@pytest.mark.parametrize("moved", ["kept", "gone"])
async def test_joining_rests_on_both_versions(town: Town, moved: str) -> None:
    """If either of the two moved since they were read, nobody is joined."""
    kept, gone = await town.move_in("U1"), await town.move_in("U2")
    await town.store.apply(Changes(learner=kept if moved == "kept" else gone))
    with pytest.raises(Conflict):
        await town.store.apply(
            Changes(learner=kept, account=town.account(kept, "U2"), merge=Merge(gone.id, 1, kept.id))
        )
    assert (await town.see("U2")).learner == replace(gone, version=2 if moved == "gone" else 1)


async def test_nothing_is_left_of_a_learner_who_presses_while_being_joined(town: Town) -> None:
    """A press at the same moment is before the joining, or is to decide again; it is never lost."""
    for number in range(10):
        kept, gone = await town.move_in(f"K{number}"), await town.move_in(f"G{number}")
        pressed = town.event(gone)
        joined = Changes(
            learner=kept,
            account=town.account(kept, f"G{number}"),
            merge=Merge(gone.id, 1, kept.id),
        )
        results = await asyncio.gather(
            town.store.apply(Changes(events=(pressed,))), town.store.apply(joined), return_exceptions=True
        )
        assert "written" in verdicts(results)
        learners = {event.id: event.learner for event, _ in await town.exported()}
        if results[0] is None and results[1] is None:
            assert learners[pressed.id] == kept.id
        elif results[0] is None:
            assert learners[pressed.id] == gone.id
        else:
            assert pressed.id not in learners


async def test_two_who_join_each_other_at_once_are_joined_once(town: Town) -> None:
    """A joins B while B joins A: one of the two learners is left."""
    one, two = await town.move_in("U1"), await town.move_in("U2")
    results = await asyncio.gather(
        town.store.apply(
            Changes(learner=one, account=town.account(one, "U2"), merge=Merge(two.id, 1, one.id))
        ),
        town.store.apply(
            Changes(learner=two, account=town.account(two, "U1"), merge=Merge(one.id, 1, two.id))
        ),
        return_exceptions=True,
    )
    assert verdicts(results) == ["Conflict", "written"]
    first, second = await town.see("U1"), await town.see("U2")
    assert first.learner == second.learner


async def test_a_change_about_a_learner_who_is_not_there_is_a_conflict(town: Town) -> None:
    """An event of nobody is not stored: its learner was joined to another meanwhile."""
    nobody = town.stranger()
    with pytest.raises(Conflict):
        await town.store.apply(Changes(events=(town.event(nobody),)))


async def test_a_code_is_not_shared_by_two_learners(town: Town) -> None:
    """The second learner who draws the same code gets a conflict, so that nobody is joined to a stranger."""
    one, two = await town.move_in("U1"), await town.move_in("U2")
    await town.store.apply(Changes(code=JoinCode("abcd-efgh", one.id, NOW)))
    with pytest.raises(Conflict):
        await town.store.apply(Changes(code=JoinCode("abcd-efgh", two.id, NOW)))


# ---------------------------------------------------------------- deadlines


async def test_a_change_past_its_deadline_is_not_written(town: Town) -> None:
    """What could not be written in time is refused and leaves nothing."""
    learner = await town.move_in()
    with pytest.raises(StorageUnavailable):
        await town.store.apply(Changes(learner=learner), deadline=NOW - timedelta(microseconds=1))
    assert (await town.see()).learner == learner
    await town.store.apply(Changes(learner=learner), deadline=NOW + timedelta(seconds=2))


async def test_a_late_change_does_not_hold_up_the_others(town: Town) -> None:
    """Of changes that come together, only the late one is refused."""
    learner = await town.move_in()
    results = await asyncio.gather(
        town.store.apply(Changes(events=(town.event(learner),)), deadline=NOW - timedelta(seconds=1)),
        town.store.apply(Changes(learner=learner), deadline=NOW + timedelta(seconds=2)),
        return_exceptions=True,
    )
    assert verdicts(results) == ["StorageUnavailable", "written"]

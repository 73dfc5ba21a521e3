"""What both stores promise of what waits: by priority, in time, wanted still, and drained by one."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.model import (
    Account,
    Changes,
    ChannelName,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Learner,
    Merge,
    Operation,
    Status,
    Wishes,
    WorkspaceRef,
)
from bot.ports import DeliveryRecord
from storage import standing
from storage.changes import UNINSTALLED
from tests.stores import LEASE, NOW, Place, Town, but

NUDGE, DIGEST, NOTICE = DeliveryKind.NUDGE, DeliveryKind.DIGEST, DeliveryKind.NOTICE


def waiting(town: Town, text: str, due_at: datetime = NOW, **more: object) -> Delivery:
    """Make a nudge that waits in the store until it is due."""
    return town.delivery(text, **{"kind": NUDGE, "due_at": due_at, "conversation": text, **more})


async def records(town: Town, only_lost: bool = False) -> list[DeliveryRecord]:
    """Read what operators may know, the oldest first."""
    return list(reversed(await town.store.outgoing(only_lost, 100)))


async def ends(town: Town) -> list[tuple[str, str]]:
    """Read how all deliveries stand, and why."""
    return [(each.state.value, each.reason) for each in await records(town)]


# ---------------------------------------------------------------- due times and priority


async def test_what_is_for_later_waits_for_its_time(town: Town) -> None:
    """A message stored hours before is nobody's until it is due, and is not sent before."""
    await town.send(waiting(town, "later", NOW + timedelta(hours=3)))
    assert await town.store.waiting(town.clock.now) == []
    town.wait(hours=2, minutes=59)
    assert await town.claim() == []
    town.wait(minutes=1)
    assert [each.workspace for each in await town.store.waiting(town.clock.now)] == [town.workspace]
    assert await town.claim() == ["later"]


async def test_what_waits_is_as_it_was_written(town: Town) -> None:
    """Its times survive the database; nothing is in doubt that nobody tried to send."""
    written = waiting(town, "a", NOW + timedelta(hours=1), late_at=NOW + timedelta(hours=3))
    await town.send(written)
    town.wait(hours=1)
    (claimed,) = await town.claimed()
    assert claimed == replace(written, lease_until=town.clock.now + LEASE)


async def test_the_urgent_goes_first_then_what_is_due_longer(town: Town) -> None:
    """Replies, notices, nudges, digests, whatever was stored first; within a kind by the due time."""
    later = NOW + timedelta(minutes=1)
    await town.send(
        *(waiting(town, f"digest {n}", kind=DIGEST) for n in range(3)),
        waiting(town, "nudge due later", later),
        waiting(town, "nudge"),
        waiting(town, "notice", kind=NOTICE),
        town.delivery("reply", conversation="R"),
    )
    town.wait(minutes=2)
    assert await town.claim(limit=3) == ["reply", "notice", "nudge"]
    assert await town.claim(limit=3) == ["nudge due later", "digest 0", "digest 1"]


async def test_a_reply_passes_what_waits_in_its_conversation(town: Town) -> None:
    """Digests that wait in a conversation hold up no reply there; they follow it, one at a time."""
    await town.send(*(waiting(town, f"digest {n}", kind=DIGEST, conversation="D1") for n in range(3)))
    reply = town.delivery("reply", conversation="D1", lease_until=NOW)
    await town.send(reply)
    assert await town.claim() == ["reply"]
    assert await town.claim() == []
    await town.settle(reply, DeliveryState.SENT)
    assert await town.claim() == ["digest 0"]


async def test_what_is_on_its_way_is_alone_in_its_conversation(town: Town) -> None:
    """While a process sends a fresh reply, nothing else is claimed there, however long it waits."""
    await town.send(waiting(town, "nudge", conversation="D1"))
    reply = town.delivery("reply", conversation="D1")
    await town.send(reply)
    assert await town.claim() == []
    await town.settle(reply, DeliveryState.SENT)
    assert await town.claim() == ["nudge"]


async def test_what_is_for_later_holds_nobody_up(town: Town) -> None:
    """A nudge of this afternoon does not keep back one of this morning in the same conversation."""
    await town.send(waiting(town, "afternoon", NOW + timedelta(hours=5), conversation="D1"))
    await town.send(waiting(town, "morning", conversation="D1"))
    assert await town.claim() == ["morning"]


async def test_all_is_claimed_though_it_ends_on_the_way(town: Town) -> None:
    """Where the first ones are too late, the claim goes on to those that are not."""
    for n in range(5):
        await town.send(waiting(town, f"late {n}", late_at=NOW + timedelta(minutes=1)))
    await town.send(waiting(town, "good"))
    town.wait(minutes=2)
    assert await town.claim(limit=2) == ["good"]
    assert [state for state, _ in await ends(town)] == ["dropped"] * 5 + ["sending"]


# ---------------------------------------------------------------- too late, or not wanted any more


async def test_what_is_late_is_dropped_with_a_record(town: Town) -> None:
    """At its last moment it goes out still; after it never, and it says why."""
    late_at = NOW + timedelta(hours=1)
    await town.send(waiting(town, "in time", late_at=late_at), waiting(town, "b", late_at=late_at))
    town.wait(hours=1)
    assert await town.claim(limit=1) == ["in time"]
    town.wait(seconds=1)
    assert await town.claim() == []
    assert ("dropped", standing.TOO_LATE) in await ends(town)


Change = tuple[str, dict[str, object], str]
QUIET: list[Change] = [
    ("stopped", {"status": Status.STOPPED}, standing.STOPPED),
    ("declined", {"status": Status.DECLINED}, standing.DECLINED),
    ("paused", {"paused_at": NOW}, standing.PAUSED),
    ("paused until", {"paused_at": NOW, "paused_until": NOW + timedelta(days=1)}, standing.PAUSED),
]


@pytest.mark.parametrize(("name", "change", "reason"), QUIET, ids=[each[0] for each in QUIET])
@pytest.mark.parametrize("kind", [NUDGE, DIGEST, NOTICE])
async def test_nobody_hears_anything_after_asking_for_quiet(
    town: Town, kind: DeliveryKind, name: str, change: dict[str, object], reason: str
) -> None:
    """What waits unasked is dropped with the reason; an answer to what they do goes out."""
    learner = await town.move_in(status=Status.ACTIVE)
    await town.send(waiting(town, "a", kind=kind, learner=learner.id))
    await town.send(waiting(town, "reply", kind=DeliveryKind.REPLY, learner=learner.id))
    await town.store.apply(Changes(learner=but(learner, change)))
    assert await town.claim() == ["reply"]
    assert await ends(town) == [("dropped", reason), ("sending", "")]


async def test_a_pause_that_is_over_is_over(town: Town) -> None:
    """What is due after the last day of quiet goes out."""
    learner = await town.move_in(status=Status.ACTIVE, paused_at=NOW, paused_until=NOW + timedelta(hours=1))
    await town.send(waiting(town, "a", NOW + timedelta(hours=1), learner=learner.id))
    town.wait(hours=1)
    assert await town.claim() == ["a"]


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        (Wishes(a_day=0), standing.NO_NUDGES),
        (Wishes(snoozed_until=NOW + timedelta(hours=1)), standing.SNOOZED),
    ],
    ids=["none", "later"],
)
async def test_a_nudge_goes_by_the_wishes_of_now(town: Town, wishes: Wishes, reason: str) -> None:
    """Who wants no messages first, or later ones, is left alone; a digest is no such message."""
    learner = await town.move_in(status=Status.ACTIVE)
    await town.send(*(waiting(town, kind, kind=kind, learner=learner.id) for kind in (NUDGE, DIGEST)))
    await town.store.apply(Changes(wishes=(learner.id, wishes)))
    assert await town.claim() == ["digest"]
    assert (await ends(town))[0] == ("dropped", reason)


async def test_whoever_cannot_be_written_to_gets_nothing_more(town: Town) -> None:
    """What waits unasked is dropped at once; after they wrote to Laps new messages reach them again."""
    learner = await town.move_in(status=Status.ACTIVE)
    lost = waiting(town, "a", learner=learner.id, conversation=None)
    await town.send(lost, waiting(town, "b", NOW + timedelta(hours=3), learner=learner.id, conversation=None))
    await town.send(waiting(town, "for another", account="U2"), waiting(town, "c", conversation="C"))
    assert await town.claim(limit=1) == ["a"]
    await town.settle(lost, DeliveryState.FAILED, reason="unreachable: cannot_dm_bot", unreachable=True)
    assert (await ends(town))[1] == ("dropped", standing.UNREACHABLE)
    await town.send(waiting(town, "d", learner=learner.id, conversation=None))
    assert await town.claim() == ["for another"]
    await town.store.apply(Changes(account=town.account(learner)))
    await town.send(waiting(town, "e", learner=learner.id, conversation=None))
    assert await town.claim() == ["e"]


async def test_a_conversation_of_several_says_nothing_of_the_one(town: Town) -> None:
    """Where a channel is archived its message fails, and the person whose it is can be written to."""
    learner = await town.move_in(status=Status.STOPPED)
    account = town.account(learner, direct="D1")
    await town.store.apply(Changes(account=account))
    shared = waiting(town, "shared", conversation="C7", learner=learner.id)
    await town.send(shared)
    assert await town.claim() == ["shared"], "what others read does not go by the wishes of one"
    await town.settle(shared, DeliveryState.FAILED, reason="unreachable: is_archived", unreachable=True)
    assert (await town.see()).account == account


async def test_nothing_goes_to_a_workspace_that_removed_laps(town: Town) -> None:
    """What waits there is dropped, what is due elsewhere goes out; what may have gone out is unknown."""
    other = await town.store.workspace(WorkspaceRef(ChannelName.TEAMS, "tenant"))
    doubtful = waiting(town, "doubtful")
    await town.send(doubtful, waiting(town, "a", NOW + timedelta(hours=1)), waiting(town, "claimed"))
    await town.send(waiting(town, "elsewhere", workspace=other))
    await town.claimed(limit=2)
    await town.settle(doubtful, DeliveryState.QUEUED, next_attempt_at=NOW, in_doubt=True)
    await town.store.apply(Changes(workspace=replace(town.workspace, active=False)))
    states = await ends(town)
    assert states[0] == ("unknown", f"sent or not, nobody knows; then {UNINSTALLED}")
    assert states[1:3] == [("dropped", UNINSTALLED), ("sending", "")]
    town.wait(minutes=1)
    assert await town.claim() == ["elsewhere"]
    assert (await ends(town))[2] == ("dropped", UNINSTALLED)


# ---------------------------------------------------------------- right before sending


async def test_what_goes_out_is_noted_before(town: Town) -> None:
    """A note is made as long as the lease is good; after the lease it is in doubt for the next one."""
    await town.send(waiting(town, "a"))
    (claimed,) = await town.claimed()
    assert await town.store.begin(claimed, town.clock.now) is DeliveryState.SENDING
    town.wait(seconds=30)
    (again,) = await town.claimed()
    assert (claimed.in_doubt, again.in_doubt) == (False, True)
    assert await town.store.begin(claimed, town.clock.now) is None, "it is another's now"
    assert await town.store.begin(again, town.clock.now) is DeliveryState.SENDING


async def test_what_was_claimed_and_not_begun_is_in_no_doubt(town: Town) -> None:
    """A process that ended between claiming and sending sent nothing."""
    await town.send(waiting(town, "a"))
    await town.claimed()
    town.wait(seconds=30)
    (again,) = await town.claimed()
    assert not again.in_doubt


async def test_the_last_look_is_at_the_moment_of_sending(town: Town) -> None:
    """Who stops between the claim and the sending hears nothing, and it is recorded why."""
    learner = await town.move_in(status=Status.ACTIVE)
    await town.send(waiting(town, "a", learner=learner.id), waiting(town, "b", late_at=NOW))
    first, second = await town.claimed()
    await town.store.apply(Changes(learner=replace(learner, status=Status.STOPPED)))
    assert await town.store.begin(first, NOW) is DeliveryState.DROPPED
    assert await town.store.begin(second, NOW + timedelta(seconds=1)) is DeliveryState.DROPPED
    assert await ends(town) == [("dropped", standing.STOPPED), ("dropped", standing.TOO_LATE)]
    assert await town.store.begin(first, NOW) is None


async def test_what_was_certainly_not_sent_is_in_no_doubt_again(town: Town) -> None:
    """Put back after a refusal it may be sent; put back in doubt it is in doubt, also when it is too late."""
    await town.send(waiting(town, "a"), waiting(town, "b", late_at=NOW + timedelta(minutes=1)))
    sure, unsure = await town.claimed()
    for each in (sure, unsure):
        await town.store.begin(each, NOW)
    await town.settle(sure, DeliveryState.QUEUED, next_attempt_at=NOW, lease_until=sure.lease_until)
    await town.settle(unsure, DeliveryState.QUEUED, next_attempt_at=NOW, in_doubt=True)
    town.wait(minutes=2)
    assert [each.in_doubt for each in await town.claimed()] == [False, True]


async def test_who_lost_the_lease_puts_nothing_back(town: Town) -> None:
    """A process that slept past its lease cannot take a delivery from the one that is sending it."""
    await town.send(waiting(town, "a"))
    (slow,) = await town.claimed()
    town.wait(seconds=30)
    (quick,) = await town.claimed()
    await town.settle(slow, DeliveryState.QUEUED, next_attempt_at=NOW, lease_until=slow.lease_until)
    assert await town.claim() == []
    assert await town.store.begin(quick, town.clock.now) is DeliveryState.SENDING


async def test_the_word_that_it_was_sent_counts_after_all(town: Town) -> None:
    """Of one that nobody knew about the sender may come back and know; no other end is taken back."""
    sent, failed = waiting(town, "a"), waiting(town, "b")
    await town.send(sent, failed)
    await town.settle(sent, DeliveryState.UNKNOWN, reason="?")
    await town.settle(sent, DeliveryState.SENT)
    await town.settle(failed, DeliveryState.UNKNOWN, reason="?")
    await town.settle(failed, DeliveryState.FAILED)
    assert [state for state, _ in await ends(town)] == ["sent", "unknown"]


# ---------------------------------------------------------------- one drainer a workspace


async def test_a_workspace_is_drained_by_one(town: Town) -> None:
    """To a second process there is nothing to claim until the lease of the first is over."""
    await town.send(*(waiting(town, f"{n}") for n in range(3)))
    assert [each.message.fallback for each in await town.claimed(1, "one")] == ["0"]
    assert await town.claimed(1, "two") == []
    town.wait(seconds=29)
    assert [each.message.fallback for each in await town.claimed(1, "one")] == ["1"], "which renews it"
    town.wait(seconds=29)
    assert await town.claimed(1, "two") == []
    town.wait(seconds=1)
    assert len(await town.claimed(3, "two")) == 3


async def test_two_who_begin_at_once_are_one(town: Town, place: Place) -> None:
    """Of two processes that drain at the same time one gets all, the other nothing."""
    other = replace(town, store=await place.open())
    await town.send(*(waiting(town, f"{n}") for n in range(10)))
    claims = await asyncio.gather(town.claimed(10, "one"), other.claimed(10, "two"))
    assert sorted(map(len, claims)) == [0, 10]
    await other.store.close()


async def test_who_ends_gives_back_what_it_drained(town: Town) -> None:
    """Another process need not wait for the lease; and nobody gives back what is another's."""
    await town.send(*(waiting(town, f"{n}") for n in range(3)))
    await town.claimed(1, "one")
    await town.store.release("two")
    assert await town.claimed(1, "two") == []
    await town.store.release("one")
    assert len(await town.claimed(1, "two")) == 1


async def test_a_closed_workspace_is_known_to_all(town: Town, place: Place) -> None:
    """Until when a platform wants to hear nothing is stored, for that workspace alone, until it is over."""
    other = await town.store.workspace(WorkspaceRef(ChannelName.TEAMS, "tenant"))
    await town.send(waiting(town, "a"), waiting(town, "b", workspace=other))
    until = NOW + timedelta(minutes=5)
    await town.store.close_until(town.workspace, until)
    again = await place.open()
    here, there = await again.waiting(NOW)
    assert (here.workspace, here.has_due, here.closed_until) == (town.workspace, True, until)
    assert (there.workspace, there.has_due, there.closed_until) == (other, True, None)
    assert [each.closed_until for each in await again.waiting(until)] == [None, None]
    await again.close()


# ---------------------------------------------------------------- for operators


async def test_operators_see_what_became_of_it(town: Town) -> None:
    """The newest first, with channel, workspace, person, times and the reason; nothing of the text."""
    learner = await town.move_in(status=Status.ACTIVE)
    await town.store.import_events([town.event("E-4711")])
    known = (await town.store.find_person("E-4711")).id
    sent = town.delivery("reply", learner=learner.id)
    lost = waiting(town, "lost", NOW + timedelta(minutes=1), learner=known)
    await town.send(sent, lost, waiting(town, "nobody's", kind=DIGEST, operation=Operation.POST))
    town.wait(minutes=2)
    await town.settle(sent, DeliveryState.SENT)
    await town.settle(lost, DeliveryState.FAILED, attempts=3, reason="rejected: invalid_blocks")
    digest, nudge, reply = await town.store.outgoing(False, 100)
    assert (digest.person, digest.kind, digest.state, digest.settled_at) == (
        "",
        DIGEST,
        DeliveryState.QUEUED,
        None,
    )
    assert (reply.person, reply.state, reply.attempts, reply.reason) == (
        learner.id,
        DeliveryState.SENT,
        1,
        "",
    )
    assert nudge == DeliveryRecord(
        ChannelName.SLACK,
        "T1",
        "E-4711",
        NUDGE,
        DeliveryState.FAILED,
        NOW + timedelta(minutes=1),
        town.clock.now,
        3,
        "rejected: invalid_blocks",
    )
    assert await town.store.outgoing(True, 100) == [nudge]
    assert await town.store.outgoing(False, 1) == [digest]


async def test_what_took_anothers_place_says_so(town: Town) -> None:
    """An older update that was never sent has its reason, whichever way it came to its end."""
    old, new = town.update("old"), town.update("new")
    await town.send(old)
    await town.settle(old, DeliveryState.QUEUED, next_attempt_at=NOW)
    await town.send(new)
    assert (await ends(town))[0] == ("superseded", "a newer one took its place")


async def test_two_who_became_one_are_one_to_those_who_send(town: Town) -> None:
    """What waits for the learner who is gone goes by the wishes of the one who is kept."""
    kept, gone = await town.move_in("U1", status=Status.ACTIVE), await town.move_in("U2")
    await town.send(waiting(town, "a", learner=gone.id, account="U2"))
    await _merge(town, kept, gone)
    assert await town.claim() == []
    assert (await ends(town))[0] == ("dropped", standing.PAUSED)


async def _merge(town: Town, kept: Learner, gone: Learner) -> None:
    account = Account(town.workspace.id, "U2", kept.id, "Ann")
    merge = Merge(gone.id, gone.version, kept.id)
    await town.store.apply(Changes(learner=replace(kept, paused_at=NOW), account=account, merge=merge))

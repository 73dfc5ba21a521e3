"""What both stores keep of nudges: who is due, wishes, decisions, answers, two people who become one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.errors import Conflict
from bot.model import Changes, LearnerId, Merge, NudgeAction, NudgeDecision, Snapshot, Wishes
from bot.ports import Needs
from tests.stores import NOW, Town


def made(learner: LearnerId, subject: str = "2026-11-02 10:00", **changes: object) -> NudgeDecision:
    """A decision to send, or another."""
    sent = NudgeDecision(
        f"d-{learner}-{subject}",
        learner,
        "month-end",
        "apply",
        subject,
        NOW,
        NOW.date(),
        NudgeAction.SENT,
        "send",
        "it is Monday",
        options=("month-end", "review"),
        probability=0.9,
    )
    return replace(sent, **changes)  # type: ignore[arg-type]  # whatever a test says


async def seen(town: Town, account: str = "U1", now: datetime = NOW) -> Snapshot:
    """Read what is known of somebody's nudges."""
    return await town.store.snapshot(town.workspace, account, None, Needs(nudging=True), now)


async def test_a_decision_comes_back_as_it_was(town: Town) -> None:
    """Every member of a decision is kept."""
    one = await town.move_in("U1")
    decision = made(one.id, answered_at=NOW + timedelta(hours=1), available=False, rule_version=3)
    await town.store.apply(Changes(decisions=(decision,)))
    assert (await seen(town)).decisions == (decision,)


async def test_an_occasion_is_decided_once(town: Town) -> None:
    """Of two decisions about the same occasion the first one stays."""
    one = await town.move_in("U1")
    await town.store.apply(Changes(decisions=(made(one.id),)))
    await town.store.apply(Changes(decisions=(made(one.id, id="another", rule="other"),)))
    assert [each.rule for each in (await seen(town)).decisions] == ["send"]


async def test_two_planners_overspend_nothing(town: Town) -> None:
    """Both read the same version; the second to write is told, and has written nothing."""
    one = await town.move_in("U1")
    await town.store.apply(Changes(learner=one, decisions=(made(one.id),)))
    with pytest.raises(Conflict):
        await town.store.apply(Changes(learner=one, decisions=(made(one.id, "later"),)))
    assert len((await seen(town)).decisions) == 1


async def test_old_silence_is_not_read(town: Town) -> None:
    """What said nothing is read for some days, what was said or held always, the newest first."""
    one = await town.move_in("U1")
    old = NOW - timedelta(days=30)
    decisions = (
        made(one.id, "a", decided_at=old),
        made(one.id, "b", decided_at=old - timedelta(days=1), action=NudgeAction.HELD),
        made(one.id, "c", decided_at=old, action=NudgeAction.SILENT),
        made(one.id, "d", action=NudgeAction.SILENT),
    )
    await town.store.apply(Changes(decisions=decisions))
    assert [each.subject for each in (await seen(town)).decisions] == ["d", "a", "b"]


async def test_the_first_answer_counts(town: Town) -> None:
    """An answer is kept with its time, a second one changes nothing, and nobody answers for others."""
    one, other = await town.move_in("U1"), await town.move_in("U2")
    decision = made(one.id)
    await town.store.apply(Changes(decisions=(decision,)))
    await town.store.apply(Changes(answered=(other.id, decision.id, NOW)))
    assert (await seen(town)).decisions[0].answered_at is None
    for hours in (1, 2):
        await town.store.apply(Changes(answered=(one.id, decision.id, NOW + timedelta(hours=hours))))
    assert (await seen(town)).decisions[0].answered_at == NOW + timedelta(hours=1)


async def test_wishes_come_back(town: Town) -> None:
    """What somebody set for themselves is kept, and set anew; without any nothing is set."""
    one = await town.move_in("U1")
    assert (await seen(town)).wishes == Wishes()
    wishes = Wishes(1, 2, NOW + timedelta(days=1), frozenset({"a", "b"}), NOW, "n1")
    await town.store.apply(Changes(wishes=(one.id, wishes)))
    assert (await seen(town)).wishes == wishes
    await town.store.apply(Changes(wishes=(one.id, Wishes(a_day=0))))
    assert (await seen(town)).wishes == Wishes(a_day=0)


async def test_who_is_due_is_read(town: Town) -> None:
    """In the order of their times, no more than asked for, and nobody whose time has not come."""
    people = [(await town.move_in(f"U{n}")).id for n in range(4)]
    for who, minutes in zip(people, (3, 1, 2, 10), strict=True):
        await town.store.apply(Changes(look_by=(who, NOW + timedelta(minutes=minutes))))
    at_five = NOW + timedelta(minutes=5)
    assert await town.store.due_for_nudges(at_five, 10) == [people[1], people[2], people[0]]
    assert await town.store.due_for_nudges(at_five, 2) == [people[1], people[2]]
    assert await town.store.due_for_nudges(NOW, 10) == []


async def test_a_look_is_put_off_by_the_planner_alone(town: Town) -> None:
    """What happened makes it sooner and never later; the planner sets it; wishes leave it alone."""
    who = (await town.move_in("U1")).id

    async def is_due(minutes: int) -> bool:
        return await town.store.due_for_nudges(NOW + timedelta(minutes=minutes), 1) == [who]

    await town.store.apply(Changes(look_by=(who, NOW + timedelta(minutes=10))))
    await town.store.apply(Changes(look_by=(who, NOW + timedelta(minutes=20))))
    assert await is_due(10)
    await town.store.apply(Changes(looked=(who, NOW + timedelta(minutes=30))))
    await town.store.apply(Changes(wishes=(who, Wishes(a_day=1))))
    assert not await is_due(29) and await is_due(30)
    await town.store.apply(Changes(look_by=(who, NOW + timedelta(minutes=5))))
    assert await is_due(5)


async def test_everybody_is_looked_at_when_the_moments_change(town: Town) -> None:
    """Who is looked at at all is due at once; who only set a wish before they agreed is not."""
    one, other = (await town.move_in("U1")).id, (await town.move_in("U2")).id
    await town.store.apply(Changes(looked=(one, NOW + timedelta(days=9))))
    await town.store.apply(Changes(wishes=(other, Wishes(a_day=1))))
    await town.store.look_at_everybody(NOW)
    assert await town.store.due_for_nudges(NOW, 10) == [one]


async def test_two_who_become_one_keep_their_budget(town: Town) -> None:
    """What was said to both counts for the one; what was decided of both is there once."""
    kept, gone = await town.move_in("U1"), await town.move_in("U2")
    await town.store.apply(Changes(decisions=(made(kept.id, "both"), made(kept.id, "a"))))
    await town.store.apply(Changes(decisions=(made(gone.id, "both"), made(gone.id, "b"))))
    await town.store.apply(Changes(wishes=(gone.id, Wishes(a_day=0)), look_by=(gone.id, NOW)))
    await town.store.apply(Changes(merge=Merge(gone.id, gone.version, kept.id)))
    found = await seen(town)
    assert sorted(each.subject for each in found.decisions) == ["a", "b", "both"]
    assert {each.learner for each in found.decisions} == {kept.id} and found.wishes == Wishes()
    assert await town.store.due_for_nudges(NOW, 10) == []

"""A cohort's week, through the whole server: the thread of plans and the champion's card."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import (
    Changes,
    Commitment,
    DeliveryState,
    LearnerId,
    Role,
    SessionId,
    Share,
    ShareId,
    ShareStatus,
    Trial,
    Worked,
)
from scheduler.gatherings import Gatherings
from tests.scenario.stages import SlackStage, in_slack

MONDAY = datetime(2026, 12, 7, 8, 30, tzinfo=UTC)  # half past nine in Berlin
HELLO = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


async def gathered(stage: SlackStage) -> list[str]:
    """Have Ann and Bob in a cohort that Ann leads, and give their keys."""
    stage.here.clock.now = HELLO
    store = stage.here.server.store
    await stage.driver("ann", "room").say("cohort north")
    for name in ("ann", "bob"):
        await stage.driver(name, "room").press("I am in this cohort")
    ann, bob = [await store.find_person(f"slack:U{name}") for name in ("ANN", "BOB")]
    await store.set_role(ann, Role.CHAMPION, held=True)
    return [ann.id, bob.id]


async def plan(stage: SlackStage, who: str, task: str) -> None:
    """Have somebody make a plan."""
    made = Commitment(
        SessionId(f"s-{task}"), LearnerId(who), "finance-variance", "the month ends", task, "copilot", HELLO
    )
    await stage.here.server.store.apply(Changes(commitment=made))


async def monday(stage: SlackStage, at: datetime = MONDAY) -> int:
    """Let Monday morning come."""
    stage.here.clock.now = at
    made = await stage.here.server.gatherings.look()
    await stage.here.server.outbox.drain()
    await stage.here.server.outbox.idle()
    return made


def newest(stage: SlackStage, who: str, where: str) -> str:
    """Read the newest message of somebody."""
    return stage.driver(who, where).messages()[-1]


async def test_plans_stand_in_the_thread_and_are_kept_with_one_tap() -> None:
    """By name only of who said so; a tap marks it for all, counts one use, and no second one."""
    async with in_slack() as stage:
        ann, bob = await gathered(stage)
        await plan(stage, ann, "close the ledger")
        await plan(stage, bob, "write the report")
        await stage.driver("ann", "direct").say("cohort")
        await stage.driver("ann", "direct").press("Show my plans, in the cohort's weekly thread")
        assert await monday(stage) == 1
        thread = newest(stage, "bob", "room")
        assert "Person UANN: When the month ends, I will use Copilot for close the ledger." in thread
        assert "And one plan of colleagues who keep theirs to themselves." in thread
        assert "report" not in thread
        await stage.driver("bob", "room").press("I kept my plan")
        thread = next(each for each in stage.driver("ann", "room").messages() if "Plans of this week" in each)
        assert "themselves, 1 of them kept." in thread
        used = (await stage.here.events()).count("tool.used")
        await stage.driver("bob", "room").press("I kept my plan")
        assert (await stage.here.events()).count("tool.used") == used == 1
        assert "It is noted already." in newest(stage, "bob", "room")


async def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    """Without a plan there is no thread; the week is made all the same, and not looked at again."""
    async with in_slack() as stage:
        await gathered(stage)
        before = len(stage.driver("bob", "room").messages())
        assert await monday(stage) == 1
        assert len(stage.driver("bob", "room").messages()) == before
        assert await stage.here.server.store.cohort_weeks(MONDAY.date()) == []


async def test_the_champion_gets_a_card_with_names_only_of_who_said_so() -> None:
    """Numbers for the others, what is quiet, what is worth showing, a sentence that is posted for them."""
    async with in_slack() as stage:
        ann, bob = await gathered(stage)
        store = stage.here.server.store
        text = ("Read a contract", "copilot", "Find the dates")
        made = Share(ShareId("other"), LearnerId(bob), *text, HELLO, cohort="south", job_family="finance")
        posted = HELLO - timedelta(days=30)
        made = replace(made, status=ShareStatus.POSTED, posted_at=posted)
        await store.apply(Changes(share=made))
        trial = Trial(made.id, LearnerId(ann), HELLO - timedelta(days=30), Worked.YES)
        await store.apply(Changes(trial=trial))
        await stage.driver("bob", "direct").say("lesson finance-variance")
        await stage.driver("bob", "direct").press("Leave for now")
        assert await monday(stage) == 1
        card = newest(stage, "ann", "direct")
        assert "Your cohort “north” this week" in card
        assert "one person who did not say that they may be named" in card
        assert "UBOB" not in card
        assert "Nothing was shared or tried for 14 days" in card
        assert "“Read a contract”, of another cohort: it worked for 1 of 1." in card
        await stage.driver("ann", "direct").press("Post it for me")
        assert "Person UANN asks:" in newest(stage, "bob", "room")
        seen = len(stage.driver("bob", "room").messages())
        await stage.driver("ann", "direct").press("Post it in our conversation")
        assert "Read a contract" in newest(stage, "bob", "room")
        await stage.driver("bob", "direct").say("cohort")
        await stage.driver("bob", "direct").press("Show to my champion, when I could use a hand")
        assert await monday(stage, MONDAY + timedelta(days=7)) == 1
        later = newest(stage, "ann", "direct")
        assert "Person UBOB: left a lesson before its end" in later
        assert "Read a contract" not in later
        assert len(stage.driver("bob", "room").messages()) == seen + 1


async def test_two_servers_make_a_week_once() -> None:
    """Both decide, one writes; nobody hears anything twice."""
    async with in_slack() as stage:
        ann, _ = await gathered(stage)
        await plan(stage, ann, "close the ledger")
        server = stage.here.server
        other = Gatherings(server.store, server.outbox, lambda: server.live.now, stage.here.clock)
        stage.here.clock.now = MONDAY
        cohorts = await server.store.cohort_weeks(MONDAY.date())
        made = [await each._make(cohorts[0], MONDAY.date(), MONDAY) for each in (server.gatherings, other)]
        assert made == [True, False]
        await server.outbox.drain()
        await server.outbox.idle()
        said = [each for each in stage.driver("bob", "room").messages() if "Plans of this week" in each]
        assert len(said) == 1


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (datetime(2026, 12, 7, 5, 0, tzinfo=UTC), "before working hours"),
        (datetime(2026, 12, 6, 10, 0, tzinfo=UTC), "on a Sunday"),
    ],
)
async def test_nothing_is_made_outside_working_hours(at: datetime, why: str) -> None:
    """The week waits for the organization's working hours."""
    async with in_slack() as stage:
        await gathered(stage)
        assert await monday(stage, at) == 0, why


async def test_a_cohort_that_has_not_begun_hears_nothing() -> None:
    """Its week counts as made, and the one of its start is the first."""
    async with in_slack() as stage:
        ann, _ = await gathered(stage)
        await plan(stage, ann, "close the ledger")
        await stage.driver("ann", "direct").say("cohort")
        await stage.driver("ann", "direct").fill("Change the start", day="2026-12-14")
        assert await monday(stage) == 0
        assert await monday(stage, MONDAY + timedelta(days=7)) == 1


async def test_a_champion_who_stopped_gets_no_card() -> None:
    """It is dropped with its reason."""
    async with in_slack() as stage:
        await gathered(stage)
        await stage.driver("ann", "direct").say("stop")
        await monday(stage)
        [record] = await stage.here.server.store.outgoing(only_lost=True, most=5)
        assert (record.state, record.reason) == (DeliveryState.DROPPED, "the person stopped Laps")

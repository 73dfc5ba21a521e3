"""What is decided about shared use cases and cohorts: who may what, what is asked, what is counted."""

from dataclasses import replace
from datetime import date

import pytest

from bot.cohorts import gathering, promoting, sharing, trying
from bot.errors import InvalidInput, NoSuchUseCase, NotChampion
from bot.events import EventType, Evidence
from bot.messages import Button, Choices, Message
from bot.model import (
    Account,
    Changes,
    ChannelName,
    Cohort,
    Decision,
    Draw,
    Learner,
    LearnerId,
    PostId,
    Reach,
    Role,
    Room,
    Share,
    Shared,
    ShareId,
    ShareStatus,
    Shows,
    Snapshot,
    Status,
    Surface,
    Trial,
    Worked,
    WorkspaceRef,
)
from bot.model import Place as Where
from lessons.drafting import QUESTIONS, problem
from lessons.lint import Severity
from lessons.loading import Loader
from tests.commands import CATALOGUE
from tests.world import NOW, MemoryStore, World, make_catalogue

WORLD = World()
SALT = MemoryStore().organization_row
CATALOG = make_catalogue()
SHARE = Share(
    ShareId("s1"),
    LearnerId("ann"),
    "Close the month",
    "copilot",
    "List the accruals that miss",
    NOW,
    check="Every amount. The period",
    status=ShareStatus.POSTED,
    version=1,
    cohort="north",
    job_family="finance",
    posted_at=NOW,
)
SENT = {
    "i": "",
    "task": " Close  the month ",
    "tool": "copilot",
    "prompt": "List it",
    "check": "Every amount",
    "minutes": "15",
    "reach": "cohort",
}


async def a_room() -> Room:
    """Make a conversation in Slack."""
    return Room(await MemoryStore().workspace(WorkspaceRef(ChannelName.SLACK, "T1")), "C1")


def somebody(name: str = "bob", *roles: Role, cohort: str | None = "north") -> Learner:
    """Make somebody who takes part."""
    return Learner(
        LearnerId(name),
        SALT.id,
        3,
        Status.ACTIVE,
        "finance",
        ("copilot",),
        roles=frozenset(roles),
        cohort=cohort,
    )


async def snapshot(who: Learner, **more: object) -> Snapshot:
    """Make what a handler sees."""
    room = await a_room()
    account = Account(room.workspace.id, "U1", who.id, "Bob")
    first = Snapshot(
        SALT, room.workspace, account, who, cohort=Cohort(who.cohort, room) if who.cohort else None
    )
    return replace(first, **more)  # type: ignore[arg-type]


def draw() -> Draw:
    """Let chance fall."""
    return Draw(SALT.salt, "bob", "i1")


def text(decision: Decision) -> str:
    """Give what is said."""
    return str(decision.reply.message)


def buttons(message: Message | None) -> list[Button]:
    """List the buttons of a message."""
    assert message is not None
    return [option for block in message.blocks if isinstance(block, Choices) for option in block.options]


async def tries(shared: Shared, who: Learner) -> Decision:
    """Have somebody try something."""
    seen = await snapshot(who, shared=shared)
    return trying.try_share(seen, trying.TryShare("s1"), CATALOG, NOW, draw())


async def judges(shared: Shared, who: Learner, worked: Worked | None, changed: str = "") -> Decision:
    """Have somebody say how it went."""
    seen = await snapshot(who, shared=shared)
    return trying.judge_share(seen, trying.JudgeShare("s1", worked, changed), CATALOG, NOW, draw())


async def sends(
    who: Learner, shared: Shared | None = None, like: tuple[Shared, ...] = (), **args: str
) -> Decision:
    """Have somebody send the form."""
    seen = await snapshot(who, shared=shared, shelf_found=like)
    return sharing.send_share(seen, sharing.sent_share({**SENT, **args}), CATALOG, NOW, draw())


# ---------------------------------------------------------------- describing


async def test_what_is_described_is_seen_by_its_author_alone_first() -> None:
    """The form makes a draft, and nothing is said to anybody else."""
    made = await sends(somebody())
    share = made.changes.share
    assert share is not None
    assert (share.status, share.task, share.minutes) == (ShareStatus.DRAFT, "Close the month", 15)
    assert (share.cohort, share.job_family, share.reach) == ("north", "finance", Reach.COHORT)
    assert made.reply.spoken == ()
    assert made.changes.events == ()
    assert [each.label for each in buttons(made.reply.message)] == ["Post it", "Change it", "Throw away"]


@pytest.mark.parametrize("name", ["task", "prompt", "check"])
async def test_what_is_needed_is_asked_for_at_its_field(name: str) -> None:
    """Without the task, the prompt or what to check it is no use case."""
    with pytest.raises(InvalidInput) as refused:
        await sends(somebody(), None, (), **{name: "  "})
    assert list(refused.value.problems) == [name]


async def test_what_is_too_long_or_no_tool_is_said_at_its_field() -> None:
    """A client that lets too much through is told, too."""
    with pytest.raises(InvalidInput) as refused:
        await sends(somebody(), tool="abacus", prompt="x" * 2501)
    assert sorted(refused.value.problems) == ["prompt", "tool"]


async def test_without_a_cohort_it_is_for_everybody() -> None:
    """Nobody can keep something to a cohort that they are not in."""
    made = await sends(somebody(cohort=None))
    assert made.changes.share is not None and made.changes.share.reach is Reach.EVERYONE
    assert "shelf" in text(made)


async def test_what_is_much_like_it_is_shown_before_it_is_posted() -> None:
    """The same prompt with other words around it is found; something else is not."""
    same = Shared(replace(SHARE, prompt="List it"), "Ann")
    other = Shared(replace(SHARE, id=ShareId("s2"), task="Write to a customer", prompt="Be kind"), "Ann")
    made = await sends(somebody(), like=(other, same))
    assert "There is something much like it already" in text(made)
    assert "Write to a customer" not in text(made)


# ---------------------------------------------------------------- posting and changing


async def test_it_is_posted_once_where_the_cohort_meets_now() -> None:
    """A second press says so; without a conversation it stands on the shelf."""
    draft = Shared(replace(SHARE, author=LearnerId("bob"), status=ShareStatus.DRAFT, posted_at=None), "Bob")
    seen = await snapshot(somebody(), shared=draft)
    made = sharing.post_share(seen, sharing.PostShare("s1"), CATALOG, NOW, draw())
    assert made.changes.share is not None
    assert (made.changes.share.status, made.changes.share.posted_at) == (ShareStatus.POSTED, NOW)
    [said] = made.reply.spoken
    assert (said.key, said.again) == ("share:s1:C1", False)
    assert [event.type for event in made.changes.events] == [EventType.USE_CASE_SHARED]
    posted = replace(seen, shared=Shared(made.changes.share, "Bob"))
    again = sharing.post_share(posted, sharing.PostShare("s1"), CATALOG, NOW, draw())
    assert again.changes == Changes()
    homeless = replace(seen, cohort=Cohort("north"))
    shelved = sharing.post_share(homeless, sharing.PostShare("s1"), CATALOG, NOW, draw())
    assert shelved.reply.spoken == ()
    assert "on the shelf now" in text(shelved)


async def test_nobody_posts_for_somebody_else() -> None:
    """A draft is its author's, whoever has its id."""
    draft = Shared(replace(SHARE, status=ShareStatus.DRAFT))
    for who in (somebody(), somebody("eve", Role.ADMIN)):
        seen = await snapshot(who, shared=draft)
        with pytest.raises(NoSuchUseCase):
            sharing.post_share(seen, sharing.PostShare("s1"), CATALOG, NOW, draw())


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (somebody("ann"), True),
        (somebody("bob"), False),
        (somebody("bob", Role.CHAMPION), True),
        (somebody("bob", Role.CHAMPION, cohort="south"), False),
        (somebody("bob", Role.ADMIN, cohort=None), True),
    ],
)
async def test_who_may_change_it_and_take_it_back(who: Learner, may: bool) -> None:
    """Its author, a champion of its cohort and an admin; nobody else."""
    seen = await snapshot(who, shared=Shared(replace(SHARE, post=PostId("p1"), room=await a_room()), "Ann"))
    if not may:
        with pytest.raises(NotChampion):
            sharing.withdraw_share(seen, sharing.WithdrawShare("s1", surely=True), CATALOG, NOW, draw())
        with pytest.raises(NotChampion):
            sharing.describe_share(seen, sharing.DescribeShare("s1"), CATALOG, NOW, draw())
        return
    asked = sharing.withdraw_share(seen, sharing.WithdrawShare("s1"), CATALOG, NOW, draw())
    assert asked.changes == Changes()
    gone = sharing.withdraw_share(seen, sharing.WithdrawShare("s1", surely=True), CATALOG, NOW, draw())
    assert gone.changes.share is not None and gone.changes.share.status is ShareStatus.WITHDRAWN
    [said] = gone.reply.spoken
    assert said.again
    made = await sends(who, seen.shared, i="s1", task="Close the quarter")
    [card] = made.reply.spoken
    assert "Close the quarter" in str(card.message)
    assert card.again


async def test_what_was_taken_back_is_gone_for_all() -> None:
    """Whatever is pressed on an old card says so, and changes nothing."""
    gone = Shared(replace(SHARE, status=ShareStatus.WITHDRAWN))
    for who in (somebody(), somebody("ann"), somebody("eve", Role.ADMIN)):
        with pytest.raises(NoSuchUseCase):
            await tries(gone, who)


async def test_what_is_for_a_cohort_is_for_that_cohort() -> None:
    """Somebody of another one who has its id is told that there is none."""
    kept = Shared(replace(SHARE, reach=Reach.COHORT))
    with pytest.raises(NoSuchUseCase):
        await tries(kept, somebody(cohort="south"))
    assert (await tries(kept, somebody())).changes.trial is not None


# ---------------------------------------------------------------- trying


async def test_a_try_counts_once_and_asks_each_time() -> None:
    """The first press counts; the next one only asks again how it went."""
    made = await tries(Shared(SHARE, "Ann", tried=2), somebody())
    assert made.changes.trial == Trial(SHARE.id, LearnerId("bob"), NOW)
    assert made.changes.share == SHARE
    assert made.reply.form is not None
    again = await tries(Shared(SHARE, "Ann", tried=3, mine=made.changes.trial), somebody())
    assert again.changes == Changes()
    assert again.reply.form == made.reply.form


async def test_ones_own_is_not_ones_to_try() -> None:
    """An author neither tries nor judges what they shared."""
    assert (await tries(Shared(SHARE), somebody("ann"))).changes == Changes()
    assert (await judges(Shared(SHARE), somebody("ann"), Worked.YES)).changes == Changes()


async def test_what_worked_is_a_use_of_the_tool_once() -> None:
    """By the person's own word; saying it again, or that it did not work, is none."""
    made = await judges(Shared(SHARE), somebody(), Worked.CHANGED, "named it")
    [_, judged, used] = made.changes.events
    assert (judged.type, judged.properties["worked"]) == (EventType.USE_CASE_JUDGED, Worked.CHANGED)
    assert (used.type, used.tool, used.use_case) == (EventType.TOOL_USED, "copilot", "Close the month")
    assert used.evidence is Evidence.SELF_REPORT
    assert "named it" not in str(made.changes.events)
    again = await judges(Shared(SHARE, mine=made.changes.trial), somebody(), Worked.YES)
    assert [event.type for event in again.changes.events] == [EventType.USE_CASE_JUDGED]
    failed = await judges(Shared(SHARE), somebody(), Worked.NO)
    assert EventType.TOOL_USED not in [event.type for event in failed.changes.events]


async def test_the_card_counts_people_and_those_it_worked_for() -> None:
    """Whoever changes their mind is counted as they say now."""
    room = await a_room()
    card = replace(SHARE, room=room, post=PostId("p1"))
    before = Trial(SHARE.id, LearnerId("bob"), NOW, Worked.YES)
    made = await judges(Shared(card, tried=4, worked=2, mine=before), somebody(), Worked.NO)
    [said] = made.reply.spoken
    assert "Tried by 4 colleagues; it worked for 1." in str(said.message)
    with pytest.raises(InvalidInput):
        await judges(Shared(card), somebody(), None)


async def test_what_is_practised_is_the_lesson_made_of_it_or_the_nearest() -> None:
    """The one that was made comes first; else that of the own job with most of its words; else none."""
    seen = await snapshot(somebody())
    near = trying.lesson_for(replace(SHARE, task="Variance of the month"), seen, CATALOG)
    assert near is not None and near.use_case == "Variance analysis"
    made = trying.lesson_for(replace(SHARE, lesson="sales-lesson-1"), seen, CATALOG)
    assert made is not None and made.id == "sales-lesson-1"
    assert trying.lesson_for(replace(SHARE, task="Xyz", prompt="abcd"), seen, CATALOG) is None


# ---------------------------------------------------------------- cohorts


async def test_a_champion_connects_their_own_cohort_and_an_admin_any() -> None:
    """In the conversation in which it is typed; others are told who can."""
    room = await a_room()
    other = replace(room, conversation="C2")
    here = Where(Surface.CONVERSATION, room=other)
    for who, name, may in (
        (somebody("bob", Role.CHAMPION), "", True),
        (somebody("bob", Role.CHAMPION), "south", False),
        (somebody(), "", False),
        (somebody("eve", Role.ADMIN, cohort=None), "south", True),
    ):
        seen = await snapshot(who, place=here, cohort=Cohort(name or "north", room))
        if not may:
            with pytest.raises(NotChampion):
                gathering.show_cohort(seen, gathering.ShowCohort(name), CATALOG, NOW, draw())
            continue
        made = gathering.show_cohort(seen, gathering.ShowCohort(name), CATALOG, NOW, draw())
        assert made.changes.cohort is not None and made.changes.cohort.room == other
        assert [said.room for said in made.reply.spoken] == [other]


async def test_connecting_the_same_again_says_nothing_to_all() -> None:
    """The conversation hears of it once."""
    room = await a_room()
    seen = await snapshot(
        somebody("bob", Role.CHAMPION), place=Where(room=room), cohort=Cohort("north", room, version=1)
    )
    made = gathering.show_cohort(seen, gathering.ShowCohort(), CATALOG, NOW, draw())
    assert (made.changes, made.reply.spoken) == (Changes(), ())


async def test_nobody_looks_at_a_cohort_that_is_not_theirs() -> None:
    """An admin may, by its name; what one's own sees is for oneself to say."""
    seen = await snapshot(somebody(), cohort=Cohort("south", named=9))
    with pytest.raises(NotChampion):
        gathering.show_cohort(seen, gathering.ShowCohort("south"), CATALOG, NOW, draw())
    theirs = await snapshot(somebody("eve", Role.ADMIN, cohort=None), cohort=Cohort("south", named=9))
    assert "9, of whom 0 take part" in text(
        gathering.show_cohort(theirs, gathering.ShowCohort("south"), CATALOG, NOW, draw())
    )


async def test_who_is_in_a_cohort_is_asked_before_they_move() -> None:
    """One press joins who is in none; moving takes a second one."""
    room = await a_room()
    south = Cohort("south", room)
    alone = gathering.join_cohort(
        await snapshot(somebody(cohort=None), cohort=south),
        gathering.JoinCohort("south"),
        CATALOG,
        NOW,
        draw(),
    )
    assert alone.changes.learner is not None and alone.changes.learner.cohort == "south"
    seen = await snapshot(somebody(), cohort=south)
    asked = gathering.join_cohort(seen, gathering.JoinCohort("south"), CATALOG, NOW, draw())
    assert asked.changes == Changes()
    moved = gathering.join_cohort(seen, gathering.JoinCohort("south", surely=True), CATALOG, NOW, draw())
    assert moved.changes.learner is not None and moved.changes.learner.cohort == "south"
    gone = await snapshot(somebody(), cohort=Cohort("south"))
    nowhere = gathering.join_cohort(gone, gathering.JoinCohort("south"), CATALOG, NOW, draw())
    assert nowhere.changes == Changes()


async def test_nothing_is_shown_before_somebody_says_so() -> None:
    """Each is turned on by itself, and off again."""
    seen = await snapshot(somebody())
    on = gathering.change_shows(seen, gathering.ChangeShows(Shows.HAND, on=True), CATALOG, NOW, draw())
    assert on.changes.learner is not None and on.changes.learner.shows == {Shows.HAND}
    after = replace(seen, learner=on.changes.learner)
    off = gathering.change_shows(after, gathering.ChangeShows(Shows.HAND, on=False), CATALOG, NOW, draw())
    assert off.changes.learner is not None and off.changes.learner.shows == frozenset()


@pytest.mark.parametrize(("people", "warns"), [(0, True), (7, True), (8, False), (12, False), (13, True)])
def test_a_cohort_that_is_too_small_or_too_large_is_said(people: int, warns: bool) -> None:
    """Eight to twelve work best."""
    assert bool(gathering.size_warning(Cohort("north", named=people))) is warns


async def test_the_start_is_a_day() -> None:
    """A day of the calendar or a word for one; anything else is asked again, and only by who leads it."""
    seen = await snapshot(somebody("bob", Role.CHAMPION))
    made = gathering.start_cohort(seen, gathering.StartCohort("north", "2026-12-01"), CATALOG, NOW, draw())
    assert made.changes.cohort is not None and made.changes.cohort.starts_on == date(2026, 12, 1)
    with pytest.raises(InvalidInput):
        gathering.start_cohort(seen, gathering.StartCohort("north", "soon"), CATALOG, NOW, draw())
    with pytest.raises(NotChampion):
        gathering.start_cohort(
            await snapshot(somebody()), gathering.StartCohort("north", "monday"), CATALOG, NOW, draw()
        )


# ---------------------------------------------------------------- a lesson made of it


def test_what_was_shared_answers_what_a_new_lesson_is_asked() -> None:
    """Nothing is missing and nothing too long, also where everything shared is as long as can be."""
    long = replace(
        SHARE, task="Do it " * 25, prompt="word " * 500, check="Look at this. " * 40, outcome="x " * 300
    )
    for share in (SHARE, replace(SHARE, outcome="", check="All"), long):
        answers = promoting.answers_of(share)
        for asked in QUESTIONS:
            assert problem(asked, answers[asked.key]) is None, asked.key


def test_the_lesson_made_of_it_passes_lint() -> None:
    """The draft is a good lesson of the author's job family, with a name of its own."""
    loader = Loader(CATALOGUE)
    catalogue = loader.load(NOW.date()).catalogue
    assert catalogue is not None
    path, written, lesson = promoting.drafted(SHARE, catalogue, loader.patterns, NOW)
    loaded = loader.check(NOW.date(), path, written.encode())
    assert [each for each in loaded.findings if each.severity is Severity.ERROR] == []
    assert loaded.catalogue is not None
    assert loaded.catalogue.lessons[lesson].job_family == "finance"
    again = promoting.drafted(SHARE, loaded.catalogue, loader.patterns, NOW)
    assert again[2] != lesson

"""Cohorts and shared use cases in the store: found by words, counted once, changed by one at a time."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.cohorts.importing import Import, Terms
from bot.cohorts.roster import Line
from bot.errors import Conflict
from bot.model import (
    Changes,
    Cohort,
    Commitment,
    Learner,
    Merge,
    Reach,
    Role,
    Room,
    Search,
    SessionId,
    Share,
    Shared,
    ShareId,
    ShareStatus,
    Shows,
    Status,
    Success,
    Trial,
    Worked,
)
from bot.ports import Needs
from tests.stores import NOW, Town


def a_share(town: Town, author: Learner, **more: object) -> Share:
    """Make a use case that is posted."""
    first = Share(
        ShareId(town.key()),
        author.id,
        "Close the month",
        "copilot",
        "List the accruals that miss",
        NOW,
        status=ShareStatus.POSTED,
        posted_at=NOW,
    )
    return replace(first, **more)  # type: ignore[arg-type]


async def put(town: Town, *shares: Share) -> None:
    """Store use cases."""
    for share in shares:
        await town.store.apply(Changes(share=share))


async def found(town: Town, external: str = "U1", **search: object) -> list[str]:
    """Look for use cases as somebody, and name their tasks."""
    shelf = Search(most=20, **search)  # type: ignore[arg-type]
    return [each.share.task for each in (await town.see(external, needs=Needs(shelf=shelf))).shelf_found]


async def seen(town: Town, share: Share, external: str = "U1") -> Shared:
    """Look at a use case as somebody."""
    shared = (await town.see(external, needs=Needs(share=share.id))).shared
    assert shared is not None
    return shared


async def test_words_find_what_begins_so_in_any_capitals_and_accents(town: Town) -> None:
    """Each word must begin one of the use case's; of several, what has them is found and nothing else."""
    ann = await town.move_in()
    await put(
        town,
        a_share(town, ann, task="Café-Rechnungen prüfen", prompt="Vérifie les reçus", outcome="Écarts"),
        a_share(town, ann, task="Close the month", check="Every accrual"),
    )
    assert await found(town, text="CAFE") == ["Café-Rechnungen prüfen"]
    assert await found(town, text="verif recu") == ["Café-Rechnungen prüfen"]
    assert await found(town, text="accru clos") == ["Close the month"]
    assert await found(town, text="accru cafe") == []
    either = await found(town, text="accru cafe", any_word=True)
    assert sorted(either) == ["Café-Rechnungen prüfen", "Close the month"]
    assert await found(town, text='"; OR * ( : & |') == []


async def test_what_was_changed_is_found_by_its_new_words_alone(town: Town) -> None:
    """The words of before find it no more, nor do any once it is taken back."""
    ann = await town.move_in()
    share = a_share(town, ann)
    await put(town, share)
    await put(town, replace(share, task="Open the quarter", version=1))
    assert await found(town, text="month") == []
    assert await found(town, text="quarter") == ["Open the quarter"]
    await put(town, replace(share, task="Open the quarter", status=ShareStatus.WITHDRAWN, version=2))
    assert await found(town, text="quarter") == []


async def test_who_finds_what(town: Town) -> None:
    """A cohort's own is for the cohort and its author, a draft is on no shelf, all else is for everybody."""
    ann = await town.move_in("U1", cohort="north", job_family="finance")
    await town.move_in("U2", cohort="north", job_family="sales")
    await town.move_in("U3", job_family="finance")
    own = {"reach": Reach.COHORT, "cohort": "north"}
    await put(
        town,
        a_share(town, ann, task="For all", job_family="finance"),
        a_share(town, ann, task="For the cohort", job_family="sales", **own),
        a_share(town, ann, task="A draft", status=ShareStatus.DRAFT),
    )
    assert await found(town, "U1") == ["For the cohort", "For all"]
    assert await found(town, "U2") == ["For the cohort", "For all"]
    assert await found(town, "U3") == ["For all"]
    assert await found(town, "U2", of_mine=True) == ["For the cohort"]
    assert await found(town, "U2", job_family="finance") == ["For all"]
    assert await found(town, "U2", tool="chatgpt") == []
    assert await found(town, "U1", own=True) == ["For the cohort", "For all"]
    assert await found(town, "U2", own=True) == []


async def test_each_person_is_counted_once(town: Town) -> None:
    """Who tries it again, or says something else of it, is still one person."""
    ann, bob = await town.move_in("U1"), await town.move_in("U2")
    share = a_share(town, ann)
    await put(town, share)
    first = Trial(share.id, bob.id, NOW)
    await town.store.apply(Changes(trial=first))
    await town.store.apply(Changes(trial=replace(first, tried_at=NOW + timedelta(days=1))))
    assert (await seen(town, share, "U2")).mine == first
    said = replace(first, worked=Worked.CHANGED, changed="I named the ledger")
    await town.store.apply(Changes(trial=said))
    await town.store.apply(Changes(trial=first))  # a press that comes late unsays nothing
    theirs, hers = await seen(town, share, "U2"), await seen(town, share, "U1")
    assert theirs.mine is not None and theirs.mine.worked is Worked.CHANGED
    assert (hers.tried, hers.worked, hers.mine, hers.by) == (1, 1, None, "Ann")
    await town.store.apply(Changes(trial=replace(said, worked=Worked.NO)))
    assert (await seen(town, share, "U1")).worked == 0


async def test_what_was_changed_meanwhile_is_decided_again(town: Town) -> None:
    """Of two who change the same use case or cohort at once, one has to look again."""
    ann, bob = await town.move_in("U1"), await town.move_in("U2")
    share = a_share(town, ann)
    await put(town, share)
    both = [Changes(learner=who, share=replace(share, version=1)) for who in (ann, bob)]
    ended = await asyncio.gather(*map(town.store.apply, both), return_exceptions=True)
    assert [type(each) for each in ended if each is not None] == [Conflict]
    with pytest.raises(Conflict):
        await town.store.apply(Changes(cohort=Cohort("north", version=4)))
    await town.store.apply(Changes(cohort=Cohort("north")))
    with pytest.raises(Conflict):
        await town.store.apply(Changes(cohort=Cohort("north")))


async def test_what_is_saved_is_ones_own(town: Town) -> None:
    """Nobody else sees it; saving twice is saving once, and it can be undone."""
    ann = await town.move_in("U1")
    bob = await town.move_in("U2")
    share = a_share(town, ann)
    await put(town, share)
    for at in (NOW, NOW, None):
        await town.store.apply(Changes(saved=(share.id, bob.id, at)))
        assert (await seen(town, share, "U2")).is_saved is (at is not None)
        assert (await seen(town, share, "U1")).is_saved is False
    assert await found(town, "U2", own=True) == []


async def test_a_cohort_is_who_names_it(town: Town) -> None:
    """Its members and champions are read with it, and its conversation; leavers are not in it."""
    await town.move_in("U1", cohort="north", status=Status.ACTIVE, roles=frozenset({Role.CHAMPION}))
    await town.move_in("U2", cohort="north")
    await town.move_in("U3", cohort="north", left_on=date(2026, 10, 1))
    room = Room(town.workspace, "C1", None)
    await town.store.apply(Changes(cohort=Cohort("north", room, date(2026, 11, 2))))
    cohort = (await town.see("U2", needs=Needs(cohort=True))).cohort
    assert cohort is not None
    assert (cohort.room, cohort.starts_on, cohort.version) == (room, date(2026, 11, 2), 1)
    assert (cohort.named, cohort.members, [name for _, name in cohort.champions]) == (2, 1, ["Ann"])
    assert [each.name for each in await town.store.cohorts()] == ["north"]
    nobody = (await town.see("U2", needs=Needs(cohort_named="south"))).cohort
    assert nobody == Cohort("south")


async def test_two_learners_who_become_one_keep_what_both_did(town: Town) -> None:
    """What they shared, tried and saved is the one's then, and who did the same twice has it once."""
    ann, bob = await town.move_in("U1"), await town.move_in("U2")
    hers, other = a_share(town, ann), a_share(town, bob, task="Open the quarter")
    await put(town, hers, other)
    for who in (ann, bob):
        await town.store.apply(Changes(trial=Trial(other.id, who.id, NOW), saved=(other.id, who.id, NOW)))
    await town.store.apply(Changes(learner=bob, merge=Merge(ann.id, ann.version, bob.id)))
    assert (await seen(town, other, "U1")).tried == 1
    assert (await seen(town, hers, "U2")).share.author == bob.id
    assert await found(town, "U1", own=True) == ["Open the quarter", "Close the month"]


async def test_who_was_in_a_cohort_before(town: Town) -> None:
    """The roster's history tells it, also of those who moved on."""
    day = date(2026, 11, 2)
    for later, cohort in enumerate(("north", "south")):
        lines = [Line(2, "E-1", {"cohort": cohort}), Line(3, "E-2", {"cohort": "south"})]
        await Import(town.store, Terms(day + timedelta(days=later)), NOW).run(lines, {"E-1", "E-2"}, [])
    past = {pair async for pair in town.store.past_cohorts()}
    assert past == {("E-1", "north"), ("E-1", "south"), ("E-2", "south")}
    assert (await town.store.find_person("E-1")).cohort == "south"


async def test_what_a_champion_may_know_of_a_week(town: Town) -> None:
    """Names of who let them be seen, numbers of the others; what worked elsewhere, until it is shown here."""
    long_ago = {"status": Status.ACTIVE, "joined_at": NOW - timedelta(days=40), "job_family": "finance"}
    ann = await town.move_in("U1", cohort="north", shows=frozenset(Shows), **long_ago)
    bob = await town.move_in("U2", cohort="north", **long_ago)
    await town.store.set_role(await town.store.find_person("slack:U1"), Role.CHAMPION, held=True)
    cat = await town.move_in("U3", cohort="north", shows=frozenset({Shows.HAND}), **long_ago)
    for name, who in (("s1", ann), ("s2", bob)):
        plan = Commitment(SessionId(name), who.id, "lesson", "it ends", "note", "copilot", NOW)
        await town.store.apply(Changes(commitment=plan, kept=((SessionId("s1"), ann.id, NOW),)))
    plans = await town.store.plans_of("north", NOW)
    assert [(each.by, each.is_shown, each.is_kept) for each in plans] == [
        ("", False, False),
        ("Ann", True, True),
    ]
    assert await town.store.plans_of("north", NOW + timedelta(days=15)) == ()
    other = a_share(town, bob, cohort="south", job_family="finance", posted_at=NOW - timedelta(days=20))
    await put(town, other, a_share(town, bob, cohort="north"))
    await town.store.apply(Changes(trial=Trial(other.id, cat.id, NOW - timedelta(days=20), Worked.YES)))
    await town.store.apply(Changes(events=(town.event(bob),)))
    cohort = Cohort("north", Room(town.workspace, "C1"), named=3, members=3)
    week = await town.store.week_of(cohort, NOW)
    assert (week.shared, week.tried) == (1, 0)
    assert ([name for name, _ in week.stuck], week.stuck_others) == (["Ann"], 0)
    assert week.repost is not None and (week.repost.share.id, week.repost.worked) == (other.id, 1)
    await town.send(town.delivery(key=f"share:{other.id}:C1"))
    assert (await town.store.week_of(cohort, NOW)).repost is None
    assert [each.name for each in await town.store.cohort_weeks(date(2026, 11, 23))] == ["north"]
    await town.store.apply(Changes(cohort=replace(cohort, week_on=date(2026, 11, 23))))
    assert await town.store.cohort_weeks(date(2026, 11, 23)) == []


async def test_what_worked_for_others_is_read_for_its_author(town: Town) -> None:
    """When it worked, in that order; what did not, was not said of, or was taken back is not among it."""
    ann = await town.move_in("U1")
    others = [await town.move_in(f"U{number}") for number in range(2, 6)]
    good, gone = a_share(town, ann), a_share(town, ann, task="Gone", status=ShareStatus.WITHDRAWN)
    await put(town, good, gone)
    said = (Worked.CHANGED, None, Worked.NO, Worked.YES)
    for number, (who, worked) in enumerate(zip(others, said, strict=True)):
        for share in (good, gone):
            at = NOW - timedelta(hours=number)
            await town.store.apply(Changes(trial=Trial(share.id, who.id, at, worked)))
    found = (await town.see("U1", needs=Needs(successes=True))).successes
    assert found == (Success(good.id, good.task, (NOW - timedelta(hours=3), NOW)),)
    assert (await town.see("U2", needs=Needs(successes=True))).successes == ()


async def test_a_conversation_listens_until_it_is_closed(town: Town) -> None:
    """Opening it twice is opening it once."""
    room = Room(town.workspace, "C1")
    for on in (True, True, False):
        await town.store.apply(Changes(listening=(room, on, NOW)))
        assert await town.store.listening() == ({(town.workspace.id, "C1")} if on else set())

"""What the store keeps of the catalogue and of what learners remember."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Conflict
from bot.model import Changes, Draft, Learner, Merge, Recall, Role, Status
from bot.ports import Needs
from tests.stores import NOW, Town

FILES = {"lessons.yaml": b"organization: {name: Acme}\n", "library/a.yaml": "id: ä\n".encode()}
EDITED = {**FILES, "library/a.yaml": b"id: b\n"}


async def test_a_revision_is_read_as_it_was_accepted(town: Town) -> None:
    """Number, time, author, way, summary and every byte of every file come back."""
    made = await town.store.accept(FILES, "", "server started", (), 0)
    again = await town.store.accept(EDITED, "k" * 26, "file saved", ["~ a", "    id: “ä” -> “b”"], 1)
    assert (made.number, made.accepted_at, again.number) == (1, NOW, 2)
    assert await town.store.revisions(10) == [again, made]
    assert await town.store.revisions(1) == [again]
    assert (await town.store.sources(made), await town.store.sources(again)) == (FILES, EDITED)
    assert (again.author, again.way, again.summary) == ("k" * 26, "file saved", ("~ a", "    id: “ä” -> “b”"))


async def test_the_second_of_two_at_once_is_refused(town: Town) -> None:
    """A revision says which one it comes after; whoever comes second has to look again."""
    await town.store.accept(FILES, "", "server started", (), 0)
    with pytest.raises(Conflict):
        await town.store.accept(EDITED, "", "file saved", (), 0)
    assert [each.number for each in await town.store.revisions(10)] == [1]


async def test_no_revision_is_there_at_first(town: Town) -> None:
    """Before the first one there is nothing."""
    assert await town.store.revisions(10) == []


async def test_admins_are_those_who_take_part_and_can_be_reached(town: Town) -> None:
    """Of those who hold a role: who agreed, has not stopped, and did not remove the bot."""
    admin = await town.move_in("U1", status=Status.ACTIVE)
    silent = await town.move_in("U2")
    gone = await town.move_in("U3", status=Status.ACTIVE)
    stopped = await town.move_in("U4", status=Status.STOPPED)
    await town.move_in("U5", status=Status.ACTIVE)
    for learner in (admin, silent, gone, stopped):
        await town.store.set_role(learner, Role.ADMIN, True)
    away = town.account(gone, "U3", reachable=False)
    await town.store.apply(Changes(account=away))
    found = await town.store.people_with(Role.ADMIN)
    assert [(workspace.id, account.external) for workspace, account in found] == [(town.workspace.id, "U1")]
    assert await town.store.people_with(Role.LND) == []


def remembered(learner: Learner, question: str = "q1", **more: object) -> Recall:
    """Make what a learner remembers."""
    first = Recall(
        learner.id,
        "finance-close",
        question,
        {"stability": 2.5, "difficulty": 5.0},
        NOW + timedelta(days=2),
        NOW,
    )
    return replace(first, **more)  # type: ignore[arg-type]  # whatever a test says


async def test_what_is_remembered_is_read_soonest_first_and_replaced(town: Town) -> None:
    """A question has one row, which the next answer takes the place of."""
    learner = await town.move_in()
    later = remembered(learner, "q2", due_at=NOW + timedelta(days=9))
    await town.store.apply(Changes(recalls=(later, remembered(learner))))
    assert [each.question for each in (await town.see()).recalls] == ["q1", "q2"]
    wrong = remembered(learner, "q2", count=2, right=False, due_at=NOW + timedelta(days=1))
    await town.store.apply(Changes(recalls=(wrong,)))
    assert (await town.see()).recalls == (wrong, remembered(learner))
    assert (await town.see(needs=Needs())).recalls == ()


async def test_two_who_become_one_remember_together(town: Town) -> None:
    """What the one who goes remembered becomes the other's, whose own memory of a question stays."""
    kept, gone = await town.move_in("U1"), await town.move_in("U2")
    own = remembered(kept, "q1", count=5)
    await town.store.apply(Changes(recalls=(own, remembered(gone, "q1"), remembered(gone, "q2"))))
    await town.store.apply(Changes(learner=kept, merge=Merge(gone.id, gone.version, kept.id)))
    found = (await town.see()).recalls
    assert {each.question: each.count for each in found} == {"q1": 5, "q2": 1}
    assert {each.learner for each in found} == {kept.id}


async def test_a_draft_is_its_authors_and_forgotten_after_a_week(town: Town) -> None:
    """Only who made a draft reads it; one that nobody published goes after seven days."""
    author = await town.move_in("U1")
    await town.move_in("U2")
    draft = Draft("d1", author.id, "library/a.yaml", "0" * 64, "id: b\n", NOW)
    await town.store.apply(Changes(draft=draft))
    assert (await town.see(needs=Needs(draft="d1"))).draft == draft
    assert (await town.see("U2", needs=Needs(draft="d1"))).draft is None
    assert await town.store.forget_texts(NOW + timedelta(days=6)) == 0
    assert await town.store.forget_texts(NOW + timedelta(days=7)) == 1
    assert (await town.see(needs=Needs(draft="d1"))).draft is None


async def test_a_draft_that_was_published_or_thrown_away_is_gone(town: Town) -> None:
    """It goes with the change that says so, and the one that takes its place comes with it."""
    author = await town.move_in("U1")
    first = Draft("d1", author.id, "library/a.yaml", "0" * 64, "id: b\n", NOW)
    await town.store.apply(Changes(draft=first))
    second = replace(first, id="d2", text="id: c\n")
    await town.store.apply(Changes(draft=second, gone_draft="d1"))
    assert (await town.see(needs=Needs(draft="d1"))).draft is None
    assert (await town.see(needs=Needs(draft="d2"))).draft == second
    await town.store.apply(Changes(gone_draft="d1"))
    assert (await town.see(needs=Needs(draft="d2"))).draft == second


async def test_the_locale_is_kept(town: Town) -> None:
    """The language that a learner reads comes back with them."""
    learner = await town.move_in(locale="de-CH")
    seen = await town.see()
    assert seen.learner == learner and learner.locale == "de-CH"

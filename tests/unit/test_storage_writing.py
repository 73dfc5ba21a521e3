"""Who wins among changes that come together: decided without a database."""

from dataclasses import replace

import pytest

from bot.events import AdoptionEvent, EventType
from bot.model import (
    Account,
    Changes,
    JoinCode,
    Learner,
    LearnerId,
    Merge,
    OrganizationId,
    WorkspaceId,
)
from storage.changes import EXISTS
from storage.writing import Found, judge
from tests.stores import NOW, verdicts

WORKSPACE = WorkspaceId("slack:T1")
ANN = Learner(LearnerId("ann"), OrganizationId("o"), version=3)
BOB = Learner(LearnerId("bob"), OrganizationId("o"), version=5)
NEW = Learner(LearnerId("new"), OrganizationId("o"))


def about(learner: Learner) -> AdoptionEvent:
    """Make an event."""
    return AdoptionEvent("e", NOW, NOW.date(), learner.id, EventType.HELP_SHOWN)


def outcome(*batch: Changes, found: Found | None = None) -> list[str]:
    """Judge a batch and name each verdict, in order."""
    judged = judge(batch, found or Found())
    return [verdicts([verdict])[0] for verdict in judged]


def test_changes_of_different_learners_all_hold() -> None:
    """People do not stand in each other's way."""
    assert outcome(Changes(learner=ANN), Changes(learner=BOB), Changes(learner=NEW)) == ["written"] * 3


def test_of_two_with_the_same_version_the_first_holds() -> None:
    """The second of a batch rests on what the first changed."""
    assert outcome(Changes(learner=ANN), Changes(learner=ANN)) == ["written", "Conflict"]


def test_a_loser_does_not_stand_in_the_way_of_who_comes_after_it() -> None:
    """What a loser would have changed counts for nothing."""
    found = Found(stale={("ann", 2)})
    late = replace(ANN, version=2)
    batch = [
        Changes(learner=late, incoming=(WORKSPACE, "i")),
        Changes(learner=ANN, incoming=(WORKSPACE, "i")),
    ]
    assert outcome(*batch, found=found) == ["Conflict", "written"]


def test_an_incoming_id_counts_once_in_a_batch() -> None:
    """The same id twice is a repeat, and a repeat is told before any conflict."""
    batch = [Changes(learner=ANN, incoming=(WORKSPACE, "i")) for _ in range(2)]
    assert outcome(*batch) == ["written", "Duplicate"]
    assert outcome(batch[0], found=Found(taken={(WORKSPACE, "i")})) == ["Duplicate"]


def test_an_event_needs_its_learner() -> None:
    """An event of somebody who is not there is a conflict, unless a change before it brings them."""
    found = Found(stale={("new", EXISTS)})
    told = Changes(events=(about(NEW),))
    assert outcome(told, Changes(learner=NEW), told, found=found) == ["Conflict", "written", "written"]


def test_after_a_learner_is_gone_nothing_is_written_of_them() -> None:
    """What comes after a joining in the same batch is to decide again; what came before goes along."""
    told = Changes(events=(about(BOB),))
    joined = Changes(learner=ANN, merge=Merge(BOB.id, BOB.version, ANN.id))
    assert outcome(told, joined, told, Changes(learner=BOB)) == ["written", "written", "Conflict", "Conflict"]


def test_a_joining_rests_on_both() -> None:
    """If either was changed by an earlier one of the batch, it is to decide again."""
    joined = Changes(learner=ANN, merge=Merge(BOB.id, BOB.version, ANN.id))
    assert outcome(Changes(learner=ANN), joined) == ["written", "Conflict"]
    assert outcome(Changes(learner=BOB), joined) == ["written", "Conflict"]


@pytest.mark.parametrize(
    ("owner", "merge", "verdict"),
    [
        (None, None, "written"),
        ("ann", None, "written"),
        ("bob", None, "Conflict"),
        ("bob", Merge(BOB.id, BOB.version, ANN.id), "written"),
        ("eve", Merge(BOB.id, BOB.version, ANN.id), "Conflict"),
    ],
)
def test_an_account_belongs_to_one_learner(owner: str | None, merge: Merge | None, verdict: str) -> None:
    """It is new, or the learner's own, or comes along with the one who is joined."""
    found = Found(owners={(WORKSPACE, "U1"): owner} if owner else {})
    change = Changes(learner=ANN, account=Account(WORKSPACE, "U1", ANN.id), merge=merge)
    assert outcome(change, found=found) == [verdict]


def test_a_new_account_of_a_batch_belongs_to_the_first() -> None:
    """Two strangers cannot take the same account."""
    other = replace(NEW, id=LearnerId("other"))
    batch = [Changes(learner=who, account=Account(WORKSPACE, "U1", who.id)) for who in (NEW, other)]
    assert outcome(*batch) == ["written", "Conflict"]


def test_a_code_is_used_by_the_first() -> None:
    """An unused code is used once, a used or unknown one never."""
    use = Changes(used_code="abcd")
    assert outcome(use, use, found=Found(unused={"abcd"})) == ["written", "Conflict"]
    assert outcome(use) == ["Conflict"]


def test_a_code_needs_its_learner() -> None:
    """Nobody's code is not stored."""
    change = Changes(code=JoinCode("abcd", NEW.id, NOW))
    assert outcome(change, found=Found(stale={("new", EXISTS)})) == ["Conflict"]

"""Each law of the simulation can be broken: a message that breaks it is found, and a good one is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import say
from bot.model import (
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    LearnerId,
    NudgeAction,
    NudgeDecision,
    Operation,
    OrganizationId,
    Workspace,
    WorkspaceId,
)
from bot.ports import DeliveryRecord
from tests.simulation import laws
from tests.simulation.platforms import Arrival
from tests.simulation.town import BEGIN, Person

TUESDAY = datetime(2026, 10, 6, 8, 0, tzinfo=UTC)  # ten in Berlin
HOME = OrganizationId("o1")
PLACE = Workspace(WorkspaceId("w1"), HOME, ChannelName.SLACK, "T1")


def person() -> Person:
    """Make somebody in Berlin."""
    return Person(7, LearnerId("7"), ChannelName.SLACK, "U7", "DE", [(BEGIN, "Europe/Berlin")], "busy")


def arrival(at: datetime = TUESDAY, who: Person | None = None, subject: str = "") -> Arrival:
    """Make a message that arrived."""
    delivery = Delivery(
        id=DeliveryId(f"d{at.timestamp()}{subject}"),
        organization=HOME,
        workspace=PLACE,
        key=f"nudge:7:monday:{subject or at}",
        kind=DeliveryKind.NUDGE,
        operation=Operation.POST,
        account="U7",
        conversation="D7",
        message=say("hello"),
        created_at=at,
        lease_until=at,
        due_at=at,
        late_at=at + timedelta(hours=1),
    )
    return Arrival(at, who or person(), delivery)


def wishing(what: str) -> Person:
    """Make somebody who said something an hour before."""
    made = person()
    made.wish(what, TUESDAY - timedelta(hours=1))
    return made


@pytest.mark.parametrize("law", laws.LAWS)
def test_a_good_message_breaks_no_law(law: Callable[..., laws.Broken]) -> None:
    """Within hours, wanted, once."""
    assert list(law([arrival()])) == []


@pytest.mark.parametrize(
    ("law", "messages"),
    [
        (laws.nobody_twice, [arrival(subject="x"), arrival(TUESDAY + timedelta(days=8), subject="x")]),
        (laws.within_hours, [arrival(TUESDAY.replace(hour=6, minute=59))]),
        (laws.within_hours, [arrival(TUESDAY.replace(hour=15, minute=2))]),
        (laws.within_hours, [arrival(datetime(2026, 10, 10, 8, 0, tzinfo=UTC))]),
        (laws.within_hours, [arrival(datetime(2026, 12, 25, 9, 0, tzinfo=UTC))]),
        (laws.as_they_wish, [arrival(who=wishing("stop"))]),
        (laws.as_they_wish, [arrival(who=wishing("pause"))]),
        (laws.as_they_wish, [arrival(who=wishing("snooze"))]),
        (laws.as_they_wish, [arrival(who=wishing("none"))]),
        (laws.within_budget, [arrival(), arrival(TUESDAY + timedelta(hours=3))]),
        (laws.within_budget, [arrival(TUESDAY + timedelta(days=day)) for day in range(4)]),
    ],
)
def test_a_wrong_message_is_found(law: Callable[..., laws.Broken], messages: list[Arrival]) -> None:
    """With who, when and which; the last one is the wrong one."""
    found = list(law(messages))
    assert found
    assert "person 7" in found[-1]


def test_who_moves_while_a_message_is_under_way_may_still_get_it() -> None:
    """For a minute the hours of where they were hold; after that those of where they are."""
    for ago, count in ((timedelta(seconds=30), 0), (timedelta(hours=1), 1)):
        mover = person()
        mover.zones.append((TUESDAY - ago, "Pacific/Auckland"))
        assert len(list(laws.within_hours([arrival(who=mover)]))) == count


def test_what_comes_too_late_is_found() -> None:
    """Two hours after it was good for one."""
    late = arrival()
    stale = replace(late, at=TUESDAY + timedelta(hours=2))
    assert len(list(laws.never_stale([stale]))) == 1


def decision(action: NudgeAction = NudgeAction.SENT) -> NudgeDecision:
    """Make what was decided of the message."""
    return NudgeDecision(
        "n1", LearnerId("7"), "monday", "more", f"{TUESDAY}", TUESDAY, TUESDAY.date(), action, "send", ""
    )


def record(state: DeliveryState, reason: str = "") -> DeliveryRecord:
    """Make what is listed of the message."""
    return DeliveryRecord(
        ChannelName.SLACK, "T1", "7", DeliveryKind.NUDGE, state, TUESDAY, TUESDAY, 1, reason
    )


def test_what_nobody_decided_or_was_held_is_found() -> None:
    """A message needs a decision that it be sent."""
    assert list(laws.as_decided([arrival()], [decision()])) == []
    assert len(list(laws.as_decided([arrival()], []))) == 1
    assert len(list(laws.as_decided([arrival()], [decision(NudgeAction.HELD)]))) == 1


def test_who_was_away_and_was_spoken_to_is_found() -> None:
    """Staying silent then is right."""
    assert len(list(laws.not_while_away([(decision(), True)]))) == 1
    assert list(laws.not_while_away([(decision(), False), (decision(NudgeAction.SILENT), True)])) == []


def test_what_vanishes_is_found() -> None:
    """Not listed at all, listed as sent and not there, or lost without a word."""
    sent = record(DeliveryState.SENT)
    assert list(laws.nothing_vanishes([arrival()], [decision()], [sent])) == []
    assert len(list(laws.nothing_vanishes([], [decision()], []))) == 1
    assert len(list(laws.nothing_vanishes([], [decision()], [sent]))) == 1
    assert len(list(laws.nothing_vanishes([], [decision()], [record(DeliveryState.DROPPED)]))) == 1
    assert list(laws.nothing_vanishes([], [decision()], [record(DeliveryState.DROPPED, "late")])) == []

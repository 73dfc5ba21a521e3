"""What the store promises of deliveries: leased to one, in order, never two states at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages import Button, Choices, Form, Heading, Message, Text, TextField
from bot.model import (
    Changes,
    ChannelName,
    Delivery,
    DeliveryState,
    Operation,
    Post,
    PostId,
    Sent,
    WorkspaceRef,
)
from bot.ports import Settlement
from tests.stores import LEASE, NOW, Town

ENDED = [DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SUPERSEDED]


async def test_a_fresh_delivery_is_its_writers_until_the_lease_is_over(town: Town) -> None:
    """Nobody claims what is leased; afterwards it is claimed once."""
    await town.send(town.delivery("a"))
    assert await town.claim() == []
    town.wait(seconds=29.999999)
    assert await town.claim() == []
    town.wait(seconds=0.000001)
    assert await town.claim() == ["a"]
    assert await town.claim() == []


async def test_a_claimed_delivery_is_as_it_was_written(town: Town) -> None:
    """Everything that a channel needs survives the database; the lease is new, and it may have gone out."""
    message = Message(
        "plain <@U1> & 🦆",
        (
            Heading("H", 2),
            Text("t\nt", strong=True),
            Choices((Button("A long label", "answer", {"s": "x", "n": "1"}, short="A"),)),
            Form(
                "paste", "Paste", "Open", "Send", "submit", (TextField("text", "Your text", "v"),), {"s": "x"}
            ),
        ),
    )
    learner = await town.move_in()
    written = town.delivery(
        message=message,
        operation=Operation.UPDATE,
        conversation=None,
        service_url="https://smba.example/emea/",
        learner=learner.id,
        post=PostId("p1"),
        target="1700000000.000100",
        handle="https://hooks.example/actions/1",
        handle_until=NOW + timedelta(minutes=30),
        attempts=2,
    )
    await town.send(written)
    town.wait(minutes=1)
    (claimed,) = await town.claimed()
    assert claimed == replace(written, lease_until=town.clock.now + LEASE, in_doubt=True)


async def test_a_lease_that_ran_out_is_claimed_again(town: Town) -> None:
    """What a crashed sender held comes back, and again if the next one crashes too."""
    await town.send(town.delivery("a"))
    for _ in range(3):
        town.wait(seconds=30)
        assert await town.claim() == ["a"]


async def test_one_of_each_conversation_at_a_time_and_the_oldest_first(town: Town) -> None:
    """A conversation's next message is claimed only when the one before it is settled."""
    first = [town.delivery(f"a{n}", conversation="A") for n in range(3)]
    second = [town.delivery(f"b{n}", conversation="B") for n in range(2)]
    await town.send(*first, *second)
    town.wait(minutes=1)
    assert await town.claim() == ["a0", "b0"]
    assert await town.claim() == []
    await town.settle(first[0], DeliveryState.SENT)
    assert await town.claim() == ["a1"]
    await town.settle(second[0], DeliveryState.FAILED)
    await town.settle(first[1], DeliveryState.FAILED)
    assert await town.claim() == ["a2", "b1"]


async def test_a_message_that_waits_for_its_next_try_holds_back_those_after_it(town: Town) -> None:
    """An update cannot overtake the post that it changes."""
    first, second = town.delivery("post"), town.delivery("after")
    await town.send(first, second)
    town.wait(minutes=1)
    assert await town.claim() == ["post"]
    await town.settle(first, DeliveryState.QUEUED, next_attempt_at=town.clock.now + timedelta(minutes=5))
    town.wait(minutes=4)
    assert await town.claim() == []
    town.wait(minutes=1)
    assert await town.claim() == ["post"]
    await town.settle(first, DeliveryState.SENT)
    assert await town.claim() == ["after"]


async def test_a_claim_takes_no_more_than_it_asked_for(town: Town) -> None:
    """The limit holds, and the rest is left to the next claim."""
    await town.send(*(town.delivery(str(n), conversation=f"C{n}") for n in range(5)))
    town.wait(minutes=1)
    assert await town.claim(limit=3) == ["0", "1", "2"]
    assert await town.claim(limit=3) == ["3", "4"]


async def test_two_who_claim_at_once_get_different_deliveries(town: Town) -> None:
    """Each delivery is leased to one of those who ask at the same time."""
    await town.send(*(town.delivery(f"{n:02}", conversation=f"C{n}") for n in range(40)))
    town.wait(minutes=1)
    claims = await asyncio.gather(*(town.claim(limit=10) for _ in range(8)))
    taken = sorted(text for claim in claims for text in claim)
    while more := await town.claim():
        taken = sorted(taken + more)
    assert taken == [f"{n:02}" for n in range(40)]


async def test_a_delivery_put_back_is_due_at_its_next_attempt(town: Town) -> None:
    """A queued delivery keeps its message and counts its attempts."""
    delivery = town.delivery("a")
    await town.send(delivery)
    later = NOW + timedelta(seconds=7)
    await town.settle(delivery, DeliveryState.QUEUED, attempts=1, next_attempt_at=later, reason="429")
    town.wait(seconds=6)
    assert await town.claim() == []
    town.wait(seconds=1)
    (claimed,) = await town.claimed()
    assert (claimed.attempts, claimed.message.fallback) == (1, "a")


@pytest.mark.parametrize("state", ENDED)
async def test_what_is_settled_is_never_sent_again(town: Town, state: DeliveryState) -> None:
    """After its end a delivery is not claimed, and a late word of its former sender cannot revive it."""
    delivery = town.delivery("a")
    await town.send(delivery)
    await town.settle(delivery, state)
    await town.settle(delivery, DeliveryState.QUEUED, next_attempt_at=NOW)
    town.wait(days=1)
    assert await town.claim() == []


async def test_what_was_sent_is_known_of_its_post(town: Town) -> None:
    """The platform's id and conversation of a sent message go to its post."""
    learner = await town.move_in()
    post = Post(PostId("p1"), town.workspace.id, "U1")
    delivery = town.delivery(post=post.id, conversation=None)
    await town.store.apply(Changes(learner=learner, posts=(post,), deliveries=(delivery,)))
    await town.settle(delivery, DeliveryState.SENT, sent=Sent("1700.1", "D7"))
    assert await town.store.post(post.id) == replace(post, conversation="D7", external="1700.1")


async def test_a_post_in_a_known_conversation_is_known_to_be_there(town: Town) -> None:
    """Where the platform says nothing new of the conversation, the post is in the delivery's."""
    post = Post(PostId("p1"), town.workspace.id, "U1")
    delivery = town.delivery(post=post.id, conversation="D1")
    await town.store.apply(Changes(posts=(post,), deliveries=(delivery,)))
    await town.settle(delivery, DeliveryState.SENT, sent=Sent("1700.1"))
    assert await town.store.post(post.id) == replace(post, conversation="D1", external="1700.1")


async def test_an_update_that_says_nothing_new_leaves_the_post(town: Town) -> None:
    """A sent update without an id keeps what is known."""
    post = Post(PostId("p1"), town.workspace.id, "U1", "D1", "1700.1")
    delivery = town.update(post="p1")
    await town.store.apply(Changes(posts=(post,), deliveries=(delivery,)))
    await town.settle(delivery, DeliveryState.SENT, sent=Sent())
    assert await town.store.post(post.id) == post


async def test_a_new_direct_conversation_goes_to_the_account(town: Town) -> None:
    """A direct message that was opened for a delivery is used from then on."""
    await town.move_in()
    delivery = town.delivery(conversation=None)
    await town.send(delivery)
    await town.settle(delivery, DeliveryState.SENT, sent=Sent("1700.1", "D7"))
    account = (await town.see()).account
    assert account is not None
    assert account.direct == "D7"


async def test_a_message_to_a_conversation_does_not_become_the_direct_message(town: Town) -> None:
    """What is posted to a channel of many is nobody's direct message."""
    await town.move_in()
    delivery = town.delivery(conversation="C1")
    await town.send(delivery)
    await town.settle(delivery, DeliveryState.SENT, sent=Sent("1700.1", "C1"))
    account = (await town.see()).account
    assert account is not None
    assert account.direct is None


async def test_whoever_cannot_be_reached_is_marked_so(town: Town) -> None:
    """The account is unreachable until an interaction says otherwise."""
    learner = await town.move_in()
    await town.move_in("U2")
    delivery = town.delivery()
    await town.send(delivery)
    await town.settle(delivery, DeliveryState.FAILED, reason="blocked", unreachable=True)
    accounts = [(await town.see(name)).account for name in ("U1", "U2")]
    assert [account and account.reachable for account in accounts] == [False, True]
    await town.store.apply(Changes(account=town.account(learner)))
    account = (await town.see()).account
    assert account is not None
    assert account.reachable


async def test_many_settlements_at_once_are_all_recorded(town: Town) -> None:
    """A batch of a hundred ends a hundred deliveries, whatever their number's binary digits."""
    sent = [town.delivery(str(n), conversation=f"C{n}") for n in range(101)]
    await town.store.apply(Changes(deliveries=tuple(sent)))
    await town.store.settle([Settlement(d.id, DeliveryState.SENT, NOW, 1) for d in sent[:100]])
    await town.store.settle([])
    town.wait(minutes=1)
    assert await town.claim() == ["100"]


# ---------------------------------------------------------------- a newer update of the same message


async def queued(town: Town, delivery: Delivery) -> None:
    """Store a delivery that waits for its next attempt."""
    await town.send(delivery)
    await town.settle(delivery, DeliveryState.QUEUED, next_attempt_at=NOW)


async def test_a_newer_update_takes_the_place_of_a_queued_one(town: Town) -> None:
    """Of two updates of one message that wait, only the newer is ever sent."""
    await queued(town, town.update("old"))
    await town.send(town.update("new"))
    town.wait(minutes=1)
    assert await town.claim() == ["new"]
    town.wait(minutes=1)
    assert await town.claim() == ["new"]


async def test_an_update_of_another_message_does_not(town: Town) -> None:
    """Updates of two messages are two, and so are the homes of two people."""
    await queued(town, town.update("one", post="p1", conversation="A"))
    await queued(town, town.delivery("home", operation=Operation.HOME, account="U1", conversation="B"))
    await town.send(
        town.update("two", post="p2", conversation="C"),
        town.delivery("other home", operation=Operation.HOME, account="U2", conversation="D"),
    )
    town.wait(minutes=1)
    assert await town.claim() == ["one", "home", "two", "other home"]


async def test_a_newer_home_takes_the_place_of_a_queued_one(town: Town) -> None:
    """Only the newest home of a person is sent."""
    await queued(town, town.delivery("old", operation=Operation.HOME))
    await town.send(town.delivery("new", operation=Operation.HOME))
    town.wait(minutes=1)
    assert await town.claim() == ["new"]


async def test_an_update_in_flight_is_left_to_its_sender(town: Town) -> None:
    """What somebody is sending is not superseded: the sender's word counts, and the newer goes after it."""
    old, new = town.update("old"), town.update("new")
    await town.send(old)
    town.wait(seconds=10)
    await town.send(new)
    assert await town.claim() == []
    await town.settle(old, DeliveryState.QUEUED, next_attempt_at=town.clock.now)
    assert await town.claim() == []
    town.wait(seconds=30)
    assert await town.claim() == ["new"]


@pytest.mark.parametrize("end", [DeliveryState.SENT, DeliveryState.SUPERSEDED])
async def test_a_lost_older_update_is_not_sent_after_the_newer_one(town: Town, end: DeliveryState) -> None:
    """After a crash in between, the message keeps showing the newer screen."""
    old, new = town.update("old"), town.update("new")
    await town.send(old, new)
    await town.settle(new, end)
    town.wait(minutes=1)
    assert await town.claim() == []


async def test_an_older_update_is_sent_if_the_newer_one_failed(town: Town) -> None:
    """A newer update that the platform refused takes nobody's place."""
    old, new = town.update("old"), town.update("new")
    await town.send(old, new)
    await town.settle(new, DeliveryState.FAILED)
    town.wait(minutes=1)
    assert await town.claim() == ["old"]


async def test_the_same_message_id_in_two_workspaces_is_two_messages(town: Town) -> None:
    """A subject belongs to its workspace."""
    other = await town.store.workspace(WorkspaceRef(ChannelName.TEAMS, "tenant"))
    await queued(town, town.update("one", post=None, target="7"))
    await town.send(town.update("two", post=None, target="7", workspace=other))
    town.wait(minutes=1)
    assert await town.claim() == ["one", "two"]

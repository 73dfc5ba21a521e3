import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import pytest

from bot.errors import (
    BadCredentials,
    ChannelError,
    RateLimited,
    Rejected,
    ReplyLost,
    StorageUnavailable,
    Unavailable,
    Unreachable,
)
from bot.messages import Limits, say
from bot.model import (
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    Operation,
    OrganizationId,
    Post,
    PostId,
    Sent,
    Workspace,
    WorkspaceId,
)
from bot.ports import Lane, Settlement, Window
from scheduler.outbox import LEASE, MOST_ATTEMPTS, Outbox
from scheduler.pacing import Pacer
from tests.world import NOW

SPACE = Workspace(WorkspaceId("w1"), OrganizationId("o1"), ChannelName.SLACK, "T1")


def make_delivery(name: str = "d1", conversation: str | None = "D1", **more: object) -> Delivery:
    """Make a delivery to one conversation, leased from now."""
    values: dict[str, object] = {
        "id": DeliveryId(name),
        "organization": OrganizationId("o1"),
        "workspace": SPACE,
        "key": name,
        "kind": DeliveryKind.REPLY,
        "operation": Operation.POST,
        "account": "U1",
        "conversation": conversation,
        "message": say(name),
        "created_at": NOW,
        "lease_until": NOW + LEASE,
        **more,
    }
    return Delivery(**values)  # type: ignore[arg-type]


class Ledger:
    """Keeps settlements, hands out what is to be claimed, knows posts."""

    def __init__(self) -> None:
        self.settled: list[Settlement] = []
        self.due: list[Delivery] = []
        self.posts: dict[str, Post] = {}
        self.broken = False

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        if self.broken:
            raise StorageUnavailable("gone")
        self.settled += settlements

    async def claim(self, now: datetime, lease_until: datetime, limit: int) -> Sequence[Delivery]:
        claimed, self.due = self.due[:limit], self.due[limit:]
        return claimed

    async def post(self, post: PostId) -> Post | None:
        return self.posts.get(post)


class Line:
    """A channel that keeps what it delivers, and fails as it is told."""

    name = ChannelName.SLACK
    limits = Limits(50, 3000, 150, 3000, 75, 25, 75, 10000)

    def __init__(self, *faults: Exception | None, windows: tuple[Window, ...] = ()) -> None:
        self.faults = list(faults)
        self.windows = windows
        self.delivered: list[Delivery] = []
        self.in_flight: set[str] = set()
        self.gate: asyncio.Event | None = None

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        return (Lane("all", self.windows),) if self.windows else ()

    async def deliver(self, delivery: Delivery) -> Sent:
        assert delivery.lane not in self.in_flight, "one in flight per conversation"
        self.in_flight.add(delivery.lane)
        if self.gate:
            await self.gate.wait()
        self.in_flight.discard(delivery.lane)
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        self.delivered.append(delivery)
        return Sent(external=f"ts-{delivery.id}")


class Bench:
    """An outbox with its ledger and channel, on a clock that moves only by sleeping."""

    def __init__(self, line: Line) -> None:
        self.ledger, self.line, self.now = Ledger(), line, NOW
        self.slept: list[float] = []
        self.outbox = Outbox(
            self.ledger,  # type: ignore[arg-type]  # the part of a store that the outbox uses
            {ChannelName.SLACK: line},
            lambda: self.now,
            self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    async def sends(self, *deliveries: Delivery) -> list[Settlement]:
        """Take deliveries and wait for their settlements."""
        self.outbox.take(deliveries)
        await self.outbox.idle()
        return self.ledger.settled


async def test_what_is_taken_is_sent_and_settled() -> None:
    """A delivery goes out once and is settled with what the platform said."""
    settled = await Bench(Line()).sends(make_delivery())
    assert [(s.state, s.sent) for s in settled] == [(DeliveryState.SENT, Sent(external="ts-d1"))]


async def test_one_conversation_keeps_its_order_and_one_in_flight() -> None:
    """Messages to one conversation go one after the other, in their order; others do not wait."""
    line = Line()
    line.gate = asyncio.Event()
    bench = Bench(line)
    bench.outbox.take([make_delivery("a"), make_delivery("b"), make_delivery("c", "D2")])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert line.in_flight == {"w1/D1", "w1/D2"}
    line.gate.set()
    await bench.outbox.idle()
    assert [d.id for d in line.delivered if d.conversation == "D1"] == ["a", "b"]


async def test_a_newer_update_supersedes_an_unsent_older_one() -> None:
    """Of two waiting updates of one message only the newer goes out."""
    bench = Bench(Line())
    first = make_delivery("a", operation=Operation.UPDATE, target="ts1")
    second = make_delivery("b", operation=Operation.UPDATE, target="ts1")
    settled = await bench.sends(first, second)
    assert [(s.delivery, s.state) for s in settled] == [
        ("a", DeliveryState.SUPERSEDED),
        ("b", DeliveryState.SENT),
    ]


@pytest.mark.parametrize(
    "fault", [Unavailable("500"), ReplyLost("timeout"), RateLimited(7)], ids=["down", "lost", "limited"]
)
async def test_what_may_succeed_later_is_put_back(fault: ChannelError) -> None:
    """A slow, failing or limiting platform puts a delivery back with the time of its next try."""
    (settled,) = await Bench(Line(fault)).sends(make_delivery())
    assert settled.state is DeliveryState.QUEUED and settled.attempts == 1
    assert settled.next_attempt_at is not None
    wait = settled.next_attempt_at - NOW
    assert wait == timedelta(seconds=7) if isinstance(fault, RateLimited) else wait >= timedelta(seconds=2)


@pytest.mark.parametrize("fault", [Unreachable("403"), Rejected("bad card"), BadCredentials("401")])
async def test_what_never_succeeds_is_parked(fault: ChannelError) -> None:
    """A refusal for good settles the delivery as failed, and marks who cannot be reached."""
    (settled,) = await Bench(Line(fault)).sends(make_delivery())
    assert settled.state is DeliveryState.FAILED and settled.error == str(fault)
    assert settled.unreachable is isinstance(fault, Unreachable)


async def test_after_enough_tries_it_is_given_up() -> None:
    """The last try that fails settles the delivery as failed."""
    (settled,) = await Bench(Line(Unavailable("x"))).sends(make_delivery(attempts=MOST_ATTEMPTS - 1))
    assert settled.state is DeliveryState.FAILED


async def test_a_bug_in_a_channel_does_not_stop_the_conversation() -> None:
    """An unexpected exception fails its own delivery only."""
    settled = await Bench(Line(KeyError("bug"))).sends(make_delivery("a"), make_delivery("b"))
    assert [s.state for s in settled] == [DeliveryState.FAILED, DeliveryState.SENT]


async def test_the_platforms_pace_is_kept() -> None:
    """Three messages under a limit of one a second take two waits."""
    bench = Bench(Line(windows=(Window(1, 1.0),)))
    await bench.sends(make_delivery("a"), make_delivery("b"), make_delivery("c"))
    assert bench.slept == [1.0, 1.0]


async def test_a_retry_after_closes_the_lane() -> None:
    """After a 429 nothing else of the lane goes out until it is over."""
    bench = Bench(Line(RateLimited(5), windows=(Window(100, 1.0),)))
    settled = await bench.sends(make_delivery("a"), make_delivery("b"))
    assert settled[0].state is DeliveryState.QUEUED
    assert bench.slept == [5.0]


async def test_what_would_outlast_its_lease_is_put_back_uncounted() -> None:
    """A wait longer than the lease allows goes back to the store as no try."""
    bench = Bench(Line(windows=(Window(1, 60.0),)))
    settled = await bench.sends(make_delivery("a"), make_delivery("b"))
    assert settled[1].state is DeliveryState.QUEUED
    assert settled[1].attempts == 0
    assert settled[1].next_attempt_at == NOW + timedelta(seconds=60)


async def test_an_update_waits_for_its_message_to_be_posted() -> None:
    """An update of a message whose id is unknown is put back; once known, it is used."""
    bench = Bench(Line())
    update = make_delivery(operation=Operation.UPDATE, post=PostId("p1"))
    (waiting,) = await bench.sends(update)
    assert waiting.state is DeliveryState.QUEUED
    bench.ledger.posts["p1"] = Post(PostId("p1"), SPACE.id, "U1", "D9", "ts9")
    await bench.sends(update)
    assert (bench.line.delivered[0].target, bench.line.delivered[0].conversation) == ("ts9", "D9")


async def test_a_channel_that_is_off_keeps_its_messages() -> None:
    """A delivery for a channel that is not on waits in the store."""
    bench = Bench(Line())
    teams = Workspace(WorkspaceId("w2"), OrganizationId("o1"), ChannelName.TEAMS, "t")
    (settled,) = await bench.sends(make_delivery(workspace=teams))
    assert settled.state is DeliveryState.QUEUED and settled.attempts == 0


async def test_draining_claims_what_is_due() -> None:
    """A drain sends what the store hands out, and says how much that was."""
    bench = Bench(Line())
    bench.ledger.due = [make_delivery("a"), make_delivery("b", "D2")]
    assert await bench.outbox.drain() == 2
    await bench.outbox.idle()
    assert len(bench.line.delivered) == 2


async def test_a_database_that_fails_at_settling_stops_nothing() -> None:
    """A settlement that cannot be written leaves the delivery to its lease."""
    bench = Bench(Line())
    bench.ledger.broken = True
    await bench.sends(make_delivery("a"), make_delivery("b"))
    assert len(bench.line.delivered) == 2


async def test_stopping_waits_for_what_is_under_way_and_takes_nothing_more() -> None:
    """After stop nothing is taken; what was under way is finished first."""
    bench = Bench(Line())
    bench.outbox.take([make_delivery("a")])
    await bench.outbox.stop()
    bench.outbox.take([make_delivery("b")])
    assert [d.id for d in bench.line.delivered] == ["a"]


def pacer_day(windows: tuple[Window, ...], step: Callable[[Pacer, datetime], timedelta]) -> list[datetime]:
    """Send as fast as a pacer lets, a hundred times, and return when."""
    pacer, now, sent = Pacer(), NOW, []
    for _ in range(100):
        now += step(pacer, now)
        pacer.note((Lane("k", windows),), now)
        sent.append(now)
    return sent


def test_no_window_is_ever_overrun() -> None:
    """With Teams' four windows on a thread, no window holds more than its limit."""
    windows = (Window(7, 1), Window(8, 2), Window(60, 30), Window(1800, 3600))
    sent = pacer_day(windows, lambda pacer, now: pacer.wait((Lane("k", windows),), now))
    for window in windows:
        span = timedelta(seconds=window.seconds)
        assert max(sum(t <= s < t + span for s in sent) for t in sent) <= window.limit


def test_lanes_of_the_past_are_forgotten() -> None:
    """An hour after the last message a lane takes no memory."""
    pacer = Pacer()
    lane = Lane("k", (Window(1, 3000),))
    pacer.note((lane,), NOW)
    pacer.forget(NOW + timedelta(minutes=59))
    assert pacer.wait((lane,), NOW + timedelta(minutes=40)) > timedelta(0)
    pacer.forget(NOW + timedelta(hours=2))
    assert pacer._sent == {}

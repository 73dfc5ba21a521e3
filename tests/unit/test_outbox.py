import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
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
from bot.ports import Claimed, Lane, Settlement, Waiting, Window
from scheduler.draining import LEASE, ROOM
from scheduler.outbox import MOST_ATTEMPTS, Outbox
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
        self.begun: list[Delivery] = []
        self.verdicts: dict[str, DeliveryState | None] = {}
        self.closed_until: datetime | None = None
        self.released = False
        self.ended: list[tuple[Delivery, DeliveryState]] = []
        self.broken_at_claim = self.broken_at_begin = False
        self.broken = False

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        if self.broken:
            raise StorageUnavailable("gone")
        self.settled += settlements

    async def waiting(self, now: datetime) -> Sequence[Waiting]:
        return [Waiting(SPACE, bool(self.due), self.closed_until)]

    async def claim(
        self, workspace: Workspace, holder: str, now: datetime, lease_until: datetime, limit: int
    ) -> Claimed:
        if self.broken_at_claim:
            raise StorageUnavailable("gone")
        mine = [each for each in self.due if each.workspace == workspace][:limit]
        self.due = [each for each in self.due if each not in mine]
        ended, self.ended = self.ended, []
        return Claimed(tuple(replace(each, lease_until=lease_until) for each in mine), tuple(ended))

    async def begin(self, delivery: Delivery, now: datetime) -> DeliveryState | None:
        if self.broken_at_begin:
            raise StorageUnavailable("gone")
        self.begun.append(delivery)
        return self.verdicts.get(delivery.id, DeliveryState.SENDING)

    async def close_until(self, workspace: Workspace, until: datetime) -> None:
        self.closed_until = until

    async def release(self, holder: str) -> None:
        self.released = True

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
        self.found: Sent | Exception | None = None

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

    async def find(self, delivery: Delivery) -> Sent | None:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


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
            lambda delivery, state: self.observed.append((delivery.id, state)),
        )
        self.observed: list[tuple[str, DeliveryState]] = []
        self.real_sleep = False

    async def sleep(self, seconds: float) -> None:
        """Let the time go by; with `real_sleep` step by step, so that others come to their turn meanwhile."""
        self.slept.append(seconds)
        if not self.real_sleep:
            self.now += timedelta(seconds=seconds)
            return
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            await asyncio.sleep(0)
            self.now += timedelta(seconds=0.01)

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
    assert settled.state is DeliveryState.QUEUED
    assert settled.attempts == (0 if isinstance(fault, RateLimited) else 1)
    assert settled.next_attempt_at is not None
    wait = settled.next_attempt_at - NOW
    assert wait == timedelta(seconds=7) if isinstance(fault, RateLimited) else wait >= timedelta(seconds=2)


@pytest.mark.parametrize("fault", [Unreachable("403"), Rejected("bad card"), BadCredentials("401")])
async def test_what_never_succeeds_is_parked(fault: ChannelError) -> None:
    """A refusal for good settles the delivery as failed, and marks who cannot be reached."""
    (settled,) = await Bench(Line(fault)).sends(make_delivery())
    assert settled.state is DeliveryState.FAILED and settled.reason == str(fault)
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


# ---------------------------------------------------------------- what nobody asked for


def unasked(name: str = "n1", conversation: str | None = None, **more: object) -> Delivery:
    """Make a nudge that was claimed, to a conversation of its own where none is named."""
    nudge: dict[str, object] = {"kind": DeliveryKind.NUDGE}
    return make_delivery(name, conversation or name, **(nudge | more))


async def test_what_nobody_asked_for_is_noted_before_it_goes_out() -> None:
    """A nudge is begun in the store and then sent; a reply needs no note."""
    bench = Bench(Line())
    await bench.sends(unasked(), make_delivery("reply"))
    assert [each.id for each in bench.ledger.begun] == ["n1"]
    assert {each.id for each in bench.line.delivered} == {"n1", "reply"}


@pytest.mark.parametrize("verdict", [DeliveryState.DROPPED, None], ids=["dropped", "another's"])
async def test_what_may_not_go_out_any_more_does_not(verdict: DeliveryState | None) -> None:
    """Where the store says no, nothing is sent, and nothing is written over what it wrote."""
    bench = Bench(Line())
    bench.ledger.verdicts["n1"] = verdict
    assert await bench.sends(unasked()) == []
    assert bench.line.delivered == []


@pytest.mark.parametrize("kind", [DeliveryKind.NUDGE, DeliveryKind.DIGEST, DeliveryKind.NOTICE])
async def test_a_lost_answer_leaves_it_unknown(kind: DeliveryKind) -> None:
    """Where the platform took it or not, and does not say which, it ends as unknown and is not sent again."""
    bench = Bench(Line(ReplyLost("timeout")))
    (put_back,) = await bench.sends(unasked(kind=kind))
    assert (put_back.state, put_back.in_doubt) == (DeliveryState.QUEUED, True)
    bench.line.found = ReplyLost("Teams does not say")
    _, ended = await bench.sends(unasked(kind=kind, in_doubt=True))
    assert (ended.state, bench.line.delivered) == (DeliveryState.UNKNOWN, [])
    assert ended.reason == "sent or not, nobody knows: no answer: Teams does not say"


@pytest.mark.parametrize("kind", [DeliveryKind.NUDGE, DeliveryKind.REPLY])
async def test_what_is_found_is_sent(kind: DeliveryKind) -> None:
    """Where the platform shows that it is there, it is settled as sent, with its id, and not sent again."""
    bench = Bench(Line())
    bench.line.found = Sent("ts-7", "D1")
    (ended,) = await bench.sends(unasked(kind=kind, in_doubt=True))
    assert (ended.state, ended.sent) == (DeliveryState.SENT, Sent("ts-7", "D1"))
    assert bench.line.delivered == []


@pytest.mark.parametrize("kind", [DeliveryKind.NUDGE, DeliveryKind.REPLY])
async def test_what_is_certainly_not_there_is_sent(kind: DeliveryKind) -> None:
    """Where the platform shows that it is not there, it goes out."""
    bench = Bench(Line())
    (ended,) = await bench.sends(unasked(kind=kind, in_doubt=True))
    assert ended.state is DeliveryState.SENT and len(bench.line.delivered) == 1


@pytest.mark.parametrize("trouble", [ReplyLost("cannot be asked"), RateLimited(60), Unavailable("down")])
async def test_a_reply_is_not_kept_waiting_for_a_look(trouble: ChannelError) -> None:
    """An answer that may be there is sent again where the platform does not say so at once."""
    bench = Bench(Line())
    bench.line.found = trouble
    (ended,) = await bench.sends(make_delivery(in_doubt=True))
    assert ended.state is DeliveryState.SENT and len(bench.line.delivered) == 1


async def test_a_look_that_cannot_be_had_now_is_had_later() -> None:
    """Where history is limited or down, a nudge stays in doubt until it can be looked for."""
    bench = Bench(Line())
    for trouble in (RateLimited(60), Unavailable("down")):
        bench.line.found = trouble
        settled = (await bench.sends(unasked(in_doubt=True)))[-1]
        assert (settled.state, settled.in_doubt) == (DeliveryState.QUEUED, True)
    assert bench.ledger.settled[0].next_attempt_at == NOW + timedelta(seconds=60)
    settled = (await bench.sends(unasked(in_doubt=True, attempts=MOST_ATTEMPTS - 1)))[-1]
    assert settled.state is DeliveryState.UNKNOWN


async def test_an_update_is_never_in_doubt() -> None:
    """What changes a message in its place is sent again, since it shows once."""
    bench = Bench(Line(ReplyLost("timeout")))
    update = unasked(operation=Operation.UPDATE, target="ts1")
    (put_back,) = await bench.sends(update)
    assert not put_back.in_doubt
    bench.line.found = ReplyLost("cannot be asked")
    assert (await bench.sends(replace(update, in_doubt=True)))[-1].state is DeliveryState.SENT


async def test_without_the_database_nothing_unasked_goes_out() -> None:
    """Where the note cannot be made, the message is put back; what a reply needs is there already."""
    bench = Bench(Line())
    bench.ledger.broken_at_begin = True
    (put_back,) = await bench.sends(unasked())
    assert put_back.state is DeliveryState.QUEUED and bench.line.delivered == []


async def test_what_waits_for_its_time_is_left_to_the_drainer() -> None:
    """What is stored for later is not sent by the one who stored it; what is due now is claimed at once."""
    bench = Bench(Line())
    bench.outbox.take([unasked("later", due_at=NOW + timedelta(hours=1))])
    await bench.outbox.idle()
    assert bench.line.delivered == []
    bench.ledger.due = [unasked("now")]
    bench.outbox.take([unasked("now", due_at=NOW)])
    await bench.outbox.idle()
    assert [each.id for each in bench.line.delivered] == ["now"]


# ---------------------------------------------------------------- draining


async def test_more_than_there_is_room_for_is_drained_in_turn() -> None:
    """No more is claimed at once than can be under way, and the rest follows without another tick."""
    bench = Bench(Line())
    bench.ledger.due = [unasked(f"n{n}") for n in range(3 * ROOM)]
    assert await bench.outbox.drain() == ROOM
    await bench.outbox.idle()
    assert len(bench.line.delivered) == 3 * ROOM
    assert await bench.outbox.drain() == 0


async def test_a_database_that_fails_while_draining_stops_nothing() -> None:
    """The next tick goes on where the database failed."""
    bench = Bench(Line())
    bench.ledger.due = [unasked(f"n{n}") for n in range(2 * ROOM)]
    await bench.outbox.drain()
    bench.ledger.broken_at_claim = True
    await bench.outbox.idle()
    bench.ledger.broken_at_claim = False
    assert len(bench.line.delivered) == ROOM
    await bench.outbox.drain()
    await bench.outbox.idle()
    assert len(bench.line.delivered) == 2 * ROOM


async def test_stopping_gives_back_what_was_drained() -> None:
    """Another process may drain at once what this one had; who drained nothing gives nothing back."""
    idle, busy = Bench(Line()), Bench(Line())
    busy.ledger.due = [unasked()]
    await busy.outbox.drain()
    for bench in (idle, busy):
        await bench.outbox.stop()
    assert (idle.ledger.released, busy.ledger.released) == (False, True)
    assert len(busy.line.delivered) == 1


async def test_a_claim_is_told_of_what_ended() -> None:
    """What was dropped or superseded in the claim is counted."""
    bench = Bench(Line())
    bench.ledger.ended = [(unasked("late"), DeliveryState.DROPPED)]
    bench.ledger.due = [unasked("good")]
    await bench.outbox.drain()
    await bench.outbox.idle()
    assert bench.observed == [("late", DeliveryState.DROPPED), ("good", DeliveryState.SENT)]


# ---------------------------------------------------------------- platforms that want a pause


async def test_a_platform_that_wants_a_pause_gets_it_alone() -> None:
    """After a 429 its workspace is closed, which is stored, and other workspaces go on."""
    windows = (Window(100, 1.0),)
    bench = Bench(Line(RateLimited(60), windows=windows))
    other = Workspace(WorkspaceId("w2"), OrganizationId("o1"), ChannelName.SLACK, "T2")
    await bench.sends(unasked("a"))
    settled = await bench.sends(unasked("b"), unasked("c", workspace=other))
    assert bench.ledger.closed_until == NOW + timedelta(seconds=60)
    assert {each.delivery: each.state for each in settled[1:]} == {
        "b": DeliveryState.QUEUED,
        "c": DeliveryState.SENT,
    }
    bench.ledger.due = [unasked("d")]
    assert await bench.outbox.drain() == 0
    bench.now += timedelta(seconds=60)
    assert await bench.outbox.drain() == 1
    await bench.outbox.idle()


async def test_a_pause_outlives_the_process() -> None:
    """A process that starts in the midst of a pause keeps to it, also with its first reply."""
    bench = Bench(Line(windows=(Window(100, 1.0),)))
    bench.ledger.closed_until = NOW + timedelta(seconds=40)
    (put_back,) = await bench.sends(make_delivery())
    assert put_back.next_attempt_at == NOW + timedelta(seconds=40)


async def test_a_platform_that_never_opens_is_given_up_after_a_day() -> None:
    """Being told to wait counts as no try, but not for ever."""
    bench = Bench(Line(RateLimited(5), RateLimited(5)))
    (put_back,) = await bench.sends(make_delivery(attempts=MOST_ATTEMPTS))
    assert (put_back.state, put_back.attempts) == (DeliveryState.QUEUED, MOST_ATTEMPTS)
    old = make_delivery(created_at=NOW - timedelta(days=1, seconds=1))
    assert (await bench.sends(old))[-1].reason == "given up: rate limited for 5 s"


async def test_a_reply_goes_before_a_flood() -> None:
    """Of those that wait for the workspace's next place the reply takes it, though it came last."""
    bench = Bench(Line(windows=(Window(1, 1.0),)))
    bench.real_sleep = True
    flood = [unasked(f"n{n}", kind=DeliveryKind.DIGEST) for n in range(4)]
    bench.outbox.take(flood)
    await asyncio.sleep(0)
    bench.outbox.take([make_delivery("reply")])
    await bench.outbox.idle()
    assert "reply" in [each.id for each in bench.line.delivered[:2]]
    assert len(bench.line.delivered) == 5


async def test_a_digest_gives_way_in_its_own_conversation() -> None:
    """A digest that waits for the pace is put back for the reply that comes to the same conversation."""
    bench = Bench(Line(windows=(Window(1, 5.0),)))
    bench.real_sleep = True
    digest = unasked("digest", kind=DeliveryKind.DIGEST, conversation="D1")
    bench.outbox.take([unasked("first"), digest])
    await asyncio.sleep(0)
    bench.outbox.take([make_delivery("reply", "D1")])
    await bench.outbox.idle()
    assert [each.id for each in bench.line.delivered] == ["first", "reply"]
    (put_back,) = [each for each in bench.ledger.settled if each.delivery == "digest"]
    assert (put_back.state, put_back.attempts) == (DeliveryState.QUEUED, 0)


# ---------------------------------------------------------------- clocks


def test_a_clock_that_goes_back_costs_one_window() -> None:
    """What was sent in a future that is no more counts from now on, and a pause of it is over."""
    pacer, lane = Pacer(), Lane("k", (Window(1, 60.0),))
    pacer.note((lane,), NOW)
    earlier = NOW - timedelta(days=3)
    assert pacer.wait((lane,), earlier) == timedelta(seconds=60)
    assert pacer.wait((lane,), earlier + timedelta(seconds=60)) == timedelta(0)
    pacer.close(lane, NOW + timedelta(seconds=30))
    assert pacer.wait((lane,), NOW) == timedelta(seconds=30)
    assert pacer.wait((lane,), earlier + timedelta(seconds=60)) == timedelta(0)


def test_a_clock_that_goes_on_ahead_frees_the_windows() -> None:
    """After a jump ahead nothing of before counts."""
    pacer, lane = Pacer(), Lane("k", (Window(1, 60.0),))
    pacer.note((lane,), NOW)
    assert pacer.wait((lane,), NOW + timedelta(days=3)) == timedelta(0)

"""Sends what was committed: one message in flight per conversation, at the platform's pace, settled after.

A reply is born leased to this process, which sends it at once (`take`). What is said unasked waits in the
store for its time, as does what a crash, a slow platform or a long queue left behind; `scheduler.draining`
brings it here. The promise: a lesson reply is sent at least once, and again where nobody knows, since losing
it would leave the learner without an answer. What was said unasked is sent at most once: a note is made
before it goes out; where nobody knows what became of it, and the platform does not say, it is left at that.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from bot.errors import (
    Ambiguous,
    ChannelError,
    RateLimited,
    Rejected,
    Retryable,
    StorageError,
    Unreachable,
)
from bot.model import PRIORITY, ChannelName, Delivery, DeliveryState, Operation, Sent, Workspace
from bot.ports import Channel, Clock, Lane, Settlement, Store, Waiting
from scheduler.draining import Drainer
from scheduler.pacing import LONGEST_CLOSE, Turns

log = logging.getLogger("laps.outbox")

MARGIN = timedelta(seconds=15)
"""What must be left of a lease when sending starts: longer than any channel's HTTP timeout (10 s)."""

MOST_ATTEMPTS = 20
"""With the back-off below, the last try comes after more than an hour."""

MOST_PATIENCE = timedelta(days=1)
"""So long after its time a message is tried again whose platform asks again and again to wait."""

NOBODY_KNOWS = "sent or not, nobody knows"


class Outbox:
    """The outlet of dispatch, and the drainer that the ticker wakes."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[ChannelName, Channel],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        observe: Callable[[Delivery, DeliveryState], None] = lambda delivery, state: None,
    ) -> None:
        """Wire an outbox.

        Args:
            store: where deliveries are claimed and settled.
            channels: the channels that are on.
            clock: says the time.
            sleep: waits for seconds.
            observe: is told how each delivery ended, for metrics.
        """
        self._store = store
        self._channels = channels
        self._clock = clock
        self._observe = observe
        self._turns = Turns(clock, sleep)
        self._waiting: dict[str, deque[Delivery]] = {}
        self._held_up: dict[str, Workspace] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._open = True
        self._has_read_closed = False
        self._drainer = Drainer(store, clock, self._start, observe, self._is_closed)

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Start sending what was just committed; returns at once. What is for later stays in the store."""
        if not self._open:
            return
        self._start([delivery for delivery in deliveries if delivery.due_at is None])
        now = self._clock()
        due = [d for d in deliveries if d.due_at is not None and d.due_at <= now]
        # What waits for something that is on its way in its conversation is looked for again after it.
        self._held_up |= {d.lane: d.workspace for d in due if d.lane in self._waiting}
        for workspace in {d.workspace.id: d.workspace for d in due}.values():
            self._drainer.wake(workspace)

    async def drain(self) -> int:
        """Claim what is due and start sending it; return how many.

        Raises:
            StorageUnavailable: the store cannot be asked now; the next tick asks again.
        """
        now = self._clock()
        self._turns.pacer.forget(now)
        count = 0
        for each in await self._read_closed():
            if each.has_due and self._open and not self._is_closed(each.workspace):
                count += await self._drainer.begin(each.workspace)
        return count

    async def idle(self) -> None:
        """Wait until everything taken has been sent or put back."""
        while under_way := {*self._workers, *self._drainer.tasks}:
            await asyncio.wait(under_way)

    async def stop(self, patience: float = 5.0) -> None:
        """Take nothing more, and wait up to `patience` seconds for what is under way.

        What is not settled then is found again by its lease.
        """
        self._open = False
        self._drainer.close()
        if under_way := {*self._workers, *self._drainer.tasks}:
            _, late = await asyncio.wait(under_way, timeout=patience)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._drainer.release()

    def _start(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            queue = self._waiting.get(delivery.lane)
            if queue is not None:
                queue.append(delivery)
                continue
            self._waiting[delivery.lane] = deque((delivery,))
            worker = asyncio.get_running_loop().create_task(self._work(delivery.lane))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self, lane: str) -> None:
        """Send one conversation's deliveries in their order."""
        queue = self._waiting[lane]
        try:
            while queue:
                delivery = queue.popleft()
                try:
                    await self._see_to(delivery, queue)
                except Exception:  # a bug here must not stop the conversation's other messages
                    log.exception("a delivery failed", extra={"action": "bug", "delivery": delivery.id})
                finally:
                    self._drainer.ended(delivery)
        finally:
            del self._waiting[lane]
            if (workspace := self._held_up.pop(lane, None)) is not None:
                self._drainer.wake(workspace)

    async def _see_to(self, delivery: Delivery, behind: Collection[Delivery]) -> None:
        """Send a delivery, unless what waits behind it says something newer, and settle it."""
        subject = delivery.subject
        if subject is not None and any(later.subject == subject for later in behind):
            reason = "a newer one took its place"
            settlement: Settlement | None = self._settlement(
                delivery, DeliveryState.SUPERSEDED, reason=reason
            )
        else:
            settlement = await self._send(delivery, behind)
        if settlement is not None:
            self._observe(delivery, settlement.state)
            await self._settle(settlement)

    async def _settle(self, settlement: Settlement) -> None:
        try:
            await self._store.settle((settlement,))
        except StorageError as error:
            log.warning(
                "a delivery could not be settled; a reply may go out once more when its lease is over: %s",
                error,
                extra={"action": "settle_failed", "delivery": settlement.delivery},
            )

    # ------------------------------------------------------------ one delivery

    async def _send(self, delivery: Delivery, behind: Collection[Delivery]) -> Settlement | None:
        """Send a delivery and say what became of it; None where that is written down already.

        Args:
            delivery: what is to be sent.
            behind: what waits for it in its conversation.
        """
        channel = self._channels.get(delivery.workspace.channel)
        if channel is None:
            return self._later(delivery, timedelta(minutes=5), "the channel is off")
        try:
            found = await self._with_target(delivery)
            await self._learn_closed()
        except StorageError as error:
            return self._later(delivery, _backoff(delivery), str(error))
        if found is None:
            return self._again(delivery, "the message to update has not been posted yet")
        if found.in_doubt:
            known = await self._look_for(channel, found)
            if known is not None:
                return known
            found = replace(found, in_doubt=False)
        wait = await self._turn(channel, found, behind)
        if wait is not None:
            return self._later(found, wait, "waits for the platform's pace")
        if self._clock() > found.lease_until - MARGIN:
            return self._later(found, timedelta(0), "the lease is nearly over")
        if found.is_unasked:
            try:
                state = await self._store.begin(found, self._clock())
            except StorageError as error:
                return self._later(found, _backoff(found), str(error))
            if state is not DeliveryState.SENDING:
                if state is not None:
                    self._observe(found, state)
                return None
        return await self._deliver(channel, found)

    async def _deliver(self, channel: Channel, delivery: Delivery) -> Settlement:
        try:
            sent = await channel.deliver(delivery)
        except RateLimited as error:
            return await self._limited(delivery, error)
        except ChannelError as error:
            return self._failed(delivery, error)
        except Exception as error:  # a bug in a channel must not stop the conversation's other messages
            log.exception("a channel failed", extra={"action": "bug", "delivery": delivery.id})
            return self._failed(delivery, Rejected(f"bug: {type(error).__name__}"))
        return self._settlement(delivery, DeliveryState.SENT, sent=sent)

    async def _with_target(self, delivery: Delivery) -> Delivery | None:
        """Find the platform's id of the message to update; None while it is not known."""
        if delivery.operation is not Operation.UPDATE or delivery.target or delivery.handle:
            return delivery
        post = await self._store.post(delivery.post) if delivery.post else None
        if post is None or post.external is None:
            return None
        return replace(
            delivery, target=post.external, conversation=post.conversation or delivery.conversation
        )

    async def _look_for(self, channel: Channel, delivery: Delivery) -> Settlement | None:
        """Say what became of a delivery that may have gone out before; None: it is to be sent.

        A reply is not kept waiting: where the platform does not say, it is sent again.
        """
        if not delivery.shows_twice:
            return None
        try:
            sent = await channel.find(delivery)
        except Retryable as error:
            if not delivery.is_unasked:
                return None
            wait = timedelta(seconds=error.retry_after) if isinstance(error, RateLimited) else None
            return self._again(delivery, f"{NOBODY_KNOWS}, looked for: {error}", wait, in_doubt=True)
        except ChannelError as error:
            return self._unknown(delivery, str(error)) if delivery.is_unasked else None
        if sent is None:
            return None
        return self._settlement(delivery, DeliveryState.SENT, sent=sent, reason="found where it was sent to")

    # ------------------------------------------------------------ the pace

    async def _turn(
        self, channel: Channel, delivery: Delivery, behind: Collection[Delivery]
    ) -> timedelta | None:
        """Wait for the turn of a delivery; where it does not come in time, say how long it would take."""
        place = PRIORITY[delivery.kind]

        def gives_way() -> bool:
            return any(PRIORITY[other.kind] < place for other in behind)

        until = delivery.lease_until - MARGIN
        return await self._turns.take(self._lanes(channel, delivery), place, until, gives_way)

    def _lanes(self, channel: Channel, delivery: Delivery) -> tuple[Lane, ...]:
        """Return the limits that a delivery counts against; a closed workspace holds up all of them."""
        lanes = channel.lanes(delivery)
        return (*lanes, _whole(delivery.workspace)) if lanes else ()

    def _is_closed(self, workspace: Workspace) -> bool:
        return bool(self._turns.pacer.wait((_whole(workspace),), self._clock()))

    async def _learn_closed(self) -> None:
        """Read, once in this process's life, which platforms asked an earlier one to wait."""
        if not self._has_read_closed:
            await self._read_closed()

    async def _read_closed(self) -> Sequence[Waiting]:
        waiting = await self._store.waiting(self._clock())
        self._has_read_closed = True
        for each in waiting:
            if each.closed_until is not None:
                self._turns.pacer.close(_whole(each.workspace), each.closed_until)
        return waiting

    async def _limited(self, delivery: Delivery, error: RateLimited) -> Settlement:
        """Do as the platform asks: send nothing to this workspace for a while, and count no try."""
        wait = min(LONGEST_CLOSE, timedelta(seconds=max(1.0, error.retry_after)))
        until = self._clock() + wait
        self._turns.pacer.close(_whole(delivery.workspace), until)
        with suppress(StorageError):  # then only this process knows
            await self._store.close_until(delivery.workspace, until)
        if self._clock() - delivery.planned_at > MOST_PATIENCE:
            return self._given_up(delivery, str(error))
        return self._later(delivery, wait, str(error))

    # ------------------------------------------------------------ how it ended

    def _failed(self, delivery: Delivery, error: ChannelError) -> Settlement:
        if isinstance(error, Ambiguous) and delivery.shows_twice:
            return self._again(delivery, f"{NOBODY_KNOWS}: {error}", in_doubt=True)
        if isinstance(error, Retryable | Ambiguous):
            return self._again(delivery, str(error))
        log.error(
            "a message cannot be delivered: %s %s",
            error,
            error.hint,
            extra={"action": "delivery_failed", "delivery": delivery.id},
        )
        gone = isinstance(error, Unreachable)
        return self._settlement(delivery, DeliveryState.FAILED, reason=str(error), unreachable=gone)

    def _again(
        self, delivery: Delivery, reason: str, wait: timedelta | None = None, in_doubt: bool = False
    ) -> Settlement:
        """Try again later, until there were enough tries."""
        if delivery.attempts + 1 >= MOST_ATTEMPTS:
            return self._unknown(delivery, reason) if in_doubt else self._given_up(delivery, reason)
        later = self._later(delivery, wait if wait is not None else _backoff(delivery), reason)
        return replace(later, attempts=delivery.attempts + 1, in_doubt=in_doubt)

    def _later(self, delivery: Delivery, wait: timedelta, reason: str) -> Settlement:
        """Put a delivery back without counting it as a try."""
        settlement = self._settlement(delivery, DeliveryState.QUEUED, reason=reason)
        return replace(
            settlement,
            attempts=delivery.attempts,
            next_attempt_at=settlement.settled_at + wait,
            lease_until=delivery.lease_until,
            in_doubt=delivery.in_doubt,
        )

    def _given_up(self, delivery: Delivery, reason: str) -> Settlement:
        log.error(
            "given up after %d tries: %s",
            delivery.attempts + 1,
            reason,
            extra={"action": "delivery_failed", "delivery": delivery.id},
        )
        return self._settlement(delivery, DeliveryState.FAILED, reason=f"given up: {reason}")

    def _unknown(self, delivery: Delivery, reason: str) -> Settlement:
        log.warning(
            "sent or not, nobody knows, and not sent again: %s",
            reason,
            extra={"action": "delivery_unknown", "delivery": delivery.id},
        )
        return self._settlement(delivery, DeliveryState.UNKNOWN, reason=f"{NOBODY_KNOWS}: {reason}")

    def _settlement(
        self,
        delivery: Delivery,
        state: DeliveryState,
        sent: Sent | None = None,
        reason: str | None = None,
        unreachable: bool = False,
    ) -> Settlement:
        return Settlement(
            delivery=delivery.id,
            state=state,
            settled_at=self._clock(),
            attempts=delivery.attempts + 1,
            sent=sent,
            reason=reason,
            unreachable=unreachable,
        )


def _whole(workspace: Workspace) -> Lane:
    """Return the lane that is closed while a platform wants to hear nothing for a workspace."""
    return Lane(f"workspace/{workspace.id}", ())


def _backoff(delivery: Delivery) -> timedelta:
    """Wait 2, 4, 8 … at most 300 seconds, spread by up to half so that many do not come back at once."""
    seconds = min(300.0, 2.0 ** (delivery.attempts + 1))
    digest = hashlib.blake2b(f"{delivery.id}{delivery.attempts}".encode(), digest_size=2).digest()
    return timedelta(seconds=seconds * (1 + int.from_bytes(digest) / 65536 / 2))

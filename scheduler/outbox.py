"""Sends what was committed: one message in flight per conversation, at the platform's pace, settled after.

A delivery is born leased to this process, which sends it at once (`take`). What a crash, a slow platform or
a long queue left behind comes back through the store when its lease is over (`drain`). The promise: a lesson
reply is sent at least once; what cannot be known is sent again only where sending twice shows once, or where
losing it would leave the learner without an answer. What was said unasked is not sent again then.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from bot.model import ChannelName, Delivery, DeliveryKind, DeliveryState, Operation, Sent
from bot.ports import Channel, Clock, Settlement, Store
from scheduler.pacing import Pacer

log = logging.getLogger("laps.outbox")

LEASE = timedelta(seconds=30)
"""How long a claimed delivery is this process's own."""

MARGIN = timedelta(seconds=15)
"""What must be left of a lease when sending starts: longer than any channel's HTTP timeout (10 s)."""

MOST_ATTEMPTS = 10
"""With the back-off below, the last try comes after about half an hour."""

BATCH = 100


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
        self._sleep = sleep
        self._observe = observe
        self._pacer = Pacer()
        self._waiting: dict[str, deque[Delivery]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._open = True

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Start sending what was just committed; returns at once."""
        if not self._open:
            return
        for delivery in deliveries:
            queue = self._waiting.get(delivery.lane)
            if queue is not None:
                queue.append(delivery)
                continue
            self._waiting[delivery.lane] = deque((delivery,))
            worker = asyncio.get_running_loop().create_task(self._work(delivery.lane))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def drain(self) -> int:
        """Claim what is due and start sending it; return how many.

        Raises:
            StorageUnavailable: the store cannot be asked now; the next tick asks again.
        """
        now = self._clock()
        self._pacer.forget(now)
        claimed = await self._store.claim(now, now + LEASE, BATCH)
        self.take(claimed)
        return len(claimed)

    async def idle(self) -> None:
        """Wait until everything taken has been sent or put back."""
        while self._workers:
            await asyncio.wait(set(self._workers))

    async def stop(self, patience: float = 5.0) -> None:
        """Take nothing more, and wait up to `patience` seconds for what is under way.

        What is not settled then is found again by its lease.
        """
        self._open = False
        if self._workers:
            _, late = await asyncio.wait(set(self._workers), timeout=patience)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, lane: str) -> None:
        """Send one conversation's deliveries in their order."""
        queue = self._waiting[lane]
        try:
            while queue:
                delivery = queue.popleft()
                subject = delivery.subject
                if subject is not None and any(later.subject == subject for later in queue):
                    settlement = self._settlement(delivery, DeliveryState.SUPERSEDED)
                else:
                    settlement = await self._send(delivery)
                self._observe(delivery, settlement.state)
                await self._settle(settlement)
        finally:
            del self._waiting[lane]

    async def _settle(self, settlement: Settlement) -> None:
        try:
            await self._store.settle((settlement,))
        except StorageError as error:
            log.warning(
                "a delivery could not be settled; it may go out once more when its lease is over: %s",
                error,
                extra={"action": "settle_failed", "delivery": settlement.delivery},
            )

    async def _send(self, delivery: Delivery) -> Settlement:
        channel = self._channels.get(delivery.workspace.channel)
        if channel is None:
            return self._later(delivery, timedelta(minutes=5), "the channel is off")
        try:
            found = await self._with_target(delivery)
        except StorageError as error:
            return self._later(delivery, _backoff(delivery), str(error))
        if found is None:
            return self._again(delivery, "the message to update has not been posted yet")
        lanes = channel.lanes(found)
        wait = self._pacer.wait(lanes, self._clock())
        if wait:
            if self._clock() + wait > delivery.lease_until - MARGIN:
                return self._later(delivery, wait, "waits for the platform's pace")
            await self._sleep(wait.total_seconds())
        now = self._clock()
        if now > delivery.lease_until - MARGIN:
            return self._later(delivery, timedelta(0), "the lease is nearly over")
        self._pacer.note(lanes, now)
        try:
            sent = await channel.deliver(found)
        except RateLimited as error:
            pause = timedelta(seconds=max(1.0, error.retry_after))
            self._pacer.close(lanes, self._clock() + pause)
            return self._again(delivery, str(error), pause)
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

    def _failed(self, delivery: Delivery, error: ChannelError) -> Settlement:
        if isinstance(error, Ambiguous) and delivery.kind is DeliveryKind.NUDGE:
            return self._settlement(
                delivery, DeliveryState.FAILED, error=f"sent or not, nobody knows: {error}"
            )
        if isinstance(error, Retryable | Ambiguous):
            return self._again(delivery, str(error))
        log.error(
            "a message cannot be delivered: %s %s",
            error,
            error.hint,
            extra={"action": "delivery_failed", "delivery": delivery.id},
        )
        gone = isinstance(error, Unreachable)
        return self._settlement(delivery, DeliveryState.FAILED, error=str(error), unreachable=gone)

    def _again(self, delivery: Delivery, error: str, wait: timedelta | None = None) -> Settlement:
        """Try again later, until there were enough tries."""
        if delivery.attempts + 1 >= MOST_ATTEMPTS:
            log.error(
                "given up after %d tries: %s",
                MOST_ATTEMPTS,
                error,
                extra={"action": "delivery_failed", "delivery": delivery.id},
            )
            return self._settlement(delivery, DeliveryState.FAILED, error=error)
        later = self._later(delivery, wait if wait is not None else _backoff(delivery), error)
        return replace(later, attempts=delivery.attempts + 1)

    def _later(self, delivery: Delivery, wait: timedelta, error: str) -> Settlement:
        """Put a delivery back without counting it as a try."""
        settlement = self._settlement(delivery, DeliveryState.QUEUED, error=error)
        return replace(settlement, attempts=delivery.attempts, next_attempt_at=settlement.settled_at + wait)

    def _settlement(
        self,
        delivery: Delivery,
        state: DeliveryState,
        sent: Sent | None = None,
        error: str | None = None,
        unreachable: bool = False,
    ) -> Settlement:
        return Settlement(
            delivery=delivery.id,
            state=state,
            settled_at=self._clock(),
            attempts=delivery.attempts + 1,
            sent=sent,
            error=error,
            unreachable=unreachable,
        )


def _backoff(delivery: Delivery) -> timedelta:
    """Wait 2, 4, 8 … at most 300 seconds, spread by up to half so that many do not come back at once."""
    seconds = min(300.0, 2.0 ** (delivery.attempts + 1))
    digest = hashlib.blake2b(f"{delivery.id}{delivery.attempts}".encode(), digest_size=2).digest()
    return timedelta(seconds=seconds * (1 + int.from_bytes(digest) / 65536 / 2))

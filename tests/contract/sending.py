"""A process that drains the outbox to a platform which is a file, until nothing is left or it is killed.

`python -m tests.contract.sending URL FILE SECONDS ASKED`: the clock is SECONDS ahead of the real one; ASKED
is 1 where the platform says afterwards what it has.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.errors import ReplyLost, StorageUnavailable
from bot.messages import Limits
from bot.model import ChannelName, Delivery, Sent
from bot.ports import Clock, Lane, Store
from scheduler.outbox import Outbox
from storage import open_store


class FilePlatform:
    """Takes a message by writing a line, and answers some time later."""

    name = ChannelName.SLACK
    limits = Limits(50, 3000, 150, 3000, 75, 25, 75, 10000)

    def __init__(self, file: Path, can_be_asked: bool) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._path = file
        self._can_be_asked = can_be_asked

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Limit nothing."""
        return ()

    async def deliver(self, delivery: Delivery) -> Sent:
        """Take it, and be slow to say so."""
        os.write(self._file, f"{delivery.id}\n".encode())
        print(delivery.id, flush=True)
        await asyncio.sleep(0.002)
        return Sent(delivery.id)

    async def find(self, delivery: Delivery) -> Sent | None:
        """Say whether it is there, where it can be asked."""
        if not self._can_be_asked:
            raise ReplyLost("it does not say")
        return Sent(delivery.id) if delivery.id in self._path.read_text().split() else None


async def opened(url: str, clock: Clock) -> Store:
    """Open the store; while another process writes all the time, a start may find no room for itself."""
    while True:
        try:
            return await open_store(url, "Acme", "Europe/Berlin", clock)
        except StorageUnavailable:
            await asyncio.sleep(0.05)


async def main(url: str, file: str, ahead: str, asked: str) -> None:
    """Drain until nothing is due."""
    offset = timedelta(seconds=float(ahead))

    def clock() -> datetime:
        return datetime.now(UTC) + offset

    store = await opened(url, clock)
    outbox = Outbox(store, {ChannelName.SLACK: FilePlatform(Path(file), asked == "1")}, clock)
    while any(each.has_due for each in await store.waiting(clock())):
        await outbox.drain()
        await outbox.idle()
        await asyncio.sleep(0.05)
    await outbox.stop()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""Kill -9 in the midst of sending, and two who send at once: nobody gets twice what nobody asked for."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from bot.model import Changes, DeliveryKind, DeliveryState
from scheduler.draining import LEASE, ROOM
from tests.stores import Place, Town

MESSAGES, KILLS = 240, 4


async def begin(place: Place, file: Path, ahead: float, can_be_asked: bool) -> Process:
    """Start a process that sends what is due."""
    program = (sys.executable, "-m", "tests.contract.sending", place.url, str(file), str(ahead))
    return await asyncio.create_subprocess_exec(*program, str(int(can_be_asked)), stdout=PIPE)


async def stored(place: Place) -> Town:
    """Store messages that nobody asked for, each to a conversation of its own, due now."""
    place.clock.now = datetime.now(UTC)
    town = await Town.found(await place.open(), place.clock)
    unasked = {"kind": DeliveryKind.NUDGE, "due_at": place.clock.now}
    made = tuple(town.delivery(f"{n}", conversation=f"C{n}", **unasked) for n in range(MESSAGES))
    await town.store.apply(Changes(deliveries=made))
    return town


async def outlived(place: Place, file: Path, can_be_asked: bool) -> Counter[DeliveryState]:
    """Send everything, killed again and again, each time after some more; count how all ended."""
    town = await stored(place)
    ahead = 0.0
    for kill in range(KILLS):
        process = await begin(place, file, ahead, can_be_asked)
        assert process.stdout is not None
        for _ in range(20 + 7 * kill):
            await process.stdout.readline()
        process.kill()
        await process.communicate()
        ahead += LEASE.total_seconds()
    last = await begin(place, file, ahead, can_be_asked)
    await last.communicate()
    assert last.returncode == 0
    records = await town.store.outgoing(False, MESSAGES)
    assert all(each.reason for each in records if each.state is not DeliveryState.SENT)
    await town.store.close()
    return Counter(each.state for each in records)


async def test_what_nobody_asked_for_comes_once_or_is_known_to_be_unknown(
    place: Place, tmp_path: Path
) -> None:
    """With a platform that does not say: none twice; what is not there is unknown, some of each kill."""
    ended = await outlived(place, tmp_path / "taken", can_be_asked=False)
    taken = Counter((tmp_path / "taken").read_text().split())
    assert max(taken.values()) == 1
    assert ended[DeliveryState.SENT] + ended[DeliveryState.UNKNOWN] == MESSAGES
    assert MESSAGES - len(taken) <= ended[DeliveryState.UNKNOWN] <= KILLS * ROOM


async def test_where_the_platform_says_nothing_is_lost_either(place: Place, tmp_path: Path) -> None:
    """With a platform that can be asked every message is there exactly once, and known to be."""
    ended = await outlived(place, tmp_path / "taken", can_be_asked=True)
    taken = Counter((tmp_path / "taken").read_text().split())
    assert (len(taken), max(taken.values())) == (MESSAGES, 1)
    assert ended == {DeliveryState.SENT: MESSAGES}


async def test_two_who_send_at_once_send_each_once(place: Place, tmp_path: Path) -> None:
    """Of two processes on one database one drains, the other waits for its end; none is sent twice."""
    town = await stored(place)
    both = [await begin(place, tmp_path / "taken", 0, can_be_asked=False) for _ in range(2)]
    said = [(await process.communicate())[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    taken = Counter((tmp_path / "taken").read_text().split())
    assert (len(taken), max(taken.values())) == (MESSAGES, 1)
    assert max(map(len, said)) >= MESSAGES - ROOM
    records = await town.store.outgoing(False, MESSAGES)
    assert {each.state for each in records} == {DeliveryState.SENT}
    await town.store.close()

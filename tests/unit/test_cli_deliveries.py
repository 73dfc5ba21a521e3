"""`laps deliveries`: what went out or is to, and why what did not arrive did not."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta

from bot.model import ChannelName, DeliveryKind, DeliveryState, WorkspaceRef
from storage import open_store
from tests.commands import Laps
from tests.stores import NOW, Clock, Town


def fill(laps: Laps, work: Callable[[Town], Coroutine[object, object, None]]) -> None:
    """Do something in the database that the command is to read."""

    async def run() -> None:
        clock = Clock()
        store = await open_store("sqlite+aiosqlite:///var/laps.db", "Acme", "Europe/Berlin", clock)
        await work(await Town.found(store, clock))
        await store.close()

    asyncio.run(run())


async def three(town: Town) -> None:
    """Store one that was sent, one that was dropped, and one that waits."""
    await town.store.import_events([town.event("E-4711")])
    known = (await town.store.find_person("E-4711")).id
    sent = town.delivery("secret words", learner=known)
    late = town.delivery("more secrets", kind=DeliveryKind.NUDGE, due_at=NOW, late_at=NOW, conversation="D2")
    teams = await town.store.workspace(WorkspaceRef(ChannelName.TEAMS, "tenant"))
    later = NOW + timedelta(hours=3)
    await town.send(sent, late, town.delivery("x", kind=DeliveryKind.DIGEST, due_at=later, workspace=teams))
    await town.settle(sent, DeliveryState.SENT)
    town.wait(hours=1)
    await town.claim()


def test_the_newest_come_first_with_their_reasons(laps: Laps) -> None:
    """Due time, channel, workspace, person, kind, state, tries and reason; nothing of the text."""
    fill(laps, three)
    found = laps("deliveries")
    lines = found.out.splitlines()
    assert found.code == 0 and lines[0].split()[:2] == ["due", "(UTC)"]
    assert lines[1].split() == ["2026-11-23", "12:00", "teams", "tenant", "-", "digest", "queued", "0"]
    assert lines[2].split()[:7] == ["2026-11-23", "09:00", "slack", "T1", "-", "nudge", "dropped"]
    assert lines[2].endswith("too late: its time was over before it could go out")
    assert lines[3].split() == ["2026-11-23", "09:00", "slack", "T1", "E-4711", "reply", "sent", "1"]
    assert "secret" not in found.out


def test_only_what_was_lost(laps: Laps) -> None:
    """With --failed there is what did not surely arrive, and nothing else."""
    fill(laps, three)
    (row,) = json.loads(laps("deliveries", "--failed", "--format", "json").out)
    assert row == {
        "due_at": "2026-11-23T09:00:00Z",
        "settled_at": "2026-11-23T10:00:00Z",
        "channel": "slack",
        "workspace": "T1",
        "person": None,
        "kind": "nudge",
        "state": "dropped",
        "attempts": 0,
        "reason": "too late: its time was over before it could go out",
    }
    assert len(json.loads(laps("deliveries", "--limit", "2", "--format", "json").out)) == 2


def test_where_there_is_nothing_that_is_said(laps: Laps) -> None:
    """An empty outbox is no error, in text and in JSON."""
    assert laps("deliveries").out == "Nothing went out yet.\n"
    assert laps("deliveries", "--failed").out == "Everything has arrived, or waits for its time.\n"
    assert laps("deliveries", "--format", "json").out == "[]\n"

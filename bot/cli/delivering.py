"""`laps deliveries`: what went out or is to, to whom, and why what did not arrive did not."""

from __future__ import annotations

import json
from datetime import datetime

from bot.cli.opening import opened
from bot.cli.printing import make_console, print_columns
from bot.ports import DeliveryRecord
from bot.settings import Settings

HEAD = ("due (UTC)", "channel", "workspace", "person", "kind", "state", "tries", "reason")


async def deliveries(settings: Settings, only_lost: bool, limit: int, form: str) -> int:
    """Print the newest deliveries, the newest first; nothing of what they say."""
    async with opened(settings) as store:
        found = await store.outgoing(only_lost, limit)
    if form == "json":
        print(json.dumps([_row(each) for each in found], indent=2, ensure_ascii=False))
    elif not found:
        print("Everything has arrived, or waits for its time." if only_lost else "Nothing went out yet.")
    else:
        print_columns(make_console(), [HEAD, *map(_cells, found)], head=True)
    return 0


def _cells(each: DeliveryRecord) -> tuple[str, ...]:
    where = (each.channel.value, each.workspace, each.person or "-")
    what = (each.kind.value, each.state.value, str(each.attempts))
    return (f"{each.due_at:%Y-%m-%d %H:%M}", *where, *what, each.reason)


def _row(each: DeliveryRecord) -> dict[str, object]:
    return {
        "due_at": _utc(each.due_at),
        "settled_at": _utc(each.settled_at) if each.settled_at is not None else None,
        "channel": each.channel.value,
        "workspace": each.workspace,
        "person": each.person or None,
        "kind": each.kind.value,
        "state": each.state.value,
        "attempts": each.attempts,
        "reason": each.reason or None,
    }


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")

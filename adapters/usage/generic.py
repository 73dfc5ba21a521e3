"""The generic CSV of use: `event_id,person,occurred_at,day,tool,task,count,unit,source,grain`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import BinaryIO

from bot.cohorts.cells import LONGEST_ADDRESS, Check, meant, plain
from bot.measurement.intake import Told
from bot.measurement.uses import Grain
from bot.tabular import End, Finding, Header, Lines, capped, rows_of

LARGEST = 2_000_000_000
"""Bytes: some ten million records."""

MOST = 1_000_000
"""Of what one record may count."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_GRAINS = (Grain.EVENT, Grain.DAY, Grain.ROLLING_7D, Grain.ROLLING_28D)
"""What the columns can tell; a period would need its first day."""


def rules(tools: Collection[str], today: date) -> Mapping[str, Check]:
    """Return the columns that there are, with the check of each.

    Args:
        tools: those that there are, by their ids.
        today: nothing is told of later days, but for a day's difference of zones.
    """

    def tool(text: str) -> str:
        if text in tools:
            return text
        raise ValueError(f"lessons.yaml has no tool {text!r}{meant(text, tools)}")

    def day(text: str) -> str:
        if not _DAY.fullmatch(text):
            raise ValueError(f"{text!r} is no day; write it like 2026-11-02")
        try:
            on = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"there is no day {text!r}") from error
        if on > today + timedelta(days=1):
            raise ValueError(f"{on} has not come yet")
        return on.isoformat()

    def moment(text: str) -> str:
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is no time; write it like 2026-11-02T09:30:00Z") from error
        if at.tzinfo is None:
            raise ValueError(f"{text!r} names no zone; write it like 2026-11-02T09:30:00Z")
        day(at.astimezone(UTC).date().isoformat())
        return at.astimezone(UTC).isoformat()

    return {
        "event_id": str,
        "person": str,
        "occurred_at": moment,
        "day": day,
        "tool": tool,
        "task": str,
        "count": _count,
        "unit": str,
        "source": str,
        "grain": _grain,
    }


def read_generic(file: BinaryIO, known: Mapping[str, Check], zone: tzinfo) -> Iterator[Told | Finding]:
    """Read the records of a file, and what is wrong with its lines.

    Args:
        file: can be sought; see `bot.tabular`.
        known: the columns, by `rules`.
        zone: in which the local day of a time is counted where the line names none.
    """
    lines = None
    try:
        lines = Lines(file, LARGEST)
        header = Header.read(lines, known)
        yield from header.findings
        if "tool" in header.columns:
            yield from capped(_judged(lines, header, known, zone))
        else:
            yield Finding(lines.number, "tool", "there is no such column, and without it nothing is counted")
    except End as end:
        yield end.finding
    finally:
        if lines is not None:
            lines.leave()


def _judged(
    lines: Lines, header: Header, known: Mapping[str, Check], zone: tzinfo
) -> Iterator[Told | Finding]:
    for row in rows_of(lines, header):
        if isinstance(row, Finding):
            yield row
        else:
            cells = {name: cell for name, cell in zip(header.columns, row.cells, strict=True) if name}
            yield from record(row.number, cells, known, zone)


def record(
    line: int, cells: Mapping[str, str], known: Mapping[str, Check], zone: tzinfo
) -> Iterator[Told | Finding]:
    """Make the record of what a line says, or say what is wrong with it.

    Args:
        line: where it stands, from 1.
        cells: what is said, by the names of the columns.
        known: the columns, by `rules`.
        zone: in which the local day of a time is counted where the line names none.
    """
    said: dict[str, str] = {}
    problems: list[Finding] = []
    for name, cell in cells.items():
        try:
            # A number below 0 is no formula, and is told what it is.
            text = cell.strip() if name == "count" else plain(cell, LONGEST_ADDRESS)
            said[name] = known[name](text) if text else ""
        except ValueError as error:
            problems.append(Finding(line, name, str(error)))
    if not problems:
        try:
            yield _told(line, said, zone)
        except ValueError as error:
            yield Finding(line, "", str(error))
    yield from problems


def _told(line: int, said: Mapping[str, str], zone: tzinfo) -> Told:
    """Make the record of a line.

    Raises:
        ValueError: what is missing.
    """
    person, tool, moment = said.get("person", ""), said.get("tool", ""), said.get("occurred_at", "")
    if not person or not tool:
        raise ValueError(f"it names no {'person' if not person else 'tool'}")
    at = datetime.fromisoformat(moment) if moment else None
    on = date.fromisoformat(said["day"]) if said.get("day") else None
    if on is None:
        if at is None:
            raise ValueError("it has neither occurred_at nor day")
        on = at.astimezone(zone).date()
    grain = Grain(said.get("grain") or (Grain.EVENT if at else Grain.DAY))
    task, source = said.get("task") or None, said.get("source", "")
    key = said.get("event_id", "")
    if grain is Grain.EVENT and not key:
        raise ValueError("a single use needs an event_id, so that it is never counted twice")
    if grain is not Grain.EVENT:
        key = "|".join((person, tool, task or "", grain, on.isoformat()))
    return Told(
        line,
        f"{source}|{key}",
        person,
        at or datetime.combine(on, time(12), UTC),
        on,
        tool,
        task,
        grain,
        int(said.get("count") or 1),
        unit=said.get("unit", ""),
        source=source,
    )


def _count(text: str) -> str:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is no whole number of 0 or more")
    if int(text) > MOST:
        raise ValueError(f"{text} is more than {MOST:,}, the most that a record may count")
    return text


def _grain(text: str) -> str:
    names = [each.value for each in _GRAINS]
    if text not in names:
        raise ValueError(f"there is no grain {text!r}{meant(text, names)}; there are {', '.join(names)}")
    return text

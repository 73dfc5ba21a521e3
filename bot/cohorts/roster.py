"""Reads the roster, the CSV file of all people: bytes become checked lines, and findings by line.

A file is read as it streams by; of all of it only what tells people apart is kept, so that the length of a
file costs little. Nothing that stands in a cell is ever run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from bot.cohorts.cells import LONGEST_ADDRESS, Check, plain
from bot.tabular import End, Finding, Header, Lines, Row, capped, rows_of

ABOUT = ("email", "name", "slack_user", "teams_user")
"""The columns that say how to find a person: kept as they are now, without a history."""

DATED = (
    "job_family",
    "industry",
    "cohort",
    "role",
    "manager",
    "location",
    "wave",
    "time_zone",
    "country",
    "tools",
    "starts_on",
    "ends_on",
)
"""The columns whose history is kept, day by day."""

UNIQUE = ("person", "email", "slack_user", "teams_user")
"""The columns of which no two people have the same."""

LARGEST = 100_000_000
"""Bytes of a roster: a million people with every column filled."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says of a person: `said` holds the columns of the file, "" where a cell is empty."""

    number: int
    person: str
    said: Mapping[str, str] = field(default_factory=dict)


def read_roster(file: BinaryIO, rules: Mapping[str, Check]) -> Iterator[Line | Finding]:
    """Read a roster from its first byte to its last, and yield what is found, in the order of the lines.

    Args:
        file: can be sought; UTF-8 with or without a byte-order mark, or UTF-16 with one.
        rules: the columns that there are, in their order, with the check of each.
    """
    lines = None
    try:
        lines = Lines(file, LARGEST)
        header = Header.read(lines, rules)
        yield from header.findings
        yield from capped(_Judge(header, rules).judge(rows_of(lines, header)))
    except End as end:
        yield end.finding
    finally:
        if lines is not None:
            lines.leave()


class _Judge:
    """Checks rows, one after the other; it remembers only what tells people apart."""

    def __init__(self, header: Header, rules: Mapping[str, Check]) -> None:
        self._columns = header.columns
        self._rules = rules
        self._seen: dict[str, dict[str, int]] = {name: {} for name in UNIQUE}

    def judge(self, rows: Iterator[Row | Finding]) -> Iterator[Line | Finding]:
        """Yield a line for each row that is well, and the findings of all others."""
        for row in rows:
            if isinstance(row, Finding):
                yield row
            else:
                yield from self._row(row)

    def _row(self, row: Row) -> Iterator[Line | Finding]:
        said: dict[str, str] = {}
        findings: list[Finding] = []
        for name, cell in zip(self._columns, row.cells, strict=True):
            if name:
                try:
                    said[name] = self._cell(name, cell)
                except ValueError as error:
                    findings.append(Finding(row.number, name, str(error)))
        findings += [Finding(row.number, *each) for each in _together(said)]
        findings += self._doubles(row.number, said)
        if findings:
            yield from findings
        else:
            yield Line(row.number, said.pop("person"), said)

    def _cell(self, name: str, cell: str) -> str:
        text = plain(cell, LONGEST_ADDRESS) if name in ("email", "teams_user") else plain(cell)
        return self._rules[name](text) if text else ""

    def _doubles(self, number: int, said: Mapping[str, str]) -> Iterator[Finding]:
        for name in UNIQUE:
            value = said.get(name, "").casefold()
            first = self._seen[name].setdefault(value, number) if value else number
            if first != number:
                yield Finding(number, name, f"“{said[name]}” stands in line {first} already")


def _together(said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Say what no cell is wrong in alone."""
    if said.get("person") == "":
        yield "person", "it is empty"
    starts, ends = said.get("starts_on", ""), said.get("ends_on", "")
    if starts and ends and ends < starts:
        yield "ends_on", f"{ends} is before {starts}, when they start"
    if said.get("manager") and said["manager"] in (said.get("person"), said.get("email")):
        yield "manager", "nobody is their own manager"

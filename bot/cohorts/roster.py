"""Reads the roster, the CSV file of all people: bytes become checked lines, and findings by line.

A file is read as it streams by; of all of it only what tells people apart is kept, so that the length of a
file costs little. Nothing that stands in a cell is ever run.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from bot.cohorts.cells import LONGEST_ADDRESS, Check, meant, plain

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

LONGEST_LINE = 100_000
"""Characters; a line of a roster has under 2,000."""

MOST_FINDINGS = 200
"""After so many a file is no roster, and the rest of it is not read."""

_BEGINNINGS = {
    b"PK\x03\x04": "this is an Excel workbook or an archive; save it as “CSV UTF-8”",
    b"\xff\xfe\x00\x00": "this is UTF-32; save it as UTF-8",
    b"\x00\x00\xfe\xff": "this is UTF-32; save it as UTF-8",
}
_DELIMITERS = (",", ";", "\t")
_SEP = re.compile(r"\"?sep=([,;\t|])\"?\s*", re.IGNORECASE)
"""The line in which Excel is told the delimiter."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says of a person: `said` holds the columns of the file, "" where a cell is empty."""

    number: int
    person: str
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one line, counted from 1; `column` is "" where it is about all of it.

    A warning keeps nobody from importing the file.
    """

    line: int
    column: str
    problem: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.line}: {self.column + ': ' if self.column else ''}{self.problem}"


class _End(Exception):  # not one of Laps' errors: it only ends the reading
    """No more can be read of the file."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(str(finding))


def read_roster(file: BinaryIO, rules: Mapping[str, Check]) -> Iterator[Line | Finding]:
    """Read a roster from its first byte to its last, and yield what is found, in the order of the lines.

    Args:
        file: can be sought; UTF-8 with or without a byte-order mark, or UTF-16 with one.
        rules: the columns that there are, in their order, with the check of each.
    """
    lines = None
    try:
        lines = _Lines(file)
        header = _Header.read(lines, rules)
        yield from header.findings
        yield from _capped(_Judge(header, rules).judge(_rows(lines, header)))
    except _End as end:
        yield end.finding
    finally:
        if lines is not None:
            lines.leave()


# ---------------------------------------------------------------- bytes and lines


class _Lines:
    """The lines of a file as the csv module takes them, with what is wrong in each of them."""

    def __init__(self, file: BinaryIO) -> None:
        self.number = 0
        self.bad: dict[int, str] = {}
        self._text = _decoded(file)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > LONGEST_LINE:
            raise _End(Finding(self.number, "", f"a line of more than {LONGEST_LINE:,} characters"))
        if problem := _problem(line):
            self.bad[self.number] = problem
        return line

    def leave(self) -> None:
        """Let go of the file, which stays open."""
        self._text.detach()


def _decoded(file: BinaryIO) -> io.TextIOWrapper:
    file.seek(0, io.SEEK_END)
    if file.tell() > LARGEST:
        raise _End(Finding(1, "", f"the file has more than {LARGEST // 1_000_000} MB"))
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    for beginning, problem in _BEGINNINGS.items():
        if start.startswith(beginning):
            raise _End(Finding(1, "", problem))
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return io.TextIOWrapper(file, "utf-16", errors="replace", newline="")
    return io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")


_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def _problem(line: str) -> str:
    """Say what is wrong with the characters of a line; "" where nothing is."""
    if "\0" in line:
        return "it holds a NUL; if the file is UTF-16, save it as UTF-8"
    if found := _NOT_UTF8.search(line):
        byte = ord(found[0]) - 0xDC00
        return f"the byte 0x{byte:02X} in it is not UTF-8; save the file as “CSV UTF-8”"
    return ""


# ---------------------------------------------------------------- the header


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns of a file in their order, "" for one that is passed over."""

    columns: tuple[str, ...]
    delimiter: str
    findings: tuple[Finding, ...] = ()

    @classmethod
    def read(cls, lines: _Lines, rules: Mapping[str, Check]) -> _Header:
        """Read the first line that is not empty.

        Raises:
            _End: it is no header of a roster.
        """
        delimiters: Sequence[str] = _DELIMITERS
        line = next((each for each in lines if each.strip()), "")
        if told := _SEP.fullmatch(line):
            delimiters = (told[1],)
            line = next((each for each in lines if each.strip()), "")
        if not line:
            problem = "the file is empty; its first line names the columns, beginning with person"
            raise _End(Finding(1, "", problem))
        if wrong := lines.bad.get(lines.number):
            raise _End(Finding(lines.number, "", wrong))
        split = {each: _names(line, each) for each in delimiters}
        delimiter = max(delimiters, key=lambda each: sum(name in rules for name in split[each]))
        return cls._of(split[delimiter], delimiter, lines.number, rules)

    @classmethod
    def _of(cls, names: Sequence[str], delimiter: str, line: int, rules: Mapping[str, Check]) -> _Header:
        if "person" not in names:
            problem = "no column is called person, and by it people are told apart"
            close = next((name for name in names if "person" in meant(name, ["person"])), "")
            raise _End(Finding(line, "", f"{problem}; is it “{close}”?" if close else problem))
        missing = [name for name in rules if name not in names]
        findings = [_unknown(name, missing, line) for name in names if name and name not in rules]
        twice = sorted({name for name in names if name in rules and names.count(name) > 1})
        findings += [Finding(line, name, "the column is there twice") for name in twice]
        columns = tuple(name if name in rules else "" for name in names)
        return cls(columns, delimiter, tuple(findings))


def _names(line: str, delimiter: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return [re.sub(r"[\s_-]+", "_", cell.strip().casefold()) for cell in cells]


def _unknown(name: str, missing: Sequence[str], line: int) -> Finding:
    """Refuse what is a mistyped column; let any other pass, but not in silence."""
    if close := meant(name, missing):
        return Finding(line, name[:40], f"there is no such column{close}")
    return Finding(line, name[:40], "there is no such column; it is passed over", is_warning=True)


# ---------------------------------------------------------------- the rows


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: list[str]


def _rows(lines: _Lines, header: _Header) -> Iterator[_Row | Finding]:
    """Yield the rows, each with the line that it begins on; one with a bad line in it is a finding."""
    reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
    while True:
        begins = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Finding(begins, "", _quoting(error))
            if "limit" in str(error):
                return  # what follows is read from inside of a cell
            continue
        if bad := [number for number in range(begins, lines.number + 1) if number in lines.bad]:
            yield from (Finding(number, "", lines.bad.pop(number)) for number in bad)
        elif any(cell.strip() for cell in cells):
            yield _Row(begins, cells)


def _quoting(error: csv.Error) -> str:
    if "limit" in str(error) or "end of data" in str(error):
        return "a quotation mark is opened and never closed"
    return "a quotation mark stands inside of a cell; double it, and put the cell in quotation marks"


def _capped(found: Iterator[Line | Finding]) -> Iterator[Line | Finding]:
    errors = 0
    for each in found:
        yield each
        errors += isinstance(each, Finding)
        if errors == MOST_FINDINGS and isinstance(each, Finding):
            yield Finding(each.line, "", f"{MOST_FINDINGS} findings; the rest of the file was not read")
            return


class _Judge:
    """Checks rows, one after the other; it remembers only what tells people apart."""

    def __init__(self, header: _Header, rules: Mapping[str, Check]) -> None:
        self._columns = header.columns
        self._rules = rules
        self._seen: dict[str, dict[str, int]] = {name: {} for name in UNIQUE}

    def judge(self, rows: Iterator[_Row | Finding]) -> Iterator[Line | Finding]:
        """Yield a line for each row that is well, and the findings of all others."""
        for row in rows:
            if isinstance(row, Finding):
                yield row
            elif len(row.cells) != len(self._columns):
                has, first = len(row.cells), len(self._columns)
                problem = f"it has {has} cell{'s' * (has != 1)}, and the first line has {first}"
                yield Finding(row.number, "", problem)
            else:
                yield from self._row(row)

    def _row(self, row: _Row) -> Iterator[Line | Finding]:
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

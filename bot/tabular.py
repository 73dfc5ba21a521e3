"""Reads CSV files as people have them: any common encoding and delimiter, and findings by line.

A file is read as it streams by, so that its length costs no memory. Nothing that stands in a cell is run.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from bot.cohorts.cells import Check, meant

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


class End(Exception):  # not one of Laps' errors: it only ends the reading
    """No more can be read of the file."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(str(finding))


T = TypeVar("T")


class Lines:
    """The lines of a file as the csv module takes them, with what is wrong in each of them."""

    def __init__(self, file: BinaryIO, largest: int) -> None:
        """Take a file of at most `largest` bytes.

        Raises:
            End: it is larger, or of a kind that cannot be read.
        """
        self.number = 0
        self.bad: dict[int, str] = {}
        self._text = _decoded(file, largest)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > LONGEST_LINE:
            raise End(Finding(self.number, "", f"a line of more than {LONGEST_LINE:,} characters"))
        if problem := _problem(line):
            self.bad[self.number] = problem
        return line

    def leave(self) -> None:
        """Let go of the file, which stays open."""
        self._text.detach()


def _decoded(file: BinaryIO, largest: int) -> io.TextIOWrapper:
    file.seek(0, io.SEEK_END)
    if file.tell() > largest:
        raise End(Finding(1, "", f"the file has more than {largest // 1_000_000} MB"))
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    for beginning, problem in _BEGINNINGS.items():
        if start.startswith(beginning):
            raise End(Finding(1, "", problem))
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


def names_of(line: str, delimiter: str) -> list[str]:
    """Return the names of columns, as they are compared."""
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return [re.sub(r"[\s_-]+", "_", cell.strip().casefold()) for cell in cells]


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file in their order, "" for one that is passed over."""

    columns: tuple[str, ...]
    delimiter: str
    findings: tuple[Finding, ...] = ()

    @classmethod
    def read(cls, lines: Lines, rules: Mapping[str, Check]) -> Header:
        """Read the first line that is not empty.

        Raises:
            End: it names no columns.
        """
        delimiters: Sequence[str] = _DELIMITERS
        line = next((each for each in lines if each.strip()), "")
        if told := _SEP.fullmatch(line):
            delimiters = (told[1],)
            line = next((each for each in lines if each.strip()), "")
        if not line:
            problem = "the file is empty; its first line names the columns, beginning with person"
            raise End(Finding(1, "", problem))
        if wrong := lines.bad.get(lines.number):
            raise End(Finding(lines.number, "", wrong))
        split = {each: names_of(line, each) for each in delimiters}
        delimiter = max(delimiters, key=lambda each: sum(name in rules for name in split[each]))
        return cls._of(split[delimiter], delimiter, lines.number, rules)

    @classmethod
    def _of(cls, names: Sequence[str], delimiter: str, line: int, rules: Mapping[str, Check]) -> Header:
        if "person" not in names:
            problem = "no column is called person, and by it people are told apart"
            close = next((name for name in names if "person" in meant(name, ["person"])), "")
            raise End(Finding(line, "", f"{problem}; is it “{close}”?" if close else problem))
        missing = [name for name in rules if name not in names]
        findings = [_unknown(name, missing, line) for name in names if name and name not in rules]
        twice = sorted({name for name in names if name in rules and names.count(name) > 1})
        findings += [Finding(line, name, "the column is there twice") for name in twice]
        columns = tuple(name if name in rules else "" for name in names)
        return cls(columns, delimiter, tuple(findings))


def _unknown(name: str, missing: Sequence[str], line: int) -> Finding:
    """Refuse what is a mistyped column; let any other pass, but not in silence."""
    if close := meant(name, missing):
        return Finding(line, name[:40], f"there is no such column{close}")
    return Finding(line, name[:40], "there is no such column; it is passed over", is_warning=True)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row that begins on a line."""

    number: int
    cells: list[str]


def rows_of(lines: Lines, header: Header) -> Iterator[Row | Finding]:
    """Yield the rows below the header, each with the line that it begins on.

    One with a bad line in it is a finding, and so is one with more or fewer cells than the header has.
    """
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
            yield Row(begins, cells) if len(cells) == len(header.columns) else _uneven(begins, cells, header)


def _uneven(number: int, cells: Sequence[str], header: Header) -> Finding:
    problem = (
        f"it has {len(cells)} cell{'s' * (len(cells) != 1)}, and the first line has {len(header.columns)}"
    )
    return Finding(number, "", problem)


def _quoting(error: csv.Error) -> str:
    if "limit" in str(error) or "end of data" in str(error):
        return "a quotation mark is opened and never closed"
    return "a quotation mark stands inside of a cell; double it, and put the cell in quotation marks"


def capped(found: Iterator[T | Finding]) -> Iterator[T | Finding]:
    """Give up on a file that is wrong in very many lines."""
    errors = 0
    for each in found:
        yield each
        errors += isinstance(each, Finding)
        if errors == MOST_FINDINGS and isinstance(each, Finding):
            yield Finding(each.line, "", f"{MOST_FINDINGS} findings; the rest of the file was not read")
            return

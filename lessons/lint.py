"""What `laps lint` says: the codes, a finding, and its three formats."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path


class Severity(StrEnum):
    """Whether a finding keeps the catalogue from being used."""

    ERROR = "error"
    WARNING = "warning"


class Code(Enum):
    """Every kind of finding, with the sentence that docs/lessons.md has for it; a W is a warning."""

    UNREADABLE = "E001", "The file does not exist, is a folder, or may not be read."
    TOO_LARGE = "E002", "The file has over 1,000,000 bytes, or over 20,000 values."
    ENCODING = "E003", "The file is not UTF-8."
    CONTROL = "E004", "A control character is in the file or in a text."
    SYNTAX = "E005", "The file is not YAML; it is read up to here and not checked further."
    REPEATED_KEY = "E006", "A mapping has the same key twice."
    ANCHOR = "E007", "An anchor (&) or alias (*) is used; every value stands where it is needed."
    TAG = "E008", "A tag (!) is used; the language tells what kind a value is."
    DOCUMENTS = "E009", "The file has more than one YAML document."
    DEPTH = "E010", "Lists and mappings are nested over 20 deep."
    KEY_KIND = "E011", "A list or mapping is used as a key."
    TOO_MANY = "E012", "The file has more findings than are told at once."

    UNKNOWN_KEY = "E101", "The language has no such key here."
    MISSING_KEY = "E102", "A key that is needed is not there."
    KIND = "E103", "A value is of the wrong kind, such as a number where a text is needed."
    VALUE = "E104", "A value is of the right kind but not allowed: too long, too many, out of range."
    PRACTICE_FIRST = "E105", "A lesson opens with something other than practice."
    UNKNOWN_KIND = "E106", "A step, an automatic check, a trigger or an offer is of no known kind, or of two."
    ONE_RIGHT = "E107", "A question has no right answer, or several."
    NOT_THE_ROOT = "E108", "What was to be checked is a lesson, not the root that includes it."
    TRANSLATION = (
        "E109",
        "A translation has another shape than the lesson: more steps, other kinds, more answers.",
    )

    NO_MATCH = "E201", "A pattern of `include` matches no file."
    OUTSIDE = "E202", "A pattern of `include` leads out of the folder of lessons.yaml."
    LOOP = "E203", "A pattern of `include` matches lessons.yaml itself."
    DUPLICATE_ID = (
        "E204",
        "Two lessons, programs, targets, moments, or capabilities have the same id.",
    )
    ID = "E205", "A lesson's id is not its job family and file name, joined by a hyphen."
    FOLDER = "E206", "A lesson's file is not in the folder of its job family."
    UNKNOWN_FAMILY = "E207", "lessons.yaml has no such job family."
    UNKNOWN_TOOL = "E208", "lessons.yaml has no such tool."
    UNKNOWN_CAPABILITY = "E209", "The job family has no such capability."
    MINUTES = "E210", "`minutes` is not the estimate, or not 3 to 7."
    TIME_ZONE = "E211", "The time zone has no such IANA name."
    UNKNOWN_INDUSTRY = "E212", "lessons.yaml has no such industry."
    UNKNOWN_LESSON = "E213", "The job family has no such lesson to come before this one."
    CIRCLE = "E214", "Lessons are each other's prerequisites."
    UNUSED_VARIANT = "E215", "A variant is for a tool that the lesson does not have."
    TOO_LONG = "E216", "A screen holds more than a channel shows in one message."
    UNKNOWN_OFFER = "E217", "A moment or a program names a lesson that is not there."
    UNKNOWN_PROGRAM = "E218", "A target is of a program that is not there."
    UNKNOWN_TARGET = "E219", "A moment names a target that is not there."

    PLACEHOLDER = "E301", "A placeholder is left in."
    SECRET = "E302", "A key or password stands in the file."
    PERSONAL = "E303", "Personal data stands in the file: an address, a number, an account."

    REVIEW_DUE = "W301", "The day of `review_by` is past, or the last review was over three months ago."
    NO_HINT = "W302", "A practice has no hint for somebody who is stuck."
    NO_RUBRIC = "W303", "A practice has no rubric to judge one's own result by."
    HARD_TO_READ = "W304", "The sentences and words are long: LIX over 52."
    LONG_CONCEPT = "W305", "A concept has 80 words or more, or more than the practice works with."
    USE_CASES = "W306", "A job family has fewer than 10 or more than 15 use cases."
    NEARLY_THE_SAME = "W307", "Two lessons share 60 % or more of their words' 3-shingles, material apart."
    OUT_OF_HOURS = "W308", "A moment comes outside the hours in which people may be spoken to."
    UNKNOWN_TASK = "W309", "A target is for a task that is no lesson's use case."

    def __init__(self, number: str, sentence: str) -> None:
        self.number = number
        self.sentence = sentence

    @property
    def severity(self) -> Severity:
        """Whether it keeps the catalogue from being used."""
        return Severity.WARNING if self.number.startswith("W") else Severity.ERROR


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend, where it is and how; line and column count from 1."""

    path: Path
    line: int
    column: int
    code: Code
    message: str
    mend: str

    @property
    def severity(self) -> Severity:
        """Whether it keeps the catalogue from being used."""
        return self.code.severity

    @property
    def shown_path(self) -> str:
        """The path as it can be printed anywhere: what is no UTF-8 or would break the line is escaped."""
        return _printable(os.fsencode(self.path).decode("utf-8", "backslashreplace"))

    def __str__(self) -> str:
        mend = f" ({self.mend})" if self.mend else ""
        said = _printable(f"{self.message}{mend}")
        return f"{self.shown_path}:{self.line}:{self.column}: {self.code.number} {said}"


def _printable(text: str) -> str:
    """Escape what would break a line or not be seen, character by character."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def order(finding: Finding) -> tuple[str, int, int, str, str]:
    """Give the key by which findings are sorted: file, place, code."""
    return finding.shown_path, finding.line, finding.column, finding.code.number, finding.message


def quoted(text: str) -> str:
    """Show a text of the source in one line of at most 60 characters."""
    short = text if len(text) <= 60 else text[:59] + "…"
    return json.dumps(short, ensure_ascii=False)


MOST_TOLD = 100
"""Findings of one file that are told at once: a file that has more is no lesson yet, or is meant to harm."""


def one_more(path: Path) -> Finding:
    """Say that a file has more findings than are told."""
    message, mend = f"has over {MOST_TOLD} findings", "mend those that are told, then the rest is told"
    return Finding(path, 1, 1, Code.TOO_MANY, message, mend)


def most(path: Path, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the first findings of a file, and whether there are more: looking for all might take minutes."""
    for count, finding in enumerate(findings):
        if count == MOST_TOLD:
            yield one_more(path)
            return
        yield finding


def render(findings: Sequence[Finding], form: str) -> str:
    """Return findings as `text`, `json` or `github` (annotations in a workflow's log)."""
    return FORMATS[form](findings)


def _text(findings: Sequence[Finding]) -> str:
    return "\n".join(map(str, findings))


def _json(findings: Sequence[Finding]) -> str:
    rows = [
        {
            "path": finding.shown_path,
            "line": finding.line,
            "column": finding.column,
            "code": finding.code.number,
            "severity": finding.severity.value,
            "message": finding.message,
            "mend": finding.mend,
        }
        for finding in findings
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _github(findings: Sequence[Finding]) -> str:
    return "\n".join(_annotation(finding) for finding in findings)


def _annotation(finding: Finding) -> str:
    """Write one workflow command, escaped as GitHub's actions/toolkit does it (core/src/command.ts)."""
    path = _escaped(finding.shown_path).replace(":", "%3A").replace(",", "%2C")
    place = f"file={path},line={finding.line},col={finding.column},title={finding.code.number}"
    mend = f" ({finding.mend})" if finding.mend else ""
    return f"::{finding.severity.value} {place}::{_escaped(finding.message + mend)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


FORMATS = {"text": _text, "json": _json, "github": _github}
"""The formats of `laps lint --format`."""

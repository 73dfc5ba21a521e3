"""YAML source as plain values with the line and column of every key and value.

Built on libyaml's events, because a loader of PyYAML reads YAML 1.1 (`no` is false, `20:00` is 1200, `010`
is 8), takes the last of two equal keys in silence, and is many times slower. Here scalars are those of the
YAML 1.2 core schema; whatever would make a value depend on another place (anchors, tags, several documents)
is refused. Nothing that a file holds raises an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml
from yaml import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lessons.lint import Code, Finding, quoted

MOST_BYTES = 1_000_000
"""Of one file; a lesson has about 7,000."""
MOST_DEPTH = 20
"""Of lists and mappings in each other; the language needs 9."""

Place = tuple[int, int]
"""Line and column, both from 1."""


class Block(dict[str, "Value"]):
    """A mapping of the source, with its own place and those of its keys and values."""

    __slots__ = ("at", "key_at", "value_at")

    def __init__(self, at: Place) -> None:
        super().__init__()
        self.at = at
        self.key_at: dict[str, Place] = {}
        self.value_at: dict[str, Place] = {}


class Listing(list["Value"]):
    """A list of the source, with its own place and those of its entries."""

    __slots__ = ("at", "item_at")

    def __init__(self, at: Place) -> None:
        super().__init__()
        self.at = at
        self.item_at: list[Place] = []


Value = str | int | float | bool | None | Block | Listing


@dataclass(frozen=True, slots=True)
class Document:
    """One file as far as it could be read; `value` is None where there is nothing to go on with."""

    path: Path
    value: Value
    findings: tuple[Finding, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the file could not be read to its end, so that checking its content says nothing."""
        return self.value is None and bool(self.findings)

    def finding(self, place: Place, code: Code, message: str, mend: str = "") -> Finding:
        """Make a finding about a place of this file."""
        return Finding(self.path, *place, code, message, mend)


def read(path: Path) -> Document:
    """Read a file of at most `MOST_BYTES`, never raising."""
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is no file" if path.exists() else "does not exist"
            return _refused(path, Code.UNREADABLE, what, "name a YAML file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "the name is not allowed here"
        return _refused(path, Code.UNREADABLE, f"cannot be read: {why}", "check its permissions")
    return parse(path, data)


def parse(path: Path, data: bytes) -> Document:
    """Turn the bytes of a file into a document, never raising."""
    if len(data) > MOST_BYTES:
        return _refused(path, Code.TOO_LARGE, f"is over {MOST_BYTES:,} bytes", "split it: one lesson a file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_of(data[: error.start].decode("utf-8-sig", "replace"))
        byte = f"0x{data[error.start]:02x}"
        return _refused(path, Code.ENCODING, f"byte {byte} is not UTF-8", "save the file as UTF-8", place)
    if found := _CONTROL.search(text):
        return _refused(
            path,
            Code.CONTROL,
            f"has the control character U+{ord(found.group()):04X}",
            "delete it and type the text anew",
            _place_of(text[: found.start()]),
        )
    return _Builder(path).build(text)


_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.2 calls unprintable, and a byte order mark inside the text."""


def _refused(path: Path, code: Code, message: str, mend: str, place: Place = (1, 1)) -> Document:
    return Document(path, None, (Finding(path, *place, code, message, mend),))


def _place_of(before: str) -> Place:
    """Return the place after a text, with the line breaks that libyaml knows."""
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", before)
    return len(lines), len(lines[-1]) + 1


def _at(event: Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Stop(Exception):
    """Ends the reading of a file whose rest would say nothing; the finding is noted."""


class _Builder:
    """Builds the values of one document from events, noting what the language does not allow."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._findings: list[Finding] = []

    def build(self, text: str) -> Document:
        value: Value = None
        try:
            value = self._document(iter(yaml.CSafeLoader(text).get_event, None))
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            self._note(*explain(error))
        except yaml.YAMLError:
            self._note((1, 1), Code.SYNTAX, "is not YAML", "see the example in docs/lessons.md")
        return Document(self._path, value, tuple(self._findings))

    def _note(self, place: Place, code: Code, message: str, mend: str) -> None:
        self._findings.append(Finding(self._path, *place, code, message, mend))

    def _stop(self, event: Event, code: Code, message: str, mend: str) -> NoReturn:
        self._note(_at(event), code, message, mend)
        raise _Stop

    def _document(self, events: Iterator[Event]) -> Value:
        value: Value = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(event, Code.DOCUMENTS, "begins a second document", "delete the line ---")
            elif isinstance(event, ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent):
                value = self._value(event, events, 1)
        return value

    def _value(self, event: Event, events: Iterator[Event], depth: int) -> Value:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, CollectionStartEvent):
            self._note_properties(event)
        if isinstance(event, AliasEvent):
            mend = "write the value out once more; a text that begins with * needs quotes"
            self._note(_at(event), Code.ANCHOR, f"*{event.anchor} stands for another place", mend)
            return None
        if depth > MOST_DEPTH:
            mend = "see the example in docs/lessons.md"
            self._stop(event, Code.DEPTH, f"is nested over {MOST_DEPTH} deep", mend)
        if isinstance(event, MappingStartEvent):
            return self._block(event, events, depth)
        return self._listing(event, events, depth)

    def _note_properties(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor is not None:
            mend = "delete it and write the value out where it is needed"
            self._note(_at(event), Code.ANCHOR, f"&{event.anchor} names a value", mend)
        if event.tag is not None:
            self._note(_at(event), Code.TAG, f"{quoted(event.tag)} is a tag", "delete it")

    def _scalar(self, event: ScalarEvent) -> Value:
        text: str = event.value
        self._note_properties(event)
        if event.style == '"' and (found := _CONTROL.search(text)):
            control = f"U+{ord(found.group()):04X}"
            self._note(_at(event), Code.CONTROL, f"has the control character {control}", "delete it")
        return plain(text) if event.implicit[0] else text

    def _block(self, start: Event, events: Iterator[Event], depth: int) -> Block:
        block = Block(_at(start))
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key, at = self._key(event, events, depth), _at(event)
            first = next(events)
            value = self._value(first, events, depth + 1)
            if key is None:
                continue
            if key in block:
                message = f"{quoted(key)} is there already, on line {block.key_at[key][0]}"
                self._note(at, Code.REPEATED_KEY, message, "keep one of the two")
            else:
                block[key] = value
                block.key_at[key], block.value_at[key] = at, _at(first)
        return block

    def _key(self, event: Event, events: Iterator[Event], depth: int) -> str | None:
        """Return a key as it is written, also where it looks like a number; None where it is no text."""
        if isinstance(event, ScalarEvent):
            self._note_properties(event)
            return str(event.value)
        self._value(event, events, depth + 1)
        if not isinstance(event, AliasEvent):
            mend = "write a word before the colon"
            self._note(_at(event), Code.KEY_KIND, "a list or mapping is used as a key", mend)
        return None

    def _listing(self, start: Event, events: Iterator[Event], depth: int) -> Listing:
        listing = Listing(_at(start))
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            listing.append(self._value(event, events, depth + 1))
            listing.item_at.append(_at(event))
        return listing


_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL_HEX = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def plain(text: str) -> str | int | float | bool | None:
    """Resolve an unquoted scalar by YAML 1.2's core schema (section 10.3.2 of the specification).

    What is no null, boolean or number is text, and so are whole numbers of over 18 digits.
    """
    if text in _NULL:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL_HEX.fullmatch(text):
        return int(text, 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text) and len(text) < 40:
        return float(text)
    return float(text.replace(".", "", 1)) if _NOT_FINITE.fullmatch(text) else text


_EXPLAINED = (
    (
        "mapping values are not allowed",
        "a colon and a space begin a value here",
        "put the text in quotes, or mend the indentation",
    ),
    (
        "could not find expected ':'",
        "this has no colon, or it goes on a text and is indented too little",
        "write key: value, or indent it like the text",
    ),
    (
        "cannot start any token",
        "a text cannot begin with this character",
        "indent with spaces; put a text that begins with @, ` or % in quotes",
    ),
    ("alphabetic or numeric", "a text cannot begin with * or &", "put it in quotes"),
    ("unexpected end of stream", "a quote is opened and never closed", "close it"),
    ("'-' indicator", "the list ends here without a new key", "begin the entry with -, or indent it"),
    ("',' or ']'", "a list in [ ] is not closed or lacks a comma", "close it; quote texts with commas"),
    (
        "',' or '}'",
        "a mapping in { } is not closed or lacks a comma",
        "close it; quote texts with commas",
    ),
    (
        "did not find expected key",
        "this stands unlike the lines above it",
        "indent the keys of a mapping alike; quote a whole text or nothing of it",
    ),
    ("escape character", "a backslash in double quotes begins no known escape", "use single quotes"),
    ("comment or line break", "a text stands beside | or >", "begin it on the next line"),
    ("node content", "a value cannot begin with this character", "put a text that begins with it in quotes"),
    ("<document start>", "this stands outside of what the file begins with", "indent the first keys alike"),
    ("a tab character", "a tab indents this line", "indent with spaces"),
)


def explain(error: yaml.MarkedYAMLError) -> tuple[Place, Code, str, str]:
    """Say in plain words, and where it began, what libyaml means; then what to do about it."""
    problem, context = error.problem or "", error.context or ""
    began = "simple key" in context or "end of stream" in problem
    mark = (error.context_mark if began else None) or error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    for part, message, mend in _EXPLAINED:
        if part in problem:
            return place, Code.SYNTAX, message, mend
    said = " ".join(part for part in (problem, context) if part)
    return place, Code.SYNTAX, f"is not YAML: {said}", "see the example in docs/lessons.md"

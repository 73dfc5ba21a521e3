"""YAML source as plain values with the line and column of every key and value.

Built on libyaml's events, because a loader of PyYAML reads YAML 1.1 (`no` is false, `20:00` is 1200, `010`
is 8), takes the last of two equal keys in silence, and is many times slower. Here scalars are those of the
YAML 1.2 core schema; whatever would make a value depend on another place (anchors, tags, several documents)
is refused. Nothing that a file holds raises an exception.
"""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, Protocol, cast

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from lessons.lint import MOST_TOLD, Code, Finding, one_more, quoted

MOST_BYTES = 1_000_000
"""Of one file; a lesson has about 7,000."""
MOST_DEPTH = 20
"""Of lists and mappings in each other; the language needs 11."""
MOST_VALUES = 20_000
"""Of one file; a lesson has about 100."""

Place = tuple[int, int]
"""Line and column, both from 1."""


class Mark(Protocol):
    """Where libyaml is in a text; both count from 0."""

    line: int
    column: int


class Event(Protocol):
    """What libyaml says next; which of these it has depends on its class."""

    start_mark: Mark
    value: str
    anchor: str | None
    tag: str | None
    style: str | None
    implicit: tuple[bool, bool]


class Block(dict[str, "Value"]):
    """A mapping of the source, which knows where it, its keys and its values begin.

    Places are worked out only when they are asked for: a good catalogue asks for none.
    """

    __slots__ = ("marks", "start")

    def __init__(self, start: Mark) -> None:
        super().__init__()
        self.start = start
        self.marks: list[Mark] = []
        """Of each key and its value, in the order of the keys."""

    @property
    def at(self) -> Place:
        """Where it begins."""
        return _place(self.start)

    def key_at(self, key: str) -> Place:
        """Return where a key stands."""
        return _place(self.marks[2 * [*self].index(key)])

    def value_at(self, key: str) -> Place:
        """Return where a key's value begins."""
        return _place(self.marks[2 * [*self].index(key) + 1])

    def placed(self) -> Iterator[tuple[str, Value, Place, Place]]:
        """Give each key and value, with where the two begin."""
        marks = iter(self.marks)
        for (key, value), at, value_at in zip(self.items(), marks, marks, strict=True):
            yield key, value, _place(at), _place(value_at)


class Listing(list["Value"]):
    """A list of the source, which knows where it and its entries begin."""

    __slots__ = ("marks", "start")

    def __init__(self, start: Mark) -> None:
        super().__init__()
        self.start = start
        self.marks: list[Mark] = []

    @property
    def at(self) -> Place:
        """Where it begins."""
        return _place(self.start)

    def item_at(self, index: int) -> Place:
        """Return where an entry begins."""
        return _place(self.marks[index])

    def placed(self) -> Iterator[tuple[Value, Place]]:
        """Give each entry with where it begins."""
        return zip(self, map(_place, self.marks), strict=True)


Value = str | int | float | bool | None | Block | Listing


@dataclass(frozen=True, slots=True)
class Document:
    """One file as far as it could be read; `value` is None where there is nothing to go on with."""

    path: Path
    value: Value
    findings: tuple[Finding, ...] = ()
    data: bytes = b""

    @property
    def broken(self) -> bool:
        """Whether the file could not be read to its end, so that checking its content says nothing."""
        return self.value is None and bool(self.findings)

    def place(self, *way: str | int) -> Place:
        """Return where a value begins, by the keys and indexes that lead to it, as far as they lead."""
        value, place = self.value, (1, 1)
        for part in way:
            if isinstance(value, Block) and isinstance(part, str) and part in value:
                place, value = value.value_at(part), value[part]
            elif isinstance(value, Listing) and isinstance(part, int) and part < len(value):
                place, value = value.item_at(part), value[part]
        return place

    def finding(self, place: Place, code: Code, message: str, mend: str = "") -> Finding:
        """Make a finding about a place of this file."""
        return Finding(self.path, *place, code, message, mend)


def read(path: Path) -> Document:
    """Read a file of at most `MOST_BYTES`, never raising."""
    found = fetched(path)
    return found if isinstance(found, Document) else parse(path, found)


def fetched(path: Path) -> bytes | Document:
    """Return what a file of at most `MOST_BYTES` holds, or a document that says why it cannot be read."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "is a folder" if stat.S_ISDIR(found.st_mode) else "is no file"
            return _refused(path, Code.UNREADABLE, what, "name a YAML file")
        if found.st_size > MOST_BYTES:
            return _too_large(path)
        data = path.read_bytes()
        return _too_large(path) if len(data) > MOST_BYTES else data
    except FileNotFoundError:
        return _refused(path, Code.UNREADABLE, "does not exist", "name a YAML file")
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ELOOP:
            return _refused(path, Code.UNREADABLE, "is a link that leads back to itself", "name a YAML file")
        why = getattr(error, "strerror", None) or "the name is not allowed here"
        return _refused(path, Code.UNREADABLE, f"cannot be read: {why}", "check its permissions")


def parse(path: Path, data: bytes) -> Document:
    """Turn the bytes of a file into a document, never raising."""
    return replace(_parsed(path, data), data=data)


def _parsed(path: Path, data: bytes) -> Document:
    if len(data) > MOST_BYTES:
        return _too_large(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_of(data[: error.start].decode("utf-8-sig", "replace"))
        byte = f"0x{data[error.start]:02x}"
        return _refused(path, Code.ENCODING, f"byte {byte} is not UTF-8", "save the file as UTF-8", place)
    if "\ufeff" in text:
        return _control(path, text)
    try:
        return _Builder(path, text).build()
    except ReaderError:  # libyaml refuses the same characters, in passing
        return _control(path, text)


_NO_TAG = "delete it; a text that begins with ! needs quotes"


def _too_large(path: Path) -> Document:
    return _refused(path, Code.TOO_LARGE, f"is over {MOST_BYTES:,} bytes", _SPLIT)


_SPLIT = "split it: one lesson a file"


def _control(path: Path, text: str) -> Document:
    """Refuse a text for the first of its characters that YAML does not allow."""
    found = CONTROL.search(text)
    place = _place_of(text[: found.start()]) if found else (1, 1)
    which = f"U+{ord(found.group()):04X}" if found else ""
    message = f"has the control character {which}".rstrip()
    return _refused(path, Code.CONTROL, message, "delete it and type the text anew", place)


CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.2 calls unprintable, and a byte order mark inside the text."""


# Compared as plain objects: libyaml makes the very classes, and a catalogue has 200,000 events.
_SCALAR: object = ScalarEvent
_ALIAS: object = AliasEvent
_MAPPING: object = MappingStartEvent
_MAPPING_END: object = MappingEndEvent
_SEQUENCE_END: object = SequenceEndEvent
_DOCUMENT: object = DocumentStartEvent
_STREAM_END: object = StreamEndEvent
_VALUES: frozenset[object] = frozenset({ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent})


def _refused(path: Path, code: Code, message: str, mend: str, place: Place = (1, 1)) -> Document:
    return Document(path, None, (Finding(path, *place, code, message, mend),))


def places_in(text: str, starts: Iterable[int]) -> Iterator[Place]:
    """Give the places of a text's characters, which come in order, by the line breaks that libyaml knows."""
    line, begin, so_far = 1, 0, 0
    for start in starts:
        for found in _BREAK.finditer(text, so_far, start):
            line, begin = line + 1, found.end()
        so_far = max(begin, start)
        yield line, start - begin + 1


_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def _place_of(before: str) -> Place:
    """Return the place after a text."""
    return next(places_in(before, [len(before)]))


def _place(mark: Mark) -> Place:
    return mark.line + 1, mark.column + 1


def _at(event: Event) -> Place:
    return _place(event.start_mark)


class _Stop(Exception):
    """Ends the reading of a file whose rest would say nothing; the finding is noted."""


class _Builder:
    """Builds the values of one document from events, noting what the language does not allow."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._next = cast("Callable[[], Event]", yaml.CSafeLoader(text).get_event)
        self._findings: list[Finding] = []
        self._values = 0

    def build(self) -> Document:
        value: Value = None
        try:
            value = self._document()
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            self._note(*explain(error))
        return Document(self._path, value, tuple(self._findings))

    def _note(self, place: Place, code: Code, message: str, mend: str) -> None:
        """Keep a finding; after so many that nobody reads them, the rest of the file says nothing."""
        if len(self._findings) == MOST_TOLD:
            self._findings.append(one_more(self._path))
            raise _Stop
        self._findings.append(Finding(self._path, *place, code, message, mend))

    def _count(self, event: Event) -> None:
        self._values += 1
        if self._values > MOST_VALUES:
            self._stop(event, Code.TOO_LARGE, f"has over {MOST_VALUES:,} values", _SPLIT)

    def _stop(self, event: Event, code: Code, message: str, mend: str) -> NoReturn:
        self._note(_at(event), code, message, mend)
        raise _Stop

    def _document(self) -> Value:
        value: Value = None
        documents = 0
        while (event := self._next()).__class__ is not _STREAM_END:
            if event.__class__ is _DOCUMENT:
                documents += 1
                if documents > 1:
                    self._stop(event, Code.DOCUMENTS, "begins a second document", "delete the line ---")
            elif event.__class__ in _VALUES:
                value = self._value(event, 1)
        return value

    def _value(self, event: Event, depth: int) -> Value:
        if event.__class__ is _SCALAR:
            return self._scalar(event)
        if event.__class__ is _ALIAS:
            mend = "write the value out once more; a text that begins with * needs quotes"
            name = quoted(f"*{event.anchor}")
            self._note(_at(event), Code.ANCHOR, f"{name} stands for another place", mend)
            return None
        self._note_properties(event)
        if depth > MOST_DEPTH:
            mend = "see the example in docs/lessons.md"
            self._stop(event, Code.DEPTH, f"is nested over {MOST_DEPTH} deep", mend)
        build = self._block if event.__class__ is _MAPPING else self._listing
        return build(event, depth)

    def _scalar(self, event: Event) -> Value:
        if event.anchor is not None or event.tag is not None or event.style == '"':
            self._note_scalar(event)
        text = event.value
        return plain(text) if event.implicit[0] and text[:1] in SPECIAL else text

    def _note_properties(self, event: Event) -> None:
        if event.anchor is not None:
            mend = "write the value out where it is needed; a text that begins with & needs quotes"
            self._note(_at(event), Code.ANCHOR, f"{quoted(f'&{event.anchor}')} names a value", mend)
        if event.tag is not None:
            self._note(_at(event), Code.TAG, f"{quoted(event.tag)} is a tag", _NO_TAG)

    def _note_scalar(self, event: Event) -> None:
        self._note_properties(event)
        if event.style == '"' and (found := CONTROL.search(event.value)):
            control = f"U+{ord(found.group()):04X}"
            self._note(_at(event), Code.CONTROL, f"has the control character {control}", "delete it")

    def _block(self, start: Event, depth: int) -> Block:
        """Build a mapping; a tight loop, because a catalogue has tens of thousands of keys."""
        block = Block(start.start_mark)
        following, put, scalar = self._next, block.marks.append, self._scalar
        while (event := following()).__class__ is not _MAPPING_END:
            plain_key = event.__class__ is _SCALAR and event.anchor is None and event.tag is None
            key = event.value if plain_key else self._key(event, depth)
            first = following()
            value = scalar(first) if first.__class__ is _SCALAR else self._value(first, depth + 1)
            self._count(first)
            if key is None:
                continue
            if key in block:
                message = f"{quoted(key)} is there already, on line {block.key_at(key)[0]}"
                self._note(_at(event), Code.REPEATED_KEY, message, "keep one of the two")
            else:
                block[key] = value
                put(event.start_mark)
                put(first.start_mark)
        return block

    def _key(self, event: Event, depth: int) -> str | None:
        """Return a key as it is written, also where it looks like a number; None where it is no text."""
        if event.__class__ is _SCALAR:
            self._note_properties(event)
            return event.value
        self._value(event, depth + 1)
        if event.__class__ is not _ALIAS:
            mend = "write a word before the colon"
            self._note(_at(event), Code.KEY_KIND, "a list or mapping is used as a key", mend)
        return None

    def _listing(self, start: Event, depth: int) -> Listing:
        listing = Listing(start.start_mark)
        following, places = self._next, listing.marks
        while (event := following()).__class__ is not _SEQUENCE_END:
            scalar = event.__class__ is _SCALAR
            listing.append(self._scalar(event) if scalar else self._value(event, depth + 1))
            self._count(event)
            places.append(event.start_mark)
        return listing


SPECIAL = frozenset(["", *"-+.0123456789~nNtTfF"])
"""How a plain scalar begins that may be something other than text."""
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
    (
        "invalid Unicode character escape",
        "a backslash in double quotes names no character",
        "write the character itself",
    ),
    ("escape character", "a backslash in double quotes begins no known escape", "use single quotes"),
    ("comment or line break", "a text stands beside | or >", "begin it on the next line"),
    ("node content", "a value cannot begin with this character", "put a text that begins with it in quotes"),
    ("<document start>", "this stands outside of what the file begins with", "indent the first keys alike"),
    ("incompatible YAML", "the file says that it is of another YAML", "delete the line that begins with %"),
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

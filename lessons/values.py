"""The values of a file that has nothing to tell, without their places: faster by a quarter than `reading`.

Most files of a catalogue are sound. Where one is not, or holds anything out of the ordinary, there is no
answer here, and `reading` reads it anew and says where and why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, cast

import yaml
from yaml import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from lessons.reading import CONTROL, MOST_BYTES, MOST_DEPTH, MOST_VALUES, SPECIAL, Event, plain

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"

# Compared as plain objects: libyaml makes the very classes, and a catalogue has 200,000 events.
_SCALAR: object = ScalarEvent
_MAPPING: object = MappingStartEvent
_MAPPING_END: object = MappingEndEvent
_LIST: object = SequenceStartEvent
_LIST_END: object = SequenceEndEvent
_END: object = StreamEndEvent


class _OutOfTheOrdinary(Exception):
    """There is something that `reading` has to look at."""


def values(data: bytes) -> dict[str, Plain] | None:
    """Return what a file says, as `reading.parse` does, where that has no finding; None where it might."""
    if len(data) > MOST_BYTES:
        return None
    try:
        text = data.decode("utf-8-sig")
        return None if "\ufeff" in text else _Values(text).read()
    except (UnicodeDecodeError, yaml.YAMLError, _OutOfTheOrdinary):
        return None


class _Values:
    """Builds the values of one document from events."""

    def __init__(self, text: str) -> None:
        self._next = cast("Callable[[], Event]", yaml.CSafeLoader(text).get_event)
        self._count = 0

    def read(self) -> dict[str, Plain]:
        self._next()
        self._next()
        start = self._next()
        if start.__class__ is not _MAPPING:
            raise _OutOfTheOrdinary
        found = self._mapping(start, 1)
        self._next()
        if self._next().__class__ is not _END:
            raise _OutOfTheOrdinary
        return found

    def _mapping(self, start: Event, depth: int) -> dict[str, Plain]:
        if start.anchor is not None or start.tag is not None or depth > MOST_DEPTH:
            raise _OutOfTheOrdinary
        found: dict[str, Plain] = {}
        following, count = self._next, 0
        while (key := following()).__class__ is _SCALAR:
            if key.anchor is not None or key.tag is not None:
                raise _OutOfTheOrdinary
            event = following()
            found[key.value] = _scalar(event) if event.__class__ is _SCALAR else self._value(event, depth)
            count += 1
        if key.__class__ is not _MAPPING_END or len(found) != count:
            raise _OutOfTheOrdinary
        self._add(count)
        return found

    def _list(self, start: Event, depth: int) -> list[Plain]:
        if start.anchor is not None or start.tag is not None or depth > MOST_DEPTH:
            raise _OutOfTheOrdinary
        found: list[Plain] = []
        following = self._next
        while (event := following()).__class__ is not _LIST_END:
            found.append(_scalar(event) if event.__class__ is _SCALAR else self._value(event, depth))
        self._add(len(found))
        return found

    def _value(self, event: Event, depth: int) -> Plain:
        if event.__class__ is _MAPPING:
            return self._mapping(event, depth + 1)
        if event.__class__ is _LIST:
            return self._list(event, depth + 1)
        raise _OutOfTheOrdinary

    def _add(self, count: int) -> None:
        self._count += count
        if self._count > MOST_VALUES:
            raise _OutOfTheOrdinary


def _scalar(event: Event) -> str | int | float | bool | None:
    text = event.value
    if event.anchor is not None or event.tag is not None or (event.style == '"' and CONTROL.search(text)):
        raise _OutOfTheOrdinary
    return plain(text) if text[:1] in SPECIAL and event.implicit[0] else text

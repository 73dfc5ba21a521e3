"""What changed between two states of the catalogue, lesson by lesson, in lines that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from lessons.reading import Block, parse

AROUND = 24
"""Characters shown before and after what changed in a long text."""

LONGEST = 160
"""Characters of an old or new value that are shown."""

Files = Mapping[str, bytes]
"""What each file holds, by its path from the folder of lessons.yaml."""


def describe(before: Files, after: Files) -> tuple[str, ...]:
    """Say what changed: `+` for a lesson that is new, `-` for one that is gone, `~` for one that changed.

    Below a changed one stands what changed in it, value by value, old and new.
    """
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return tuple(line for path in changed for line in _file(path, before.get(path), after.get(path)))


def _file(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    old, new = _values(path, before), _values(path, after)
    if before is None or after is None:
        yield f"{'+' if before is None else '-'} {_name(path, new if before is None else old)}"
        return
    yield f"~ {_name(path, new)}"
    lines = [*_between(old, new)]
    yield from lines or ["    only comments or layout"]


def _name(path: str, values: Mapping[str, str]) -> str:
    name, title = values.get("id"), values.get("title")
    return f"{name}  {title}" if name and title else path


def _values(path: str, data: bytes | None) -> dict[str, str]:
    value = parse(Path(path), data).value if data is not None else None
    return dict(_flat(value, "")) if isinstance(value, Block) else {}


def _flat(value: object, where: str) -> Iterator[tuple[str, str]]:
    """Give each single value with the way to it, such as `steps 2 check answers 1 text`, counted from 1."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{where} {key}".lstrip())
    elif isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _flat(each, f"{where} {number}")
    else:
        yield where, "" if value is None else str(value)


def _between(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for where in [*new, *(each for each in old if each not in new)]:
        was, now = old.get(where), new.get(where)
        if was == now:
            continue
        if was is None:
            yield f"    {where}: new: {_short(now or '')}"
        elif now is None:
            yield f"    {where}: gone: {_short(was)}"
        else:
            first, second = _apart(was, now)
            yield f"    {where}: {first} -> {second}"


def _apart(was: str, now: str) -> tuple[str, str]:
    """Leave out what two texts begin and end with alike, but for a few characters around."""
    start = max(0, _alike(was, now) - AROUND)
    end = max(0, _alike(was[start:][::-1], now[start:][::-1]) - AROUND)
    lead, rest = "…" if start else "", "…" if end else ""
    return (
        _short(f"{lead}{was[start : len(was) - end]}{rest}"),
        _short(f"{lead}{now[start : len(now) - end]}{rest}"),
    )


def _alike(one: str, other: str) -> int:
    """Count the characters that two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= LONGEST else line[: LONGEST - 1] + '…'}”"

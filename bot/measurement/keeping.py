"""Digests as they are kept once they were issued, and what late data made of one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from pydantic import JsonValue, TypeAdapter

from bot.measurement.digest import Digest

_DIGEST = TypeAdapter(Digest)


def packed(digest: Digest) -> bytes:
    """Write a digest as it is kept, to the last place of its figures."""
    return zlib.compress(_DIGEST.dump_json(digest))


def unpacked(kept: bytes) -> Digest:
    """Read a digest that was kept.

    Raises:
        ValueError: it is none.
    """
    return _DIGEST.validate_json(zlib.decompress(kept))


_NAMES = ("program", "id", "tool", "evidence", "horizon_days", "month", "week", "wave")
"""What tells the rows of a part from each other, and is no figure."""

_ASIDE = frozenset({"definitions", "notes", "issue", "title", "shared_by_cohort"})


def changes(old: Digest, new: Digest) -> tuple[str, ...]:
    """Say which figures are others now: `adoption finance copilot measured 30: adopted: 41, now 43`."""
    before, after = dict(_figures(old.data())), dict(_figures(new.data()))
    names = list(dict.fromkeys([*before, *after]))
    return tuple(
        f"{name}: {_said(before.get(name))}, now {_said(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    )


def _figures(data: Mapping[str, JsonValue], about: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Give each figure with its name."""
    for key, value in data.items():
        if key in _ASIDE or (about and key in _NAMES):
            continue
        if isinstance(value, Mapping):
            yield from _figures(value, f"{about}{key} ")
        elif isinstance(value, list):
            for row in value:
                if isinstance(row, Mapping):
                    which = " ".join(str(row[name]) for name in _NAMES if row.get(name) is not None)
                    yield from _figures(row, f"{about}{key} {which}: ")
        else:
            yield f"{about}{key}", value


def _said(value: JsonValue) -> str:
    return "not known or held back" if value is None else str(value)

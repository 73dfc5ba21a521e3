"""The log of who looked at what: append-only, and each entry sealed with the one before it. Pure.

An entry that was changed, taken out or put in between breaks the chain from there on. That the last ones
were cut off only shows to who noted the newest number and seal, which is why `laps audit verify` prints them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import orjson
from pydantic import JsonValue

FIRST = "0" * 64
"""Stands for the seal before the first."""

OPERATOR = "operator"
"""Whoever runs the command."""

EVERYBODY = "*"
"""The subject of what shows everybody's data."""


class Action(StrEnum):
    """What is logged."""

    def __new__(cls, value: str, meaning: str = "") -> Action:
        """Make a member whose `meaning` is the sentence beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    meaning: str

    DIGEST_READ = "digest.read", "Somebody read the figures of a group. `week`, `group`, `format`."
    DIGEST_CORRECTED = "digest.corrected", "Digests were made anew with what came late. `week`, `kind`."
    DATA_EXPORTED = (
        "data.exported",
        "All that is kept of one person was given out. `by`: themselves or operator.",
    )
    DATA_ERASED = "data.erased", "All that was kept of one person was erased. `by`: themselves or operator."
    PLAN_READ = "plan.read", "What would be said to one person, and why, was printed."
    EVENTS_EXPORTED = "events.exported", "Adoption events of everybody were written. `since`, `pseudonymous`."
    TOKEN_CREATED = "token.created", "A token for programs was made. `token`, `role`, `name`."
    TOKEN_REVOKED = "token.revoked", "A token was taken back. `token`."
    THRESHOLD_CHANGED = "threshold.changed", "How many people make a group was changed. `from`, `to`."
    RETENTION_APPLIED = "retention.applied", "What is past its time was deleted. `events`, `rollups`."


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be logged: `who` did it, and `subject` is the key of the learner whom it is about.

    `who` is `operator`, `token:ID` or `learner:KEY`; `subject` is "" where it is about nobody alone.
    """

    who: str
    action: Action
    subject: str = ""
    about: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A note as it stands in the log: `number` counts from 1, `seal` is over it and the seal before."""

    number: int
    at: datetime
    note: Note
    before: str
    seal: str


def sealed(number: int, at: datetime, note: Note, before: str) -> Entry:
    """Put a note after the entry that has the seal `before`."""
    return Entry(number, at, note, before, _seal(number, at, note, before))


def _seal(number: int, at: datetime, note: Note, before: str) -> str:
    said = [
        number,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        note.who,
        note.action.value,
        note.subject,
        dict(note.about),
        before,
    ]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def first_broken(entries: Iterable[Entry], number: int = 0, before: str = FIRST) -> int | None:
    """Return the number of the first entry that is not what was written; None where all are.

    Args:
        entries: in their order.
        number: of the entry before the first of them.
        before: its seal.
    """
    for entry in entries:
        number += 1
        if entry.number != number or entry.before != before:
            return number
        if entry.seal != _seal(entry.number, entry.at, entry.note, entry.before):
            return number
        before = entry.seal
    return None

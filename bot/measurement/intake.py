"""Takes in what sources tell of real use: checked to the last line first, each record once."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

import orjson
from pydantic import JsonValue

from bot.errors import BadLines
from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.uses import Grain
from bot.ports import Store
from bot.tabular import Finding

PORTION = 1000
"""Records that are looked up and written at once."""

MOST_STRANGERS = 10_000
"""Of those whom nobody knows, so many are kept apart by name."""


@dataclass(frozen=True, slots=True)
class Told:
    """One record of a source.

    Attributes:
        line: where it stands in its file, from 1.
        key: what tells it from all others of its source.
        person: an e-mail address, or what the roster calls them.
        at: when it was, of a record of several days when the last of them ended.
        on: the day, of several the last.
        tool: by its id in lessons.yaml.
        task: the use case; None where the source does not know it.
        grain: what it tells of.
        count: uses, or what the source counts.
        active_days: on how many of several days there was use, where the source says so.
        from_on: the first day of a period.
        unit: what is counted, as the source calls it.
        source: who told it first, where the file says so.
    """

    line: int
    key: str
    person: str
    at: datetime
    on: date
    tool: str
    task: str | None = None
    grain: Grain = Grain.EVENT
    count: int = 1
    active_days: int | None = None
    from_on: date | None = None
    unit: str = ""
    source: str = ""

    @property
    def body(self) -> str:
        """All that it says: of two records with one key, whether they say the same."""
        said = (
            self.person, str(self.at), str(self.on), self.tool, self.task or "", self.grain, self.count,
            self.active_days, str(self.from_on or ""), self.unit,
        )  # fmt: skip
        return _digest(orjson.dumps(said).decode())

    def event(self, source: str, learner: str) -> AdoptionEvent:
        """Make the adoption event of it.

        A single use is one event for good. What is told of days can be told anew: then it is another event,
        and the last one counts.
        """
        name = f"usage:{source}:{_digest(self.key)}"
        said: dict[str, JsonValue] = {"grain": self.grain.value, "count": self.count}
        said["source"] = self.source or source
        said |= {"active_days": self.active_days} if self.active_days is not None else {}
        said |= {"from": self.from_on.isoformat()} if self.from_on is not None else {}
        said |= {"unit": self.unit} if self.unit else {}
        return AdoptionEvent(
            name if self.grain is Grain.EVENT else f"{name}:{self.body[:12]}",
            self.at,
            self.on,
            learner,
            EventType.TOOL_USED,
            use_case=self.task,
            tool=self.tool,
            evidence=Evidence.MEASURED,
            properties=said,
        )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Taken:
    """What came of it: records that were new, that were known, and of whom nobody knows who they are."""

    records: int = 0
    new: int = 0
    known: int = 0
    strangers: Counter[str] = field(default_factory=Counter)
    first_on: date | None = None
    last_on: date | None = None


Read = Callable[[], Iterable[Told | Finding]]
"""Reads the records from the first to the last, each time that it is called."""


async def take_in(
    store: Store,
    source: str,
    read: Read,
    complete_through: date | None = None,
    tell: Callable[[int], None] = lambda records: None,
) -> Taken:
    """Take in the records of a source.

    All are checked before anything is written. After a crash the same can be taken in again: what is there
    already is known. Memory does not grow with their number.

    Args:
        store: where people and uses are.
        source: its name.
        read: reads the records, twice.
        complete_through: the day through which its figures are complete; None: the last one it mentions.
        tell: is told after each portion of how many records it was.

    Raises:
        BadLines: each bad record, by its line; nothing was written.
        StorageUnavailable: the database did not answer; what was not written can be taken in again.
    """
    problems = [str(each) async for each in _problems(store, source, read())]
    if problems:
        raise BadLines(problems)
    taken, grains = Taken(), set[tuple[str, str, Grain]]()
    for portion in _portions(_records(read())):
        learners = await store.people_called({each.person for each in portion})
        taken.strangers.update(_strangers(portion, learners, taken.strangers))
        events = [each.event(source, learners[each.person]) for each in portion if each.person in learners]
        new = await store.import_events(events)
        taken.new, taken.known = taken.new + new, taken.known + len(events) - new
        taken.records += len(portion)
        grains.update((each.tool, each.source or source, each.grain) for each in portion)
        days = [each.on for each in portion]
        taken.first_on = min([*days, *([taken.first_on] if taken.first_on else [])])
        taken.last_on = max([*days, *([taken.last_on] if taken.last_on else [])])
        tell(len(portion))
    if complete_through is not None:
        await store.told_through(grains, complete_through)
    return taken


def _strangers(portion: Sequence[Told], known: Iterable[str], so_far: Counter[str]) -> Iterator[str]:
    known = set(known)
    for each in portion:
        if each.person not in known:
            is_new = each.person not in so_far and len(so_far) >= MOST_STRANGERS
            yield "and others" if is_new else each.person


def _records(found: Iterable[Told | Finding]) -> Iterator[Told]:
    return (each for each in found if isinstance(each, Told))


def _portions(records: Iterator[Told]) -> Iterator[Sequence[Told]]:
    while portion := list(islice(records, PORTION)):
        yield portion


async def _problems(store: Store, source: str, found: Iterable[Told | Finding]) -> AsyncIterator[Finding]:
    """Give what is wrong with the records, in the order in which it is found."""
    with _Seen() as seen:
        waiting: list[Told] = []
        for each in found:
            if isinstance(each, Finding):
                if not each.is_warning:
                    yield each
                continue
            first = seen.line(each)
            if first is not None:
                yield Finding(each.line, "", f"the same record stands in line {first} with other figures")
                continue
            if each.grain is Grain.EVENT:
                waiting.append(each)
            if len(waiting) == PORTION:
                for other in await _told_otherwise(store, source, waiting):
                    yield other
                waiting.clear()
        for other in await _told_otherwise(store, source, waiting):
            yield other


async def _told_otherwise(store: Store, source: str, records: Sequence[Told]) -> list[Finding]:
    """Find single uses that were taken in before, and said something else then."""
    by_id = {each.event(source, "").id: each for each in records}
    return [
        Finding(by_id[event.id].line, "", "this record was imported before, with other figures")
        for event in await store.events_called([*by_id])
        if not _says_the_same(event, by_id[event.id].event(source, event.learner))
    ]


def _says_the_same(one: AdoptionEvent, other: AdoptionEvent) -> bool:
    return (one.local_date, one.tool, one.use_case, one.properties) == (
        other.local_date, other.tool, other.use_case, other.properties
    )  # fmt: skip


class _Seen:
    """Which records were seen: on disk, for there may be millions."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, body TEXT, line INTEGER) WITHOUT ROWID")

    def __enter__(self) -> _Seen:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def line(self, record: Told) -> int | None:
        """Return the line of an earlier record with the same key that said something else."""
        row = (_digest(record.key), record.body, record.line)
        if self._file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", row).rowcount:
            return None
        body, line = self._file.execute("SELECT body, line FROM seen WHERE key = ?", row[:1]).fetchone()
        return None if body == record.body else int(line)
